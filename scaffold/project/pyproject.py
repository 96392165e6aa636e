"""What pyproject.toml asks for: PEP 621, PEP 735, setuptools' dynamic files, poetry's tables."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from packaging.dependency_groups import resolve_dependency_groups
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from scaffold.model.errors import Detail, UsageError
from scaffold.model.project import Asked
from scaffold.project import tool_tables
from scaffold.project.computed import Computed
from scaffold.project.pyproject_file import Items, Pyproject, strings
from scaffold.project.requirement_parser import Reading, first_line
from scaffold.project.requirements import read_requirements
from scaffold.project.setup_files import read_setup
from scaffold.project.text_io import relative, suggestion

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")  # of a requirement


def asks(pyproject: Pyproject) -> bool:
    """Tell whether it lists dependencies, in any of the ways we read."""
    poetry = set(pyproject.table("tool", "poetry", "dependencies")) - {"python"}
    return bool(
        pyproject.table("project").get("dependencies")
        or pyproject.table("tool", "setuptools", "dynamic").get("dependencies")
        or poetry
    )


def read_pyproject(
    pyproject: Pyproject, *, extras: Sequence[str] = (), groups: Sequence[str] = ()
) -> Reading:
    """Return the dependencies with those of extras and groups. Raises UsageError."""
    known = _extras(pyproject)
    wanted = [_known("extra", extra, known, pyproject) for extra in extras]
    lists = _groups(pyproject)
    poetry_groups = tool_tables.groups(pyproject)
    chosen = [_known("group", g, {*lists, *poetry_groups}, pyproject) for g in groups]

    _check_conflicts(pyproject, extras=wanted, groups=chosen)
    items: list[Asked | Detail] = [*_base(pyproject)]
    for extra in wanted:
        items += _extra(pyproject, extra, known, seen=frozenset())
    for group in chosen:
        if group in lists:
            items += _group(pyproject, group, lists)
        if group in poetry_groups:
            items += tool_tables.group(pyproject, group, seen=frozenset())
    if tool_tables.is_source(pyproject):
        items += tool_tables.base(pyproject, wanted)
    placed = [
        tool_tables.bind(pyproject, place)
        for item in items
        for place in tool_tables.place(pyproject, item, extras=wanted, groups=chosen)
    ]
    constraints = [*_constraints(pyproject), *tool_tables.problems(pyproject)]
    return Reading(
        asked=tuple(dict.fromkeys(item for item in placed if isinstance(item, Asked))),
        constraints=tuple(item for item in constraints if isinstance(item, Asked)),
        index=tool_tables.index_options(pyproject),
        files=(pyproject.file,),
        notes=tool_tables.notes(pyproject),
        problems=tuple(item for item in (*placed, *constraints) if isinstance(item, Detail)),
    )


def _check_conflicts(pyproject: Pyproject, *, extras: Sequence[str], groups: Sequence[str]) -> None:
    """Refuse extras and groups that the project itself says exclude each other (uv's conflicts)."""
    asked = {("extra", canonicalize_name(name)) for name in extras}
    asked |= {("group", canonicalize_name(name)) for name in groups}
    own = canonicalize_name(str(pyproject.table("project").get("name", "")))
    for rivals in pyproject.listed("tool", "uv", "conflicts"):
        listed = rivals if isinstance(rivals, list) else []
        found = sorted(
            (kind, name)
            for one in listed
            for kind in ("extra", "group")
            if isinstance(one, Mapping)
            and kind in one
            and canonicalize_name(str(one.get("package", own))) == own
            if (kind, name := canonicalize_name(str(one[kind]))) in asked
        )
        if len(found) > 1:
            line = pyproject.line("tool", "uv", "conflicts")
            words = " and ".join(f"--{kind} {name}" for kind, name in found)
            text = "[tool.uv] conflicts says that they exclude each other"
            raise UsageError(
                f"{words} cannot be installed together",
                hint="ask for one of them",
                details=[Detail(text=text, file=pyproject.file, line=line)],
            )


def _known(kind: str, name: str, known: Iterable[str], pyproject: Pyproject) -> str:
    names = {canonicalize_name(key): key for key in known}
    found = names.get(canonicalize_name(name))
    if found is None:
        raise UsageError(
            f"{pyproject.file} has no {kind} {name!r}", hint=suggestion(name, names.values())
        )
    return found


def _base(pyproject: Pyproject) -> Items:
    project = pyproject.table("project")
    if "dependencies" in project:
        yield from strings(pyproject, ("project", "dependencies"), project["dependencies"])
    dynamic = pyproject.table("tool", "setuptools", "dynamic").get("dependencies")
    if dynamic is not None:
        yield from _dynamic(pyproject, dynamic, "dependencies")
    elif is_made_by_build(pyproject):
        yield from _from_setup(pyproject)


def is_made_by_build(pyproject: Pyproject) -> bool:
    """Tell whether it leaves its dependencies to a build that is not described in its tables."""
    return (
        "dependencies" in pyproject.listed("project", "dynamic")
        and "dependencies" not in pyproject.table("tool", "setuptools", "dynamic")
        and not pyproject.table("tool", "poetry", "dependencies")
    )


def _from_setup(pyproject: Pyproject) -> Items:
    """Yield what the setup files beside it ask for; without them nobody can know."""
    folder = relative(pyproject.root, pyproject.folder)
    reading = read_setup(pyproject.root, folder)
    yield from reading.asked
    yield from reading.problems
    if not reading.files:
        origin = pyproject.origin("project", "dynamic")
        text = (
            "the dependencies are dynamic, and the build that computes them is not run here: list"
            " them in requirements.txt, or name a file with --requirement"
        )
        yield Computed(text=text, file=origin.file, line=origin.line)


def _dynamic(pyproject: Pyproject, value: object, key: str) -> Items:
    """Yield what setuptools reads from files at build time."""
    keys = ("tool", "setuptools", "dynamic", key)
    files = value.get("file", []) if isinstance(value, Mapping) else []
    names = [files] if isinstance(files, str) else [str(name) for name in files]
    line = pyproject.line(*keys)
    if not names:
        yield Detail(text=f"{key} names no file", file=pyproject.file, line=line)
    there = []
    for name in names:
        if (pyproject.folder / name).is_file():
            there.append(relative(pyproject.root, pyproject.folder / name))
        else:
            text = f"asks for {name}, which is not a file"
            yield Detail(text=text, file=pyproject.file, line=line)
    reading = read_requirements(pyproject.root, there)
    yield from reading.asked
    yield from reading.problems


def list_offered(pyproject: Pyproject | None) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the options for extras and groups, each with the normalised names that it adds."""
    extras = pyproject.table("project", "optional-dependencies") if pyproject else {}
    groups = _groups(pyproject) if pyproject else {}
    for kind, table in (("--extra", extras), ("--group", groups)):
        for name, listed in table.items():
            texts = listed if isinstance(listed, list) else []
            found = (_NAME.match(text) for text in texts if isinstance(text, str))
            yield f"{kind} {name}", frozenset(canonicalize_name(one[0]) for one in found if one)


def list_optional(pyproject: Pyproject | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the extras, and of the groups."""
    if pyproject is None:
        return (), ()
    groups = {**_groups(pyproject), **tool_tables.groups(pyproject)}
    return tuple(_extras(pyproject)), tuple(groups)


def _extras(pyproject: Pyproject) -> Mapping[str, tuple[str, ...]]:
    """Return the extras by name, each with the table that holds it."""
    tables = (
        ("project", "optional-dependencies"),
        ("tool", "setuptools", "dynamic", "optional-dependencies"),
        ("tool", "poetry", "extras"),
    )
    return {key: table for table in reversed(tables) for key in pyproject.table(*table)}


def _extra(
    pyproject: Pyproject, extra: str, known: Mapping[str, tuple[str, ...]], *, seen: frozenset[str]
) -> Items:
    """Yield an extra's requirements; one on the project itself stands for its other extras."""
    table = known[extra]
    if table[1] == "poetry" or extra in seen:
        return
    value = pyproject.table(*table)[extra]
    if table[1] == "setuptools":
        yield from _dynamic(pyproject, value, extra)
        return
    own = canonicalize_name(str(pyproject.table("project").get("name", "")))
    for item in strings(pyproject, (*table, extra), value, detail=f"extra {extra}"):
        if not isinstance(item, Asked) or item.name != own:
            yield item
            continue
        for other in known:
            if canonicalize_name(other) in item.extras:
                yield from _extra(pyproject, other, known, seen=seen | {extra})


def _groups(pyproject: Pyproject) -> Mapping[str, Any]:
    """Return the groups that are lists: PEP 735, and what uv and pdm had before it."""
    legacy = pyproject.table("tool", "uv").get("dev-dependencies")
    return {
        **pyproject.table("tool", "pdm", "dev-dependencies"),
        **({"dev": legacy} if legacy is not None else {}),
        **pyproject.table("dependency-groups"),
    }


def _group(pyproject: Pyproject, group: str, lists: Mapping[str, Any]) -> Items:
    origin = pyproject.origin("dependency-groups", group)
    try:
        texts = resolve_dependency_groups(dict(lists), group)
    except ExceptionGroup as error:
        for one in error.exceptions:
            written = _culprit(one)
            line = pyproject.line("dependency-groups", text=written) if written else origin.line
            said = f"{written!r} is not a requirement: " if written else f"group {group}: "
            yield Detail(text=said + first_line(one), file=origin.file, line=line)
        return
    for text in texts:
        written = _as_written(lists, text)
        yield from strings(pyproject, ("dependency-groups",), [written], detail=f"group {group}")


def _as_written(lists: Mapping[str, Any], text: str) -> str:
    """Return a requirement as it stands in the file; the library returns its own spelling."""
    written = (one for items in lists.values() for one in items if isinstance(one, str))
    for one in written:
        try:
            if str(Requirement(one)) == text:
                return one
        except InvalidRequirement:
            continue
    return text


def _culprit(error: Exception) -> str:
    """Return the requirement that an error is about: the library shows it on the second line."""
    shown = str(error).splitlines()[1:2]
    return shown[0].strip() if shown and isinstance(error, InvalidRequirement) else ""


def _constraints(pyproject: Pyproject) -> Items:
    value = pyproject.table("tool", "uv").get("constraint-dependencies")
    if value is not None:
        yield from strings(pyproject, ("tool", "uv", "constraint-dependencies"), value)
