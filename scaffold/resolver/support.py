"""Where a project has wheels, and «does it work on Alpine?»: a package with all that it needs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from packaging.version import Version

from scaffold.model.index import Index, Page
from scaffold.model.knowledge import BuildClass, PackageFact, Recipe
from scaffold.model.project import Asked, Origin
from scaffold.model.target import Arch, Environment, Libc, LibcFamily
from scaffold.resolver.cache import EnvironmentTags, ResolutionRequest, ResolverCache
from scaffold.resolver.provider import Provider, walk_closure
from scaffold.resolver.releases import (
    newest_final,
)
from scaffold.resolver.wheel_matrix import PYTHONS, Matrix, make_matrix

_TRIED = PYTHONS[1:-1]  # the newest are pre-releases in many places, the oldest is nearly over


class InstallEffort(StrEnum):
    """How a package gets onto a place; ``compile`` is for a time that nobody has noted."""

    READY = "ready"
    OLDER = "older"
    MINUTES = "minutes"
    HOURS = "hours"
    COMPILE = "compile"
    NONE = "none"


_RANK = {ease: rank for rank, ease in enumerate(InstallEffort)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where people want to run things: what they call it, and what it is."""

    label: str
    libc: Libc
    arch: Arch


_MUSL = Libc(family=LibcFamily.MUSL, version=(1, 2))
_GLIBC = Libc(family=LibcFamily.GLIBC, version=(2, 41))
PLACES = (
    Place(label="Alpine", libc=_MUSL, arch=Arch.AMD64),
    Place(label="Alpine", libc=_MUSL, arch=Arch.ARM64),
    Place(label="a 64-bit Raspberry Pi", libc=_GLIBC, arch=Arch.ARM64),
    Place(label="a 32-bit Raspberry Pi", libc=_GLIBC, arch=Arch.ARM_V7),
    Place(label="a Raspberry Pi Zero or 1", libc=_GLIBC, arch=Arch.ARM_V6),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """How a package gets onto one place with the newest Python that makes it easiest.

    ``version`` is the one that would be taken, empty for none. ``because`` are the packages that
    have to be compiled, or that have nothing to install; the package itself may be one of them.
    """

    place: Place
    ease: InstallEffort
    python: str
    version: str = ""
    because: tuple[str, ...] = ()


def find_support(
    name: str, shelf: ResolverCache, recipe_of: Callable[[str], Recipe | None]
) -> tuple[Support, ...]:
    """Return how a package gets onto each of ``PLACES``; its dependencies count as it does."""
    found = []
    for place in PLACES:
        tried: list[Support] = []
        for python in reversed(_TRIED):
            tried.append(_reach(name, place, python, shelf, recipe_of))
            if tried[-1].ease is InstallEffort.READY:
                break
        found.append(min(tried, key=lambda one: _RANK[one.ease]))
    return tuple(found)


def _reach(
    name: str,
    place: Place,
    python: str,
    shelf: ResolverCache,
    recipe_of: Callable[[str], Recipe | None],
) -> Support:
    environment = Environment(python=python, arch=place.arch, libc=place.libc)
    asked = Asked(name=name, text=name, origin=Origin(file="command line"))
    provider = Provider(
        ResolutionRequest(asked=(asked,)), EnvironmentTags(environment, f"{python}.99"), shelf
    )
    version, missing, built = "", list[str](), list[str]()
    for need, contender in walk_closure(provider, provider.roots(), strict=False):
        if contender is None:
            # What the snapshot does not hold is not said to be missing, only what it knows of.
            if shelf.page(need.name) is not None:
                missing.append(need.name)
        elif not contender.wheel and not need.extras:
            built.append(need.name)
        if contender is not None and need.name == name:
            version = str(contender.version)
    ease = InstallEffort.NONE if missing else _effort(built, recipe_of)
    if ease is InstallEffort.READY and version != newest_final(shelf.releases(name)):
        ease = InstallEffort.OLDER
    because = tuple(dict.fromkeys(missing or built))
    return Support(place=place, ease=ease, python=python, version=version, because=because)


def _effort(built: Sequence[str], recipe_of: Callable[[str], Recipe | None]) -> InstallEffort:
    if not built:
        return InstallEffort.READY
    efforts = {recipe.effort if (recipe := recipe_of(name)) else None for name in built}
    if BuildClass.HOURS in efforts:
        return InstallEffort.HOURS
    return InstallEffort.COMPILE if None in efforts else InstallEffort.MINUTES


def describe_support(name: str, found: Sequence[Support]) -> str:
    """Return one plain sentence that answers for all places."""
    grouped: dict[str, list[Support]] = {}
    for one in found:
        grouped.setdefault(_spell(name, one), []).append(one)
    clauses = [
        words.format(places=join_words(_labels(group, found))) for words, group in grouped.items()
    ]
    return f"{name} {'; '.join(clauses)}."


def _spell(name: str, one: Support) -> str:
    behind = Version(one.python) < Version(_TRIED[-1])
    limit = f" with Python up to {one.python}" if behind else ""
    match one.ease:
        case InstallEffort.READY:
            return f"installs ready-made on {{places}}{limit}"
        case InstallEffort.OLDER:
            return f"installs ready-made on {{places}}{limit} as the older {one.version}"
        case InstallEffort.NONE:
            have = "it has" if name in one.because else f"{join_words(one.because)} offers"
            return f"does not install on {{places}}: {have} neither a wheel nor sources for it"
        case _:
            who = "" if name in one.because else f" for {join_words(one.because)}"
            takes = "an unknown time" if one.ease is InstallEffort.COMPILE else f"{one.ease}"
            return f"needs a compiler{who} on {{places}}, which takes {takes}"


def _labels(group: Sequence[Support], found: Sequence[Support]) -> list[str]:
    """Return the places of a group; one of several architectures alone is named with it."""
    labels = []
    for one in group:
        label = one.place.label
        everywhere = all(other in group for other in found if other.place.label == label)
        labels.append(label if everywhere else f"{label} on {one.place.arch}")
    return list(dict.fromkeys(labels))


def join_words(words: Iterable[str]) -> str:
    """Return words as a list in a sentence."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageSupport:
    """Where a package runs. ``answer`` is a sentence, and one more on what it needs of the system.

    ``recipe`` is None where nobody noted one.
    """

    matrix: Matrix
    reach: tuple[Support, ...]
    answer: str
    recipe: Recipe | None


def find_package_support(
    page: Page, index: Index, fact_of: Callable[[str], PackageFact | None]
) -> PackageSupport:
    """Return where the package of a page runs; its dependencies are looked up in the index."""

    def recipe_of(name: str) -> Recipe | None:
        fact = fact_of(name)
        return fact.recipe if fact else None

    reach = find_support(page.name, ResolverCache(index), recipe_of)
    fact = fact_of(page.name)
    return PackageSupport(
        matrix=make_matrix(page),
        reach=reach,
        answer=describe_support(page.name, reach) + (_describe_loads(fact) if fact else ""),
        recipe=recipe_of(page.name),
    )


def _describe_loads(fact: PackageFact) -> str:
    """Return what a package opens or starts by name, which its wheel does not bring."""
    if not fact.dlopens and not fact.programs:
        return ""
    text = f" It needs {join_words((*fact.dlopens, *fact.programs))} of the system"
    if fact.dlopens_unless:
        text += f" unless {' or '.join(fact.dlopens_unless)} is installed too"
    if fact.dlopens_pure:
        text += " where its wheel is not for one platform"
    return text + (", and does not find it on Alpine." if fact.dlopens_sought else ".")
