"""The keep-list as a text to be committed: canonical JSON, one path a line."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from scaffold.assembler.traced.keeping import spell_file
from scaffold.docker.image_fs import real_path
from scaffold.docker.installed_packages import find_installed, owners
from scaffold.model.errors import ConfigInvalidError
from scaffold.model.image import Contents
from scaffold.model.run import Trace
from scaffold.project.dockerignore import TRACE
from scaffold.project.text_io import read_bytes

VERSION = 1
KERNEL = "fanotify"
# Folders that stay where nobody could see whether something in them was opened.
UNSEEN = ("/etc/ssl/", "/usr/share/zoneinfo/")
Json = dict[str, Any]


def render_trace(trace: Trace) -> str:
    """Return the text of a keep-list."""
    document = {**describe_keeping(trace), "figures": msgspec.to_builtins(trace.figures)}
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def describe_keeping(trace: Trace) -> Json:
    """Return all of a keep-list that shapes an image."""
    return {
        "version": VERSION,
        "about": "Made by `leanscaffold trace`: what the app opens. Commit it; never edit it.",
        "python": trace.python,
        "packages": dict(sorted(trace.packages.items())),
        "runs": msgspec.to_builtins(trace.runs),
        "files": sorted(trace.files),
        "sources": sorted(trace.sources),
    }


def parse_trace(text: str) -> Trace:
    """Return the keep-list in a text. Raises ValueError for anything else."""
    document = json.loads(text)
    version = document.get("version") if isinstance(document, dict) else None
    if version != VERSION:
        raise ValueError(f"it is of version {version}, not {VERSION}")
    try:
        return msgspec.convert(document, Trace)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def find_opened(contents: Contents, paths: Iterable[str]) -> frozenset[str]:
    """Return the regular files of an image among paths that were opened, links followed."""
    return frozenset(filter(None, (real_path(contents.files, path) for path in paths)))


def weigh_opened(contents: Contents, opened: Iterable[str]) -> int:
    """Return the bytes of files; several names of one file count once."""
    files = {contents.files[path].target or path for path in opened}
    return sum(contents.files[path].size for path in files if path in contents.files)


def spell_opened(opened: Iterable[str], site: str, *, workdir: str) -> tuple[str, ...]:
    """Return files as a trace spells them; the app's own are never dropped, nor listed."""
    stdlib = site.rpartition("/")[0]
    kept = (path for path in opened if not path.startswith(f"{workdir.rstrip('/')}/"))
    return tuple(sorted({spell_file(path, stdlib, site) for path in kept}))


def find_read_sources(contents: Contents, opened: Iterable[str], site: str) -> tuple[str, ...]:
    """Return the sources that were read although their bytecode is there, as a trace spells them.

    The interpreter reads them only without; it is the app that wants them.
    """
    stdlib = site.rpartition("/")[0]
    compiled = {spell_file(path, stdlib, site) for path in contents.files if path.endswith(".pyc")}
    read = {spell_file(path, stdlib, site) for path in opened if path.endswith(".py")}
    return tuple(sorted(read & compiled))


def find_dropped(whole: Contents, kept: Contents) -> dict[str, int]:
    """Return the bytes that went, by package; ``""`` for what is no package's."""
    before, after = _weigh_packages(whole), _weigh_packages(kept)
    gone = {name: count - after.get(name, 0) for name, count in sorted(before.items())}
    return {name: count for name, count in gone.items() if count > 0}


def _weigh_packages(contents: Contents) -> dict[str, int]:
    by = owners(find_installed(contents))
    found: dict[str, int] = {}
    for path, file in contents.files.items():
        name = by.get(path, "")
        found[name] = found.get(name, 0) + file.size
    return found


def join_traces(earlier: Trace, trace: Trace) -> Trace:
    """Return a trace that lists what either does; what an earlier release opened says nothing."""
    if (earlier.python, earlier.packages) != (trace.python, trace.packages):
        return trace
    measured = {(one.arch, one.base, one.closure) for one in trace.figures}
    return replace(
        trace,
        runs=(*(run for run in earlier.runs if run not in trace.runs), *trace.runs),
        files=tuple(sorted({*earlier.files, *trace.files})),
        sources=tuple(sorted({*earlier.sources, *trace.sources})),
        figures=(
            *(one for one in earlier.figures if (one.arch, one.base, one.closure) not in measured),
            *trace.figures,
        ),
    )


def read_trace(root: Path) -> Trace | None:
    """Return a project's keep-list or None. Raises ConfigInvalidError, PathUnreadableError."""
    if not (root / TRACE).exists():
        return None
    try:
        return parse_trace(read_bytes(root, TRACE).decode())
    except ValueError as error:
        raise ConfigInvalidError(
            f"{TRACE} cannot be used: {error}",
            hint="make it again (leanscaffold trace), or delete it",
        ) from error
