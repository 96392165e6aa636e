"""Wheels and sdists that lie in the project, read where they lie."""

import hashlib
import tarfile
import zlib
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from scaffold.index.metadata import SdistInside, read_sdist
from scaffold.index.wheel_contents import read_wheel, wheel_metadata
from scaffold.model.index import DistFile, Metadata, Page, SourceFacts, WheelFacts
from scaffold.model.project import ProjectFile

_UNREADABLE = (BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError)


class ProjectFiles:
    """A layer of the index: what the project brings itself."""

    def __init__(self, root: Path, files: Sequence[ProjectFile]) -> None:
        self._root = root
        self._files = tuple(files)
        self._paths = {one.file.sha256: one.path for one in files}
        # Each environment asks for the same ones, and a wheel may have gigabytes.
        self._metadata, self._sdist = cache(read_metadata), cache(_read_sdist)
        self._wheel_facts = cache(_read_wheel)

    def page(self, name: str) -> Page | None:
        """Return the project's own files of a name, None where it has none."""
        files = tuple(one.file for one in self._files if one.name == name)
        return Page(name=name, files=files, origin="project") if files else None

    def metadata(self, files: Sequence[DistFile]) -> Metadata | None:
        """Return the metadata of the first of these files that lies in the project."""
        for file in files:
            path = self._paths.get(file.sha256)
            found = self._metadata(self._root / path) if path else None
            if found is not None:
                return found
        return None

    def sdist(self, file: DistFile) -> bytes | None:
        """Return the bytes of an sdist of the project, None where it is none or cannot be read."""
        path = self._paths.get(file.sha256)
        with suppress(OSError):
            return (self._root / path).read_bytes() if path else None
        return None

    def source_facts(self, file: DistFile) -> SourceFacts | None:
        """Return what building an sdist of the project takes."""
        path = self._paths.get(file.sha256)
        inside = self._sdist(self._root / path) if path and not path.endswith(".whl") else None
        return inside.source if inside is not None else None

    def wheel_facts(self, file: DistFile) -> WheelFacts | None:
        """Return what is inside a wheel of the project, machine code included."""
        path = self._paths.get(file.sha256)
        return self._wheel_facts(self._root / path) if path and path.endswith(".whl") else None


def _read_wheel(path: Path) -> WheelFacts | None:
    try:
        with ZipFile(path) as wheel:
            return read_wheel(wheel, path.name)
    except _UNREADABLE:
        return None


def _read_sdist(path: Path) -> SdistInside | None:
    try:
        return read_sdist(path.read_bytes(), path.name)
    except _UNREADABLE:
        return None


def read_metadata(path: Path) -> Metadata | None:
    """Return the metadata of a wheel or sdist on disk, None where it cannot be read."""
    if not path.name.endswith(".whl"):
        inside = _read_sdist(path)
        return inside.metadata if inside is not None else None
    try:
        with ZipFile(path) as wheel:
            return wheel_metadata(wheel)
    except _UNREADABLE:
        return None


def identify(filename: str) -> tuple[str, str] | None:
    """Return (normalised name, version) that a file's name says, None where it is neither kind."""
    try:
        if filename.endswith(".whl"):
            name, version, _, _ = parse_wheel_filename(filename)
        else:
            name, version = parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
    return canonicalize_name(name), str(version)


def find_project_file(root: Path, path: str) -> ProjectFile | None:
    """Return a wheel or sdist of the project with its hash, None for another. Raises OSError."""
    place = root / path
    known = identify(place.name)
    if known is None:
        return None
    with place.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    file = DistFile(filename=place.name, sha256=digest, size=place.stat().st_size)
    return ProjectFile(name=known[0], path=path, file=file)
