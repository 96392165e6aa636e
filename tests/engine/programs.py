"""A current engine, unpacked beside the system's own packages, which are too old for it."""

import os
from collections.abc import Sequence
from pathlib import Path

from tests.engine import apt
from tests.engine.emulation import MACHINES
from tests.engine.home import Home, digest, whole
from tests.engine.shell import run

# Debian's next release. Its engine needs a C library that every supported release has, but for
# runc, which gets the one it was linked with.
SUITE = "forky"
PACKAGES = (
    "containerd",
    "docker-buildx",
    "docker-cli",
    "docker-registry",
    "docker.io",
    "libc6",
    "libseccomp2",
    "qemu-user",
    "runc",
    "tini-static",
)
# From the machine's own release: what the engine calls, and what makes roots of other releases.
SYSTEM = ("arch-test", "iproute2", "iptables", "mmdebstrap", "patchelf", "qemu-utils", "xz-utils")
LIBRARIES = "usr/lib/x86_64-linux-gnu"


def folder(home: Home) -> Path:
    """Return where the programs are, or will be."""
    return home.programs / digest(SUITE, *PACKAGES, *MACHINES)


def fetch(home: Home) -> Path:
    """Return the folder with the engine's programs."""
    apt.install(SYSTEM)
    target = folder(home)
    if target.is_dir():
        return target
    with whole(target) as part:
        unpack(home, PACKAGES, part)
        # qemu for every machine there ever was weighs 0.7 GB.
        for qemu in (part / "usr/bin").glob("qemu-*"):
            if qemu.name not in MACHINES:
                qemu.unlink()
        link(part / "usr/sbin/runc", target / LIBRARIES)
    return target


def unpack(home: Home, packages: Sequence[str], into: Path) -> None:
    """Extract packages of the suite, and nothing that they depend on."""
    for file in apt.download(home, SUITE, packages):
        run(["dpkg-deb", "--extract", file, into])
        file.unlink()


def link(program: Path, *libraries: Path) -> None:
    """Let a program run with the libraries of these folders, the C library in the first of them."""
    loader, path = libraries[0] / "ld-linux-x86-64.so.2", ":".join(map(str, libraries))
    run(["patchelf", "--set-interpreter", loader, "--set-rpath", path, program])


def search_path(programs: Path) -> str:
    """Return PATH with the engine's programs in front."""
    rest = os.environ.get("PATH", os.defpath)
    return os.pathsep.join([f"{programs}/usr/bin", f"{programs}/usr/sbin", rest])
