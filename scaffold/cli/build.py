"""``leanscaffold build`` and ``bundle``: files that are up to date, then an image of them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from scaffold.cli.options import take_options
from scaffold.cli.plan import show_result
from scaffold.cli.request import GivenCall, with_given
from scaffold.docker.build import split_tag
from scaffold.docker.image_archive import read_archive_file
from scaffold.engineless.images import write_bundle
from scaffold.model.build import BuildOptions
from scaffold.model.codes import Code
from scaffold.model.errors import UsageError
from scaffold.model.resolution import Reason
from scaffold.operations.build import make_image_job, make_job, prepare
from scaffold.report.progress import make_build_document, show_built, talking, watching
from scaffold.report.sbom import list_image, make_spdx
from scaffold.report.terminal import format_size, print_result


@with_given
def build(
    call: GivenCall,
    /,
    *,
    force: bool,
    as_json: bool,
    quiet: bool,
    goal: str | None,
    base_from: str | None,
    apt_sources: Path | None,
    bundle: str | None,
    **values: Any,
) -> int:
    """Build the project in PATH into the local engine, push it, or write it without an engine."""
    outside, given, path = call
    wishes = take_options(BuildOptions, values)
    if wishes.attest and not (wishes.push or goal):
        raise UsageError(
            "--attest needs a registry or an archive: docker keeps no attestations",
            hint="add --push, or --to registry.example/app:1",
        )
    if wishes.tag:
        split_tag(wishes.tag)
    check_goal(goal or "", base_from or "", bundle or "", wishes)
    if apt_sources and not goal:
        raise UsageError("--apt-sources is only for --to", hint="add --to app.tar")
    if not goal:
        outside.engine.find_buildx()  # before files are written
    with talking(quiet=quiet) as tell:
        prepared = prepare(outside, path, given, force=force, tell=tell)
    if prepared.rejected:
        return show_result(prepared.rejected, folder=path, as_json=as_json)
    remarks = prepared.remarks
    with watching(quiet=quiet) as watch:
        if goal:
            job = make_image_job(
                outside, prepared, make_job(prepared, wishes), goal, base_from or ""
            )
            written = outside.engine.write_images(
                replace(
                    job,
                    bundle=bundle or "",
                    apt_sources=apt_sources,
                    list_contents=_list_contents if wishes.attest else None,
                ),
                watch,
            )
            built, notes = written.built, written.notes
            remarks = (*remarks, *(Reason(code=Code.NO_BYTECODE, text=text) for text in notes))
        else:
            built = outside.engine.build(make_job(prepared, wishes), watch)
    print_result(
        lambda: make_build_document(built, remarks),
        show_built(built, remarks, goal or ""),
        as_json=as_json,
    )
    return 0


def _list_contents(archive: Path) -> Mapping[str, Any]:
    contents = read_archive_file(archive)
    return make_spdx(list_image(contents, contents.id))


def check_goal(goal: str, base_from: str, bundle: str, wishes: BuildOptions) -> None:
    """Raise UsageError for options that do not go together with ``--to``."""
    given = {
        "--push": wishes.push,
        "--builder": wishes.builder,
        "--cache-from": wishes.cache_from,
        "--cache-to": wishes.cache_to,
    }
    if goal and (clash := [name for name, value in given.items() if value]):
        raise UsageError(f"--to and {clash[0]} exclude each other", hint="--to needs no builder")
    for name, value in (("--base-from", base_from), ("--from", bundle)):
        if value and not goal:
            raise UsageError(f"{name} is only for --to", hint="add --to app.tar")
    if base_from and bundle:
        raise UsageError("--base-from and --from exclude each other", hint="a bundle has the base")


@with_given
def bundle(call: GivenCall, *, goal: str, base_from: str | None, quiet: bool) -> int:
    """Write a bundle and return the exit code."""
    outside, given, path = call
    with talking(quiet=quiet) as tell:
        prepared = prepare(outside, path, given, force=False, tell=tell)
    if prepared.rejected:
        return show_result(prepared.rejected, folder=path, as_json=False)
    job = make_image_job(
        outside, prepared, make_job(prepared, BuildOptions()), goal, base_from or ""
    )
    with watching(quiet=quiet) as watch:
        write_bundle(replace(job, goal=goal), watch)
    click.echo(f"Written to {goal}, {format_size(Path(goal).stat().st_size)}")
    click.echo(f"  there: leanscaffold build . --to app.tar --from {Path(goal).name}")
    return 0
