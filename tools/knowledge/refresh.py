"""The edges of a refresh: the configured index, the engine, the user's folder."""

import os
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge, snapshots
from scaffold.catalog.snapshot import Snapshot
from scaffold.catalog.wheel_refresh import (
    ELF_LIMIT,
    FOLDER,
    PARALLEL,
    Refreshed,
    find_names,
    read_names,
    refresh_wheels,
)
from scaffold.docker.connect import connect
from scaffold.docker.images import native_arches
from scaffold.index.cache import Cache, find_cache_folder
from scaffold.index.client import Http
from scaffold.index.configuration import read_index_config
from scaffold.index.layered_index import open_index
from scaffold.index.live_index import LiveIndex
from scaffold.model.index import DistFile
from scaffold.model.knowledge import Facts, Footprint
from scaffold.model.target import Arch
from scaffold.resolver.releases import Release, final_releases, list_releases
from tools.knowledge.bases import measure_bases, refresh_bases
from tools.knowledge.bigquery_import import STATEMENT, read_export
from tools.knowledge.bounds import (
    NAMES,
    USES,
    date_release,
    find_bounds,
    format_bounds,
    list_rows,
    make_trial,
)
from tools.knowledge.debian import script
from tools.knowledge.footprints import (
    LARGEST,
    LARGEST_NAMED,
    format_footprints,
    measure_project,
)
from tools.knowledge.image_probe import probe_image, run_in_image
from tools.knowledge.libraries import (
    ask_suites,
    read_module_names,
    refresh_libraries,
)
from tools.knowledge.memory import measure_memory, refresh_memory
from tools.knowledge.payloads import fetch_payloads, refresh_payloads
from tools.knowledge.swaps import refresh_swaps

MODULES = "python3/names.txt"

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to make anew: ``kinds`` of knowledge, in a folder of knowledge.

    ``names`` is a list of packages, None for what the folder has, else the bundled list. ``arches``
    limits what is asked of the engine, ``bases`` are ids or families, empty for all; ``packages``
    those whose swaps are measured again, empty for swaps that have no figures.
    ``export`` is a file of the public data set.
    """

    kinds: tuple[str, ...]
    folder: Path
    names: Path | None = None
    arches: tuple[Arch, ...] = tuple(Arch)
    bases: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    export: Path | None = None


def refresh(order: Order, tell: Tell) -> tuple[Refreshed, ...]:
    """Return what each kind came to, in the order asked; nothing is written.

    Raises TransientError, EngineError or KnowledgeInvalidError.
    """
    makers: dict[str, Callable[[Order, Tell], Refreshed]] = {
        "footprints": _refresh_footprints,
        "bases": _refresh_bases,
        "libraries": _refresh_libraries,
        "payloads": _refresh_payloads,
        "swaps": _refresh_swaps,
        "memory": _refresh_memory,
        "bounds": _refresh_bounds,
        "import": _import_export,
    }
    return tuple(makers[kind](order, tell) for kind in order.kinds)


def _import_export(order: Order, tell: Tell) -> Refreshed:
    if order.export is None:
        raise ValueError("an import needs an export")
    names = find_names(order.folder, order.names)
    export = read_export(order.export, names, STATEMENT.read_text("utf-8"), tell)
    return refresh_wheels(
        order.folder,
        names,
        export.source(),
        generator="python -m tools.knowledge import",
        date=_today().isoformat(),
        tell=tell,
    )


def _refresh_footprints(order: Order, tell: Tell) -> Refreshed:
    """Download a wheel of each project in the snapshot; measure what an image makes of it.

    With a list of names only these are measured, whatever their size, and the other rows stay.
    """
    config = read_index_config(os.environ)
    live = LiveIndex(lambda: config, Cache(find_cache_folder(os.environ)))
    http = Http(config)
    folder = order.folder / FOLDER
    snapshot = Snapshot(folder)
    listed = find_names(order.folder, order.names) if order.names else ()
    limit = LARGEST_NAMED if listed else LARGEST
    before = _load(order).footprints

    def fetch(name: str, chosen: DistFile | None) -> bytes:
        page = live.page(name) if chosen and (chosen.size or 0) <= limit else None
        urls = {one.filename: one.url for one in page.files} if page else {}
        url = urls.get(chosen.filename) if chosen else None
        return http.get(url, limit=limit).body if url else b""

    def measure(name: str) -> tuple[str, Footprint] | None:
        project = snapshot.project(name)
        if project is None:
            return None
        row = measure_project(project, limit, partial(fetch, name), before.get(name))
        if row is None:
            tell(f"{name}: no wheel to measure")
        return (name, row) if row else None

    with ThreadPoolExecutor(PARALLEL) as pool:
        wanted = listed or sorted(path.stem for path in folder.glob("*.jsonl"))
        found = dict(filter(None, pool.map(measure, wanted)))
    # A wheel that is too large to be fetched by the way keeps the figures of when it was asked for.
    kept = before if listed else {name: row for name, row in before.items() if name in wanted}
    rows = {**kept, **found}
    return Refreshed(
        changes=tuple(_describe_footprints(before, rows)) or ("nothing changed",),
        files={"footprints.toml": format_footprints(rows.items(), today=_today())},
    )


def _refresh_bounds(order: Order, tell: Tell) -> Refreshed:
    """Try the listed packages' releases. What was tried is kept in the cache."""
    config = read_index_config(os.environ)
    live = LiveIndex(lambda: config, Cache(find_cache_folder(os.environ)))
    uses = tomllib.loads(USES.read_text("utf-8"))
    trial = make_trial(sys.executable, find_cache_folder(os.environ) / "bounds", uses)

    def read(name: str) -> tuple[Release, ...]:
        page = live.page(name)
        return tuple(final_releases(list_releases(page))) if page else ()

    def find(name: str) -> tuple[tuple[str, str, str], ...]:
        with ThreadPoolExecutor(PARALLEL) as pool:
            dated = tuple(filter(None, pool.map(partial(date_release, live.metadata), read(name))))
        versions = lambda other: [one.version for one in read(other)]  # noqa: E731 - a port
        rows = tuple(list_rows(dated, find_bounds(name, dated, trial, versions)))
        tell(f"{name}: {len(dated)} releases, {len(rows)} bounds")
        return rows

    before = {name: one.rows for name, one in _load(order).bounds.items()}
    file = order.names or NAMES
    names = read_names(file.read_text("utf-8"), str(file))
    rows = {**(before if order.names else {}), **{name: find(name) for name in names}}
    changes = [
        f"{'~' if name in before else '+'} {name}: {'; '.join(' '.join(row[:2]) for row in mine)}"
        for name, mine in sorted(rows.items())
        if before.get(name, ()) != mine
    ]
    return Refreshed(
        changes=tuple(changes) or ("nothing changed",),
        files={"bounds.toml": format_bounds(rows, today=_today())},
    )


def _describe_footprints(
    before: Mapping[str, Footprint], rows: Mapping[str, Footprint]
) -> Iterator[str]:
    for name, row in sorted(rows.items()):
        if before.get(name) != row:
            yield f"{'~' if name in before else '+'} {name}: {row.bytecode:g} {row.layer:g}"


def _refresh_bases(order: Order, tell: Tell) -> Refreshed:

    facts = _load(order)
    chosen = [
        one for one in facts.bases if not order.bases or {one.id, one.family} & {*order.bases}
    ]
    with connect() as client:
        measured = measure_bases(
            chosen,
            order.arches,
            lambda reference, arch: probe_image(client, reference, arch),
            tell,
        )
    return refresh_bases(order.folder, measured, shipped=knowledge(), today=_today())


def _refresh_libraries(order: Order, tell: Tell) -> Refreshed:

    facts = _load(order)
    own = order.folder / MODULES
    listed = own if own.is_file() else knowledge() / MODULES
    names = read_module_names(listed.read_text("utf-8"), MODULES)
    with connect() as client:
        runs = min(native_arches(client) & {Arch.AMD64, Arch.ARM64}, default=Arch.AMD64)
        suites = ask_suites(
            facts,
            order.arches,
            lambda reference, arch: run_in_image(client, reference, runs, script(arch)),
            tell,
        )
    return refresh_libraries(order.folder, facts, suites, names, today=_today())


def _refresh_payloads(order: Order, tell: Tell) -> Refreshed:
    return refresh_payloads(
        order.folder,
        _load(order),
        order.arches,
        lambda release, arch, names: fetch_payloads(release, arch, names, tell),
        today=_today(),
    )


def _refresh_swaps(order: Order, tell: Tell) -> Refreshed:
    index = open_index(
        os.environ,
        snapshot=Snapshot(*snapshots(order.folder)),
        largest_elf_read=ELF_LIMIT,
    )
    return refresh_swaps(
        order.folder, _load(order), index, today=_today(), tell=tell, packages=order.packages
    )


def _refresh_memory(order: Order, tell: Tell) -> Refreshed:
    facts = _load(order)
    names = (
        read_names(order.names.read_text("utf-8"), str(order.names))
        if order.names
        else sorted(name for name, fact in facts.packages.items() if fact.memory is not None)
    )
    return refresh_memory(order.folder, names, facts, measure_memory, today=_today(), tell=tell)


def _load(order: Order) -> Facts:
    root = knowledge()
    if order.folder == root or not order.folder.is_dir():
        return load_facts(root)
    return load_facts(root, order.folder)


def _today() -> date:
    return datetime.now(UTC).date()
