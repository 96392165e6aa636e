"""``leanscaffold knowledge refresh``: make the generated knowledge anew, show what changed."""

from pathlib import Path

import click

from scaffold.cli.refreshed import into_option, names_option, show_refreshed, write_option
from scaffold.cli.services import Services

_KINDS = {
    "wheels": "Releases, files and what is inside wheels, from the configured index.",
    "bases": "Digest and sizes of base images, through an engine.",
    "libraries": "What Debian's packages weigh and pull in, through an engine.",
    "swaps": "What each swap saves, by planning with and without it.",
    "memory": "What importing takes; installs each package apart, with pip.",
    "footprints": "What becomes of wheels in an image; downloads one wheel of each project.",
}


@click.command(short_help="Make generated knowledge anew; show what changed.")
@click.option("--wheels", is_flag=True, help=_KINDS["wheels"])
@click.option("--bases", is_flag=True, help=_KINDS["bases"])
@click.option("--libraries", is_flag=True, help=_KINDS["libraries"])
@click.option("--swaps", is_flag=True, help=_KINDS["swaps"])
@click.option("--memory", is_flag=True, help=_KINDS["memory"])
@click.option("--footprints", is_flag=True, help=_KINDS["footprints"])
@into_option
@names_option
@click.option("--arch", "arches", multiple=True, metavar="ARCH", help="Only these; repeatable.")
@click.option(
    "--base", "chosen", multiple=True, metavar="ID|FAMILY", help="Only these; repeatable."
)
@write_option
@click.pass_obj
def refresh(
    outside: Services,
    /,
    into: Path | None,
    names: Path | None,
    arches: tuple[str, ...],
    chosen: tuple[str, ...],
    *,
    write: bool,
    **kinds: bool,
) -> None:
    """Ask the index and an engine anew for what knowledge was generated from.

    Without a kind, the wheels are made anew. The index is the one that pip or uv is configured to
    use, a private one as well; what it answered is kept in the cache. A line that starts with + is
    new, with - gone, with ~ changed. A folder of your own is used with --knowledge DIR. Bases,
    swaps and memory need tomlkit: pip install 'leanscaffold[knowledge]'.
    """
    from scaffold.catalog.refresh.running import Order  # noqa: PLC0415 - slow to import
    from scaffold.model.target import Arch  # noqa: PLC0415 - not for --help
    from scaffold.resolver.tags import parse_arch  # noqa: PLC0415 - not for --help

    order = Order(
        kinds=tuple(kind for kind in _KINDS if kinds[kind]) or ("wheels",),
        folder=outside.own_knowledge(into),
        names=names,
        arches=tuple(map(parse_arch, arches)) or tuple(Arch),
        bases=chosen,
    )
    show_refreshed(outside, order, write=write)
