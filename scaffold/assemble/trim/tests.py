"""Packages' own tests: big, and nobody runs them on a device. Some are imported all the same.

A folder of tests goes only if an import scan finds nothing outside of tests that imports from it.
"""

import ast
import warnings
from collections.abc import Iterator
from pathlib import Path

from .walking import list_files

_NAMES = frozenset({"test", "tests"})


def find(folder: Path, spared: frozenset[str]) -> list[Path]:
    """Return all files of those test folders that nothing else imports from."""
    files = list(list_files(folder, frozenset()))
    homes = {path: home for path in files if (home := _home(path.relative_to(folder).parts))}
    imported: set[tuple[str, ...]] = set()
    wanted = [path for path in files if path.suffix == ".py" and path not in homes]
    kept: set[tuple[str, ...]] = set()
    while wanted:
        for path in wanted:
            imported.update(_imports(path, path.relative_to(folder).parts))
        needed = {home for home in set(homes.values()) - kept if _is_named(home, imported)}
        kept |= needed
        wanted = [p for p, home in homes.items() if home in needed and p.suffix == ".py"]
    return [path for path, home in homes.items() if home not in kept and home[0] not in spared]


def _home(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the outermost test folder that a path lies in, empty if it lies in none.

    A top-level package called ``tests`` was installed by mistake, and is somebody's all the same.
    """
    for depth, part in enumerate(parts[:-1]):
        if part in _NAMES and depth > 0:
            return parts[: depth + 1]
    return ()


def _is_named(home: tuple[str, ...], imported: set[tuple[str, ...]]) -> bool:
    return any(name[: len(home)] == home for name in imported)


def _imports(path: Path, parts: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the absolute names that a file imports, each as a tuple of its parts."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = parts[: len(parts) - node.level] if node.level else ()
            module = (*above, *(node.module or "").split(".")) if node.module else above
            yield module
            yield from ((*module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = node.value
            if ".test" in name and len(name) < 200 and name.replace(".", "").isidentifier():  # noqa: PLR2004
                yield tuple(name.split("."))
