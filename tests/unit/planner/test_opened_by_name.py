"""Libraries that packages open by name: which bases have them, and can find them."""

from dataclasses import replace
from datetime import date

import pytest

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge
from scaffold.model.index import WheelFacts
from scaffold.model.knowledge import PackageFact
from scaffold.model.options import Options
from scaffold.model.project import Found, Origin, Project, Use
from scaffold.model.target import Arch, Budget, Target
from scaffold.model.verdict import Accepted, Decision
from scaffold.planner.decide import PlannerServices, decide
from tests.support.worlds import World, ask

FACTS = load_facts(knowledge())
DAY = date(2026, 11, 25)
CLOSED = ("bare-trixie", "bare-alpine-3.24")


def fitting(
    *,
    sought: bool,
    soname: str = "libudev.so.1",
    pure: bool = False,
    file: str = "a-1-py3-none-any.whl",
) -> dict[str, bool]:
    """Return which bases carry a package that opens a library."""
    fact = PackageFact(
        name="a",
        dlopens=(soname,),
        dlopens_sought=sought,
        dlopens_pure=pure,
        source="a test",
        checked=DAY,
    )
    facts = replace(FACTS, packages={"a": fact})
    project = Project(name=Found(value="app", origin=Origin(file="x")), asked=ask("a"))
    world = World().add(file)
    edges = PlannerServices(index=world, facts=facts, today=DAY, tell=lambda _: None)
    target = Target(arch=Arch.AMD64, budget=Budget())
    (decision,) = decide(project, [target], Options(python="3.13"), edges)
    verdicts = [verdict for verdict in decision.verdicts if verdict.python == "3.13"]
    return {verdict.base.id: isinstance(verdict, Accepted) for verdict in verdicts}


def test_what_is_opened_by_name_a_cut_does_not_see() -> None:
    fits = fitting(sought=False)
    assert fits["slim-trixie"]
    assert fits["alpine-3.24"]
    assert not any(fits[base] for base in CLOSED)


@pytest.mark.parametrize("soname", ["libudev.so.1", "libz.so.1"])
def test_what_find_library_is_asked_for_needs_ldconfig(soname: str) -> None:
    fits = fitting(sought=True, soname=soname)
    assert fits["slim-trixie"]
    assert not any(fits[base] for base in (*CLOSED, "alpine-3.24"))


@pytest.mark.parametrize(
    ("file", "brings"),
    [
        ("a-1-py3-none-any.whl", False),
        ("a-1.tar.gz", False),
        ("a-1-py3-none-manylinux_2_28_x86_64.whl", True),
    ],
)
def test_only_a_wheel_for_the_platform_brings_what_the_pure_one_looks_for(
    file: str, *, brings: bool
) -> None:
    fits = fitting(sought=True, soname="libnosuch.so.1", pure=True, file=file)
    assert fits["slim-trixie"] is brings


def starting(programs: tuple[str, ...], *, imported: str, file: str) -> Decision:
    """Return what is decided for a package that wraps programs, and an application of it."""
    starts = tuple((program, "kit/run.py:3") for program in programs)
    use = Use(code="imports", value=imported, origin=Origin(file="main.py", line=1))
    project = replace(
        Project(name=Found(value="app", origin=Origin(file="x")), asked=ask("a")), uses=(use,)
    )
    world = World().add(file, facts=WheelFacts(installed=1000, files=1, elf="none", starts=starts))
    facts = replace(FACTS, packages={})
    edges = PlannerServices(index=world, facts=facts, today=DAY, tell=lambda _: None)
    target = Target(arch=Arch.AMD64, budget=Budget())
    (decision,) = decide(project, [target], Options(python="3.13"), edges)
    return decision


def test_the_first_known_program_that_a_package_wraps_is_needed_where_it_is_imported() -> None:
    file = "a-1-py3-none-any.whl"
    decision = starting(("nosuch", "pandoc", "java"), imported="kit", file=file)
    fits = {v.base.id: isinstance(v, Accepted) for v in decision.verdicts if v.python == "3.13"}
    assert fits["slim-trixie"]
    assert not any(fits[base] for base in CLOSED)
    assert "starts pandoc" in str(decision.verdicts)
    assert "starts java" not in str(decision.verdicts)


def test_a_package_that_only_others_import_may_go_without_the_program_it_wraps() -> None:
    decision = starting(("pandoc",), imported="other", file="a-1-py3-none-any.whl")
    fits = {v.base.id: isinstance(v, Accepted) for v in decision.verdicts if v.python == "3.13"}
    assert all(fits[base] for base in CLOSED)


def needing(asked: str, *, imported: str) -> Decision:
    """Return what is decided where a fact says that package b starts git, and a requires b."""
    fact = PackageFact(
        name="b", provides_import=("bee",), programs=("git",), source="a test", checked=DAY
    )
    use = Use(code="imports", value=imported, origin=Origin(file="main.py", line=1))
    name = Found(value="app", origin=Origin(file="x"))
    project = replace(Project(name=name, asked=ask(asked)), uses=(use,))
    facts = WheelFacts(installed=1000, files=1, elf="none")
    world = World().add("a-1-py3-none-any.whl", requires=("b",), facts=facts)
    world = world.add("b-1-py3-none-any.whl", facts=facts)
    edges = PlannerServices(
        index=world, facts=replace(FACTS, packages={"b": fact}), today=DAY, tell=lambda _: None
    )
    (decision,) = decide(
        project, [Target(arch=Arch.AMD64, budget=Budget())], Options(python="3.13"), edges
    )
    return decision


@pytest.mark.parametrize(
    ("asked", "imported", "fits"),
    [("b", "c", []), ("a", "bee", []), ("a", "b", []), ("a", "a", list(CLOSED))],
)
def test_a_package_that_another_brings_may_go_without_its_program(
    asked: str, imported: str, fits: list[str]
) -> None:
    decision = needing(asked, imported=imported)
    fitting = [v.base.id for v in decision.verdicts if isinstance(v, Accepted)]
    assert sorted(set(fitting) & set(CLOSED)) == sorted(fits)
    assert ("b (for a) may start git" in str(decision)) is bool(fits)
