import json
from dataclasses import replace
from pathlib import Path

import pytest

from scaffold.config.option_sources import overlay, read_flags
from scaffold.config.request import parse_argv
from scaffold.model.errors import (
    BuildError,
    BuildxMissingError,
    ConfigInvalidError,
    FileConflictError,
)
from scaffold.model.target import Arch
from scaffold.operations.request import combine_options
from scaffold.state.record import Record
from tests.cli.outside import Seen, code_of, fail_with, make_outside, run
from tests.support.builders import make_decision, make_recorded, make_rejected

RECORD = Record(
    project="app",
    options=("--target=arm64", "--target=amd64", "--base=slim"),
    targets=(make_recorded(), make_recorded(Arch.AMD64)),
)


def build(*words: str, record: Record | None = RECORD, inputs: object = None) -> tuple[Seen, str]:
    seen = Seen()
    outside = make_outside(
        seen=seen, read_record=lambda _: record, digest_inputs=lambda _, __: inputs or {}
    )
    result = run("build", *words, outside=outside)
    assert result.exit_code == 0, result.stderr
    return seen, result.stdout


def test_a_folder_without_our_files_is_generated_first() -> None:
    seen, _ = build("--target", "arm64", record=None)
    assert "Dockerfile" in seen.written
    assert [job.arches for job in seen.jobs] == [(Arch.ARM64,)]


@pytest.mark.parametrize(("words", "code"), [((), 7), (("--to", "app.tar"), 0)])
def test_without_buildx_nothing_is_written_unless_none_is_needed(
    words: tuple[str, ...], code: int
) -> None:
    seen, missing = Seen(), fail_with(BuildxMissingError("docker has no buildx", hint="install it"))
    outside = make_outside(seen=seen, read_record=lambda _: None, find_buildx=missing)
    result = run("build", "--target", "arm64", *words, outside=outside)
    assert result.exit_code == code
    assert bool(seen.written) == (code == 0)


def test_files_that_are_up_to_date_are_built_as_they_are() -> None:
    seen, out = build()
    assert seen.written == {}
    assert seen.jobs[0].arches == (Arch.ARM64, Arch.AMD64)
    assert "app:arm64" in out


def test_some_of_the_recorded_targets_need_nothing_new() -> None:
    seen, _ = build("--target", "amd64")
    assert seen.written == {}
    assert seen.jobs[0].arches == (Arch.AMD64,)


@pytest.mark.parametrize(
    "words",
    [
        ("--target", "arm/v7"),
        ("--base", "alpine"),
        ("--device", "raspberry-pi-4"),
        ("--python", "3.13"),
        ("--force",),
    ],
)
def test_other_options_than_the_recorded_ones_generate_anew(words: tuple[str, ...]) -> None:
    seen, _ = build(*words)
    assert "Dockerfile" in seen.written
    assert seen.forced == ("--force" in words)


def test_recorded_options_are_the_defaults_of_the_next_run() -> None:
    seen, _ = build("--python", "3.13")
    assert seen.options[0].base == "slim"
    assert seen.options[0].python == "3.13"
    assert [target.arch for target in seen.targets[0]] == [Arch.ARM64, Arch.AMD64]


def test_a_device_named_now_replaces_the_recorded_targets() -> None:
    given = overlay(read_flags(parse_argv(["--device", "raspberry-pi-4"])))
    assert combine_options(given, RECORD).targets == ()
    given = overlay(read_flags(parse_argv(["--target", "amd64"])))
    record = replace(RECORD, options=("--device=raspberry-pi-4",))
    assert combine_options(given, record).device == "raspberry-pi-4"


def test_changed_requirements_generate_anew() -> None:
    seen, _ = build(inputs={"requirements.txt": "1"})
    assert "Dockerfile" in seen.written


def test_a_missing_file_of_ours_generates_anew() -> None:
    seen, _ = build(record=replace(RECORD, missing=("requirements.arm64.lock",)))
    assert "Dockerfile" in seen.written


def test_an_edited_dockerfile_is_the_users_and_built_as_it_is() -> None:
    record = replace(RECORD, edited=("Dockerfile",), inputs={"requirements.txt": "0"})
    seen, out = build(record=record, inputs={"requirements.txt": "1"})
    assert seen.written == {}
    assert "Dockerfile was edited: built as it is" in out
    assert "the old lock was built" in out


def test_around_a_dockerfile_that_is_left_to_its_user_the_lock_is_made_anew() -> None:
    options = (*RECORD.options, "--leave=Dockerfile")
    record = replace(
        RECORD, options=options, edited=("Dockerfile",), inputs={"requirements.txt": "0"}
    )
    seen, out = build(record=record, inputs={"requirements.txt": "1"})
    assert "requirements.arm64.lock" in seen.written
    assert "the old lock was built" not in out


def test_an_edited_dockerfile_is_not_overwritten_for_other_options() -> None:
    record = replace(RECORD, edited=("Dockerfile",))
    conflict = FileConflictError("a file exists already; nothing was written")
    outside = make_outside(read_record=lambda _: record, write=fail_with(conflict))
    assert run("build", "--base", "alpine", outside=outside).exit_code == 9


def test_what_the_user_wishes_reaches_the_build() -> None:
    seen, _ = build(
        *("--tag", "r.example/app:2", "--push", "--builder", "fleet", "--no-cache"),
        *("--cache-from", "a", "--cache-from", "b", "--cache-to", "c", "--ca", "ca.pem"),
    )
    wishes = seen.jobs[0].wishes
    assert (wishes.tag, wishes.push, wishes.builder) == ("r.example/app:2", True, "fleet")
    assert (wishes.cache_from, wishes.cache_to, wishes.fresh) == (("a", "b"), ("c",), True)
    assert wishes.certificates == "ca.pem"


def test_a_tag_that_is_none_is_refused_before_anything_is_done() -> None:
    seen = Seen()
    result = run("build", "--tag", "No Tag", outside=make_outside(seen=seen))
    assert (result.exit_code, code_of(result)) == (2, "usage")
    assert (seen.requests, seen.jobs) == ([], [])


def test_where_nothing_fits_nothing_is_built() -> None:
    seen = Seen()
    outside = make_outside(make_decision(None, make_rejected()), seen=seen)
    result = run("build", "--target", "arm64", outside=outside)
    assert result.exit_code == 3
    assert (seen.written, seen.jobs) == ({}, [])


def test_progress_is_on_stderr_and_the_result_on_stdout() -> None:
    outside = make_outside(read_record=lambda _: RECORD)
    result = run("build", "--target", "amd64", outside=outside)
    assert "2.5 s  [build 2/4] RUN pip" in result.stderr
    assert "RUN pip" not in result.stdout
    assert "in 3.2 s, 1 of 2 steps from the cache" in result.stdout
    quiet = run("build", "--target", "amd64", "--quiet", outside=outside)
    assert (quiet.stderr, quiet.stdout) == ("", result.stdout)


def test_the_json_document_has_every_image_with_its_steps() -> None:
    _, out = build("--json", "--target", "amd64")
    assert json.loads(out) == {
        "version": 1,
        "seconds": 3.25,
        "remarks": [],
        "images": [
            {
                "platform": "linux/amd64",
                "tag": "app:amd64",
                "image": f"sha256:{'a' * 64}",
                "pushed": False,
                "size": 51_000_000,
                "steps": [
                    {"name": "[build 2/4] RUN pip", "seconds": 2.5, "cached": False, "bytes": 1000},
                    {"name": "[stage-1 1/5] COPY", "seconds": 0.0, "cached": True, "bytes": None},
                ],
            }
        ],
    }


def test_a_build_that_fails_has_an_exit_code_of_its_own() -> None:
    outside = make_outside(read_record=lambda _: RECORD, build=fail_with(BuildError("it broke")))
    result = run("build", "--json", "--quiet", outside=outside)
    assert (result.exit_code, code_of(result)) == (8, "build-failed")
    assert json.loads(result.stdout)["error"]["cause"] == "it broke"


def test_ctrl_c_ends_a_build_with_the_usual_exit_code() -> None:
    outside = make_outside(read_record=lambda _: RECORD, build=fail_with(KeyboardInterrupt()))
    result = run("build", "--quiet", outside=outside)
    assert (result.exit_code, result.stderr) == (130, "\ninterrupted\n")


def test_a_record_whose_options_nobody_knows_is_an_error_with_what_to_do() -> None:
    with pytest.raises(ConfigInvalidError, match="--nonsense") as raised:
        parse_argv(["--nonsense"])
    assert "generate --force" in raised.value.hint


def test_requirement_files_of_the_record_are_read_from_the_folder() -> None:
    seen, _ = build("examples/app")
    assert seen.jobs[0].folder == Path("examples/app")


@pytest.mark.parametrize("command", ["build", "verify", "compare", "trace"])
def test_a_name_that_nobody_knows_is_told_with_where_it_stands(command: str) -> None:
    outside = make_outside(
        environment=lambda: {"LEANSCAFFOLD_DEVICE": "rapsberry"}, read_record=lambda _: None
    )
    result = run(command, outside=outside)
    assert result.exit_code == 2
    assert "LEANSCAFFOLD_DEVICE: device is set here" in result.stderr
