"""Sonames that other wheels bring: along RPATH, or in what is required."""

from dataclasses import replace

import pytest

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge
from scaffold.model.options import Options
from scaffold.model.resolution import Weighed
from scaffold.model.target import Arch
from scaffold.planner.companions import find_sibling_libraries
from scaffold.planner.os_packages import find_os_packages
from tests.support.builders import make_project, make_weighed


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


@pytest.mark.parametrize(
    ("needs", "added", "told"),
    [
        (("libavcodec.so.58", "libavcodec.so.59", "libavcodec.so.61"), "libavcodec61", False),
        (("libstdc++.so.5", "libstdc++.so.6"), "", False),
        (("libvendor.so.1", "libvendor.so.2"), "", True),
        (("libavcodec.so.60", "libavcodec.so.61", "libvendor.so.1", "libvendor.so.2"), "", True),
    ],
)
def test_of_several_versions_of_a_library_one_is_taken(
    needs: tuple[str, ...], added: str, *, told: bool
) -> None:
    facts = load_facts(knowledge())
    found = find_os_packages(
        project=make_project(),
        facts=facts,
        base=next(base for base in facts.bases if base.id == "slim-trixie"),
        arch=Arch.AMD64,
        packages=[wheel("vision", needs=needs)],
        options=Options(),
    )
    assert not found.refused
    assert {package.name for package in found.run_packages} == ({added} - {""})
    assert any("has builds for" in reason.text for reason in found.remarks) is told
