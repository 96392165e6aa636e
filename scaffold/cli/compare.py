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
    asked_options,
    json_option,
    path_argument,
    quiet_option,
)
from scaffold.cli.outside import Outside
from scaffold.cli.verify import read_proof_wishes, verify_options
from scaffold.errors import UsageError

if TYPE_CHECKING:
    from scaffold.comparing import Contest
    from scaffold.model.comparison import Comparison, Contender
    from scaffold.model.knowledge import Facts
    from scaffold.model.promise import Promise
    from scaffold.present.outcome import Outcome

_SECTION = "Compare"
_NOTHING_RUNS = 1
_SHARED = ("--on", "--network", "--env", "--writable", "--timeout", "--runs")
_PLAIN = "plain"


@click.command(cls=SectionedCommand, short_help="Build it on several bases; measure side by side.")
@path_argument
@asked_options
@click.option(
    "--bases",
    cls=SectionedOption,
    section=_SECTION,
    multiple=True,
    metavar="ID|FAMILY,…",
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
    outside: Outside,
    asked: Mapping[str, Any],
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
    from scaffold.cli.preparing import combine_options  # noqa: PLC0415 - not for --help
    from scaffold.present.progress import watching  # noqa: PLC0415
    from scaffold.present.talk import talking  # noqa: PLC0415

    wishes = read_proof_wishes({"image": None, "keep": False, "quick": False, **values})
    names = tuple(name.strip() for text in bases for name in text.split(",") if name.strip())
    with talking(sys.stderr, quiet=quiet) as tell:
        record = outside.read_record(path)
        request = combine_options(asked, record.options if record else ())
        names = names or ((asked["base"],) if asked["base"] else ())
        request = replace(request, options=replace(request.options, base=""))
        contest = make_contest(outside, path, request, names, tell)
    contest = replace(
        contest,
        wishes=wishes,
        contenders=(*contest.contenders, *_by_hand(dockerfiles, contest.contenders[-1].promise)),
    )
    say = (lambda _: None) if quiet else lambda text: click.echo(text, err=True)
    with watching(sys.stderr, quiet=quiet) as watch:
        comparison = outside.compare(contest, watch, say)
    return show_comparison(comparison, path=path, as_json=as_json, svg=svg)


def make_contest(
    outside: Outside, path: Path, request: Any, names: Sequence[str], tell: Any
) -> "Contest":
    """Return what to compare: the bases named, or the best of each family, and the plain one.

    Raises what ``plan`` raises, UsageError for several targets.
    """
    from scaffold.building import Job  # noqa: PLC0415 - not for --help
    from scaffold.cli.deciding import check_base, decide_outcome  # noqa: PLC0415
    from scaffold.comparing import Contest  # noqa: PLC0415
    from scaffold.config import index_options  # noqa: PLC0415
    from scaffold.model.build import Wishes  # noqa: PLC0415
    from scaffold.model.promise import ProofWishes  # noqa: PLC0415

    facts = outside.load_facts(request.knowledge)
    for name in names:
        check_base(name, facts)
    outcome = decide_outcome(outside, path, request, tell)
    if len(outcome.targets) > 1:
        raise UsageError("a comparison is for one target", hint="name it: --target arm64")
    target = outcome.targets[0]
    return Contest(
        job=Job(
            folder=path,
            project=outcome.project.name.value,
            arches=(target.arch,),
            index=index_options(outcome.project, request),
            wishes=Wishes(certificates=request.certificates),
        ),
        arch=target.arch,
        contenders=tuple(_contenders(outside, outcome, names, facts)),
        wishes=ProofWishes(),
        facts=facts.packages,
        device=target.device.name if target.device else "",
    )


def _contenders(
    outside: Outside, outcome: "Outcome", names: Sequence[str], facts: "Facts"
) -> list["Contender"]:
    """Return what our plans make, then what people write by hand."""
    from scaffold.core.lineup import line_up, pick_python  # noqa: PLC0415 - not for --help
    from scaffold.core.plain import plain_dockerfile, plain_reference  # noqa: PLC0415
    from scaffold.model.comparison import Contender  # noqa: PLC0415

    (decision,), (target,) = outcome.decisions, outcome.targets
    options = outcome.request.options
    found = []
    for place in line_up(decision, names, options.objective):
        if place.fits is None:
            promise = _promise(outcome)
            found.append(
                Contender(name=place.asked, title="", promise=promise, refused=place.refused)
            )
            continue
        chosen = replace(decision, chosen=place.fits)
        plan = outside.make_plan(outcome.project, (target,), (chosen,), outcome.request)
        candidate = place.fits.candidate
        base = candidate.base
        found.append(
            Contender(
                name=base.id,
                title=f"leanscaffold, Python {place.fits.python}",
                files=outside.spell_plan(plan),
                promise=replace(
                    _promise(outcome),
                    base=base.id,
                    packages={w.pinned.name: w.pinned.version for w in candidate.packages},
                    interpreter=base.interpreter.format(python=place.fits.python),
                ),
            )
        )
    python = pick_python(decision, options.python)
    reference = plain_reference(python, options)
    text = plain_dockerfile(outcome.project, options, facts.bases[0], reference)
    found.append(
        Contender(
            name=_PLAIN,
            title=f"one stage by hand, FROM {reference}",
            files={"Dockerfile": text},
            promise=replace(
                _promise(outcome),
                packages={asked.name: "" for asked in outcome.project.asked if not asked.marker},
            ),
        )
    )
    return found


def _promise(outcome: "Outcome") -> "Promise":
    from scaffold.model.promise import Promise  # noqa: PLC0415 - not for --help
    from scaffold.present.outcome import health_of, port_of  # noqa: PLC0415

    (target,) = outcome.targets
    port, health = port_of(outcome), health_of(outcome)
    return Promise(
        arch=target.arch,
        project=outcome.project.name.value,
        device=target.device.name if target.device else "",
        budget=target.budget,
        cores=target.device.cores if target.device else None,
        port=port.value if port else None,
        health=health.value if health else "",
    )


def _by_hand(files: Sequence[Path], promise: "Promise") -> list["Contender"]:
    from scaffold.model.comparison import Contender  # noqa: PLC0415 - not for --help

    return [
        Contender(
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
    from scaffold.model.report import Status  # noqa: PLC0415 - not for --help
    from scaffold.present.comparison import (  # noqa: PLC0415
        make_comparison_document,
        show_entries,
    )

    if svg is not None:
        from scaffold.present.picture import draw  # noqa: PLC0415 - slow to import

        title = f"$ leanscaffold compare {path}"
        svg.write_text(draw(show_entries(comparison), title=title), encoding="utf-8")
    if as_json:
        from scaffold.present.document import to_json  # noqa: PLC0415 - not for text

        click.echo(to_json(make_comparison_document(comparison)), nl=False)
    else:
        from scaffold.present.screen import show  # noqa: PLC0415 - not for JSON

        show(sys.stdout, show_entries(comparison))
    return 0 if any(one.runs is Status.PASSED for one in comparison.entries) else _NOTHING_RUNS
