"""A parsed pyproject.toml: its tables, the lines they stand on, and lists of requirements in it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scaffold.model.errors import ConfigInvalidError, Detail
from scaffold.model.project import Asked, Origin
from scaffold.project.requirement_parser import read_requirement
from scaffold.project.text_io import decode, line_of, parse_toml, read_bytes, read_toml, relative

Items = Iterator[Asked | Detail]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pyproject:
    """A parsed pyproject.toml; ``file`` is relative to the project ``root`` that it is read for."""

    root: Path
    file: str
    data: Mapping[str, Any]
    text: str

    @property
    def folder(self) -> Path:
        """Return the folder it lies in."""
        return (self.root / self.file).parent

    def table(self, *keys: str) -> Mapping[str, Any]:
        """Return a table, empty if it is not there. Raises ConfigInvalidError for another value."""
        found = self.data
        for key in keys:
            value = found.get(key, {})
            if not isinstance(value, Mapping):
                raise ConfigInvalidError(
                    f"{self.file} cannot be used",
                    hint=f"write [{'.'.join(keys)}] as a table",
                    details=[
                        Detail(text=f"{key} is not a table", file=self.file, line=self.line(*keys))
                    ],
                )
            found = value
        return found

    def listed(self, *keys: str) -> list[Any]:
        """Return a list, empty if it is not there. Raises ConfigInvalidError for another value."""
        value = self.table(*keys[:-1]).get(keys[-1], [])
        if not isinstance(value, list):
            text = f"{keys[-1]} is not a list"
            raise ConfigInvalidError(
                f"{self.file} cannot be used",
                hint=f"write {keys[-1]} in [{'.'.join(keys[:-1])}] as a list",
                details=[Detail(text=text, file=self.file, line=self.line(*keys))],
            )
        return value

    def line(self, *keys: str, text: str = "") -> int | None:
        """Return the line of a key, or of a string in its value, as far as a search finds it."""
        patterns = [
            rf"^\s*\[+{re.escape('.'.join(keys[:end]))}\]" for end in range(1, len(keys) + 1)
        ]
        patterns.append(rf"^\s*[\"']?{re.escape(keys[-1])}[\"']?\s*=")
        if text:
            patterns.append("[\"']" + re.escape(text).replace('"', r"\\?\"") + "[\"']")
        return line_of(self.text, *patterns)

    def origin(self, *keys: str, text: str = "", detail: str = "") -> Origin:
        """Return where a key, or a string in its value, stands."""
        return Origin(file=self.file, line=self.line(*keys, text=text), detail=detail)


def load_pyproject(root: Path, file: str = "pyproject.toml") -> Pyproject | None:
    """Return a project's pyproject.toml, or None if there is none.

    Raises ConfigInvalidError with the line for what is not TOML, PathUnreadableError for a file
    that cannot be read.
    """
    if not (root / file).exists():
        return None
    data, text = read_toml(
        root, file, error=ConfigInvalidError, hint="correct the line and run again"
    )
    return Pyproject(root=root, file=relative(root, root / file), data=data, text=text)


def requirement(pyproject: Pyproject, text: str, origin: Origin) -> Asked | Detail:
    """Return a PEP 508 requirement, or what is wrong with it."""
    try:
        return read_requirement(text, origin, root=pyproject.root, folder=pyproject.folder)
    except ValueError as error:
        return origin.problem(str(error))


def strings(
    pyproject: Pyproject, keys: tuple[str, ...], value: object, *, detail: str = ""
) -> Items:
    """Yield the requirements of a list of PEP 508 strings."""
    if not isinstance(value, list):
        yield pyproject.origin(*keys).problem(f"{keys[-1]} is not a list of strings")
        return
    for one in value:
        origin = pyproject.origin(*keys, text=str(one), detail=detail)
        if not isinstance(one, str):
            yield origin.problem(f"{one!r} is not a string")
            continue
        yield requirement(pyproject, one, origin)


_BLOCK = re.compile(r"(?m)^# /// script[ \t]*\n((?:^#(?: .*)?\n)+?)^# ///[ \t]*$")


def find_scripts(root: Path, files: Iterable[str]) -> tuple[str, ...]:
    """Return the Python files among these that say themselves what they need."""
    return tuple(file for file in files if file.endswith(".py") and _has_block(root, file))


def _has_block(root: Path, file: str) -> bool:
    try:
        data = read_bytes(root, file)
        return b"/// script" in data and bool(_BLOCK.search(decode(data).replace("\r\n", "\n")))
    except ValueError:
        return False


def load_script(root: Path, file: str) -> Pyproject | None:
    """Return a script's block as a pyproject.toml, None without one. Raises ConfigInvalidError."""
    try:
        text = decode(read_bytes(root, file)).replace("\r\n", "\n")
    except ValueError:
        return None
    found = _BLOCK.search(text)
    if found is None:
        return None
    start = text.count("\n", 0, found.start(1))
    lines = [line[2:] if line.startswith("# ") else line[1:] for line in found[1].splitlines()]
    block = "\n" * start + "\n".join(lines) + "\n"
    hint = f"correct the script block of {file} and run again"
    data = parse_toml(block, file, error=ConfigInvalidError, hint=hint)
    keys = ("requires-python", "dependencies")
    project = {key: data[key] for key in keys if key in data}
    return Pyproject(
        root=root, file=file, data={"project": project, "tool": data.get("tool", {})}, text=block
    )
