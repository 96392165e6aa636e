"""From layers laid over each other to the final file system."""

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scaffold.assembler.records import INTERPRETER
from scaffold.assembler.trimming import REPORT
from scaffold.model.image import (
    BLOCK,
    Contents,
    ImageConfig,
    ImageFile,
    Suspect,
    in_blocks,
    is_database,
)
from scaffold.model.verification import Layer
from scaffold.project.secrets import find_in_config, unique

_GONE, _OPAQUE = ".wh.", ".wh..wh..opq"
_MOST_LINKS = 40
_PACKAGE_FILES = ("RECORD", "METADATA", "WHEEL", "top_level.txt", REPORT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a layer's archive. ``text`` is kept of few files only."""

    file: ImageFile
    text: str = ""
    suspect: Suspect | None = None


def is_kept(path: str) -> bool:
    """Tell whether some check reads a file's text."""
    folder, name = posixpath.split(path)
    return (
        (folder.endswith(".dist-info") and name in _PACKAGE_FILES)
        or path == "/etc/ld.so.conf"
        or folder == "/etc/ld.so.conf.d"
        or (folder == "/etc" and name.startswith("ld-musl-"))
        or is_database(path)
        or path == INTERPRETER
        or (folder.startswith("/usr/share/doc/") and name == "copyright")
    )


def site_folders(paths: Iterable[str]) -> frozenset[str]:
    """Return the folders that packages are installed in: those that hold a ``.dist-info``."""
    return frozenset(
        posixpath.dirname(posixpath.dirname(path))
        for path in paths
        if path.endswith(".dist-info/METADATA")
    )


def make_contents(
    image: str,
    config: Mapping[str, Any],
    layers: Sequence[tuple[tuple[str, int, int], Sequence[Entry]]],
) -> Contents:
    """Return the image. Each layer is (digest, on disk, download) with its entries, in order."""
    files: dict[str, ImageFile] = {}
    texts: dict[str, str] = {}
    suspects: list[Suspect] = []
    for number, (_, entries) in enumerate(layers):
        _remove_covered(files, entries)
        for entry in entries:
            if posixpath.basename(entry.file.path).startswith(_GONE):
                continue
            files[entry.file.path] = replace(entry.file, layer=number)
            if entry.text:
                texts[entry.file.path] = entry.text
            if entry.suspect:
                suspects.append(entry.suspect)
    read = read_config(config)
    return Contents(
        id=image,
        config=read,
        layers=_describe(config, layers),
        files=files,
        texts={path: text for path, text in texts.items() if path in files},
        suspects=unique((*suspects, *find_in_config(read))),
    )


def _remove_covered(files: dict[str, ImageFile], entries: Iterable[Entry]) -> None:
    """Remove what a layer's whiteouts hide, and what it replaces a folder by."""
    gone: list[str] = []
    emptied: list[str] = []
    for entry in entries:
        folder, name = posixpath.split(entry.file.path)
        if name == _OPAQUE:
            emptied.append(folder)
        elif name.startswith(_GONE):
            gone.append(posixpath.join(folder, name.removeprefix(_GONE)))
        elif entry.file.kind != "folder" and entry.file.path in files:
            before = files[entry.file.path]
            if before.kind == "folder":
                gone.append(entry.file.path)
    if not gone and not emptied:
        return
    below = tuple(f"{path}/" for path in (*gone, *emptied))
    for path in [path for path in files if path in gone or path.startswith(below)]:
        del files[path]


def _describe(
    config: Mapping[str, Any], layers: Sequence[tuple[tuple[str, int, int], Sequence[Entry]]]
) -> tuple[Layer, ...]:
    history = (line for line in config.get("history") or () if not line.get("empty_layer"))
    said = (str(line.get("created_by", "")) for line in history)
    plain = (one.removesuffix("# buildkit").removeprefix("/bin/sh -c #(nop)") for one in said)
    made = [" ".join(one.split()) for one in plain]
    made = made if len(made) == len(layers) else [""] * len(layers)
    return tuple(
        Layer(
            digest=digest,
            on_disk=on_disk,
            download=download,
            made_by=line,
            in_blocks=sum(_in_blocks(entry.file) for entry in entries),
        )
        for ((digest, on_disk, download), entries), line in zip(layers, made, strict=True)
    )


def _in_blocks(file: ImageFile) -> int:
    """Return what an entry takes on the file system; short links live in the inode."""
    return BLOCK if file.kind == "folder" else in_blocks(file.size)


def read_config(config: Mapping[str, Any]) -> ImageConfig:
    """Return the configuration of an image as the OCI image specification spells it."""
    run = config.get("config") or {}
    variant = config.get("variant") or ""
    arch = str(config.get("architecture") or "")
    health = tuple((run.get("Healthcheck") or {}).get("Test") or ())
    return ImageConfig(
        arch=f"{arch}/{variant}" if variant and arch == "arm" else arch,
        user=str(run.get("User") or ""),
        entrypoint=tuple(run.get("Entrypoint") or ()),
        command=tuple(run.get("Cmd") or ()),
        environment=tuple(
            (name, value)
            for name, _, value in (text.partition("=") for text in run.get("Env") or ())
        ),
        labels=tuple(sorted((run.get("Labels") or {}).items())),
        workdir=str(run.get("WorkingDir") or "/"),
        stop_signal=str(run.get("StopSignal") or ""),
        volumes=tuple(sorted(run.get("Volumes") or {})),
        health=_health_argv(health),
        history=tuple(str(line.get("created_by", "")) for line in config.get("history") or ()),
        created=str(config.get("created") or ""),
    )


def _health_argv(test: tuple[str, ...]) -> tuple[str, ...]:
    if test[:1] == ("CMD",):
        return test[1:]
    return ("/bin/sh", "-c", *test[1:]) if test[:1] == ("CMD-SHELL",) else ()


def real_path(files: Mapping[str, ImageFile], path: str) -> str:
    """Return the path of the file at the end of all links, empty where there is nothing."""
    todo = [part for part in posixpath.normpath(path).split("/") if part]
    done, links = "", 0
    while todo:
        here = f"{done}/{todo.pop(0)}"
        file = files.get(here)
        if file is not None and file.kind == "link" and links < _MOST_LINKS:
            links += 1
            aim = posixpath.normpath(posixpath.join(done or "/", file.target))
            todo = [part for part in aim.split("/") if part] + todo
            done = ""
        else:
            done = here
    found = files.get(done)
    return done if found is not None and found.kind in {"file", "hard-link"} else ""
