"""What has to be true of packages, their swaps and recipes."""

import re
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from scaffold.catalog.check_bases import MANAGERS
from scaffold.catalog.problem import Problem
from scaffold.model.knowledge import Facts, PackageFact, Recipe, Swap

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
            yield Problem(code="keep", fact=fact, text=f"{kind!r} is no kind of files")
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
        yield Problem(code="swap-target", fact=fact, text=f"{swap.to!r} is no requirement")
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
        yield Problem(code="swap-unless", fact=fact, text=f"{swap.unless!r} is no code of a use")


def _check_recipe(recipe: Recipe, fact: str, facts: Facts) -> Iterator[Problem]:
    for half in (recipe.build, recipe.run):
        for manager in sorted(half.keys() - set(MANAGERS)):
            text = f"the recipe names {manager!r}; it is apt or apk"
            yield Problem(code="recipe-manager", fact=fact, text=text)
    rows = (*recipe.build.values(), *recipe.run.values())
    for name in (name for row in rows for name in row):
        if SYSTEM_NAME.fullmatch(name) is None:
            text = f"the recipe's {name!r} is no package name"
            yield Problem(code="recipe-package", fact=fact, text=text)
    for name in recipe.run.get("apt", ()):
        for table in facts.distributions.values():
            if name not in table.packages:
                text = f"the recipe's {name!r} has no line in distributions/{table.id}"
                yield Problem(code="recipe-package", fact=fact, text=text)
    for tool in recipe.tools:
        if tool not in _TOOLS:
            yield Problem(code="recipe-tool", fact=fact, text=f"{tool!r} is no known tool")


def _check_proven(recipe: Recipe, fact: str, facts: Facts) -> Iterator[Problem]:
    known = {(base.id, image.python, image.arch) for base in facts.bases for image in base.images}
    for proven in recipe.proven:
        if (proven.base, proven.python, proven.arch) not in known:
            text = f"it is said to be proven on {proven.base} ({proven.arch}), which is no base"
            yield Problem(code="recipe-proven", fact=fact, text=text)
