"""``leanscaffold report``: where the bytes of an image go, on a page or in short."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scaffold.cli.exit_codes import FITS, NOTHING_FITS
from scaffold.cli.options import (
    SectionedCommand,
    json_option,
    lasting_options,
    path_argument,
    quiet_option,
)
from scaffold.cli.services import Services

if TYPE_CHECKING:
    from scaffold.config.request import Request
    from scaffold.model.knowledge import Facts
    from scaffold.model.resolution import Reason
    from scaffold.report.plan_result import PlanResult


@click.command(cls=SectionedCommand, short_help="Show where the bytes of the image go.")
@path_argument
@lasting_options
@click.option(
    "--html",
    metavar="FILE",
    help="Write a page that needs nothing else; - is stdout.",
)
@click.option("--force", is_flag=True, help="Overwrite FILE even if it is no report.")
@json_option
@quiet_option
@click.pass_obj
def report(
    outside: Services,
    request: "Request",
    remarks: "tuple[Reason, ...]",
    path: Path,
    *,
    html: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Show where the bytes of the image of the project in PATH go, before it is built.

    The base, each package by kind of file, the candidates against the budget, what trimming and
    each swap saves, what an update pulls, and predicted beside measured where `verify --save` kept
    it. With --html all of it is one page, for a phone as for a desktop. Options that
    leanscaffold.json recorded hold wherever no other is given.
    """
    from scaffold.cli.planning import decide_outcome  # noqa: PLC0415 - not for --help
    from scaffold.report.candidates import (  # noqa: PLC0415 - not for --help
        make_breakdown_document,
        show_breakdown,
    )
    from scaffold.report.document import to_json  # noqa: PLC0415 - not for --help
    from scaffold.report.progress import talking  # noqa: PLC0415 - not for --help
    from scaffold.report.terminal import show  # noqa: PLC0415 - not for --help

    with talking(sys.stderr, quiet=quiet) as tell:
        outcome = decide_outcome(outside, path, request, tell, remarks)
        facts = outside.load_facts(request.knowledge)
    page = _make(outcome, facts) if html is not None else ""
    if html == "-":
        click.echo(page, nl=False)
        return FITS if outcome.fits else NOTHING_FITS
    if html is not None:
        outside.write_page(Path(html), page, force)
    if as_json:
        click.echo(to_json(make_breakdown_document(outcome, facts)), nl=False)
    else:
        show(sys.stdout, show_breakdown(outcome, facts, html))
    return FITS if outcome.fits else NOTHING_FITS


def _make(outcome: "PlanResult", facts: "Facts") -> str:
    from scaffold.catalog.resources import templates  # noqa: PLC0415 - only with templates
    from scaffold.report.page.view import make_page, render_page  # noqa: PLC0415

    folder = templates()
    return render_page(
        make_page(outcome, facts), lambda name: (folder / name).read_text(encoding="utf-8")
    )
