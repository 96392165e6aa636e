"""The contenders of a comparison: what plans make of a project, and what people write by hand."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from scaffold.cli.services import Services
from scaffold.config.request import index_options
from scaffold.docker.build import Job
from scaffold.dockerfile.baseline_dockerfile import plain_dockerfile, plain_reference
from scaffold.model.build import BuildOptions
from scaffold.model.errors import UsageError
from scaffold.model.knowledge import Facts
from scaffold.model.plan import DOCKERFILE
from scaffold.model.verdict import Accepted
from scaffold.model.verification import Expectation, Variant, VerifyOptions
from scaffold.report.plan_result import PlanResult, health_of, port_of
from scaffold.verify.compare_session import CompareRequest
from scaffold.verify.compare_variants import line_up, pick_python

PLAIN = "plain"


def make_contest(
    path: Path, outcome: PlanResult, contenders: Sequence[Variant], facts: Facts
) -> CompareRequest:
    """Return the comparison of these contenders. Raises UsageError for several targets."""
    if len(outcome.targets) > 1:
        raise UsageError("a comparison is for one target", hint="name it: --target arm64")
    target = outcome.targets[0]
    return CompareRequest(
        job=Job(
            folder=path,
            project=outcome.project.name.value,
            arches=(target.arch,),
            index=index_options(outcome.project, outcome.request),
            wishes=BuildOptions(certificates=outcome.request.certificates),
        ),
        arch=target.arch,
        contenders=tuple(contenders),
        wishes=VerifyOptions(),
        facts=facts.packages,
        device=target.device.name if target.device else "",
    )


def planned_contenders(
    outside: Services, outcome: PlanResult, names: Sequence[str]
) -> tuple[Variant, ...]:
    """Return what our plans make, for the first target: of each name, or of each family."""
    decision = outcome.decisions[0]
    return tuple(
        planned_contender(outside, outcome, place.fits)
        if place.fits is not None
        else Variant(name=place.asked, title="", promise=promise_of(outcome), refused=place.refused)
        for place in line_up(decision, names, outcome.request.options.objective)
    )


def planned_contender(
    outside: Services, outcome: PlanResult, fits: Accepted, *, name: str = "", title: str = ""
) -> Variant:
    """Return what our plan makes on one base; it is named after the base unless given a name."""
    chosen = replace(outcome.decisions[0], chosen=fits)
    plan = outside.planner.make_plan(
        outcome.project, outcome.targets[:1], (chosen,), outcome.request
    )
    base = fits.base
    ours = outcome.request.options.dockerfile  # and the ignore file that belongs to it
    files = {
        f"{DOCKERFILE}{name.removeprefix(ours)}" if name.startswith(ours) else name: text
        for name, text in outside.planner.spell_plan(plan).items()
    }
    return Variant(
        name=name or base.id,
        title=title or f"leanscaffold, Python {fits.python}",
        files=files,
        promise=replace(
            promise_of(outcome),
            base=base.id,
            packages={w.pinned.name: w.pinned.version for w in fits.candidate.packages},
            interpreter=base.interpreter.format(python=fits.python),
        ),
    )


def plain_contender(outcome: PlanResult, facts: Facts) -> Variant:
    """Return what people write by hand, on the same Python."""
    options = outcome.request.options
    reference = plain_reference(pick_python(outcome.decisions[0], options.python), options)
    text = plain_dockerfile(outcome.project, options, facts.bases[0], reference)
    return hand_written(
        outcome, name=PLAIN, title=f"one stage by hand, FROM {reference}", dockerfile=text
    )


def hand_written(outcome: PlanResult, *, name: str, title: str, dockerfile: str) -> Variant:
    """Return a contender with a Dockerfile that is no plan's; all that is asked for must be in."""
    asked = {one.name: "" for one in outcome.project.asked if not one.marker}
    return Variant(
        name=name,
        title=title,
        files={"Dockerfile": dockerfile},
        promise=replace(promise_of(outcome), packages=asked),
    )


def promise_of(outcome: PlanResult) -> Expectation:
    """Return what any image of the first target has to hold."""
    target = outcome.targets[0]
    port, health = port_of(outcome), health_of(outcome)
    return Expectation(
        arch=target.arch,
        project=outcome.project.name.value,
        device=target.device.name if target.device else "",
        budget=target.budget,
        cores=target.device.cores if target.device else None,
        port=port.value if port else None,
        health=health.value if health else "",
    )
