"""What is built from source, sdists and the project's own packages: with what, and how long."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from packaging.utils import canonicalize_name

from scaffold.model.codes import Code
from scaffold.model.errors import TransientError
from scaffold.model.index import SourceFacts
from scaffold.model.knowledge import Base, BuildClass, Facts, PackageFact, SystemPackage
from scaffold.model.project import Asked, OwnPackage, Project
from scaffold.model.resolution import Conflict, Pinned, Reason, Weighed
from scaffold.model.target import Arch, Environment
from scaffold.planner.os_package_cost import SystemCost, distribution, written_packages
from scaffold.project.path_requirements import wanted_paths
from scaffold.resolver.cache import ResolutionRequest, ResolverCache, parse_requirement
from scaffold.resolver.provider import is_simple, list_header_sources
from scaffold.resolver.resolve import resolve

_RANK = {effort: rank for rank, effort in enumerate(BuildClass)}
# g++, make and the C library's headers; what most builds that nobody has tried ask for.
_ALL = {
    "apt": ("build-essential", "cmake", "pkg-config"),
    "apk": ("build-base", "cmake", "pkgconf"),
}
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
        (
            *(_refuse(base, one, build.refused) for one, build in builds if build.refused),
            *(reason for one, _ in builds for reason in _refuse_libraries(base, arch, one)),
        ),
    )


def _refuse_libraries(base: Base, arch: Arch, weighed: Weighed) -> Iterator[Reason]:
    """Yield why an sdist is of no use that brings its machine code compiled, and none for here."""
    source, pinned = weighed.source, weighed.pinned
    if source is None or source.native or not source.libraries:
        return
    if any(one.runs_on(arch.machine, base.libc) for one in source.libraries):
        return
    library = source.libraries[0]
    made = " ".join(filter(None, (library.libc, library.machines[0])))
    text = (
        f"{pinned.name} {pinned.version} has no wheel for {arch} ({base.libc}), and its sdist "
        f"brings {library.path} compiled for {made}"
    )
    yield Reason(code=Code.NO_WHEEL, text=text, package=pinned.name, file=pinned.file.filename)


def effort_of(fact: PackageFact | None) -> BuildClass:
    """Return how long compiling a package takes; unknown where nobody noted it."""
    return fact.recipe.effort if fact and fact.recipe else BuildClass.UNKNOWN


def _find(facts: Facts, base: Base, weighed: Weighed) -> _Build:
    if not weighed.compiled:
        return _Build(effort=BuildClass.WHEELS)
    manager = base.package_manager or "apt"
    fact = facts.packages.get(weighed.pinned.name)
    if fact is None or fact.recipe is None:
        return _from_source(facts, base, manager, weighed.source)
    return _Build(
        effort=fact.recipe.effort,
        packages=fact.recipe.build.get(manager, ()),
        tools=fact.recipe.tools,
        run=fact.recipe.run.get(manager, ()),
    )


def _from_source(facts: Facts, base: Base, manager: str, source: SourceFacts | None) -> _Build:
    if source is None:
        return _Build(effort=BuildClass.UNKNOWN, packages=_ALL[manager])
    known, names = facts.headers.values(), (*source.headers, *source.modules)
    found = list(list_header_sources(source, known))
    brought = {one: one.apk if manager == "apk" else one.apt for one in found}
    lacking = [one for one in found if not brought[one]]
    run = [name for one in found for name in one.runs_with(base.distribution_key)]
    simple = is_simple(source, [h for one in known for h in (*one.headers, *one.modules)])
    languages = ["g++"] if "c++" in source.languages else []
    if source.modules:
        languages.append(_PKG_CONFIG[manager])
    return _Build(
        effort=BuildClass.MINUTES if simple else BuildClass.UNKNOWN,
        packages=(
            *(_PACKAGES[manager]["c"] if simple else _ALL[manager]),
            *languages,
            *(name for names in brought.values() for name in names),
        ),
        tools=tuple(one for one in source.languages if one in _LANGUAGE_TOOLS),
        run=tuple(run),
        unknown=tuple(n for n in names if not any(one.brings(n) for one in found)),
        refused=next((n for n in names if any(one.brings(n) for one in lacking)), ""),
    )


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
    needs, tuned = ", ".join(dict.fromkeys(build.packages)), ""
    if weighed.source is not None and weighed.source.tuned:
        tuned = (
            "; its build is made for the processor of the machine that builds, and may end with "
            "'Illegal instruction' on another: build on the device, or on one of its kind"
        )
    if build.effort is not BuildClass.UNKNOWN:
        text = f"{what}: {build.effort} with {needs}{tuned}"
        return Reason(code=Code.COMPILE_NEEDED, text=text, package=name, file=file)
    who = f"; no known package has {', '.join(build.unknown[:4])}" if build.unknown else ""
    text = f"{what}: how long that takes and what it needs is not known; with {needs}{who}{tuned}"
    return Reason(code=Code.COMPILE_UNKNOWN, text=text, package=name, file=file)


def _known_package(facts: Facts, base: Base, arch: Arch, name: str) -> SystemPackage:
    """Return a package that a recipe names; the distribution's table knows most of them."""
    table = distribution(base.distribution_key, arch, facts)
    if table is not None and name in table.packages:
        on_disk, download = table.weigh(table.closure([name]))
        return SystemPackage(name=name, on_disk=on_disk, download=download)
    unknown = SystemPackage(name=name, on_disk=0, download=0, verified=False)
    return written_packages(base.distribution_key, facts).get(name, unknown)


# What a tool is called in a distribution, where that is another name (Debian's package index, and
# Alpine's but for llvm, 2026-11).
_PACKAGES = {
    "apt": {
        "c": ("gcc", "libc6-dev"),
        "c++": ("g++", "gcc", "libc6-dev"),
        "ninja": ("ninja-build",),
    },
    "apk": {"c": ("gcc", "musl-dev"), "c++": ("g++", "gcc", "musl-dev"), "ninja": ("samurai",)},
}
_EVERYWHERE = {"fortran": ("gfortran",), "llvm": ("llvm-dev",), "rust": ("cargo",)}
# The library that code of a language loads when it runs.
_RUNTIME = {"c++": "libstdc++.so.6", "fortran": "libgfortran.so.5", "rust": "libgcc_s.so.1"}


# The framework whose sites collect static files, and those of its own per byte that its wheel holds
# beside code, texts and translations (Django 6.0, 2026-11-29).
_COLLECTS, _SERVED = "django", 0.79
# Bytes of an extension in wheels for arm64: C and Cython from markupsafe to httptools, Rust from
# orjson to pydantic-core; and what they are packed to (wheels of the index, 2026-11-29).
_C, _RUST, _PACKED = (44_000, 1_840_000), (330_000, 4_900_000), 0.37
# Bytes of a front end: up to the largest in eleven wheels that bring one (chainlit's, 2026-11-30).
_FRONT_END = (0, 42_400_000)


def own_packages(
    project: Project, environment: Environment, release: str
) -> tuple[OwnPackage, ...]:
    """Return the project's own packages, itself first. Raises RequirementsInvalidError."""
    wanted = {project.folder, *wanted_paths(project, environment, release)}
    return tuple(one for one in project.packages if one.path in wanted)


def compiler_packages(packages: Iterable[OwnPackage], manager: str) -> tuple[str, ...]:
    """Return the distribution's packages that compile what is not Python in them, sorted."""
    return packages_of({tool for one in packages for tool in one.tools}, manager)


def packages_of(tools: Iterable[str], manager: str) -> tuple[str, ...]:
    """Return the distribution's packages that bring tools of compilers, sorted."""
    known = _EVERYWHERE | _PACKAGES[manager]
    return tuple(sorted({name for tool in tools for name in known.get(tool, (tool,))}))


def weigh_unbuilt(project: Project) -> SystemCost:
    """Return half the range that own machine code, repositories, and a front end may come to.

    Nobody knows before it is built: the error reaches from the smallest to the largest.
    """
    ranges = [_RUST if "rust" in one.tools else _C for one in project.packages if one.tools]
    ranges += [
        _RUST if "rust" in one.build_tools else _C for one in project.asked if one.build_from
    ]
    ranges += [_FRONT_END] if project.front_end else []
    least, most = (sum(pair[end] for pair in ranges) for end in (0, 1))
    middle, half = (least + most) // 2, (most - least) // 2
    return SystemCost(
        on_disk=middle,
        download=round(middle * _PACKED),
        error=half,
        download_error=round(half * _PACKED),
    )


def weigh_collected(project: Project, packages: Iterable[Weighed]) -> SystemCost:
    """Return what collecting a site's static files adds: copies of its own and of its packages'.

    Which of these the site installs is not known, nor whether its storage keeps each file under a
    second name and packed: the error reaches from its own files to twice all of them.
    """
    start = project.start.value if project.start else None
    if start is None or not any("collectstatic" in words for words in start.prepares):
        return SystemCost()
    brought = 0
    for one in packages:
        served = one.facts.served
        if served is None and one.pinned.name == _COLLECTS:
            served = round(_SERVED * one.facts.kind("other"))
        brought += served or 0
    collected = project.app_served + brought
    error = round(0.3 * collected)
    return SystemCost(
        on_disk=collected, download=round(collected * _PACKED), error=error, download_error=error
    )


def runtime_libraries(package: OwnPackage) -> tuple[str, ...]:
    """Return the libraries beyond libc that a package's own code loads."""
    return tuple(_RUNTIME[tool] for tool in package.tools if tool in _RUNTIME)


def pin_build_requires(
    project: Project, environment: Environment, release: str, shelf: ResolverCache, *, offline: bool
) -> tuple[Pinned, ...]:
    """Return what builds the project's packages, all of it pinned; empty where that is not known.

    A pure package is built on the machine that builds, whose architecture nobody knows: each
    carries the hashes of all wheels of its release.
    """
    packages = own_packages(project, environment, release)
    asked = tuple(one for package in packages for one in _asked(package))
    if not asked:
        return ()
    wanted = ResolutionRequest(asked=asked, options=project.index, sdists=False, offline=offline)
    try:
        found = resolve(wanted, environment, shelf, release=release)
    except TransientError:
        return ()
    if isinstance(found, Conflict) or any(not one.file.sha256 for one in found.packages):
        return ()
    return tuple(replace(one, hashes=_all_hashes(one, shelf)) for one in found.packages)


def common_build_requires(found: Sequence[tuple[Pinned, ...]]) -> tuple[Pinned, ...]:
    """Return the pins that all targets share, empty where they differ."""
    versions = {tuple((one.name, one.version) for one in pins) for pins in found}
    if len(versions) != 1:
        return ()
    return tuple(
        replace(same[0], hashes=tuple(sorted({text for one in same for text in one.hashes})))
        for same in zip(*found, strict=True)
    )


def _asked(package: OwnPackage) -> Iterable[Asked]:
    texts = package.requires
    if package.backend.startswith("setuptools."):
        # Before 70.1 setuptools asks for it when it is about to build.
        texts = (*texts, "wheel")
    for text in texts:
        one = parse_requirement(text)
        if one is None:
            continue
        yield Asked(
            name=canonicalize_name(one.name),
            specifier=str(one.specifier),
            extras=tuple(sorted(canonicalize_name(extra) for extra in one.extras)),
            marker=str(one.marker or ""),
            url=one.url or "",
            text=text,
            origin=package.origin,
        )


def _all_hashes(pinned: Pinned, shelf: ResolverCache) -> tuple[str, ...]:
    files = next(
        (one.wheels for one in shelf.releases(pinned.name) if str(one.version) == pinned.version),
        (),
    )
    sums = {file.sha256 for file in files if file.sha256} | {pinned.file.sha256}
    return tuple(f"sha256:{one}" for one in sorted(sums))
