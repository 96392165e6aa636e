"""Images that are good: every check passes, on processors that are only imitated as well."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine import facts
from tests.engine.engine import Engine
from tests.engine.home import Home
from tests.engine.leanscaffold import environment, leanscaffold
from tests.engine.test_broken_images import APP

pytestmark = pytest.mark.engine


def checks_of(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    (report,) = document["reports"]
    return {one["code"]: one for one in report["checks"]}


def test_the_peak_of_a_command_that_ends_is_measured(
    bases: Callable[..., Engine], tmp_path: Path
) -> None:
    """Its figures go when it ends: somebody has to have looked before."""
    worker = tmp_path / "worker"
    worker.mkdir()
    (worker / "requirements.txt").write_text("")
    (worker / "main.py").write_text("import time\nkept = b'x' * 50_000_000\ntime.sleep(0.3)\n")
    (worker / "Procfile").write_text("worker: python main.py\n")
    words = ("--target", "amd64", "--python", "3.13", "--offline", "--base", "bare-alpine-3.23")
    ended = leanscaffold(
        *("verify", str(worker), *words, "--memory", "200MB", "--quick", "--json"),
        env=environment(bases("amd64"), tmp_path),
    )
    memory = checks_of(ended.document())["memory"]
    assert memory["status"] == "passed", ended.err
    assert 50_000_000 < memory["figures"]["peak_memory_bytes"] < 150_000_000


def test_an_image_that_the_engine_does_not_have_is_named(engine: Engine, tmp_path: Path) -> None:
    env = environment(engine, tmp_path)
    (tmp_path / "main.py").write_text("")
    (tmp_path / "requirements.txt").write_text("")
    words = ("--target", "amd64", "--offline", "--image", "leanscaffold-nowhere:1")
    ended = leanscaffold("verify", str(tmp_path), *words, env=env)
    assert ended.code == 7
    assert "the engine has no image leanscaffold-nowhere:1\nhint: build or" in ended.err


@pytest.mark.long
@pytest.mark.online
def test_an_image_for_arm_v7_is_built_and_passes_every_check(
    bases: Callable[..., Engine], home: Home, certificates: Path | None, tmp_path: Path
) -> None:
    machine = bases("arm/v7")
    knowledge = ("--knowledge", str(facts.overlay(home, machine))) if machine.own else ()
    project = tmp_path / "project"
    project.mkdir()
    (project / "requirements.txt").write_text("colorama\n")
    (project / "main.py").write_text(APP.format(extra="import colorama"))
    (project / "Procfile").write_text("web: python main.py\n")
    words = ("--target", "arm/v7", "--python", "3.13", "--base", "slim-bookworm")
    trust = ("--ca", str(certificates)) if certificates else ()
    ended = leanscaffold(
        *("verify", str(project), *words, *knowledge, *trust),
        *("--port", "8000", "--health", "/health", "--json"),
        env=environment(machine, tmp_path),
    )
    assert ended.code == 0, ended.err
    statuses = {code: one["status"] for code, one in checks_of(ended.document()).items()}
    assert set(statuses.values()) == {"passed"}, statuses
