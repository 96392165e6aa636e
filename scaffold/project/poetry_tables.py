"""Poetry's tables in pyproject.toml: dependencies, groups and extras."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from packaging.utils import canonicalize_name

from scaffold.model.errors import Detail
from scaffold.model.project import Asked, Origin
from scaffold.project.poetry import Entry, entries
from scaffold.project.pyproject_file import Items, Pyproject, requirement
from scaffold.project.requirement_parser import break_in
from scaffold.project.text_io import relative

_MAIN = ("tool", "poetry", "dependencies")


def is_source(pyproject: Pyproject) -> bool:
    """Tell whether poetry's table holds the dependencies; beside PEP 621's it only adds to them."""
    return "dependencies" not in pyproject.table("project")


def base(pyproject: Pyproject, extras: Sequence[str]) -> Items:
    """Yield the main dependencies: optional ones only where an extra lists them."""
    wanted = {
        canonicalize_name(str(name))
        for extra in extras
        for name in pyproject.listed("tool", "poetry", "extras", extra)
    }
    for name, value in pyproject.table(*_MAIN).items():
        if name != "python":
            yield from _entries(pyproject, _MAIN, name, value, wanted)


def groups(pyproject: Pyproject) -> Mapping[str, tuple[str, ...]]:
    """Return the groups by name, each with the table that holds its dependencies."""
    names = pyproject.table("tool", "poetry", "group")
    old = ("tool", "poetry", "dev-dependencies")
    found = {name: ("tool", "poetry", "group", name, "dependencies") for name in names}
    return {"dev": old, **found} if pyproject.table(*old) else found


def group(pyproject: Pyproject, name: str, *, seen: frozenset[str]) -> Items:
    """Yield a group's dependencies, and those of the groups it includes."""
    table = groups(pyproject)[name]
    for key, value in pyproject.table(*table).items():
        if key != "python":
            yield from _entries(pyproject, table, key, value, None)
    if table[2] != "group":
        return
    for other in pyproject.listed(*table[:-1], "include-groups"):
        line = pyproject.line(*table[:-1])
        if other not in groups(pyproject) or other in seen | {name}:
            wrong = "which includes it" if other in seen | {name} else "which does not exist"
            text = f"group {name} includes {other}, {wrong}"
            yield Detail(text=text, file=pyproject.file, line=line)
        else:
            yield from group(pyproject, str(other), seen=seen | {name})


def _entries(
    pyproject: Pyproject,
    table: tuple[str, ...],
    name: str,
    value: Any,
    wanted: Collection[str] | None,
) -> Items:
    origin = Origin(
        file=pyproject.file,
        line=pyproject.line(*table, name),
        detail=f"group {table[3]}" if table[2] == "group" else "",
    )
    try:
        found = entries(name, value)
    except ValueError as error:
        yield Detail(text=f"{name}: {error}", file=origin.file, line=origin.line)
        return
    for entry in found:
        if wanted is None or not entry.optional or canonicalize_name(name) in wanted:
            yield _asked(pyproject, entry, origin)


def _asked(pyproject: Pyproject, entry: Entry, origin: Origin) -> Asked | Detail:
    asked = requirement(pyproject, entry.text, origin)
    if isinstance(asked, Detail):
        return asked
    if broken := break_in(f"{entry.written}{entry.path}"):
        return Detail(text=f"{asked.name} {broken}", file=origin.file, line=origin.line)
    path = relative(pyproject.root, pyproject.folder / entry.path) if entry.path else asked.path
    return replace(asked, path=path, editable=entry.editable, text=entry.written)
