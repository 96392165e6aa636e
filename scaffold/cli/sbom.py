"""``leanscaffold sbom``: what is in an image, for those who must know."""

from pathlib import Path

import click


@click.command(short_help="List what is in an image, as CycloneDX or SPDX.")
@click.argument("archive", type=click.Path(path_type=Path, dir_okay=False), metavar="ARCHIVE")
@click.option(
    "--format",
    "form",
    type=click.Choice(("cyclonedx", "spdx")),
    default="cyclonedx",
    show_default=True,
    help="How to write it.",
)
def sbom(archive: Path, form: str) -> None:
    """List the packages in ARCHIVE, an image that `build --to app.tar` or `docker save` wrote.

    Python's packages with their licences, CPython, what dpkg and apk recorded. A minimal image has
    no such records: there every library that no package brought is listed by its path.
    """
    from scaffold.cli.ship import FORMATS, read_archive_file, to_json  # noqa: PLC0415 - not for --help

    click.echo(to_json(FORMATS[form](read_archive_file(archive), archive.stem)), nl=False)
