"""Why a build failed: what buildx and the failing step said, turned into an error of ours."""

import re
from collections.abc import Sequence

from scaffold.docker.buildkit_progress import FailedStep
from scaffold.model.errors import (
    BaseUnavailableError,
    BuilderError,
    BuildError,
    BuildxMissingError,
    Detail,
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

# API 1.41 is Docker Engine 20.10 (Docker's API version matrix), the first whose own Dockerfile
# frontend knows RUN --mount: it brings BuildKit 0.8 with the frontend 1.2, which moved
# mounts of binds, caches and secrets to its mainline (moby/buildkit, dockerfile/1.2.0 notes).
OLDEST_ENGINE = "20.10"
OLDEST_API = (1, 41)
OLDEST_BUILDX = (0, 10)  # comes with Docker Engine 23.0; bakes with --metadata-file and secrets

NO_ENGINE_HINT = (
    "start Docker (`systemctl start docker`, or Docker Desktop), or name an engine that runs: "
    "DOCKER_HOST=ssh://user@host, or `docker context use NAME`; `build --to app.tar` needs none"
)
FORBIDDEN_HINT = (
    "join the group docker (`sudo usermod -aG docker $USER`, then log in again), or run "
    "Docker in rootless mode"
)
OLD_HINT = (
    f"leanscaffold needs Docker Engine {OLDEST_ENGINE} and buildx "
    f"{'.'.join(map(str, OLDEST_BUILDX))} or newer: update them"
)
BUILDX_HINT = (
    "install it: the package docker-buildx-plugin (Docker's) or docker-buildx (Debian's, Ubuntu's)"
)
_DISK_HINT = "make room where Docker keeps its data: `docker system df`, `docker builder prune`"
_EMULATION_HINT = (
    "install it once: `docker run --privileged --rm tonistiigi/binfmt --install all`, or the "
    "package qemu-user-static; or build on a machine of that kind: --builder NAME"
)
CONTAINER_BUILDER = "docker buildx create --name lean --driver docker-container"
_REGISTRY_HINT = "check whether `docker pull` of it works, and check the proxy of the engine itself"

# What pip, apt and apk print, and what to do. Without a network or a certificate they say
# afterwards that there is no such package, so that comes last.
_HINTS = (
    (
        (
            *("certificate_verify_failed", "certificate verify failed"),
            *("certificate verification failed", "server certificate not trusted"),
        ),
        (
            "behind a company's proxy, give its certificates: --ca FILE, which goes before pip's "
            "configuration and SSL_CERT_FILE; a step of your own Dockerfile gets them with "
            "--mount=type=secret,id=ca,target=/run/secrets/ca"
        ),
    ),
    (
        ("these packages do not match the hashes",),
        "the lock is of other files than the index has now: `leanscaffold generate`",
    ),
    (
        ("401 error", "403 error", "user for "),
        "give the index's user and password in pip's or uv's index-url, or in ~/.netrc",
    ),
    (
        (
            *("temporary failure in name resolution", "name or service not known"),
            *("temporary failure resolving", "dns: name does not exist", "dns: transient error"),
        ),
        "the build has no network: check the engine's DNS, or HTTP_PROXY and HTTPS_PROXY",
    ),
    (
        ("connection refused", "could not connect to"),
        "nothing answers there: check HTTP_PROXY and HTTPS_PROXY, and the address of the index",
    ),
    (
        ("no matching distribution found",),
        (
            "the index that the build asks does not have it: is it the one of pip's or uv's "
            "configuration here? Otherwise `leanscaffold generate` locks what there is now"
        ),
    ),
)

_TAIL = 20  # lines of output that an error shows
_ERROR = re.compile(
    r"^(?:ERROR|error): (?:failed to build: )?(?:target \S+: )?(?:failed to solve: )?(.*)",
    re.DOTALL,
)
_LOST_LAYER = re.compile(
    r"layer does not exist|stat \S+/overlay2/\w+: no such file"
    r"|failed to get digest sha256:\w+: open"
)
_BASE = re.compile(
    r"(?:^|\s)(?P<image>\S+): (?:failed to resolve source metadata|pull access denied)"
)
_BUILDER = re.compile(r'no builder "(?P<name>[^"]*)" found')

_TOO_OLD = re.compile(
    r"unknown flag: --?\w|unknown flag: mount|requires buildkit|"
    r"client version [\d.]+ is too (?:new|old)"
)
_MISSING_ENGINE = ("cannot connect to the docker daemon", "error during connect")
_ONE_PLATFORM = (
    "multi-platform build is not supported",
    "exporting manifest lists",
    "multiple platforms feature is currently not supported",  # buildx before 0.12
)
_REFUSED = (
    *("401 unauthorized", "403 forbidden", "pull access denied", "insufficient_scope"),
    *("no basic auth credentials", "authorization failed", "requested access to the resource"),
)


def explain_failure(said: Sequence[str], failed: FailedStep | None) -> LeanscaffoldError:
    """Return the error that a failed build stands for.

    ``said`` are the lines of buildx that belong to no step, ``failed`` the step that broke.
    """
    error = find_error(said)
    everything = "\n".join((error, failed.error if failed else "", *said)).lower()
    printed = "\n".join(failed.output).lower() if failed else ""
    found = (
        _explain_engine(everything, error)
        or _explain_disk(everything, printed, failed)
        or _explain_lost_layer(everything)
        or _explain_builder(everything, error)
        or _explain_step(printed, failed)
        or _explain_base(everything, error)
        or _explain_push(everything, error, failed)
    )
    return found or BuildError(
        f"the build failed: {error or 'buildx did not say why'}",
        hint="the Dockerfile may have been edited: `leanscaffold generate --force` writes it again"
        if "dockerfile parse error" in everything or "failed to read dockerfile" in everything
        else "",
        details=[Detail(text=line) for line in said[-_TAIL:]],
    )


def find_error(said: Sequence[str]) -> str:
    """Return the last error of buildx's own, without the words it puts before each."""
    for number in range(len(said) - 1, -1, -1):
        match = _ERROR.match(said[number])
        if match:
            return match[1].strip()
    return said[-1].strip() if said else ""


def _explain_engine(everything: str, error: str) -> LeanscaffoldError | None:
    if "permission denied" in everything and "docker daemon" in everything:
        return EngineForbiddenError("no permission to use the Docker Engine", hint=FORBIDDEN_HINT)
    if any(words in everything for words in _MISSING_ENGINE):
        return EngineMissingError(
            "no Docker Engine answers", hint=NO_ENGINE_HINT, details=[Detail(text=error)]
        )
    if re.search(r"(unknown command: docker|'|\")\s*buildx", everything):
        return BuildxMissingError("docker has no buildx", hint=BUILDX_HINT)
    if _TOO_OLD.search(everything):
        return EngineOldError(
            "Docker or its buildx is too old", hint=OLD_HINT, details=[Detail(text=error)]
        )
    return None


def _explain_disk(
    everything: str, printed: str, failed: FailedStep | None
) -> LeanscaffoldError | None:
    if "no space left on device" not in everything + printed:
        return None
    return DiskFullError(
        "no space is left where the engine builds", hint=_DISK_HINT, details=_output(failed)
    )


def _explain_builder(everything: str, error: str) -> LeanscaffoldError | None:
    if match := _BUILDER.search(everything):
        return BuilderError(
            f"there is no builder (and no docker context) {match['name']!r}",
            hint="`docker buildx ls` shows those there are",
        )
    if "cache export is not supported" in everything:
        return BuilderError(
            "the engine's own builder cannot export its cache",
            hint=f"make one that can, and name it: `{CONTAINER_BUILDER}`, then --builder lean",
        )
    if any(words in everything for words in _ONE_PLATFORM):
        return OnePlatformError(
            "this builder cannot build for several platforms at once",
            hint=f"`{CONTAINER_BUILDER}`, then --builder lean",
            details=[Detail(text=error)],
        )
    return None


def _explain_step(printed: str, failed: FailedStep | None) -> LeanscaffoldError | None:
    if failed is None or "did not complete successfully" not in failed.error:
        return None
    name = shorten(failed.name)
    if "exec format error" in printed + failed.error.lower():
        return EmulationMissingError(
            f"the builder cannot run programs of the target's: {name}",
            hint=_EMULATION_HINT,
            details=_output(failed),
        )
    hint = next((hint for words, hint in _HINTS if any(w in printed for w in words)), "")
    text = f"a step of the build failed: {name}"
    return StepFailedError(text, hint=hint, details=_output(failed))


def _explain_base(everything: str, error: str) -> LeanscaffoldError | None:
    match = _BASE.search(error)
    if match is None:
        return None
    image = match["image"]
    why, hint = _why_no_base(everything, image)
    return BaseUnavailableError(
        f"the base image {image} cannot be pulled: {why}", hint=hint, details=[Detail(text=error)]
    )


def _why_no_base(everything: str, image: str) -> tuple[str, str]:
    registry = image.partition("/")[0] if "/" in image else "the registry"
    if "no match for platform" in everything or "no matching manifest" in everything:
        return (
            "there is none for this platform",
            "choose another base (--base), or a registry that has all platforms (--registry)",
        )
    if any(words in everything for words in _REFUSED):
        return "access is refused", f"log in: `docker login {registry}`".replace(
            " the registry", ""
        )
    if "429 too many requests" in everything or "toomanyrequests" in everything:
        return (
            "too many pulls",
            "log in (`docker login`), wait, or name a mirror: --registry default=PREFIX",
        )
    if "x509:" in everything or "tls:" in everything:
        return (
            "the engine does not trust the registry",
            (
                "the engine itself, not the build, needs the certificates: put them into "
                f"/etc/docker/certs.d/{registry}/ca.crt or the system's store, and restart it"
            ),
        )
    if ": not found" in everything:
        return (
            "the registry has no such image",
            "choose another base (--base), or the registry that has it (--registry)",
        )
    return "the registry does not answer", _REGISTRY_HINT


def _explain_lost_layer(everything: str) -> LeanscaffoldError | None:
    # moby/moby, issue 41595: builds and removals that share layers get in each other's way.
    if not _LOST_LAYER.search(everything):
        return None
    return LayerLostError(
        "the engine lost a part of the image while it stored it",
        hint="another build or a removal ran at the same time: run the command again; if that does "
        "not help, `docker builder prune`",
    )


def _explain_push(
    everything: str, error: str, failed: FailedStep | None
) -> LeanscaffoldError | None:
    pushing = failed is not None and ("pushing" in failed.name or "exporting" in failed.name)
    if not pushing and "/v2/" not in error and "no basic auth credentials" not in everything:
        return None
    refused = any(words in everything for words in (*_REFUSED, "denied", "unauthorized"))
    return PushError(
        "the registry refuses the image" if refused else "the image could not be exported",
        hint="log in (`docker login REGISTRY`), and see whether --tag names a place you may write"
        if refused
        else "see whether the registry in --tag answers; the engine's own log says more",
        details=[Detail(text=error)],
    )


def shorten(name: str, length: int = 100) -> str:
    """Return a step's name without the options of its mounts, and not too long."""
    text = " ".join(re.sub(r"--mount=\S+\s*", "", name).split())
    return text if len(text) <= length else text[: length - 1] + "…"


def _output(failed: FailedStep | None) -> list[Detail]:
    return [Detail(text=line) for line in failed.output[-_TAIL:]] if failed else []
