"""What an image is made of, as read from its archive: files, layers, configuration."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from scaffold.assembler.elf import Elf
from scaffold.model.resolution import Weighed
from scaffold.model.verification import Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFile:
    """One entry of the file system: ``size`` in bytes, ``layer`` counted from 0.

    ``kind`` is ``file``, ``folder``, ``link`` (symbolic, to ``target`` as written), ``hard-link``
    (to the path ``target``, without bytes of its own) or ``other``.
    """

    path: str
    size: int = 0
    kind: str = "file"
    target: str = ""
    layer: int = 0
    elf: Elf | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """Something that looks like a secret. ``where`` names the place; the secret is not kept."""

    where: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig:
    """How the image says it wants to be run. ``health`` is an argument list, empty for none."""

    arch: str = ""
    user: str = ""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    workdir: str = "/"
    stop_signal: str = ""
    volumes: tuple[str, ...] = ()
    health: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    created: str = ""

    @property
    def argv(self) -> tuple[str, ...]:
        """Return what is started."""
        return (*self.entrypoint, *self.command)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """An image, read once. ``files`` is the final file system by path.

    ``texts`` holds the few files that checks read, by path: what installers wrote about packages,
    the loader's settings. ``suspects`` come from every layer, deleted files too.
    """

    id: str
    config: ImageConfig
    layers: tuple[Layer, ...]
    files: Mapping[str, ImageFile] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    suspects: tuple[Suspect, ...] = ()


_DATABASES = ("/var/lib/dpkg/status", "/usr/lib/apk/db/installed", "/lib/apk/db/installed")


def is_database(path: str) -> bool:
    """Tell whether a distribution keeps there which of its packages are installed."""
    listed = path.startswith("/var/lib/dpkg/status.d/") and not path.endswith(".md5sums")
    return listed or path in _DATABASES


# ext4, and nearly every flash file system of a device, give out 4 KiB at a time.
BLOCK = 4096


def count_waste(files: Iterable[tuple[str, int]]) -> int:
    """Return what blocks add to files, pairs of a relative path and bytes, and their folders."""
    folders: set[str] = set()
    waste = 0
    for path, size in files:
        waste += -size % BLOCK
        folders.update(map(str, PurePosixPath(path).parents))
    return waste + len(folders) * BLOCK


# A wheel of which only the number of files is known. 21 wheels, from click to onnxruntime: the last
# block of a file wastes 2081 to 2874 bytes on average, but for two with a handful of files; there
# are 0.04 to 0.19 folders per file, but for three; 0.67 in Django, which has one per language
# (central directories, 2026-11-25).
WASTE = 2300
FOLDERS = 0.12
WASTE_SPREAD = 0.35
# What was counted in the central directory moves only by what trimming leaves.
COUNTED_SPREAD = 0.1


def in_blocks(size: int) -> int:
    """Return the bytes that a file of this size takes."""
    return -(-size // BLOCK) * BLOCK


def count_blocks(files: Iterable[tuple[str, int]]) -> int:
    """Return what files, pairs of (path, size), take in blocks, with the folders they are in."""
    total = 0
    folders: set[str] = set()
    for path, size in files:
        total += in_blocks(size)
        parts = path.split("/")[:-1]
        folders.update("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    return total + len(folders) * BLOCK


def predict_waste(weighed: Weighed, *, bytecode: bool) -> tuple[float, float]:
    """Return what blocks add to the bytes of a package and its bytecode, and how far it may be off.

    Trimmed files are counted out by the bytes they had of all that is no machine code: a package
    has few libraries and many small files. Folders stay: most hold something else as well.
    """
    facts = weighed.facts
    whole = facts.installed + weighed.trimmed
    small = max(whole - facts.kind("so"), 1)
    # Sources that give way to bytecode, and stripped symbols, are less bytes, but not fewer files.
    replaced = max(sum(size for _, size in facts.kinds) - facts.installed, 0)
    left = min(max(1 - (weighed.trimmed - replaced) / small, 0.0), 1.0)
    if facts.blocks is None:
        all_waste, spread = _waste_of(facts.files), WASTE_SPREAD
    else:
        all_waste, spread = float(max(facts.blocks - whole, 0)), COUNTED_SPREAD
    in_files = min(facts.files * WASTE, all_waste)
    waste = all_waste - in_files + left * in_files
    # Nobody counted how many files are trimmed: in Django, large catalogues beside small sources.
    error = waste * spread + in_files * (1 - left) * WASTE_SPREAD
    if bytecode and not weighed.sourceless:
        beside = facts.files * min(facts.kind("py") / small, 1.0)
        waste += _waste_of(beside)
        error += _waste_of(beside) * WASTE_SPREAD
    return waste, error


def _waste_of(files: float) -> float:
    return files * (WASTE + FOLDERS * BLOCK)
