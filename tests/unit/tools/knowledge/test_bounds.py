"""Bounds are found by trying: with what there is now, with what there was, and in between."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date

from packaging.version import Version

from scaffold.model.index import DistFile, Metadata
from scaffold.resolver.releases import Release, parse_specifier
from tests.support.builders import CHECKED
from tools.knowledge.bounds import (
    DatedRelease,
    Finding,
    Outcome,
    date_release,
    find_bounds,
    format_bounds,
    list_rows,
)

DAYS = {"1.0": date(2021, 1, 1), "2.0": date(2023, 1, 1), "2.5": date(2024, 1, 1)}
LACKS = "ImportError: cannot import name 'x' from 'b'"


class Worlds:
    """Installs a, which needs b; ``fails`` maps a's versions to the b from which on it fails."""

    def __init__(self, fails: Mapping[str, str], *, always: frozenset[str] = frozenset()) -> None:
        self.fails = fails
        self.always = always
        self.tried: list[str] = []

    def trial(self, asked: Sequence[str], before: date | None) -> Outcome | None:
        self.tried.append(" ".join(asked))
        own = asked[0].partition("==")[2]
        limits = [one[1:] for one in asked[1:]]
        versions = [
            version
            for version, day in DAYS.items()
            if (before is None or day <= before)
            and all(spec is None or spec.contains(version) for spec in map(parse_specifier, limits))
        ]
        if not versions:
            return None
        b = versions[-1]
        broken = own in self.fails and Version(b) >= Version(self.fails[own])
        error = LACKS if broken else "ImportError: always" if own in self.always else ""
        return Outcome(error=error, missing="b", frames=("a",), installed={"a": own, "b": b})


def release(version: str, *requires: str) -> DatedRelease:
    return DatedRelease(version=Version(version), uploaded=date(2021, 2, 1), requires=requires)


def versions(_: str) -> list[Version]:
    return list(map(Version, DAYS))


def test_the_first_version_that_breaks_a_release_is_its_bound() -> None:
    worlds = Worlds({"1": "2.0", "2": "2.5"})
    tried = [release("3", "b"), release("2", "b>=1"), release("1", "b")]
    found = find_bounds("a", tried, worlds.trial, versions)
    assert {str(key): [one.below for one in row or ()] for key, row in found.items()} == {
        "3": [],
        "2": ["2.5"],
        "1": ["2"],
    }
    assert list(list_rows(tried, found)) == [
        (">=2,<3", "b<2.5", LACKS),
        ("<2", "b<2", LACKS),
    ]


def test_what_failed_at_its_time_too_has_no_bound() -> None:
    worlds = Worlds({}, always=frozenset({"1"}))
    assert find_bounds("a", [release("1", "b")], worlds.trial, versions) == {Version("1"): None}


def test_what_is_not_known_of_one_end_is_looked_for_in_the_middle() -> None:
    worlds = Worlds({"3": "2.0", "2": "2.0"}, always=frozenset({"1"}))
    tried = [release(number, "b") for number in ("5", "4", "3", "2", "1")]
    found = find_bounds("a", tried, worlds.trial, versions)
    assert list(list_rows(tried, found)) == [(">=2,<4", "b<2", LACKS)]


def test_releases_with_the_same_metadata_are_tried_at_the_ends_and_where_these_differ() -> None:
    numbers = [str(number) for number in range(9, 0, -1)]
    worlds = Worlds(dict.fromkeys(("1", "2"), "2.0"))
    tried = [release(number, "b") for number in numbers]
    found = find_bounds("a", tried, worlds.trial, versions)
    assert {str(key) for key, row in found.items() if row} == {"1", "2"}
    assert [row[0] for row in list_rows(tried, found)] == ["<3"]
    same = Worlds({})
    find_bounds("a", tried, same.trial, versions)
    assert sorted(same.tried) == ["a==1", "a==9"]


def test_of_several_bounds_on_one_name_the_lowest_counts() -> None:
    both = tuple(Finding(dependency="b", below=below, error=LACKS) for below in ("3", "2.3"))
    rows = list(list_rows([release("1")], {Version("1"): both}))
    assert rows == [("<=1", "b<2.3", LACKS)]


def test_only_dated_releases_without_machine_code_are_tried() -> None:
    def read(file: DistFile) -> Metadata:
        needs = ('b; extra == "x"', "c", "b>=1")
        return Metadata(name="a", version=file.filename.split("-")[1], requires=needs)

    def one(tags: str, uploaded: str) -> DatedRelease | None:
        wheel = DistFile(filename=f"a-1-{tags}.whl", uploaded=uploaded)
        return date_release(read, Release(version=Version("1"), wheels=(wheel,), sdist=None))

    found = one("py3-none-any", "2022-02-03T01:02:03Z")
    assert found is not None
    assert (found.uploaded, found.requires) == (date(2022, 2, 3), ("b>=1", "c"))
    assert one("cp313-cp313-manylinux_2_28_x86_64", "2022-02-03") is None
    assert one("py3-none-any", "2012-02-03") is None
    assert one("py3-none-any", "") is None


def test_the_file_has_every_row() -> None:
    rows = {"b": [], "a": [("<2", "b<3", 'ImportError: "x"')]}
    text = format_bounds(rows, today=CHECKED)
    parsed = tomllib.loads(text)
    assert parsed["bounds"] == {"a": {"rows": [["<2", "b<3", 'ImportError: "x"']]}}
    assert parsed["checked"] == CHECKED
