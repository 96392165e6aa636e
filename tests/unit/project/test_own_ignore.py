"""A .dockerignore of the user's stays as it is; ours stands beside it and Docker prefers it."""

import json
from pathlib import Path

import pytest

from scaffold.model.errors import ConfigInvalidError
from scaffold.project.dockerignore import ignored, parse_ignore, patterns_for, render_ignore
from scaffold.project.project_files import OwnIgnore, read_own_ignore
from scaffold.state.file_writer import digest


def record(folder: Path, files: dict[str, str]) -> None:
    """Write files, and a record that calls them ours."""
    for name, text in files.items():
        (folder / name).write_text(text)
    digests = {name: digest(text) for name, text in files.items()}
    (folder / "leanscaffold.json").write_text(json.dumps({"files": digests}))


def test_without_an_ignore_file_ours_is_the_common_one(tmp_path: Path) -> None:
    assert read_own_ignore(tmp_path) == OwnIgnore()


def test_ours_of_an_earlier_run_is_not_the_users(tmp_path: Path) -> None:
    record(tmp_path, {".dockerignore": "**/.git\n"})
    assert read_own_ignore(tmp_path) == OwnIgnore()
    (tmp_path / ".dockerignore").write_bytes(b"**/.git\r\n")
    assert read_own_ignore(tmp_path) == OwnIgnore()


def test_the_users_is_taken_over_into_the_one_beside_it(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("# mine\ndata\n")
    mine = OwnIgnore("Dockerfile.dockerignore", ".dockerignore", ("data",))
    assert read_own_ignore(tmp_path) == mine
    record(tmp_path, {"Dockerfile.dockerignore": "**/.git\ndata\n"})
    assert read_own_ignore(tmp_path) == mine
    (tmp_path / "Dockerfile.dockerignore").write_text("other\n")
    assert read_own_ignore(tmp_path).patterns == ("other",)


def test_a_bad_pattern_is_named_with_its_file_and_line(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("ok\n[z-a]\n")
    with pytest.raises(ConfigInvalidError) as caught:
        read_own_ignore(tmp_path)
    assert (caught.value.details[0].file, caught.value.details[0].line) == (".dockerignore", 2)


def test_the_users_patterns_come_after_ours_and_before_what_the_build_needs() -> None:
    own = ("**/.git", "*", "!src", "**/.git")
    keep = ["requirements.arm64.lock"]
    patterns = patterns_for(keep, own=own)
    assert parse_ignore(render_ignore(keep, own=own)) == patterns
    assert patterns[-4:] == ("*", "!src", "**/.git", "!requirements.arm64.lock")
    seen = ("src/a.py", "requirements.arm64.lock", "notes.txt", "src/.git/config")
    assert [ignored(path, patterns) for path in seen] == [False, False, True, True]
