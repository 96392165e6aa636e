"""``leanscaffold build``: generate where needed, then build with buildx."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

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
from scaffold.model.codes import Code

if TYPE_CHECKING:
    from scaffold.cli.prepare import Prepared
    from scaffold.config.option_sources import Given
    from scaffold.docker.build import Job
    from scaffold.dockerfile.template_context import TemplateContext
    from scaffold.engineless.images import ImageJob
    from scaffold.model.build import BuildOptions

F = TypeVar("F", bound=Callable[..., Any])
_SECTION = "Build"


def build_options(command: F) -> F:
    """Give a command the options that buildx understands; see ``read_wishes``."""
    for name, settings in reversed(_BUILD_OPTIONS.items()):
        command = click.option(name, cls=SectionedOption, section=_SECTION, **settings)(command)
    return command


_BUILD_OPTIONS: dict[str, dict[str, Any]] = {
    "--tag": {"metavar": "NAME", "help": "The image's name.  [default: the project's]"},
    "--push": {
        "is_flag": True,
        "help": "Into the registry that --tag names; the engine's own builder keeps it, too.",
    },
    "--builder": {"metavar": "NAME", "help": "Another builder than buildx's current one."},
    "--cache-from": {
        "multiple": True,
        "metavar": "SOURCE",
        "help": "Cache to use, as buildx spells it; {arch} stands for the target.",
    },
    "--cache-to": {
        "multiple": True,
        "metavar": "GOAL",
        "help": "Where to put the cache; {arch} stands for the target.",
    },
    "--no-cache": {"is_flag": True, "help": "Build every step again."},
}


def read_wishes(values: dict[str, Any]) -> "BuildOptions":
    """Take the options of ``build_options`` out of a command's values."""
    from scaffold.model.build import BuildOptions  # noqa: PLC0415 - not for --help

    return BuildOptions(
        tag=values.pop("tag") or "",
        push=values.pop("push"),
        builder=values.pop("builder") or "",
        cache_from=values.pop("cache_from"),
        cache_to=values.pop("cache_to"),
        fresh=values.pop("no_cache"),
    )


@click.command(cls=SectionedCommand, short_help="Build the image, generating first if needed.")
@path_argument
@given_options
@build_options
@click.option(
    "--to",
    "goal",
    cls=SectionedOption,
    section=_SECTION,
    metavar="GOAL",
    help="Without an engine, into app.tar, oci:DIR or registry/name:tag.",
)
@click.option(
    "--base-from",
    cls=SectionedOption,
    section=_SECTION,
    metavar="PLACE",
    help="With --to: the base from oci:DIR or a tar, not from its registry.",
)
@click.option(
    "--from",
    "bundle",
    cls=SectionedOption,
    section=_SECTION,
    metavar="FILE",
    help="With --to: everything from a bundle, nothing from the network.",
)
@click.option("--force", is_flag=True, help="Generate anew, over files that you wrote or edited.")
@json_option
@quiet_option
@click.pass_obj
def build(
    outside: Services,
    given: "Mapping[str, Given]",
    /,
    path: Path,
    *,
    force: bool,
    as_json: bool,
    quiet: bool,
    goal: str | None,
    base_from: str | None,
    bundle: str | None,
    **values: Any,
) -> int:
    """Build the project in PATH into the local engine, push it, or write it without an engine.

    Where leanscaffold's files are missing or out of date, does what generate does first. The
    options that leanscaffold.json recorded hold wherever this command line names no other.
    """
    from scaffold.cli.planning import show_result  # noqa: PLC0415 - not for --help
    from scaffold.cli.prepare import prepare  # noqa: PLC0415
    from scaffold.docker.build_requests import split_tag  # noqa: PLC0415
    from scaffold.model.resolution import Reason  # noqa: PLC0415
    from scaffold.report.progress import talking, watching  # noqa: PLC0415

    wishes = read_wishes(values)
    if wishes.tag:
        split_tag(wishes.tag)
    check_goal(goal or "", base_from or "", bundle or "", wishes)
    with talking(sys.stderr, quiet=quiet) as tell:
        prepared = prepare(outside, path, given, force=force, tell=tell)
    if prepared.outcome is not None and not prepared.fits:
        return show_result(prepared.outcome, folder=path, as_json=as_json, verbose=False)
    remarks = prepared.remarks
    with watching(sys.stderr, quiet=quiet) as watch:
        if goal:
            job = make_image_job(
                outside, prepared, make_job(path, prepared, wishes), goal, base_from or ""
            )
            written = outside.write_images(replace(job, bundle=bundle or ""), watch)
            built, notes = written.built, written.notes
            remarks = (*remarks, *(Reason(code=Code.NO_BYTECODE, text=text) for text in notes))
        else:
            built = outside.build(make_job(path, prepared, wishes), watch)
    if as_json:
        from scaffold.report.build_result import make_build_document  # noqa: PLC0415 - not for text
        from scaffold.report.document import to_json  # noqa: PLC0415

        click.echo(to_json(make_build_document(built, remarks)), nl=False)
    else:
        from scaffold.report.build_result import show_built  # noqa: PLC0415 - not for JSON
        from scaffold.report.terminal import show  # noqa: PLC0415

        show(sys.stdout, show_built(built, remarks, goal or ""))
    return 0


def make_job(path: Path, prepared: "Prepared", wishes: "BuildOptions") -> "Job":
    """Return what is to be built of a prepared folder."""
    from scaffold.config.request import index_options  # noqa: PLC0415
    from scaffold.docker.build import Job  # noqa: PLC0415 - not for --help

    return Job(
        folder=path,
        project=prepared.project.name.value,
        arches=prepared.arches,
        index=index_options(prepared.project, prepared.request),
        wishes=replace(wishes, certificates=prepared.request.certificates),
        dockerfile=prepared.request.options.dockerfile,
    )


def check_goal(goal: str, base_from: str, bundle: str, wishes: "BuildOptions") -> None:
    """Raise UsageError for options that do not go together with ``--to``."""
    from scaffold.model.errors import UsageError  # noqa: PLC0415 - not for --help

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
    outside: Services, prepared: "Prepared", job: "Job", goal: str, base_from: str
) -> "ImageJob":
    """Return what is to be built without an engine of a prepared folder."""
    from scaffold.cli.planning import decide_outcome, write_files  # noqa: PLC0415
    from scaffold.docker.build import read_job_config  # noqa: PLC0415
    from scaffold.dockerfile.template_context import make_template_context  # noqa: PLC0415
    from scaffold.engineless.images import ImageJob  # noqa: PLC0415 - not for --help
    from scaffold.index.cache import find_cache_folder  # noqa: PLC0415
    from scaffold.model.errors import UsageError  # noqa: PLC0415
    from scaffold.project.git_client import EPOCH, dated, read_commit_time  # noqa: PLC0415

    edited = [one.file for one in prepared.remarks if one.code == Code.FILE_EDITED]
    if "Dockerfile" in edited:
        raise UsageError(
            "the Dockerfile was edited, and only an engine reads it",
            hint="leave out --to, or have it made again: `leanscaffold generate --force`",
        )

    def view() -> "TemplateContext":
        outcome = prepared.outcome
        if outcome is None:
            outcome = decide_outcome(outside, job.folder, prepared.request, lambda _: None)
            write_files(outside, job.folder, outcome, force=False, tell=lambda _: None)
        plan = outside.make_plan(
            outcome.project, outcome.targets, outcome.decisions, prepared.request
        )
        return make_template_context(plan)

    environ = outside.environment()
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
