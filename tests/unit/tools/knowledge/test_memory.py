import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from scaffold.catalog.load import load_facts
from tests.support import knowledge_tree as tree
from tests.support.builders import CHECKED
from tools.knowledge import memory
from tools.knowledge.memory import refresh_memory

PROBE = Path(memory.__file__).with_name("memory_probe.py")


def refresh(folder: Path, taken: Mapping[str, Mapping[str, int]]) -> tuple[str, ...]:
    refreshed = refresh_memory(
        folder,
        sorted(taken),
        load_facts(folder),
        lambda name: taken[name],
        today=CHECKED,
        tell=lambda _: None,
    )
    for path, text in refreshed.files.items():
        (folder / path).write_text(text)
    return refreshed.changes


def test_what_importing_adds_is_written_beside_the_other_facts(tmp_path: Path) -> None:
    folder = tree.write(tmp_path)
    taken = {"opencv-python": {"python": 16_000_000, "opencv-python": 41_234_567, "tiny": 400_000}}
    assert refresh(folder, taken) == ("~ opencv-python 41.2 MB",)
    fact = load_facts(folder).packages["opencv-python"]
    assert fact.memory == 41_200_000
    assert fact.swaps
    assert refresh(folder, taken) == ("nothing changed",)


def test_a_package_without_facts_gets_a_file(tmp_path: Path) -> None:
    folder = tree.write(tmp_path)
    assert refresh(folder, {"heavy": {"heavy": 9_000_000}}) == ("+ heavy 9.0 MB",)
    assert load_facts(folder).packages["heavy"].memory == 9_000_000


def test_what_was_asked_for_counts_as_it_came_after_all_it_needs(tmp_path: Path) -> None:
    folder = tree.write(tmp_path)
    taken = {"a": {"a": 20_000_000, "b": 5_000_000}, "b": {"b": 8_000_000}}
    assert refresh(folder, taken) == ("+ a 20.0 MB", "+ b 8.0 MB")


def install(folder: Path, name: str, source: str, *requires: str) -> None:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    lines = [f"Requires-Dist: {need}" for need in requires]
    (info / "METADATA").write_text("\n".join([f"Name: {name}", "Version: 1.0", *lines]) + "\n")
    (folder / f"{name}.py").write_text(source)
    (info / "RECORD").write_text(f"{name}.py,,\n")


def test_the_probe_counts_a_module_for_the_package_that_brings_it(tmp_path: Path) -> None:
    install(tmp_path, "needed", "data = bytearray(30_000_000)\n")
    install(tmp_path, "app", "import needed\nown = bytearray(12_000_000)\n", "needed>=1")
    install(tmp_path, "broken", "raise ImportError('no hardware')\n")
    probed = subprocess.run(
        [sys.executable, "-I", "-B", str(PROBE), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(probed.stdout)["packages"]
    assert 29_000_000 < found["needed"] < 34_000_000
    assert 11_000_000 < found["app"] < 15_000_000
    assert found["broken"] < 2_000_000
    assert "no hardware" in probed.stderr
