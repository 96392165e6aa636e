"""What buildx 0.29 with Docker Engine 28.5 really says, kept in tests/data/buildx."""

from pathlib import Path

import pytest

from scaffold.docker.build_errors import explain_failure, find_error, shorten
from scaffold.docker.buildkit_progress import FailedStep, Log, PlainLog, RawLog
from scaffold.model.errors import (
    BaseUnavailableError,
    BuilderError,
    BuildError,
    BuildxMissingError,
    DiskFullError,
    EmulationMissingError,
    EngineForbiddenError,
    EngineMissingError,
    EngineOldError,
    LayerLostError,
    LeanscaffoldError,
    OnePlatformError,
    PushError,
    StepFailedError,
)

DATA = Path(__file__).parents[2] / "data" / "buildx"


def explain(name: str) -> LeanscaffoldError:
    log: Log = PlainLog() if name.startswith("plain") else RawLog()
    for line in (DATA / f"{name}.txt").read_text("utf-8").splitlines(keepends=True):
        log.read(line)
    return explain_failure(log.said, log.failed())


@pytest.mark.parametrize(
    ("name", "error", "cause", "hint"),
    [
        ("step-failed", StepFailedError, "RUN echo hello", ""),
        ("plain-failed", StepFailedError, "RUN echo hello", ""),
        ("base-no-tag", BaseUnavailableError, "python:9.99-slim cannot .* no such image", "--base"),
        ("base-no-repository", BaseUnavailableError, "nobody/nothing:1 .* no such", "--registry"),
        ("base-no-platform", BaseUnavailableError, "none for this platform", "--base"),
        ("base-401", BaseUnavailableError, "refused", "docker login 127.0.0.1:5991"),
        ("base-403", BaseUnavailableError, "refused", "docker login 127.0.0.1:5992"),
        ("base-429", BaseUnavailableError, "too many pulls", "mirror"),
        ("base-500", BaseUnavailableError, "does not answer", "docker pull"),
        ("base-x509", BaseUnavailableError, "does not trust", "certs.d/registry.example:5995/"),
        ("base-registry-refuses-connection", BaseUnavailableError, "does not answer", "proxy"),
        ("base-registry-unknown", BaseUnavailableError, "does not answer", "proxy"),
        ("disk-full-in-step", DiskFullError, "no space", "docker builder prune"),
        ("disk-full-in-pull", DiskFullError, "no space", "docker builder prune"),
        ("disk-full-in-copy", DiskFullError, "no space", "docker builder prune"),
        ("emulation-missing", EmulationMissingError, "RUN true", "binfmt"),
        ("builder-missing", BuilderError, "'nowhere'", "docker buildx ls"),
        ("context-missing", BuilderError, "no docker context", "docker buildx ls"),
        ("engine-no-socket", EngineMissingError, "answers", "DOCKER_HOST"),
        ("engine-refuses-connection", EngineMissingError, "answers", "DOCKER_HOST"),
        ("engine-host-unknown", EngineMissingError, "answers", "docker context use"),
        ("engine-over-ssh", EngineMissingError, "answers", "ssh://"),
        ("engine-forbidden", EngineForbiddenError, "no permission", "usermod -aG docker"),
        ("no-plugin", BuildxMissingError, "no buildx", "docker-buildx"),
        ("one-platform-load", OnePlatformError, "several platforms", "docker-container"),
        ("one-platform-push", OnePlatformError, "several platforms", "docker-container"),
        ("cache-export", BuilderError, "export its cache", "--builder lean"),
        ("push-401", PushError, "refuses", "docker login"),
        ("push-refused", PushError, "could not be exported", "--tag"),
        ("copy-missing", BuildError, '"/nothing": not found', ""),
        ("dockerfile-invalid", BuildError, "unknown instruction: FORM", "--force"),
        ("dockerfile-missing", BuildError, "failed to read dockerfile", "--force"),
    ],
)
def test_what_buildx_really_says_becomes_an_error_with_what_to_do(
    name: str, error: type[LeanscaffoldError], cause: str, hint: str
) -> None:
    found = explain(name)
    assert type(found) is error
    assert hint in found.hint
    assert bool(hint) == bool(found.hint)
    with pytest.raises(error, match=cause):
        raise found


@pytest.mark.parametrize(
    "line",
    [
        "layer does not exist",
        "stat /var/lib/docker/overlay2/bwdxitmj3wic6e6uan22dyk8v: no such file or directory",
        "failed to get digest sha256:b4a8: open /var/lib/docker/image/b4a8: no such file",
    ],
)
def test_what_the_engine_lost_while_it_stored_an_image_is_told_apart(line: str) -> None:
    said = (f"ERROR: failed to build: failed to solve: {line}",)
    failed = FailedStep(name="exporting to image", error=line, output=())
    found = explain_failure(said, failed)
    assert type(found) is LayerLostError
    assert "run the command again" in found.hint


def test_a_package_that_is_not_found_for_want_of_a_network_is_not_told_as_missing() -> None:
    error = 'process "/bin/sh -c x" did not complete successfully: exit code: 1'
    printed = (
        "WARNING: Retrying: [Errno -3] Temporary failure in name resolution",
        "ERROR: No matching distribution found for numpy==2.0",
    )
    found = explain_failure((), FailedStep(name="[2/4] RUN pip", error=error, output=printed))
    assert "no network" in found.hint


def test_the_details_of_a_failed_step_are_its_last_lines() -> None:
    details = [str(detail) for detail in explain("step-failed").details]
    assert details[0] == "hello"
    assert details[-1] == "ModuleNotFoundError: No module named 'nothing_like_it'"


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] x", "--ca"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "generate"),
        ("ERROR: No matching distribution found for numpy==2.0", "index"),
        ("ERROR: HTTP error 401 while getting https://index.example/x; 401 Error", "netrc"),
        ("User for index.example: ", "netrc"),
        ("[Errno -3] Temporary failure in name resolution", "HTTP_PROXY"),
        ("Err:1 Temporary failure resolving 'deb.example'", "DNS"),
        ("WARNING: fetching https://x/APKINDEX.tar.gz: DNS: name does not exist", "DNS"),
        ("WARNING: fetching https://x/APKINDEX.tar.gz: Connection refused", "nothing answers"),
        ("WARNING: fetching https://x/y.gz: TLS: server certificate not trusted", "--ca"),
        ("Certificate verification failed: The certificate is NOT trusted.", "--ca"),
        ("ValueError: something of a package's own", ""),
    ],
)
def test_what_installers_say_tells_what_to_do(line: str, hint: str) -> None:
    error = 'process "/bin/sh -c x" did not complete successfully: exit code: 1'
    found = explain_failure((), FailedStep(name="[2/4] RUN pip", error=error, output=(line,)))
    assert isinstance(found, StepFailedError)
    assert hint in found.hint
    assert bool(hint) == bool(found.hint)


@pytest.mark.parametrize(
    "line",
    [
        "ERROR: unknown flag: --metadata-file",
        "ERROR: failed to solve: dockerfile parse error line 4: unknown flag: mount",
        "the --mount option requires BuildKit. Refer to the manual",
        "ERROR: client version 1.44 is too new. Maximum supported API version is 1.40",
    ],
)
def test_an_engine_or_buildx_that_lacks_what_we_need_is_too_old(line: str) -> None:
    assert isinstance(explain_failure((line,), None), EngineOldError)


def test_a_step_that_prints_words_of_another_trouble_is_still_a_failed_step() -> None:
    said = ("ERROR: failed to solve: process did not complete successfully",)
    failed = FailedStep(
        name="[1/1] RUN x",
        error='process "x" did not complete successfully: exit code: 1',
        output=("Cannot connect to the Docker daemon", "no basic auth credentials"),
    )
    assert isinstance(explain_failure(said, failed), StepFailedError)


def test_a_failure_without_a_word_is_still_an_error() -> None:
    found = explain_failure((), None)
    assert type(found) is BuildError
    assert "did not say why" in found.cause


def test_the_last_error_of_buildx_is_the_one_that_counts() -> None:
    said = ("ERROR: first", "note", "ERROR: failed to build: failed to solve: the real one", "")
    assert find_error(said) == "the real one"


def test_a_steps_name_is_shown_without_its_mounts() -> None:
    name = "[build 2/4] RUN --mount=type=secret,id=ca,target=/x   --mount=type=cache pip install"
    assert shorten(name) == "[build 2/4] RUN pip install"
    assert len(shorten("x" * 300, 50)) == 50


def test_a_bakes_target_is_no_part_of_the_error() -> None:
    line = (
        "ERROR: target arm64: failed to solve: a/b:1: failed to resolve source metadata for "
        "r.example/a/b:1: pull access denied, repository does not exist"
    )
    found = explain_failure((line,), None)
    assert isinstance(found, BaseUnavailableError)
    assert found.cause == "the base image a/b:1 cannot be pulled: access is refused"
