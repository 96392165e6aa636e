"""A small index in memory for tests of the core: only what matters is stated."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scaffold.model.index import DistFile, Metadata, Page, SourceFacts, WheelFacts
from scaffold.model.project import Asked, Origin
from scaffold.model.target import Arch, Environment, Libc, LibcFamily


@dataclass(slots=True)
class World:
    """An index that knows what it was told. ``asked`` records which pages were opened.

    ``own`` is what one file requires unlike its release, ``silent`` are sdists that do not tell,
    ``sources`` what building an sdist takes.
    """

    pages: dict[str, list[DistFile]] = field(default_factory=dict)
    requires: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    facts: dict[str, WheelFacts] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    ahead: list[str] = field(default_factory=list)  # files whose metadata is asked for ahead
    read: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)  # with ``ahead`` then
    own: dict[str, tuple[str, ...]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    large: dict[str, WheelFacts] = field(default_factory=dict)  # known once large wheels are read
    sources: dict[str, SourceFacts] = field(default_factory=dict)

    def add(
        self,
        filename: str,
        *,
        requires: Sequence[str] = (),
        size: int = 1000,
        yanked: bool = False,
        requires_python: str = "",
        facts: WheelFacts | None = None,
        sha256: str = "",
        name: str = "",
        uploaded: str = "",
    ) -> "World":
        """Put a file on the page of its project."""
        end = filename.removesuffix(".whl").removesuffix(".tar.gz")
        parts = end.split("-") if filename.endswith(".whl") else end.rsplit("-", 1)
        name = name or canonicalize_name(parts[0])
        self.requires[name, parts[1]] = tuple(requires)
        self.pages.setdefault(name, []).append(
            DistFile(
                filename=filename,
                size=size,
                yanked=yanked,
                requires_python=requires_python,
                uploaded=uploaded,
                sha256=sha256 or f"{abs(hash(filename)):064x}",
            )
        )
        if filename.endswith(".whl"):
            self.facts[filename] = facts or WheelFacts(installed=3 * size, files=3, elf="none")
        return self

    def page(self, name: str, *, index: str = "") -> Page | None:
        self.asked.append(f"{index} {name}".strip())
        files = self.pages.get(f"{index} {name}".strip())
        return None if files is None else Page(name=name, files=tuple(files), origin="test")

    def prefetch(self, names: Sequence[str]) -> None:
        """Do nothing: everything is here."""

    def metadata(self, name: str, version: str, file: DistFile) -> Metadata | None:
        self.read.append((file.filename, tuple(self.ahead)))
        own = self.own.get(file.filename)
        requires = self.requires[name, version] if own is None else own
        uncertain = file.filename in self.silent
        return Metadata(
            name=name,
            version=version,
            requires=requires,
            extras=tuple(re.findall(r"extra == '([\w-]+)'", " ".join(requires))),
            uncertain=uncertain,
        )

    def prefetch_metadata(self, wanted: Sequence[tuple[str, str, DistFile]]) -> None:
        """Note what would be fetched; everything is here."""
        self.ahead.extend(file.filename for _, _, file in wanted)

    def source_facts(self, name: str, file: DistFile) -> SourceFacts | None:
        assert name
        return self.sources.get(file.filename)

    def wheel_facts(
        self, wanted: Sequence[tuple[str, str, DistFile]], *, network: bool, large: bool = False
    ) -> tuple[WheelFacts | None, ...]:
        assert network in {True, False}
        found = self.facts | self.large if large else self.facts
        return tuple(found.get(file.filename) for _, _, file in wanted)


def ask(*texts: str) -> tuple[Asked, ...]:
    """Return requirements as a requirements file would give them."""
    found = []
    for line, text in enumerate(texts, 1):
        requirement = Requirement(text)
        found.append(
            Asked(
                name=canonicalize_name(requirement.name),
                specifier=str(requirement.specifier),
                extras=tuple(sorted(requirement.extras)),
                marker=str(requirement.marker or ""),
                url=requirement.url or "",
                text=text,
                origin=Origin(file="requirements.txt", line=line),
            )
        )
    return tuple(found)


def environment(
    python: str = "3.13", arch: Arch = Arch.AMD64, libc: str = "glibc", version: str = "2.41"
) -> Environment:
    """Return an environment."""
    major, minor = (int(part) for part in version.split("."))
    return Environment(
        python=python, arch=arch, libc=Libc(family=LibcFamily(libc), version=(major, minor))
    )


def musl(arch: Arch = Arch.AMD64, python: str = "3.13") -> Environment:
    """Return a musl environment."""
    return environment(python, arch, "musl", "1.2")


def versions(packages: object) -> Mapping[str, str]:
    """Return name → version of a resolution's packages."""
    return {pinned.name: pinned.version for pinned in packages}  # type: ignore[attr-defined]
