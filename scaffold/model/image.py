"""What an image is made of, as read from its archive: files, layers, configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scaffold.model.verification import Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class Elf:
    """What an ELF file says to the loader.

    ``machine`` is the name of the ELF specification (``EM_AARCH64``), ``bits`` 32 or 64. ``paths``
    are its own search paths as written, ``$ORIGIN`` and all.
    """

    machine: str
    bits: int
    soname: str = ""
    needed: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    interpreter: str = ""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """A published image as an engine sees it: sizes in bytes, unpacked and compressed.

    ``digest`` is that of the multi-platform index, ``release`` the interpreter's; empty where the
    engine does not say.
    """

    digest: str
    release: str
    on_disk: int
    download: int


_DATABASES = ("/var/lib/dpkg/status", "/usr/lib/apk/db/installed", "/lib/apk/db/installed")


def is_database(path: str) -> bool:
    """Tell whether a distribution keeps there which of its packages are installed."""
    listed = path.startswith("/var/lib/dpkg/status.d/") and not path.endswith(".md5sums")
    return listed or path in _DATABASES
