"""What is compared: plans on several bases, and what people write by hand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from packaging.version import Version

from scaffold.config.request import index_options
from scaffold.docker.build import Job
from scaffold.dockerfile.baseline_dockerfile import plain_dockerfile, plain_reference
from scaffold.model.build import BuildOptions
from scaffold.model.errors import UsageError
from scaffold.model.knowledge import Facts
from scaffold.model.options import DOCKERFILE
from scaffold.model.verdict import Accepted, Decision, Evaluation, Rejected
from scaffold.model.verification import Expectation, Variant, VerifyOptions
from scaffold.operations.plan import check_base, decide_outcome
from scaffold.operations.services import Services
from scaffold.planner.candidates import choose
from scaffold.planner.hardware import find_brought
from scaffold.report.plan_result import PlanResult
from scaffold.verify.compare import CompareRequest


def line_up_contest(
    outside: Services, path: Path, request: Any, names: Sequence[str], tell: Any
) -> CompareRequest:
    """Return what to compare: the bases named, or the best of each family, and the plain one.

    Raises what ``plan`` raises, UsageError for several targets.
    """
    facts = outside.knowledge.load_facts(request.knowledge)
    for name in names:
        check_base(name, facts)
    outcome = decide_outcome(outside, path, request, tell)
    contenders = (*planned_contenders(outside, outcome, names), plain_contender(outcome, facts))
    return make_contest(path, outcome, contenders, facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place in the line-up: a base that fits, or the reason why none does.

    ``asked`` is the family or id as the user wrote it, or the id of the base.
    """

    asked: str
    fits: Accepted | None
    refused: str = ""


def line_up(decision: Decision, names: Sequence[str], objective: str) -> tuple[Place, ...]:
    """Return one place per name, in order; each once, even where names mean the same base.

    Without names: the chosen base, then the best of every other family that fits, the smallest
    first. All have the chosen base's Python where that is possible.
    """
    if names:
        places = [_place(decision, name, objective) for name in dict.fromkeys(names)]
        once: dict[object, Place] = {}
        for place in places:
            fits = place.fits
            once.setdefault((fits.base.id, fits.python) if fits else place.asked, place)
        return tuple(once.values())
    families = dict.fromkeys(verdict.base.family for verdict in decision.verdicts)
    best = [_best(decision, family, objective) for family in families]
    found = [fits for fits in best if fits is not None]
    if decision.chosen is not None:
        chosen = decision.chosen
        found = [one for one in found if one.base.family != chosen.base.family]
        found = [chosen, *sorted(found, key=lambda one: (one.size.on_disk, one.base.id))]
    return tuple(Place(asked=fits.base.id, fits=fits) for fits in found)


def pick_python(decision: Decision, asked: str) -> str:
    """Return the Python that a Dockerfile by hand would name, empty where there is none.

    The one asked for or chosen; else the newest that a base came furthest with.
    """
    if asked:
        return asked
    if decision.chosen is not None:
        return decision.chosen.python
    known = [v for v in decision.verdicts if v.python]
    far = [v for v in known if isinstance(v, Accepted) or v.candidate is not None] or known
    return max((verdict.python for verdict in far), key=Version, default="")


def _place(decision: Decision, name: str, objective: str) -> Place:
    fits = _best(decision, name, objective)
    if fits is not None:
        return Place(asked=name, fits=fits)
    rejected = [v for v in _named(decision.verdicts, name) if isinstance(v, Rejected)]
    python = pick_python(decision, "")
    rejected.sort(key=lambda v: (v.candidate is not None, v.python == python))
    reason = rejected[-1].reasons[0].text if rejected else "no such base is known for this target"
    return Place(asked=name, fits=None, refused=f"the plan refuses it: {reason}")


def _best(decision: Decision, name: str, objective: str) -> Accepted | None:
    named = [
        verdict for verdict in _named(decision.verdicts, name) if isinstance(verdict, Accepted)
    ]
    chosen = decision.chosen
    if chosen in named:
        return chosen
    same = [one for one in named if chosen is not None and one.python == chosen.python]
    (best,), _ = choose([same or named], objective)
    return best


def _named(verdicts: Iterable[Evaluation], name: str) -> tuple[Evaluation, ...]:
    return tuple(one for one in verdicts if name in {one.base.id, one.base.family})


PLAIN = "plain"


def make_contest(
    path: Path, outcome: PlanResult, contenders: Sequence[Variant], facts: Facts
) -> CompareRequest:
    """Return the comparison of these contenders. Raises UsageError for several targets."""
    if len(outcome.targets) > 1:
        raise UsageError("a comparison is for one target", hint="name it: --target arm64")
    target, options = outcome.targets[0], outcome.request.options
    brought = find_brought(facts, target, options.provided, outcome.project)
    return CompareRequest(
        job=Job(
            folder=path,
            project=outcome.project.name.value,
            arches=(target.arch,),
            index=index_options(outcome.project, outcome.request),
            wishes=BuildOptions(certificates=outcome.request.certificates),
        ),
        arch=target.arch,
        contenders=tuple(
            replace(one, promise=replace(one.promise, brought=brought)) for one in contenders
        ),
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
        promise=promise_of(outcome, fits),
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


def promise_of(outcome: PlanResult, fits: Accepted | None = None) -> Expectation:
    """Return what any image of the first target has to hold, or the one of a base that fits."""
    target = outcome.targets[0]
    port, health = outcome.port, outcome.health
    promise = Expectation(
        arch=target.arch,
        project=outcome.project.name.value,
        device=target.device.name if target.device else "",
        budget=target.budget,
        cores=target.device.cores if target.device else None,
        port=port.value if port else None,
        health=health.value if health else "",
    )
    if fits is None:
        return promise
    return replace(
        promise,
        base=fits.base.id,
        packages={w.pinned.name: w.pinned.version for w in fits.candidate.packages},
        interpreter=fits.base.interpreter.format(python=fits.python),
    )
