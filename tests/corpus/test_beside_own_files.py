"""A project whose Dockerfile, compose file and ignore file are its author's gets ours beside them.

Source: 46 of 63 first runs on real repositories ended with files in the way.
"""

from pathlib import Path

import pytest

from scaffold.config.option_parsers import parse_dockerfile
from scaffold.model.errors import UsageError
from scaffold.operations.services import real_services
from scaffold.project.project_files import OwnIgnore, read_own_ignore
from scaffold.state.record import dockerfile_of
from tests.cli.outside import run
from tests.support.folders import write

OWN = {
    "Dockerfile": 'FROM python:3\nWORKDIR /app\nCOPY . .\nCMD ["python", "main.py"]\n',
    "compose.yaml": "services:\n  app:\n    build: .\n",
    "main.py": "import time\nwhile True:\n    time.sleep(1)\n",
    "requirements.txt": "",
}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Dockerfile.lean", "Dockerfile.lean"),
        ("./docker/pi.Dockerfile", "docker/pi.Dockerfile"),
        ("Containerfile", "Containerfile"),
        ("lean", "lean/Dockerfile"),
        ("docker/", "docker/Dockerfile"),
        ("dockerfiles/", "dockerfiles/Dockerfile"),
    ],
)
def test_a_folder_gets_a_dockerfile_in_it(text: str, name: str) -> None:
    assert parse_dockerfile(text) == name


@pytest.mark.parametrize("text", ["../Dockerfile", "/tmp/Dockerfile", "a.dockerignore", ""])  # noqa: S108
def test_what_is_no_dockerfile_of_the_project_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_dockerfile(text)


def test_another_dockerfile_never_gets_the_ignore_file_of_all_builds(tmp_path: Path) -> None:
    assert read_own_ignore(tmp_path, "lean/Dockerfile").ours == "lean/Dockerfile.dockerignore"
    write(tmp_path, {"Dockerfile.dockerignore": "data\n", ".dockerignore": "other\n"})
    mine = OwnIgnore("Dockerfile.lean.dockerignore", "Dockerfile.dockerignore", ("data",))
    assert read_own_ignore(tmp_path, "Dockerfile.lean") == mine


def lean(*words: str) -> tuple[int, str, str]:
    result = run(*words, "--quiet", outside=real_services())
    return result.exit_code, result.stdout, result.stderr


def test_the_error_names_the_command_that_writes_beside(tmp_path: Path) -> None:
    root = write(tmp_path / "a project", OWN)
    words = ("generate", str(root), "--target=arm64", "--also=compose")
    code, _, told = lean(*words, "--offline")
    assert code == 9
    assert f"leanscaffold generate '{root}' --target=arm64 --also=compose" in told
    assert "--output=Dockerfile.lean" in told
    assert lean(*words, "--output=Dockerfile.lean", "--offline")[0] == 0
    assert {name: (root / name).read_text() for name in OWN} == OWN
    assert "Dockerfile.lean" in (root / "compose.lean.yaml").read_text()
    assert (root / "Dockerfile.lean.dockerignore").is_file()
    assert not (root / ".dockerignore").exists()


def test_later_commands_know_where_it_was_written(tmp_path: Path) -> None:
    root = write(tmp_path, OWN)
    assert lean("generate", str(root), "--target=arm64", "--output=lean", "--offline")[0] == 0
    assert lean("update", str(root), "--check")[0] == 0
    (root / "lean/Dockerfile").unlink()
    assert lean("update", str(root))[0] == 0
    assert "--file lean/Dockerfile ." in (root / "lean/Dockerfile").read_text()
    assert dockerfile_of(["--target=arm64", "--output=lean/Dockerfile"]) == "lean/Dockerfile"


def test_what_is_made_in_the_build_takes_the_place_of_the_applications_layer(
    tmp_path: Path,
) -> None:
    settings = """
        INSTALLED_APPS = ["django.contrib.staticfiles"]
        STATIC_ROOT = "collected"
        """
    files = {
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")',
        "shop/__init__.py": "",
        "shop/settings.py": settings,
        "shop/wsgi.py": "application = make()\n",
        "requirements.txt": "django\ngunicorn\n",
    }
    root = write(tmp_path, files)
    assert lean("generate", str(root), "--target=arm64", "--offline")[0] == 0
    text = (root / "Dockerfile").read_text()
    _, prepared, settled, last = text.rsplit("\nFROM ", 3)
    assert prepared.startswith("image AS prepared")
    assert 'RUN ["python", "manage.py", "collectstatic", "--noinput"]' in prepared
    assert settled.startswith("app AS settled")
    assert last.startswith("image\n")
    assert "COPY --from=settled /out/ /" in last
    assert "--from=app /out/" not in last
    assert lean("lint", str(root / "Dockerfile"), "--offline")[0] == 0


@pytest.mark.parametrize("theirs", ["docker-compose.yml", "compose.yml"])
def test_a_compose_file_that_docker_would_take_first_is_named_otherwise(
    tmp_path: Path, theirs: str
) -> None:
    files = {name: text for name, text in OWN.items() if name not in {"Dockerfile", "compose.yaml"}}
    root = write(tmp_path, {**files, theirs: OWN["compose.yaml"]})
    words = ("generate", str(root), "--target=arm64", "--also=compose", "--offline")
    assert lean(*words)[0] == 0
    assert not (root / "compose.yaml").exists()
    assert "docker compose -f compose.lean.yaml up" in (root / "compose.lean.yaml").read_text()
