"""``leanscaffold report`` and ``sbom``: where the bytes of an image go, and what is in one."""

from pathlib import Path

import click

from scaffold.cli.request import RequestCall, with_request
from scaffold.docker.image_archive import read_archive_file
from scaffold.model.errors import FITS, NOTHING_FITS, NothingFitsError
from scaffold.operations.plan import decide_outcome
from scaffold.report.candidates import make_breakdown_document, show_breakdown
from scaffold.report.page import render_page
from scaffold.report.progress import talking
from scaffold.report.sbom import FORMATS, list_image, list_plan
from scaffold.report.terminal import print_result, to_json


@with_request
def report(call: RequestCall, *, html: str | None, force: bool, as_json: bool, quiet: bool) -> int:
    """Show where the bytes of the image of the project in PATH go, before it is built."""
    outside, request, remarks, path = call
    with talking(quiet=quiet) as tell:
        outcome = decide_outcome(outside, path, request, tell, remarks)
        facts = outside.knowledge.load_facts(request.knowledge)
        files = [
            one.pinned.file
            for decision in outcome.decisions
            if decision.chosen and html is not None
            for one in decision.chosen.candidate.packages
        ]
        if files:
            tell("listing what is inside the wheels")
        found = outside.indexes.list_contents(path, outcome.project, request, files)
        contents = {file.filename: one for file, one in zip(files, found, strict=True) if one}
    page = ""
    if html is not None:
        page = render_page(outcome, facts, contents)
    if html == "-":
        click.echo(page, nl=False)
        return FITS if outcome.fits else NOTHING_FITS
    if html is not None:
        outside.files.write_page(Path(html), page, force)
    print_result(
        lambda: make_breakdown_document(outcome, facts),
        show_breakdown(outcome, facts, html),
        as_json=as_json,
    )
    return FITS if outcome.fits else NOTHING_FITS


@with_request
def sbom(call: RequestCall, *, form: str, quiet: bool) -> int:
    """List what is in an image, or in the one that a project's plan makes."""
    outside, request, remarks, path = call
    if not path.is_dir():
        inventory = list_image(read_archive_file(path), path.stem)
    else:
        with talking(quiet=quiet) as tell:
            outcome = decide_outcome(outside, path, request, tell, remarks)
        chosen = {
            target: decision.chosen
            for target, decision in zip(outcome.targets, outcome.decisions, strict=True)
            if decision.chosen
        }
        if not outcome.fits:
            raise NothingFitsError("no base fits the project", hint="leanscaffold plan tells why")
        inventory = list_plan(chosen, path.resolve().name)
    click.echo(to_json(FORMATS[form](inventory)), nl=False)
    return FITS
