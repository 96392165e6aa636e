"""``leanscaffold compare``: several images of one project, built and measured side by side."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scaffold.cli.options import (
    SectionedCommand,
    SectionedOption,
    given_options,
    json_option,
    path_argument,
    quiet_option,
)
from scaffold.cli.services import Services
from scaffold.cli.shell_completion import completing
from scaffold.cli.verify import read_proof_wishes, verify_options

if TYPE_CHECKING:
    from scaffold.config.option_sources import Given
    from scaffold.model.verification import Comparison, Expectation, Variant
    from scaffold.verify.compare_session import CompareRequest

_SECTION = "Compare"
_NOTHING_RUNS = 1
_SHARED = ("--on", "--network", "--env", "--writable", "--timeout", "--runs")


@click.command(cls=SectionedCommand, short_help="Build it on several bases; measure side by side.")
@path_argument
@given_options
@click.option(
    "--bases",
    cls=SectionedOption,
    section=_SECTION,
    multiple=True,
    metavar="ID|FAMILY,…",
    shell_complete=completing("base"),
    help="Bases to build on.  [default: the best of each family that fits]",
)
@click.option(
    "--dockerfile",
    "dockerfiles",
    cls=SectionedOption,
    section=_SECTION,
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="A Dockerfile of yours to compare with, too; repeatable.",
)
@verify_options(only=_SHARED, section=_SECTION)
@click.option(
    "--svg",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE",
    help="Draw the table into FILE.",
)
@json_option
@quiet_option
@click.pass_obj
def compare(
    outside: Services,
    given: "Mapping[str, Given]",
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
    """Build the project in PATH on several bases and as a plain Dockerfile, and run each.

    One row per image: size on disk and to download, seconds to build, to build again after an edit
    and to start, most memory, and whether it runs. What cannot be built or run is a row with its
    reason. Nothing is written into PATH, and no image or container stays.
    """
    from scaffold.cli.prepare import combine_options  # noqa: PLC0415 - not for --help
    from scaffold.report.progress import talking, watching  # noqa: PLC0415

    wishes = read_proof_wishes({"image": None, "keep": False, "quick": False, **values})
    names = tuple(name.strip() for text in bases for name in text.split(",") if name.strip())
    with talking(sys.stderr, quiet=quiet) as tell:
        record = outside.read_record(path)
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
        comparison = outside.compare(contest, watch, say)
    return show_comparison(comparison, path=path, as_json=as_json, svg=svg)


def line_up_contest(
    outside: Services, path: Path, request: Any, names: Sequence[str], tell: Any
) -> "CompareRequest":
    """Return what to compare: the bases named, or the best of each family, and the plain one.

    Raises what ``plan`` raises, UsageError for several targets.
    """
    from scaffold.cli.compare_variants import (  # noqa: PLC0415 - not for --help
        make_contest,
        plain_contender,
        planned_contenders,
    )
    from scaffold.cli.planning import check_base, decide_outcome  # noqa: PLC0415

    facts = outside.load_facts(request.knowledge)
    for name in names:
        check_base(name, facts)
    outcome = decide_outcome(outside, path, request, tell)
    contenders = (*planned_contenders(outside, outcome, names), plain_contender(outcome, facts))
    return make_contest(path, outcome, contenders, facts)


def _by_hand(files: Sequence[Path], promise: "Expectation") -> list["Variant"]:
    from scaffold.model.verification import Variant  # noqa: PLC0415 - not for --help

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


def show_comparison(
    comparison: "Comparison", *, path: Path, as_json: bool, svg: Path | None
) -> int:
    """Print a comparison, draw it if asked, and return the exit code."""
    from scaffold.model.verification import Status  # noqa: PLC0415 - not for --help
    from scaffold.report.compare import (  # noqa: PLC0415
        make_comparison_document,
        show_entries,
    )

    if svg is not None:
        from scaffold.report.svg import draw  # noqa: PLC0415 - slow to import

        title = f"$ leanscaffold compare {path}"
        svg.write_text(draw(show_entries(comparison), title=title), encoding="utf-8")
    if as_json:
        from scaffold.report.document import to_json  # noqa: PLC0415 - not for text

        click.echo(to_json(make_comparison_document(comparison)), nl=False)
    else:
        from scaffold.report.terminal import show  # noqa: PLC0415 - not for JSON

        show(sys.stdout, show_entries(comparison))
    return 0 if any(one.runs is Status.PASSED for one in comparison.entries) else _NOTHING_RUNS
