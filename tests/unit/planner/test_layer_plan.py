"""Which packages share a layer, and what an update of each costs a device."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from scaffold.model.index import DistFile
from scaffold.model.resolution import Weighed
from scaffold.model.verdict import Accepted, Size
from scaffold.planner.layer_plan import HEAVY, MIDDLE, QUICK, price_layers, split_layers
from scaffold.resolver.releases import Release, find_pace
from tests.support.builders import make_candidate, make_pinned, make_weighed

Split = tuple[tuple[str, ...], ...]
SLOW = QUICK + 1


def package(name: str, installed: int, pace: int | None = None) -> Weighed:
    weighed = make_weighed(name, installed=installed)
    return replace(weighed, pinned=make_pinned(name, pace=pace))


def split(*packages: Weighed) -> Split:
    return split_layers([Accepted(candidate=make_candidate(packages=packages))])


def layers(*packages: Weighed) -> set[frozenset[str]]:
    """Return the contents of all layers, the top one too."""
    found = split(*packages)
    below = {name for names in found for name in names}
    top = frozenset(w.pinned.name for w in packages) - below
    return {frozenset(names) for names in found} | ({top} if top else set())


def test_what_is_heavy_is_alone_and_what_changes_often_is_above_what_does_not() -> None:
    found = split(
        package("web", 100_000, 10),
        package("flat", 90_000, 400),
        package("unknown", 80_000),
        package("core", MIDDLE, 30),
        package("pixels", MIDDLE, SLOW),
        package("vision", HEAVY, SLOW),
        package("runtime", 3 * HEAVY, 30),
        package("array", 2 * HEAVY, SLOW),
    )
    assert found == (
        ("array",), ("vision",), ("runtime",), ("pixels",), ("core",), ("flat", "unknown"),
    )  # fmt: skip


def test_a_light_bump_beside_heavy_packages_costs_the_light_layer() -> None:
    size = Size(
        on_disk=1,
        download=1,
        error=0,
        download_error=0,
        parts=(("base", 40, 15), ("system packages", 4, 1), ("application", 2, 1)),
        packages=(("runtime", 80, 30), ("vision", 160, 60), ("web", 3, 1)),
    )
    priced = price_layers(size, (("runtime",), ("vision",)))
    assert [(p.name or p.packages[0], p.download, p.pulled_classic) for p in priced] == [
        ("base", 16, 108),
        ("runtime", 30, 92),
        ("vision", 60, 62),
        ("web", 1, 2),
        ("application", 1, 1),
    ]


PACKAGES = st.lists(
    st.tuples(
        st.sampled_from("abcdefghijkl"),
        st.sampled_from([1000, MIDDLE, HEAVY, 2 * HEAVY, 5 * HEAVY]),
        st.sampled_from([None, 1, QUICK, SLOW]),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda row: row[0],
)


@given(
    rows=PACKAGES,
    weight=st.sampled_from([1, MIDDLE, HEAVY, 9 * HEAVY]),
    pace=st.sampled_from([None, 5, SLOW]),
)
def test_one_package_that_moves_moves_only_the_layers_that_hold_it(
    rows: list[tuple[str, int, int | None]], weight: int, pace: int | None
) -> None:
    before = layers(*(package(*row) for row in rows))
    moved = rows[0][0]
    after = layers(package(moved, weight, pace), *(package(*row) for row in rows[1:]))
    changed = {names - {moved} for names in before ^ after}
    strangers = {names for names in before & after if moved not in names}
    heavy = [row for row in rows[1:] if row[1] >= HEAVY]
    if len(heavy) < 8:
        # What else changed its members only lost it or won it.
        assert {names - {moved} for names in before} - {frozenset()} == {
            names - {moved} for names in after
        } - {frozenset()}
        assert all(any(names == other - {moved} for other in before) for names in changed if names)
    assert len(before | strangers) <= 12


@given(rows=PACKAGES)
def test_the_order_of_the_packages_and_the_others_versions_do_not_matter(
    rows: list[tuple[str, int, int | None]],
) -> None:
    packages = [package(*row) for row in rows]
    assert split(*packages) == split(*reversed(packages))


def release(version: str, uploaded: str) -> Release:
    file = DistFile(filename=f"a-{version}-py3-none-any.whl", uploaded=uploaded)
    return Release(version=Version(version), wheels=(file,), sdist=None)


RELEASES = (
    release("3.0", "2026-11-01"),
    release("2.1rc1", "2026-07-01"),
    release("2.0", "2026-06-30T08:00:00Z"),
    release("1.1", "2026-05-31"),
    release("1.0", "2026-05-01"),
)


def test_the_pace_is_that_of_the_releases_up_to_the_pinned_one() -> None:
    assert find_pace(RELEASES, Version("2.0")) == 30
    assert find_pace(RELEASES[2:], Version("2.0")) == 30
    assert find_pace(RELEASES, Version("1.0")) is None
    assert find_pace((release("2", ""), *RELEASES[2:]), Version("2")) == 30
