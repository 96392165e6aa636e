"""``leanscaffold build`` and ``bundle``: generate where needed, then build or pack."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from scaffold.cli.options import take_options
from scaffold.cli.plan import decide_outcome, show_result, write_files
from scaffold.cli.prepare import Prepared, prepare
from scaffold.cli.request import with_given
from scaffold.cli.services import Services
from scaffold.config.option_sources import Given
from scaffold.config.request import index_options
from scaffold.docker.build import Job, read_job_config, split_tag
from scaffold.dockerfile.template_context import TemplateContext, make_template_context
from scaffold.engineless.images import ImageJob, write_bundle
from scaffold.index.cache import find_cache_folder
from scaffold.model.build import BuildOptions
from scaffold.model.codes import Code
from scaffold.model.errors import UsageError
from scaffold.model.resolution import Reason
from scaffold.project.source_clients import EPOCH, dated, read_commit_time
from scaffold.report.formatting import format_size, to_json
from scaffold.report.progress import make_build_document, show_built, talking, watching
from scaffold.report.terminal import show


@with_given
def build(
    outside: Services,
    given: Mapping[str, Given],
    /,
    path: Path,
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
    wishes = take_options(BuildOptions, values)
    if wishes.tag:
        split_tag(wishes.tag)
    check_goal(goal or "", base_from or "", bundle or "", wishes)
    if apt_sources and not goal:
        raise UsageError("--apt-sources is only for --to", hint="add --to app.tar")
    with talking(sys.stderr, quiet=quiet) as tell:
        prepared = prepare(outside, path, given, force=force, tell=tell)
    if prepared.outcome is not None and not prepared.fits:
        return show_result(prepared.outcome, folder=path, as_json=as_json, verbose=False)
    remarks = prepared.remarks
    with watching(sys.stderr, quiet=quiet) as watch:
        if goal:
            job = make_image_job(
                outside, prepared, make_job(prepared, wishes), goal, base_from or ""
            )
            written = outside.engine.write_images(
                replace(job, bundle=bundle or "", apt_sources=apt_sources), watch
            )
            built, notes = written.built, written.notes
            remarks = (*remarks, *(Reason(code=Code.NO_BYTECODE, text=text) for text in notes))
        else:
            built = outside.engine.build(make_job(prepared, wishes), watch)
    if as_json:
        click.echo(to_json(make_build_document(built, remarks)), nl=False)
    else:
        show(sys.stdout, show_built(built, remarks, goal or ""))
    return 0


def make_job(prepared: Prepared, wishes: BuildOptions) -> Job:
    """Return what is to be built of a prepared folder."""
    return Job(
        folder=prepared.folder,
        project=prepared.project.name.value,
        arches=prepared.arches,
        index=index_options(prepared.project, prepared.request),
        wishes=replace(
            wishes,
            certificates=prepared.request.certificates,
            compression=prepared.request.options.compression,
        ),
        dockerfile=prepared.request.options.dockerfile,
    )


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


def make_image_job(
    outside: Services, prepared: Prepared, job: Job, goal: str, base_from: str
) -> ImageJob:
    """Return what is to be built without an engine of a prepared folder."""
    edited = [one.file for one in prepared.remarks if one.code == Code.FILE_EDITED]
    if "Dockerfile" in edited:
        raise UsageError(
            "the Dockerfile was edited, and only an engine reads it",
            hint="leave out --to, or have it made again: `leanscaffold generate --force`",
        )

    def view() -> TemplateContext:
        outcome = prepared.outcome
        if outcome is None:
            outcome = decide_outcome(outside, job.folder, prepared.request, lambda _: None)
            write_files(outside, job.folder, outcome, force=False, tell=lambda _: None)
        plan = outside.planner.make_plan(
            outcome.project, outcome.targets, outcome.decisions, prepared.request
        )
        return make_template_context(plan)

    environ = outside.host.environment()
    moment = dated(environ, job.folder, read_commit_time).get(EPOCH)
    return ImageJob(
        folder=job.folder,
        project=job.project,
        arches=job.arches,
        goal=goal,
        base_from=base_from,
        wishes=job.wishes,
        index=read_job_config(job, environ),
        cache=find_cache_folder(environ),
        environ=environ,
        moment=int(moment) if moment else None,
        view=view,
    )


@with_given
def bundle(
    outside: Services,
    given: Mapping[str, Given],
    /,
    path: Path,
    *,
    goal: str,
    base_from: str | None,
    quiet: bool,
) -> int:
    """Write a bundle and return the exit code."""
    with talking(sys.stderr, quiet=quiet) as tell:
        prepared = prepare(outside, path, given, force=False, tell=tell)
    if prepared.outcome is not None and not prepared.fits:
        return show_result(prepared.outcome, folder=path, as_json=False, verbose=False)
    job = make_image_job(
        outside, prepared, make_job(prepared, BuildOptions()), goal, base_from or ""
    )
    with watching(sys.stderr, quiet=quiet) as watch:
        write_bundle(replace(job, goal=goal), watch)
    click.echo(f"Written to {goal}, {format_size(Path(goal).stat().st_size)}")
    click.echo(f"  there: leanscaffold build . --to app.tar --from {Path(goal).name}")
    return 0
