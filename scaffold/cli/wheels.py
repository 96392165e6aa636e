"""``leanscaffold wheels``: for which libc, architecture and Python a package has wheels."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from scaffold.catalog.resources import templates
from scaffold.cli.index_pages import find_page, normalise
from scaffold.cli.services import Services
from scaffold.config.option_parsers import unknown
from scaffold.report.formatting import to_json
from scaffold.report.terminal import show
from scaffold.report.wheel_matrix import draw_page, show_availability, to_document
from scaffold.resolver.support import PackageSupport, find_package_support


def wheels(
    outside: Services,
    packages: tuple[str, ...],
    html: Path | None,
    knowledge: tuple[str, ...],
    *,
    force: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Say whether each PACKAGE works on Alpine and on a Raspberry Pi, and show its wheels."""
    names = dict.fromkeys(map(normalise, packages))
    found = [_look_up(outside, name, knowledge, offline=offline) for name in names]
    if html:
        template = (templates() / "pages" / "wheels.html.j2").read_text(encoding="utf-8")
        outside.files.write_page(html, draw_page(found, template), force)
    if as_json:
        document = {"version": 1, "packages": [to_document(one) for one in found]}
        click.echo(to_json(document), nl=False)
    else:
        _show(found)


def _look_up(
    outside: Services, name: str, layers: tuple[str, ...], *, offline: bool
) -> PackageSupport:

    known = find_page(outside, name, layers, offline=offline)
    if known is None:
        raise unknown(
            "package", name, outside.knowledge.snapshot_names(), hint="check the spelling"
        )
    return find_package_support(*known, lambda one: outside.knowledge.load_package(one, layers))


def _show(found: Sequence[PackageSupport]) -> None:

    for number, one in enumerate(found):
        if number:
            click.echo()
        show(sys.stdout, show_availability(one))
