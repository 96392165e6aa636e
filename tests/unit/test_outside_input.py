"""Whatever comes from outside is read or refused: an error of ours that names the file, at once.

Each seed is valid and uses most of its format; hypothesis puts odd values into its tree, or odd
bytes into its text. What was found so is among the plain cases of the folder it belongs to.
"""

import json
import os
import tomllib
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scaffold.config.option_sources import read_environment
from scaffold.index.client import Answer
from scaffold.index.metadata import parse_metadata, read_sdist
from scaffold.index.project_files import ProjectFiles, find_project_file
from scaffold.index.simple_api import read_page
from scaffold.lint.linter import lint
from scaffold.lint.rules import all_rules
from scaffold.model.errors import LeanscaffoldError
from scaffold.model.index import Page
from scaffold.project.reader import read_project
from scaffold.resolver.releases import find_pace, list_releases
from scaffold.state.record import read_record
from tests.support.index_server import make_sdist, make_wheel, metadata_text
from tests.support.lint_cases import case_of
from tests.unit.project import test_locks as locks

GOLDEN = Path(__file__).parents[1] / "golden"
ODD: tuple[Any, ...] = (
    *(True, 0, -1, 10**30, 1.5, "", " ", "x" * 300, "\u202e\x1b[2J", "\0", "../..", "/", "${X}"),
    *("https://[x", "a @ b", ">=1,<<2", "==*", "[", "{", "9" * 30, "python_version", "-r x", "é"),
    *([], {}, [[]], [{}], {"": ""}, {"a": {"b": [1]}}, ["a", 1], [None], None),
)
BYTES = (
    b"\0",
    b"\xff\xfe",
    b"\r",
    b"\n\n",
    b"\xe2\x80\xa8",
    b"=",
    b'"',
    b"[",
    b"#",
    b"\\",
    b"$",
    b":",
)

PYPROJECT = """
[project]
name = "demo"
version = "1"
requires-python = ">=3.11"
dependencies = ["flask[async]>=3; python_version > '3'", "near", "far @ https://index.example/f"]
dynamic = ["readme"]
optional-dependencies = {fast = ["uvloop"], all = ["demo[fast]"]}
scripts = {run = "demo.main:main"}
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[dependency-groups]
dev = ["pytest", {include-group = "more"}]
more = ["ruff==1"]
[tool.uv]
constraint-dependencies = ["werkzeug<3"]
exclude-newer = "30 days"
conflicts = [[{extra = "fast"}, {group = "dev"}]]
find-links = ["https://index.example/files"]
no-build-package = ["flask"]
workspace = {members = ["packages/*"], exclude = ["packages/x"]}
sources = {near = {path = "near"}, flask = [{index = "own", marker = "os_name == 'x'"}]}
index = [{name = "own", url = "https://index.example/own", explicit = true}]
[tool.pdm]
source = [{name = "pypi", url = "https://index.example", include_packages = ["a*"]}]
[tool.setuptools]
packages = {find = {where = ["src"], include = ["demo*"]}}
package-data = {demo = ["*.json"]}
dynamic = {version = {attr = "demo.__version__"}}
[tool.hatch]
build = {targets = {wheel = {packages = ["src/demo"], force-include = {a = "b"}}}}
[tool.leanscaffold]
target = ["arm64"]
max-size = "500MB"
python = "3.13"
trim = "safe"
port = 8000
"""
DOCKERFILE = """# syntax=docker/dockerfile:1
ARG PY=3.13
FROM --platform=$BUILDPLATFORM python:${PY}-slim AS build
ENV A=1 B="c d" TOKEN=x
WORKDIR /app
COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /bin/
RUN --mount=type=cache,target=/root/.cache apt-get update && apt-get install -y gcc \\
    && pip install --no-cache-dir -r requirements.txt flask==3 && rm -rf /var/lib/apt/lists/*
COPY requirements.txt pyproject.toml ./
ADD app.tar /app
COPY <<EOF /etc/x
a
EOF
FROM python:3.13-slim
RUN useradd app
COPY --from=build --chown=app /app /app
USER app
EXPOSE 8000/tcp
HEALTHCHECK --interval=5s CMD curl -f http://localhost:8000/ || exit 1
ENTRYPOINT exec gunicorn -w 2 app:app
CMD ["--bind", "0.0.0.0:8000"]
"""
REQUIREMENTS = """--index-url https://index.example/simple --extra-index-url https://x.example/a
# a comment
flask[async]>=3,<4 ; python_version > "3" --hash=sha256:{sha} \\
    --hash=sha256:{sha}
-r more.txt
-c constraints.txt
-e ./near
git+https://index.example/far.git@v1#egg=far&subdirectory=a
numpy == 1.*  # why
--no-binary :all:
--find-links wheels
""".format(sha=64 * "a")
SETUP_CFG = """[metadata]
name = demo
version = attr: demo.__version__
[options]
install_requires =
    flask>=3
packages = find:
[options.packages.find]
where = src
[options.extras_require]
fast = uvloop
"""
SETUP_PY = """from setuptools import setup, find_packages, Extension
here = open("more.txt").read().split()
setup(name="demo", version="1", install_requires=["flask"], packages=find_packages("src"),
      package_dir={"": "src"}, ext_modules=[Extension("demo._x", ["x.c"])],
      entry_points={"console_scripts": ["run = demo.main:main"]})
"""
CONDA = """name: demo
channels: [conda-forge]
dependencies:
  - python=3.12
  - numpy>=1.2,<2
  - pip:
      - flask==3
      - -r more.txt
"""
COMPOSE = """services:
  web:
    build: {context: ., dockerfile: Dockerfile, args: {PY: "3.13"}}
    command: python app.py
    ports: ["8000:8000"]
    environment: {A: b}
"""
SOURCE = '''"""A text."""
import os, flask
from . import x
import importlib
importlib.import_module("numpy")
open(os.environ["DATA"] + "/a.json", "w").write("x")
__version__ = "1"
app = flask.Flask(__name__)
if __name__ == "__main__":
    app.run(host="0.0.0.0", port=int(os.environ.get("PORT", "8000")))
'''


NEAR = (
    ("near/pyproject.toml", '[project]\nname = "near"\nversion = "1"\n'),
    ("libs/inner/pyproject.toml", '[project]\nname = "inner"\nversion = "1"\n'),
    ("more.txt", "click\n"),
    ("constraints.txt", "click<9\n"),
)


def whole(name: str, *beside: tuple[str, str]) -> Callable[[Path], object]:
    """Return how a project of one file, and others beside it, is read."""

    def read(root: Path) -> object:
        for other, text in (("app.py", SOURCE), *NEAR, *beside):
            if other != name:
                (root / other).parent.mkdir(parents=True, exist_ok=True)
                (root / other).write_text(text)
        return read_project(root, environ={})

    return read


def rendered(tree: Any) -> str:
    return tomlkit.dumps(tree)


Reader = Callable[[Path], object]
BESIDE = ("pyproject.toml", locks.PYPROJECT)
TREES: dict[str, tuple[Any, Callable[[Any], str], Reader]] = {
    "pyproject.toml": (tomllib.loads(PYPROJECT), rendered, whole("pyproject.toml")),
    "uv.lock": (tomllib.loads(locks.UV), rendered, whole("uv.lock", BESIDE)),
    "poetry.lock": (
        tomllib.loads(locks.POETRY),
        rendered,
        whole("poetry.lock", ("pyproject.toml", locks.POETRY_PROJECT)),
    ),
    "pdm.lock": (tomllib.loads(locks.PDM), rendered, whole("pdm.lock", BESIDE)),
    "pylock.toml": (tomllib.loads(locks.PYLOCK), rendered, whole("pylock.toml")),
    "Pipfile.lock": (locks.PIPFILE_LOCK, json.dumps, whole("Pipfile.lock")),
    "leanscaffold.json": (
        json.loads((GOLDEN / "fastapi" / "leanscaffold.json").read_text()),
        json.dumps,
        read_record,
    ),
}
TEXTS: dict[str, tuple[str, Reader]] = {
    "requirements.txt": (REQUIREMENTS, whole("requirements.txt")),
    "pyproject.toml": (PYPROJECT, whole("pyproject.toml")),
    "uv.lock": (locks.UV, whole("uv.lock", BESIDE)),
    "setup.cfg": (SETUP_CFG, whole("setup.cfg", ("setup.py", "import setuptools"))),
    "setup.py": (SETUP_PY, whole("setup.py")),
    "environment.yml": (CONDA, whole("environment.yml")),
    "Dockerfile": (DOCKERFILE, whole("Dockerfile", ("requirements.txt", "flask\n"))),
    "Procfile": ("web: PORT=1 gunicorn app:app -b :$PORT\n", whole("Procfile")),
    "compose.yaml": (COMPOSE, whole("compose.yaml", ("Dockerfile", DOCKERFILE))),
    "app.py": (SOURCE, whole("app.py", ("requirements.txt", "flask\n"))),
    ".dockerignore": ("*.pyc\n!a/**/b\n[a-c]x\n# c\n", whole(".dockerignore")),
    ".python-version": ("3.12.1\n", whole(".python-version")),
}


def places(tree: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths to all values of a tree."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree)
    found = []
    for key, value in pairs:
        found.append((*at, key))
        if isinstance(value, dict | list):
            found += places(value, (*at, key))
    return found


def change(data: st.DataObject, seed: Any, *, none: bool) -> Any:
    """Return a tree with one to three of its values replaced or removed."""
    tree = deepcopy(seed)
    for _ in range(data.draw(st.integers(1, 3))):
        known = places(tree)
        if not known:
            break
        *path, last = data.draw(st.sampled_from(known))
        parent = tree
        for key in path:
            parent = parent[key]
        value = data.draw(st.sampled_from(("remove", *ODD)))
        if value == "remove" or (not none and "None" in repr(value)):
            del parent[last]
        else:
            parent[last] = deepcopy(value)
    return tree


def scramble(data: st.DataObject, seed: bytes) -> bytes:
    """Return bytes with up to four pieces removed, repeated or replaced."""
    text = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.sampled_from((0, 1, 2, 5, 30, 200))))
        other = data.draw(st.sampled_from((b"", *BYTES, bytes(text[start:end]) * 2)))
        text[start:end] = other
    return bytes(text)


def error_of(call: Callable[[], object]) -> LeanscaffoldError | None:
    """Return the error that a call ends with; any other than ours is not caught."""
    try:
        call()
    except LeanscaffoldError as error:
        return error
    return None


def refuse_or_read(read: Reader, name: str, content: bytes) -> None:
    """Read a file; only an error of ours that names a file may come of it."""
    with TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(content)
        error = error_of(lambda: read(Path(folder)))
    if error is not None:
        assert error.hint
        where = f"{name} {Path(folder).name}"  # without sources, it is the folder that is none
        assert (
            error.cause.split()[0] in where
            or name in error.cause
            or any(detail.file for detail in error.details)
        ), error.cause


# For nights: LEANSCAFFOLD_FUZZ=40 tries forty times as many, others each time.
TIMES = int(os.environ.get("LEANSCAFFOLD_FUZZ", "1"))
quickly = settings(
    max_examples=25 * TIMES, suppress_health_check=list(HealthCheck), derandomize=TIMES == 1
)


SEEDS = [(name, render(seed), read) for name, (seed, render, read) in TREES.items()]
SEEDS += [(name, seed, read) for name, (seed, read) in TEXTS.items()]


@pytest.mark.parametrize(("name", "text", "read"), SEEDS)
def test_seeds_are_valid(tmp_path: Path, name: str, text: str, read: Reader) -> None:
    (tmp_path / name).write_text(text)
    assert read(tmp_path) is not None


@pytest.mark.parametrize("name", TREES)
@given(data=st.data())
@quickly
def test_odd_values(name: str, data: st.DataObject) -> None:
    seed, render, read = TREES[name]
    tree = change(data, seed, none=render is json.dumps)
    refuse_or_read(read, name, render(tree).encode())


@pytest.mark.parametrize("name", TEXTS)
@given(data=st.data())
@quickly
def test_odd_bytes(name: str, data: st.DataObject) -> None:
    seed, read = TEXTS[name]
    refuse_or_read(read, name, scramble(data, seed.encode()))


@given(data=st.data())
@quickly
def test_dockerfiles_that_are_looked_at_and_mended(data: st.DataObject) -> None:
    text = scramble(data, DOCKERFILE.encode()).decode(errors="replace")
    error = error_of(lambda: lint(case_of(text), all_rules(), fix=True))
    assert error is None or error.hint


PAGE = {
    "meta": {"api-version": "1.1"},
    "files": [
        {
            "filename": f"demo-{version}-py3-none-any.whl",
            "url": "../demo.whl",
            "hashes": {"sha256": "aa"},
            "size": 5,
            "requires-python": ">=3",
            "upload-time": f"2026-01-0{version}T00:00:00Z",
            "core-metadata": {"sha256": "bb"},
            "yanked": False,
        }
        for version in (1, 2, 3)
    ],
}
HTML = b"""<!DOCTYPE html><base href="https://index.example/x/"><a href="demo-1.0.tar.gz#sha256=ab"
 data-requires-python="&gt;=3" data-core-metadata="sha256=cd" data-yanked="">demo</a>"""


@given(data=st.data())
@settings(quickly, max_examples=100 * TIMES)
def test_pages_of_an_index(data: st.DataObject) -> None:
    kind, body = data.draw(
        st.sampled_from(
            (
                ("text/html", scramble(data, HTML)),
                ("text/json", scramble(data, json.dumps(PAGE).encode())),
                ("text/json", json.dumps(change(data, PAGE, none=True)).encode()),
            )
        )
    )
    url = "https://index.example/simple/demo/"
    answer = Answer(status=200, url=url, headers={"Content-Type": kind}, body=body)

    def read() -> None:
        files, _ = read_page(answer)
        releases = list_releases(Page(name="demo", files=files, origin="index"))
        for release in releases:
            find_pace(releases, release.version)

    error = error_of(read)
    assert error is None or url in error.cause


@given(data=st.data())
@settings(quickly, max_examples=100 * TIMES)
def test_what_is_in_wheels_and_sdists(data: st.DataObject) -> None:
    parse_metadata(scramble(data, metadata_text("demo", "1.0", "Requires-Dist: a").encode()))
    read_sdist(scramble(data, make_sdist("demo", "1.0", level="1.0")), "demo-1.0.tar.gz")
    with TemporaryDirectory() as folder:
        name = "demo-1.0-cp313-cp313-manylinux_2_28_x86_64.whl"
        (Path(folder) / name).write_bytes(scramble(data, make_wheel("demo", "1.0")))
        found = find_project_file(Path(folder), name)
        assert found is not None
        files = ProjectFiles(Path(folder), [found])
        files.metadata([found.file])
        files.wheel_facts(found.file)


@given(data=st.data())
@quickly
def test_variables(data: st.DataObject) -> None:
    names = ("TARGET", "MAX_SIZE", "PYTHON", "OFFLINE", "PORT", "SWAP", "INDEX_URL", "TIMEOUT")
    name = f"LEANSCAFFOLD_{data.draw(st.sampled_from(names))}"
    error = error_of(lambda: read_environment({name: data.draw(st.text(max_size=20))}))
    assert error is None or name in error.cause
