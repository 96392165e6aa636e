"""Which file of which version is taken, and what is said where none is."""

from dataclasses import replace

from scaffold.model.index import DistFile, Metadata, Page, SourceFacts
from scaffold.model.resolution import Conflict, Resolution
from scaffold.model.target import Arch
from scaffold.resolver.cache import ResolutionRequest, ResolverCache
from scaffold.resolver.resolve import resolve
from tests.support.worlds import World, ask, environment, versions

ANY = "py3-none-any.whl"
ARM = environment(arch=Arch.ARM64)
PURE = SourceFacts(native=False)


def solved(world: World, *texts: str, wanted: ResolutionRequest | None = None) -> dict[str, str]:
    found = resolve(
        replace(wanted or ResolutionRequest(asked=()), asked=ask(*texts)), ARM, ResolverCache(world)
    )
    assert isinstance(found, Resolution), found
    return dict(versions(found.packages))


def reason(world: World, *texts: str, shelf: ResolverCache | None = None) -> tuple[str, str]:
    found = resolve(ResolutionRequest(asked=ask(*texts)), ARM, shelf or ResolverCache(world))
    assert isinstance(found, Conflict), found
    return found.reasons[0].code, found.reasons[0].text


def test_the_newest_sdist_beats_an_older_wheel_where_it_is_known_to_build() -> None:
    world = World().add(f"a-1.0-{ANY}").add("a-2.0.tar.gz")
    assert solved(world, "a") == {"a": "1.0"}  # nobody knows what building takes
    world.sources["a-2.0.tar.gz"] = PURE
    assert solved(world, "a") == {"a": "2.0"}
    world.sources["a-2.0.tar.gz"] = SourceFacts(native=True, languages=("c",), headers=("b.h",))
    assert solved(world, "a") == {"a": "1.0"}
    assert solved(world, "a", wanted=ResolutionRequest(asked=(), headers=("b.h",))) == {"a": "2.0"}
    assert solved(world, "a", wanted=ResolutionRequest(asked=(), builds=frozenset({"a"}))) == {
        "a": "2.0"
    }
    slow = ResolutionRequest(asked=(), headers=("b.h",), slow=frozenset({"a"}))
    assert solved(world, "a", wanted=slow) == {"a": "1.0"}
    assert solved(
        world, "a", wanted=ResolutionRequest(asked=(), headers=("b.h",), sdists=False)
    ) == {"a": "1.0"}


def test_a_next_to_empty_wheel_is_the_last_choice() -> None:
    world = World().add(f"lgpio-0.0.0.2-{ANY}", size=700).add("lgpio-0.2.2.tar.gz", size=90_000)
    assert solved(world, "lgpio") == {"lgpio": "0.2.2"}


def test_each_environment_gets_the_requirements_of_its_own_wheel() -> None:
    world = World().add("dep-1.tar.gz").add(f"big-1-{ANY}")
    arm, amd = (
        "t-1-cp313-cp313-manylinux_2_17_aarch64.whl",
        "t-1-cp313-cp313-manylinux_2_17_x86_64.whl",
    )
    world.add(arm).add(amd)
    world.own = {arm: ("dep",), amd: ("big",)}
    for order in ((Arch.ARM64, Arch.AMD64), (Arch.AMD64, Arch.ARM64)):
        shelf = ResolverCache(world)
        found = {
            arch: resolve(ResolutionRequest(asked=ask("t")), environment(arch=arch), shelf)
            for arch in order
        }
        told = {arch: set(versions(one.packages)) for arch, one in found.items()}  # type: ignore[union-attr]
        assert told == {Arch.ARM64: {"t", "dep"}, Arch.AMD64: {"t", "big"}}


def test_an_sdist_that_does_not_say_what_it_requires_stops_the_plan() -> None:
    world = World().add("a-1.tar.gz")
    world.silent = {"a-1.tar.gz"}
    code, text = reason(world, "a")
    assert code == "requirements-unknown"
    assert "pin a version that has a wheel" in text


def test_another_projects_wheel_on_a_page_is_not_taken() -> None:
    world = World().add(f"evil-9-{ANY}", name="a").add(f"a-1-{ANY}")
    assert solved(world, "a") == {"a": "1"}


def test_a_hash_that_matches_nothing_is_named_as_the_reason() -> None:
    world = World().add(f"six-1.17.0-{ANY}")
    (asked,) = ask("six==1.17.0")
    wanted = ResolutionRequest(asked=(replace(asked, hashes=("sha256:" + "0" * 64,)),))
    found = resolve(wanted, ARM, ResolverCache(world))
    assert isinstance(found, Conflict)
    assert [one.code for one in found.reasons] == ["hash-mismatch"]


class Foreign(World):
    """A page whose other files are for other systems."""

    def page(self, name: str, *, index: str = "") -> Page | None:
        page = super().page(name, index=index) or Page(name=name, files=(), origin="test")
        return replace(page, elsewhere=(("306", "Windows"), ("307", "Windows")))


def test_what_is_only_for_another_system_says_which_and_how_to_mark_it() -> None:
    for text, pinned in (("pywin32==306", "pywin32==306"), ("pywin32", "pywin32")):
        code, said = reason(Foreign(), text)
        assert code == "other-system"
        assert f'only for Windows: add a marker, {pinned}; sys_platform == "win32"' in said


def test_a_version_without_a_wheel_here_names_the_spelling_that_has_one() -> None:
    world = World().add("torch-2.3.0+cpu-cp313-cp313-linux_x86_64.whl")
    world.add("torch-2.3.0-cp313-cp313-manylinux_2_17_aarch64.whl")
    code, text = reason(world, "torch==2.3.0+cpu")
    assert code == "version-conflict"
    assert "torch==2.3.0, without the +, has one" in text


def test_a_tag_for_python_2_is_not_said_to_be_any() -> None:
    world = World().add("langdetect-1.0.7-py2-none-any.whl")
    code, text = reason(world, "langdetect")
    assert code == "no-wheel"
    assert "only Python 2" in text


class Counted(World):
    """Counts the versions whose metadata was asked for."""

    def metadata(self, name: str, version: str, file: DistFile) -> Metadata | None:
        self.asked.append(f"metadata {file.filename}")
        return super().metadata(name, version, file)


def test_what_every_version_needs_and_nothing_brings_is_refused_before_the_search() -> None:
    world = Counted()
    for minor in range(30):
        world.add(f"yolo-1.{minor}-{ANY}", requires=["torch", "six"])
        world.add(f"six-1.{minor}-{ANY}")
    world.add("torch-2.0-cp313-cp313-manylinux_2_17_x86_64.whl")
    code, text = reason(world, "yolo")
    assert code == "no-wheel"
    assert "torch 2.0 (needed by yolo)" in text
    assert len([one for one in world.asked if one.startswith("metadata")]) < 15


def test_an_older_version_that_does_without_is_still_searched_for() -> None:
    world = World().add(f"yolo-1.0-{ANY}").add(f"yolo-2.0-{ANY}", requires=["torch"])
    world.add("torch-2.0-cp313-cp313-manylinux_2_17_x86_64.whl")
    assert solved(world, "yolo") == {"yolo": "1.0"}
