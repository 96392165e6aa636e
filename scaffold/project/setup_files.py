"""What setup.cfg and setup.py ask for, by parsing them: setup.py is never run."""

import ast
import configparser
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from scaffold.model.errors import Detail
from scaffold.model.project import Asked, Found, Origin
from scaffold.project.computed import Computed
from scaffold.project.requirement_parser import Reading, read_requirement
from scaffold.project.requirements import read_requirements
from scaffold.project.setup_calls import (
    asks_nothing,
    assigned_once,
    follow_name,
    setup_arguments,
    setup_keywords,
)
from scaffold.project.setup_lists import find_list
from scaffold.project.syntax import items_of
from scaffold.project.text_io import decode, decode_problem, line_of, read_bytes, relative

SETUP_FILES = ("setup.cfg", "setup.py")
_REMEDY = "write it there as plain text, or name a file of requirements with --requirement"
_UNREADABLE = (SyntaxError, ValueError, RecursionError, configparser.Error)
_Items = Iterator[Asked | Detail]
T = TypeVar("T")


def read_setup(root: Path, folder: str = ".", *, extras: Sequence[str] = ()) -> Reading:
    """Return what the setup files of a folder ask for.

    setup.cfg counts before setup.py, as for setuptools. What setup.py computes cannot be known
    without running it: that is a problem, with its line. Raises PathUnreadableError.
    """
    here = [name for name in SETUP_FILES if (root / folder / name).is_file()]
    files = [Path(folder, name).as_posix() for name in here]
    items: list[Asked | Detail] = []
    pythons: list[Found[str]] = []
    seen: set[str] = set()
    for file in files:
        reader = _read_cfg if file.endswith(".cfg") else _read_py
        data = read_bytes(root, file)
        try:
            found, python = reader(root, file, decode(data), tuple(extras))
        except _UNREADABLE as error:
            items.append(_unreadable(file, data, error))
            continue
        for key, asked in found.items():
            if key not in seen:
                seen.add(key)
                items += asked
        pythons += python if not pythons else []
    for extra in extras:
        if extra not in seen and files:
            items.append(Detail(text=f"there is no extra {extra!r}", file=files[-1]))
    return Reading(
        asked=tuple(dict.fromkeys(item for item in items if isinstance(item, Asked))),
        pythons=tuple(pythons),
        files=tuple(files),
        problems=tuple(item for item in items if isinstance(item, Detail)),
    )


_Read = tuple[Mapping[str, list[Asked | Detail]], list[Found[str]]]


def _unreadable(file: str, data: bytes, error: Exception) -> Detail:
    if isinstance(error, SyntaxError):
        return Detail(text=f"is not Python: {error.msg}", file=file, line=error.lineno)
    if isinstance(error, configparser.Error):
        line = getattr(error, "lineno", None)
        return Detail(text=error.message.splitlines()[0], file=file, line=line)
    if isinstance(error, ValueError):
        return decode_problem(file, data, error)
    return Detail(text=f"is nested too deep to be read: {_REMEDY}", file=file)


def _read_cfg(root: Path, file: str, text: str, extras: tuple[str, ...]) -> _Read:
    parser = _parse_cfg(text)
    found: dict[str, list[Asked | Detail]] = {}
    wanted = {"": ("options", "install_requires")}
    wanted |= {extra: ("options.extras_require", extra) for extra in extras}
    for key, (section, option) in wanted.items():
        if parser.has_option(section, option):
            value = parser.get(section, option)
            found[key] = [*_cfg_list(root, file, text, (section, option), value)]
    pythons: list[Found[str]] = []
    if parser.has_option("options", "python_requires"):
        line = line_of(text, r"^\[options\]", r"^python_requires\s*=")
        origin = Origin(file=file, line=line, detail="python_requires")
        pythons += _python(parser.get("options", "python_requires").strip(), origin)
    return found, pythons


def _cfg_list(
    root: Path, file: str, text: str, keys: tuple[str, str], value: str
) -> Iterator[Asked | Detail]:
    section = rf"^\[{re.escape(keys[0])}\]"
    option = rf"^{re.escape(keys[1])}\s*[=:]"
    if value.strip().startswith("file:"):
        names = [part.strip() for part in value.strip().removeprefix("file:").split(",")]
        yield from _from_files(root, file, names, line_of(text, section, option))
        return
    for one in value.splitlines():
        written = one.partition(" #")[0].strip()
        if written and not written.startswith("#"):
            line = line_of(text, section, option, re.escape(written))
            yield _requirement(root, file, written, line)


def _from_files(root: Path, file: str, names: Sequence[str], line: int | None) -> _Items:
    there = []
    for name in names:
        path = (root / file).parent / name
        if path.is_file():
            there.append(relative(root, path))
        else:
            yield Detail(text=f"asks for {name}, which is not a file", file=file, line=line)
    reading = read_requirements(root, there)
    yield from reading.asked
    yield from reading.problems


def _requirement(root: Path, file: str, text: str, line: int | None) -> Asked | Detail:
    origin = Origin(file=file, line=line)
    try:
        return read_requirement(text, origin, root=root, folder=(root / file).parent)
    except ValueError as error:
        return origin.problem(str(error))


def _python(text: str, origin: Origin) -> list[Found[str]]:
    try:
        return [Found(value=str(SpecifierSet(text)), origin=origin)]
    except InvalidSpecifier as error:
        raise ValueError(f"{text!r} is not a version specifier") from error


def _read_py(root: Path, file: str, text: str, extras: tuple[str, ...]) -> _Read:
    tree = ast.parse(text, filename=file)
    values = assigned_once(tree)
    found: dict[str, list[Asked | Detail]] = {}
    pythons: list[Found[str]] = []
    for keyword in setup_arguments(tree, values):
        line = keyword.value.lineno
        if keyword.arg == "install_requires":
            found[""] = [*_py_list(root, file, keyword.value, tree, keyword.arg)]
        elif keyword.arg == "extras_require" and extras:
            pairs = items_of(follow_name(keyword.value, values))
            named = {k.value: v for k, v in pairs if isinstance(k, ast.Constant)}
            found |= {
                extra: [*_py_list(root, file, named[extra], tree, f"the extra {extra}")]
                for extra in extras
                if extra in named
            }
        elif keyword.arg == "python_requires":
            python = follow_name(keyword.value, values)
            if isinstance(python, ast.Constant) and isinstance(python.value, str):
                origin = Origin(file=file, line=line, detail="python_requires")
                pythons += _python(python.value, origin)
        elif keyword.arg is None and not asks_nothing(tree, text, keyword.value):
            said = f"setup() gets arguments that are only known when it runs: {_REMEDY}"
            found[""] = [Computed(text=said, file=file, line=line)]
    return found, pythons


def _parse_cfg(text: str, delimiters: Sequence[str] = ("=", ":")) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, delimiters=delimiters)
    parser.optionxform = str  # type: ignore[assignment,method-assign] # names keep their case
    parser.read_string(text)
    return parser


def _told(
    root: Path,
    of_cfg: Callable[[configparser.ConfigParser], T],
    of_py: Callable[[Mapping[str, ast.expr]], T],
) -> Iterator[tuple[str, str, T]]:
    """Yield (file, text, what it tells) of setup.cfg and setup.py, as far as they can be read."""
    for file in (name for name in SETUP_FILES if (root / name).is_file()):
        try:
            text = decode(read_bytes(root, file))
            is_cfg = file.endswith(".cfg")
            told = of_cfg(_parse_cfg(text)) if is_cfg else of_py(setup_keywords(text))
        except _UNREADABLE:
            continue
        yield file, text, told


def list_setup_extras(root: Path) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the options for extras of setup.cfg and setup.py, each with the names that it adds."""

    def of_cfg(parser: configparser.ConfigParser) -> list[str]:
        section = "options.extras_require"
        return parser.options(section) if parser.has_section(section) else []

    def of_py(keywords: Mapping[str, ast.expr]) -> list[str]:
        table = keywords.get("extras_require")
        keys = table.keys if isinstance(table, ast.Dict) else ()
        return [str(one.value) for one in keys if isinstance(one, ast.Constant)]

    for file, text, names in _told(root, of_cfg, of_py):
        reader = _read_cfg if file.endswith(".cfg") else _read_py
        try:
            read = reader(root, file, text, tuple(names))[0]
        except _UNREADABLE:
            continue
        for extra in filter(None, read):
            yield (
                f"--extra {extra}",
                frozenset(one.name for one in read[extra] if isinstance(one, Asked)),
            )


def read_setup_name(root: Path) -> str:
    """Return the name that setup.cfg or setup.py gives the project, empty where neither does."""
    names = _told(
        root,
        lambda parser: parser.get("metadata", "name", fallback=""),
        lambda keywords: "".join(_strings([keywords.get("name")])),
    )
    return next((name for _, _, name in names if name), "")


def read_console_scripts(root: Path) -> Mapping[str, tuple[str, Origin]]:
    """Return installed commands: what each calls, and its place; none that setup.py computes."""
    found: dict[str, tuple[str, Origin]] = {}
    for file, text, lines in _told(root, _cfg_scripts, _py_scripts):
        for line in lines:
            command, equals, target = (part.strip() for part in line.partition("="))
            if equals and not line.lstrip().startswith("#"):
                number = line_of(text, re.escape(line.strip()))
                origin = Origin(file=file, line=number, detail=f"script {command}")
                found.setdefault(command, (target, origin))
    return found


def read_script_files(root: Path) -> Mapping[str, Origin]:
    """Return the files that setup.cfg or setup.py installs as commands (``scripts=[…]``)."""
    listed = _told(
        root,
        lambda parser: parser.get("options", "scripts", fallback="").split(),
        lambda keywords: [*_strings(_items(keywords.get("scripts")))],
    )
    found: dict[str, Origin] = {}
    for file, text, names in listed:
        for name in names:
            found.setdefault(name, Origin(file=file, line=line_of(text, re.escape(name))))
    return found


def _cfg_scripts(parser: configparser.ConfigParser) -> list[str]:
    return parser.get("options.entry_points", "console_scripts", fallback="").splitlines()


def _py_scripts(keywords: Mapping[str, ast.expr]) -> list[str]:
    given = keywords.get("entry_points")
    if texts := [*_strings([given])]:
        return _cfg_scripts(_parse_cfg(f"[options.entry_points]\n{_as_option(texts[0])}"))
    named = (v for k, v in items_of(given) if "console_scripts" in _strings([k]))
    items = (one for node in named for one in _items(node) or [node])
    return [line for text in _strings(items) for line in text.splitlines()]


def _items(node: ast.expr | None) -> Sequence[ast.expr]:
    return node.elts if isinstance(node, ast.List | ast.Tuple) else ()


def _strings(nodes: Iterable[ast.expr | None]) -> Iterator[str]:
    for one in nodes:
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


def _as_option(text: str) -> str:
    """Return entry points in their own sections as one option of setup.cfg."""
    parser = _parse_cfg("\n".join(line.strip() for line in text.splitlines()), ("=",))
    items = parser.items("console_scripts") if parser.has_section("console_scripts") else ()
    return "console_scripts =\n" + "".join(f"  {name} = {value}\n" for name, value in items)


def _py_list(
    root: Path, file: str, node: ast.expr, tree: ast.Module, what: str
) -> Iterator[Asked | Detail]:
    """Yield the strings of a list, of sums of lists, of ``*others`` inside, and of files."""
    values, waiting = assigned_once(tree), [node]
    while waiting:
        one = follow_name(waiting.pop(0), values)
        if isinstance(one, ast.List | ast.Tuple | ast.Set):
            waiting = [*one.elts, *waiting]
        elif isinstance(one, ast.BinOp) and isinstance(one.op, ast.Add):
            waiting = [one.left, one.right, *waiting]
        elif isinstance(one, ast.Starred):
            waiting = [one.value, *waiting]
        elif isinstance(one, ast.Constant) and isinstance(one.value, str):
            for text in filter(str.strip, one.value.split("\n")):
                yield _requirement(root, file, text.strip(), one.lineno)
        elif listed := _listed_file(root, file, one, tree, values):
            yield from _from_files(root, file, [listed], one.lineno)
        else:
            said = f"{what} is computed when setup.py runs, which never happens here: {_REMEDY}"
            yield Computed(text=said, file=file, line=one.lineno)


def _listed_file(
    root: Path, file: str, node: ast.expr, tree: ast.Module, values: Mapping[str, ast.expr]
) -> str:
    """Return the file whose lines are all that an expression gives, empty with pip's options."""
    listed = find_list(node, tree, values)
    path = (root / file).parent / listed if listed else root
    if listed is None or not path.is_file() or not path.resolve().is_relative_to(root.resolve()):
        return ""
    lines = decode(read_bytes(root, relative(root, path))).splitlines()
    return "" if any(line.lstrip().startswith("-") for line in lines) else listed
