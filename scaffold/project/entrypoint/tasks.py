"""What task runners start: the target that runs the application, in the words of its authors."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scaffold.model.errors import ConfigInvalidError
from scaffold.model.project import Origin
from scaffold.project.text_io import line_of, read_toml, text_of

_RUNS = re.compile(
    r"(?:run|start|serve|server|up|web|app|bot|worker|prod(?:uction)?)(?:[-_:]prod)?"
)
_RECIPES = ("Makefile", "makefile", "GNUmakefile", "justfile", "Justfile")
_TARGET = re.compile(r"([\w.-]+)(?:[ \t]+[^:=\n]*)?:(?!=)")
# Where pyproject.toml and Pipfile keep tasks, by their tool.
_TABLES = (
    ("pyproject.toml", ("tool", "poe", "tasks")),
    ("pyproject.toml", ("tool", "pdm", "scripts")),
    ("pyproject.toml", ("tool", "taskipy", "tasks")),
    ("pyproject.toml", ("tool", "hatch", "envs", "default", "scripts")),
    ("pyproject.toml", ("tool", "pixi", "tasks")),
    ("Pipfile", ("scripts",)),
)


def read_tasks(root: Path) -> Iterator[tuple[str, Origin]]:
    """Yield the lines of the tasks whose name says that they run the application."""
    for file in _RECIPES:
        yield from _recipes(root, file)
    for file, keys in _TABLES:
        for name, task in _table(root, file, keys).items():
            line = task if isinstance(task, str) else ""
            if isinstance(task, Mapping):
                line = str(task.get("cmd", ""))
            if _RUNS.fullmatch(name) and line:
                at = line_of(text_of(root, file), rf'^\s*["\']?{re.escape(name)}["\']?\s*=')
                yield line, Origin(file=file, line=at, detail=f"task {name}")


def _recipes(root: Path, file: str) -> Iterator[tuple[str, Origin]]:
    name = ""
    text = text_of(root, file) if (root / file).is_file() else ""
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _TARGET.match(line):
            name = found[1]
        elif name and line[:1] in {"\t", " "} and _RUNS.fullmatch(name):
            yield line.strip().lstrip("@-"), Origin(file=file, line=number, detail=f"target {name}")


def _table(root: Path, file: str, keys: tuple[str, ...]) -> Mapping[str, Any]:
    if not (root / file).is_file():
        return {}
    found: Any = read_toml(root, file, error=ConfigInvalidError, hint="correct it")[0]
    for key in keys:
        found = found.get(key, {}) if isinstance(found, Mapping) else {}
    return found if isinstance(found, Mapping) else {}
