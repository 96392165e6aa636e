"""What ``plan`` and ``generate`` do alike: read, decide, show."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import click

from scaffold.cli.exit_codes import FITS, NOTHING_FITS
from scaffold.cli.services import Services
from scaffold.config.option_parsers import unknown
from scaffold.config.request import Request, choose_targets
from scaffold.model.errors import Detail, UsageError
from scaffold.model.knowledge import Facts
from scaffold.model.resolution import Reason
from scaffold.project.elsewhere import refuse_unlisted
from scaffold.report.plan_result import PlanResult, idle_swaps, minor, recall


def decide_outcome(
    outside: Services,
    path: Path,
    request: Request,
    tell: Callable[[str], None],
    remarks: tuple[Reason, ...] = (),
) -> PlanResult:
    """Return what was decided for a folder, with these remarks on the request before all others.

    Raises any LeanscaffoldError on the way.
    """
    from scaffold.planner.decide import PlannerServices  # noqa: PLC0415 - pulls in the whole core

    tell("reading the knowledge")
    facts = outside.load_facts(request.knowledge)
    targets, assumed = choose_targets(request, facts.devices, outside.machine())
    remarks = (*remarks, *assumed)
    check_base(request.options.base, facts, request.place("base"))
    check_python(request.options.python, facts, request.place("python"))
    if request.options.offline:
        text = f"offline: what was released after {outside.snapshot_date()} may not be known"
        remarks = (*remarks, Reason(code="facts-age", text=text))
    for remark in remarks:
        tell(remark.text)
    tell("reading the project")
    project = outside.read_project(path, request)
    refuse_unlisted(project, allowed=request.allow_empty)
    edges = PlannerServices(
        index=outside.open_index(path, project, request),
        facts=facts,
        today=outside.today(),
        tell=tell,
    )
    decisions = outside.decide(project, targets, request.options, edges)
    outcome = PlanResult(
        project=project, request=request, targets=targets, decisions=decisions, remarks=remarks
    )
    outcome = replace(outcome, remarks=(*remarks, *idle_swaps(outcome)))
    return recall(outcome, outside.read_measured(path))


def check_base(base: str, facts: Facts, place: Sequence[Detail] = ()) -> None:
    """Raise UsageError for a base that is neither an id nor a family."""
    ids = [known.id for known in facts.bases]
    families = {known.family for known in facts.bases}
    if base and base not in families and base not in ids:
        hint = f"families: {', '.join(sorted(families))}; bases: {', '.join(ids)}"
        raise unknown("base", base, {*ids, *families}, hint=hint, place=place)


def check_python(python: str, facts: Facts, place: Sequence[Detail] = ()) -> None:
    """Raise UsageError for a Python that no base image has."""
    known = {image.python for base in facts.bases for image in base.images}
    if python and python not in known:
        listed = ", ".join(sorted(known, key=minor))
        raise UsageError(
            f"no base image has Python {python}", hint=f"there are {listed}", details=place
        )


def show_result(outcome: PlanResult, *, folder: Path, as_json: bool, verbose: bool) -> int:
    """Print the result on stdout and return the exit code."""
    if as_json:
        from scaffold.report.document import make_document, to_json  # noqa: PLC0415 - not for text

        click.echo(to_json(make_document(outcome)), nl=False)
    else:
        from scaffold.report.terminal import show  # noqa: PLC0415 - not for JSON
        from scaffold.report.text import show_outcome  # noqa: PLC0415 - not for JSON

        show(sys.stdout, show_outcome(outcome, folder=str(folder), verbose=verbose))
    return FITS if outcome.fits else NOTHING_FITS
