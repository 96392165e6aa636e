import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result

from scaffold.model.verification import Figures
from scaffold.operations.services import real_services
from scaffold.state.file_writer import digest
from scaffold.state.record import read_record, render_record
from tests.cli.outside import code_of, run

APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"
OPTIONS = ("--device", "raspberry-pi-4", "--max-size", "300MB", "--offline")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(APP)
    (tmp_path / "requirements.txt").write_text("fastapi\nuvicorn\n")
    result = run("generate", str(tmp_path), *OPTIONS, "--quiet", outside=real_services())
    assert result.exit_code == 0, result.stderr
    return tmp_path


def update(folder: Path, *options: str) -> Result:
    return run("update", str(folder), "--quiet", *options, outside=real_services())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_up_to_date_stays_as_it_is(project: Path) -> None:
    before = contents(project)
    for options in ((), ("--check",)):
        result = update(project, *options)
        assert (result.exit_code, result.stdout.splitlines()[0].split(": ")[1]) == (0, "up to date")
    assert contents(project) == before


def test_plan_and_generate_tell_which_files_are_unchanged(project: Path) -> None:
    def told(command: str) -> dict[str, str]:
        result = run(command, str(project), "--quiet", outside=real_services())
        rows = (line.split(maxsplit=1) for line in result.stdout.splitlines() if line)
        return {row[0]: row[-1] for row in rows if row[0] in {"To", "Written", "Unchanged"}}

    assert [*told("plan")] == [*told("generate")] == ["Unchanged"]
    (project / "Dockerfile").unlink()
    assert told("plan")["To"] == "write     Dockerfile"
    assert "requirements.arm64.lock" in told("plan")["Unchanged"]
    assert told("generate")["Written"] == "Dockerfile"


def test_changed_requirements_are_told_by_check_and_written_without(project: Path) -> None:
    (project / "requirements.txt").write_text("fastapi\nuvicorn\nhttpx\n")
    before = contents(project)
    checked = update(project, "--check")
    assert checked.exit_code == 1
    assert "requirements.txt changed" in checked.stdout
    assert "+  httpx" in checked.stdout
    assert "needed by httpx" in checked.stdout
    assert "Would be written" in checked.stdout
    assert contents(project) == before

    written = update(project)
    assert written.exit_code == 0, written.stderr
    assert "Written" in written.stdout
    assert "httpx==" in (project / "requirements.arm64.lock").read_text()
    assert update(project, "--check").exit_code == 0


def test_json_tells_the_same(project: Path) -> None:
    (project / "requirements.txt").write_text("fastapi\nuvicorn\nhttpx\n")
    document = json.loads(update(project, "--check", "--json").stdout)
    assert document["up_to_date"] is False
    assert document["written"] is False
    assert [one["code"] for one in document["stale"]] == ["input-changed"]
    (target,) = document["targets"]
    assert "httpx" in [one["name"] for one in target["packages"] if not one["before"]]
    assert target["on_disk"]["after"] > target["on_disk"]["before"]
    assert "requirements.arm64.lock" in document["changed_files"]


def test_a_budget_that_nothing_meets_fails_the_check_and_writes_nothing(project: Path) -> None:
    before = contents(project)
    checked = update(project, "--check", "--max-size", "10MB")
    assert checked.exit_code == 1
    assert "options: no longer --max-size=300MB, now --max-size=10MB" in checked.stdout
    assert update(project, "--max-size", "10MB").exit_code == 3
    document = json.loads(update(project, "--check", "--max-size", "10MB", "--json").stdout)
    assert document["over_budget"] == ["linux/arm64: no base image fits"]
    assert document["plan"]["chosen"] is None
    assert contents(project) == before


def test_a_setting_in_the_project_that_changed_makes_files_stale(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.leanscaffold]\nmax-size = "200MB"\n')
    checked = update(project, "--check")
    assert checked.exit_code == 1
    assert "now --max-size=200MB" in checked.stdout


def test_an_edited_dockerfile_is_not_overwritten_without_force(project: Path) -> None:
    dockerfile = project / "Dockerfile"
    edited = dockerfile.read_text() + "# mine\n"
    dockerfile.write_text(edited)
    unchanged = update(project, "--check")
    assert unchanged.exit_code == 0
    assert "left alone: Dockerfile" in unchanged.stdout

    (project / "requirements.txt").write_text("fastapi\nuvicorn\nhttpx\n")
    before = contents(project)
    refused = update(project)
    assert (refused.exit_code, code_of(refused)) == (9, "file-exists")
    assert contents(project) == before
    assert "-# mine" in update(project, "--check").stdout
    assert update(project, "--force").exit_code == 0
    assert "# mine" not in dockerfile.read_text()


def test_a_dockerfile_that_is_left_alone_stays_and_the_rest_is_renewed_now_and_later(
    project: Path,
) -> None:
    dockerfile = project / "Dockerfile"
    edited = dockerfile.read_text() + "# mine\n"
    dockerfile.write_text(edited)
    (project / "requirements.txt").write_text("fastapi\nuvicorn\nhttpx\n")
    assert "--leave Dockerfile" in update(project).stderr

    kept = update(project, "--leave", "Dockerfile")
    assert kept.exit_code == 0, kept.stderr
    assert "left alone: Dockerfile" in kept.stdout
    assert "httpx==" in (project / "requirements.arm64.lock").read_text()
    checked = update(project, "--check")
    assert checked.exit_code == 0, checked.stdout

    (project / "requirements.txt").write_text("fastapi\nuvicorn\n")
    assert update(project, "--check").exit_code == 1
    assert update(project).exit_code == 0
    assert "httpx==" not in (project / "requirements.arm64.lock").read_text()
    assert dockerfile.read_text() == edited

    (project / ".dockerignore").write_text("*.md\n")
    both = update(project, "--leave", ".dockerignore")
    assert "left alone: .dockerignore, Dockerfile" in both.stdout, both.stderr

    assert update(project, "--force").exit_code == 0
    assert "# mine" not in dockerfile.read_text()
    assert "--leave" not in (project / "leanscaffold.json").read_text()


def test_a_dockerfile_that_is_left_alone_is_told_of_another_base(project: Path) -> None:
    (project / "Dockerfile").write_text("FROM python:3.13-slim\n")
    result = update(project, "--leave", "Dockerfile", "--base", "alpine")
    assert result.exit_code == 0, result.stderr
    assert "change its FROM lines" in " ".join(result.stdout.split())
    assert (project / "Dockerfile").read_text() == "FROM python:3.13-slim\n"


@pytest.mark.parametrize("name", ["leanscaffold.json", "../Dockerfile", "/etc/passwd", ""])
def test_what_cannot_be_left_is_refused(project: Path, name: str) -> None:
    result = update(project, "--leave", name)
    assert (result.exit_code, code_of(result)) == (2, "usage")
    assert "--leave" in result.stderr


def test_what_pyproject_says_no_longer_holds_no_longer(project: Path) -> None:
    pyproject = project / "pyproject.toml"
    pyproject.write_text('[tool.leanscaffold]\nbase = "alpine"\nmax-size = "300MB"\n')
    assert update(project).exit_code == 0
    recorded = json.loads((project / "leanscaffold.json").read_text())
    assert recorded["project_options"] == ["base", "max-size"]
    pyproject.write_text('[tool.leanscaffold]\nmax-size = "300MB"\n')
    checked = update(project, "--check")
    assert checked.exit_code == 1
    assert "no longer --base=alpine" in checked.stdout
    shown = run("config", str(project), outside=real_services()).stdout
    lines = [line.split()[:2] for line in shown.splitlines() if line.startswith("  ")]
    assert ["base", "-"] in lines
    assert ["device", "raspberry-pi-4"] in lines
    assert update(project).exit_code == 0
    assert "base=alpine" not in (project / "leanscaffold.json").read_text()


def test_a_file_that_is_gone_comes_back(project: Path) -> None:
    lock = project / "requirements.arm64.lock"
    text = lock.read_text()
    lock.unlink()
    assert "requirements.arm64.lock is gone" in update(project, "--check").stdout
    assert update(project).exit_code == 0
    assert lock.read_text() == text


def test_an_image_that_was_measured_over_the_budget_fails_the_check(project: Path) -> None:
    record = read_record(project)
    assert record is not None
    figures = Figures(on_disk=310_000_000, download=1, checked=date(2026, 11, 25), passed=True)
    targets = (replace(record.targets[0], measured=figures),)
    (project / "leanscaffold.json").write_text(render_record(replace(record, targets=targets)))
    result = update(project, "--check")
    assert result.exit_code == 1
    assert "310.0 MB on disk (measured), 10.0 MB over the 300.0 MB allowed" in result.stdout


def test_where_nothing_was_generated_it_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(APP)
    result = update(tmp_path)
    assert (result.exit_code, code_of(result)) == (2, "usage")
    assert f"leanscaffold generate {tmp_path}" in result.stderr


def test_the_program_of_an_earlier_release_goes_but_for_what_was_edited(project: Path) -> None:
    record = read_record(project)
    assert record is not None
    old = {f".leanscaffold/assemble/{name}": f"# {name}\n" for name in ("elf.py", "trim/docs.py")}
    for name, text in old.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    (project / ".leanscaffold/assemble.py").unlink()
    files = {name: one for name, one in record.files.items() if name != ".leanscaffold/assemble.py"}
    files |= {name: digest(text) for name, text in old.items()}
    (project / "leanscaffold.json").write_text(render_record(replace(record, files=files)))
    (project / ".leanscaffold/assemble/elf.py").write_text("# mine\n")
    result = update(project)
    assert result.exit_code == 0, result.stderr
    left = {p.relative_to(project).as_posix() for p in (project / ".leanscaffold").rglob("*.py")}
    assert left == {".leanscaffold/assemble.py", ".leanscaffold/assemble/elf.py"}
    assert not (project / ".leanscaffold/assemble/trim").exists()
    assert update(project, "--check").exit_code == 0
