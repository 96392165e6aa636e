"""A figure of memory is given only where most of what the packages weigh was measured."""

from dataclasses import replace

import pytest

from scaffold.model.knowledge import PackageFact
from scaffold.planner.evaluate import INTERPRETER, estimate_memory
from tests.support.builders import CHECKED, MB, SOURCE, make_weighed


def fact(name: str, memory: int | None) -> PackageFact:
    return PackageFact(name=name, memory=memory, source=SOURCE, checked=CHECKED)


FACTS = {"numpy": fact("numpy", 20 * MB), "torch": fact("torch", None)}


def test_most_of_the_weight_measured_tells_something() -> None:
    packages = [make_weighed("numpy", installed=50 * MB), make_weighed("six", installed=1 * MB)]
    memory = estimate_memory(packages, FACTS)
    assert (memory.resident, memory.measured, memory.of) == (INTERPRETER + 20 * MB, 1, 2)
    assert memory.telling


def test_a_small_part_measured_tells_nothing() -> None:
    packages = [make_weighed("numpy", installed=50 * MB), make_weighed("torch", installed=500 * MB)]
    assert not estimate_memory(packages, FACTS).telling


def test_many_light_packages_do_not_make_up_for_a_heavy_one() -> None:
    light = [make_weighed(f"light{n}", installed=1 * MB) for n in range(20)]
    facts = FACTS | {f"light{n}": fact(f"light{n}", MB) for n in range(20)}
    assert not estimate_memory([*light, make_weighed("torch", installed=500 * MB)], facts).telling


def test_nothing_measured_tells_nothing_unless_there_is_nothing() -> None:
    assert not estimate_memory([make_weighed("torch")], FACTS).telling
    assert estimate_memory([], FACTS).telling


@pytest.mark.parametrize(("beside", "measured"), [("nvidia-cudnn-cu13", 1), ("six", 0)])
def test_a_figure_counts_only_beside_what_it_was_measured_with(beside: str, measured: int) -> None:
    facts = {"torch": replace(fact("torch", 600 * MB), memory_beside=("nvidia-*",))}
    packages = [make_weighed("torch"), make_weighed(beside)]
    assert estimate_memory(packages, facts).measured == measured


@pytest.mark.parametrize(("beside", "added"), [("nvidia-cudnn-cu13", 600 * MB), ("six", 200 * MB)])
def test_without_what_it_was_measured_with_another_figure_counts(beside: str, added: int) -> None:
    torch = replace(fact("torch", 600 * MB), memory_beside=("nvidia-*",), memory_alone=200 * MB)
    found = estimate_memory([make_weighed("torch"), make_weighed(beside)], {"torch": torch})
    assert found.resident - INTERPRETER == added
