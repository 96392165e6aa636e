"""The real edges, offline: bundled knowledge, files in a folder, no network."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from scaffold.operations.services import real_services
from scaffold.report.schemas import Plan
from scaffold.state.file_writer import seal
from tests.cli.outside import code_of, run
from tools.docs.settings import make_schema

OFFLINE = ("--offline", "--quiet")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "camera"
    folder.mkdir()
    (folder / "requirements.txt").write_text("fastapi\nuvicorn\n")
    (folder / "main.py").write_text(
        "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
        '@app.get("/health")\ndef health() -> dict[str, str]:\n    return {}\n'
    )
    return folder


def validate(text: str) -> dict[str, object]:
    schema = make_schema(Plan)
    document: dict[str, object] = json.loads(text)
    Draft202012Validator(schema).validate(document)
    return document


def test_plan_offline_prints_a_valid_document_and_writes_nothing(project: Path) -> None:
    result = run(
        "plan", str(project), "--target", "arm64", "--json", *OFFLINE, outside=real_services()
    )
    assert result.exit_code == 0, result.stderr
    document = validate(result.stdout)
    assert document["target"] == "linux/arm64"
    assert document["port"] == {"value": 8000, "origin": "uvicorn (its default port)"}
    assert str(project) not in result.stdout
    assert sorted(path.name for path in project.iterdir()) == ["main.py", "requirements.txt"]


def test_generate_writes_what_it_says_twice_the_same(project: Path) -> None:
    argv = ("generate", str(project), "--target", "arm64,amd64", "--json", *OFFLINE)
    first = run(*argv, outside=real_services())
    assert first.exit_code == 0, first.stderr
    texts = read_all(project)
    record = json.loads(texts["leanscaffold.json"])
    assert record["digest"] == seal(record)
    assert str(project).encode() not in b"".join(texts.values())
    assert set(json.loads(first.stdout)["files"]) == set(texts) - {"main.py", "requirements.txt"}
    second = run(*argv, outside=real_services())
    assert second.stdout == first.stdout
    assert read_all(project) == texts


def read_all(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_an_edited_dockerfile_is_left_alone_until_forced(project: Path) -> None:
    argv = ("generate", str(project), "--target", "arm64", *OFFLINE)
    assert run(*argv, outside=real_services()).exit_code == 0
    (project / "Dockerfile").write_text("FROM mine\n")
    refused = run(*argv, outside=real_services())
    assert (refused.exit_code, code_of(refused)) == (9, "file-exists")
    assert (project / "Dockerfile").read_text() == "FROM mine\n"
    assert run(*argv, "--force", outside=real_services()).exit_code == 0


def test_a_budget_that_nothing_meets_exits_3_and_writes_nothing(project: Path) -> None:
    argv = ("generate", str(project), "--target", "arm64", "--max-size", "5MB", *OFFLINE)
    result = run(*argv, outside=real_services())
    assert result.exit_code == 3
    assert "over the limit" in result.stdout
    assert not (project / "Dockerfile").exists()


def test_a_bad_requirement_line_names_file_and_line(project: Path) -> None:
    (project / "requirements.txt").write_text("fastapi\nuvicorn ==\n")
    result = run("plan", str(project), "--target", "arm64", *OFFLINE, outside=real_services())
    assert (result.exit_code, code_of(result)) == (4, "requirements-invalid")
    assert "requirements.txt:2: " in result.stderr


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    result = run(
        "plan", str(tmp_path / "no"), "--target", "arm64", *OFFLINE, outside=real_services()
    )
    assert (result.exit_code, code_of(result)) == (10, "path-unreadable")


def test_the_shipped_devices_and_knowledge_are_there() -> None:
    assert run("devices", "raspberry-pi-4", outside=real_services()).exit_code == 0
    assert run("knowledge", "check", outside=real_services()).exit_code == 0


def test_the_matrix_of_a_bundled_package_needs_no_network() -> None:
    result = run("wheels", "numpy", "--offline", outside=real_services())
    assert result.exit_code == 0, result.stderr
    assert "numpy: newest release" in result.stdout


def test_the_dockerfile_says_how_it_was_made(project: Path) -> None:
    argv = ("generate", str(project), "--target", "arm64", "--max-size", "500MB", *OFFLINE)
    assert run(*argv, outside=real_services()).exit_code == 0
    dockerfile = (project / "Dockerfile").read_text()
    made = "leanscaffold generate --target=arm64 --max-size=500MB"
    assert made in dockerfile
    assert run(*argv, "--force", outside=real_services()).exit_code == 0
    assert (project / "Dockerfile").read_text() == dockerfile


def test_a_virtual_environment_of_any_name_stays_out_of_the_build(project: Path) -> None:
    (project / "mine" / "lib").mkdir(parents=True)
    (project / "mine" / "pyvenv.cfg").write_text("home = /usr/bin\n")
    argv = ("generate", str(project), "--target", "arm64", *OFFLINE)
    assert run(*argv, outside=real_services()).exit_code == 0
    assert "mine" in (project / ".dockerignore").read_text().splitlines()


def test_what_an_earlier_run_left_is_named(project: Path) -> None:
    argv = ("generate", str(project), *OFFLINE)
    assert run(*argv, "--target", "arm64,amd64", outside=real_services()).exit_code == 0
    second = run(*argv, "--target", "arm64", outside=real_services())
    assert second.exit_code == 0
    assert "requirements.amd64.lock is of an earlier run" in second.stdout
    assert (project / "requirements.amd64.lock").exists()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("fastapi==99.0", "offline, "),
        ("fastapi>=1,<0.1", "offline, "),
        ("no-such-package-at-all", "offline, nothing is known of no-such-package-at-all"),
    ],
)
def test_an_impossible_requirement_is_an_error_with_its_line(
    project: Path, line: str, said: str
) -> None:
    (project / "requirements.txt").write_text(f"uvicorn\n{line}\n")
    before = sorted(path.name for path in project.iterdir())
    result = run("generate", str(project), "--target", "arm64", *OFFLINE, outside=real_services())
    assert result.exit_code == 5, result.stdout
    assert f"requirements.txt:2: {said}" in result.stderr
    assert "error[unresolvable]" in result.stderr
    assert sorted(path.name for path in project.iterdir()) == before


def test_packages_that_exclude_each_other_are_both_named(project: Path) -> None:
    (project / "requirements.txt").write_text("pydantic>=2.14\npydantic-core==2.27.2\n")
    result = run("plan", str(project), "--target", "arm64", *OFFLINE, outside=real_services())
    assert result.exit_code == 5, result.stdout
    assert "pydantic" in result.stderr
    assert "requirements.txt:2" in result.stderr
