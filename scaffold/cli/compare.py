"""``leanscaffold compare``: several images of one project, built and measured side by side."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from scaffold.cli.compare_variants import make_contest, plain_contender, planned_contenders
from scaffold.cli.planning import check_base, decide_outcome
from scaffold.cli.prepare import combine_options
from scaffold.cli.request import with_given
from scaffold.cli.services import Services
from scaffold.cli.verify import read_proof_wishes
from scaffold.config.option_sources import Given
from scaffold.model.verification import Comparison, Expectation, Status, Variant
from scaffold.report.compare import draw, make_comparison_document, show_entries
from scaffold.report.formatting import to_json
from scaffold.report.progress import talking, watching
from scaffold.report.terminal import show
from scaffold.verify.compare import CompareRequest

_NOTHING_RUNS = 1


@with_given
def compare(
    outside: Services,
    given: Mapping[str, Given],
    /,
    path: Path,
    *,
    bases: tuple[str, ...],
    dockerfiles: tuple[Path, ...],
    svg: Path | None,
    as_json: bool,
    quiet: bool,
    **values: Any,
) -> int:
    """Build the project in PATH on several bases and as a plain Dockerfile, and run each."""
    wishes = read_proof_wishes(values)
    names = tuple(name.strip() for text in bases for name in text.split(",") if name.strip())
    with talking(sys.stderr, quiet=quiet) as tell:
        record = outside.files.read_record(path)
        request = combine_options(given, record)
        names = names or ((str(given["base"].raw),) if "base" in given else ())
        request = replace(request, options=replace(request.options, base=""))
        contest = line_up_contest(outside, path, request, names, tell)
    contest = replace(
        contest,
        wishes=wishes,
        contenders=(*contest.contenders, *_by_hand(dockerfiles, contest.contenders[-1].promise)),
    )
    say = (lambda _: None) if quiet else lambda text: click.echo(text, err=True)
    with watching(sys.stderr, quiet=quiet) as watch:
        comparison = outside.engine.compare(contest, watch, say)
    return show_comparison(comparison, path=path, as_json=as_json, svg=svg)


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


def _by_hand(files: Sequence[Path], promise: Expectation) -> list[Variant]:

    return [
        Variant(
            name=str(file),
            title="yours",
            files={"Dockerfile": file.read_text(encoding="utf-8")},
            promise=promise,
            kept=True,
        )
        for file in dict.fromkeys(files)
    ]


def show_comparison(comparison: Comparison, *, path: Path, as_json: bool, svg: Path | None) -> int:
    """Print a comparison, draw it if asked, and return the exit code."""
    if svg is not None:
        title = f"$ leanscaffold compare {path}"
        svg.write_text(draw(show_entries(comparison), title=title), encoding="utf-8")
    if as_json:
        click.echo(to_json(make_comparison_document(comparison)), nl=False)
    else:
        show(sys.stdout, show_entries(comparison))
    return 0 if any(one.runs is Status.PASSED for one in comparison.entries) else _NOTHING_RUNS
