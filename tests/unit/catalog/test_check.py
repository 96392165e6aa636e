"""Every invariant, broken once: the valid facts pass, each broken copy is caught by its code."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from scaffold.catalog.check import check_facts
from scaffold.catalog.load import load_facts
from scaffold.model.hardware import Access, HardwareFact
from scaffold.model.knowledge import (
    Base,
    Companion,
    Distribution,
    DroppedPackages,
    Facts,
    ModuleFact,
    PackageFact,
    Proven,
    Recipe,
    ReleaseBounds,
    Swap,
)
from scaffold.model.target import Arch, LibcFamily
from tests.support import knowledge_tree as tree

T = TypeVar("T")
TODAY = date(2026, 1, 3)
PROVEN = Proven(
    arch=Arch.ARM64, base="slim-trixie", python="3.13", version="1.0", checked=date(2026, 1, 2)
)


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    return load_facts(tree.write(tmp_path))


def only(values: Mapping[str, T], change: Callable[[T], T], key: str) -> dict[str, T]:
    return {**values, key: change(values[key])}


def with_base(facts: Facts, change: Callable[[Base], Base]) -> Facts:
    return replace(facts, bases=(change(facts.bases[0]),))


def with_image(facts: Facts, **changes: object) -> Facts:
    def change(base: Base) -> Base:
        image = replace(base.images[-1], **changes)  # type: ignore[arg-type]
        return replace(base, images=(*base.images[:-1], image))

    return with_base(facts, change)


def with_dropped(facts: Facts, package: str) -> Facts:
    releases = facts.libraries["libGL.so.1"].packages
    rows = {
        one: DroppedPackages(id=one, packages=f"{package} libgl2", source="x", checked=TODAY)
        for one in releases
    }
    return replace(facts, dropped=rows)


def with_package(facts: Facts, **changes: object) -> Facts:
    def change(package: PackageFact) -> PackageFact:
        return replace(package, **changes)  # type: ignore[arg-type]

    return replace(facts, packages=only(facts.packages, change, "opencv-python"))


def with_module(facts: Facts, **changes: Any) -> Facts:
    module = ModuleFact(**{"source": "docs", "checked": TODAY, **changes})
    return replace(facts, modules={"PIL": module})


def with_hardware(facts: Facts, **changes: object) -> Facts:
    row = HardwareFact(packages=("a",), source="here", checked=TODAY)
    return replace(facts, hardware={"a": replace(row, **changes)})  # type: ignore[arg-type]


def with_companion(facts: Facts, **changes: Any) -> Facts:
    values = {"code": "needs-service", "package": "a", "text": "it needs b", "way": "add b"}
    companion = Companion(**{**values, "source": "docs", "checked": TODAY, **changes})
    return replace(facts, companions={"a": companion})


def with_bounds(facts: Facts, name: str, *rows: tuple[str, str, str]) -> Facts:
    return replace(facts, bounds={name: ReleaseBounds(rows=rows, source="tried", checked=TODAY)})


def with_swap(facts: Facts, **changes: object) -> Facts:
    swap: Swap = facts.packages["opencv-python"].swaps[0]
    return with_package(facts, swaps=(replace(swap, **changes),))  # type: ignore[arg-type]


def with_recipe(facts: Facts, **changes: object) -> Facts:
    recipe: Recipe | None = facts.packages["opencv-python"].recipe
    assert recipe is not None
    return with_package(facts, recipe=replace(recipe, **changes))  # type: ignore[arg-type]


def with_library(facts: Facts, key: str, **changes: object) -> Facts:
    library = replace(facts.libraries[key], **changes)  # type: ignore[arg-type]
    return replace(facts, libraries={**facts.libraries, key: library})


def with_system_package(facts: Facts, **changes: object) -> Facts:
    package = facts.libraries["libGL.so.1"].packages["trixie"]
    broken = replace(package, **changes)  # type: ignore[arg-type]
    return with_library(facts, "libGL.so.1", packages={"trixie": broken})


def with_table(facts: Facts, **changes: object) -> Facts:
    def change(table: Distribution) -> Distribution:
        return replace(table, **changes)  # type: ignore[arg-type]

    return replace(facts, distributions=only(facts.distributions, change, "trixie"))


def with_older_glibc(facts: Facts) -> Facts:
    base = facts.bases[0]
    older = replace(base, id="slim-forky", release="forky", libc_version=(2, 40))
    return replace(facts, bases=(base, older))


def with_one_sided_conflict(facts: Facts) -> Facts:
    other = replace(facts.packages["opencv-python"], name="opencv-python-headless", conflicts=())
    return replace(facts, packages={**facts.packages, other.name: other})


def with_device(facts: Facts, **changes: object) -> Facts:
    device = replace(facts.devices["board"], **changes)  # type: ignore[arg-type]
    return replace(facts, devices={"board": device})


def test_valid_facts_have_no_problem(facts: Facts) -> None:
    assert check_facts(facts, today=TODAY) == ()


BROKEN: list[tuple[str, str, Callable[[Facts], Facts]]] = [
    ("glibc-shrinks", "bases/slim-forky", with_older_glibc),
    ("size", "bases/slim-trixie", lambda f: with_image(f, download=10**9)),
    ("image-error", "bases/slim-trixie", lambda f: with_image(f, error=0.0)),
    ("digest", "bases/slim-trixie", lambda f: with_image(f, digest="sha256:12")),
    ("release", "bases/slim-trixie", lambda f: with_image(f, release="3.12.1")),
    ("image-twice", "bases/slim-trixie", lambda f: with_image(f, arch=Arch.AMD64)),
    (
        "pythons-order",
        "bases/slim-trixie",
        lambda f: with_base(f, lambda base: replace(base, images=base.images[::-1])),
    ),
    ("python-unknown", "bases/slim-trixie", lambda f: replace(f, pythons={"3.12": None})),
    ("no-images", "bases/slim-trixie", lambda f: with_base(f, lambda b: replace(b, images=()))),
    (
        "reference",
        "bases/slim-trixie",
        lambda f: with_base(f, lambda base: replace(base, reference="python:3")),
    ),
    ("origin", "bases/slim-trixie", lambda f: with_base(f, lambda b: replace(b, origin="none"))),
    (
        "libc",
        "bases/slim-forky",
        lambda f: replace(
            f, bases=(f.bases[0], replace(f.bases[0], id="slim-forky", libc=LibcFamily.MUSL))
        ),
    ),
    (
        "package-manager",
        "bases/slim-trixie",
        lambda f: with_base(f, lambda base: replace(base, package_manager="dnf")),
    ),
    ("library-kind", "libraries/git", lambda f: with_library(f, "git", program=False)),
    ("library-kind", "libraries/libGL.so.1", lambda f: with_library(f, "libGL.so.1", program=True)),
    ("size", "libraries/libGL.so.1", lambda f: with_system_package(f, on_disk=3)),
    ("package-name", "libraries/libGL.so.1", lambda f: with_system_package(f, name="lib GL")),
    ("package-dropped", "libraries/libGL.so.1", lambda f: with_dropped(f, "libgl1")),
    ("size", "distributions/trixie", lambda f: with_table(f, packages={"x1": (1, 2, ())})),
    (
        "dependency-unknown",
        "distributions/trixie",
        lambda f: with_table(f, packages={"libx11-6": (2, 1, ("libxcb1",))}),
    ),
    (
        "version",
        "distributions/trixie",
        lambda f: with_table(f, modules={"numpy": ("libx11-6", "1:2-3")}),
    ),
    ("distribution-id", "distributions/trixie", lambda f: with_table(f, arch=Arch.ARM64)),
    ("name", "packages/OpenCV", lambda f: with_package(f, name="OpenCV")),
    ("library-unknown", "packages/opencv-python", lambda f: with_package(f, dlopens=("libq.so",))),
    ("library-unknown", "packages/opencv-python", lambda f: with_package(f, programs=("ffmpeg",))),
    ("library-unknown", "packages/opencv-python", lambda f: with_package(f, dlopens=("git",))),
    ("keep", "packages/opencv-python", lambda f: with_package(f, keep=("stubs",))),
    ("conflict-one-sided", "packages/opencv-python", with_one_sided_conflict),
    ("swap-target", "packages/opencv-python", lambda f: with_swap(f, to="OpenCV_headless")),
    ("swap-target", "packages/opencv-python", lambda f: with_swap(f, to="opencv-python")),
    ("swap-target", "packages/opencv-python", lambda f: with_swap(f, to="a b")),
    ("swap-kind", "packages/opencv-python", lambda f: with_swap(f, kind="sure")),
    ("swap-unless", "packages/opencv-python", lambda f: with_swap(f, unless="has-windows")),
    ("recipe-manager", "packages/opencv-python", lambda f: with_recipe(f, build={"yum": ("gcc",)})),
    ("recipe-package", "packages/opencv-python", lambda f: with_recipe(f, build={"apt": ("G C",)})),
    ("recipe-package", "packages/opencv-python", lambda f: with_recipe(f, run={"apt": ("libx7",)})),
    ("recipe-tool", "packages/opencv-python", lambda f: with_recipe(f, tools=("hammer",))),
    (
        "recipe-proven",
        "packages/opencv-python",
        lambda f: with_recipe(f, proven=(replace(PROVEN, base="slim-sid"),)),
    ),
    ("device-implausible", "devices/board", lambda f: with_device(f, memory=1024)),
    ("device-implausible", "devices/board", lambda f: with_device(f, storage=10**18)),
    ("device-implausible", "devices/board", lambda f: with_device(f, cores=0)),
    ("source-missing", "devices/board", lambda f: with_device(f, source=" ")),
    ("date-in-future", "devices/board", lambda f: with_device(f, checked=date(2026, 1, 4))),
    (
        "date-in-future",
        "packages/opencv-python (to opencv-python-headless)",
        lambda f: with_swap(f, checked=TODAY + timedelta(days=1)),
    ),
    (
        "date-in-future",
        "bases/slim-trixie (3.13, arm/v7)",
        lambda f: with_image(f, checked=TODAY + timedelta(days=1)),
    ),
    ("module-empty", "modules/PIL", with_module),
    ("requirement", "modules/PIL", lambda f: with_module(f, packages=("pillow >",))),
    ("source-missing", "modules/PIL", lambda f: with_module(f, packages=("pillow",), source="")),
    ("companion-empty", "companions/a", lambda f: with_companion(f, package="")),
    ("companion-code", "companions/a", lambda f: with_companion(f, code="needs-luck")),
    ("name", "bounds/Flask", lambda f: with_bounds(f, "Flask", ("<1", "b<3", "x"))),
    ("requirement", "bounds/a", lambda f: with_bounds(f, "a", ("1", "b<3", "x"))),
    ("requirement", "bounds/a", lambda f: with_bounds(f, "a", ("<1", "b <", "x"))),
    ("hardware-empty", "hardware/a", lambda f: with_hardware(f, packages=())),
    ("hardware-why", "hardware/a", lambda f: with_hardware(f, boards=("board",))),
    ("board-unknown", "hardware/a", lambda f: with_hardware(f, on={"bord*": Access()})),
    ("name", "hardware/a", lambda f: with_hardware(f, packages=("RPi.GPIO",))),
]


@pytest.mark.parametrize(
    ("code", "fact", "breaking"),
    BROKEN,
    ids=[f"{code}-{n}" for n, (code, _, _) in enumerate(BROKEN)],
)
def test_a_broken_invariant_is_named_with_its_fact(
    facts: Facts, code: str, fact: str, breaking: Callable[[Facts], Facts]
) -> None:
    problems = check_facts(breaking(facts), today=TODAY)

    assert (code, fact) in {(problem.code, problem.fact) for problem in problems}


def test_every_code_that_the_check_knows_is_broken_here() -> None:
    source = Path(check_facts.__code__.co_filename).read_text(encoding="utf-8")
    codes = set(re.findall(r'(?:yield |code=)"([a-z-]+)"', source))
    assert codes == {code for code, _, _ in BROKEN}
