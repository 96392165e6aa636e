"""The paper's experiments on a real engine, with a project that is small."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.engine import Engine
from tests.engine.leanscaffold import environment, leanscaffold
from tests.engine.leftovers import find_left, list_images

pytestmark = pytest.mark.engine

WORDS = ("--target", "amd64", "--python", "3.13", "--base", "bare-trixie")


def test_the_papers_levers_do_what_they_do_and_its_second_stage_lacks_the_packages(
    bases: Callable[..., Engine],
    knowledge_options: tuple[str, ...],
    certificates: Path | None,
    tmp_path: Path,
) -> None:
    machine = bases("amd64")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "requirements.txt").write_text("colorama\n")
    (folder / "main.py").write_text("import colorama\nprint(colorama.__version__)\n")
    (folder / "Procfile").write_text("worker: python main.py\n")
    trust = ("--ca", str(certificates)) if certificates else ()
    before = list_images(machine, "leanscaffold-compare")
    ended = leanscaffold(
        *(str(folder), *WORDS, *knowledge_options, *trust),
        *("--json", "--quiet"),
        env=environment(machine, tmp_path),
        module="tools.paper",
    )
    assert ended.code == 0, ended.err
    document = ended.document()
    rows = {(one["lever"], one["image"]["name"]): one["image"] for one in document["rows"]}
    bad, good = rows["order", "order-bad"], rows["order", "slim"]
    assert bad["runs"] == good["runs"] == "passed", json.dumps(document, indent=1)
    assert bad["rebuild_seconds"] > good["rebuild_seconds"]
    assert bad["rebuild_moved_bytes"] > 10 * good["rebuild_moved_bytes"]
    apart, merged = rows["layers", "runs-apart"], rows["layers", "runs-merged"]
    assert apart["on_disk"] > merged["on_disk"]
    assert rows["lists", "lists-kept"]["on_disk"] > merged["on_disk"]
    second = rows["stages", "two-stages"]
    assert second["runs"] == "failed"
    assert any("No module named 'colorama'" in line for line in second["evidence"])
    (ours,) = document["leanscaffold"]
    assert ours["runs"] == "passed"
    assert ours["on_disk"] < second["on_disk"]
    assert find_left(lambda: list_images(machine, "leanscaffold-compare"), before) == set()
