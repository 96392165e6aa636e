"""Requirements that are sources elsewhere, pinned to a commit or a SHA-256, and theirs."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scaffold.model.addresses import mask_credentials
from scaffold.model.errors import ConfigInvalidError, Detail, PathUnreadableError, UsageError
from scaffold.model.project import Asked, LockedPackage
from scaffold.project.own_package import read_own_package
from scaffold.project.pyproject import read_pyproject
from scaffold.project.pyproject_file import load_pyproject
from scaffold.project.requirement_parser import Reading, both, read_requirement
from scaffold.project.setup_files import read_setup

_ADDRESS = re.compile(r"git\+(?P<repository>[a-z+]+://[^#]+?)(?:@(?P<revision>[^@/#:][^@#:]*))?")
_ARCHIVE = re.compile(r"https?://[^#?]+\.(?:tar\.(?:gz|bz2|xz)|tgz|zip)")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"(?:^|&)sha256=([0-9a-f]{64})")
_FOLDER = re.compile(r"(?:^|&)subdirectory=([^&]+)")


class FetchError(Exception):
    """A repository cannot be read; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a repository is, at which branch, tag or commit, and which folder of it is meant.

    An archive's address is the ``repository`` of it, its SHA-256 the ``revision``.
    """

    repository: str
    revision: str = ""
    folder: str = "."
    archive: bool = False

    @property
    def is_commit(self) -> bool:
        """Tell whether the revision is a whole commit, which never becomes another."""
        return _COMMIT.fullmatch(self.revision) is not None

    def pinned(self, commit: str) -> str:
        """Return the address as pip spells it, at a commit."""
        folder = f"subdirectory={self.folder}" if self.folder != "." else ""
        if self.archive:
            return f"{self.repository}#sha256={commit}{'&' if folder else ''}{folder}"
        return f"git+{self.repository}@{commit}{'#' if folder else ''}{folder}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """The files of a repository at a commit."""

    commit: str
    folder: Path


Fetch = Callable[[Address], Checkout]


def parse_address(url: str) -> Address | None:
    """Return where a requirement's sources are, None for a wheel and for no address."""
    address, _, fragment = url.partition("#")
    inside = _FOLDER.search(fragment)
    folder = inside[1].strip("/") if inside else "."
    if _ARCHIVE.fullmatch(address):
        digest = _SHA256.search(fragment)
        revision = digest[1] if digest else ""
        return Address(repository=address, revision=revision, folder=folder, archive=True)
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return None
    return Address(repository=found["repository"], revision=found["revision"] or "", folder=folder)


def settle_repositories(reading: Reading, fetch: Fetch | None) -> Reading:
    """Return a reading whose repositories are pinned to commits, with what they ask for.

    A lock that has the commit and its dependencies is enough; else ``fetch`` gets the files, which
    know the name where the requirement has none. What cannot be pinned is a problem that says what
    to do.
    """
    asked: list[Asked] = []
    problems: list[Detail] = []
    seen: set[tuple[str, str, tuple[str, ...], str]] = set()
    waiting = list(reading.asked)
    while waiting:
        one = waiting.pop(0)
        address = parse_address(one.url)
        if address is None and (one.name or not one.url):
            asked.append(one)
            continue
        key = (one.name, "" if one.name else one.url, one.extras, one.marker)
        if key in seen:
            continue
        seen.add(key)
        try:
            settled, more = _settle(one, address, reading, fetch)
        except (FetchError, ValueError) as error:
            problems.append(_problem(one, str(error)))
            continue
        asked.append(settled)
        waiting += more
    return replace(
        reading, asked=tuple(dict.fromkeys(asked)), problems=(*reading.problems, *problems)
    )


def _problem(one: Asked, why: str) -> Detail:
    address = mask_credentials(one.written_url or one.url)
    text = (
        f"{one.text} does not say its name, and {mask_credentials(why)}: write name @ {address}"
        if not one.name
        else f"{one.text} cannot be pinned: {mask_credentials(why)}. Lock it (uv, poetry, "
        "pdm), or build a wheel of it once and name that instead: "
        f"`pip wheel --no-deps '{one.name} @ {address}' "
        "-w wheels`"
    )
    return one.origin.problem(text)


def _settle(
    one: Asked, address: Address | None, reading: Reading, fetch: Fetch | None
) -> tuple[Asked, Sequence[Asked]]:
    """Return a requirement with its commit, and its dependencies. Raises FetchError, ValueError."""
    if address is None:
        raise FetchError("its address is neither a repository's nor an archive's")
    if one.written_url:
        raise FetchError("the address has variables in it, which the build cannot know")
    if address.repository.startswith("file:"):
        raise FetchError("a build does not see this machine's folders")
    for locked in _locked(one, reading):
        known = parse_address(locked.url)
        pin = _locked_pin(known, locked) if known is not None else ""
        # A lock without edges asks for each of its packages itself.
        if known is not None and pin:
            built = replace(one, build_from=known.pinned(pin))
            return built, tuple(_from_lock(one, locked))
    if fetch is None:
        if not one.name:
            raise FetchError("without the network nobody knows it")
        # Offline nobody knows: the plan says so of each base.
        return one, ()
    checkout = fetch(address)
    own = read_own_package(checkout.folder, address.folder, _list(checkout.folder), named=True)
    if own is None:
        raise FetchError("it is not a Python package")
    if one.name not in {own.name, ""}:
        raise FetchError(f"the package in it is named {own.name}")
    one = replace(one, name=own.name)
    built = replace(one, build_from=address.pinned(checkout.commit), build_tools=own.tools)
    return built, tuple(_from_files(one, checkout.folder, address.folder))


def _locked_pin(known: Address, locked: LockedPackage) -> str:
    """Return the commit or the SHA-256 that a lock has, empty where it has none."""
    if not known.archive:
        return known.revision if known.is_commit else ""
    sums = {file.sha256.removeprefix("sha256:") for file in locked.files if file.sha256}
    sums |= {one.removeprefix("sha256:") for one in locked.hashes if one.startswith("sha256:")}
    return sums.pop() if len(sums) == 1 else ""


def _locked(one: Asked, reading: Reading) -> Iterator[LockedPackage]:
    packages = reading.lock.packages if reading.lock else ()
    return (package for package in packages if package.name == one.name)


def _from_lock(one: Asked, locked: LockedPackage) -> Iterator[Asked]:
    extras = dict(locked.extra_requires)
    for text in (*(locked.requires or ()), *(t for e in one.extras for t in extras.get(e, ()))):
        found = read_requirement(text, locked.origin, root=Path(), folder=Path())
        yield replace(found, marker=both(one.marker, found.marker))


def _from_files(one: Asked, root: Path, folder: str) -> Iterator[Asked]:
    file = "pyproject.toml" if folder == "." else f"{folder}/pyproject.toml"
    extras = list(one.extras)
    try:
        pyproject = load_pyproject(root, file)
        if pyproject is not None and pyproject.data.keys() & {"project", "tool"}:
            found = read_pyproject(pyproject, extras=extras)
        else:
            found = read_setup(root, folder, extras=extras)
    except (ConfigInvalidError, PathUnreadableError, UsageError) as error:
        raise FetchError(f"what it asks for cannot be read: {error.cause}") from error
    if found.problems:
        raise FetchError(f"what it asks for cannot be read: {found.problems[0].text}")
    for item in found.asked:
        if item.path:
            raise FetchError(f"it asks for {item.path} beside it")
        yield replace(item, marker=both(one.marker, item.marker), origin=one.origin)


def _list(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
