"""The page of one package."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from packaging.utils import InvalidName, canonicalize_name

from scaffold.cli.services import Services
from scaffold.model.errors import TransientError, UsageError
from scaffold.model.index import Index, Page
from scaffold.model.knowledge import OLD, UPGRADE, describe_age
from scaffold.model.options import Options, Request
from scaffold.model.project import Found, Origin, Project
from scaffold.resolver.support import KnownWheel, Matrix


def normalise(name: str) -> str:
    """Return a package's name as indexes spell it (PEP 503). Raises UsageError for no name."""
    try:
        return canonicalize_name(name.strip(), validate=True)
    except InvalidName as error:
        raise UsageError(
            f"invalid package name {name!r}", hint="names are letters, digits, dots, - and _"
        ) from error


def find_page(
    outside: Services, name: str, layers: Sequence[str], *, offline: bool
) -> tuple[Page, Index] | None:
    """Return the page of a normalised name and the index that knows it, or None if none does.

    Offline, or where the index does not answer, it is the snapshot's, and its origin is dated.
    Raises TransientError where that knows nothing, either.
    """
    snapshot = outside.knowledge.open_snapshot(layers)
    known = snapshot.page(name)
    if known is None or not offline:
        index = _open(outside, offline=offline)
        try:
            page = index.page(name)
        except TransientError:
            if known is None:
                raise
        else:
            if page is not None:
                return page, index
    if known is None:
        return None
    today, day = outside.host.today(), date.fromisoformat(outside.knowledge.snapshot_date())
    renew = f": `{UPGRADE}`" if (today - day).days > OLD else ""
    return replace(known, origin=f"snapshot {describe_age(day, today)}{renew}"), snapshot


def known_wheels(outside: Services, page: Page, matrix: Matrix) -> tuple[KnownWheel, ...]:
    """Return what is known, without network, of the wheels for the newest Python of each place."""
    files = {file.filename: file for file in page.files}
    places = []
    for row in matrix.rows:
        cells = [cell for cell in row.cells if cell.version and not cell.pure]
        if cells:
            places.append((row.libc, row.arch, cells[-1].version, files[cells[-1].file]))
    wanted = [(page.name, version, file) for _, _, version, file in places]
    found = _open(outside, offline=True).wheel_facts(wanted, network=False)
    return tuple(
        KnownWheel(libc=libc, arch=arch, version=version, facts=facts)
        for (libc, arch, version, _), facts in zip(places, found, strict=True)
        if facts is not None
    )


def _open(outside: Services, *, offline: bool) -> Index:

    project = Project(name=Found(value="lookup", origin=Origin(file="command line")))
    return outside.indexes.open_index(None, project, Request(options=Options(offline=offline)))
