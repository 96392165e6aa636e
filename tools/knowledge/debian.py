"""Debian's package index as apt prints it: what a package weighs and pulls in."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from scaffold.model.target import Arch

# Prints what is installed, a line of dashes, and the fields of all packages that matter here.
# The index may be of another architecture than the image: nothing of it is installed.
_SCRIPT = (
    "set -- -o APT::Architecture=ARCH -o APT::Architectures=ARCH; "
    "apt-get \"$@\" update -qq >/dev/null && dpkg-query -W -f '${Package}\\n' && echo ---- && "
    'apt-cache "$@" dumpavail | '
    "grep -E '^(Package|Version|Installed-Size|Size|Depends|Pre-Depends|Provides):|^$'"
)
# Installing a Python package compiles it: of numpy's Installed-Size 0.40 (trixie) and 0.53
# (bookworm), and what a layer makes of that (footprints.toml).
_COMPILED, _COMPILED_LAYER = 0.45, 0.41
_ARCHES = {Arch.ARM_V7: "armhf", Arch.I386: "i386", Arch.PPC64LE: "ppc64el"}
_UPSTREAM = re.compile(r"(?:\d+:)?(?P<version>\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?)")
# What unpacking 89 packages without their documentation showed, by what the index says (bytes
# below which the factors hold, on disk per Installed-Size, gzip layer per .deb).
_CLASSES = (
    (100 << 10, 0.56, 0.48),
    (500 << 10, 0.68, 0.58),
    (2 << 20, 0.80, 0.99),
    (10 << 20, 0.94, 1.08),
    (1 << 62, 0.99, 1.40),
)
# Slim images leave out translations, too: of git 34.8 MB of Installed-Size 50.3 MB arrive, a layer
# of 17.0 MB out of a .deb of 8.9 MB (apt-get install in python:3.13-slim, trixie on amd64,
# 2026-11-25). Of a package of manuals, nearly nothing does.
_LEAN = {"git": (0.69, 1.92)}
_MANUALS = (0.02, 0.01)
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package of the index. ``on_disk`` and ``layer`` are estimates in bytes, by size class.

    ``depends`` are the first alternatives, ``provides`` other names that it answers to.
    """

    name: str
    version: str
    on_disk: int
    layer: int
    depends: tuple[str, ...]
    provides: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A release for one architecture: all packages, and the names that an image has already."""

    packages: Mapping[str, Package]
    installed: frozenset[str]

    def provider(self, name: str) -> str:
        """Return the package for a name that may be virtual; the name itself if none is known."""
        if name in self.packages or name in self.installed:
            return name
        found = (one.name for one in self.packages.values() if name in one.provides)
        return min(found, key=lambda one: (one not in self.installed, one), default=name)

    def lacking(self, name: str) -> tuple[str, ...]:
        """Return what a package depends on that the image lacks, sorted."""
        package = self.packages.get(name)
        wanted = {self.provider(one) for one in (package.depends if package else ())}
        return tuple(sorted(wanted & self.packages.keys() - self.installed - {name}))

    def closure(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the names with all they pull in, sorted; what nobody knows is left out."""
        found: set[str] = set()
        waiting = [name for name in names if name in self.packages]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += () if name in self.installed else self.lacking(name)
        return tuple(sorted(found))


def script(arch: Arch) -> tuple[str, ...]:
    """Return the command that prints the index for an architecture, for ``read_suite``."""
    return ("sh", "-c", _SCRIPT.replace("ARCH", _ARCHES.get(arch, arch.value)))


def upstream_version(version: str) -> str:
    """Return ``1.24.2`` for ``1:1.24.2+ds-1+deb12u1``; empty for what is no plain version."""
    match = _UPSTREAM.match(version.replace("~", ""))
    return match["version"] if match else ""


def read_suite(printed: str) -> Suite:
    """Return what ``script`` printed; of several versions of a package the last counts."""
    installed, _, index = printed.partition("----\n")
    packages = {package.name: package for package in _read_index(index)}
    return Suite(packages=packages, installed=frozenset(installed.split()))


def _read_index(text: str) -> Iterator[Package]:
    for paragraph in text.split("\n\n"):
        fields = dict(line.partition(": ")[::2] for line in paragraph.splitlines())
        name = fields.get("Package", "")
        if not name:
            continue
        unpacked = int(fields.get("Installed-Size", "0")) << 10
        packed = int(fields.get("Size", "0"))
        on_disk, layer = _factors(name, unpacked)
        compiled = unpacked * _COMPILED if name.startswith("python3-") else 0
        depends = (fields.get("Pre-Depends", ""), fields.get("Depends", ""))
        yield Package(
            name=name,
            version=fields.get("Version", ""),
            on_disk=(unpacks_to := round(unpacked * on_disk + compiled)),
            layer=min(unpacks_to, round(packed * layer + compiled * _COMPILED_LAYER)),
            depends=tuple(one for part in depends for one in _names(part)),
            provides=tuple(_names(fields.get("Provides", ""))),
        )


def _factors(name: str, unpacked: int) -> tuple[float, float]:
    """Return what of a package arrives on disk and in a layer, per byte that the index says."""
    if name.endswith(("-man", "-doc")):
        return _MANUALS
    if name in _LEAN:
        return _LEAN[name]
    return next((on_disk, layer) for most, on_disk, layer in _CLASSES if unpacked < most)


def _names(text: str) -> Iterator[str]:
    """Yield the names of a relationship field, of alternatives the first."""
    for part in text.split(","):
        match = _NAME.match(part.strip())
        if match:
            yield match[0]
