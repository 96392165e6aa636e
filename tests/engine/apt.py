"""Debian's packages, through the sources that the machine's own apt is configured with."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.engine.home import Home
from tests.engine.shell import EngineError, run, succeeds

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# What a machine says of how its mirror is reached has to hold in another root as well.
CARRIED = (
    "Acquire::http::Proxy",
    "Acquire::https::Proxy",
    "Acquire::Check-Valid-Until",
    "Acquire::Check-Date",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a release is found, such as ``trixie-updates`` at the machine's mirror."""

    site: str
    release: str

    def line(self, *, keyring: bool) -> str:
        """Return it as a line of sources.list. A root of its own knows Debian's keys itself."""
        option = f"[signed-by={KEYRING}] " if keyring else ""
        return f"deb {option}{self.site} {self.release} main"


def is_debian() -> bool:
    try:
        return platform.freedesktop_os_release().get("ID") == "debian"
    except OSError:
        return False


def sources(suite: str, *, only: Sequence[str] = ("",)) -> tuple[Source, ...]:
    """Return the machine's own sources, for another suite.

    ``only`` are endings of releases: "" for the suite itself, ``-updates``, ``-security``.
    """
    own = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    pairs = _configured()
    if not pairs:
        run(["apt-get", "update", "-qq"])
        pairs = _configured()
    found = tuple(
        Source(site=site, release=f"{suite}{ending}")
        for ending in only
        for site, release in pairs
        if release == f"{own}{ending}" and site.rstrip("/").split("/")[-1].startswith("debian")
    )
    if not found:
        raise EngineError(f"apt's own sources name no mirror of {own or 'Debian'}")
    return found


def _configured() -> list[tuple[str, str]]:
    """Return (site, release) of what apt is configured with; nothing before its first update."""
    asked = ["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages"]
    rows = dict.fromkeys(line for line in run(asked).splitlines() if line)
    return [(row.rpartition(" ")[0], row.rpartition(" ")[2]) for row in rows]


def carried_options() -> dict[str, str]:
    """Return the machine's options that another root needs too, where they are set."""
    dump = run(["apt-config", "dump"])
    rows = [line.rstrip(";").split(" ", 1) for line in dump.splitlines() if " " in line]
    return {name: value.strip('"') for name, value in rows if name in CARRIED and value != '""'}


def install(packages: Sequence[str]) -> None:
    """Install packages of the machine's own release, those that are missing."""
    missing = [name for name in packages if not succeeds(["dpkg", "--status", name])]
    if missing:
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update", "-qq"], env=env)
        run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], env=env)


def download(home: Home, suite: str, packages: Sequence[str]) -> list[Path]:
    """Return the files of packages of another release; the machine's own lists stay as they are."""
    state = home.at(f"apt/{suite}")
    for folder in ("lists/partial", "archives/partial", "packages"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    (state / "sources.list").write_text(
        "".join(f"{source.line(keyring=True)}\n" for source in sources(suite))
    )
    (state / "apt.conf").write_text(
        f'Dir::Etc::SourceList "{state}/sources.list";\n'
        'Dir::Etc::SourceParts "/dev/null";\n'
        f'Dir::State::Lists "{state}/lists";\n'
        f'Dir::Cache::archives "{state}/archives";\n'
        'Dir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\n'
        'APT::Sandbox::User "root";\n'
    )
    client = ["apt-get", "-c", str(state / "apt.conf"), "-qq"]
    run([*client, "update"])
    run([*client, "download", *packages], cwd=state / "packages")
    found = [sorted((state / "packages").glob(f"{name}_*.deb"))[-1:] for name in packages]
    return [file for files in found for file in files]
