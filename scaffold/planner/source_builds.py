"""What has to be built from source: with which packages and tools, and how long it takes."""

from collections.abc import Sequence

from scaffold.model.knowledge import Base, BuildClass, Facts, PackageFact, Recipe, SystemPackage
from scaffold.model.resolution import Reason, Weighed
from scaffold.model.target import Arch
from scaffold.planner.os_package_cost import distribution, written_packages

_RANK = {BuildClass.WHEELS: 0, BuildClass.MINUTES: 1, BuildClass.HOURS: 2}


def find_builds(
    facts: Facts,
    base: Base,
    arch: Arch,
    packages: Sequence[Weighed],
    install: dict[str, SystemPackage],
) -> tuple[tuple[str, ...], tuple[str, ...], BuildClass, tuple[Reason, ...]]:
    """Return build packages, tools, class and reasons; adds what they run with to ``install``."""
    build: set[str] = set()
    tools: set[str] = set()
    worst = BuildClass.WHEELS
    reasons: list[Reason] = []
    manager = base.package_manager or "apt"
    for weighed in packages:
        if weighed.pinned.wheel:
            continue
        fact = facts.packages.get(weighed.pinned.name)
        recipe = fact.recipe if fact else None
        effort = effort_of(fact)
        worst = max(worst, effort, key=_RANK.__getitem__)
        build |= set(recipe.build.get(manager, ())) if recipe else set(_COMPILER[manager])
        tools |= set(recipe.tools) if recipe else set()
        for name in recipe.run.get(manager, ()) if recipe else ():
            install.setdefault(name, _known_package(facts, base, arch, name))
        reasons.append(_builds(weighed, recipe, manager, effort))
    return tuple(sorted(build)), tuple(sorted(tools)), worst, tuple(reasons)


def effort_of(fact: PackageFact | None) -> BuildClass:
    """Return how long compiling a package takes; minutes where nobody noted it."""
    return fact.recipe.effort if fact and fact.recipe else BuildClass.MINUTES


_COMPILER = {"apt": ("gcc", "libc6-dev"), "apk": ("gcc", "musl-dev")}


def _builds(weighed: Weighed, recipe: Recipe | None, manager: str, effort: BuildClass) -> Reason:
    packages = ", ".join(recipe.build.get(manager, ())) if recipe else ""
    needs = packages or "a C compiler, as far as is known"
    text = (
        f"{weighed.pinned.name} {weighed.pinned.version} has no wheel here and is built from "
        f"its sdist: {effort} with {needs}"
    )
    name, file = weighed.pinned.name, weighed.pinned.file.filename
    return Reason(code="compile-needed", text=text, package=name, file=file)


def _known_package(facts: Facts, base: Base, arch: Arch, name: str) -> SystemPackage:
    """Return a package that a recipe names; the distribution's table knows most of them."""
    table = distribution(base.distribution_key, arch, facts)
    if table is not None and name in table.packages:
        on_disk, download = table.weigh(table.closure([name]))
        return SystemPackage(name=name, on_disk=on_disk, download=download)
    unknown = SystemPackage(name=name, on_disk=0, download=0, verified=False)
    return written_packages(base.distribution_key, facts).get(name, unknown)
