"""``leanscaffold wheels``: for which libc, architecture and Python a package has wheels."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scaffold.cli.options import json_option, knowledge_option, offline_option
from scaffold.cli.services import Services
from scaffold.cli.shell_completion import completing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffold.resolver.support import PackageSupport


@click.command(short_help="Show for what a package has wheels.")
@click.argument(
    "packages",
    metavar="PACKAGE...",
    nargs=-1,
    required=True,
    shell_complete=completing("package"),
)
@click.option(
    "--html", type=click.Path(path_type=Path), metavar="FILE", help="Write a page with it as well."
)
@click.option("--force", is_flag=True, help="Let --html write over a file that is there.")
@knowledge_option
@offline_option
@json_option
@click.pass_obj
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
    """Say whether each PACKAGE works on Alpine and on a Raspberry Pi, and show its wheels.

    The sentence on top counts what the package needs as well. The matrix below is libc x
    architecture x Python: the newest version with a wheel, the first that had one, the last that
    has none, and how long it takes to compile where there is none.

    The bundled snapshot answers at once and without network; what it does not hold is asked for.
    """
    from scaffold.cli.index_pages import normalise  # noqa: PLC0415 - not for --help

    names = dict.fromkeys(map(normalise, packages))
    found = [_look_up(outside, name, knowledge, offline=offline) for name in names]
    if html:
        from scaffold.catalog.resources import templates  # noqa: PLC0415 - one option only
        from scaffold.report.wheel_matrix import draw_page  # noqa: PLC0415 - one option only

        template = (templates() / "pages" / "wheels.html.j2").read_text(encoding="utf-8")
        outside.write_file(html, draw_page(found, template), force)
    if as_json:
        from scaffold.report.document import to_json  # noqa: PLC0415 - slow to import
        from scaffold.report.wheel_matrix import to_document  # noqa: PLC0415 - not for --help

        document = {"version": 1, "packages": [to_document(one) for one in found]}
        click.echo(to_json(document), nl=False)
    else:
        _show(found)


def _look_up(
    outside: Services, name: str, layers: tuple[str, ...], *, offline: bool
) -> "PackageSupport":
    from scaffold.cli.index_pages import find_page  # noqa: PLC0415 - not for --help
    from scaffold.resolver.support import find_package_support  # noqa: PLC0415 - not for --help

    known = find_page(outside, name, layers, offline=offline)
    if known is None:
        from scaffold.config.option_parsers import unknown  # noqa: PLC0415 - slow to import

        raise unknown("package", name, outside.snapshot_names(), hint="check the spelling")
    return find_package_support(*known, lambda one: outside.load_package(one, layers))


def _show(found: "Sequence[PackageSupport]") -> None:
    from scaffold.report.terminal import show  # noqa: PLC0415 - not for --help
    from scaffold.report.wheel_matrix import show_availability  # noqa: PLC0415 - not for --help

    for number, one in enumerate(found):
        if number:
            click.echo()
        show(sys.stdout, show_availability(one))
