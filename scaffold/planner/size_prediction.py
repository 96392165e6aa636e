"""Predict what an image weighs: base + wheels + bytecode + system packages + the application."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from scaffold.model.codes import Code
from scaffold.model.image import BLOCK, FOLDERS, WASTE, predict_waste
from scaffold.model.index import WheelFacts
from scaffold.model.knowledge import Base, Compression, Footprint, Image
from scaffold.model.options import Options
from scaffold.model.project import Project
from scaffold.model.resolution import Reason, Weighed
from scaffold.model.run import Figures, Trace
from scaffold.model.target import mega
from scaffold.model.verdict import Size
from scaffold.planner.os_package_cost import SystemCost

# A package that footprints.toml does not have: the medians of those it has, and what nine of ten of
# them are within: bytecode on disk, the same to download, and a wheel's own layer
# (`python -m tools.knowledge spreads`, 149 wheels, CPython 3.13, 2026-11-29).
TYPICAL = Footprint(bytecode=1.2, bytecode_layer=0.41, layer=0.95)
TYPICAL_BYTECODE_SPREAD = 0.35
TYPICAL_BYTECODE_LAYER_SPREAD = 0.45
TYPICAL_LAYER_SPREAD = 0.15
# How far another release, architecture or Python is from the wheel that was measured. 17 images of
# the examples (amd64 and arm64, Debian and Alpine, Python 3.13) were within 1 % and 5 % on
# 2026-11-24; the rest is for other releases and Pythons, of which none was built.
BYTECODE_SPREAD = 0.04
LAYER_SPREAD = 0.06
# A byte of a directory named tests, where it stays: what it compiles to, relative to a byte of the
# package's other sources (median of 17 packages, CPython 3.13, 2026-11-25; half are 1.0 to 1.4).
SOURCE_IN_TESTS = 1.3
# What trimming takes out of a layer, per byte: nearly all of it is text. Python sources of 45
# packages, each as a compressed tar archive: 0.21 to 0.26 (2026-11-24).
TEXT_COMPRESSED = 0.24
# Machine code whose symbols nobody looked at: their share of it, and how far that may be off
# (pyarrow 0.22, zstandard 0.91 with debug information, most wheels less than 0.2; 2026-11-29).
TYPICAL_SYMBOLS = 0.15
SYMBOLS_SPREAD = 0.3
# A wheel of unknown contents: what it unpacks to, relative to the wheel (median of 80 packages).
UNPACKED_PER_WHEEL = 3.2
UNKNOWN_SPREAD = 0.3
# Small files in a layer of their own, `docker push` of the five examples, 2026-11-24: 0.54 to 0.65.
APPLICATION_COMPRESSED = 0.6
# The user's entries in passwd and group, launchers, directories: a few entries in a tar archive.
FIXED_BYTES = 4096
FIXED_DOWNLOAD = 1024
# What blocks add to a base, relative to what was measured of another Python or architecture.
BASE_WASTE_SPREAD = 0.2
# Distribution packages: documentation, licences and a few libraries, as in the slim image.
SYSTEM_IN_BLOCKS = 1.1
# A source's bytecode in its last block, and its share of the folder that has it.
_MODULE_WASTE = WASTE + FOLDERS * BLOCK

_NOTHING = SystemCost()


def is_unread(facts: WheelFacts, name: str, footprints: Mapping[str, Footprint]) -> bool:
    """Tell whether nobody knows what stripping takes out of a wheel's machine code."""
    return facts.symbols is None and name not in footprints and facts.kind("so") > 0


def source_bytes(facts: WheelFacts) -> int:
    """Return the bytes of Python source that get compiled."""
    return facts.kind("py") + round(SOURCE_IN_TESTS * facts.kind("tests"))


def bytecode_bytes(
    packages: Sequence[Weighed], footprints: Mapping[str, Footprint]
) -> tuple[int, int]:
    """Return the predicted bytes of bytecode beside the sources: on disk, and to download."""
    on_disk = download = 0.0
    for weighed in packages:
        footprint = footprints.get(weighed.pinned.name, TYPICAL)
        compiled = footprint.bytecode * source_bytes(weighed.facts)
        on_disk += compiled
        download += compiled * footprint.bytecode_layer
    return round(on_disk), round(download)


def predict(
    *,
    base: Base,
    image: Image,
    packages: Sequence[Weighed],
    footprints: Mapping[str, Footprint],
    system: SystemCost,
    app: tuple[int, int],
    app_waste: tuple[int, int] = (0, 0),
    bytecode: str,
    less: tuple[int, int] = (0, 0),
    models: tuple[int, int] = (0, 0),
    unbuilt: SystemCost = _NOTHING,
) -> Size:
    """Return the predicted size with its error bound. ``app`` is bytes, and of Python sources.

    ``app_waste`` is what blocks add to them in bytes, and how many sources there are.
    ``less`` is what trimming takes out of the base, on disk and to download, if no package asks
    for it. ``models`` are bytes of the application and what they are compressed to, ``unbuilt`` is
    its machine code, which its own build makes.

    The error adds up the base's own, that of system packages and bytecode, and a wide one for
    files nobody has looked into.
    """
    compiles = bytecode != "none"
    of_base = _weigh_base(base, image, bytecode, less)
    app_compiled = round(app[1] * TYPICAL.bytecode) if compiles else 0
    app_bytes = app[0] + app_compiled
    code = round((app_bytes - models[0]) * APPLICATION_COMPRESSED)
    wheels = sum(weighed.facts.installed for weighed in packages)
    layer = round(sum(_layer(weighed, footprints) for weighed in packages))
    compiled = bytecode_bytes(packages, footprints) if compiles else (0, 0)
    app_download = code + models[1] + FIXED_DOWNLOAD + unbuilt.download
    parts = (
        ("base", *of_base),
        ("packages", wheels, layer),
        ("bytecode", *compiled),
        ("system packages", system.on_disk, system.download),
        ("application", app_bytes + FIXED_BYTES + unbuilt.on_disk, app_download),
    )
    of_packages = _package_errors(packages, footprints, compiles=compiles)
    on_disk = sum(part[1] for part in parts)
    error = round(
        image.on_disk * image.error
        + of_packages[0]
        + system.error
        + unbuilt.error
        + app_compiled * TYPICAL_BYTECODE_SPREAD
        + FIXED_BYTES
        + less[0]
    )
    base_waste = of_base[0] * (base.in_blocks - 1)
    modules = app_waste[1] if compiles else 0
    around = system.on_disk * (SYSTEM_IN_BLOCKS - 1) + app_waste[0] + modules * _MODULE_WASTE
    wastes = [predict_waste(weighed, bytecode=compiles) for weighed in packages]
    blocks_error = base_waste * BASE_WASTE_SPREAD + around * UNKNOWN_SPREAD
    fixed_error = system.download_error + unbuilt.download_error + FIXED_BYTES
    return Size(
        on_disk=on_disk,
        download=sum(part[2] for part in parts),
        error=error,
        download_error=round(image.download * image.error + of_packages[1] + fixed_error),
        in_blocks=round(on_disk + base_waste + around + sum(waste for waste, _ in wastes)),
        in_blocks_error=round(error + blocks_error + sum(off for _, off in wastes)),
        parts=parts,
        packages=tuple(_package(w, footprints, bytecode=compiles) for w in packages),
        models=models,
    )


def _weigh_base(base: Base, image: Image, bytecode: str, less: tuple[int, int]) -> tuple[int, int]:
    """Return what stays of a base, on disk and to download: pip goes, what is compiled comes."""
    on_disk, download = _library(base, bytecode)
    on_disk += image.on_disk - (base.pip_bytes if base.pip else 0) - less[0]
    download += image.download - (base.pip_download if base.pip else 0) - less[1]
    return on_disk, download


def _package_errors(
    packages: Sequence[Weighed], footprints: Mapping[str, Footprint], *, compiles: bool
) -> tuple[float, float]:
    """Return how far packages with their bytecode may be off: on disk, and to download."""
    disk, download = _spreads(packages, footprints) if compiles else (0.0, 0.0)
    unknown = sum(weighed.facts.installed for weighed in packages if not weighed.exact)
    unread = sum(
        weighed.facts.kind("so")
        for weighed in packages
        if weighed.trimmed and is_unread(weighed.facts, weighed.pinned.name, footprints)
    )
    layers = sum(
        _layer(weighed, footprints)
        * (LAYER_SPREAD if weighed.pinned.name in footprints else TYPICAL_LAYER_SPREAD)
        for weighed in packages
    )
    return (
        disk + unknown * UNKNOWN_SPREAD + unread * SYMBOLS_SPREAD,
        download + unread * SYMBOLS_SPREAD * TEXT_COMPRESSED + layers,
    )


def recompress(size: Size, base: Base, how: Compression, level: int) -> Size:
    """Return a size whose layers are compressed otherwise than by gzip.

    A base's own layers stay as their registry has them, if they stay at all (a push through a
    builder compresses them, too); models hardly change.
    """
    factor = how.factor(level)
    kept = 0 if base.assembled else sum(part[2] for part in size.parts if part[0] == "base")

    def press(label: str, download: int) -> int:
        fixed = kept if label == "base" else size.models[1] if label == "application" else 0
        return fixed + round((download - fixed) * factor)

    parts = tuple((label, on_disk, press(label, got)) for label, on_disk, got in size.parts)
    download = sum(part[2] for part in parts)
    return replace(
        size,
        download=download,
        download_error=round(
            size.download_error + how.spread * (download - kept) + kept * (1 - factor)
        ),
        parts=parts,
        packages=tuple((name, on_disk, press("", got)) for name, on_disk, got in size.packages),
    )


def _package(
    weighed: Weighed, footprints: Mapping[str, Footprint], *, bytecode: bool
) -> tuple[str, int, int]:
    """Return a package's name and what it comes to with its bytecode: on disk, to download."""
    compiled, layer = bytecode_bytes([weighed], footprints) if bytecode else (0, 0)
    return (
        weighed.pinned.name,
        weighed.facts.installed + compiled,
        round(_layer(weighed, footprints)) + layer,
    )


def _library(base: Base, bytecode: str) -> tuple[int, int]:
    """Return what a choice adds to a standard library that is bytecode alone, in both sizes."""
    more = base.stdlib_sources if bytecode != "only" else (0, 0)
    less = base.stdlib_bytecode if bytecode == "none" else (0, 0)
    return more[0] - less[0], more[1] - less[1]


def _layer(weighed: Weighed, footprints: Mapping[str, Footprint]) -> float:
    """Return what a layer makes of a wheel without what is trimmed, in bytes."""
    footprint = footprints.get(weighed.pinned.name, TYPICAL)
    size = weighed.pinned.file.size  # pages in HTML do not say it
    whole = (
        weighed.facts.installed / UNPACKED_PER_WHEEL if size is None else size
    ) * footprint.layer
    # What is left compresses no better than text.
    left = weighed.facts.installed * TEXT_COMPRESSED
    symbols = footprint.find_symbols(weighed.pinned.file.filename)
    gone = (weighed.trimmed - weighed.code_trimmed) * (symbols.spent or TEXT_COMPRESSED)
    gone += weighed.code_trimmed * whole / max(weighed.facts.installed + weighed.trimmed, 1)
    return max(whole - gone, left) if weighed.trimmed else whole


def _spreads(
    packages: Sequence[Weighed], footprints: Mapping[str, Footprint]
) -> tuple[float, float]:
    """Return how far bytecode may be off, on disk and to download."""
    measured = [weighed for weighed in packages if weighed.pinned.name in footprints]
    typical = [weighed for weighed in packages if weighed.pinned.name not in footprints]
    near, far = bytecode_bytes(measured, footprints), bytecode_bytes(typical, footprints)
    return (
        near[0] * BYTECODE_SPREAD + far[0] * TYPICAL_BYTECODE_SPREAD,
        near[1] * LAYER_SPREAD + far[1] * TYPICAL_BYTECODE_LAYER_SPREAD,
    )


def guess_installed(wheel_bytes: int | None) -> int:
    """Return what a file of unknown contents probably unpacks to, in bytes."""
    return round((wheel_bytes or 0) * UNPACKED_PER_WHEEL)


# The same image again differs by what the plan's own files weigh in it.
_SAME = 0.004
# On another architecture, base or closure: the part that stays, of what is predicted without.
_OTHER = 0.15
_REGROWN = 0.3  # of what a changed package brings back


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing:
    """A trace that holds for an image. ``figures`` are the nearest, ``same`` if it is this image's.

    ``python`` says that the standard library is of the Python that was traced; ``app`` are the
    application's bytes now.
    """

    trace: Trace
    figures: Figures | None
    same: bool
    python: bool
    app: int


def tracing(project: Project, options: Options, base: Base, image: Image) -> Tracing | None:
    """Return what a trace says of an image; None where there is none, or it cannot be applied."""
    trace = project.trace
    if trace is None or options.traced == "none" or not base.origin:
        return None

    def distance(figures: Figures) -> tuple[bool, bool, bool]:
        return (
            figures.closure != options.traced,
            figures.base != base.id,
            figures.arch is not image.arch,
        )

    nearest = min(trace.figures, key=distance, default=None)
    return Tracing(
        trace=trace,
        figures=nearest,
        same=nearest is not None and not any(distance(nearest)),
        python=trace.python.split(".")[:2] == image.python.split("."),
        app=project.app_bytes,
    )


def find_stale(tracing: Tracing, packages: Sequence[Weighed]) -> tuple[str, ...]:
    """Return the packages of another release than the trace was made with, sorted."""
    known = tracing.trace.packages
    return tuple(
        sorted(w.pinned.name for w in packages if known.get(w.pinned.name) != w.pinned.version)
    )


def predict_traced(size: Size, tracing: Tracing | None, packages: Sequence[Weighed]) -> Size:
    """Return the size with what a trace leaves out, given the one without."""
    if tracing is None or tracing.figures is None:
        return size
    figures = tracing.figures
    stale = [*find_stale(tracing, packages), *([] if tracing.python else [""])]
    back = sum(figures.dropped.get(name, 0) for name in stale)
    new = sum(
        w.facts.installed
        for w in packages
        if w.pinned.name in stale and w.pinned.name not in tracing.trace.packages
    )
    gone = figures.whole[0] - figures.kept[0]
    pressed = (figures.whole[1] - figures.kept[1]) / gone if gone else 0.0
    if tracing.same:
        grown = tracing.app - figures.app
        on_disk = figures.kept[0] + grown + back + new
        download = figures.kept[1] + round((grown + back + new) * pressed)
        error, download_error = on_disk * _SAME, download * _SAME
    else:
        left = 1 - (gone - back) / figures.whole[0]
        on_disk, download = round(size.on_disk * left), round(size.download * left)
        error, download_error = on_disk * _OTHER, download * _OTHER
    unsure = (back + new) * _REGROWN
    return Size(
        on_disk=on_disk,
        download=download,
        error=round(error + unsure),
        download_error=round(download_error + unsure * pressed),
        parts=(
            ("what the trace keeps", on_disk - tracing.app, download),
            ("application", tracing.app, 0),
        ),
    )


def remark_trace(tracing: Tracing | None, packages: Sequence[Weighed]) -> Iterator[Reason]:
    """Yield what there is to say of a trace that is applied."""
    if tracing is None:
        return
    runs, figures = len(tracing.trace.runs), tracing.figures
    text = f"leaves out what {runs} traced {'run' if runs == 1 else 'runs'} did not open"
    if figures is not None and tracing.same:
        gone = figures.whole[0] - figures.kept[0]
        text += f": {mega(gone)}, {figures.ratio:.2f} times what they open is left"
    yield Reason(code=Code.TRACED, text=text)
    stale = list(find_stale(tracing, packages))
    if not tracing.python:
        stale.append("Python's own library")
    if stale:
        verb = "is" if len(stale) == 1 else "are"
        text = (
            f"{', '.join(stale)} {verb} of another release than the trace's and kept whole: "
            "run leanscaffold trace again"
        )
        yield Reason(code=Code.TRACE_STALE, text=text)
    if not tracing.same:
        text = "the trace was not measured for this image: its size is an estimate"
        yield Reason(code=Code.TRACE_UNMEASURED, text=text)
