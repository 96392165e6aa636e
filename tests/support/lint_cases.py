"""Dockerfiles to look at: the bundled facts, and a project made of what the file installs."""

from dataclasses import replace
from datetime import date
from functools import cache

from scaffold.lint.context import Case, Decided, Surroundings
from scaffold.lint.linter import check, judge_here, make_case, with_asked
from scaffold.lint.rules import find_rule
from scaffold.model.dockerfile import Finding
from scaffold.model.knowledge import Facts
from scaffold.model.options import Options, Request
from scaffold.model.project import Found, Origin, Project
from scaffold.model.target import Arch, Budget, Target
from scaffold.operations.services import real_services
from scaffold.planner.decide import PlannerServices

TODAY = date(2026, 11, 24)
MEMORY = 512_000_000
OPTIONS = Options(offline=True)
PROJECT = Project(name=Found(value="app", origin=Origin(file="a test")))


@cache
def facts() -> Facts:
    """Return the bundled facts."""
    return real_services().knowledge.load_facts(())


def case_of(
    text: str, *, around: Surroundings | None = None, decided: Decided | None = None
) -> Case:
    """Return a file alone."""
    return make_case(text, facts=facts(), today=TODAY, around=around, decided=decided)


def case_with_project(
    text: str,
    *,
    arch: Arch = Arch.AMD64,
    project: Project = PROJECT,
    max_size: int | None = 500_000_000,
) -> Case:
    """Return a file with a project for a device, judged offline by the bundled snapshot."""
    case = case_of(text)
    project = with_asked(project, case, "Dockerfile")
    index = real_services().indexes.open_index(None, project, Request(options=OPTIONS))
    edges = PlannerServices(index=index, facts=facts(), today=TODAY, tell=lambda _: None)
    target = Target(arch=arch, budget=Budget(on_disk=max_size, memory=MEMORY))
    return replace(case, decided=judge_here(case, project, target, OPTIONS, edges, planned=False))


def found_by(word: str, case: Case) -> tuple[Finding, ...]:
    """Return what one rule finds."""
    rule = find_rule(word)
    assert rule is not None, word
    return check(case, [rule])
