"""What ``plan``, ``report`` and ``lint`` take from the last run's leanscaffold.json."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from scaffold.operations.services import real_services
from tests.cli.outside import changed, run

RECORDED = (
    "using options recorded in leanscaffold.json: --target=arm64 --base=slim-trixie "
    "(--anew ignores them)"
)
BAD = "FROM python:3.13-slim\nCOPY . .\nRUN pip install -r requirements.txt\nCMD python main.py\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project that was generated for arm64, whose Dockerfile somebody then edited."""
    folder = tmp_path / "camera"
    folder.mkdir()
    (folder / "requirements.txt").write_text("fastapi\nuvicorn\n")
    (folder / "main.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n")
    argv = ("--target", "arm64", "--base", "slim-trixie", "--offline", "--quiet")
    result = run("generate", str(folder), *argv, outside=real_services())
    assert result.exit_code == 0, result.stderr
    record = folder / "leanscaffold.json"
    document = json.loads(record.read_text())
    document["options"].remove("--offline")
    record.write_text(json.dumps(document))
    (folder / "Dockerfile").write_text(BAD)
    return folder


def ask(
    command: str, path: Path, *argv: str, env: Mapping[str, str] | None = None
) -> dict[str, Any]:
    offline = () if command == "lint" else ("--offline",)
    outside = real_services()
    result = run(command, str(path), "--json", "--quiet", *offline, *argv, outside=outside, env=env)
    document: dict[str, Any] = json.loads(result.stdout)
    return document["targets"][0]["plan"] | document if command == "report" else document


@pytest.mark.parametrize("command", ["plan", "report", "lint"])
def test_recorded_options_hold_and_are_named(project: Path, command: str) -> None:
    document = ask(command, project)
    assert document["target"] == "linux/arm64"
    assert RECORDED in json.dumps(document)


@pytest.mark.parametrize("command", ["plan", "report", "lint"])
def test_an_option_named_now_wins_over_the_recorded_one(project: Path, command: str) -> None:
    document = ask(command, project, "--target", "amd64")
    assert document["target"] == "linux/amd64"
    assert "leanscaffold.json: --base=slim-trixie (" in json.dumps(document)
    named = ask(command, project, env={"LEANSCAFFOLD_TARGET": "riscv64"})
    assert named["target"] == "linux/riscv64"


@pytest.mark.parametrize("command", ["plan", "report", "lint"])
def test_anew_goes_without_what_was_recorded(project: Path, command: str) -> None:
    document = ask(command, project, "--anew", "--target", "amd64")
    assert "recorded" not in json.dumps(document)
    if command != "lint":
        assert document["chosen"]["base"] != "slim-trixie"


def test_lint_of_the_file_itself_goes_by_its_folder(project: Path) -> None:
    assert ask("lint", project / "Dockerfile")["target"] == "linux/arm64"
    (project / "leanscaffold.json").unlink()
    (project / "pyproject.toml").write_text('[tool.leanscaffold]\ntarget = "arm/v7"\n')
    assert ask("lint", project / "Dockerfile")["target"] == "linux/arm/v7"


def test_the_next_command_has_what_was_recorded(project: Path) -> None:
    text = run("plan", str(project), "--offline", "--quiet", outside=real_services()).stdout
    folded = " ".join(text.split())
    assert RECORDED in folded
    assert f"leanscaffold generate {project} --target=arm64 --base=slim-trixie" in folded


@pytest.mark.parametrize(
    ("recorded", "text"),
    [
        ("--device=raspberry-pie", "unknown device or target 'raspberry-pie'"),
        ("--base=slimmer", "unknown base 'slimmer'"),
        ("--python=3.2", "no base image has Python 3.2"),
        ("--max-size=much", "--max-size: cannot read 'much' as a size"),
    ],
)
def test_what_was_recorded_and_makes_no_sense_is_told_with_the_file_it_is_in(
    project: Path, recorded: str, text: str
) -> None:
    record = project / "leanscaffold.json"
    document = json.loads(record.read_text())
    document["options"] = [recorded]
    record.write_text(json.dumps(document))
    for command in ("plan", "update"):
        result = run(command, str(project), outside=real_services())
        assert result.exit_code == 2
        assert text in result.stderr
        assert "\n  leanscaffold.json: " in result.stderr


def test_what_pyproject_names_and_nobody_knows_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "main.py").touch()
    (tmp_path / "pyproject.toml").write_text('[tool.leanscaffold]\ndevice = "raspberry-pie"\n')
    result = run("plan", str(tmp_path), outside=real_services())
    assert result.exit_code == 2
    assert "\n  pyproject.toml:2: device is set here\n" in result.stderr
    named = run("plan", str(tmp_path), "--device", "raspberry-pye", outside=real_services())
    assert "pyproject.toml" not in named.stderr


def test_generate_keeps_what_was_asked_before_unless_told_to_start_anew(project: Path) -> None:
    again = ask("generate", project, "--force")
    assert again["target"] == "linux/arm64"
    assert RECORDED in json.dumps(again)
    assert (project / "requirements.arm64.lock").is_file()
    anew = ask("generate", project, "--anew", "--target", "amd64")
    assert anew["target"] == "linux/amd64"
    assert "recorded" not in json.dumps(anew["remarks"])


@pytest.mark.parametrize("command", ["generate", "build"])
def test_members_of_a_workspace_do_not_overwrite_each_other(tmp_path: Path, command: str) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["*"]\n')
    for name in ("api", "core"):
        (tmp_path / name).mkdir()
        table = f'[project]\nname = "{name}"\nversion = "1"\n'
        (tmp_path / name / "pyproject.toml").write_text(table)
        (tmp_path / name / "main.py").write_text("print(1)\n")
    argv = ("--target", "arm64", "--offline", "--quiet")
    run("generate", str(tmp_path / "api"), *argv, "--port", "8123", outside=real_services())
    written = (tmp_path / "Dockerfile").read_text()
    outside = changed(real_services(), find_buildx=lambda: (0, 29))
    result = run(command, str(tmp_path / "core"), *argv, outside=outside)
    assert result.exit_code != 0
    assert f"the generated files in {tmp_path} are of api" in result.stderr
    assert (tmp_path / "Dockerfile").read_text() == written
    # What api was asked holds for api only, by each of its names.
    assert "--port=8123" not in json.dumps(ask("plan", tmp_path / "core"))
    assert "--port=8123" in json.dumps(ask("plan", tmp_path, "--package", "./api"))
