"""A distribution's records of its packages, and the same of those whose files are in an image."""

import codecs
import json
import posixpath
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from .system import BUNDLE
from .view import View, copy_paths

DPKG, APK = "/var/lib/dpkg", ("/usr/lib/apk/db/installed", "/lib/apk/db/installed")
INTERPRETER = "/usr/local/share/sbom/cpython.cdx.json"
_DEPENDS = re.compile(r"^Depends: (.*)$", re.MULTILINE)
# Descriptions and lists of files, of which most are not there: what scanners do not look at.
_LONG = re.compile(r"^(?: |Conffiles:|[FMRZaT]:).*\n?", re.MULTILINE)
# Of a longer copyright file scanners get the lines that they look for, people the text compressed.
_WHOLE = 16384
_LICENCES = re.compile(rb"^(?:License:|.*/usr/share/common-licenses/).*$", re.MULTILINE)
# What an installation writes itself stands in no list of files.
_WRITTEN_BY = {BUNDLE: "/usr/sbin/update-ca-certificates"}


@dataclass(frozen=True, slots=True)
class Records:
    """What a distribution has installed: text, files and direct dependencies by package.

    ``path`` is apk's database, empty for dpkg's.
    """

    path: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, ...]] = field(default_factory=dict)
    depends: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read_records(view: View) -> Records:
    """Return what dpkg or apk wrote down; nothing where neither did."""
    for path in (f"{DPKG}/status", *APK):
        file = view.file(path)
        if file is not None:
            paragraphs = file.read_text("utf-8", "replace").strip().split("\n\n")
            return _read_apk(path, paragraphs) if path in APK else _read_dpkg(view, paragraphs)
    return Records()


def _read_dpkg(view: View, paragraphs: Iterable[str]) -> Records:
    records = Records()
    for text in paragraphs:
        if named := re.search(r"^Package: (\S+)$", text, re.MULTILINE):
            found = _DEPENDS.search(text)
            names = re.split(r"[,|]", found[1]) if found else ()
            plain = (re.split(r"[ (:]", name.strip(), maxsplit=1)[0] for name in names)
            records.depends[named[1]] = tuple(name for name in plain if name)
            if not re.search(r"^Status: .*\bdeinstall\b", text, re.MULTILINE):
                records.texts[named[1]] = text
    for name in view.names(f"{DPKG}/info"):
        file = view.file(f"{DPKG}/info/{name}") if name.endswith(".list") else None
        if file is not None:
            package = name.removesuffix(".list").partition(":")[0]
            records.files[package] = tuple(file.read_text("utf-8", "replace").splitlines())
    return records


def _read_apk(path: str, paragraphs: Iterable[str]) -> Records:
    records = Records(path)
    for text in paragraphs:
        package, folder = "", ""
        files: list[str] = []
        for line in text.splitlines():
            kind, _, value = line.partition(":")
            if kind == "P":
                package = value
            elif kind == "F":
                folder = value
            elif kind == "R":
                files.append(f"/{posixpath.join(folder, value)}")
            elif kind == "D":
                names = (re.split(r"[<>=~]", word, maxsplit=1)[0] for word in value.split())
                records.depends[package] = tuple(n for n in names if n and ":" not in n)
        records.texts[package] = text
        records.files[package] = tuple(files)
    return records


def find_owners(view: View, records: Records, paths: Iterable[str]) -> Iterator[str]:
    """Yield the packages of files; a record may spell a folder before links were followed."""
    real = {view.real(path) for path in paths} - {""}
    names = {posixpath.basename(path) for path in (*real, *paths)}
    for package, files in records.files.items():
        if any(posixpath.basename(file) in names and view.real(file) in real for file in files):
            yield package


def write_records(view: View, paths: Iterable[str], out: Path, below: Path | None = None) -> None:
    """Write what scanners read of exactly the packages that these files are of, and copyrights.

    What the layer ``below`` has is not repeated.
    """
    records = read_records(view)
    sought = [*paths]
    for path, program in _WRITTEN_BY.items():
        if path in sought and not [*find_owners(view, records, [path])]:
            sought.append(program)
    owners = [one for one in sorted(find_owners(view, records, sought)) if one in records.texts]
    texts = {one: _LONG.sub("", f"{records.texts[one]}\n") for one in owners}
    if records.path:
        _write(out, records.path, "\n".join(texts.values()))
        return
    for package, text in texts.items():
        if below is None or not (below / f"{DPKG}/status.d/{package}".lstrip("/")).exists():
            _write(out, f"{DPKG}/status.d/{package}", text)
            copy_paths(view, [f"/usr/share/doc/{package}/copyright"], out)
    _shorten_copyrights(out)


def _shorten_copyrights(out: Path) -> None:
    """Make one file of the same texts, and compress what is long."""
    first: dict[bytes, Path] = {}
    for file in sorted(out.glob("usr/share/doc/*/copyright")):
        if file.parent.is_symlink():
            continue
        same = first.setdefault(file.read_bytes(), file)  # of packages of one source
        if same != file:
            file.unlink()
            file.hardlink_to(same)
    for text, file in first.items():
        whole = file.with_name("copyright.bz2")
        lines = (f"The whole text: /{whole.relative_to(out).as_posix()}".encode(),)
        lines += (*dict.fromkeys(_LICENCES.findall(text)), b"")
        if len(text) > _WHOLE:
            with suppress(LookupError):  # a Python that was compiled without bz2
                # Unlike zlib's, its bytes are the same everywhere.
                whole.write_bytes(codecs.encode(text, "bz2"))
                file.write_bytes(b"\n".join(lines))  # written over: others are links to it


def write_interpreter(view: View, interpreter: str, out: Path) -> None:
    """Write the record of a CPython that its maker compiled: no distribution has one of it."""
    folder, name = posixpath.split(interpreter)
    header = view.file(posixpath.join(folder, f"../include/{name}/patchlevel.h"))
    text = header.read_text("utf-8", "replace") if header else ""
    found = re.search(r'^#define PY_VERSION\s+"([^"+]+)', text, re.MULTILINE)
    if not found or [*find_owners(view, read_records(view), [interpreter])]:
        return
    what = {
        "type": "application",
        "name": "python",
        "version": found[1],
        "purl": f"pkg:generic/python@{found[1]}",
        "cpe": f"cpe:2.3:a:python:python:{found[1]}:*:*:*:*:*:*:*",
        "licenses": [{"license": {"id": "PSF-2.0"}}],
    }
    record = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [what]}
    _write(out, INTERPRETER, json.dumps(record, indent=1) + "\n")


def _write(out: Path, path: str, text: str) -> None:
    target = out / path.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")
