"""Where the predicted bytes of an image go: base, each package, and what kind of file."""

from collections.abc import Iterator
from dataclasses import dataclass

from scaffold.assembler.duplicates import DUPLICATES
from scaffold.assembler.trim import UNLOADED
from scaffold.assembler.trimming import STAND_INS, SYMBOLS
from scaffold.model.knowledge import Facts
from scaffold.model.resolution import Weighed
from scaffold.model.verdict import Accepted, Candidate, Trimmed
from scaffold.planner.trimming import lighten

SOURCES = "Python source"
BYTECODE = "bytecode"
OTHER = "data"
# Kinds of files as wheels are read, and what people call them.
_KINDS = {
    "so": "machine code",
    "py": SOURCES,
    "tests": "tests",
    "pyi": "for developers",
    "headers": "for developers",
    "static": "for developers",
    "sources": "for developers",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part of the image. ``group`` is base, package, system packages or application.

    Bytes on disk and to download; ``kinds`` splits the former by kind of file, the largest first.
    ``file`` is what a package is installed from, ``trimmed`` bytes of it that do not get into the
    image, by the rule that drops them.
    """

    label: str
    group: str
    on_disk: int
    download: int
    kinds: tuple[tuple[str, int], ...]
    version: str = ""
    file: str = ""
    trimmed: tuple[tuple[str, int], ...] = ()


def list_left_out(candidate: Candidate, *, bytecode: str) -> tuple[Trimmed, ...]:
    """Return what the wheels have and the image does not, sources of bytecode included."""
    alone = set(candidate.sourceless) if bytecode == "only" else set()
    sources = (
        Trimmed(rule=SOURCES, package=one.pinned.name, bytes=one.facts.kind("py"))
        for one in candidate.packages
        if one.pinned.name in alone
    )
    return tuple(one for one in (*candidate.trimmed, *sources) if one.bytes)


def break_down(chosen: Accepted, facts: Facts, *, bytecode: str) -> tuple[Share, ...]:
    """Return all shares, the largest first; together they are the predicted size."""
    shares = list(_around(chosen))
    if chosen.size.packages:  # of what a trace keeps, nobody knows whose it is
        shares += _packages(chosen, facts, bytecode)
    return tuple(sorted(shares, key=lambda share: (-share.on_disk, share.label)))


def _around(chosen: Accepted) -> Iterator[Share]:
    names = {"base": chosen.base.id, "application": "application"}
    for label, on_disk, download in chosen.size.parts:
        if label in {"packages", "bytecode"} or not on_disk:
            continue
        system = ", ".join(package.name for package in chosen.candidate.run_packages)
        yield Share(
            label=names.get(label, system or label),
            group=label,
            on_disk=on_disk,
            download=download,
            kinds=((label, on_disk),),
        )


def _packages(chosen: Accepted, facts: Facts, bytecode: str) -> Iterator[Share]:
    candidate = chosen.candidate
    left_out = list_left_out(candidate, bytecode=bytecode)
    left = lighten(candidate.packages, facts, candidate.trimmed, bytecode=bytecode)
    weights = {name: (on_disk, download) for name, on_disk, download in chosen.size.packages}
    for whole, light in zip(candidate.packages, left, strict=True):
        name = whole.pinned.name
        gone = {one.rule: one.bytes for one in left_out if one.package == name}
        on_disk, download = weights.get(name, (light.facts.installed, 0))
        yield Share(
            label=name,
            group="package",
            on_disk=on_disk,
            download=download,
            version=whole.pinned.version,
            file=whole.pinned.file.filename,
            kinds=_kinds(light, gone, on_disk),
            trimmed=_sorted(gone),
        )


def _kinds(light: Weighed, gone: dict[str, int], on_disk: int) -> tuple[tuple[str, int], ...]:
    """Split what is left; what no kind claims is data, and beyond the wheel it is bytecode."""
    known = {kind: size for kind, size in light.facts.kinds if kind in _KINDS}
    if SOURCES in gone:  # they stay among the kinds, for bytecode is predicted from them
        known.pop("py", None)
    if "so" in known:
        known["so"] -= min(
            sum(gone.get(one, 0) for one in (SYMBOLS, DUPLICATES, UNLOADED, STAND_INS)), known["so"]
        )
    found = dict(_named(known))
    rest = light.facts.installed - sum(known.values())
    compiled = on_disk - light.facts.installed
    found |= {OTHER: rest} if rest > 0 else {}
    found |= {BYTECODE: compiled} if compiled > 0 else {}
    return _sorted(found)


def _named(kinds: dict[str, int]) -> tuple[tuple[str, int], ...]:
    found: dict[str, int] = {}
    for kind, size in kinds.items():
        name = _KINDS.get(kind, OTHER)
        found[name] = found.get(name, 0) + size
    return _sorted(found)


def _sorted(kinds: dict[str, int]) -> tuple[tuple[str, int], ...]:
    pairs = [(kind, size) for kind, size in kinds.items() if size]
    return tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))
