"""Files that list dependencies, but not where a project's list is looked for."""

import re
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from scaffold.model.errors import Detail, RequirementsInvalidError
from scaffold.model.project import Project

_LISTS = re.compile(
    r"requirements[\w.-]*\.(?:txt|in)|pyproject\.toml|setup\.(?:py|cfg)|Pipfile"
    r"|(?:environment|conda)\.ya?ml"
)
_LOCKS = re.compile(
    r"(?:uv|poetry|pdm|Pipfile)\.lock|pylock(?:\.[\w-]+)?\.toml|constraints[\w.-]*\.txt"
    r"|(?:uv|poetry|pdm)\.toml"
)
_ASIDE = {
    *("test", "tests", "doc", "docs", "example", "examples", "node_modules", "site-packages"),
    *("benchmarks", "samples", "demo", "demos"),
}
_DEEPEST = 3  # folders
_MOST = 8


def is_list(file: str) -> bool:
    """Tell whether a file's name says that it lists what to install, or pins it."""
    *folders, name = PurePosixPath(file).parts
    return bool(
        _LISTS.fullmatch(name)
        or _LOCKS.fullmatch(name)
        or ("requirements" in folders and name.endswith((".txt", ".in")))
    )


def find_elsewhere(files: Iterable[str]) -> tuple[str, ...]:
    """Return the files in subfolders whose names say that they list dependencies."""
    found = []
    for file in files:
        *folders, name = PurePosixPath(file).parts
        lists = _LISTS.fullmatch(name) or (name.endswith(".txt") and "requirements" in folders)
        aside = any(folder in _ASIDE or folder.startswith(".") for folder in folders)
        if 0 < len(folders) <= _DEEPEST and lists and not aside and folders != ["requirements"]:
            found.append(file)
    return tuple(sorted(found))


def refuse_unlisted(project: Project, *, allowed: bool = False) -> None:
    """Refuse a project that would be installed without packages although it needs some.

    Raises RequirementsInvalidError that names the imports, and the files seen in subfolders.
    """
    if project.asked or project.lock or allowed:
        return
    imports = [use for use in project.uses if use.code == "imports"]
    seen = () if project.listed else project.elsewhere
    if not imports and not seen:
        return
    details = [
        Detail(text="lists dependencies, but lies in a subfolder", file=file)
        for file in seen[:_MOST]
    ]
    details += [
        Detail(
            text=f"imports {use.value}, which nothing asks for",
            file=use.origin.file,
            line=use.origin.line,
        )
        for use in imports[:_MOST]
    ]
    raise RequirementsInvalidError(
        f"nothing says what to install for {project.name.value}",
        details=details,
        hint=f"{_remedy(seen)}; --allow-empty plans without packages",
    )


def _remedy(seen: Collection[str]) -> str:
    folders = sorted({str(PurePosixPath(file).parent) for file in seen if _is_project(file)})
    listed = sorted(file for file in seen if not _is_project(file))
    ways = []
    if folders:
        ways.append(f"name one folder: {', '.join(folders[:_MOST])}")
    if listed:
        ways.append(f"name the file: --requirement {listed[0]}")
    return ", or ".join(ways) or "list the packages in requirements.txt"


def _is_project(file: str) -> bool:
    return PurePosixPath(file).name in {"pyproject.toml", "setup.py", "setup.cfg", "Pipfile"}
