"""Reading a folder whole: which file decides, local projects, names, and folders that are none."""

import os
from pathlib import Path

import pytest

from scaffold.model.errors import PathUnreadableError, RequirementsInvalidError, UsageError
from scaffold.model.project import PROJECT_FILES, Found, Origin
from tests.support.folders import at, read, refused, texts, write

FLASK = '[project]\nname = "demo"\ndependencies = ["flask"]\n'
UV_LOCK = """
version = 1
[[package]]
name = "flask"
version = "3.0"
source = {registry = "https://index.example/simple"}
"""
PYLOCK = 'lock-version = "1.0"\ncreated-by = "hand"\npackages = []\n'
POETRY_LOCK = '[metadata]\nlock-version = "2.0"\n'
PDM_LOCK = '[metadata]\nlock_version = "4.5"\n'
PIPFILE_LOCK = '{"default": {}}'


def test_what_the_sources_say_is_taken_over(tmp_path: Path) -> None:
    source = 'import cv2\nimport flask\napp = flask.Flask("x")\n@app.get("/health")\ndef f(): ...\n'
    write(tmp_path, {"src/demo/web.py": source, "requirements.txt": "flask\n"})
    project = read(tmp_path)
    assert project.start is not None
    assert project.start.value.framework == "flask"
    assert project.start.origin.file == "src/demo/web.py"
    assert (project.port and project.port.value, project.health and project.health.value) == (
        5000,
        "/health",
    )
    assert "cv2" in {one.value for one in project.uses if one.code == "imports"}
    assert project.source_paths == ("src",)
    assert project.app_bytes == len(source) + len("flask\n")


@pytest.mark.parametrize(
    ("files", "taken"),
    [
        (["uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", "Pipfile.lock"], "uv.lock"),
        (["pylock.toml", "pylock.a.toml", "poetry.lock", "pdm.lock"], "pylock.toml"),
        (["pylock.a.toml", "poetry.lock", "pdm.lock", "Pipfile.lock"], "pylock.a.toml"),
        (["poetry.lock", "pdm.lock", "Pipfile.lock"], "poetry.lock"),
        (["pdm.lock", "Pipfile.lock"], "pdm.lock"),
        (["Pipfile.lock"], "Pipfile.lock"),
    ],
)
def test_of_several_locks_the_first_in_the_order_wins(
    tmp_path: Path, files: list[str], taken: str
) -> None:
    contents = {
        "uv.lock": UV_LOCK,
        "poetry.lock": POETRY_LOCK,
        "pdm.lock": PDM_LOCK,
        "Pipfile.lock": PIPFILE_LOCK,
    }
    write(tmp_path, {"pyproject.toml": FLASK, "requirements.txt": "numpy\n"})
    write(tmp_path, {name: contents.get(name, PYLOCK) for name in files})
    project = read(tmp_path)
    assert project.lock is not None
    assert project.lock.file == taken
    note = project.notes[0]
    assert note.startswith(f"dependencies are taken from {taken} (a lock wins); ")
    assert all(name in note for name in [*files, "requirements.txt"])
    assert "numpy" not in texts(project.asked)


def test_named_requirement_files_beat_everything(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": FLASK, "uv.lock": UV_LOCK, "deps/a.txt": "numpy\n"})
    write(tmp_path, {"b.txt": "click\n"})
    project = read(tmp_path, requirements=["deps/a.txt", "b.txt"])
    assert texts(project.asked) == ["numpy", "click"]
    assert project.lock is None
    assert project.files == ("deps/a.txt", "b.txt")
    assert project.name.value == "demo"


def test_a_named_lock_is_read_as_a_lock(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": FLASK, "uv.lock": UV_LOCK, "poetry.lock": POETRY_LOCK})
    project = read(tmp_path, requirements=["poetry.lock"])
    assert project.lock is not None
    assert project.lock.kind == "poetry"


def test_a_named_file_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PathUnreadableError, match=r"nowhere\.txt does not exist"):
        read(write(tmp_path, {"a.py": ""}), requirements=["nowhere.txt"])


@pytest.mark.parametrize("slug", ["arm64", "armv7", "amd64", "386"])
def test_our_own_output_is_never_input(tmp_path: Path, slug: str) -> None:
    own = f"requirements.{slug}.lock"
    write(tmp_path, {own: "flask==3.0\n", "main.py": ""})
    assert read(tmp_path).asked == ()
    with pytest.raises(UsageError, match="is what leanscaffold itself writes"):
        read(tmp_path, requirements=[own])


def test_pyproject_with_dependencies_beats_requirements_txt_and_says_so(tmp_path: Path) -> None:
    project = read(write(tmp_path, {"pyproject.toml": FLASK, "requirements.txt": "numpy\n"}))
    assert texts(project.asked) == ["flask"]
    (note,) = project.notes
    assert note == (
        "dependencies are taken from pyproject.toml (it lists dependencies);"
        " requirements.txt was not read"
    )


def test_pyproject_without_dependencies_leaves_them_to_requirements_txt(tmp_path: Path) -> None:
    text = '[project]\nname = "demo"\n[tool.ruff]\nline-length = 100\n'
    project = read(write(tmp_path, {"pyproject.toml": text, "requirements.txt": "numpy\n"}))
    assert texts(project.asked) == ["numpy"]
    assert project.notes == (
        "dependencies are taken from requirements.txt (pyproject.toml lists no dependencies)",
    )


@pytest.mark.parametrize(
    ("files", "taken"),
    [
        (["requirements.txt", "requirements.in"], "requirements.txt"),
        (["requirements.in"], "requirements.in"),
        (["requirements/base.txt", "requirements/dev.txt"], "requirements/base.txt"),
        (["requirements/base.txt", "requirements/prod.txt"], "requirements/prod.txt"),
        (["requirements/base.in", "requirements/base.txt"], "requirements/base.txt"),
        (["requirements-prod.txt"], "requirements-prod.txt"),
    ],
)
def test_requirement_files_are_found_where_people_put_them(
    tmp_path: Path, files: list[str], taken: str
) -> None:
    project = read(write(tmp_path, dict.fromkeys(files, "flask\n")))
    assert project.files == (taken,)
    assert texts(project.asked) == ["flask"]


def test_sources_alone_are_a_project_without_dependencies(tmp_path: Path) -> None:
    root = write(tmp_path / "My App!", {"main.py": "print(1)\n"})
    project = read(root)
    assert (project.asked, project.lock, project.files) == ((), None, ())
    assert project.name == Found(
        value="My-App", origin=Origin(file=".", detail="the folder's name")
    )


def test_a_folder_that_is_no_project_is_an_error_that_says_what_was_looked_for(
    tmp_path: Path,
) -> None:
    write(tmp_path, {"README.md": "hello"})
    with pytest.raises(UsageError, match="is not a Python project") as caught:
        read(tmp_path)
    for name in ("pyproject.toml", "uv.lock", "Pipfile.lock", "requirements.txt", "*.py"):
        assert name in caught.value.hint


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PathUnreadableError, match="No such file"):
        read(tmp_path / "nowhere")


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, {"x": ""})
    with pytest.raises(PathUnreadableError, match="is not a folder"):
        read(tmp_path / "x")


def test_a_folder_that_the_system_refuses_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(PathUnreadableError, match="cannot read the folder"):
        read(tmp_path / "loop")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_read_permission_is_an_error(tmp_path: Path) -> None:
    root = write(tmp_path / "closed", {"main.py": ""})
    root.chmod(0)
    try:
        with pytest.raises(PathUnreadableError, match="Permission denied"):
            read(root)
    finally:
        root.chmod(0o700)


def test_extras_without_pyproject_are_an_error(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "flask\n"})
    with pytest.raises(UsageError, match=r"requirements\.txt is read here"):
        read(tmp_path, extras=["web"])


def test_extras_make_pyproject_the_source(tmp_path: Path) -> None:
    text = '[project]\nname = "demo"\n[project.optional-dependencies]\nweb = ["flask"]\n'
    write(tmp_path, {"pyproject.toml": text, "requirements.txt": "numpy\n"})
    assert texts(read(tmp_path, extras=["web"]).asked) == ["flask"]


def test_the_project_itself_is_dropped_and_its_dependencies_stay(tmp_path: Path) -> None:
    text = FLASK + '[project.optional-dependencies]\nweb = ["uvicorn"]\n'
    write(tmp_path, {"pyproject.toml": text, "app.txt": "-e .[web]\nnumpy\n"})
    project = read(tmp_path, requirements=["app.txt"])
    assert texts(project.asked) == ["flask", "uvicorn", "numpy"]
    assert all(one.path == "" for one in project.asked)
    assert project.files == ("app.txt", "pyproject.toml")


def test_a_local_project_brings_its_own_dependencies(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "-e ./libs/one[fast] \n",
        "libs/one/pyproject.toml": """
        [project]
        name = "Lib_One"
        dependencies = ["click", "two @ file:../two"]
        [project.optional-dependencies]
        fast = ["orjson; python_version >= '3.11'"]
        """,
        "libs/two/pyproject.toml": """
        [tool.poetry]
        name = "two"
        [tool.poetry.dependencies]
        rich = "*"
        lib-one = {path = "../one"}
        """,
    }
    project = read(write(tmp_path, files))
    assert sorted(texts(project.asked)) == [
        "click",
        "lib-one @ libs/one",
        "lib-one[fast] @ libs/one",
        'orjson; python_version >= "3.11"',
        "rich",
        "two @ libs/two",
    ]
    (click,) = [one for one in project.asked if one.name == "click"]
    assert click.origin == at("libs/one/pyproject.toml", 3)
    assert project.files == (
        "requirements.txt",
        "libs/one/pyproject.toml",
        "libs/two/pyproject.toml",
    )


def test_the_marker_of_a_local_project_holds_for_its_dependencies(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "./lib ; sys_platform == 'linux'\n",
        "lib/pyproject.toml": '[project]\nname = "lib"\ndependencies = ["click"]\n',
    }
    assert texts(read(write(tmp_path, files)).asked) == [
        'lib @ lib; sys_platform == "linux"',
        'click; sys_platform == "linux"',
    ]


def test_bad_lines_of_local_projects_are_reported_too(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "./lib[nope]\nbad one\n",
        "lib/pyproject.toml": '[project]\nname = "lib"\ndependencies = ["a b"]\n',
    }
    lines = refused(write(tmp_path, files))
    assert [line.partition(": ")[0] for line in lines] == [
        "requirements.txt:2",
        "requirements.txt:1",
        "lib/pyproject.toml:3",
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("../outside", "../outside lies outside the project's folder"),
        ("/etc", "lies outside the project's folder"),
        ("./nowhere", "nowhere does not exist"),
        ("./docs", "docs is not a Python project"),
        ("./docs/index.md", "neither a wheel nor an sdist"),
    ],
)
def test_a_path_that_the_build_cannot_use_is_an_error(tmp_path: Path, line: str, says: str) -> None:
    write(tmp_path, {"outside/setup.py": "", "app/docs/index.md": "x"})
    root = write(tmp_path / "app", {"requirements.txt": f"flask\n{line}\n"})
    (only,) = refused(root)
    assert only.startswith("requirements.txt:2: ")
    assert says in only


def test_a_local_wheel_is_exactly_that_file(tmp_path: Path) -> None:
    files = {"requirements.txt": "./wheels/lib-1.0-py3-none-any.whl\n"}
    write(tmp_path, {**files, "wheels/lib-1.0-py3-none-any.whl": "PK"})
    project = read(tmp_path)
    (only,) = project.asked
    (brought,) = project.distributions
    assert (only.name, only.specifier, only.index) == ("lib", "==1.0", PROJECT_FILES)
    assert brought.path == "wheels/lib-1.0-py3-none-any.whl"
    assert only.hashes == (f"sha256:{brought.file.sha256}",)


def test_a_local_project_with_setup_py_only_brings_what_that_asks_for(tmp_path: Path) -> None:
    setup = "from setuptools import setup\nsetup(install_requires=['numpy>=2'])\n"
    project = read(write(tmp_path, {"requirements.txt": "./lib_a\n", "lib_a/setup.py": setup}))
    assert texts(project.asked) == ["lib-a @ lib_a", "numpy>=2"]
    assert project.asked[1].origin == at("lib_a/setup.py", 2)


def test_a_bad_requirement_error_counts_its_lines(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "a b\nc d\n"})
    with pytest.raises(RequirementsInvalidError) as caught:
        read(tmp_path)
    assert caught.value.cause == "2 lines of requirements.txt cannot be used"
    assert caught.value.exit_code == 4


def test_reading_does_not_change_with_the_current_folder(
    tmp_path: Path,
) -> None:
    write(tmp_path, {"requirements.txt": "./lib\n", "lib/setup.py": ""})
    relative = Path(os.path.relpath(tmp_path))
    first = read(relative)
    assert first == read(tmp_path)
