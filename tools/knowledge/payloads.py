"""What Debian's packages weigh in an image, measured: fetched with apt, unpacked, packed.

A table's estimates by size class are off by up to 49 % for nine of ten single packages and by up to
a third for six together (60 of bookworm's, 2026-11-29). Packages of Python modules stay estimates:
what installs them compiles them.
"""

import io
import re
import subprocess
import tarfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from scaffold.catalog.wheel_refresh import Refreshed
from scaffold.model.knowledge import Facts
from scaffold.model.target import Arch
from tools.knowledge.libraries import Row, describe, list_tables, write_rows

# What slim images leave out (debuerreotype, .slimify-excludes); copyright files stay.
_EXCLUDED = re.compile(
    r"\./usr/share/(?:(?:man|info|groff|linda|locale)/|lintian/overrides/|doc/(?!.*/copyright$))"
)
_TOGETHER = 40  # packages that lie on disk at once
_SOURCES = ("/etc/apt/sources.list", "/etc/apt/sources.list.d")
_TIMEOUT = 600  # seconds of one call of apt


def measure_archive(tar: bytes) -> tuple[int, int]:
    """Return what a package's files come to: bytes on disk, and of a gzip layer."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    on_disk, layer = 0, 0
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        for member in archive:
            if _EXCLUDED.match(member.name):
                continue
            layer += len(packer.compress(member.tobuf(tarfile.PAX_FORMAT)))
            if file := archive.extractfile(member) if member.isreg() else None:
                content = file.read()
                on_disk += len(content)
                layer += len(packer.compress(content + bytes(-len(content) % tarfile.BLOCKSIZE)))
    layer += len(packer.flush())
    # Nothing at all would mean that slim images have it; links alone are a few bytes of a layer.
    return max(on_disk, layer), layer


def fetch_payloads(
    release: str, arch: Arch, names: Sequence[str], tell: Callable[[str], None]
) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield (package, what it weighs) of those that this machine's sources have for a release."""
    own = re.search(r"^VERSION_CODENAME=(\w+)$", Path("/etc/os-release").read_text(), re.MULTILINE)
    with TemporaryDirectory() as place:
        folder = Path(place)
        for kind in ("lists/partial", "cache/archives/partial", "sources"):
            (folder / kind).mkdir(parents=True)
        for path in (one for top in map(Path, _SOURCES) for one in [top, *top.glob("*")]):
            if path.is_file():
                text = path.read_text().replace(own[1] if own else release, release)
                (folder / "sources" / path.name).write_text(text)
        options = [
            f"Dir::Etc::sourcelist={folder}/none",
            f"Dir::Etc::sourceparts={folder}/sources",
            f"Dir::State::lists={folder}/lists",
            f"Dir::Cache={folder}/cache",
            *(f"APT::{key}={arch.value}" for key in ("Architecture", "Architectures")),
        ]
        apt = ["apt-get", "-qq", *(word for one in options for word in ("-o", one))]
        _run([*apt, "update"], folder)
        for at in range(0, len(names), _TOGETHER):
            some = names[at : at + _TOGETHER]
            tell(f"{release} {arch.value}: {some[0]}")
            # One name that the release lacks fails them all.
            _run([*apt, "download", *some], folder, fails=True)
            if not any(folder.glob("*.deb")):
                for name in some:
                    _run([*apt, "download", name], folder, fails=True)
            for file in sorted(folder.glob("*.deb")):
                tar = _run(["dpkg-deb", "--fsys-tarfile", str(file)], folder)
                yield file.name.partition("_")[0], measure_archive(tar)
                file.unlink()


def _run(command: Sequence[str], folder: Path, *, fails: bool = False) -> bytes:
    done = subprocess.run(
        command, cwd=folder, check=not fails, capture_output=True, timeout=_TIMEOUT
    )
    return done.stdout


def refresh_payloads(
    folder: Path,
    facts: Facts,
    arches: Sequence[Arch],
    fetch: Callable[[str, Arch, Sequence[str]], Iterator[tuple[str, tuple[int, int]]]],
    *,
    today: date,
) -> Refreshed:
    """Return the tables with what their packages were measured to weigh."""
    changes: list[str] = []
    files: dict[str, str] = {}
    for path, table, _ in list_tables(facts):
        file = folder / f"{path}.toml"
        if path.startswith("python3/") or table.arch not in arches or not file.is_file():
            continue
        names = [
            name
            for name, (on_disk, _, _) in table.packages.items()
            if on_disk and not name.startswith("python3-")
        ]
        found = dict(fetch(table.release, table.arch, names))
        rows: dict[str, Row] = {
            name: (*found.get(name, row[:2]), row[2]) for name, row in table.packages.items()
        }
        changes += describe(table, rows)
        files[f"{path}.toml"] = write_rows(file.read_text("utf-8"), rows, today)
    return Refreshed(changes=tuple(changes) or ("nothing changed",), files=files, remarks=())
