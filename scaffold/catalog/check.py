"""What has to be true of all facts together; the form of each was checked on loading."""

import fnmatch
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import VERSION_PATTERN, Version

from scaffold.catalog.tables import KINDS
from scaffold.model.codes import COMPANIONS
from scaffold.model.hardware import HardwareFact
from scaffold.model.knowledge import (
    Base,
    Companion,
    Distribution,
    Facts,
    Image,
    Library,
    ModuleFact,
    PackageFact,
    Recipe,
    ReleaseBounds,
    Swap,
)
from scaffold.model.target import Arch, Device


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that cannot be true. ``fact`` says where, such as ``bases/slim-trixie``."""

    code: str
    fact: str
    text: str

    def __str__(self) -> str:
        """Return ``bases/slim-trixie: text (code)``."""
        return f"{self.fact}: {self.text} ({self.code})"


Found = Iterator[tuple[str, str]]  # the code and the text of what cannot be true of one fact
_DEBIAN_RELEASES = ("bullseye", "bookworm", "trixie", "forky")
_MINOR = re.compile(r"3\.\d{1,2}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|")
MANAGERS = ("apt", "apk")


def _check_libcs(bases: Iterable[Base]) -> Iterator[Problem]:
    """Yield Debian releases with an older glibc than the release before them."""
    newest: tuple[int, int] = (0, 0)
    before = ""
    debian = [base for base in bases if base.release in _DEBIAN_RELEASES]
    for base in sorted(debian, key=lambda base: _DEBIAN_RELEASES.index(base.release)):
        if base.libc_version < newest:
            here, there = (".".join(map(str, one)) for one in (base.libc_version, newest))
            text = f"glibc {here} is older than {there} of {before}"
            yield Problem(code="glibc-shrinks", fact=f"bases/{base.id}", text=text)
        else:
            newest, before = base.libc_version, base.id


def _check_base(base: Base, facts: Facts) -> Found:
    """Yield what cannot be true of a base and its images."""
    alike = next(one for one in facts.bases if one.distribution == base.distribution)
    if base.libc is not alike.libc:
        text = f"{base.distribution} has {alike.libc} in bases/{alike.id}, and {base.libc} here"
        yield "libc", text
    if base.package_manager not in (None, *MANAGERS):
        text = f"{base.package_manager!r} is not a package manager that can be used"
        yield "package-manager", text
    if "{python}" not in base.reference and len({image.python for image in base.images}) > 1:
        yield "reference", f"reference {base.reference!r} is the same for several Pythons"
    yield from _check_origin(base, facts)
    if not base.images:
        yield "no-images", "there is no image"
    yield from _check_images(base, facts)


def _check_origin(base: Base, facts: Facts) -> Found:
    """Yield what a base that is cut from another says beyond what that one has."""
    origin = next((one for one in facts.bases if one.id == base.origin), None)
    if base.origin and origin is None:
        yield "origin", f"there is no base {base.origin!r}"
    if origin is None:
        return
    if origin.reference != base.reference:
        yield "origin", f"its reference is not that of {origin.id}"
    have = {*origin.ships, *origin.programs}
    taken = {name for piece in base.pieces for name in piece.programs}
    more = sorted({*base.ships, *base.offers, *base.programs} - have)
    more += sorted(taken - have - facts.libraries.keys())
    if more:
        yield "origin", f"{origin.id} does not have {', '.join(more)}"


def _check_images(base: Base, facts: Facts) -> Found:
    seen: list[str] = []
    pairs: set[tuple[str, Arch]] = set()
    for image in base.images:
        label = f"Python {image.python} on {image.arch}"
        if image.python not in seen:
            seen.append(image.python)
        if (image.python, image.arch) in pairs:
            yield "image-twice", f"{label} is there twice"
        pairs.add((image.python, image.arch))
        yield from _check_image(image, label)
    minors = [python for python in seen if _MINOR.fullmatch(python)]
    if len(minors) < len(seen) or minors != sorted(minors, key=Version):
        yield "pythons-order", f"Pythons have to ascend: {', '.join(seen)}"
    for python in seen:
        if python not in facts.pythons:
            yield "python-unknown", f"Python {python} is not in pythons.toml"


def _check_image(image: Image, label: str) -> Found:
    if not image.release.startswith(f"{image.python}."):
        yield "release", f"{label}: {image.release!r} is not a release of {image.python}"
    if not 0 < image.download <= image.on_disk:
        yield "size", f"{label}: {image.on_disk} bytes on disk, {image.download} compressed"
    if not 0 < image.error <= 0.5:  # noqa: PLR2004 - half of it
        yield "image-error", f"{label}: error {image.error} is not between 0 and 0.5"
    if _DIGEST.fullmatch(image.digest) is None:
        yield "digest", f"{label}: {image.digest!r} is not sha256: and 64 digits"


_TOOLS = ("cmake", "fortran", "llvm", "meson", "ninja", "rust", "swig")
_USES = ("runs-program", "finds-library", "shows-window", "imports")
SYSTEM_NAME = re.compile(r"[a-z0-9][a-z0-9+._-]+")
_KINDS = (
    *("databases", "py", "so", "pyi", "headers", "static", "sources", "tests", "docs"),
    *("dist-info", "examples", "locales", "symbols", "duplicates", "unloaded", "stand-ins"),
)


def _check_package(package: PackageFact, facts: Facts) -> Found:
    """Yield what cannot be true of a package, its swaps and its recipe."""
    if canonicalize_name(package.name) != package.name:
        yield "name", f"the normalised name is {canonicalize_name(package.name)!r}"
    for name, program in (
        *((name, False) for name in package.dlopens),
        *((name, True) for name in package.programs),
    ):
        library = facts.libraries.get(name)
        if library is None or library.program is not program:
            text = f"{name!r} is not in libraries.toml as a {'program' if program else 'library'}"
            yield "library-unknown", text
    for kind in package.keep:
        if kind not in _KINDS:
            yield "keep", f"{kind!r} is not a kind of file"
    for other in package.conflicts:
        known = facts.packages.get(other)
        if known is not None and package.name not in known.conflicts:
            yield "conflict-one-sided", f"conflicts with {other}, which does not say so"
    for swap in package.swaps:
        yield from _check_swap(swap, package)
    if package.recipe is not None:
        yield from _check_recipe(package.recipe, facts)
        yield from _check_proven(package.recipe, facts)


def _check_swap(swap: Swap, package: PackageFact) -> Found:
    try:
        target = Requirement(swap.to)
    except InvalidRequirement:
        yield "swap-target", f"{swap.to!r} is not a requirement"
        return
    name = target.name
    if canonicalize_name(name) != name:
        text = f"the swap's target {name!r} has to be written {canonicalize_name(name)!r}"
        yield "swap-target", text
    if name == package.name and not (swap.drops or swap.needs_index or target.extras):
        yield "swap-target", f"the swap to {swap.to!r} changes nothing"
    if swap.kind not in ("safe", "ask"):
        yield "swap-kind", f"the kind of a swap is safe or ask, not {swap.kind!r}"
    if swap.unless and swap.unless not in _USES:
        yield "swap-unless", f"{swap.unless!r} is not a use code"


def _check_recipe(recipe: Recipe, facts: Facts) -> Found:
    for half in (recipe.build, recipe.run):
        for manager in sorted(half.keys() - set(MANAGERS)):
            yield "recipe-manager", f"the recipe names {manager!r}; it is apt or apk"
    rows = (*recipe.build.values(), *recipe.run.values())
    for name in (name for row in rows for name in row):
        if SYSTEM_NAME.fullmatch(name) is None:
            yield "recipe-package", f"the recipe's {name!r} is not a package name"
    for name in recipe.run.get("apt", ()):
        for table in facts.distributions.values():
            if name not in table.packages:
                text = f"the recipe's {name!r} has no line in distributions/{table.id}"
                yield "recipe-package", text
    for tool in recipe.tools:
        if tool not in _TOOLS:
            yield "recipe-tool", f"{tool!r} is not a known tool"


def _check_proven(recipe: Recipe, facts: Facts) -> Found:
    known = {(base.id, image.python, image.arch) for base in facts.bases for image in base.images}
    for proven in recipe.proven:
        if (proven.base, proven.python, proven.arch) not in known:
            text = f"it is said to be proven on {proven.base} ({proven.arch}), which is not a base"
            yield "recipe-proven", text


_VERSION = re.compile(VERSION_PATTERN, re.VERBOSE | re.IGNORECASE)
_MEMORY = (32 * 1024**2, 512 * 1024**3)
_STORAGE = (64 * 10**6, 16 * 10**12)
_CORES = (1, 256)


def check_facts(facts: Facts, *, today: date) -> tuple[Problem, ...]:
    """Return everything that contradicts itself, another fact or the calendar."""
    return (
        *_check_libcs(facts.bases),
        *(
            Problem(code=code, fact=fact, text=text)
            for fact, found in _check_each(facts, today)
            for code, text in found
        ),
    )


def _check_each(facts: Facts, today: date) -> Iterator[tuple[str, Found]]:
    yield from ((f"bases/{one.id}", _check_base(one, facts)) for one in facts.bases)
    for library in facts.libraries.values():
        yield f"libraries/{library.id}", _check_library(library, facts)
    for kind, table in _tables(facts):
        yield f"{kind}/{table.id}", _check_distribution(table)
    for package in facts.packages.values():
        yield f"packages/{package.name}", _check_package(package, facts)
    for device in facts.devices.values():
        yield f"devices/{device.id}", _check_device(device)
    yield from ((f"modules/{name}", _check_module(row)) for name, row in facts.modules.items())
    for name, row in facts.hardware.items():
        yield f"hardware/{name}", _check_hardware(row, facts)
    for name, companion in facts.companions.items():
        yield f"companions/{name}", _check_companion(companion)
    yield from ((f"bounds/{name}", _check_bounds(name, row)) for name, row in facts.bounds.items())
    for fact, source, checked in _provenances(facts):
        yield fact, _check_provenance(source, checked, today)


def _check_library(library: Library, facts: Facts) -> Found:
    # Debian's packages with typelibs, which gi loads as libraries, are named by this prefix.
    # A library of another system has the name that is asked for.
    # What fonts are opened by is the name of their file.
    named = bool(library.system) or ".so" in library.id or library.id.startswith("gir1.2-")
    named = named or library.id.endswith((".ttf", ".ttc", ".otf"))
    if named is library.program and not (library.program and library.system):
        kind = "a program" if library.program else "a library"
        yield "library-kind", f"{library.id!r} is not {kind}"
    for release, package in library.packages.items():
        if SYSTEM_NAME.fullmatch(package.name) is None:
            yield "package-name", f"{package.name!r} is not a package name of {release}"
        gone = facts.dropped.get(release)
        if gone is not None and gone.successors(package.name) is not None:
            yield "package-dropped", f"{release} has {package.name!r} no more (dropped/{release})"
        if not 0 <= package.download <= package.on_disk:
            text = f"{package.name} on {release}: {package.on_disk} bytes on disk, "
            text += f"{package.download} compressed"
            yield "size", text


def _check_module(module: ModuleFact) -> Found:
    if not (module.packages or module.until or module.elsewhere or module.system):
        yield "module-empty", "nothing says who brings it"
    for text in module.packages:
        try:
            Requirement(text)
        except InvalidRequirement as error:
            yield "requirement", f"{text!r}: {error}"


def _check_companion(companion: Companion) -> Found:
    if not any((companion.package, companion.module, companion.is_used)):
        yield "companion-empty", "nothing says when it applies"
    if companion.code not in {*COMPANIONS, "runs-program"}:
        text = f"{companion.code!r} is none of runs-program, {', '.join(sorted(COMPANIONS))}"
        yield "companion-code", text


def _check_bounds(name: str, known: ReleaseBounds) -> Found:
    if canonicalize_name(name) != name:
        yield "name", f"the normalised name is {canonicalize_name(name)!r}"
    for releases, text, _ in known.rows:
        try:
            _ = SpecifierSet(releases), Requirement(text)
        except (InvalidSpecifier, InvalidRequirement) as error:
            yield "requirement", f"{releases!r}, {text!r}: {error}"


def _check_hardware(row: HardwareFact, facts: Facts) -> Found:
    if not (row.packages or row.call):
        yield "hardware-empty", "nothing says when it applies"
    if (row.boards or row.fails_on) and not row.why:
        yield "hardware-why", "nothing says why it does not work elsewhere"
    known = {device.board for device in facts.devices.values()}
    for pattern in (*row.boards, *row.fails_on, *row.on):
        if not fnmatch.filter(known, pattern):
            yield "board-unknown", f"no device has a board like {pattern!r}"
    for name in row.packages:
        if canonicalize_name(name) != name:
            yield "name", f"the normalised name is {canonicalize_name(name)!r}"


def _check_distribution(table: Distribution) -> Found:
    expected = table.release if table.arch is Arch.AMD64 else f"{table.release}-{table.arch.slug}"
    if table.id != expected:
        yield "distribution-id", f"the id has to be {expected!r}"
    for name, (on_disk, download, depends) in table.packages.items():
        if not 0 <= download <= on_disk:
            yield "size", f"{name}: {on_disk} bytes on disk, {download} compressed"
        for missing in sorted(set(depends) - set(table.packages)):
            yield "dependency-unknown", f"{name} depends on {missing}, which has no line"
    for name, (package, version) in table.modules.items():
        if package not in table.packages:
            yield "dependency-unknown", f"{name} is in {package}, which has no line"
        if _VERSION.fullmatch(version) is None:
            yield "version", f"{version!r} of {name} is not a version"


def _tables(facts: Facts) -> Iterator[tuple[str, Distribution]]:
    yield from (("distributions", table) for table in facts.distributions.values())
    yield from (("python3", table) for table in facts.python3.values())


def _check_device(device: Device) -> Found:
    for label, value, (low, high) in (
        ("memory", device.memory, _MEMORY),
        ("storage", device.storage, _STORAGE),
        ("cores", device.cores, _CORES),
    ):
        if value is not None and not low <= value <= high:
            text = f"{label} is {value}, which no device has"
            yield "device-implausible", text


def _check_provenance(source: str, checked: date, today: date) -> Found:
    if not source.strip():
        yield "source-missing", "the source is empty"
    if checked > today:
        yield "date-in-future", f"checked on {checked}, which is after {today}"


def _provenances(facts: Facts) -> Iterator[tuple[str, str, date]]:
    for base in facts.bases:
        yield f"bases/{base.id}", base.source, base.checked
        for image in base.images:
            yield f"bases/{base.id} ({image.python}, {image.arch})", image.source, image.checked
    for kind, table in _tables(facts):
        yield f"{kind}/{table.id}", table.source, table.checked
    own = {"bases", "distributions", "packages", "python3", "pythons"}
    for kind in sorted(KINDS.keys() - own):
        rows = getattr(facts, kind).items()
        yield from ((f"{kind}/{name}", row.source, row.checked) for name, row in rows)
    for package in facts.packages.values():
        yield f"packages/{package.name}", package.source, package.checked
        for swap in package.swaps:
            yield f"packages/{package.name} (to {swap.to})", swap.source, swap.checked
        if package.recipe is not None:
            recipe = package.recipe
            for checked in (recipe.checked, *(one.checked for one in recipe.proven)):
                yield f"packages/{package.name} (recipe)", recipe.source, checked
