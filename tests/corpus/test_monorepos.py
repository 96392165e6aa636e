"""Monorepos: a member is planned from its folder or by name, and only its closure is copied.

Sources: uv#9257 (workspaces), poetry#1168 (path dependencies beside the project).
"""

from contextlib import chdir
from pathlib import Path

import pytest

from scaffold.model.errors import RequirementsInvalidError, UsageError
from scaffold.project.path_projects import locate
from scaffold.project.reader import read_project
from scaffold.project.workspace import find_member, refuse_roots
from tests.support.folders import texts, write

UV = {
    "pyproject.toml": """
        [project]
        name = "fleet"
        version = "0"
        dependencies = []
        [tool.uv.workspace]
        members = ["packages/*"]
        exclude = ["packages/old"]
        """,
    "packages/api/pyproject.toml": """
        [project]
        name = "api"
        version = "1"
        dependencies = ["flask", "core"]
        [tool.uv.sources]
        core = { workspace = true }
        """,
    "packages/api/app.py": "import flask\n",
    "packages/core/pyproject.toml": """
        [project]
        name = "core"
        version = "1"
        dependencies = ["pyserial"]
        """,
    "packages/other/pyproject.toml": '[project]\nname = "other"\nversion = "1"\n',
    "packages/old/pyproject.toml": '[project]\nname = "old"\nversion = "1"\n',
}
POETRY = {
    "service/pyproject.toml": """
        [tool.poetry]
        name = "svc"
        version = "1"
        [tool.poetry.dependencies]
        waitress = "*"
        common = { path = "../libs/common", develop = true }
        """,
    "libs/common/pyproject.toml": """
        [tool.poetry]
        name = "common"
        version = "1"
        [tool.poetry.dependencies]
        pyserial = "*"
        """,
}
PDM = {
    "service/pyproject.toml": """
        [project]
        name = "svc"
        version = "1"
        dependencies = ["waitress", "common @ file:../libs/common"]
        """,
    "libs/common/pyproject.toml": """
        [project]
        name = "common"
        version = "1"
        dependencies = ["pyserial"]
        """,
}
PIP = {
    "service/requirements.txt": "waitress\n-e ../libs/common\n",
    "service/app.py": "x = 1\n",
    "libs/common/pyproject.toml": PDM["libs/common/pyproject.toml"],
}


def test_a_member_is_planned_from_its_folder(tmp_path: Path) -> None:
    folder = write(tmp_path, UV)
    place = locate(folder / "packages/api")
    assert (place.root, place.package) == (folder, "api")
    assert find_member(folder, "api") == "packages/api"
    project = read_project(folder / "packages/api", context=folder, environ={})
    assert texts(project.asked) == ["flask", "core @ packages/core", "pyserial"]
    assert project.folder == "packages/api"
    assert project.name.value == "api"
    assert project.app_bytes == sum(
        (folder / "packages/api" / name).stat().st_size for name in ("pyproject.toml", "app.py")
    )
    assert "packages/core/pyproject.toml" in project.files


def test_the_root_alone_asks_which(tmp_path: Path) -> None:
    with pytest.raises(RequirementsInvalidError) as caught:
        refuse_roots(write(tmp_path, UV))
    assert [str(one) for one in caught.value.details] == [
        "packages/api: --package api",
        "packages/core: --package core",
        "packages/other: --package other",
    ]


def test_a_root_without_a_name_is_called_as_its_folder(tmp_path: Path) -> None:
    root = UV["pyproject.toml"].replace("[project]", "[tool.other]")
    folder = write(tmp_path, {**UV, "pyproject.toml": root})
    with chdir(folder), pytest.raises(RequirementsInvalidError) as caught:
        refuse_roots(Path())
    assert str(caught.value).startswith(f"{folder.name} is a workspace of 3 packages")


def test_a_root_that_is_an_application_is_planned(tmp_path: Path) -> None:
    root = UV["pyproject.toml"].replace("dependencies = []", 'dependencies = ["flask"]')
    refuse_roots(write(tmp_path, {**UV, "pyproject.toml": root}))


def test_the_workspaces_lock_counts_for_its_members(tmp_path: Path) -> None:
    lock = """
        version = 1
        [[package]]
        name = "api"
        version = "1"
        source = { editable = "packages/api" }
        dependencies = [{ name = "flask" }]
        [[package]]
        name = "flask"
        version = "3.1.2"
        source = { registry = "https://index.example/simple" }
        """
    folder = write(tmp_path, {**UV, "uv.lock": lock})
    project = read_project(folder / "packages/api", context=folder, environ={})
    assert project.lock is not None
    assert "uv.lock" in project.files
    assert [(one.name, one.version) for one in project.lock.packages] == [("flask", "3.1.2")]


@pytest.mark.parametrize("files", [POETRY, PDM, PIP], ids=["poetry", "pdm", "pip"])
def test_what_lies_beside_a_project_is_reached(tmp_path: Path, files: dict[str, str]) -> None:
    folder = write(tmp_path / "repo", files)
    place = locate(folder / "service")
    assert place.root == folder
    member = find_member(folder, "service")
    project = read_project(folder / member, context=folder, environ={})
    assert sorted(texts(project.asked)) == ["common @ libs/common", "pyserial", "waitress"]
    assert project.folder == "service"


def test_a_name_that_nothing_has_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find_member(write(tmp_path, UV), "apii")
    assert "did you mean api" in caught.value.hint


def test_a_project_on_its_own_stays_where_it_is(tmp_path: Path) -> None:
    files = {"a/requirements.txt": "flask\n", "pyproject.toml": "[tool.ruff]\n"}
    place = locate(write(tmp_path, files) / "a")
    assert (place.root, place.package) == (tmp_path / "a", "")
