"""The bundled snapshot of what device projects use: its format, and reading it name by name.

``knowledge/snapshots/wheels/NAME.jsonl`` holds one record a line: a ``release`` record, followed by
a ``file`` record for each of its files. ``head.json`` beside them says what wrote it and when.
Records hold no addresses: file name and SHA-256 identify a file on any index.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from typing import Literal

import msgspec

from scaffold.model.errors import DataMissingError, Detail, KnowledgeInvalidError
from scaffold.model.index import (
    DistFile,
    Metadata,
    Page,
    SourceFacts,
    WheelFacts,
    assume_elf,
    is_pure,
)

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


# A record ends here if it has nothing of the others, or was made before these were told apart.
_FIRST_KINDS = KINDS[:-2]
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DECODER = msgspec.json.Decoder(ReleaseRecord | FileRecord)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRelease:
    """A release with its files, and the facts of those wheels that were looked into."""

    metadata: Metadata
    files: tuple[DistFile, ...]
    facts: dict[str, WheelFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownProject:
    """All that the snapshot holds of one project, releases newest first."""

    name: str
    releases: tuple[KnownRelease, ...]

    def files(self) -> tuple[DistFile, ...]:
        """Return the files of all releases."""
        return tuple(file for release in self.releases for file in release.files)

    def facts(self) -> dict[str, WheelFacts]:
        """Return the facts of all wheels by file name, as they were read."""
        return {name: known for release in self.releases for name, known in release.facts.items()}


class Snapshot:
    """Reads folders of snapshot files, the last one that has a name wins; each name once."""

    def __init__(self, folder: Traversable, *more: Traversable) -> None:
        self._folders = (folder, *more)
        self._projects: dict[str, KnownProject | None] = {}
        self._wheels: dict[str, dict[str, tuple[str, WheelFacts]]] = {}

    def head(self) -> Head:
        """Return what wrote the first folder and when. Raises DataMissingError without it."""
        try:
            return msgspec.json.decode((self._folders[0] / "head.json").read_bytes(), type=Head)
        except FileNotFoundError:
            raise DataMissingError(
                "the snapshot of package facts is missing",
                hint="install leanscaffold again, or leave --offline away",
            ) from None

    def project(self, name: str) -> KnownProject | None:
        """Return what is known of a (normalised) name, or None."""
        if name not in self._projects:
            self._projects[name] = self._read(name)
        return self._projects[name]

    def page(self, name: str) -> Page | None:
        """Return the known files of a project as a page."""
        project = self.project(name)
        if project is None:
            return None
        return Page(name=name, files=project.files(), origin="snapshot")

    def metadata(self, name: str, files: Sequence[DistFile]) -> Metadata | None:
        """Return the metadata of the release that one of ``files`` belongs to."""
        project = self.project(name)
        if project is None:
            return None
        wanted = {file.filename: file.sha256 for file in files}
        for release in project.releases:
            for file in release.files:
                sha256 = wanted.get(file.filename)
                if sha256 is not None and sha256 in {"", file.sha256}:
                    return release.metadata
        return None

    def speaks_for(self, name: str, file: DistFile) -> bool:
        """Tell whether a release's metadata is that of a file: its only wheel, by hash."""
        project = self.project(name)
        for release in project.releases if project else ():
            wheels = [one for one in release.files if one.filename.endswith(".whl")]
            if [(one.filename, one.sha256) for one in wheels] == [(file.filename, file.sha256)]:
                return True
        return False

    def wheel_facts(self, name: str, file: DistFile) -> WheelFacts | None:
        """Return the facts of a wheel; ELF facts may be taken over from a sibling."""
        known = self._wheels_of(name)
        sha256, facts = known.get(file.filename, ("", None))
        if facts is None or file.sha256 not in {"", sha256}:
            return None
        return assume_elf(facts, file.filename, self.siblings(name))

    def siblings(self, name: str) -> Iterator[tuple[str, WheelFacts]]:
        """Yield (file name, facts) of all wheels looked into, as read, newest first."""
        for filename, (_, facts) in self._wheels_of(name).items():
            yield filename, facts

    def _wheels_of(self, name: str) -> dict[str, tuple[str, WheelFacts]]:
        """Return SHA-256 and facts by file name; put together once, as it is asked for often."""
        if name not in self._wheels:
            project = self.project(name)
            facts = project.facts() if project else {}
            files = project.files() if project else ()
            hashes = {file.filename: file.sha256 for file in files}
            self._wheels[name] = {one: (hashes[one], known) for one, known in facts.items()}
        return self._wheels[name]

    def _read(self, name: str) -> KnownProject | None:
        if not _NAME.fullmatch(name):
            return None
        for folder in reversed(self._folders):
            path = folder / f"{name}.jsonl"
            try:
                return decode_project(name, path.read_bytes())
            except FileNotFoundError:
                continue
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise KnowledgeInvalidError(
                    f"the snapshot of {name} cannot be read",
                    details=[Detail(file=path.name, text=str(error))],
                    hint="install leanscaffold again, or refresh your own knowledge",
                ) from error
        return None


def decode_project(name: str, data: bytes) -> KnownProject:
    """Return the project that snapshot lines describe. Raises msgspec.DecodeError."""
    releases: list[KnownRelease] = []
    heads: list[tuple[ReleaseRecord, list[FileRecord]]] = []
    for record in _DECODER.decode_lines(data):
        if isinstance(record, ReleaseRecord):
            heads.append((record, []))
        elif heads:
            heads[-1][1].append(record)
        else:
            raise msgspec.ValidationError("a file stands before the first release")
    for head, records in heads:
        files = tuple(_expand_file(head, record) for record in records)
        releases.append(
            KnownRelease(
                metadata=Metadata(
                    name=name,
                    version=head.version,
                    requires=head.requires,
                    extras=head.extras,
                    requires_python=head.requires_python,
                ),
                files=files,
                facts={
                    file.filename: _expand_facts(file.filename, record.facts)
                    for file, record in zip(files, records, strict=True)
                    if record.facts is not None
                },
            )
        )
    return KnownProject(name=name, releases=tuple(releases))


def encode_project(project: KnownProject) -> bytes:
    """Return the canonical lines of a project: the same values give the same bytes."""
    lines: list[ReleaseRecord | FileRecord] = []
    for release in project.releases:
        head = _head_of(release)
        lines.append(head)
        lines.extend(
            _compact_file(head, file, release.facts.get(file.filename))
            for file in sorted(release.files, key=lambda file: file.filename)
        )
    return msgspec.json.Encoder().encode_lines(lines)


def _head_of(release: KnownRelease) -> ReleaseRecord:
    metadata = release.metadata
    first = min(release.files, key=lambda file: file.filename)
    return ReleaseRecord(
        version=metadata.version,
        stem="-".join(first.filename.removesuffix(".tar.gz").split("-")[:2]),
        uploaded=min(file.uploaded for file in release.files),
        requires_python=metadata.requires_python,
        requires=metadata.requires,
        extras=metadata.extras,
    )


def _compact_file(head: ReleaseRecord, file: DistFile, facts: WheelFacts | None) -> FileRecord:
    name = file.filename
    same_python = file.requires_python == head.requires_python
    return FileRecord(
        filename="~" + name.removeprefix(head.stem) if name.startswith(head.stem) else name,
        size=file.size,
        sha256=urlsafe_b64encode(bytes.fromhex(file.sha256)).decode().rstrip("="),
        uploaded="" if file.uploaded == head.uploaded else file.uploaded,
        requires_python=None if same_python else file.requires_python,
        yanked=file.yanked,
        facts=None if facts is None else _compact_facts(facts),
    )


def _compact_facts(facts: WheelFacts) -> FactsRecord:
    elf = None
    if facts.elf == "read":
        elf = ElfRecord(
            glibc=None if facts.glibc is None else f"{facts.glibc[0]}.{facts.glibc[1]}",
            needs=facts.needs,
        )
    late = any(facts.kind(kind) for kind in KINDS[len(_FIRST_KINDS) :])
    sizes = tuple(facts.kind(kind) for kind in (KINDS if late else _FIRST_KINDS))
    counted = () if facts.blocks is None else (facts.blocks,)
    return FactsRecord(files=facts.files, sizes=(*sizes, *counted), elf=elf)


def _expand_file(head: ReleaseRecord, record: FileRecord) -> DistFile:
    name = record.filename
    own_python = record.requires_python
    return DistFile(
        filename=head.stem + name[1:] if name.startswith("~") else name,
        sha256=urlsafe_b64decode(record.sha256 + "=").hex(),
        size=record.size,
        requires_python=head.requires_python if own_python is None else own_python,
        yanked=record.yanked,
        uploaded=record.uploaded or head.uploaded,
    )


def _expand_facts(filename: str, record: FactsRecord) -> WheelFacts:
    glibc = record.elf.glibc if record.elf else None
    major, _, minor = (glibc or "").partition(".")
    state = "read" if record.elf else "none" if is_pure(filename) else "unread"
    kinds = KINDS if len(record.sizes) >= len(KINDS) else _FIRST_KINDS
    sizes, counted = record.sizes[: len(kinds)], record.sizes[len(kinds) :]
    return WheelFacts(
        installed=sum(sizes),
        files=record.files,
        kinds=tuple((kind, size) for kind, size in zip(kinds, sizes, strict=True) if size),
        glibc=(int(major), int(minor)) if glibc else None,
        needs=record.elf.needs if record.elf else (),
        elf=state,
        blocks=counted[0] if counted else None,
    )


class SnapshotIndex:
    """Satisfies ``scaffold.model.index.Index`` with what the snapshot holds."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def page(self, name: str, *, index: str = "") -> Page | None:
        """Return the known files of a project, or None; of other indexes it knows nothing."""
        return None if index else self._snapshot.page(name)

    def prefetch(self, names: Sequence[str]) -> None:
        """Do nothing: reading a file ahead would save no time."""

    def metadata(self, name: str, version: str, file: DistFile) -> Metadata | None:  # noqa: ARG002 - of a port
        """Return the metadata of the release that the file belongs to."""
        return self._snapshot.metadata(name, [file])

    def prefetch_metadata(self, wanted: Sequence[tuple[str, str, DistFile]]) -> None:
        """Do nothing, as for pages."""

    def source_facts(self, name: str, file: DistFile) -> SourceFacts | None:  # noqa: ARG002 - of a port
        """Return None: the snapshot holds no sources."""
        return None

    def wheel_facts(
        self,
        wanted: Sequence[tuple[str, str, DistFile]],
        *,
        network: bool,  # noqa: ARG002 - of a port
        large: bool = False,  # noqa: ARG002 - of a port
    ) -> tuple[WheelFacts | None, ...]:
        """Return what is known of wheels, in the order asked."""
        return tuple(self._snapshot.wheel_facts(name, file) for name, _, file in wanted)
