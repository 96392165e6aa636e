"""Looking up the index page of one package: the snapshot first, the network if it must be."""

from dataclasses import replace

from scaffold.cli.outside import Outside
from scaffold.config import Request
from scaffold.errors import UsageError
from scaffold.model.index import Page
from scaffold.model.plan import Options
from scaffold.model.project import Found, Origin, Project


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
    project = Project(name=Found(value="lookup", origin=Origin(file="command line")))
    local = Request(options=Options(offline=True))
    page = outside.open_index(None, project, local).page(name)
    if page is None and not offline:
        online = replace(local, options=Options(offline=False))
        page = outside.open_index(None, project, online).page(name)
    return page
