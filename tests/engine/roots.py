"""Roots of Debian releases, made from the machine's own mirror and cut as the slim images are."""

import os
from pathlib import Path

from tests.engine import apt
from tests.engine.home import Home, digest, whole
from tests.engine.shell import run

RECIPE = Path(__file__).parent / "recipes" / "debian"
DEBIAN = {"amd64": "amd64", "arm64": "arm64", "arm/v7": "armhf"}
# Two architectures are installed side by side to cross-compile, in the same versions. Security
# updates for armhf stop earlier than the others, so bookworm, which has it, does without.
ENDINGS = {"trixie": ("", "-updates", "-security"), "bookworm": ("", "-updates")}


def recipe(suite: str, arch: str) -> str:
    """Return a digest of all that goes into a root but the packages themselves."""
    lines = [source.line(keyring=False) for source in apt.sources(suite, only=ENDINGS[suite])]
    options = [f"{name}={value}" for name, value in sorted(apt.carried_options().items())]
    return digest(suite, arch, RECIPE, Path(__file__), *lines, *options)


def debian_root(home: Home, suite: str, arch: str) -> Path:
    """Return the archive of a root, made at the first call."""
    target = home.folder / "roots" / f"{suite}-{DEBIAN[arch]}-{recipe(suite, arch)}.tar"
    if target.is_file():
        return target
    lines = [source.line(keyring=False) for source in apt.sources(suite, only=ENDINGS[suite])]
    carried = [f'{name} "{value}";' for name, value in apt.carried_options().items()]
    options = (RECIPE / "apt.conf").read_text().splitlines() + carried
    excluded = (RECIPE / "dpkg.cfg").read_text().splitlines()
    with whole(target) as part:
        run(
            [
                *("mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--format=tar"),
                *("--architectures", DEBIAN[arch]),
                *(f"--aptopt={line}" for line in options if not line.startswith("//")),
                *(f"--dpkgopt={line}" for line in excluded if not line.startswith("#")),
                *("--customize-hook=rm -f $1/var/cache/debconf/*-old $1/var/log/*.log",),
                *(suite, str(part), *lines),
            ],
            # The roots' own programs take their settings from the roots.
            env={name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ},
        )
    return target
