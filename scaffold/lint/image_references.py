"""What a reference of an image says: which Python, on which distribution."""

import re
from dataclasses import dataclass

from scaffold.model.knowledge import Base, Facts, Image, ImageFamily
from scaffold.model.target import Arch

_TAG = re.compile(
    r"(?P<python>\d+(?:\.\d+)*(?:-?rc\d*|[ab]\d+)?)?-?(?P<rest>[a-z][\w.-]*)?", re.IGNORECASE
)
# A plain tag means the newest release of the distribution that the official images list first
# (docker-library/python versions.json, 2026-06).
_NEWEST_DEBIAN = "trixie"
_DEBIANS = ("trixie", "bookworm", "bullseye", "buster", "stretch", "jessie")
_UBUNTUS = {"trusty": "14.04", "xenial": "16.04", "bionic": "18.04", "focal": "20.04"}
_NUMBERS = {"13": "trixie", "12": "bookworm", "11": "bullseye", "10": "buster", "9": "stretch"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An image's name, cut up. ``python`` is as the tag has it, ``family`` slim, full, alpine.

    ``release`` is the distribution's; empty where the tag leaves it open. ``official`` says that it
    is the language's own image, or a copy of it under another registry.
    """

    repository: str
    tag: str
    digest: str
    python: str = ""
    family: str = ""
    release: str = ""
    official: bool = False

    @property
    def minor(self) -> str:
        """Return the Python's first two numbers, empty where the tag leaves them open."""
        parts = re.findall(r"\d+", self.python)
        return ".".join(parts[:2]) if len(parts) > 1 else ""

    @property
    def variable(self) -> bool:
        """Tell whether a part of the name is known in a build only."""
        return "$" in f"{self.repository}:{self.tag}"


# Docker's own images have no owner, or one that stands for them in a registry or for a platform
# (github.com/docker-library/official-images); a registry's name alone is a mirror of them.
_OWNERS = frozenset(
    {
        *("", "library", "containers", "amd64", "arm32v5", "arm32v6", "arm32v7", "arm64v8"),
        *("i386", "ppc64le", "riscv64", "s390x"),
    }
)
_HOST = re.compile(r"[\w-]*[.:][\w.:-]*|localhost")  # as Docker tells one from an owner


def parse_image(text: str) -> Reference:
    """Return what a reference says; every text says something."""
    name, _, digest = text.partition("@")
    head, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    plain = Reference(repository=f"{head}{slash}{last}", tag=tag, digest=digest)
    if head.rpartition("/")[2] not in _OWNERS and not _HOST.fullmatch(head):
        return plain
    if last == "python":
        return _official(plain)
    if last in {"alpine", "debian", "ubuntu"}:
        release = next((word for word in _DEBIANS if tag.startswith(word)), "")
        release = _UBUNTUS.get(tag.partition("-")[0], release)
        if last == "debian":
            release = release or _NUMBERS.get(re.split(r"\D", tag, maxsplit=1)[0], "")
        number = re.match(r"\d+\.\d+", tag)
        return Reference(
            repository=plain.repository,
            tag=tag,
            digest=digest,
            family="" if last == "ubuntu" else last,
            release=release or (number[0] if number else ""),
        )
    return plain


def _official(plain: Reference) -> Reference:
    found = _TAG.fullmatch(plain.tag)
    rest = (found["rest"] or "").lower() if found else ""
    words = rest.split("-") if rest else []
    alpine = next((word for word in words if word.startswith("alpine")), "")
    debian = next((word for word in words if word in _DEBIANS), "")
    family = "alpine" if alpine else "slim" if "slim" in words else "full"
    return Reference(
        repository=plain.repository,
        tag=plain.tag,
        digest=plain.digest,
        python=(found["python"] or "") if found else "",
        family="" if "windowsservercore" in rest or "nanoserver" in rest else family,
        release=alpine.removeprefix("alpine") or debian,
        official=True,
    )


def release_of(family: ImageFamily) -> str:
    """Return a Debian or Ubuntu release's code name, the newest for an open one, or nothing."""
    named = {"24.04": "noble", "stable": _NEWEST_DEBIAN, "latest": _NEWEST_DEBIAN}
    debian = family.distribution == "debian"
    newest = _NEWEST_DEBIAN if debian else ""
    named |= _NUMBERS if debian else {}
    return named.get(family.release, family.release or newest)


def find_base(facts: Facts, image: Reference, arch: Arch) -> tuple[Base, Image] | None:
    """Return the known base that a reference means on an architecture, with its image."""
    if not image.official or not image.family or not image.minor:
        return None
    known = [base for base in facts.bases if base.family == image.family and not base.origin]
    release = image.release or _newest(known, image.family)
    for base in known:
        if base.release == release:
            for one in base.images:
                if one.python == image.minor and one.arch is arch:
                    return base, one
    return None


def _newest(known: list[Base], family: str) -> str:
    if family != "alpine":
        return _NEWEST_DEBIAN
    releases = [base.release for base in known]
    return max(releases, key=lambda text: [int(n) for n in text.split(".")], default="")
