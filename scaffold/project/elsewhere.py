"""Files that list dependencies, but not where a project's list is looked for."""

import re
from collections.abc import Collection, Iterable
from pathlib import Path, PurePosixPath

from scaffold.model.errors import Detail, RequirementsInvalidError
from scaffold.model.project import Project, When
from scaffold.project.locks import find_format
from scaffold.project.source_modules import is_brought
from scaffold.project.text_io import decode, read_bytes

_LISTS = re.compile(
    r"(?:[\w.]+[-_])?requirements[\w.-]*\.(?:txt|in)|pyproject\.toml|setup\.(?:py|cfg)|Pipfile"
    r"|(?:environment|conda)\.ya?ml"
)
_PINS = re.compile(r"constraints[\w.-]*\.txt|(?:uv|poetry|pdm)\.toml")
_ASIDE = {
    *("test", "tests", "doc", "docs", "example", "examples", "node_modules", "site-packages"),
    *("benchmarks", "samples", "demo", "demos"),
}
# Folders of what puts an application on a machine: no application of its own lies there.
_FOR_INSTALLING = frozenset(
    {
        *("install", "installer", "installation", "deploy", "deployment", "docker", "build"),
        *("setup", "scripts", "script"),
    }
)
# Of a list's name: what only developers install, and what another package manager does.
_NOT_TO_RUN = re.compile(
    r"(?i)(?:^|[-_.])(?:dev|develop\w*|tests?|testing|docs?|lint|ci|build|debian|ubuntu|fedora|apt"
    r"|apk|dnf|yum|rpm|brew|system|os)(?:\b|_)"
)
_SCRIPTS = re.compile(r"(?i).*\.sh|makefile|justfile|readme(\.\w+)?")
_INSTALLS = re.compile(r"\b(?:uv )?pip[0-9.]*(?: +-\S+)* +install\b.* (?:-r|--requirement)\b")
_PROJECTS = frozenset({"pyproject.toml", "setup.py", "setup.cfg", "Pipfile"})
_DEEPEST = 3  # folders
_MOST = 8


def is_list(file: str) -> bool:
    """Tell whether a file's name says that it lists what to install, or pins it."""
    *folders, name = file.split("/")
    return bool(
        _LISTS.fullmatch(name)
        or find_format(name)
        or _PINS.fullmatch(name)
        or ("requirements" in folders and name.endswith((".txt", ".in")))
    )


def find_elsewhere(files: Iterable[str]) -> tuple[str, ...]:
    """Return the files in subfolders whose names say that they list dependencies."""
    found = []
    for file in files:
        *folders, name = file.split("/")
        lists = _LISTS.fullmatch(name) or (name.endswith(".txt") and "requirements" in folders)
        aside = any(folder in _ASIDE or folder.startswith(".") for folder in folders)
        if 0 < len(folders) <= _DEEPEST and lists and not aside and folders != ["requirements"]:
            found.append(file)
    return tuple(sorted(found))


def find_for_installing(root: Path, files: Collection[str]) -> tuple[str, str]:
    """Return the list in a folder of installers that a script of the project installs, and where.

    Of several a plain requirements.txt counts. Both are empty where none is surely it.
    """
    found = {
        file: where
        for file in find_elsewhere(files)
        if file.endswith(".txt")
        and file.partition("/")[0] in _FOR_INSTALLING
        and not _NOT_TO_RUN.search(PurePosixPath(file).stem)
        and (where := _installed_by(root, file, files))
    }
    plain = {file: where for file, where in found.items() if _is_plain(file)}
    sure = found if len(found) == 1 else plain
    return next(iter(sure.items())) if len(sure) == 1 else ("", "")


def _is_plain(file: str) -> bool:
    return PurePosixPath(file).name == "requirements.txt"


def _installed_by(root: Path, file: str, files: Collection[str]) -> str:
    """Return file and line of what installs a list.

    That is a script beside it or at the top, or any that names the list with its folder.
    """
    folder, _, name = file.rpartition("/")
    for script in sorted(files, key=lambda one: (one.rpartition("/")[0] not in {folder, ""}, one)):
        above, _, base = script.rpartition("/")
        near = above in {folder, ""}
        if not _SCRIPTS.fullmatch(base) or not (near or base.endswith(".sh")):
            continue
        try:
            lines = decode(read_bytes(root, script)).splitlines()
        except ValueError:
            continue
        installs = any(_INSTALLS.search(line) for line in lines)
        wanted = re.compile(rf"(?<![\w.-]){re.escape(name if above == folder else file)}(?![\w-])")
        for number, line in enumerate(lines, start=1):
            if wanted.search(line) and (installs if near else _INSTALLS.search(line)):
                return f"{script}:{number}"
    return ""


def refuse_unlisted(project: Project, *, allowed: bool = False) -> None:
    """Refuse a project that would be installed without packages although it needs some.

    Raises RequirementsInvalidError that names the imports, and the files seen in subfolders.
    """
    if project.asked or project.lock or allowed:
        return
    named = [one for one in project.uses if one.code == "imports" and one.when is not When.MAYBE]
    imports = [use for use in named if not is_brought(use.origin.file)]
    if len(imports) < len(named):  # it brings its packages: what is called alone may be optional
        imports = [use for use in imports if use.when is When.START]
    seen = project.elsewhere if imports or not project.listed else ()
    if not imports and not seen:
        return
    details = [
        Detail(text="lists dependencies, but lies in a subfolder", file=file)
        for file in seen[:_MOST]
    ]
    details += [
        use.origin.problem(f"imports {use.value}, which no requirement installs")
        for use in imports[:_MOST]
    ]
    remedy = _remedy(seen, [use.origin.file for use in imports])
    raise RequirementsInvalidError(
        f"no requirements found for {project.name.value}",
        details=details,
        hint=f"{remedy}; --allow-empty plans without packages",
    )


def _remedy(seen: Collection[str], sources: Collection[str]) -> str:
    """Return what to do: a list that lies beside all that imports its packages is a project's."""
    beside = {f"{_folder(file)}/" for file in seen if file.split("/")[0] not in _FOR_INSTALLING}
    if not sources or any(not any(map(one.startswith, beside)) for one in sources):
        beside = set()
    folders = {_folder(file) for file in seen if PurePosixPath(file).name in _PROJECTS}
    folders |= {folder.rstrip("/") for folder in beside}
    listed = sorted(
        (file for file in seen if _folder(file) not in folders),
        key=lambda one: (
            bool(_NOT_TO_RUN.search(PurePosixPath(one).stem)),
            not _is_plain(one),
            one,
        ),
    )
    ways = [f"plan the folder itself: `leanscaffold plan {one}`" for one in sorted(folders)[:_MOST]]
    if listed:
        ways.append(f"name the file: --requirement {listed[0]}")
    return ", or ".join(ways) or "list the packages in requirements.txt"


def _folder(file: str) -> str:
    return str(PurePosixPath(file).parent)
