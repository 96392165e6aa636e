"""Where nobody knows which libraries a wheel loads, no minimal base is preferred."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as replace_file

from scaffold.model.verdict import Accepted
from scaffold.planner.select import choose
from tests.support.builders import make_base, make_candidate, make_size, make_weighed

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
