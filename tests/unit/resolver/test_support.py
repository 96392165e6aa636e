from scaffold.model.knowledge import BuildClass, PackageFact, Recipe
from scaffold.model.target import Arch
from scaffold.resolver.cache import ResolverCache
from scaffold.resolver.support import (
    InstallEffort,
    Support,
    describe_support,
    find_package_support,
    find_support,
)
from tests.support.builders import CHECKED, SOURCE
from tests.support.worlds import World

HOURS = Recipe(build={}, effort=BuildClass.HOURS, source=SOURCE, checked=CHECKED)


def reach(world: World, name: str = "app") -> dict[tuple[str, Arch], Support]:
    found = find_support(name, ResolverCache(world), lambda one: HOURS if one == "slow" else None)
    return {(one.place.label, one.place.arch): one for one in found}


def answer(world: World, name: str = "app") -> str:
    return describe_support(name, tuple(reach(world, name).values()))


def test_a_pure_package_installs_everywhere() -> None:
    assert answer(World().add("app-1-py3-none-any.whl")) == (
        "app installs ready-made on Alpine, a 64-bit Raspberry Pi, a 32-bit Raspberry Pi and "
        "a Raspberry Pi Zero or 1."
    )


def test_what_a_pure_package_needs_counts_as_it_does() -> None:
    world = World().add("app-1-py3-none-any.whl", requires=["slow>=2"])
    world.add("slow-2-cp314-cp314-manylinux_2_28_aarch64.whl").add("slow-2.tar.gz")
    found = reach(world)
    assert found["a 64-bit Raspberry Pi", Arch.ARM64].ease is InstallEffort.READY
    zero = found["a Raspberry Pi Zero or 1", Arch.ARM_V6]
    assert (zero.ease, zero.because) == (InstallEffort.HOURS, ("slow",))
    assert "needs a compiler for slow on Alpine, a 32-bit" in answer(world)


def test_an_older_python_is_taken_where_only_that_has_a_wheel() -> None:
    world = World().add("app-1-cp312-cp312-musllinux_1_2_x86_64.whl")
    one = reach(world)["Alpine", Arch.AMD64]
    assert (one.ease, one.python) == (InstallEffort.READY, "3.12")
    text = answer(world)
    assert "ready-made on Alpine on amd64 with Python up to 3.12" in text
    assert "does not install on Alpine on arm64, a 64-bit Raspberry Pi" in text
    assert "it has neither a wheel nor sources for it" in text


def test_an_older_version_with_a_wheel_is_named() -> None:
    world = World().add("app-1-cp314-cp314-musllinux_1_2_x86_64.whl").add("app-2.tar.gz")
    one = reach(world)["Alpine", Arch.AMD64]
    assert (one.ease, one.version) == (InstallEffort.OLDER, "1")
    assert "as the older 1" in answer(world)


def test_what_has_neither_wheel_nor_sources_is_named() -> None:
    world = World().add("app-1-py3-none-any.whl", requires=["blob"])
    world.add("blob-1-cp314-cp314-win_amd64.whl")
    assert "blob offers neither a wheel nor sources for it" in answer(world)


def test_what_nobody_knows_is_not_said_to_be_missing() -> None:
    world = World().add("app-1-py3-none-any.whl", requires=["unheard-of"])
    assert reach(world)["Alpine", Arch.AMD64].ease is InstallEffort.READY


def test_a_time_that_nobody_noted_is_said_to_be_unknown() -> None:
    assert "which takes an unknown time" in answer(World().add("app-1.tar.gz"))


def test_what_is_opened_or_started_by_name_is_told_besides() -> None:
    world = World().add("app-1-py3-none-any.whl")
    page = world.page("app")
    assert page is not None
    fact = PackageFact(
        name="app",
        dlopens=("liba.so.1",),
        dlopens_unless=("app-binary",),
        dlopens_sought=True,
        programs=("git",),
        source=SOURCE,
        checked=CHECKED,
    )
    found = find_package_support(page, world, lambda _: fact)
    assert found.answer.endswith(
        " 1. It needs liba.so.1 and git of the system unless app-binary is installed too, and "
        "does not find it on Alpine."
    )
