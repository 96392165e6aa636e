"""``leanscaffold sbom``: what is in an image, for those who must know."""

from pathlib import Path

import click

from scaffold.cli.services import Services
from scaffold.docker.images import read_archive_file
from scaffold.report.formatting import to_json
from scaffold.report.sbom import FORMATS


def sbom(_: Services, archive: Path, form: str) -> None:
    """List what is in an image."""
    click.echo(to_json(FORMATS[form](read_archive_file(archive), archive.stem)), nl=False)
