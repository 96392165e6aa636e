"""Where what lies in the authors' container is in this one: files, folders, volumes."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scaffold.model.dockerfile import Dockerfile, Instruction, Stage
from scaffold.model.project import Origin
from scaffold.project.dockerfile_parser.scopes import fill_in
from scaffold.project.entrypoint import SOURCES
from scaffold.project.entrypoint.apps import is_aside
from scaffold.project.entrypoint.container_paths import Copied, Tails
from scaffold.project.entrypoint.launch import Launch
from scaffold.project.entrypoint.processes import Composed
from scaffold.project.source_modules import Module
from scaffold.project.text_io import text_of

_MOST = 3  # notes on files that are elsewhere
# Of the system, or of whoever runs the container.
_NO_VOLUME = re.compile(
    r"/(?:bin|boot|dev|etc|lib\d*|proc|root|run|sbin|sys|tmp|usr|var/(?:run|lock|tmp))(?:/|$)"
)
_MAKES = re.compile(r"\bmkdir\s+(?:-\S+\s+)*((?:/[\w./-]+[ \t]*)+)")
_CHOWNS = re.compile(r"\bchown\s+(.+)")
# Folders at the root that every image has: what is made in them is no folder of its own.
_OF_SYSTEM = frozenset(
    {*("var", "usr", "etc", "opt", "srv", "mnt", "media", "home", "root", "run")}
)


# What the system keeps its own files in, whatever else is put there.
_SYSTEMS_FOLDER = re.compile(r"/(?:usr|(?:usr/(?:local/)?)?(?:s?bin|lib|etc|share))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A Dockerfile with what its paths and commands are compared with."""

    place: str
    dockerfile: Dockerfile
    copied: Copied | Tails
    files: frozenset[str]
    modules: Sequence[Module]
    installed: frozenset[str]
    scripts: Mapping[str, tuple[str, Origin]]

    @property
    def stage(self) -> Stage:
        """Return the stage that becomes the image."""
        return self.dockerfile.stages[-1]

    def origin(self, step: Instruction, detail: str = "") -> Origin:
        """Return where a step stands."""
        line = self.dockerfile.position(step.span.start)[0]
        return Origin(file=self.place, line=line, detail=detail)

    def path(self, name: str, workdir: str) -> str | None:
        """Return the project's path of a file or folder in the image."""
        return self.copied.project_path(posixpath.join(workdir or "/", name), self.stage)


def move(reading: Reading, path: str) -> str:
    """Return a path in their image as it is in ours; it may be missing in a folder of the project.

    What lies at the root of their file system was not put there by the project.
    """
    folder = posixpath.normpath(path) if path.startswith("/") else "/"
    while folder != "/":
        inside = reading.copied.project_path(folder, reading.stage)
        if inside is None and _has_pieces(reading, folder):
            inside = "."
        if inside is not None:
            rest = posixpath.normpath(path)[len(folder) :].lstrip("/")
            return posixpath.normpath(posixpath.join(SOURCES, inside, rest))
        folder = posixpath.dirname(folder)
    return path


def _has_pieces(reading: Reading, folder: str) -> bool:
    """Tell whether files of the project are copied into a folder one by one, under their names."""
    if _SYSTEMS_FOLDER.fullmatch(folder):
        return False
    tops = {file.partition("/")[0] for file in reading.files}
    return any(reading.copied.project_path(f"{folder}/{top}", reading.stage) == top for top in tops)


def find_volumes(
    reading: Reading, steps: Sequence[Instruction], composed: Composed
) -> Iterator[str]:
    """Yield the folders that VOLUME and a compose file's mounts name, and what is made for data."""
    declared = [
        word
        for step in steps
        if step.keyword == "VOLUME"
        for word in (step.words or fill_in(step.text, step.scope).split())
    ]
    workdir = find_workdir(steps)
    mounted = (path for path, _ in composed.mounts)
    for path in dict.fromkeys((*declared, *mounted, *_made(reading, steps))):
        folder = find_volume(reading, path, workdir)
        if folder:
            yield folder


def _made(reading: Reading, steps: Sequence[Instruction]) -> Iterator[str]:
    """Yield the folders at the root that entry scripts make, and those that the build hands over.

    Of a folder in another at the root that is no system's, the outer one counts.
    """
    inside = {*_OF_SYSTEM, find_workdir(steps).split("/")[1]}
    runs = "\n".join(step.text for step in steps if step.keyword == "RUN")
    owned = " ".join(_CHOWNS.findall(runs))
    scripts = "\n".join(text for _, text in _scripts_in(reading, steps))
    for text, handed in ((scripts, None), (runs, owned)):
        for paths in _MAKES.findall(text):
            for path in paths.split():
                top = path.split("/")[1]
                whole = path if top in inside else f"/{top}"
                if top == "home":
                    continue
                if handed is None or re.search(rf"(?<!\S){re.escape(whole)}(?![\w-])", handed):
                    yield whole


def _scripts_in(reading: Reading, steps: Sequence[Instruction]) -> Iterator[tuple[str, str]]:
    """Yield the shell scripts of the project that ENTRYPOINT and CMD name."""
    for step in steps:
        words = step.words or step.text.split() if step.keyword in {"ENTRYPOINT", "CMD"} else ()
        for word in words:
            file = reading.path(word, find_workdir(steps))
            text = text_of(reading.copied.root, file) if file else ""
            if file and (file.endswith(".sh") or text.startswith("#!/bin/")):
                yield file, text


def find_volume(reading: Reading, path: str, workdir: str) -> str:
    """Return the folder that a path of their container is in ours, empty where it is none to keep.

    A folder that has files of the project is none: an older volume would hide newer files.
    """
    path = posixpath.normpath(path.strip("\"'")) if path.startswith("/") else ""
    if not path or "$" in path or posixpath.splitext(path)[1] or _NO_VOLUME.match(path):
        return ""
    if posixpath.join(workdir, "").startswith(f"{path}/"):
        return ""
    path = move(reading, path)
    inside = path.removeprefix(f"{SOURCES}/")
    has_files = path == SOURCES or any(file.startswith(f"{inside}/") for file in reading.files)
    return "" if has_files else inside


def note_mounts(reading: Reading, composed: Composed) -> Iterator[str]:
    """Yield a note on what a compose file mounts, where that lies in this container."""
    paths = list(dict.fromkeys(path for path, _ in composed.mounts))
    told = [
        path if path == move(reading, path) else f"{path} (here {move(reading, path)})"
        for path in paths
    ]
    if told:
        where = composed.mounts[0][1]
        yield f"{where} mounts {', '.join(told)}: mount it into this container as well"


def note_paths(reading: Reading, launch: Launch, folder: str) -> Iterator[str]:
    """Yield a note on files that the sources name where they lie in the authors' container.

    ``folder`` of the project is where the application runs.
    """
    if not isinstance(reading.copied, Copied):
        return
    known = {posixpath.basename(file) for file in reading.files}
    found: dict[str, tuple[str, str]] = {}
    for module in (one for one in reading.modules if not is_aside(one)):
        for name, node in module.texts:
            whole = name.startswith("/") and "/" in name[1:]
            if not whole and (folder == "." or posixpath.basename(name) not in known):
                continue
            place = reading.path(name, launch.workdir)
            here = posixpath.normpath(posixpath.join(SOURCES, folder, name))
            there = posixpath.normpath(f"{SOURCES}/{place}")
            if place in reading.files and here != there:
                found.setdefault(name, (f"{module.origin(node)}", there))
    for name, (origin, there) in list(found.items())[:_MOST]:
        yield (
            f"{origin} names {name}, where {launch.file} puts it: here it is {there}; "
            "name it from the folder of the sources (`Path(__file__).parent`)"
        )


def find_workdir(steps: Sequence[Instruction]) -> str:
    """Return the folder that holds where the image starts."""
    folder = "/"
    for step in steps:
        if step.keyword == "WORKDIR":
            written = fill_in(step.text.strip().strip("\"'"), step.scope)
            folder = posixpath.join(folder, written)
    return posixpath.normpath(folder)
