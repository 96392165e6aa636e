"""What has to be built from source: with which packages and tools, and how long it takes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scaffold.model.codes import Code
from scaffold.model.index import SourceFacts
from scaffold.model.knowledge import (
    Base,
    BuildClass,
    Facts,
    HeaderSource,
    PackageFact,
    Recipe,
    SystemPackage,
)
from scaffold.model.resolution import Reason, Weighed
from scaffold.model.target import Arch
from scaffold.planner.os_package_cost import distribution, written_packages
from scaffold.resolver.provider import is_simple, list_header_sources

_RANK = {effort: rank for rank, effort in enumerate(BuildClass)}
_COMPILER = {"apt": ("gcc", "libc6-dev"), "apk": ("gcc", "musl-dev")}
# g++, make and the C library's headers; what most builds that nobody has tried ask for.
_ALL = {
    "apt": ("build-essential", "cmake", "pkg-config"),
    "apk": ("build-base", "cmake", "pkgconf"),
}
_TOOLS = {"c++": {"apt": "g++", "apk": "g++"}}
_PKG_CONFIG = {"apt": "pkg-config", "apk": "pkgconf"}
_LANGUAGE_TOOLS = {"fortran", "meson", "rust", "swig"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Build:
    """What building one package takes; ``run`` are packages that the result runs with.

    ``unknown`` are headers and modules that no package is known to bring, ``refused`` is one that
    the base's distribution is known not to have.
    """

    effort: BuildClass
    packages: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    refused: str = ""


def find_builds(
    facts: Facts,
    base: Base,
    arch: Arch,
    packages: Sequence[Weighed],
    install: dict[str, SystemPackage],
) -> tuple[tuple[str, ...], tuple[str, ...], BuildClass, tuple[Reason, ...], tuple[Reason, ...]]:
    """Return build packages, tools, class, reasons and refusals.

    What the results run with is added to ``install``.
    """
    builds = [
        (weighed, _find(facts, base, weighed)) for weighed in packages if not weighed.pinned.wheel
    ]
    for _, build in builds:
        for name in build.run:
            install.setdefault(name, _known_package(facts, base, arch, name))
    efforts = [build.effort for _, build in builds]
    return (
        tuple(sorted({name for _, build in builds for name in build.packages})),
        tuple(sorted({name for _, build in builds for name in build.tools})),
        max(efforts, default=BuildClass.WHEELS, key=_RANK.__getitem__),
        tuple(_explain(weighed, build) for weighed, build in builds),
        tuple(_refuse(base, weighed, build.refused) for weighed, build in builds if build.refused),
    )


def effort_of(fact: PackageFact | None) -> BuildClass:
    """Return how long compiling a package takes; unknown where nobody noted it."""
    return fact.recipe.effort if fact and fact.recipe else BuildClass.UNKNOWN


def _find(facts: Facts, base: Base, weighed: Weighed) -> _Build:
    if not weighed.compiled:
        return _Build(effort=BuildClass.WHEELS)
    manager = base.package_manager or "apt"
    fact = facts.packages.get(weighed.pinned.name)
    if fact is not None and fact.recipe is not None:
        return _from_recipe(fact.recipe, manager)
    return _from_source(facts, base, manager, weighed.source)


def _from_recipe(recipe: Recipe, manager: str) -> _Build:
    return _Build(
        effort=recipe.effort,
        packages=recipe.build.get(manager, ()),
        tools=recipe.tools,
        run=recipe.run.get(manager, ()),
    )


def _from_source(facts: Facts, base: Base, manager: str, source: SourceFacts | None) -> _Build:
    if source is None:
        return _Build(effort=BuildClass.UNKNOWN, packages=_ALL[manager])
    known = facts.headers.values()
    found = list(list_header_sources(source, known))
    brought = {one: one.apk if manager == "apk" else one.apt for one in found}
    lacking = [one for one in found if not brought[one]]
    run = [name for one in found for name in one.runs_with(base.distribution_key)]
    simple = is_simple(source, [h for one in known for h in (*one.headers, *one.modules)])
    languages = [_TOOLS[one][manager] for one in source.languages if one in _TOOLS]
    if source.modules:
        languages.append(_PKG_CONFIG[manager])
    return _Build(
        effort=BuildClass.MINUTES if simple else BuildClass.UNKNOWN,
        packages=(
            *(_COMPILER if simple else _ALL)[manager],
            *languages,
            *(name for names in brought.values() for name in names),
        ),
        tools=tuple(one for one in source.languages if one in _LANGUAGE_TOOLS),
        run=tuple(run),
        unknown=tuple(_unknown(source, found)),
        refused=next((n for n in _names(source) if any(one.brings(n) for one in lacking)), ""),
    )


def _names(source: SourceFacts) -> tuple[str, ...]:
    return (*source.headers, *source.modules)


def _unknown(source: SourceFacts, found: Sequence[HeaderSource]) -> Iterator[str]:
    for name in _names(source):
        if not any(one.brings(name) for one in found):
            yield name


def _refuse(base: Base, weighed: Weighed, name: str) -> Reason:
    pinned = weighed.pinned
    text = (
        f"{pinned.name} {pinned.version} has no wheel here, and its sdist is built with {name}, "
        f"which no package of {base.id} has"
    )
    return Reason(
        code=Code.LIBRARY_UNAVAILABLE, text=text, package=pinned.name, file=pinned.file.filename
    )


def _explain(weighed: Weighed, build: _Build) -> Reason:
    name, file = weighed.pinned.name, weighed.pinned.file.filename
    what = f"{name} {weighed.pinned.version} has no wheel here and is built from its sdist"
    if build.effort is BuildClass.WHEELS:
        text = f"{what}, which is pure Python: on the build machine, without a compiler"
        return Reason(code=Code.PURE_SDIST, text=text, package=name, file=file)
    needs = ", ".join(build.packages)
    if build.effort is not BuildClass.UNKNOWN:
        text = f"{what}: {build.effort} with {needs}"
        return Reason(code=Code.COMPILE_NEEDED, text=text, package=name, file=file)
    who = f"; no package is known that has {', '.join(build.unknown[:4])}" if build.unknown else ""
    text = f"{what}: it is not known how long that takes and what it needs; with {needs}{who}"
    return Reason(code=Code.COMPILE_UNKNOWN, text=text, package=name, file=file)


def _known_package(facts: Facts, base: Base, arch: Arch, name: str) -> SystemPackage:
    """Return a package that a recipe names; the distribution's table knows most of them."""
    table = distribution(base.distribution_key, arch, facts)
    if table is not None and name in table.packages:
        on_disk, download = table.weigh(table.closure([name]))
        return SystemPackage(name=name, on_disk=on_disk, download=download)
    unknown = SystemPackage(name=name, on_disk=0, download=0, verified=False)
    return written_packages(base.distribution_key, facts).get(name, unknown)
