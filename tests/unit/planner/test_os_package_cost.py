"""What installing distribution packages costs together."""

from dataclasses import replace
from pathlib import Path

import pytest

from scaffold.catalog.load import load_facts
from scaffold.model.knowledge import Base, Facts, Piece, SystemPackage
from scaffold.model.target import Arch
from scaffold.planner.os_package_cost import (
    LIBRARY_SHARE,
    SystemCost,
    list_priced,
    system_cost,
    taken_cost,
)
from scaffold.planner.os_package_notes import name_by_policy
from tests.support import knowledge_tree as tree


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    folder = tree.write(tmp_path)
    arm = tree.FILES["distributions/trixie.toml"].replace('id = "trixie"', 'id = "trixie-arm64"')
    arm = arm.replace('"amd64"', '"arm64"').replace("220000 67000", "320000 69000")
    tree.put(folder, "distributions/trixie-arm64.toml", arm)
    return load_facts(folder)


def test_what_two_packages_share_counts_once(facts: Facts) -> None:
    alone = system_cost("trixie", ["libgl1"], facts)

    assert alone.names == ("libgl1", "libglx0", "libx11-6", "libxcb1")
    assert (alone.on_disk, alone.download) == (3_020_000, 1_247_000)
    assert system_cost("trixie", ["libgl1", "libx11-6", "libxcb1"], facts) == alone
    assert system_cost("trixie", iter(["libxcb1", "libxcb1"]), facts).on_disk == 220_000


def test_nothing_costs_nothing(facts: Facts) -> None:
    assert system_cost("trixie", [], facts) == SystemCost()


def test_what_the_base_ships_is_not_counted_again(facts: Facts) -> None:
    full = system_cost("trixie", ["libgl1"], facts, ships=["libX11.so.6", "libunheard-of.so.1"])

    assert full.names == ("libgl1", "libglx0")
    assert (full.on_disk, full.download) == (1_400_000, 400_000)
    assert system_cost("trixie", ["git", "libx11-6"], facts, ships=["git", "libX11.so.6"]) == (
        system_cost("trixie", ["git"], facts)
    )


def test_single_libraries_count_without_what_they_pull_in(facts: Facts) -> None:
    cost = system_cost("trixie", ["libgl1", "libxcb1"], facts, alone=True)
    assert cost.names == ("libgl1", "libxcb1")
    assert cost.on_disk == round(1_120_000 * LIBRARY_SHARE)


def test_an_architecture_with_a_table_of_its_own_uses_it(facts: Facts) -> None:
    assert system_cost("trixie", ["libxcb1"], facts, arch=Arch.ARM64).on_disk == 320_000
    assert system_cost("trixie", ["libxcb1"], facts, arch=Arch.S390X).on_disk == 220_000


def test_a_package_without_a_line_counts_as_libraries_say(facts: Facts) -> None:
    both = system_cost("trixie", ["git", "libxcb1"], facts)
    assert (both.on_disk, both.download) == (220_050, 67_020)
    assert both.names == ("git", "libxcb1")


def test_a_release_without_a_table_sums_what_libraries_say(facts: Facts) -> None:
    cost = system_cost("wolfi", ["mesa-gl"], facts)
    assert (cost.on_disk, cost.download, cost.names) == (9, 4, ("mesa-gl",))


def test_an_estimate_may_be_off_by_half_and_a_tables_figure_by_little(facts: Facts) -> None:
    library = facts.libraries["libGL.so.1"]
    guessed = SystemPackage(name="mesa-gl", on_disk=9_000, download=4_000, verified=False)
    changed = replace(library, packages={"wolfi": guessed})
    estimate = system_cost("wolfi", ["mesa-gl"], replace(facts, libraries={library.id: changed}))
    known = system_cost("trixie", ["libxcb1"], facts)

    assert (estimate.error, estimate.download_error) == (4_500, 2_000)
    assert (known.error, known.download_error) == (13_200, 13_400)


def test_an_unknown_package_is_named_and_costs_nothing(facts: Facts) -> None:
    assert system_cost("wolfi", ["fonts"], facts) == SystemCost(names=("fonts",))


def test_a_library_linked_with_what_its_package_pulls_in_brings_it_along(facts: Facts) -> None:
    library = facts.libraries["libGL.so.1"]
    linked = replace(facts, libraries={library.id: replace(library, linked=True)})
    cost = system_cost("trixie", ["libgl1"], linked, alone=True)
    assert cost.names == ("libgl1", "libglx0", "libx11-6", "libxcb1")


PIECES = (
    Piece(on_disk=100, download=40, programs=("ls", "cp")),
    Piece(on_disk=30, download=10, programs=("ls",)),
    Piece(on_disk=50, download=20, programs=("ffmpeg",)),
)


def cut(facts: Facts) -> Base:
    trixie = next(base for base in facts.bases if base.release == "trixie")
    return replace(trixie, pieces=PIECES)


def test_what_programs_share_counts_once(facts: Facts) -> None:
    assert list_priced(cut(facts), ["ls", "cp", "convert"]) == {"ls", "cp"}
    one = taken_cost(cut(facts), ["ls"], (), facts, Arch.AMD64)
    both = taken_cost(cut(facts), ["ls", "cp"], (), facts, Arch.AMD64)
    assert (one.on_disk, one.download) == (both.on_disk, both.download) == (130, 50)
    assert taken_cost(cut(facts), (), (), facts, Arch.AMD64) == SystemCost()


def test_what_was_measured_grows_with_the_packages_of_another_architecture(facts: Facts) -> None:
    amd64 = facts.distributions["trixie"]
    heavier = replace(
        amd64, packages={n: (d * 2, c * 3, deps) for n, (d, c, deps) in amd64.packages.items()}
    )
    two = replace(facts, distributions={"trixie": amd64, "trixie-arm64": heavier})
    cost = taken_cost(cut(facts), ["ffmpeg"], ["libgl1"], two, Arch.ARM64)
    assert (cost.on_disk, cost.download) == (100, 60)
    assert taken_cost(cut(facts), ["ffmpeg"], ["libgl1"], two, Arch.RISCV64).on_disk == 50


@pytest.mark.parametrize(
    ("soname", "package"),
    [
        ("libnl-route-3.so.200", "libnl-route-3-200"),
        ("libmpv.so.2", "libmpv2"),
        ("libavcodec.so.61", "libavcodec61"),
        ("libdb-5.3.so", "libdb5.3"),
        ("libEGL.so.1", "libegl1"),
        ("libjpeg_turbo.so.8.2", "libjpeg-turbo8.2"),
        ("libplugin.so", ""),
        ("ffmpeg", ""),
    ],
)
def test_a_library_is_of_the_package_that_debians_policy_names(soname: str, package: str) -> None:
    assert name_by_policy(soname) == package
