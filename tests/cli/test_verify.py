"""``leanscaffold verify`` without an engine: what is kept, and what makes no sense."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from scaffold.docker.build import Watch
from scaffold.model.target import Arch
from scaffold.model.verification import Report
from scaffold.operations.services import real_services
from scaffold.verify.session import VerifyRequest
from tests.cli.outside import Seen, changed, code_of, make_outside, run
from tools import WRITTEN

HELLO = Path(__file__).parents[2] / "examples" / "hello"


def test_figures_are_kept_only_when_asked_for() -> None:
    for words, arches in (((), []), (("--save",), [Arch.ARM64])):
        seen = Seen()
        # The reports of these edges have no checks, which is no pass.
        outside = make_outside(seen=seen)
        assert run("verify", "--target", "arm64", *words, outside=outside).exit_code == 1
        assert [report.arch for report in seen.kept] == arches


def test_figures_of_an_image_that_was_not_built_now_are_not_kept() -> None:
    seen = Seen()
    result = run("verify", "--save", "--image", "app:1", outside=make_outside(seen=seen))
    assert result.exit_code == 2
    assert code_of(result) == "usage"
    assert "--image" in result.stderr
    assert seen.kept == []


def test_without_an_engine_options_of_a_run_make_no_sense() -> None:
    for words in (("--no-engine", "--on", "ssh://pi"), ("--no-engine", "--save")):
        result = run("verify", *words, outside=make_outside(seen=Seen()))
        assert (result.exit_code, code_of(result)) == (2, "usage")
    result = run("verify", "--base-from", "b.tar", outside=make_outside(seen=Seen()))
    assert "--no-engine" in result.stderr


def texts(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@pytest.mark.parametrize("generated", [False, True])
def test_what_has_to_be_generated_for_a_check_is_written_into_a_copy(
    tmp_path: Path, *, generated: bool
) -> None:
    project = shutil.copytree(HELLO, tmp_path / "hello", ignore=WRITTEN)
    built: list[tuple[Path, set[str]]] = []

    def prove(asked: VerifyRequest, _: Watch, __: Callable[[str], None]) -> tuple[Report, ...]:
        assert asked.job is not None
        built.append((asked.job.folder, set(texts(asked.job.folder))))
        return ()

    outside = changed(real_services(), prove=prove)
    if generated:
        words = ("generate", str(project), "--target", "amd64", "--offline")
        assert run(*words, outside=outside).exit_code == 0
    before = texts(project)
    assert ("Dockerfile" in before) is generated
    verify = ("verify", str(project), "--offline", "--target", "arm64")
    assert run(*verify, outside=outside).exit_code == 1  # there are no reports
    ((folder, names),) = built
    assert {"main.py", "Dockerfile", "requirements.arm64.lock"} <= names
    assert texts(project) == before
    assert not folder.exists()

    run(*verify, "--save", outside=changed(outside, keep_measured=lambda _, __, ___: None))
    assert built[-1][0] == project
    assert "requirements.arm64.lock" in texts(project)
