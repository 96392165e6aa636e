"""A name that is kept for one index is asked of no other, and taken from no other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scaffold.index.layered_index import open_index
from scaffold.model.errors import TransientError
from scaffold.model.resolution import Conflict, Resolution
from scaffold.project.reader import read_project
from scaffold.resolver.cache import ResolutionRequest, ResolverCache
from scaffold.resolver.resolve import resolve
from tests.support.index_server import FakeIndex, make_wheel
from tests.support.worlds import environment, versions

UV = """
[project]
name = "demo"
version = "1"
dependencies = ["open", "Own_Name"]
[tool.uv.sources]
own-name = {{ index = "private" }}
[[tool.uv.index]]
name = "private"
url = "{private}"
explicit = true
[[tool.uv.index]]
url = "{public}"
default = true
"""
POETRY = """
[tool.poetry]
name = "demo"
version = "1"
[tool.poetry.dependencies]
python = ">=3.11"
open = "*"
own-name = {{ version = "*", source = "private" }}
[[tool.poetry.source]]
name = "private"
url = "{private}"
priority = "explicit"
[[tool.poetry.source]]
name = "public"
url = "{public}"
priority = "primary"
"""
PDM = """
[project]
name = "demo"
version = "1"
dependencies = ["open", "own.name"]
[[tool.pdm.source]]
name = "private"
url = "{private}"
include_packages = ["own-*"]
[[tool.pdm.source]]
name = "pypi"
url = "{public}"
"""


@pytest.fixture
def private(server: FakeIndex) -> Iterator[FakeIndex]:  # noqa: ARG001 - opens the network first
    index = FakeIndex()
    yield index
    index.stop()


def serve(index: FakeIndex, name: str, version: str, *lines: str) -> None:
    filename = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    index.add_page(name, [index.add_file(filename, make_wheel(name, version, *lines))])


def plan(root: Path, text: str, public: FakeIndex, private: FakeIndex) -> Resolution | Conflict:
    (root / "app.py").touch()
    (root / "pyproject.toml").write_text(text.format(public=public.url, private=private.url))
    project = read_project(root, environ={})
    env = {"HOME": str(root / "home"), "PIP_CONFIG_FILE": "/dev/null"}
    wanted = ResolutionRequest(asked=project.asked, options=project.index)
    with open_index(env, folder=root, options=project.index, project=project) as index:
        return resolve(wanted, environment(), ResolverCache(index))


@pytest.mark.parametrize("text", [UV, POETRY, PDM], ids=["uv", "poetry", "pdm"])
def test_a_newer_version_elsewhere_is_not_taken_whoever_asks(
    tmp_path: Path, server: FakeIndex, private: FakeIndex, text: str
) -> None:
    serve(server, "open", "1.0", "Requires-Dist: own-name>=1")
    serve(server, "own-name", "99.0")
    serve(private, "own-name", "1.0")
    serve(private, "open", "99.0")
    found = plan(tmp_path, text, server, private)
    assert isinstance(found, Resolution)
    assert versions(found.packages) == {"open": "1.0", "own-name": "1.0"}
    assert not [path for path in server.paths() if "own" in path.partition("simple")[2]]
    assert "/simple/open/" not in private.paths()


@pytest.mark.parametrize("text", [UV, POETRY, PDM], ids=["uv", "poetry", "pdm"])
def test_what_its_index_lacks_is_refused(
    tmp_path: Path, server: FakeIndex, private: FakeIndex, text: str
) -> None:
    serve(server, "open", "1.0")
    serve(server, "own-name", "99.0")
    assert isinstance(plan(tmp_path, text, server, private), Conflict)
    assert "/simple/own-name/" not in server.paths()


def test_an_index_that_is_down_is_replaced_by_no_other(
    tmp_path: Path, server: FakeIndex, private: FakeIndex
) -> None:
    serve(server, "open", "1.0")
    serve(server, "own-name", "99.0")
    private.add_page("own-name", [], statuses=[500] * 9)
    with pytest.raises(TransientError):
        plan(tmp_path, UV, server, private)


def test_a_page_that_lists_another_projects_files_gives_none(
    tmp_path: Path, server: FakeIndex, private: FakeIndex
) -> None:
    serve(private, "own-name", "1.0")
    serve(server, "open", "1.0", "Requires-Dist: own-name")
    filename = "own_name-99.0-py3-none-any.whl"
    stray = server.add_file(filename, make_wheel("own-name", "99.0"))
    entry = server.add_file("open-1.0-py3-none-any.whl", make_wheel("open", "1.0"))
    server.add_page("open", [stray, entry])
    found = plan(tmp_path, UV, server, private)
    assert isinstance(found, Resolution)
    assert versions(found.packages) == {"open": "1.0", "own-name": "1.0"}
