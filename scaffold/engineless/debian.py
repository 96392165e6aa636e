"""Packages of Debian's index laid over a base: signed, hashes checked, nothing of them run."""

import fnmatch
import gzip
import lzma
import posixpath
import re
import shutil
import subprocess
import tarfile
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import IO, cast

import requests

from scaffold.assembler.records import DPKG
from scaffold.docker.blob_store import Blob, Store
from scaffold.docker.oci import ZSTD_MAGIC, zstd
from scaffold.engineless.base_files import BaseFiles, place
from scaffold.engineless.layers import Entry, parents_of
from scaffold.model.errors import BaseUnavailableError, Detail, UsageError
from scaffold.model.target import Arch

Relation = tuple[str, str, str]  # name, operator, version; the latter two may be empty
Fields = Mapping[str, str]

_ARCHES = {Arch.ARM_V7: "armhf", Arch.ARM_V6: "armel", Arch.I386: "i386", Arch.PPC64LE: "ppc64el"}
_RELATION = re.compile(
    r"([a-z0-9][a-z0-9+.-]+)(?::[a-z0-9]+)?\s*(?:\((<<|<=|=|>=|>>)\s*([^\s)]+)\s*\))?"
)
_HOLDS: Mapping[str, Callable[[object, object], bool]] = {
    "": lambda _, __: True,
    "<<": lambda a, b: a < b,  # type: ignore[operator]
    "<=": lambda a, b: a <= b,  # type: ignore[operator]
    "=": lambda a, b: a == b,
    ">=": lambda a, b: a >= b,  # type: ignore[operator]
    ">>": lambda a, b: a > b,  # type: ignore[operator]
}
# Lines of a maintainer's script that change nothing here: the loader finds new libraries in the
# distribution's own folders without its cache.
_IDLE = re.compile(r"\s*(#.*|set -\w+|exit 0|:|ldconfig|)\s*")
_TIMEOUT = 60.0  # seconds without an answer
_KEYRINGS = ("etc/apt/trusted.gpg", "etc/apt/trusted.gpg.d/*.gpg", "etc/apt/trusted.gpg.d/*.asc")
_PACKED: Mapping[str, Callable[..., Iterable[str]]] = {"xz": lzma.open, "gz": gzip.open, "": open}
_READ = {
    *("Package", "Version", "Architecture", "Multi-Arch", "Status", "Filename", "SHA256"),
    *("Depends", "Pre-Depends", "Provides", "Conflicts", "Breaks"),
    *("Types", "Enabled", "URIs", "Suites", "Components", "Signed-By"),  # of apt's sources
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AptSource:
    """One suite of an index; ``keys`` are the paths of its keyrings, none for the base's own."""

    site: str
    suite: str
    parts: tuple[str, ...]
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deb:
    """A package's file: what the index says of it, and where it is."""

    fields: Fields
    site: str

    @property
    def name(self) -> str:
        """Return the package's name."""
        return self.fields["Package"]

    @property
    def version(self) -> str:
        """Return the package's version."""
        return self.fields["Version"]

    def relations(self, *names: str) -> Iterator[tuple[Relation, ...]]:
        """Yield what stands in some fields, a tuple of alternatives each."""
        for part in ",".join(self.fields.get(name, "") for name in names).split(","):
            found = [_RELATION.match(one.strip()) for one in part.split("|")]
            if one := tuple((m[1], m[2] or "", m[3] or "") for m in found if m):
                yield one


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Reads from mirrors, and keeps what has a hash; proxies are those of the environment."""

    store: Store
    certificates: str = ""

    def open(self, url: str) -> IO[bytes]:
        """Return what is at an address. Raises BaseUnavailableError."""
        try:
            verify = self.certificates or True
            answer = requests.get(url, stream=True, timeout=_TIMEOUT, verify=verify)
            answer.raise_for_status()
        except requests.RequestException as error:
            raise BaseUnavailableError(
                f"{url} cannot be read: {error}", hint="--apt-sources FILE names another index"
            ) from error
        return cast("IO[bytes]", answer.raw)

    def keep(self, sha256: str, url: str) -> Path:
        """Return a file with a hash, fetched if it is not here."""
        path = self.store.path(f"sha256:{sha256}")
        if not path.exists():
            self.store.fetch(Blob(digest=f"sha256:{sha256}", size=0), self.open(url))
        return path


def find_packages(
    base: BaseFiles, names: Sequence[str], arch: Arch, client: Client, own: Path | None
) -> tuple[Deb, ...]:
    """Return packages with all that they need and a base lacks.

    The index is the one that the base's apt knows, or that of a file ``own``. Raises UsageError,
    BaseUnavailableError.
    """
    debs: dict[str, list[Deb]] = {}
    for source in read_sources(base.folder, own):
        release = _read_release(base.folder, source, client)
        for part in source.parts:
            lines = _read_index(
                source, release, f"{part}/binary-{_ARCHES.get(arch, arch.value)}", client
            )
            for fields in read_paragraphs(lines):
                debs.setdefault(fields["Package"], []).append(Deb(fields=fields, site=source.site))
    status = (base.folder / DPKG.lstrip("/") / "status").read_text("utf-8")
    there = [Deb(fields=fields, site="") for fields in read_paragraphs(status.splitlines())]
    return choose(names, debs, [one for one in there if "deinstall" not in one.fields["Status"]])


def read_paragraphs(lines: Iterable[str]) -> Iterator[Fields]:
    """Yield the fields of each paragraph, without those that nothing here reads."""
    fields: dict[str, str] = {}
    for line in chain(lines, [""]):
        name, colon, value = line.partition(":")
        if not line.strip():
            if fields:
                yield fields
            fields = {}
        elif colon and name in _READ:
            fields[name] = value.strip()


def read_sources(root: Path, own: Path | None) -> tuple[AptSource, ...]:
    """Return what apt would read its index from. Raises UsageError."""
    folder = root / "etc/apt"
    files = [own] if own else [folder / "sources.list", *sorted(folder.glob("sources.list.d/*"))]
    found: list[AptSource] = []
    for file in files:
        text = file.read_text("utf-8") if file.is_file() else ""
        if file.suffix == ".sources" or re.search(r"^URIs:", text, re.MULTILINE):
            for fields in read_paragraphs(text.splitlines()):
                if "deb" in fields.get("Types", "").split() and fields.get("Enabled") != "no":
                    found += [
                        AptSource(
                            site=site.rstrip("/"),
                            suite=suite,
                            parts=tuple(fields.get("Components", "").split()),
                            keys=tuple(fields.get("Signed-By", "").split()),
                        )
                        for site in fields["URIs"].split()
                        for suite in fields["Suites"].split()
                    ]
        for said, site, suite, parts in re.findall(
            r"^deb[ \t]+(?:\[([^]]*)\][ \t]+)?(\S+)[ \t]+(\S+)[ \t]+(.*)$", text, re.MULTILINE
        ):
            keys = tuple(re.findall(r"signed-by=([^\s,]+)", said, re.IGNORECASE))
            found.append(
                AptSource(site=site.rstrip("/"), suite=suite, parts=(*parts.split(),), keys=keys)
            )
    if not found:
        raise UsageError(
            f"no index of packages is configured in {own or 'the base (/etc/apt)'}",
            hint="--apt-sources FILE names one, as apt's sources.list does",
        )
    return tuple(found)


def _read_release(root: Path, source: AptSource, client: Client) -> str:
    """Return what was signed of a suite's Release. Raises BaseUnavailableError."""
    url = f"{source.site}/dists/{source.suite}/InRelease"
    with client.store.scratch() as work, client.open(url) as opened:
        (work / "InRelease").write_bytes(opened.read())
        text = _verify(work, url, list(_find_keys(root, source)))
    until = re.search(r"^Valid-Until: (.*)$", text, re.MULTILINE)
    confs = (root / "etc/apt").glob("apt.conf*/*")
    lax = any(re.search(r'Check-Valid-Until"? "?(false|0|no)', one.read_text()) for one in confs)
    if until and not lax and parsedate_to_datetime(until[1]) < datetime.now(UTC):
        raise BaseUnavailableError(
            f"{url} is valid until {until[1]} only", hint="is the mirror still kept up to date?"
        )
    return text


def _find_keys(root: Path, source: AptSource) -> Iterator[Path]:
    for key in source.keys:
        inside = root / key.lstrip("/")
        yield inside if inside.is_file() else Path(key)
    if not source.keys:
        for pattern in _KEYRINGS:
            yield from sorted(root.glob(pattern))


def _verify(work: Path, url: str, keys: Sequence[Path]) -> str:
    program = shutil.which("gpgv")
    if not program:
        raise UsageError(
            "gpgv checks the signature of the distribution's index, and is not here",
            hint="`apt install gpgv`, `brew install gnupg`; without --to an engine does it",
        )
    options = []
    for number, key in enumerate(one for one in keys if one.is_file()):
        data = key.read_bytes()
        if data.startswith(b"-----BEGIN"):  # lines before the empty one and the last say no key
            body = data.decode("ascii").replace("\r", "").partition("\n\n")[2].partition("\n=")[0]
            data = b64decode(body.partition("\n-----")[0])
        (work / f"{number}.gpg").write_bytes(data)
        options += ["--keyring", str(work / f"{number}.gpg")]
    words = [program, "--homedir", str(work), "--status-fd", "1", *options]
    words += ["--output", str(work / "signed"), str(work / "InRelease")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words and paths
    good = "[GNUPG:] GOODSIG" in done.stdout and "[GNUPG:] BADSIG" not in done.stdout
    if not good or not (work / "signed").is_file():
        raise BaseUnavailableError(
            f"{url} is not signed by a key that the base trusts",
            hint="the keys are those of signed-by, or of /etc/apt/trusted.gpg.d in the base",
            details=[Detail(text=line) for line in done.stderr.splitlines()],
        )
    return (work / "signed").read_text("utf-8")


def _read_index(source: AptSource, release: str, folder: str, client: Client) -> Iterable[str]:
    """Return a list of packages, checked against the hash in its Release."""
    for ending, unpack in _PACKED.items():
        path = f"{folder}/Packages.{ending}".rstrip(".")
        listed = re.search(rf"^ ([0-9a-f]{{64}}) +\d+ {re.escape(path)}$", release, re.MULTILINE)
        if listed:
            hashed = re.search(r"^Acquire-By-Hash: yes$", release, re.MULTILINE)
            name = f"{folder}/by-hash/SHA256/{listed[1]}" if hashed else path
            held = client.keep(listed[1], f"{source.site}/dists/{source.suite}/{name}")
            return unpack(held, "rt", encoding="utf-8")
    return ()  # a part may have nothing for an architecture


def choose(
    names: Sequence[str], debs: Mapping[str, Sequence[Deb]], there: Iterable[Deb]
) -> tuple[Deb, ...]:
    """Return what `apt-get install --no-install-recommends` would add. Raises UsageError."""
    have = {one.name: one for one in there}
    provided = {name for one in have.values() for ((name, *_),) in one.relations("Provides")}
    fresh: dict[str, Deb] = {}
    waiting: list[tuple[tuple[Relation, ...], str]]
    waiting = [(((name, "", ""),), "what is asked for") for name in names]
    while waiting:
        wanted, user = waiting.pop(0)
        if any(_is_met(one, have, provided) for one in wanted):
            continue
        found = next((deb for one in wanted for deb in _candidates(one, debs)), None)
        if found is None:
            text = " | ".join(" ".join(filter(None, one)) for one in wanted)
            raise UsageError(
                f"the index has no {text}, which {user} needs",
                hint="leave out --to: with an engine apt says more",
            )
        fresh[found.name] = have[found.name] = found
        provided |= {name for ((name, *_),) in found.relations("Provides")}
        waiting += [(one, found.name) for one in found.relations("Pre-Depends", "Depends")]
    for deb in fresh.values():
        for alternatives in deb.relations("Conflicts", "Breaks"):
            for name, how, version in alternatives:
                if name != deb.name and _is_met((name, how, version), have, frozenset()):
                    raise UsageError(
                        f"{deb.name} {deb.version} does not go with {name} {have[name].version}",
                        hint="leave out --to: with an engine apt finds a way, or says more",
                    )
    return tuple(fresh[name] for name in sorted(fresh))


def _is_met(wanted: Relation, have: Mapping[str, Deb], provided: Iterable[str]) -> bool:
    name, how, version = wanted
    if name in have and _HOLDS[how](order_version(have[name].version), order_version(version)):
        return True
    return not how and name in provided


def _candidates(wanted: Relation, debs: Mapping[str, Sequence[Deb]]) -> Iterator[Deb]:
    """Yield what may be installed for a name: the newest of it, else what provides it."""
    name, how, version = wanted
    for deb in sorted(debs.get(name, ()), key=lambda one: order_version(one.version), reverse=True):
        if _HOLDS[how](order_version(deb.version), order_version(version)):
            yield deb
    if not how and name not in debs:
        for other in sorted(debs):
            for deb in debs[other]:
                if any(one[0] == name for (one, *_) in deb.relations("Provides")):
                    yield deb


def order_version(text: str) -> tuple[object, ...]:
    """Return what sorts versions as dpkg does: ``~`` before the end, letters before the rest."""
    epoch, colon, rest = text.rpartition(":")
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return (int(epoch) if colon else 0, _order(upstream), _order(revision or "0"))


def _order(text: str) -> tuple[tuple[tuple[int, ...], int], ...]:
    def rank(char: str) -> int:
        return -1 if char == "~" else ord(char) if char.isalpha() else ord(char) + 256

    parts = re.findall(r"(\D*)(\d*)", text)
    return tuple(((*map(rank, word), 0), int(number or 0)) for word, number in parts)


def lay_packages(base: BaseFiles, debs: Sequence[Deb], client: Client, folder: Path) -> BaseFiles:
    """Return a base with packages, laid into ``folder``. Raises UsageError for their scripts."""
    shutil.copytree(base.folder, folder, symlinks=True, copy_function=_link)
    entries = {
        path: replace(one, source=folder / path) if one.source else one
        for path, one in base.entries.items()
    }
    excluded = _read_excluded(folder)
    scripts: list[Detail] = []
    status = (folder / DPKG.lstrip("/") / "status").read_text("utf-8").strip().split("\n\n")
    kept = {re.findall(r"^Package: (\S+)", text)[0]: text for text in status}
    for deb in debs:
        held = client.keep(deb.fields["SHA256"], f"{deb.site}/{deb.fields['Filename']}")
        parts = dict(_read_ar(held))
        control, scripted = _read_control(parts["control"])
        scripts += [Detail(text=f"{deb.name}: {name}") for name in scripted]
        head, _, rest = control.strip().partition("\n")
        kept[deb.name] = f"{head}\nStatus: install ok installed\n{rest}"
        with tarfile.open(fileobj=BytesIO(parts["data"])) as tar:
            paths = [*_lay(tar, folder, entries, excluded)]
        same = f":{deb.fields['Architecture']}" if deb.fields.get("Multi-Arch") == "same" else ""
        _write(folder, entries, f"{DPKG}/info/{deb.name}{same}.list", "\n".join(["/.", *paths, ""]))
    if scripts:
        raise UsageError(
            "packages of the distribution have scripts to run when they are installed",
            hint="leave out --to: `leanscaffold build` does it with Docker",
            details=scripts,
        )
    _write(folder, entries, f"{DPKG}/status", "\n\n".join(kept.values()) + "\n")
    return BaseFiles(folder=folder, entries=entries)


def _link(source: str, target: str) -> None:
    try:
        Path(target).hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)


def _read_excluded(root: Path) -> tuple[tuple[str, bool], ...]:
    """Return the patterns by which a base's dpkg leaves files out: (pattern, whether it does)."""
    texts = [one.read_text("utf-8") for one in sorted((root / "etc/dpkg/dpkg.cfg.d").glob("*"))]
    rows = re.findall(r"^path-(exclude|include)[= ](\S+)", "\n".join(texts), re.MULTILINE)
    return tuple((pattern, how == "exclude") for how, pattern in rows)


def _read_ar(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the archives in a .deb: ``control`` and ``data``."""
    with path.open("rb") as file:
        file.read(8)
        while len(head := file.read(60)) == 60:  # noqa: PLR2004 - ar's header
            member, size = head[:16].decode().strip(" /"), int(head[48:58])
            data = file.read(size + size % 2)[:size]
            if data.startswith(ZSTD_MAGIC):  # as Ubuntu packs them
                data = zstd.decompress(data)
            yield member.partition(".")[0], data


def _read_control(data: bytes) -> tuple[str, list[str]]:
    """Return a package's record, and which of its scripts would have to run."""
    text, scripted = "", []
    with tarfile.open(fileobj=BytesIO(data)) as tar:
        for member in tar:
            name, file = posixpath.basename(member.name), tar.extractfile(member)
            said = file.read().decode("utf-8", "replace") if file else ""
            if name == "control":
                text = said
            elif name in {"preinst", "postinst"} and not all(
                _IDLE.fullmatch(line) for line in said.splitlines()
            ):
                scripted.append(name)
    return text, scripted


def _lay(
    tar: tarfile.TarFile,
    folder: Path,
    entries: dict[str, Entry],
    excluded: Sequence[tuple[str, bool]],
) -> Iterator[str]:
    """Unpack a package over a root, folders that are links followed; yield its paths."""
    for member in tar:
        path = posixpath.normpath(f"/{member.name}")
        out = [skips for pattern, skips in excluded if fnmatch.fnmatchcase(path, pattern)]
        if path == "/" or (out and out[-1]):
            continue
        yield path
        member.name = _resolve(path, entries, last=member.isdir())
        member.linkname = (
            _resolve(f"/{member.linkname}", entries) if member.islnk() else member.linkname
        )
        if member.isdir() and member.name in entries:
            continue
        for above in sorted(parents_of([member.name]) - entries.keys()):
            entries[above] = Entry(
                path=above, kind=tarfile.DIRTYPE, mode=0o755, mtime=int(member.mtime)
            )
        place(tar, member, folder, entries)
        if member.isreg():
            entries[member.name] = replace(entries[member.name], source=folder / member.name)


def _resolve(path: str, entries: Mapping[str, Entry], *, last: bool = False) -> str:
    """Return a path without its slash, the links in it followed; its last part, too, with it."""
    done = ""
    parts = posixpath.normpath(path).strip("/").split("/")
    for number, part in enumerate(parts):
        done = f"{done}/{part}".lstrip("/")
        for _ in range(40):
            found = entries.get(done)
            if (
                not found
                or found.kind != tarfile.SYMTYPE
                or (number == len(parts) - 1 > -1 and not last)
            ):
                break
            done = posixpath.normpath(posixpath.join("/", posixpath.dirname(done), found.target))
            done = done.lstrip("/")
    return done


def _write(folder: Path, entries: dict[str, Entry], path: str, text: str) -> None:
    name = path.lstrip("/")
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        target.unlink()  # its bytes are the base's, too
    target.write_text(text, "utf-8")
    before = entries.get(name, Entry(path=name, mtime=0))
    entries[name] = replace(before, source=target, size=target.stat().st_size)
