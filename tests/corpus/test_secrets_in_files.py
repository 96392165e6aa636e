"""Secrets in files: they stay out of the image, and `verify` finds those that are in one.

Sources: Dallinger#2754 (a password in a requirements file), the .gitignore templates of many
projects (credentials.json, *.tfstate, prod.env).
"""

from pathlib import Path

import pytest

from scaffold.lint.build_context import look_around
from scaffold.project.dockerignore import ignored, patterns_for
from scaffold.project.reader import read_project
from scaffold.project.secrets import find_in_content, looks_secret
from tests.support.folders import write

PASSWORD = "https://deploy:s3cr3tTok3n@index.corp/simple"  # noqa: S105 - made up
SECRETS = [
    "pip.conf",
    "credentials.json",
    "prod.env",
    "deploy/staging.env",
    ".netrc",
    "_netrc",
    "kubeconfig",
    "infra/terraform.tfstate",
    "infra/terraform.tfstate.backup",
    "api.token",
    "token.json",
    "service-account.json",
    "client_secret_12.json",
    "config/secrets.yaml",
]


@pytest.mark.parametrize("path", SECRETS)
def test_files_that_hold_secrets_stay_out_of_the_image(path: str) -> None:
    assert ignored(path, patterns_for())


@pytest.mark.parametrize("path", SECRETS)
def test_verify_knows_them_where_they_came_in(path: str) -> None:
    assert looks_secret(f"/app/{path}")


@pytest.mark.parametrize(
    "path",
    [
        "/app/tokenizer.json",
        "/app/environment.yml",
        "/app/credentials.py",
        "/usr/lib/x/pip.conf",
        "/usr/local/lib/python3.13/site-packages/google/token.json",
    ],
)
def test_files_that_only_sound_like_it_are_left_alone(path: str) -> None:
    assert not looks_secret(path)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/app/requirements.txt", f"--extra-index-url {PASSWORD}\nflask\n"),
        ("/app/pyproject.toml", f'[[tool.uv.index]]\nurl = "{PASSWORD}"\n'),
        ("/app/poetry.lock", f'url = "{PASSWORD}"\n'),
        ("/app/notes.md", f"see {PASSWORD}\n"),
        ("/app/settings.py", 'DATABASE = "postgres://app:hunter22@db.corp/app"\n'),
        ("/app/config.yaml", "broker: amqp://svc:Zx81Spectrum@mq.corp:5672/\n"),
        ("/root/.config/pip/pip.conf", "[global]\nindex-url = https://t0ken:abc@i.corp/\n"),
        ("/app/setup.cfg", "url = https://ghp4f9a8b7c6d5e4f3a2b1@code.corp/x\n"),
    ],
)
def test_verify_finds_passwords_in_addresses_in_every_text(path: str, text: str) -> None:
    assert find_in_content(path, text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "https://user:password@index.corp/",
        "https://user:pass@example.com/",
        "https://${USER}:${TOKEN}@index.corp/",
        "https://{user}:{token}@index.corp/",
        "https://<user>:<token>@index.corp/",
        "redis://:secret@localhost:6379",
        "https://deploy@index.corp/",
    ],
)
def test_what_shows_how_an_address_is_written_is_no_password(text: str) -> None:
    assert not find_in_content("/app/README.md", text.encode())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", f"--extra-index-url {PASSWORD}\nflask\n"),
        ("requirements/base.txt", f"-i {PASSWORD}\nflask\n"),
        (
            "pyproject.toml",
            f'[project]\nname = "a"\nversion = "1"\n[[tool.uv.index]]\nurl = "{PASSWORD}"\n',
        ),
        ("Pipfile", f'[[source]]\nname = "a"\nurl = "{PASSWORD}"\n[packages]\nflask = "*"\n'),
        ("constraints.txt", f"--index-url {PASSWORD}\n"),
        ("docker/requirements.txt", f"-i {PASSWORD}\n"),
    ],
)
def test_lists_with_a_password_stay_out_of_the_application(
    tmp_path: Path, name: str, text: str
) -> None:
    folder = write(tmp_path, {name: "", "app.py": "x = 1\n"})
    (folder / name).write_text(text)
    project = read_project(folder, environ={})
    assert project.private == (name,)
    assert project.app_bytes == len("x = 1\n")
    assert "s3cr3tTok3n" not in " ".join(project.notes)


def test_a_list_without_a_password_is_a_file_like_any_other(tmp_path: Path) -> None:
    folder = write(
        tmp_path, {"requirements.txt": "--index-url https://index.example/simple\nflask\n"}
    )
    assert read_project(folder, environ={}).private == ()


def test_what_the_app_opens_goes_along_and_is_said(tmp_path: Path) -> None:
    source = 'import json\njson.load(open("credentials.json"))\n'
    files = {"app.py": source, "credentials.json": "{}", "token.json": "{}"}
    project = read_project(write(tmp_path, files), environ={})
    assert [(one.value, str(one.origin)) for one in project.opened] == [
        ("credentials.json", "app.py:2")
    ]
    assert any("app.py:2 opens credentials.json" in note for note in project.notes)


def test_a_dockerignore_of_the_users_that_lets_secrets_through_is_told(tmp_path: Path) -> None:
    files = {"app.py": "x = 1\n", ".env": "A=1\n", "prod.env": "A=1\n", "Dockerfile": "FROM x\n"}
    folder = write(tmp_path, files)
    assert read_project(folder, environ={}).warnings == ()
    (folder / ".dockerignore").write_text("*\n!*.py\n!.env\n!prod.env\n")
    (note,) = read_project(folder, environ={}).warnings
    assert note == ".dockerignore lets .env, prod.env into the image: name them there"
    assert look_around(folder / "Dockerfile").secrets == (".env", "prod.env")
    (folder / ".dockerignore").write_text("**/*.env\n")
    assert read_project(folder, environ={}).warnings == ()
