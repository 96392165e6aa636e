"""Where an engine keeps what it has, and how two test runs share it."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HOME = "LEANSCAFFOLD_ENGINE_HOME"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The folders of one engine. Sockets lie in /run: their paths may have 107 bytes only."""

    folder: Path

    @property
    def key(self) -> str:
        """Eight hex digits that tell this engine from others on the machine."""
        return hashlib.sha256(str(self.folder).encode()).hexdigest()[:8]

    @property
    def run(self) -> Path:
        """What lives as long as the engine: sockets, process ids."""
        return Path("/run") / f"leanscaffold-{self.key}"

    @property
    def socket(self) -> Path:
        return self.run / "docker.sock"

    @property
    def programs(self) -> Path:
        return self.folder / "programs"

    @property
    def client(self) -> Path:
        """What DOCKER_CONFIG names: no credentials of the machine's user, the own buildx."""
        return self.folder / "client"

    def at(self, name: str) -> Path:
        """Return a folder below the home, which is made if need be."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def find_home(environ: Mapping[str, str]) -> Home:
    """Return the home that the environment names, or the one in the user's cache folder."""
    cache = environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    named = environ.get(HOME)
    return Home(folder=Path(named or Path(cache) / "leanscaffold-engine").absolute())


@contextmanager
def locked(home: Home) -> Iterator[None]:
    """Hold the home for one process: a second one waits until the first has filled it."""
    home.folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(home.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """Give a path to fill; it becomes ``target`` only if the block ends well."""
    part = target.with_name(f"{target.name}.part")
    _remove(part)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield part
        _remove(target)
        part.rename(target)
    finally:
        _remove(part)


def digest(*parts: str | bytes | Path) -> str:
    """Return twelve hex digits for texts and the contents of files and folders."""
    found = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            files = sorted(part.rglob("*")) if part.is_dir() else [part]
            found.update(b"".join(file.read_bytes() + b"\0" for file in files if file.is_file()))
        else:
            found.update(part.encode() if isinstance(part, str) else part)
        found.update(b"\0")
    return found.hexdigest()[:12]


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
