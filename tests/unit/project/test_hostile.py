"""Files of a project that are broken or hostile: each is an error that names its file, at once."""

import os
from pathlib import Path

import pytest

from scaffold.model.errors import (
    ConfigInvalidError,
    LeanscaffoldError,
    PathUnreadableError,
    UsageError,
)
from scaffold.project.dockerignore import ignored
from scaffold.project.entrypoint.source_facts import read_sources
from scaffold.project.locks.pipfile import read_pipfile_lock
from scaffold.project.project_files import list_files
from scaffold.project.reader import read_project
from scaffold.project.requirements import read_requirements
from scaffold.project.source_loader import load_modules
from scaffold.project.text_io import read_bytes, read_toml

DEEP = "[" * 5000 + "]" * 5000
DIGITS = "9" * 5000


@pytest.mark.parametrize(
    "line",
    [
        "foo @ https://index.example/foo.whl",
        "foo @ https://[x/foo-1.0-py3-none-any.whl",
        f"foo=={DIGITS}",
        f"foo>=1.{DIGITS}",
        "--index-url https://[x/simple",
        "--extra-index-url https://[x/simple",
        "-e git+https://[x/foo#egg=foo",
        f"./{'x' * 300}",
    ],
)
def test_a_line_that_nothing_can_read_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "requirements.txt").write_text(f"six\n{line}\n")
    found = read_requirements(tmp_path, ["requirements.txt"])
    assert [(one.file, one.line) for one in found.problems] == [("requirements.txt", 2)]


@pytest.mark.parametrize("said", ["true", "[true]", "[[true]]", "[[1, {extra = 1}]]"])
def test_conflicts_of_any_form_are_read(tmp_path: Path, said: str) -> None:
    text = f'[project]\nname = "a"\ndependencies = []\n[tool.uv]\nconflicts = {said}\n'
    (tmp_path / "pyproject.toml").write_text(text)
    (tmp_path / "app.py").touch()
    if said == "true":
        with pytest.raises(ConfigInvalidError):
            read_project(tmp_path, environ={})
    else:
        assert read_project(tmp_path, environ={}).asked == ()


@pytest.mark.parametrize("text", [f"a = {DEEP}", f"a = {DIGITS}"])
def test_toml_too_deep_or_too_long_names_its_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(ConfigInvalidError) as error:
        read_toml(tmp_path, "pyproject.toml", error=ConfigInvalidError, hint="mend it")
    assert error.value.details[0].file == "pyproject.toml"


@pytest.mark.parametrize("text", ["[" * 100_000, f'{{"default": {DIGITS}}}'])
def test_json_too_deep_or_too_long_names_its_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "Pipfile.lock").write_text(text)
    with pytest.raises(LeanscaffoldError) as error:
        read_pipfile_lock(tmp_path, "Pipfile.lock")
    assert error.value.details[0].file == "Pipfile.lock"


def test_what_keeps_a_reader_waiting_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "zero").symlink_to("/dev/zero")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(1 << 30)
    for name in ("fifo", "zero", "large"):
        with pytest.raises(LeanscaffoldError, match=name):
            read_bytes(tmp_path, name)


def test_a_source_of_megabytes_is_said_and_not_parsed(tmp_path: Path) -> None:
    (tmp_path / "data.py").write_text("x = 1\n" * 200_000)
    (tmp_path / "main.py").write_text("x = 1\n")
    modules, broken = load_modules(tmp_path, ["data.py", "main.py"])
    assert [one.file for one in modules] == ["main.py"]
    assert [(one.origin.file, "larger" in one.value) for one in broken] == [("data.py", True)]
    (tmp_path / "old.py").write_text("print 'x'\n")
    (note,) = read_sources(tmp_path, files=["data.py", "main.py", "old.py"]).notes
    assert note.startswith("data.py and 1 more cannot be parsed by Python 3.")


@pytest.mark.parametrize(
    ("pattern", "path", "out"),
    [
        ("*a" * 40 + "b", "a" * 200, False),
        ("*a" * 40 + "b", "a" * 200 + "b", True),
        ("**/*a*a*a*a*a*a*a*a*a*b", "/".join(["a" * 9] * 25), False),
        ("**/*a*a*a*a*b", "x/aaaab/y", True),
        ("**/a/**/a/**/a/**/a/**/b", "a/" * 30 + "c", False),
        ("**/a/**/a/**/a/**/a/**/b", "x/a/y/a/a/z/a/b", True),
        ("**/a/**/a/**/a/**/a/**/b", "xa/a/a/a/b", False),
        ("*/*/*/*", "a/b/c", False),
        ("*/*/*/*", "a/b/c/d/e", True),
        ("*?*[0-9]*.*x", "ab1.yx", True),
        ("*?*[0-9]*.*x", "abc.yx", False),
        ("a**b*c*d*e", "a/x/b1c2d3e", True),
    ],
)
def test_patterns_with_many_stars_take_linear_time(pattern: str, path: str, *, out: bool) -> None:
    assert ignored(path, [pattern]) is out


def test_a_home_folder_and_the_root_are_refused(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("six\n")
    for root in (tmp_path, Path("/")):
        with pytest.raises(UsageError, match="not a project"):
            read_project(root, environ={"HOME": str(tmp_path)})


def test_files_that_include_one_another_have_an_end(tmp_path: Path) -> None:
    for number in range(2000):
        (tmp_path / f"r{number}.txt").write_text(f"-r r{number + 1}.txt\n")
    (tmp_path / "r2000.txt").write_text("flask\n")
    (problem,) = read_requirements(tmp_path, ["r0.txt"]).problems
    assert problem.file == "r50.txt"
    assert "put them together" in problem.text


def test_folders_in_one_another_have_an_end(tmp_path: Path) -> None:
    (tmp_path / "/".join(["d"] * 300)).mkdir(parents=True)
    with pytest.raises(PathUnreadableError) as raised:
        list_files(tmp_path)
    (detail,) = raised.value.details
    assert "a folder in 100 others" in detail.text


@pytest.mark.parametrize("name", ["README.md", "app.py", "setup.py", "Pipfile", "gunicorn.conf.py"])
def test_a_folder_with_the_name_of_a_file_is_passed_over(tmp_path: Path, name: str) -> None:
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "web.py").write_text("print()\n")
    (tmp_path / name).mkdir()
    assert [one.name for one in read_project(tmp_path).asked] == ["flask"]


def test_a_keep_list_that_never_ends_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "leanscaffold.trace.json").symlink_to("/dev/zero")
    with pytest.raises(PathUnreadableError, match=r"leanscaffold\.trace\.json is a FIFO"):
        read_project(tmp_path)
