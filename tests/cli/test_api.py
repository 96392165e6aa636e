"""The Python API, offline."""

import subprocess
import sys
from pathlib import Path

import pytest

import scaffold
from scaffold.model.errors import FileConflictError, UsageError
from scaffold.model.target import Arch


def make_project(folder: Path) -> Path:
    (folder / "requirements.txt").write_text("flask\n")
    (folder / "app.py").write_text("import flask\napp = flask.Flask(__name__)\n")
    return folder


def test_a_plan_is_what_the_options_ask_for_and_writes_nothing(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    result = scaffold.plan(project, target="arm64", max_size=500_000_000, offline=True)
    assert result.fits
    assert result.targets[0].arch is Arch.ARM64
    assert result.targets[0].budget.on_disk == 500_000_000
    assert {path.name for path in project.iterdir()} == {"requirements.txt", "app.py"}


def test_what_nothing_fits_has_its_reasons(tmp_path: Path) -> None:
    result = scaffold.plan(make_project(tmp_path), target="arm64", max_size="5MB", offline=True)
    assert not result.fits
    assert all(verdict.reasons for verdict in result.decisions[0].verdicts)


def test_files_are_written_unless_they_are_the_users(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    (project / "Dockerfile").write_text("FROM scratch\n")
    with pytest.raises(FileConflictError):
        scaffold.generate(project, target=["arm64"], offline=True)
    assert not (project / "leanscaffold.json").exists()
    written = scaffold.generate(project, target=["arm64"], offline=True, force=True)
    assert "Dockerfile" in written.files
    assert (project / "Dockerfile").read_text() != "FROM scratch\n"
    again = scaffold.plan(project, offline=True)
    assert again.targets[0].arch is Arch.ARM64


def test_a_dockerfile_is_linted_and_mended_when_asked(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    text = "FROM python:3.13-slim\nRUN pip install flask\nCMD python app.py\n"
    file.write_text(text)
    found = scaffold.lint(file, alone=True)
    assert found.linted.findings
    assert file.read_text() == text
    scaffold.lint(file, alone=True, fix=True)
    assert file.read_text() != text


def test_an_option_that_is_none_is_an_error_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="max_siz"):
        scaffold.plan(max_siz="500MB")


def test_functions_stand_before_packages_of_their_names_in_any_order() -> None:
    script = (
        "import scaffold.lint.linter, scaffold\n"
        "from scaffold.verify import session\n"
        "assert callable(scaffold.lint) and callable(scaffold.verify)\n"
        "assert set(scaffold.__all__) >= {'plan', 'generate'}"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
