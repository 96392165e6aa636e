"""Predict what an image weighs: base + wheels + bytecode + system packages + the application."""

from collections.abc import Sequence

from scaffold.model.knowledge import Base, Image
from scaffold.model.resolution import Weighed
from scaffold.model.verdict import Size

# Bytecode weighs 1.04 to 1.06 of the source it is made from, and compresses to 0.45 of itself
# (research on CPython 3.13 with seven dependency sets, 2026-11).
BYTECODE_PER_SOURCE = 1.05
BYTECODE_SPREAD = 0.02
BYTECODE_COMPRESSED = 0.45
# Directories named tests hold almost only Python source, and are compiled as well.
SOURCE_IN_TESTS = 0.9
# A wheel of unknown contents: what it unpacks to, relative to the wheel (median of 80 packages).
UNPACKED_PER_WHEEL = 3.2
UNKNOWN_SPREAD = 0.3
# A layer is one gzip stream where a wheel is one deflate stream a file: near enough the same.
LAYER_PER_WHEEL = 1.0
LAYER_SPREAD = 0.05
SOURCE_COMPRESSED = 0.3
# The user's entries in passwd and group, and directories: a few entries in a tar archive.
FIXED_BYTES = 4096
# The program that assembles a base cut to measure lies in the project, so it comes along.
PROGRAM_BYTES = 42_000


def source_bytes(weighed: Weighed) -> int:
    """Return the bytes of Python source that get compiled."""
    return weighed.facts.kind("py") + round(SOURCE_IN_TESTS * weighed.facts.kind("tests"))


def bytecode_bytes(packages: Sequence[Weighed]) -> int:
    """Return the predicted bytes of compiled bytecode beside the sources."""
    return round(BYTECODE_PER_SOURCE * sum(source_bytes(weighed) for weighed in packages))


def predict(
    *,
    base: Base,
    image: Image,
    packages: Sequence[Weighed],
    system: tuple[int, int],
    app_bytes: int,
    bytecode: str,
) -> Size:
    """Return the predicted size with its error bound.

    ``system`` is what installed system packages add, on disk and to download. The error adds up
    the base's own, that of bytecode, and a wide one for files nobody has looked into.
    """
    wheels = sum(weighed.facts.installed for weighed in packages)
    wheels_download = sum(weighed.pinned.file.size or 0 for weighed in packages)
    unknown = sum(weighed.facts.installed for weighed in packages if not weighed.exact)
    compiled = bytecode_bytes(packages) if bytecode != "none" else 0
    base_disk = image.on_disk - (base.pip_bytes if base.pip else 0)
    base_download = image.download - (base.pip_download if base.pip else 0)
    app_bytes += PROGRAM_BYTES if base.origin else 0
    parts = (
        ("base", base_disk, base_download),
        ("packages", wheels, round(wheels_download * LAYER_PER_WHEEL)),
        ("bytecode", compiled, round(compiled * BYTECODE_COMPRESSED)),
        ("system packages", system[0], system[1]),
        ("application", app_bytes + FIXED_BYTES, round(app_bytes * SOURCE_COMPRESSED)),
    )
    error = (
        image.on_disk * image.error
        + compiled * BYTECODE_SPREAD
        + unknown * UNKNOWN_SPREAD
        + system[0] * 0.06
        + FIXED_BYTES
    )
    download_error = (
        image.download * image.error
        + wheels_download * LAYER_SPREAD
        + compiled * BYTECODE_COMPRESSED * 0.1
        + system[1] * 0.2
        + FIXED_BYTES
    )
    return Size(
        on_disk=sum(part[1] for part in parts),
        download=sum(part[2] for part in parts),
        error=round(error),
        download_error=round(download_error),
        parts=parts,
    )


def guess_installed(wheel_bytes: int | None) -> int:
    """Return what a file of unknown contents probably unpacks to, in bytes."""
    return round((wheel_bytes or 0) * UNPACKED_PER_WHEEL)
