from pathlib import Path

from scaffold.catalog.load import load_facts
from scaffold.model.index import WheelFacts
from tests.support import knowledge_tree as tree
from tests.support.builders import CHECKED
from tests.support.worlds import World
from tools.knowledge.swaps import refresh_swaps

FAT, LEAN = (
    "opencv_python-4.12-cp37-abi3-manylinux_2_28_x86_64.whl",
    "opencv_python_headless-4.12-cp37-abi3-manylinux_2_28_x86_64.whl",
)


def world() -> World:
    known = World()
    for name, size in ((FAT, 90_000_000), (LEAN, 50_000_000)):
        known.add(name, facts=WheelFacts(installed=size, files=9, elf="none"), size=size // 3)
    return known


def test_a_swap_says_what_planning_with_it_saves_on_each_architecture(tmp_path: Path) -> None:
    folder = tree.write(tmp_path)
    told: list[str] = []
    refreshed = refresh_swaps(folder, load_facts(folder), world(), today=CHECKED, tell=told.append)
    (change,) = refreshed.changes
    assert "opencv-python → opencv-python-headless: -4" in change
    assert "on amd64" in change
    assert "on arm64" not in change
    (folder / "packages" / "opencv-python.toml").write_text(
        refreshed.files["packages/opencv-python.toml"]
    )
    again = load_facts(folder)
    assert again.packages["opencv-python"].swaps[0].measured in change
    for named in ((), ("opencv-python",)):
        told.clear()
        refreshed = refresh_swaps(
            folder, again, world(), today=CHECKED, tell=told.append, packages=named
        )
        assert refreshed.files == {}
        assert bool(told) == bool(named)


def test_a_swap_that_nothing_is_known_of_stays_as_it_is(tmp_path: Path) -> None:
    folder = tree.write(tmp_path)
    refreshed = refresh_swaps(
        folder, load_facts(folder), World(), today=CHECKED, tell=lambda _: None
    )
    assert refreshed.changes == ("nothing changed",)
    assert refreshed.remarks == ("opencv-python → opencv-python-headless: cannot be planned",)
