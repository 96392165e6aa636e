"""What has to be true of bases and their images."""

import re
from collections.abc import Iterable, Iterator

from scaffold.catalog.problem import Problem
from scaffold.model.knowledge import Base, Facts, Image
from scaffold.model.target import Arch, LibcFamily

_DEBIAN_RELEASES = ("bullseye", "bookworm", "trixie", "forky")
_FAMILIES = ("slim", "alpine", "distroless", "full", "bare", "debian")
_LIBC = {"debian": LibcFamily.GLIBC, "ubuntu": LibcFamily.GLIBC, "alpine": LibcFamily.MUSL}
_MINOR = re.compile(r"3\.\d{1,2}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|")
MANAGERS = ("apt", "apk")


def check_libcs(bases: Iterable[Base]) -> Iterator[Problem]:
    """Yield Debian releases with an older glibc than the release before them."""
    newest: tuple[int, int] = (0, 0)
    before = ""
    debian = [base for base in bases if base.release in _DEBIAN_RELEASES]
    for base in sorted(debian, key=lambda base: _DEBIAN_RELEASES.index(base.release)):
        if base.libc_version < newest:
            text = f"glibc {_dotted(base.libc_version)} is older than {_dotted(newest)} of {before}"
            yield Problem(code="glibc-shrinks", fact=f"bases/{base.id}", text=text)
        else:
            newest, before = base.libc_version, base.id


def check_base(base: Base, facts: Facts) -> Iterator[Problem]:
    """Yield what cannot be true of a base and its images."""
    fact = f"bases/{base.id}"
    if base.family not in _FAMILIES:
        yield Problem(code="family", fact=fact, text=f"{base.family!r} is no family of bases")
    if _LIBC.get(base.distribution) is not base.libc:
        text = f"{base.distribution} does not go with {base.libc}"
        yield Problem(code="libc", fact=fact, text=text)
    if base.package_manager not in (None, *MANAGERS):
        text = f"{base.package_manager!r} is no package manager that can be used"
        yield Problem(code="package-manager", fact=fact, text=text)
    if "{python}" not in base.reference and len({image.python for image in base.images}) > 1:
        text = f"reference {base.reference!r} is the same for several Pythons"
        yield Problem(code="reference", fact=fact, text=text)
    yield from _check_origin(base, facts)
    if not base.images:
        yield Problem(code="no-images", fact=fact, text="there is no image")
    yield from _check_images(base, facts)


def _check_origin(base: Base, facts: Facts) -> Iterator[Problem]:
    """Yield what a base that is cut from another says beyond what that one has."""
    fact = f"bases/{base.id}"
    origin = next((one for one in facts.bases if one.id == base.origin), None)
    if base.origin and origin is None:
        yield Problem(code="origin", fact=fact, text=f"there is no base {base.origin!r}")
    if origin is None:
        return
    if origin.reference != base.reference:
        yield Problem(code="origin", fact=fact, text=f"its reference is not that of {origin.id}")
    have = {*origin.ships, *origin.programs}
    taken = {name for piece in base.pieces for name in piece.programs}
    more = sorted({*base.ships, *base.offers, *base.programs} - have)
    more += sorted(taken - have - facts.libraries.keys())
    if more:
        text = f"{origin.id} does not have {', '.join(more)}"
        yield Problem(code="origin", fact=fact, text=text)


def _check_images(base: Base, facts: Facts) -> Iterator[Problem]:
    fact = f"bases/{base.id}"
    seen: list[str] = []
    pairs: set[tuple[str, Arch]] = set()
    for image in base.images:
        label = f"Python {image.python} on {image.arch}"
        if image.python not in seen:
            seen.append(image.python)
        if (image.python, image.arch) in pairs:
            yield Problem(code="image-twice", fact=fact, text=f"{label} is there twice")
        pairs.add((image.python, image.arch))
        yield from _check_image(image, fact, label)
    minors = [python for python in seen if _MINOR.fullmatch(python)]
    if len(minors) < len(seen) or minors != sorted(minors, key=_minor):
        text = f"Pythons have to ascend: {', '.join(seen)}"
        yield Problem(code="pythons-order", fact=fact, text=text)
    for python in seen:
        if python not in facts.pythons:
            text = f"Python {python} is not in pythons.toml"
            yield Problem(code="python-unknown", fact=fact, text=text)


def _check_image(image: Image, fact: str, label: str) -> Iterator[Problem]:
    if not image.release.startswith(f"{image.python}."):
        text = f"{label}: {image.release!r} is no release of {image.python}"
        yield Problem(code="release", fact=fact, text=text)
    if not 0 < image.download <= image.on_disk:
        text = f"{label}: {image.on_disk} bytes on disk, {image.download} compressed"
        yield Problem(code="size", fact=fact, text=text)
    if not 0 < image.error <= 0.5:  # noqa: PLR2004 - half of it
        text = f"{label}: error {image.error} is not between 0 and 0.5"
        yield Problem(code="image-error", fact=fact, text=text)
    if _DIGEST.fullmatch(image.digest) is None:
        text = f"{label}: {image.digest!r} is not sha256: and 64 digits"
        yield Problem(code="digest", fact=fact, text=text)


def _minor(python: str) -> tuple[int, ...]:
    return tuple(int(part) for part in python.split("."))


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
