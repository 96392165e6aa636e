"""Shared libraries that a wheel needs and another installed wheel brings."""

from collections.abc import Mapping, Sequence

from scaffold.model.resolution import Weighed


def find_sibling_libraries(packages: Sequence[Weighed]) -> dict[str, frozenset[str]]:
    """Return the sonames that other wheels bring, by the package that needs them.

    The loader finds them along RPATH or RUNPATH in the folder of the other wheel, or has them
    loaded already: a package imports what it requires before it opens its own libraries, and a
    package that opens libraries of what it requires has loaded its own by then.
    """
    folders: dict[str, dict[str, str]] = {}
    for weighed in packages:
        for path in weighed.facts.brings or ():
            folder, _, soname = path.rpartition("/")
            folders.setdefault(soname, {})[weighed.pinned.name] = folder
    requires = {w.pinned.name: frozenset(w.pinned.requires) for w in packages}
    found: dict[str, frozenset[str]] = {}
    for weighed in packages:
        name, sought = weighed.pinned.name, set(weighed.facts.sought)
        found[name] = frozenset(
            soname
            for soname in weighed.facts.needs
            for owner, folder in folders.get(soname, {}).items()
            if (soname, folder) in sought
            or _leads_to(name, owner, requires)
            or _leads_to(owner, name, requires)
        )
    return found


def _leads_to(start: str, end: str, requires: Mapping[str, frozenset[str]]) -> bool:
    """Tell whether a package requires another, directly or by way of others."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for name in requires.get(waiting.pop(), frozenset()) - seen:
            if name == end:
                return True
            seen.add(name)
            waiting.append(name)
    return False
