"""Where nobody knows which libraries a wheel loads, no minimal base is preferred."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as replace_file

from scaffold.model.index import WheelFacts
from scaffold.model.verdict import Accepted
from scaffold.planner.candidates import choose
from tests.support.builders import (
    MB,
    make_base,
    make_candidate,
    make_size,
    make_weighed,
)
from tests.support.worlds import World
from tests.unit.planner.test_decide import GLIBC, decided, facts_of, slim

NATIVE = "a-1-cp313-cp313-manylinux_2_28_aarch64.whl"


@pytest.mark.parametrize(("elf", "chosen"), [("unread", "slim-trixie"), ("read", "bare-trixie")])
def test_the_smaller_minimal_base_waits_for_what_was_read(elf: str, chosen: str) -> None:
    one = make_weighed("a")
    file = replace_file(one.pinned.file, filename=NATIVE)
    one = replace(one, pinned=replace(one.pinned, file=file), facts=replace(one.facts, elf=elf))
    row = [
        Accepted(candidate=replace(make_candidate(), base=base, packages=(one,), size=size))
        for base, size in (
            (make_base("slim-trixie"), make_size(200)),
            (make_base("bare-trixie", origin="slim-trixie", shell=False), make_size(100)),
        )
    ]
    (best,), _ = choose([row], "size")
    assert best is not None
    assert best.base.id == chosen


@pytest.mark.parametrize(
    ("needs", "size", "chosen"),
    [
        ((), 200 * MB, "bare-trixie"),
        (("libnobody-brings-it.so.1",), 200 * MB, None),
        (("libonly-slim.so.1",), 200 * MB, "slim-trixie"),
        ((), 400 * MB, "slim-trixie"),  # too large to be downloaded for a plan
    ],
)
def test_of_a_large_wheel_the_best_base_alone_has_it_read(
    needs: tuple[str, ...], size: int, chosen: str | None
) -> None:
    closed = WheelFacts(installed=900 * MB, files=10)
    world = World().add(f"big-1.0-{GLIBC}", size=size, facts=closed)
    world.large[f"big-1.0-{GLIBC}"] = replace(closed, elf="read", needs=needs)
    full = replace(slim(), ships=(*slim().ships, "libonly-slim.so.1"))
    small = replace(slim(megabytes=40), id="bare-trixie", family="bare", shell=False)
    (decision,) = decided(world, "big", facts=facts_of(full, small))
    assert (decision.chosen.base.id if decision.chosen else None) == chosen


def test_a_base_has_the_library_of_its_own_python_and_of_no_other() -> None:
    base = replace(slim(), ships=(*slim().ships, "libpython{python}.so.1.0"))
    for python, there in (("3.13", True), ("3.12", False)):
        needs = WheelFacts(installed=MB, files=1, elf="read", needs=(f"libpython{python}.so.1.0",))
        world = World().add(f"emb-1.0-{GLIBC}", facts=needs)
        (decision,) = decided(world, "emb", facts=facts_of(base))
        assert (decision.chosen is not None) is there
