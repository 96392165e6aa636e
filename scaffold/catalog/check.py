"""What has to be true of all facts together; the form of each was checked on loading."""

import re
from collections.abc import Iterator
from datetime import date

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import VERSION_PATTERN

from scaffold.catalog.check_bases import check_base, check_libcs
from scaffold.catalog.check_packages import SYSTEM_NAME, check_package
from scaffold.catalog.problem import Problem
from scaffold.model.codes import COMPANIONS
from scaffold.model.knowledge import Companion, Distribution, Facts, Library, ModuleFact
from scaffold.model.target import Arch, Device

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
            *(_check_library(library) for library in facts.libraries.values()),
            *(_check_distribution(kind, table) for kind, table in _tables(facts)),
            *(check_package(package, facts) for package in facts.packages.values()),
            *(_check_device(device) for device in facts.devices.values()),
            *(_check_module(name, module) for name, module in facts.modules.items()),
            *(_check_companion(name, one) for name, one in facts.companions.items()),
            _check_provenance(facts, today),
        )
        for problem in problems
    )


def _check_library(library: Library) -> Iterator[Problem]:
    fact = f"libraries/{library.id}"
    if library.program is (".so" in library.id):
        kind = "a program" if library.program else "a library"
        yield Problem(code="library-kind", fact=fact, text=f"{library.id!r} is not {kind}")
    for release, package in library.packages.items():
        if SYSTEM_NAME.fullmatch(package.name) is None:
            text = f"{package.name!r} is no package name of {release}"
            yield Problem(code="package-name", fact=fact, text=text)
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
            text = f"{version!r} of {name} is no version"
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
