"""The paper's two images that do not start: verify says of each which check fails, and why."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.engine import Engine
from tests.engine.leanscaffold import environment, leanscaffold
from tools import WRITTEN
from tools.paper.variants import Stack, paper_variants

pytestmark = [pytest.mark.engine, pytest.mark.online]

PAPER = Path(__file__).parents[2] / "examples" / "paper"
STACK = Stack(
    full="python:3.13",
    slim="python:3.13-slim",
    alpine="python:3.13-alpine",
    requirements=("requirements.txt",),
    system=(),
    command=("python", "main.py"),
)
FILES = {one.name: one.dockerfile for one in paper_variants(STACK)}


def make_small(folder: Path) -> Path:
    """Write the paper's project without TensorFlow, which weighs ten times the rest."""
    folder.mkdir()
    (folder / "requirements.txt").write_text("pandas\nopencv-python\n")
    (folder / "main.py").write_text("import cv2\nimport pandas\nprint(cv2, pandas)\n")
    (folder / "Procfile").write_text("worker: python main.py\n")
    return folder


def make_whole(folder: Path) -> Path:
    shutil.copytree(PAPER, folder, ignore=WRITTEN)
    return folder


@pytest.fixture(params=[make_small, pytest.param(make_whole, marks=pytest.mark.long)])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    made: Path = request.param(tmp_path / "project")
    return made


@pytest.fixture
def verify(
    bases: Callable[..., Engine],
    project: Path,
    knowledge_options: tuple[str, ...],
    certificates: Path | None,
    tmp_path: Path,
) -> Callable[[str], dict[str, Any]]:
    """Return what fails, by check, when the project has one of the paper's Dockerfiles."""
    env = environment(bases("amd64"), tmp_path)
    words: tuple[str, ...] = ("--target", "amd64", "--python", "3.13", "--base", "slim-trixie")
    words += ("--ca", str(certificates)) if certificates else ()

    def run(name: str) -> dict[str, Any]:
        written = leanscaffold("generate", str(project), *words, *knowledge_options, env=env)
        assert written.code == 0, written.err
        (project / "Dockerfile").write_text(FILES[name])
        ended = leanscaffold("verify", str(project), *words, "--quick", "--json", env=env)
        (report,) = ended.document()["reports"]
        held = {one["status"] for one in report["checks"]} <= {"passed", "left-out"}
        assert ended.code == (0 if held else 1), ended.err
        return {one["code"]: one for one in report["checks"] if one["status"] == "failed"}

    return run


def test_the_slim_image_fails_for_a_library_that_is_not_there(
    verify: Callable[[str], dict[str, Any]],
) -> None:
    failed = verify("slim")
    imports = json.dumps(failed["imports"])
    assert "libxcb.so.1" in imports
    assert "cv2" in imports
    assert "libxcb.so.1" in json.dumps(failed["libraries"])
    assert "libxcb.so.1" in json.dumps(failed["start"])


def test_the_image_of_two_stages_fails_for_packages_that_are_not_there(
    verify: Callable[[str], dict[str, Any]],
) -> None:
    failed = verify("two-stages")
    imports = json.dumps(failed["imports"])
    assert "pandas" in imports
    assert "opencv-python" in imports
    assert "No module named" in json.dumps(failed["start"])
