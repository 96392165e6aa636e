"""What has to be true of all facts together; the form of each was checked on loading."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import VERSION_PATTERN

from scaffold.model.codes import COMPANIONS
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


_DEBIAN_RELEASES = ("bullseye", "bookworm", "trixie", "forky")
_MINOR = re.compile(r"3\.\d{1,2}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|")
MANAGERS = ("apt", "apk")


def check_libcs(bases: Iterable[Base]) -> Iterator[Problem]:
    """Yield Debian releases with an older glibc than the release before them."""
    newest: tuple[int, int] = (0, 0)
    before = ""
    debian = [base for base in bases if base.release in _DEBIAN_RELEASES]
    for base in sorted(debian, key=lambda base: _DEBIAN_RELEASES.index(base.release)):
        if base.libc_version < newest:
            text = f"glibc {_dotted(base.libc_version)} is older than {_dotted(newest)} of {before}"
            yield Problem(code="glibc-shrinks", fact=f"bases/{base.id}", text=text)
        else:
            newest, before = base.libc_version, base.id


def check_base(base: Base, facts: Facts) -> Iterator[Problem]:
    """Yield what cannot be true of a base and its images."""
    fact = f"bases/{base.id}"
    alike = next(one for one in facts.bases if one.distribution == base.distribution)
    if base.libc is not alike.libc:
        text = f"{base.distribution} has {alike.libc} in bases/{alike.id}, and {base.libc} here"
        yield Problem(code="libc", fact=fact, text=text)
    if base.package_manager not in (None, *MANAGERS):
        text = f"{base.package_manager!r} is not a package manager that can be used"
        yield Problem(code="package-manager", fact=fact, text=text)
    if "{python}" not in base.reference and len({image.python for image in base.images}) > 1:
        text = f"reference {base.reference!r} is the same for several Pythons"
        yield Problem(code="reference", fact=fact, text=text)
    yield from _check_origin(base, facts)
    if not base.images:
        yield Problem(code="no-images", fact=fact, text="there is no image")
    yield from _check_images(base, facts)


def _check_origin(base: Base, facts: Facts) -> Iterator[Problem]:
    """Yield what a base that is cut from another says beyond what that one has."""
    fact = f"bases/{base.id}"
    origin = next((one for one in facts.bases if one.id == base.origin), None)
    if base.origin and origin is None:
        yield Problem(code="origin", fact=fact, text=f"there is no base {base.origin!r}")
    if origin is None:
        return
    if origin.reference != base.reference:
        yield Problem(code="origin", fact=fact, text=f"its reference is not that of {origin.id}")
    have = {*origin.ships, *origin.programs}
    taken = {name for piece in base.pieces for name in piece.programs}
    more = sorted({*base.ships, *base.offers, *base.programs} - have)
    more += sorted(taken - have - facts.libraries.keys())
    if more:
        text = f"{origin.id} does not have {', '.join(more)}"
        yield Problem(code="origin", fact=fact, text=text)


def _check_images(base: Base, facts: Facts) -> Iterator[Problem]:
    fact = f"bases/{base.id}"
    seen: list[str] = []
    pairs: set[tuple[str, Arch]] = set()
    for image in base.images:
        label = f"Python {image.python} on {image.arch}"
        if image.python not in seen:
            seen.append(image.python)
        if (image.python, image.arch) in pairs:
            yield Problem(code="image-twice", fact=fact, text=f"{label} is there twice")
        pairs.add((image.python, image.arch))
        yield from _check_image(image, fact, label)
    minors = [python for python in seen if _MINOR.fullmatch(python)]
    if len(minors) < len(seen) or minors != sorted(minors, key=_minor):
        text = f"Pythons have to ascend: {', '.join(seen)}"
        yield Problem(code="pythons-order", fact=fact, text=text)
    for python in seen:
        if python not in facts.pythons:
            text = f"Python {python} is not in pythons.toml"
            yield Problem(code="python-unknown", fact=fact, text=text)


def _check_image(image: Image, fact: str, label: str) -> Iterator[Problem]:
    if not image.release.startswith(f"{image.python}."):
        text = f"{label}: {image.release!r} is not a release of {image.python}"
        yield Problem(code="release", fact=fact, text=text)
    if not 0 < image.download <= image.on_disk:
        text = f"{label}: {image.on_disk} bytes on disk, {image.download} compressed"
        yield Problem(code="size", fact=fact, text=text)
    if not 0 < image.error <= 0.5:  # noqa: PLR2004 - half of it
        text = f"{label}: error {image.error} is not between 0 and 0.5"
        yield Problem(code="image-error", fact=fact, text=text)
    if _DIGEST.fullmatch(image.digest) is None:
        text = f"{label}: {image.digest!r} is not sha256: and 64 digits"
        yield Problem(code="digest", fact=fact, text=text)


def _minor(python: str) -> tuple[int, ...]:
    return tuple(int(part) for part in python.split("."))


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


_TOOLS = ("cmake", "fortran", "llvm", "meson", "ninja", "rust", "swig")
_USES = ("runs-program", "finds-library", "shows-window", "imports")
SYSTEM_NAME = re.compile(r"[a-z0-9][a-z0-9+._-]+")
_KINDS = (
    "databases",
    "py",
    "so",
    "pyi",
    "headers",
    "static",
    "sources",
    "tests",
    "docs",
    "dist-info",
    "examples",
    "locales",
    "symbols",
    "duplicates",
    "unloaded",
    "stand-ins",
)


def check_package(package: PackageFact, facts: Facts) -> Iterator[Problem]:
    """Yield what cannot be true of a package, its swaps and its recipe."""
    fact = f"packages/{package.name}"
    if canonicalize_name(package.name) != package.name:
        text = f"the normalised name is {canonicalize_name(package.name)!r}"
        yield Problem(code="name", fact=fact, text=text)
    for name, program in (
        *((name, False) for name in package.dlopens),
        *((name, True) for name in package.programs),
    ):
        library = facts.libraries.get(name)
        if library is None or library.program is not program:
            text = f"{name!r} is not in libraries.toml as a {'program' if program else 'library'}"
            yield Problem(code="library-unknown", fact=fact, text=text)
    for kind in package.keep:
        if kind not in _KINDS:
            yield Problem(code="keep", fact=fact, text=f"{kind!r} is not a kind of file")
    for other in package.conflicts:
        known = facts.packages.get(other)
        if known is not None and package.name not in known.conflicts:
            text = f"conflicts with {other}, which does not say so"
            yield Problem(code="conflict-one-sided", fact=fact, text=text)
    for swap in package.swaps:
        yield from _check_swap(swap, package, fact)
    if package.recipe is not None:
        yield from _check_recipe(package.recipe, fact, facts)
        yield from _check_proven(package.recipe, fact, facts)


def _check_swap(swap: Swap, package: PackageFact, fact: str) -> Iterator[Problem]:
    try:
        target = Requirement(swap.to)
    except InvalidRequirement:
        yield Problem(code="swap-target", fact=fact, text=f"{swap.to!r} is not a requirement")
        return
    name = target.name
    if canonicalize_name(name) != name:
        text = f"the swap's target {name!r} has to be written {canonicalize_name(name)!r}"
        yield Problem(code="swap-target", fact=fact, text=text)
    if name == package.name and not (swap.drops or swap.needs_index or target.extras):
        text = f"the swap to {swap.to!r} changes nothing"
        yield Problem(code="swap-target", fact=fact, text=text)
    if swap.kind not in ("safe", "ask"):
        text = f"the kind of a swap is safe or ask, not {swap.kind!r}"
        yield Problem(code="swap-kind", fact=fact, text=text)
    if swap.unless and swap.unless not in _USES:
        yield Problem(code="swap-unless", fact=fact, text=f"{swap.unless!r} is not a use code")


def _check_recipe(recipe: Recipe, fact: str, facts: Facts) -> Iterator[Problem]:
    for half in (recipe.build, recipe.run):
        for manager in sorted(half.keys() - set(MANAGERS)):
            text = f"the recipe names {manager!r}; it is apt or apk"
            yield Problem(code="recipe-manager", fact=fact, text=text)
    rows = (*recipe.build.values(), *recipe.run.values())
    for name in (name for row in rows for name in row):
        if SYSTEM_NAME.fullmatch(name) is None:
            text = f"the recipe's {name!r} is not a package name"
            yield Problem(code="recipe-package", fact=fact, text=text)
    for name in recipe.run.get("apt", ()):
        for table in facts.distributions.values():
            if name not in table.packages:
                text = f"the recipe's {name!r} has no line in distributions/{table.id}"
                yield Problem(code="recipe-package", fact=fact, text=text)
    for tool in recipe.tools:
        if tool not in _TOOLS:
            yield Problem(code="recipe-tool", fact=fact, text=f"{tool!r} is not a known tool")


def _check_proven(recipe: Recipe, fact: str, facts: Facts) -> Iterator[Problem]:
    known = {(base.id, image.python, image.arch) for base in facts.bases for image in base.images}
    for proven in recipe.proven:
        if (proven.base, proven.python, proven.arch) not in known:
            text = f"it is said to be proven on {proven.base} ({proven.arch}), which is not a base"
            yield Problem(code="recipe-proven", fact=fact, text=text)


_VERSION = re.compile(VERSION_PATTERN, re.VERBOSE | re.IGNORECASE)
_MEMORY = (32 * 1024**2, 512 * 1024**3)
_STORAGE = (64 * 10**6, 16 * 10**12)
_CORES = (1, 256)


def check_facts(facts: Facts, *, today: date) -> tuple[Problem, ...]:
    """Return everything that contradicts itself, another fact or the calendar."""
    return tuple(
        problem
        for problems in (
            check_libcs(facts.bases),
            *(check_base(base, facts) for base in facts.bases),
            *(_check_library(library, facts) for library in facts.libraries.values()),
            *(_check_distribution(kind, table) for kind, table in _tables(facts)),
            *(check_package(package, facts) for package in facts.packages.values()),
            *(_check_device(device) for device in facts.devices.values()),
            *(_check_module(name, module) for name, module in facts.modules.items()),
            *(_check_companion(name, one) for name, one in facts.companions.items()),
            _check_provenance(facts, today),
        )
        for problem in problems
    )


def _check_library(library: Library, facts: Facts) -> Iterator[Problem]:
    fact = f"libraries/{library.id}"
    if library.program is (".so" in library.id):
        kind = "a program" if library.program else "a library"
        yield Problem(code="library-kind", fact=fact, text=f"{library.id!r} is not {kind}")
    for release, package in library.packages.items():
        if SYSTEM_NAME.fullmatch(package.name) is None:
            text = f"{package.name!r} is not a package name of {release}"
            yield Problem(code="package-name", fact=fact, text=text)
        gone = facts.dropped.get(release)
        if gone is not None and gone.successors(package.name) is not None:
            text = f"{release} has {package.name!r} no more (dropped/{release})"
            yield Problem(code="package-dropped", fact=fact, text=text)
        if not 0 <= package.download <= package.on_disk:
            text = f"{package.name} on {release}: {package.on_disk} bytes on disk, "
            text += f"{package.download} compressed"
            yield Problem(code="size", fact=fact, text=text)


def _check_module(name: str, module: ModuleFact) -> Iterator[Problem]:
    fact = f"modules/{name}"
    if not (module.packages or module.until or module.elsewhere):
        yield Problem(code="module-empty", fact=fact, text="nothing says who brings it")
    for text in module.packages:
        try:
            Requirement(text)
        except InvalidRequirement as error:
            yield Problem(code="requirement", fact=fact, text=f"{text!r}: {error}")


def _check_companion(name: str, companion: Companion) -> Iterator[Problem]:
    fact = f"companions/{name}"
    if not (companion.package or companion.module or companion.call):
        yield Problem(code="companion-empty", fact=fact, text="nothing says when it applies")
    if companion.code not in {*COMPANIONS, "runs-program"}:
        text = f"{companion.code!r} is none of runs-program, {', '.join(sorted(COMPANIONS))}"
        yield Problem(code="companion-code", fact=fact, text=text)


def _check_distribution(kind: str, table: Distribution) -> Iterator[Problem]:
    fact = f"{kind}/{table.id}"
    expected = table.release if table.arch is Arch.AMD64 else f"{table.release}-{table.arch.slug}"
    if table.id != expected:
        yield Problem(code="distribution-id", fact=fact, text=f"the id has to be {expected!r}")
    for name, (on_disk, download, depends) in table.packages.items():
        if not 0 <= download <= on_disk:
            text = f"{name}: {on_disk} bytes on disk, {download} compressed"
            yield Problem(code="size", fact=fact, text=text)
        for missing in sorted(set(depends) - set(table.packages)):
            text = f"{name} depends on {missing}, which has no line"
            yield Problem(code="dependency-unknown", fact=fact, text=text)
    for name, (package, version) in table.modules.items():
        if package not in table.packages:
            text = f"{name} is in {package}, which has no line"
            yield Problem(code="dependency-unknown", fact=fact, text=text)
        if _VERSION.fullmatch(version) is None:
            text = f"{version!r} of {name} is not a version"
            yield Problem(code="version", fact=fact, text=text)


def _tables(facts: Facts) -> Iterator[tuple[str, Distribution]]:
    yield from (("distributions", table) for table in facts.distributions.values())
    yield from (("python3", table) for table in facts.python3.values())


def _check_device(device: Device) -> Iterator[Problem]:
    for label, value, (low, high) in (
        ("memory", device.memory, _MEMORY),
        ("storage", device.storage, _STORAGE),
        ("cores", device.cores, _CORES),
    ):
        if value is not None and not low <= value <= high:
            text = f"{label} is {value}, which no device has"
            yield Problem(code="device-implausible", fact=f"devices/{device.id}", text=text)


def _check_provenance(facts: Facts, today: date) -> Iterator[Problem]:
    for fact, source, checked in _provenances(facts):
        if not source.strip():
            yield Problem(code="source-missing", fact=fact, text="the source is empty")
        if checked > today:
            text = f"checked on {checked}, which is after {today}"
            yield Problem(code="date-in-future", fact=fact, text=text)


def _provenances(facts: Facts) -> Iterator[tuple[str, str, date]]:
    for base in facts.bases:
        yield f"bases/{base.id}", base.source, base.checked
        for image in base.images:
            yield f"bases/{base.id} ({image.python}, {image.arch})", image.source, image.checked
    for kind, table in _tables(facts):
        yield f"{kind}/{table.id}", table.source, table.checked
    for kind, rows in (
        ("libraries", facts.libraries),
        ("devices", facts.devices),
        ("modules", facts.modules),
        ("companions", facts.companions),
        ("indexes", facts.indexes),
        ("stand_ins", facts.stand_ins),
    ):
        yield from ((f"{kind}/{name}", row.source, row.checked) for name, row in rows.items())
    for package in facts.packages.values():
        yield f"packages/{package.name}", package.source, package.checked
        for swap in package.swaps:
            yield f"packages/{package.name} (to {swap.to})", swap.source, swap.checked
        if package.recipe is not None:
            recipe = package.recipe
            for checked in (recipe.checked, *(one.checked for one in recipe.proven)):
                yield f"packages/{package.name} (recipe)", recipe.source, checked
