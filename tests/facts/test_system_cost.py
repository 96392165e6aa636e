"""What installing distribution packages costs together."""

from pathlib import Path

import pytest

from scaffold.core.system import system_cost
from scaffold.facts.load import load_facts
from scaffold.model.knowledge import Facts
from scaffold.model.target import Arch
from tests.facts import tree


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    folder = tree.write(tmp_path)
    arm = tree.FILES["distributions/trixie.toml"].replace('id = "trixie"', 'id = "trixie-arm64"')
    arm = arm.replace('"amd64"', '"arm64"').replace("220000 67000", "320000 69000")
    tree.put(folder, "distributions/trixie-arm64.toml", arm)
    return load_facts(folder)


def test_what_two_packages_share_counts_once(facts: Facts) -> None:
    names = ("libgl1", "libglx0", "libx11-6", "libxcb1")
    alone = system_cost("trixie", ["libgl1"], facts)

    assert alone == (3_020_000, 1_247_000, names)
    assert system_cost("trixie", ["libgl1", "libx11-6", "libxcb1"], facts) == alone
    assert system_cost("trixie", iter(["libxcb1", "libxcb1"]), facts)[0] == 220_000


def test_nothing_costs_nothing(facts: Facts) -> None:
    assert system_cost("trixie", [], facts) == (0, 0, ())


def test_an_architecture_with_a_table_of_its_own_uses_it(facts: Facts) -> None:
    assert system_cost("trixie", ["libxcb1"], facts, arch=Arch.ARM64)[0] == 320_000
    assert system_cost("trixie", ["libxcb1"], facts, arch=Arch.S390X)[0] == 220_000


def test_a_package_without_a_line_counts_as_libraries_say(facts: Facts) -> None:
    both = system_cost("trixie", ["git", "libxcb1"], facts)
    assert both == (220_050, 67_020, ("git", "libxcb1"))


def test_a_release_without_a_table_sums_what_libraries_say(facts: Facts) -> None:
    assert system_cost("alpine", ["mesa-gl"], facts) == (9, 4, ("mesa-gl",))


def test_an_unknown_package_is_named_and_costs_nothing(facts: Facts) -> None:
    assert system_cost("alpine", ["fonts"], facts) == (0, 0, ("fonts",))
