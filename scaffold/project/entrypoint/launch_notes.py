"""What the container of a project's own Dockerfile has and ours has not."""

import posixpath
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress

from packaging.utils import canonicalize_name

from scaffold.project.entrypoint.launch import Launch, unwrap
from scaffold.project.entrypoint.moved_paths import (
    Reading,
    note_paths,
)
from scaffold.project.entrypoint.own_command import (
    PYTHON_PROGRAM,
    OwnStart,
    is_python_file,
    move_argument,
)
from scaffold.project.entrypoint.script_variables import UnclearError

# Devices, and what a process makes when it starts.
_MADE = re.compile(r"/(?:dev|tmp|var/tmp)/|.*\.pid$")
_LONGEST = 60  # characters of a command in a note


def note_differences(reading: Reading, launch: Launch, own: OwnStart) -> Iterator[str]:
    """Yield what the container of the project's Dockerfile has and this one has not."""
    where = f"{launch.file}:{launch.line}"
    outside = [
        path
        for word in launch.words[1:]
        if (path := word.partition("=")[2] if word.startswith("--") else word).startswith("/")
        and move_argument(reading, path, launch.workdir) == path
        and not _MADE.match(path)
        and path != launch.words[0]
    ]
    started_file = reading.path(launch.words[1], launch.workdir) if launch.words[1:] else None
    for path in outside:
        if started_file is None or path != launch.words[1]:
            yield f"{where} names {path}, which is not in the project: mount it there"
    if launch.unset:
        yield (
            f"{where} takes options from {', '.join(launch.unset)}, which nothing sets there: the "
            "image starts without them; --cmd gives it some"
        )
    if launch.filled:
        names = ", ".join(dict.fromkeys(launch.filled))
        yield (
            f"{where} takes {names} from its environment: the image has what is set there now, "
            "whatever a container is given; --cmd names others"
        )
    if launch.under:
        yield f"{where} runs it under {launch.under}; the image does not: --cmd names it"
    for line in launch.behind:
        yield f"{line} besides: the image starts one process; give another container that command"
    if launch.skipped:
        told = [one for one in launch.skipped if _is_of_application(reading, one, launch.workdir)]
        names = ", ".join(dict.fromkeys(f"`{_shortened(shlex.join(one))}`" for one in told))
        yield (
            f"{where} runs {names} first; the image does not: run it in a container of it before"
            if told
            else f"{where} runs more before that line; the image does not run that"
        )
    home = reading.path(".", launch.workdir)
    folder = own.entry.start.value.folder if own.entry is not None else "."
    if folder == "." and home not in {None, "."} and "--chdir" not in own.command:
        yield f"{where} starts in {home}/, the image in /app: relative paths differ"
    yield from note_paths(reading, launch, folder)


def _shortened(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _is_of_application(reading: Reading, words: Sequence[str], workdir: str) -> bool:
    """Tell whether a command that runs before the start is one of Python's, or of a dependency."""
    with suppress(UnclearError):
        words = unwrap(words)
    name = posixpath.basename(words[0]) if words else ""
    return bool(
        (PYTHON_PROGRAM.fullmatch(name) and not {"-c", "pip", "venv"} & {*words[1:3]})
        or name in reading.scripts
        or canonicalize_name(name) in reading.installed
        or ((path := reading.path(words[0], workdir)) and is_python_file(reading, path))
    )
