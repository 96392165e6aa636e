"""The records of a snapshot, as they stand in its files."""

from typing import Literal

import msgspec

KINDS = (
    "py", "so", "pyi", "headers", "static", "sources", "tests", "docs", "dist-info", "other",
    "examples", "locales",
)  # fmt: skip


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What wrote the snapshot, and when (ISO date). ``kinds`` explains the columns of sizes."""

    generator: str
    date: str
    names: int
    kinds: tuple[str, ...]
    format: Literal[1] = 1


class ElfRecord(msgspec.Struct, frozen=True, array_like=True):
    """ELF facts that were read from this very file: ``2.27`` or none, and the libraries."""

    glibc: str | None
    needs: tuple[str, ...]


class FactsRecord(msgspec.Struct, frozen=True, array_like=True):
    """The inside of a wheel.

    ``sizes`` are bytes in the order of ``KINDS``, and then what everything takes in blocks, where
    that was counted.
    """

    files: int
    sizes: tuple[int, ...]
    elf: ElfRecord | None


class ReleaseRecord(msgspec.Struct, frozen=True, array_like=True, tag="release"):
    """A version; ``stem`` is the start that its file names share."""

    version: str
    stem: str
    uploaded: str
    requires_python: str
    requires: tuple[str, ...]
    extras: tuple[str, ...]


class FileRecord(msgspec.Struct, frozen=True, array_like=True, tag="file"):
    """A file of the release above. ``~`` stands for the stem, empty for the release's value."""

    filename: str
    size: int | None
    sha256: str
    uploaded: str = ""
    requires_python: str | None = None
    yanked: bool = False
    facts: FactsRecord | None = None
