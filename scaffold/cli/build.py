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

if TYPE_CHECKING:
    from scaffold.cli.prepare import Prepared
    from scaffold.config.option_sources import Given
    from scaffold.docker.build import Job
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
    **values: Any,
) -> int:
    """Build the project in PATH into the local engine, or push it.

    Where leanscaffold's files are missing or out of date, does what generate does first. The
    options that leanscaffold.json recorded hold wherever this command line names no other.
    """
    from scaffold.cli.planning import show_result  # noqa: PLC0415 - not for --help
    from scaffold.cli.prepare import prepare  # noqa: PLC0415
    from scaffold.docker.build_requests import split_tag  # noqa: PLC0415
    from scaffold.report.progress import watching  # noqa: PLC0415
    from scaffold.report.reporter import talking  # noqa: PLC0415

    wishes = read_wishes(values)
    if wishes.tag:
        split_tag(wishes.tag)
    with talking(sys.stderr, quiet=quiet) as tell:
        prepared = prepare(outside, path, given, force=force, tell=tell)
    if prepared.outcome is not None and not prepared.fits:
        return show_result(prepared.outcome, folder=path, as_json=as_json, verbose=False)
    with watching(sys.stderr, quiet=quiet) as watch:
        built = outside.build(make_job(path, prepared, wishes), watch)
    if as_json:
        from scaffold.report.build_result import make_build_document  # noqa: PLC0415 - not for text
        from scaffold.report.document import to_json  # noqa: PLC0415

        click.echo(to_json(make_build_document(built, prepared.remarks)), nl=False)
    else:
        from scaffold.report.build_result import show_built  # noqa: PLC0415 - not for JSON
        from scaffold.report.terminal import show  # noqa: PLC0415

        show(sys.stdout, show_built(built, prepared.remarks))
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
