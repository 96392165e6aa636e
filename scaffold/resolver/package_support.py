"""All that is known of where one package runs: its matrix, the plain answer, how to build it."""

from collections.abc import Callable
from dataclasses import dataclass

from scaffold.model.index import Page
from scaffold.model.knowledge import PackageFact, Recipe
from scaffold.model.ports import Index
from scaffold.resolver.cache import ResolverCache
from scaffold.resolver.support import Support, describe_support, find_support, join_words
from scaffold.resolver.wheel_matrix import Matrix, make_matrix


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
