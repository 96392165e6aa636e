"""Packages' own tests.

Why: they are a fifth of what scientific packages install, and nobody runs them on a device. Some
are imported all the same (``numpy.testing`` was one user, a plug-in's base class is another), so
an import scan starts from all that is no test and follows imports into test folders: what it
reaches stays, with the data beside it, and only the rest goes.
"""

from collections.abc import Iterable

from .scan import TESTS, Packages, Parts


def covers(parts: Parts) -> bool:
    """Tell whether a file lies in a test folder.

    A top-level package called ``tests`` was installed by mistake, and is somebody's all the same.
    """
    return bool(home_of(parts, TESTS))


def find(packages: Packages, files: Iterable[Parts]) -> list[Parts]:
    """Return what nothing outside of tests imports."""
    return find_unreached(packages, files, TESTS)


def home_of(parts: Parts, names: frozenset[str]) -> Parts:
    """Return the outermost folder of such a name that a file lies in, empty if it lies in none."""
    for depth, part in enumerate(parts[:-1]):
        if part in names and depth > 0:
            return parts[: depth + 1]
    return ()


def find_unreached(
    packages: Packages, files: Iterable[Parts], names: frozenset[str]
) -> list[Parts]:
    """Return those files, all below folders of such names, that no import leads to."""
    inside = {parts: home_of(parts, names) for parts in files}
    modules = {_module_of(parts): parts for parts in inside if parts[-1].endswith((".py", ".so"))}
    bare = set(inside.values()) - set(modules)
    homes: set[Parts] = set()
    reached: set[Parts] = set()
    todo = [p for p in packages.files if p[-1].endswith(".py") and p not in inside]
    while todo:
        named = packages.named(todo.pop())
        found = {
            modules[name[:depth]]
            for name in named.imports
            for depth in range(1, len(name) + 1)
            if name[:depth] in modules
        }
        todo.extend(parts for parts in found - reached if parts[-1].endswith(".py"))
        reached |= found
        # A folder without an __init__ is imported for whatever lies in it.
        named_bare = (named.imports & bare) - homes
        homes |= named_bare
        new = {p for p, home in inside.items() if home in named_bare} - reached
        todo.extend(parts for parts in new if parts[-1].endswith(".py"))
        reached |= new
    homes |= {inside[parts] for parts in reached}
    # Data and machine code of a folder that is in use may be opened by any name.
    return [
        parts
        for parts, home in inside.items()
        if parts not in reached and (home not in homes or parts[-1].endswith(".py"))
    ]


def _module_of(parts: Parts) -> Parts:
    name = parts[-1].partition(".")[0]
    return parts[:-1] if name == "__init__" else (*parts[:-1], name)
