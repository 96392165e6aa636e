"""``python -m tools.paper``: the paper's images and ours, built and run on the engine at hand."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from scaffold.cli import ReportingGroup
from scaffold.cli.options import GIVEN, JSON, QUIET, Command, option
from scaffold.cli.request import GivenCall, with_given
from scaffold.config.option_sources import request_of
from scaffold.config.request import to_argv, without_secrets
from scaffold.dockerfile.baseline_dockerfile import plain_reference
from scaffold.model.errors import UsageError
from scaffold.model.options import Request
from scaffold.model.verdict import Accepted
from scaffold.model.verification import Status, Variant, VerifyOptions
from scaffold.operations.compare import (
    hand_written,
    line_up,
    make_contest,
    pick_python,
    planned_contender,
    promise_of,
)
from scaffold.operations.plan import decide_outcome
from scaffold.operations.services import Services, real_services
from scaffold.planner.entrypoint import find_command
from scaffold.report.plan_result import PlanResult
from scaffold.report.progress import talking, watching
from scaffold.report.terminal import to_json
from tools.paper.page import make_paper_document, write_page
from tools.paper.variants import PaperVariant, Stack, paper_variants

_PROJECT = Path(__file__).resolve().parents[2] / "examples" / "paper"
_NOTHING_RUNS = 1
# A command of tensorflow's ends in seconds; on a busy machine in many.
_PATIENCE = 180.0
_OURS = "leanscaffold"
_SWAPPED = "leanscaffold-swaps"


def paper(call: GivenCall, *, note: tuple[str, ...], as_json: bool, quiet: bool) -> int:
    """Build the images of the paper that this project started from, and ours, and run each.

    Good and bad order of steps, three bases, merged and separate RUN, apt's lists, one stage and
    two: the paper's figures beside those of today, as a page in Markdown. It takes about an hour
    and 20 GB on the engine; with a PATH it tries the same on your own project.
    """
    outside, given, _ = call
    path: Path | None = call.path  # click's: nobody has to name one
    request = request_of(given)
    project = path or _PROJECT
    with talking(quiet=quiet) as tell:
        outcome, swapped = _decide(outside, project, request, tell)
        variants = paper_variants(_stack(outcome))
        ours = _ours(outside, outcome, swapped)
        facts = outside.knowledge.load_facts(request.knowledge)
        contest = make_contest(project, outcome, (*_papers(outcome, variants), *ours), facts)
    contest = replace(contest, wishes=VerifyOptions(quick=True, timeout=_PATIENCE, runs=1))
    say = (lambda _: None) if quiet else lambda text: click.echo(text, err=True)
    with watching(quiet=quiet) as watch:
        comparison = outside.engine.compare(contest, watch, say)
    comparison = replace(comparison, notes=(*comparison.notes, *note))
    return _show(comparison, variants, [one.name for one in ours], path, request, as_json=as_json)


def _decide(
    outside: Services, path: Path, request: Request, tell: Any
) -> tuple[PlanResult, PlanResult]:
    """Return what is decided for the project as it is, and with the swaps that lose nothing."""
    outcome = decide_outcome(outside, path, request, tell)
    if len(outcome.targets) > 1:
        raise UsageError("an experiment is for one target", hint="name it: --target arm64")
    options = replace(request.options, apply_swaps=True)
    return outcome, decide_outcome(outside, path, replace(request, options=options), tell)


def _stack(outcome: PlanResult) -> Stack:
    options = outcome.request.options
    decision = outcome.decisions[0]
    slim = plain_reference(pick_python(decision, options.python), options)
    (place,) = line_up(decision, ["slim-trixie"], options.objective)
    files = tuple(n for n in outcome.project.files if n.endswith(".txt") and ".." not in n)
    if not files:
        raise UsageError(
            "the paper's images install a requirements.txt, and there is none",
            hint="name a folder that has one",
        )
    return Stack(
        full=slim.removesuffix("-slim"),
        slim=slim,
        alpine=f"{slim.removesuffix('-slim')}-alpine",
        requirements=files,
        system=tuple(p.name for p in place.fits.candidate.run_packages) if place.fits else (),
        command=find_command(outcome.project, options),
    )


def _papers(outcome: PlanResult, variants: Sequence[PaperVariant]) -> list[Variant]:
    return [
        replace(
            hand_written(outcome, name=one.name, title="", dockerfile=one.dockerfile),
            rebuilds=one.rebuilds,
        )
        for one in variants
    ]


def _ours(outside: Services, outcome: PlanResult, swapped: PlanResult) -> list[Variant]:
    found = []
    for name, one in ((_OURS, outcome), (_SWAPPED, swapped)):
        fits = one.decisions[0].chosen
        how = " with --apply-swaps" if one is swapped else ""
        if fits is None:
            refused = "nothing fits: `leanscaffold plan` says why"
            found.append(Variant(name=name, title=name, promise=promise_of(one), refused=refused))
        elif name == _OURS or _holds(fits) != _holds(outcome.decisions[0].chosen):
            title = f"leanscaffold{how}: {fits.base.id}"
            found.append(planned_contender(outside, one, fits, name=name, title=title))
    return found


def _holds(fits: Accepted | None) -> object:
    """Return what tells two images of ours apart."""
    if fits is None:
        return None
    return fits.base.id, fits.python, {w.pinned.file for w in fits.candidate.packages}


def _show(
    comparison: Any,
    variants: Sequence[PaperVariant],
    ours: Sequence[str],
    path: Path | None,
    request: Request,
    *,
    as_json: bool,
) -> int:
    if as_json:
        click.echo(to_json(make_paper_document(comparison, variants, ours)), nl=False)
    else:
        words = ["python", "-m", "tools.paper", *([str(path)] if path else [])]
        command = shlex.join([*words, *to_argv(without_secrets(request))])
        click.echo(write_page(comparison, variants, ours, command=command), nl=False)
    runs = any(entry.runs is Status.PASSED for entry in comparison.entries)
    return 0 if runs else _NOTHING_RUNS


_PARAMS = (
    click.Argument(["path"], required=False, type=click.Path(path_type=Path, readable=False)),
    *GIVEN,
    option("--note", multiple=True, metavar="TEXT", help="A sentence for the page's head."),
    JSON,
    QUIET,
)
_COMMAND = Command(
    "paper", callback=click.pass_obj(with_given(paper)), params=[*_PARAMS], help=paper.__doc__
)
main = ReportingGroup("tools", commands={"paper": _COMMAND})

if __name__ == "__main__":
    main(["paper", *sys.argv[1:]], obj=real_services())
