"""New projects: their own tests pass in a fresh environment, and their images are verified."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scaffold.init.create import create_project
from scaffold.init.starters import list_starters
from tests.engine.engine import Engine
from tests.engine.leanscaffold import environment, leanscaffold

pytestmark = [pytest.mark.engine, pytest.mark.online]

# One of them is enough to see that it all fits together; each takes minutes.
ALL = bool(os.environ.get("LEANSCAFFOLD_TEST_ALL_TEMPLATES"))
USUAL = "worker"
NAMES = [starter.name for starter in list_starters() if ALL or starter.name == USUAL]
ARCHES = ("amd64", "arm64") if ALL else ("amd64",)
BASES = {"vision": "bare-trixie"}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_new_projects_own_tests_pass(name: str, tmp_path: Path) -> None:
    project = tmp_path / "made"
    create_project(name, project, {})
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_"))}
    python = tmp_path / "venv" / "bin" / "python"
    for words in (
        [sys.executable, "-m", "venv", str(tmp_path / "venv")],
        [str(python), "-m", "pip", "install", "--quiet", "--upgrade", "pip"],
        [str(python), "-m", "pip", "install", "--quiet", "--editable", ".", "--group", "dev"],
        [str(python), "-m", "ruff", "check"],
        [str(python), "-m", "ruff", "format", "--check"],
        [str(python), "-m", "mypy"],
        [str(python), "-m", "pytest", "-q"],
    ):
        done = subprocess.run(
            words, cwd=project, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("arch", ARCHES)
@pytest.mark.parametrize("name", NAMES)
def test_a_new_projects_image_is_verified(
    name: str,
    arch: str,
    *,
    bases: Callable[..., Engine],
    knowledge_options: tuple[str, ...],
    certificates: Path | None,
    tmp_path: Path,
) -> None:
    engine = bases("amd64", arch)
    project = tmp_path / f"leanscaffold-test-{name}"
    create_project(name, project, {})
    trust = ("--ca", str(certificates)) if certificates else ()
    base = BASES.get(name, "bare-alpine-3.23")
    choice = ("--python", "3.13", "--base", base, "--target", arch, "--memory", "512MiB")
    done = leanscaffold(
        *("verify", str(project), *choice, *knowledge_options, *trust, "-v"),
        env=environment(engine, tmp_path),
    )
    assert done.code == 0, done.out + done.err
