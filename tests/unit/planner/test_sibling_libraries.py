"""Sonames that other wheels bring: along RPATH, or in what is required."""

from dataclasses import replace

import pytest

from scaffold.model.resolution import Weighed
from scaffold.planner.companions import find_sibling_libraries
from tests.support.builders import make_weighed


def wheel(
    name: str,
    *,
    needs: tuple[str, ...] = (),
    brings: tuple[str, ...] | None = (),
    sought: tuple[tuple[str, str], ...] = (),
    requires: tuple[str, ...] = (),
) -> Weighed:
    made = make_weighed(name, requires=requires)
    return replace(made, facts=replace(made.facts, needs=needs, brings=brings, sought=sought))


TORCH = wheel("torch", brings=("torch/lib/libtorch.so", "torch/lib/libc10.so"))


@pytest.mark.parametrize(
    ("needing", "others", "found"),
    [
        (wheel("torchaudio", needs=("libtorch.so",), requires=("torch",)), [TORCH], True),
        (wheel("a", needs=("libtorch.so",), sought=(("libtorch.so", "torch/lib"),)), [TORCH], True),
        (wheel("a", needs=("libtorch.so",), sought=(("libtorch.so", "other"),)), [TORCH], False),
        (wheel("stranger", needs=("libtorch.so",)), [TORCH], False),
        (
            wheel("far", needs=("libtorch.so",), requires=("mid",)),
            [wheel("mid", requires=("torch",)), TORCH],
            True,
        ),
        (
            wheel("io", needs=("libtf.so.2",)),
            [wheel("tf", brings=("tf/libtf.so.2",), requires=("io",))],
            True,
        ),
        (wheel("a", needs=("libx.so",), requires=("b",)), [wheel("b", brings=None)], False),
    ],
)
def test_a_soname_is_found_where_the_loader_would(
    needing: Weighed, others: list[Weighed], *, found: bool
) -> None:
    brought = find_sibling_libraries([needing, *others])
    assert bool(brought[needing.pinned.name]) is found
