"""``leanscaffold compare``: what plans make of a project, and what people write, side by side."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from scaffold.cli.request import GivenCall, with_given
from scaffold.cli.verify import read_proof_wishes
from scaffold.model.verification import Comparison, Expectation, Status, Variant
from scaffold.operations.compare import line_up_contest
from scaffold.operations.request import combine_options
from scaffold.report.compare import draw, make_comparison_document, show_entries
from scaffold.report.progress import saying, talking, watching
from scaffold.report.terminal import print_result

_NOTHING_RUNS = 1


@with_given
def compare(
    call: GivenCall,
    /,
    *,
    bases: tuple[str, ...],
    dockerfiles: tuple[Path, ...],
    svg: Path | None,
    as_json: bool,
    quiet: bool,
    **values: Any,
) -> int:
    """Build the project in PATH on several bases and as a plain Dockerfile, and run each."""
    outside, given, path = call
    wishes = read_proof_wishes(values)
    names = tuple(name.strip() for text in bases for name in text.split(",") if name.strip())
    with talking(quiet=quiet) as tell:
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
    with watching(quiet=quiet) as watch:
        comparison = outside.engine.compare(contest, watch, saying(quiet=quiet))
    return show_comparison(comparison, path=path, as_json=as_json, svg=svg)


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
    print_result(
        lambda: make_comparison_document(comparison), show_entries(comparison), as_json=as_json
    )
    return 0 if any(one.runs is Status.PASSED for one in comparison.entries) else _NOTHING_RUNS
