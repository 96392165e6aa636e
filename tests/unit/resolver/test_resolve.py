from dataclasses import replace

import pytest

from scaffold.model.codes import Code
from scaffold.model.index import DistFile
from scaffold.model.project import IndexOptions, Lock, LockedFile, LockedPackage, Origin
from scaffold.model.resolution import Conflict, Resolution
from scaffold.model.target import Arch, Environment
from scaffold.resolver.cache import EnvironmentTags, ResolutionRequest, ResolverCache
from scaffold.resolver.provider import Provider
from scaffold.resolver.resolve import resolve
from scaffold.resolver.search import GaveUpError, Search
from tests.support.worlds import World, ask, environment, musl, versions

ANY = "py3-none-any.whl"
GLIBC = "cp313-cp313-manylinux_2_28_x86_64.whl"


def solve(
    world: World,
    *texts: str,
    env: Environment | None = None,
    wanted: ResolutionRequest | None = None,
) -> Resolution | Conflict:
    base = wanted or ResolutionRequest(asked=())
    return resolve(replace(base, asked=ask(*texts)), env or environment(), ResolverCache(world))


def solved(
    world: World,
    *texts: str,
    env: Environment | None = None,
    wanted: ResolutionRequest | None = None,
) -> dict[str, str]:
    found = solve(world, *texts, env=env, wanted=wanted)
    assert isinstance(found, Resolution), found
    return dict(versions(found.packages))


def refused(
    world: World,
    *texts: str,
    env: Environment | None = None,
    wanted: ResolutionRequest | None = None,
) -> dict[str, str]:
    found = solve(world, *texts, env=env, wanted=wanted)
    assert isinstance(found, Conflict), found
    return {reason.package: reason.code for reason in found.reasons}


def test_the_newest_release_with_a_wheel_is_taken_with_its_closure() -> None:
    world = World().add(f"a-1.0-{ANY}").add(f"a-2.0-{ANY}", requires=["b>=1"])
    world.add(f"b-1.0-{ANY}").add(f"b-1.5-{ANY}")
    assert solved(world, "a") == {"a": "2.0", "b": "1.5"}


def test_the_search_goes_back_to_an_older_release_when_two_parents_disagree() -> None:
    world = World().add(f"a-1.0-{ANY}", requires=["c<2"]).add(f"a-2.0-{ANY}", requires=["c>=2"])
    world.add(f"b-1.0-{ANY}", requires=["c<2"]).add(f"c-1.0-{ANY}").add(f"c-2.0-{ANY}")
    assert solved(world, "b", "a") == {"a": "1.0", "b": "1.0", "c": "1.0"}


def test_an_older_release_with_a_wheel_beats_a_newer_sdist_and_says_so() -> None:
    world = World().add(f"a-1.0-{GLIBC}").add("a-2.0.tar.gz")
    found = solve(world, "a")
    assert isinstance(found, Resolution)
    assert versions(found.packages) == {"a": "1.0"}
    assert [note.code for note in found.notes] == ["older-than-newest"]
    assert "2.0 has no wheel" in found.notes[0].text


def test_what_an_older_release_does_not_require_and_newer_ones_do_is_told() -> None:
    world = World().add(f"a-1.0-{ANY}").add(f"a-2.0-{ANY}", requires=["b"])
    world.add(f"b-1.0-{ANY}", requires=["c"]).add(f"c-1.0-{GLIBC}")
    lacking, there = solve(world, "a", env=musl()), solve(world, "a")
    assert isinstance(lacking, Resolution)
    assert isinstance(there, Resolution)
    assert versions(lacking.packages) == {"a": "1.0"}
    assert [note.code for note in lacking.notes] == ["older-requires-less"]
    assert "require b, of which nothing suits" in lacking.notes[0].text
    assert not there.notes


def test_an_older_release_that_the_project_asks_for_lacks_nothing() -> None:
    world = World().add(f"a-1.0-{ANY}").add(f"a-2.0-{ANY}", requires=["b"])
    world.add(f"b-1.0-{GLIBC}").add(f"d-1.0-{ANY}", requires=["a<2"])
    for texts in (("a==1.0",), ("a", "d")):
        found = solve(world, *texts, env=musl())
        assert isinstance(found, Resolution)
        assert not found.notes


@pytest.mark.parametrize(
    ("tags", "uploaded", "version"),
    [
        ("cp313-cp313-manylinux_2_28_x86_64", "2023-10-03T00:00:00Z", "1.0"),
        ("cp38-abi3-manylinux_2_28_x86_64", "2023-10-03", "1.0"),
        ("cp313-cp313-manylinux_2_28_x86_64", "2024-06-16", "2.0"),
        ("cp313-cp313-manylinux_2_28_x86_64", "", "2.0"),
        ("py3-none-manylinux_2_28_x86_64", "2023-10-03", "2.0"),
        ("py3-none-any", "2023-10-03", "2.0"),
    ],
)
def test_what_was_compiled_before_a_version_that_broke_it_gets_an_older_one(
    tags: str, uploaded: str, version: str
) -> None:
    world = World().add(f"a-1.0-{tags}.whl", requires=["n>=1"], uploaded=uploaded)
    world.add(f"n-1.0-{ANY}").add(f"n-2.0-{ANY}")
    wanted = ResolutionRequest(asked=(), breaks=(("n", "2", "2024-04-01"),))
    assert solved(world, "a", wanted=wanted) == {"a": "1.0", "n": version}


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        (("a==1.0",), {"a": "1.0", "b": "2.9", "c": "1.0"}),
        (("a==1.1",), {"a": "1.1", "b": "3.0", "c": "1.0"}),
        (("a==1.0", "b==3.0"), {"a": "1.0", "b": "3.0", "c": "1.0"}),  # checked afterwards
        (("a<1.1", "b"), {"a": "1.0", "b": "2.9", "c": "1.0"}),
    ],
)
def test_a_release_gets_what_it_loads_with_where_its_metadata_do_not_bound_it(
    asked: tuple[str, ...], chosen: dict[str, str]
) -> None:
    world = World().add(f"a-1.0-{ANY}", requires=["b>=2"]).add(f"a-1.1-{ANY}", requires=["b>=2"])
    world.add(f"b-2.9-{ANY}", requires=["c"]).add(f"b-3.0-{ANY}", requires=["c"])
    world.add(f"c-1.0-{ANY}").add(f"c-2.0-{ANY}")
    rows = (("a", "<1.1", "b<3", "ImportError: x"), ("a", "", "c<2", "ImportError: y"))
    wanted = ResolutionRequest(asked=(), bounds=rows)
    assert solved(world, *asked, wanted=wanted) == chosen
    found = solve(world, *asked, wanted=wanted)
    assert isinstance(found, Resolution)
    told = {note.package: note.text for note in found.notes}
    assert set(told) == {name for name in ("b", "c") if chosen[name] not in {"3.0", "2.0"}}
    assert "instead of 2.0, with which a does not load (ImportError: y)" in told["c"]


def test_what_a_release_loads_with_is_part_of_why_nothing_goes_together() -> None:
    world = World().add(f"a-1.0-{ANY}", requires=["b"]).add(f"b-2.0-{ANY}").add(f"b-3.0-{ANY}")
    wanted = ResolutionRequest(asked=(), bounds=(("a", "<2", "b<3", "ImportError: x"),))
    found = solve(world, "a", "b>=3", wanted=wanted)
    assert isinstance(found, Conflict)
    assert "a 1.0 loads only with b<3 (ImportError: x)" in found.reasons[0].text


def test_what_metadata_leave_out_is_required() -> None:
    world = World().add(f"a-2.8.1-{ANY}").add(f"b-2.8.3-{ANY}").add(f"b-2.9.0-{ANY}")
    wanted = ResolutionRequest(asked=(), unsaid=(("a", "b=={release}.*"),))
    assert solved(world, "a", wanted=wanted) == {"a": "2.8.1", "b": "2.8.3"}
    assert refused(world, "a", "b==2.9.0", wanted=wanted)
    world.add(f"c-1.0-{ANY}").add(f"d-1.0-{ANY}").add(f"e-1.0-{ANY}")
    texts = ('d; python_version >= "3.13"', 'e; python_version < "3.13"')
    later = ResolutionRequest(asked=(), unsaid=tuple(("c", text) for text in texts))
    assert solved(world, "c", wanted=later) == {"c": "1.0", "d": "1.0"}


def test_an_sdist_is_taken_only_where_no_release_has_a_wheel() -> None:
    world = World().add("a-1.0.tar.gz").add("a-2.0.tar.gz")
    found = solve(world, "a")
    assert isinstance(found, Resolution)
    assert [(p.version, p.wheel) for p in found.packages] == [("2.0", False)]
    assert refused(world, "a", wanted=ResolutionRequest(asked=(), sdists=False)) == {
        "a": "no-wheel"
    }


def test_a_name_goes_before_all_in_the_rules_about_wheels_and_sdists() -> None:
    world = World().add(f"a-1-{ANY}").add("a-1.tar.gz").add(f"b-1-{ANY}").add("b-1.tar.gz")
    for options, wheels in (
        (IndexOptions(no_binary=(":all:",), only_binary=("a",)), {"a"}),
        (IndexOptions(only_binary=(":all:",), no_binary=("a",)), {"b"}),
        (IndexOptions(no_binary=(":all:",)), set()),
    ):
        found = solve(world, "a", "b", wanted=ResolutionRequest(asked=(), options=options))
        assert isinstance(found, Resolution)
        assert {one.name for one in found.packages if one.wheel} == wheels
        assert versions(found.packages) == {"a": "1", "b": "1"}


@pytest.mark.parametrize(
    ("files", "rule", "told"),
    [
        (("a-1.tar.gz",), {"only_binary": (":all:",)}, "--only-binary=:all: (r.txt:2) keeps out"),
        (("a-1.tar.gz",), {"only_binary": ("a",)}, "--only-binary=a (r.txt:2) keeps out"),
        ((f"a-1-{ANY}",), {"no_binary": ("a",)}, "--no-binary=a (r.txt:2) keeps its wheels out"),
    ],
)
def test_an_option_that_keeps_the_only_file_out_is_named_with_its_line(
    files: tuple[str, ...], rule: dict[str, tuple[str, ...]], told: str
) -> None:
    ((key, (name,)),) = rule.items()
    places = ((f"--{key.replace('_', '-')}={name}", "r.txt:2"),)
    options = IndexOptions(**rule, restricted_at=places)  # type: ignore[arg-type]
    world = World()
    for file in files:
        world.add(file)
    found = solve(world, "a", wanted=ResolutionRequest(asked=(), options=options))
    assert isinstance(found, Conflict)
    assert told in found.reasons[0].text


def test_every_package_without_a_wheel_is_named_not_only_the_first() -> None:
    world = World().add(f"opencv_python-5.0-{GLIBC}").add(f"tensorflow-2.21-{GLIBC}")
    world.add(f"pandas-3.1-{ANY}")
    reasons = refused(world, "pandas", "opencv-python", "tensorflow", env=musl())
    assert reasons == {"opencv-python": "no-wheel", "tensorflow": "no-wheel"}


def test_the_whole_closure_counts() -> None:
    world = World().add(f"cryptography-50-{ANY}", requires=["cffi"]).add(f"cffi-2.1-{GLIBC}")
    assert refused(world, "cryptography", env=environment(arch=Arch.ARM_V7)) == {"cffi": "no-wheel"}


def test_markers_are_evaluated_for_the_target() -> None:
    world = World().add(
        f"a-1-{ANY}",
        requires=[
            "old; python_version < '3.11'",
            "arm; platform_machine == 'armv7l'",
            "win; sys_platform == 'win32'",
        ],
    )
    for name in ("old", "arm", "win"):
        world.add(f"{name}-1-{ANY}")
    assert solved(world, "a") == {"a": "1"}
    assert set(solved(world, "a", env=environment("3.10", Arch.ARM_V7))) == {"a", "old", "arm"}


def test_extras_add_their_requirements_and_keep_the_version_of_the_bare_name() -> None:
    world = World().add(f"a-1-{ANY}", requires=["b; extra == 'x'"])
    world.add(f"a-2-{ANY}", requires=["b; extra == 'x'"]).add(f"b-1-{ANY}")
    assert solved(world, "a") == {"a": "2"}
    assert solved(world, "a[x]", "a<2") == {"a": "1", "b": "1"}


def test_an_older_version_does_not_stand_for_an_extra_that_it_does_not_have() -> None:
    world = World().add(f"a-1-{ANY}", requires=["b; extra == 'old'"])
    world.add(f"a-2-{ANY}", requires=["b; extra == 'x'", "c"]).add(f"b-1-{ANY}").add(f"c-1-{ANY}")
    assert solved(world, "a[x]") == {"a": "2", "b": "1", "c": "1"}
    assert solved(world, "a[old]") == {"a": "2", "c": "1"}  # as pip, which warns
    world.add("b-2-cp313-cp313-win_amd64.whl").pages["b"].pop(0)
    assert set(refused(world, "a[x]")) == {"b"}
    assert solved(world, "a") == {"a": "2", "c": "1"}


def test_a_prerelease_is_never_taken_by_accident() -> None:
    world = World().add(f"a-1.0-{ANY}").add(f"a-2.0rc1-{ANY}").add(f"b-1.0rc1-{ANY}")
    assert solved(world, "a") == {"a": "1.0"}
    assert solved(world, "a>=2.0rc1") == {"a": "2.0rc1"}
    assert solved(world, "b") == {"b": "1.0rc1"}  # it never had another, as for pip and uv
    pre = ResolutionRequest(asked=(), options=IndexOptions(pre=True))
    assert solved(world, "a", wanted=pre) == {"a": "2.0rc1"}


def test_a_prerelease_is_not_taken_because_only_it_has_a_wheel() -> None:
    world = World().add("tensorflow-2.21-cp313-cp313-manylinux_2_27_x86_64.whl")
    world.add("tensorflow-2.22.0rc0-cp314-cp314-manylinux_2_27_x86_64.whl")
    assert refused(world, "tensorflow", env=environment("3.14")) == {"tensorflow": "no-wheel"}


def test_a_withdrawn_release_is_taken_only_when_pinned() -> None:
    world = World().add(f"a-1.0-{ANY}").add(f"a-1.1-{ANY}", yanked=True)
    assert solved(world, "a") == {"a": "1.0"}
    assert solved(world, "a==1.1") == {"a": "1.1"}


def test_requires_python_of_a_file_is_respected() -> None:
    world = World().add(f"a-1-{ANY}").add(f"a-2-{ANY}", requires_python=">=3.14")
    assert solved(world, "a") == {"a": "1"}
    assert solved(world, "a", env=environment("3.14")) == {"a": "2"}


def test_constraints_bind_without_asking() -> None:
    world = World().add(f"a-1-{ANY}").add(f"a-2-{ANY}").add(f"z-1-{ANY}")
    assert solved(
        world, "a", wanted=ResolutionRequest(asked=(), constraints=ask("a<2", "z==1"))
    ) == {"a": "1"}


def test_a_lock_wins() -> None:
    world = World().add(f"a-1-{ANY}", sha256="1" * 64).add(f"a-2-{ANY}", sha256="2" * 64)
    package = LockedPackage(
        name="a",
        version="1",
        files=(LockedFile(filename=f"a-1-{ANY}", sha256="1" * 64),),
        origin=Origin(file="uv.lock", line=3),
    )
    lock = Lock(file="uv.lock", kind="uv", packages=(package,))
    assert solved(world, "a", wanted=ResolutionRequest(asked=(), lock=lock)) == {"a": "1"}


@pytest.mark.parametrize(
    ("index", "version"),
    [("https://cpu.example/", "1+cpu"), ("https://cu.example", "1+cu126"), ("", "1+cu126")],
)
def test_of_versions_locked_from_several_indexes_that_of_the_bound_one_counts(
    index: str, version: str
) -> None:
    world, origin = World(), Origin(file="poetry.lock")
    packages = []
    for local, url in (("cpu", "https://cpu.example"), ("cu126", "https://cu.example")):
        world.add(f"a-1+{local}-{ANY}")
        packages.append(LockedPackage(name="a", version=f"1+{local}", index=url, origin=origin))
    world.pages[f"{index} a".strip()] = world.pages["a"]
    lock = Lock(file="poetry.lock", kind="poetry", packages=tuple(packages))
    asked = tuple(replace(one, index=index) for one in ask("a==1"))
    request = ResolutionRequest(asked=asked, lock=lock)
    found = resolve(request, environment(), ResolverCache(world))
    assert isinstance(found, Resolution)
    assert versions(found.packages) == {"a": version}


@pytest.mark.parametrize(
    ("required", "told"),
    [("c<2", ["the lock has c 2, and a requires <2"]), ("c>=2", []), ("c", [])],
)
def test_what_a_pipfile_lock_has_is_installed_whatever_its_packages_require(
    required: str, told: list[str]
) -> None:
    world = World().add(f"a-1-{ANY}", requires=[required]).add(f"c-1-{ANY}").add(f"c-2-{ANY}")
    origin = Origin(file="Pipfile.lock")
    pins = (("a", "1"), ("c", "2"))
    packages = tuple(LockedPackage(name=name, version=at, origin=origin) for name, at in pins)
    lock = Lock(file="Pipfile.lock", kind="pipfile", packages=packages)
    request = ResolutionRequest(asked=ask("a==1", "c==2"), lock=lock)
    found = resolve(request, environment(), ResolverCache(world))
    assert isinstance(found, Resolution)
    assert versions(found.packages) == {"a": "1", "c": "2"}
    texts = [one.text.partition(":")[0] for one in found.notes if one.text.startswith("the lock")]
    assert texts == told


def test_a_locked_version_without_a_wheel_is_said_to_be_locked() -> None:
    world = World().add(f"a-1-{GLIBC}").add("a-2-cp313-cp313-musllinux_1_2_x86_64.whl")
    package = LockedPackage(name="a", version="1", origin=Origin(file="uv.lock"))
    lock = Lock(file="uv.lock", kind="uv", packages=(package,))
    wanted = ResolutionRequest(asked=(), lock=lock)
    assert refused(world, "a", env=musl(), wanted=wanted) == {"a": "locked-version-no-wheel"}


def test_a_swap_replaces_a_name_in_the_whole_closure() -> None:
    world = World().add(f"ultra-1-{ANY}", requires=["opencv-python>=4"])
    world.add(f"opencv_python-5-{ANY}").add(f"opencv_python_headless-5-{ANY}")
    swaps = (("opencv-python", "opencv-python-headless"),)
    wanted = ResolutionRequest(asked=(), swaps=swaps)
    assert set(solved(world, "ultra", wanted=wanted)) == {"ultra", "opencv-python-headless"}


def test_requirements_that_contradict_each_other_say_who_asks_for_what() -> None:
    world = World().add(f"a-1-{ANY}", requires=["c<2"]).add(f"b-1-{ANY}", requires=["c>=2"])
    world.add(f"c-1-{ANY}").add(f"c-2-{ANY}")
    found = solve(world, "a", "b")
    assert isinstance(found, Conflict)
    assert {r.code for r in found.reasons} == {"version-conflict"}
    text = " ".join(r.text for r in found.reasons)
    assert "a 1 asks for c<2" in text
    assert "b 1 asks for c>=2" in text


def test_a_package_nobody_knows_is_named_with_who_needs_it() -> None:
    world = World().add(f"a-1-{ANY}", requires=["ghost"])
    found = solve(world, "a")
    assert isinstance(found, Conflict)
    assert [(r.code, r.package) for r in found.reasons] == [("unknown-package", "ghost")]
    assert "needed by a" in found.reasons[0].text


def test_an_sdist_whose_name_only_looks_alike_is_not_a_release() -> None:
    world = World().add(f"pymupdf-1.15-{ANY}")
    world.add("PyMuPDF-1.16.0-2.tar.gz", name="pymupdf")
    assert solved(world, "pymupdf") == {"pymupdf": "1.15"}


def test_the_newest_manylinux_level_the_base_can_run_is_preferred() -> None:
    world = World().add("a-1-cp313-cp313-manylinux_2_17_x86_64.whl")
    world.add("a-1-cp313-cp313-manylinux_2_34_x86_64.whl")
    world.add("a-1-cp313-cp313-manylinux_2_39_x86_64.whl")
    found = solve(world, "a", env=environment(version="2.36"))
    assert isinstance(found, Resolution)
    assert found.packages[0].file.filename.endswith("2_34_x86_64.whl")


def test_an_impossible_version_names_the_newest() -> None:
    world = World().add(f"a-1-{ANY}")
    found = solve(world, "a>99")
    assert isinstance(found, Conflict)
    assert found.reasons[0].code == "version-conflict"
    assert "the newest is 1" in found.reasons[0].text


def test_a_direct_wheel_address_is_one_candidate() -> None:
    world = World()
    world.requires["a", "3"] = ()
    text = f"a @ file://index.example/a-3-{ANY}"
    assert solved(world, text) == {"a": "3"}
    other = "a @ file://index.example/a-3-cp313-cp313-musllinux_1_2_x86_64.whl"
    assert refused(world, other) == {"a": "direct-url"}


def test_what_would_have_to_be_compiled_is_named_beside_what_cannot_be_had() -> None:
    world = World().add(f"tf-1-{GLIBC}").add(f"cv-1-{GLIBC}").add("cv-1.tar.gz")
    assert refused(world, "cv", "tf", env=musl()) == {"tf": "no-wheel", "cv": "no-wheel"}
    found = solve(world, "cv", env=musl())
    assert isinstance(found, Resolution)


class Unread(World):
    """An index of which nobody has read what its projects need."""

    def metadata(self, name: str, version: str, file: DistFile) -> None:
        assert file.filename, f"{name} {version}"


@pytest.mark.parametrize("file", [f"a-1.0-{ANY}", f"a-1.0-{GLIBC}", "a-1.0.tar.gz"])
def test_offline_a_file_that_nobody_has_read_is_not_said_to_be_missing(file: str) -> None:
    world = Unread()
    world.add(file)
    found = solve(world, "a", wanted=ResolutionRequest(asked=(), offline=True))
    assert isinstance(found, Conflict)
    (reason,) = found.reasons
    assert (reason.code, reason.package) == ("unknown-package", "a")
    assert "plan once without --offline" in reason.text


def test_what_lies_in_the_project_is_not_looked_up_in_an_index() -> None:
    world = World().add(f"a-1.0-{ANY}", requires=["Shared_Core>=1"]).add(f"shared-core-9-{ANY}")
    local = replace(ask("shared-core")[0], path="shared")
    asked = (*ask("a", "shared-core"), local)
    found = resolve(ResolutionRequest(asked=asked), environment(), ResolverCache(world))
    assert isinstance(found, Resolution)
    assert versions(found.packages) == {"a": "1.0"}
    assert "shared-core" not in world.asked


def test_a_wheel_whose_metadata_cannot_be_read_is_passed_over_and_named() -> None:
    world = World().add(f"app-1.0-{ANY}", requires=["a"])
    world.add(f"a-1.0-{ANY}").add(f"a-2.0-{ANY}", requires=["ghost >=1 <<2"])
    found = solve(world, "app")
    assert isinstance(found, Resolution)
    assert versions(found.packages)["a"] == "1.0"
    assert "'ghost >=1 <<2', which is not a requirement" in found.notes[0].text
    refusals = solve(world, "app", "a==2")
    assert isinstance(refusals, Conflict)
    assert [reason.code for reason in refusals.reasons] == [Code.REQUIREMENTS_UNKNOWN]


def test_a_wheel_whose_metadata_is_found_broken_in_the_search_is_passed_over() -> None:
    world = World().add(f"a-1.0-{ANY}").add(f"a-2.0-{ANY}", requires=["b ~~ 1"])
    world.add(f"a-3.0-{ANY}", requires=["c<2"]).add(f"c-1.0-{ANY}").add(f"c-2.0-{ANY}")
    assert solved(world, "a", "c>=2") == {"a": "1.0", "c": "2.0"}


def test_the_metadata_of_siblings_is_asked_for_before_the_first_is_read() -> None:
    world = World()
    world.add(f"a-1.0-{ANY}", requires=["c", "d"]).add(f"b-1.0-{ANY}", requires=["c"])
    world.add(f"c-1.0-{ANY}").add(f"d-1.0-{ANY}")
    assert solved(world, "a", "b") == {"a": "1.0", "b": "1.0", "c": "1.0", "d": "1.0"}
    ahead = dict(reversed(world.read))  # of each file, the first time
    assert {f"a-1.0-{ANY}", f"b-1.0-{ANY}"} <= set(ahead[f"a-1.0-{ANY}"])
    assert {f"c-1.0-{ANY}", f"d-1.0-{ANY}"} <= set(ahead[f"c-1.0-{ANY}"])


def test_versions_that_the_projects_own_pin_rules_out_are_not_tried_for_every_combination() -> None:
    world = World().add(f"client-1.0-{ANY}").add(f"client-2.0-{ANY}")
    for n in range(500):
        world.add(f"watch-2.{n}-{ANY}", requires=["fuzzy", "stubs", "gateway>=2"])
    for n in range(20):
        world.add(f"fuzzy-1.{n}-{ANY}").add(f"stubs-1.{n}-{ANY}")
        world.add(f"gateway-2.{n}-{ANY}", requires=["client>=2"])
    world.add(f"gateway-1.0-{ANY}", requires=["client<2"])
    world.add(f"watch-1.0-{ANY}", requires=["fuzzy", "stubs", "gateway"])
    found = solved(world, "watch", "client==1.0")
    assert (found["watch"], found["gateway"]) == ("1.0", "1.0")
    assert (found["fuzzy"], found["stubs"]) == ("1.19", "1.19")


def test_a_conflict_below_what_the_project_asks_for_names_each_step() -> None:
    world = World().add(f"client-1.0-{ANY}").add(f"client-2.0-{ANY}")
    for n in range(60):
        world.add(f"fuzzy-1.{n}-{ANY}")
        world.add(f"gateway-2.{n}-{ANY}", requires=["client>=2"])
        world.add(f"watch-2.{n}-{ANY}", requires=["fuzzy", "gateway>=2"])
    found = solve(world, "watch", "client==1.0")
    assert isinstance(found, Conflict)
    text = "; ".join(reason.text for reason in found.reasons)
    assert "the project asks for watch" in text
    assert "watch 2.59 asks for gateway>=2" in text
    assert "gateway 2.59 asks for client>=2" in text
    assert "the project asks for client==1.0" in text


def test_versions_that_never_go_together_are_refused_with_who_asks_for_what() -> None:
    world = World()
    for n in range(90):
        world.add(f"left-1.{n}-{ANY}", requires=[f"low==1.{n}"])
        world.add(f"right-1.{n}-{ANY}", requires=[f"low==1.{n + 100}"])
        world.add(f"low-1.{n}-{ANY}").add(f"low-1.{n + 100}-{ANY}")
    found = solve(world, "left", "right")
    assert isinstance(found, Conflict)
    (reason,) = found.reasons
    assert "left 1.89 asks for low==1.89" in reason.text
    assert "right 1.89 asks for low==1.189" in reason.text


def test_a_search_is_given_up_after_so_many_steps_and_names_what_it_tried() -> None:
    world = World()  # guests share no room, and there is one guest too many
    for guest in range(6):
        for room in range(5):
            world.add(f"guest{guest}-{room}-{ANY}", requires=[f"room{room}=={guest}"])
            world.add(f"room{room}-{guest}-{ANY}")
    wanted = ResolutionRequest(asked=ask(*(f"guest{guest}" for guest in range(6))))
    provider = Provider(wanted, EnvironmentTags(environment(), ""), ResolverCache(world))
    with pytest.raises(GaveUpError, match=r"^(guest|room)[0-5], (guest|room)[0-5]"):
        Search(provider, provider.roots(), most_steps=40).solve()


def test_what_leads_to_a_contested_package_is_decided_early_too() -> None:
    world = World().add(f"low-1-{ANY}").add(f"low-2-{ANY}").add(f"way-1-{ANY}", requires=["top"])
    world.add(f"way-0-{ANY}", requires=["top"])
    for n in range(100):
        world.add(f"top-2.{n}-{ANY}", requires=["low>=2"])
    world.add(f"top-1-{ANY}", requires=["low"])
    others = [f"other{n}" for n in range(40)]
    for other in others:
        world.add(f"{other}-1-{ANY}").add(f"{other}-2-{ANY}")
    wanted = ResolutionRequest(asked=ask("low==1", *others, "way"))
    provider = Provider(wanted, EnvironmentTags(environment(), ""), ResolverCache(world))
    # 41 packages for each of 100 rejections would be ten times that
    found = Search(provider, provider.roots(), most_steps=800).solve()
    assert str(found["top"].version) == "1"


def test_sdists_are_not_asked_for_ahead_of_need() -> None:
    world = World().add(f"way-1-{ANY}", requires=["old<50"])
    for n in range(100):
        world.add(f"old-{n}.tar.gz", requires=["gone"])
    assert refused(world, "way")
    assert not any(name.endswith(".tar.gz") for name in world.ahead)


@pytest.mark.parametrize("brief", [False, True])
def test_where_a_better_environment_is_beside_it_old_releases_are_not_read_by_the_hundred(
    brief: bool,  # noqa: FBT001
) -> None:
    world = World().add(f"motor-1-{GLIBC}").add(f"kit-0-{ANY}")
    for n in range(300):
        world.add(f"kit-1.{n}-{ANY}", requires=["motor"])
    wanted = ResolutionRequest(asked=ask("kit"))
    found = resolve(wanted, musl(), ResolverCache(world), brief=brief)
    if brief:
        assert isinstance(found, Conflict)
        assert [reason.package for reason in found.reasons] == ["motor"]
        assert len(set(world.read)) < 100
    else:
        assert isinstance(found, Resolution)
        assert versions(found.packages) == {"kit": "0"}


def test_a_few_steps_back_are_always_made() -> None:
    world = World().add(f"motor-1-{GLIBC}").add(f"kit-0-{ANY}")
    for n in range(20):
        world.add(f"kit-1.{n}-{ANY}", requires=["motor"])
    found = resolve(ResolutionRequest(asked=ask("kit")), musl(), ResolverCache(world), brief=True)
    assert isinstance(found, Resolution)


@pytest.mark.parametrize("beside", ["cv==1", "kit", "cv"])
def test_no_sdist_is_read_where_the_project_asks_for_what_has_no_file(beside: str) -> None:
    world = World().add(f"motor-1-{GLIBC}").add("cv-1.tar.gz")
    world.add(f"kit-1-{ANY}", requires=["cv"])
    assert refused(world, beside, "motor", env=musl())["motor"] == "no-wheel"
    assert not [name for name, _ in world.read if name.endswith(".tar.gz")]
