"""Looking up the index page of one package: the snapshot first, the network if it must be."""

from scaffold.cli.outside import Outside
from scaffold.config import Request
from scaffold.core.matrix import Matrix
from scaffold.core.ports import Index
from scaffold.errors import UsageError
from scaffold.model.index import Page
from scaffold.model.plan import Options
from scaffold.model.project import Found, Origin, Project
from scaffold.present.lists import KnownWheel


def normalise(name: str) -> str:
    """Return a package's name as indexes spell it (PEP 503). Raises UsageError for no name."""
    from packaging.utils import InvalidName, canonicalize_name  # noqa: PLC0415 - slow to import

    try:
        return canonicalize_name(name.strip(), validate=True)
    except InvalidName as error:
        raise UsageError(
            f"{name!r} is no package name", hint="names are letters, digits, dots, - and _"
        ) from error


def find_page(outside: Outside, name: str, *, offline: bool) -> Page | None:
    """Return the page of a normalised name, or None if nobody knows it.

    What the bundled snapshot holds is answered from there, at once.
    """
    page = _open(outside, offline=True).page(name)
    if page is None and not offline:
        page = _open(outside, offline=False).page(name)
    return page


def known_wheels(outside: Outside, page: Page, matrix: Matrix) -> tuple[KnownWheel, ...]:
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


def _open(outside: Outside, *, offline: bool) -> Index:
    project = Project(name=Found(value="lookup", origin=Origin(file="command line")))
    return outside.open_index(None, project, Request(options=Options(offline=offline)))
