"""Inline script metadata (PEP 723): a block of comments that is a small pyproject.toml."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

from scaffold.model.errors import ConfigInvalidError, Detail
from scaffold.project.pyproject_file import Pyproject
from scaffold.project.text_io import decode, read_bytes

_BLOCK = re.compile(r"(?m)^# /// script[ \t]*\n((?:^#(?: .*)?\n)+?)^# ///[ \t]*$")


def find_scripts(root: Path, files: Iterable[str]) -> tuple[str, ...]:
    """Return the Python files among these that say themselves what they need."""
    return tuple(file for file in files if file.endswith(".py") and _has_block(root, file))


def _has_block(root: Path, file: str) -> bool:
    try:
        return b"/// script" in (data := read_bytes(root, file)) and bool(_search(data))
    except ValueError:
        return False


def _search(data: bytes) -> "re.Match[str] | None":
    return _BLOCK.search(decode(data).replace("\r\n", "\n"))


def load_script(root: Path, file: str) -> Pyproject | None:
    """Return a script's block as a pyproject.toml whose lines are the script's; None without one.

    Raises ConfigInvalidError with the line for a block that is not TOML.
    """
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
    try:
        data = tomllib.loads(block)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        where = Detail(
            text=str(error).partition(" (at ")[0], file=file, line=int(line[1]) if line else None
        )
        raise ConfigInvalidError(
            f"the script block of {file} is not valid TOML",
            hint="correct the line and run again",
            details=[where],
        ) from error
    keys = ("requires-python", "dependencies")
    project = {key: data[key] for key in keys if key in data}
    return Pyproject(
        root=root, file=file, data={"project": project, "tool": data.get("tool", {})}, text=block
    )
