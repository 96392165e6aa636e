"""A plan that takes long says what it reads, and how much it has read."""

from scaffold.operations.plan import ToldIndex
from scaffold.resolver.cache import ResolutionRequest, ResolverCache
from scaffold.resolver.resolve import resolve
from tests.support.worlds import World, ask, environment


def test_packages_that_are_read_are_counted_once_and_named_behind_what_is_done() -> None:
    world = World().add("flask-3.0-py3-none-any.whl", requires=["click"])
    world.add("click-8.0-py3-none-any.whl")
    told: list[str] = []
    index = ToldIndex(world, told.append)
    index.tell("resolving for arm64")
    resolve(ResolutionRequest(asked=ask("flask")), environment(), ResolverCache(index))
    assert list(dict.fromkeys(told)) == [
        "resolving for arm64",
        "resolving for arm64 · packages read: 1, now flask",
        "resolving for arm64 · packages read: 2, now click",
    ]


def test_wheels_that_are_looked_into_are_counted_where_the_network_is_asked() -> None:
    told: list[str] = []
    index = ToldIndex(World().add("six-1-py3-none-any.whl"), told.append)
    page = index.page("six")
    assert page is not None
    told.clear()
    wanted = [("six", "1", file) for file in page.files]
    for network in (False, True):
        index.wheel_facts(wanted, network=network)
    assert told == [" · looking into wheels: 1"]
