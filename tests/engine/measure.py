"""What an image weighs, by the engine that has it and the registry that it is pulled from."""

import json
import re
import subprocess
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.engine.engine import Engine
from tests.engine.shell import EngineError

LIBRARY_FOLDERS = re.compile(r"(usr/)?(local/)?lib(64)?(/[a-z0-9_]+-linux-[a-z]+)?/[^/]+")
SONAME = re.compile(r"(lib.+|ld.*)\.so(\.[0-9]+)*")
PIP = re.compile(r"usr/local/(bin/pip[^/]*|lib/python[^/]+/(site-packages/pip|ensurepip)([-/].*)?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """``on_disk`` and ``pip_bytes`` are sums of file sizes in the flattened root.

    ``download`` is the sum of its compressed layers, ``pip_download`` what pip and ensurepip are
    of it; ``libraries`` the file names that a loader finds. All sizes are in bytes.
    """

    release: str
    on_disk: int
    download: int
    pip_bytes: int
    pip_download: int
    libraries: frozenset[str]


def measure(engine: Engine, reference: str, arch: str) -> Measured:
    """Pull an image for an architecture and weigh it."""
    platform = f"linux/{arch}"
    engine.docker("pull", "--quiet", "--platform", platform, reference)
    container = engine.docker("create", "--platform", platform, reference, "true").strip()
    try:
        on_disk, pip_bytes, pip_download, libraries = _weigh(engine, container)
    finally:
        engine.docker("rm", "--force", container)
    version = ("-c", "import platform; print(platform.python_version())")
    start = ("--rm", "--platform", platform, "--entrypoint", "python")
    return Measured(
        release=engine.docker("run", *start, reference, *version).strip(),
        on_disk=on_disk,
        download=download(engine, reference, arch) if engine.own else 0,
        pip_bytes=pip_bytes,
        pip_download=pip_download,
        libraries=frozenset(libraries),
    )


def download(engine: Engine, reference: str, arch: str) -> int:
    """Return the bytes of the layers that a client pulls from the mirror."""
    path = reference if "/" in reference else f"library/{reference}"
    repository = f"{engine.registry}/{path.partition(':')[0]}"
    index = _inspect(engine, f"{engine.registry}/{path}")
    found = next(
        manifest["digest"]
        for manifest in index["manifests"]
        if "/".join(_platform(manifest["platform"])) == arch
    )
    manifest = _inspect(engine, f"{repository}@{found}")
    return sum(int(layer["size"]) for layer in manifest["layers"])


def _platform(written: dict[str, str]) -> Iterator[str]:
    yield written["architecture"]
    if written["architecture"] == "arm":
        yield written["variant"]


def _inspect(engine: Engine, reference: str) -> Any:
    return json.loads(engine.docker("buildx", "imagetools", "inspect", "--raw", reference))


def _weigh(engine: Engine, container: str) -> tuple[int, int, int, set[str]]:
    """Return bytes of all files, of pip and of pip compressed, and the names of libraries."""
    on_disk = pip_bytes = pip_download = 0
    libraries: set[str] = set()
    packer = zlib.compressobj(6)
    with subprocess.Popen(
        ["docker", "export", container], env=engine.environ, stdout=subprocess.PIPE
    ) as export:
        with tarfile.open(fileobj=export.stdout, mode="r|") as archive:
            for member in archive:
                on_disk += member.size
                name = member.name.removeprefix("./")
                if LIBRARY_FOLDERS.fullmatch(name) and SONAME.fullmatch(name.rpartition("/")[2]):
                    libraries.add(name.rpartition("/")[2])
                ours = member.isreg() and PIP.fullmatch(name)
                content = archive.extractfile(member) if ours else None
                if content is not None:
                    pip_bytes += member.size
                    pip_download += len(packer.compress(content.read()))
        pip_download += len(packer.flush())
    if export.returncode:
        raise EngineError(f"docker export {container} exited with {export.returncode}")
    return on_disk, pip_bytes, pip_download, libraries
