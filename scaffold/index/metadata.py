"""Core metadata: how it reads, and where a source distribution has it."""

import re
import tarfile
from typing import IO
from zipfile import ZipFile

from packaging.utils import canonicalize_name

from scaffold.model.index import Metadata

MOST_READ = 96 << 20  # bytes of an archive to look through for its PKG-INFO
_HEADERS_END = re.compile(rb"\r?\n\r?\n")


def parse_metadata(data: bytes, *, sdist: bool = False) -> Metadata | None:
    """Return core metadata from METADATA or PKG-INFO text, None without name and version.

    An sdist's dependencies are certain from metadata 2.2 on, unless declared dynamic (PEP 643).
    """
    from packaging.metadata import parse_email  # noqa: PLC0415 - slow to import

    raw, _ = parse_email(_HEADERS_END.split(data, maxsplit=1)[0] + b"\n\n")
    name, version = raw.get("name"), raw.get("version")
    if not name or not version:
        return None
    level = tuple(int(part) for part in raw.get("metadata_version", "1.0").split(".") if part)
    dynamic = {field.lower() for field in raw.get("dynamic", [])}
    certain = level >= (2, 2) and "requires-dist" not in dynamic
    return Metadata(
        name=canonicalize_name(name),
        version=version,
        requires=tuple(raw.get("requires_dist", [])),
        extras=tuple(raw.get("provides_extra", [])),
        requires_python=raw.get("requires_python", ""),
        uncertain=sdist and not certain,
    )


def read_tar_metadata(stream: IO[bytes]) -> Metadata | None:
    """Return the PKG-INFO of a tar archive, read from the front and no further than needed."""
    try:
        with tarfile.open(fileobj=stream, mode="r|*") as archive:
            for member in archive:
                if member.isfile() and _is_pkg_info(member.name):
                    file = archive.extractfile(member)
                    return parse_metadata(file.read(), sdist=True) if file else None
                if member.offset > MOST_READ:
                    return None
    except (tarfile.TarError, EOFError, ValueError):
        return None
    return None


def read_zip_metadata(archive: ZipFile) -> Metadata | None:
    """Return the PKG-INFO of a zip archive."""
    name = next((name for name in archive.namelist() if _is_pkg_info(name)), None)
    return None if name is None else parse_metadata(archive.read(name), sdist=True)


def _is_pkg_info(name: str) -> bool:
    parts = name.removeprefix("./").split("/")
    return len(parts) == 2 and parts[1] == "PKG-INFO"  # noqa: PLR2004 - at depth one
