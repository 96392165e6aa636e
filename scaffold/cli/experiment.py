"""``leanscaffold experiment``: claims of others, tried again on the engine at hand."""

import shlex
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scaffold.cli.options import (
    SectionedCommand,
    json_option,
    quiet_option,
    request_options,
)
from scaffold.cli.services import Services
from scaffold.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffold.config.request import Request
    from scaffold.model.comparison import Variant
    from scaffold.model.verdict import Accepted
    from scaffold.report.plan_result import PlanResult
    from scaffold.verify.paper import PaperVariant, Stack

_NOTHING_RUNS = 1
# A command of tensorflow's ends in seconds; on a busy machine in many.
_PATIENCE = 180.0
_OURS = "leanscaffold"
_SWAPPED = "leanscaffold-swaps"


@click.group()
def experiment() -> None:
    """Try again, on the engine at hand, what others have claimed."""


@experiment.command(cls=SectionedCommand)
@click.argument(
    "path", required=False, type=click.Path(path_type=Path, readable=False), metavar="[PATH]"
)
@request_options
@click.option("--note", multiple=True, metavar="TEXT", help="A sentence for the page's head.")
@json_option
@quiet_option
@click.pass_obj
def paper(
    outside: Services,
    request: "Request",
    path: Path | None,
    *,
    note: tuple[str, ...],
    as_json: bool,
    quiet: bool,
) -> int:
    """Build the images of the paper that this project started from, and ours, and run each.

    Good and bad order of steps, three bases, merged and separate RUN, apt's lists, one stage and
    two: the paper's figures beside those of today, as a page in Markdown. It takes about an hour
    and 20 GB on the engine; with a PATH it tries the same on your own project.
    """
    from scaffold.cli.compare_variants import make_contest  # noqa: PLC0415 - not for --help
    from scaffold.model.expectation import VerifyOptions  # noqa: PLC0415
    from scaffold.report.progress import watching  # noqa: PLC0415
    from scaffold.report.reporter import talking  # noqa: PLC0415
    from scaffold.verify.paper import paper_variants  # noqa: PLC0415

    with ExitStack() as stack:
        project = path or stack.enter_context(_shipped_project())
        with talking(sys.stderr, quiet=quiet) as tell:
            outcome, swapped = _decide(outside, project, request, tell)
            variants = paper_variants(_stack(outcome))
            ours = _ours(outside, outcome, swapped)
            facts = outside.load_facts(request.knowledge)
            contenders = (*_papers(outcome, variants), *ours)
            contest = make_contest(project, outcome, contenders, facts)
        contest = replace(contest, wishes=VerifyOptions(quick=True, timeout=_PATIENCE, runs=1))
        say = (lambda _: None) if quiet else lambda text: click.echo(text, err=True)
        with watching(sys.stderr, quiet=quiet) as watch:
            comparison = outside.compare(contest, watch, say)
    comparison = replace(comparison, notes=(*comparison.notes, *note))
    return _show(comparison, variants, [one.name for one in ours], path, request, as_json=as_json)


def _shipped_project() -> Any:
    from importlib.resources import as_file  # noqa: PLC0415 - not for --help

    from scaffold.catalog.resources import example  # noqa: PLC0415

    return as_file(example("paper"))


def _decide(
    outside: Services, path: Path, request: "Request", tell: Any
) -> "tuple[PlanResult, PlanResult]":
    """Return what is decided for the project as it is, and with the swaps that lose nothing."""
    from scaffold.cli.planning import decide_outcome  # noqa: PLC0415 - not for --help

    outcome = decide_outcome(outside, path, request, tell)
    if len(outcome.targets) > 1:
        raise UsageError("an experiment is for one target", hint="name it: --target arm64")
    options = replace(request.options, apply_swaps=True)
    return outcome, decide_outcome(outside, path, replace(request, options=options), tell)


def _stack(outcome: "PlanResult") -> "Stack":
    from scaffold.dockerfile.baseline_dockerfile import plain_reference  # noqa: PLC0415
    from scaffold.planner.entrypoint import find_command  # noqa: PLC0415
    from scaffold.verify.compare_variants import line_up, pick_python  # noqa: PLC0415 - not for --help
    from scaffold.verify.paper import Stack  # noqa: PLC0415

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


def _papers(outcome: "PlanResult", variants: "Sequence[PaperVariant]") -> "list[Variant]":
    from scaffold.cli.compare_variants import hand_written  # noqa: PLC0415 - not for --help

    return [
        replace(
            hand_written(outcome, name=one.name, title="", dockerfile=one.dockerfile),
            rebuilds=one.rebuilds,
        )
        for one in variants
    ]


def _ours(outside: Services, outcome: "PlanResult", swapped: "PlanResult") -> "list[Variant]":
    from scaffold.cli.compare_variants import planned_contender, promise_of  # noqa: PLC0415
    from scaffold.model.comparison import Variant  # noqa: PLC0415

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


def _holds(fits: "Accepted | None") -> object:
    """Return what tells two images of ours apart."""
    if fits is None:
        return None
    return fits.base.id, fits.python, {w.pinned.file for w in fits.candidate.packages}


def _show(
    comparison: Any,
    variants: "Sequence[PaperVariant]",
    ours: "Sequence[str]",
    path: Path | None,
    request: "Request",
    *,
    as_json: bool,
) -> int:
    from scaffold.config.request import to_argv, without_secrets  # noqa: PLC0415 - not for --help
    from scaffold.model.verification import Status  # noqa: PLC0415
    from scaffold.report.document import to_json  # noqa: PLC0415
    from scaffold.report.paper import make_paper_document, write_page  # noqa: PLC0415

    if as_json:
        click.echo(to_json(make_paper_document(comparison, variants, ours)), nl=False)
    else:
        words = ["leanscaffold", "experiment", "paper", *([str(path)] if path else [])]
        command = shlex.join([*words, *to_argv(without_secrets(request))])
        click.echo(write_page(comparison, variants, ours, command=command), nl=False)
    runs = any(entry.runs is Status.PASSED for entry in comparison.entries)
    return 0 if runs else _NOTHING_RUNS
