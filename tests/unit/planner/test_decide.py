"""The whole decision on small worlds: evaluate, choose, predict, savings."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaffold.model.index import SourceFacts, WheelFacts
from scaffold.model.knowledge import (
    Base,
    BuildClass,
    Distribution,
    ExtraIndex,
    Facts,
    Image,
    Library,
    PackageFact,
    Piece,
    Recipe,
    Swap,
    SystemPackage,
)
from scaffold.model.options import Options
from scaffold.model.project import Found, Origin, OwnPackage, Project, Use
from scaffold.model.target import Arch, Budget, LibcFamily, Target
from scaffold.model.verdict import Accepted, Decision, Rejected
from scaffold.planner.candidates import choose
from scaffold.planner.decide import PlannerServices, decide
from tests.support.worlds import World, ask

TODAY = date(2026, 11, 24)
SOURCE: dict[str, Any] = {"source": "a test", "checked": date(2026, 11, 1)}
ANY = "py3-none-any.whl"
GLIBC = "cp313-cp313-manylinux_2_28_x86_64.whl"
MUSL = "cp313-cp313-musllinux_1_2_x86_64.whl"


def image(python: str, arch: Arch, megabytes: int, *, prerelease: bool = False) -> Image:
    size = megabytes * 1_000_000
    return Image(
        python=python,
        arch=arch,
        release=f"{python}.0rc1" if prerelease else f"{python}.5",
        download=size // 3,
        on_disk=size,
        error=0.01,
        prerelease=prerelease,
        source="a test",
        checked=date(2026, 11, 1),
    )


def slim(pythons: Sequence[str] = ("3.12", "3.13"), megabytes: int = 118) -> Base:
    return Base(
        id="slim-trixie",
        family="slim",
        compatible=0,
        distribution="debian",
        release="trixie",
        reference="python:{python}-slim-trixie",
        libc=LibcFamily.GLIBC,
        libc_version=(2, 41),
        package_manager="apt",
        shell=True,
        user="root",
        interpreter="/usr/local/bin/python3",
        site_packages="/usr/local/lib/python{python}/site-packages",
        pip=True,
        pip_bytes=8_000_000,
        pip_download=3_000_000,
        eol=date(2030, 1, 1),
        ships=("libstdc++.so.6", "libz.so.1"),
        images=tuple(image(p, a, megabytes) for p in pythons for a in (Arch.AMD64, Arch.ARM64)),
        source="a test",
        checked=date(2026, 11, 1),
    )


def alpine(pythons: Sequence[str] = ("3.12", "3.13")) -> Base:
    return replace(
        slim(pythons, 48),
        id="alpine",
        family="alpine",
        compatible=4,
        distribution="alpine",
        release="3.24",
        reference="python:{python}-alpine3.24",
        libc=LibcFamily.MUSL,
        libc_version=(1, 2),
        package_manager="apk",
        ships=(),
    )


def facts_of(*bases: Base, packages: Sequence[PackageFact] = ()) -> Facts:
    gl = SystemPackage(name="libgl1", on_disk=213_000_000, download=71_000_000)
    return Facts(
        bases=bases,
        libraries={"libGL.so.1": Library(id="libGL.so.1", packages={"trixie": gl}, **SOURCE)},
        packages={fact.name: fact for fact in packages},
        devices={},
    )


def decided(
    world: World,
    *texts: str,
    facts: Facts,
    arches: Sequence[Arch] = (Arch.AMD64,),
    options: Options | None = None,
    budget: Budget | None = None,
    uses: tuple[Use, ...] = (),
    pythons: tuple[str | Found[str], ...] = (),
    packages: tuple[OwnPackage, ...] = (),
) -> tuple[Decision, ...]:
    origin = Origin(file="pyproject.toml", line=1)
    project = Project(
        name=Found(value="app", origin=origin),
        asked=ask(*texts),
        uses=uses,
        pythons=tuple(
            Found(value=one, origin=origin) if isinstance(one, str) else one for one in pythons
        ),
        packages=packages,
    )
    targets = [Target(arch=arch, budget=budget or Budget()) for arch in arches]
    edges = PlannerServices(index=world, facts=facts, today=TODAY, tell=lambda _: None)
    return decide(project, targets, options or Options(), edges)


def rejected(decision: Decision, base: str, python: str = "3.13") -> set[str]:
    return {
        reason.code
        for verdict in decision.verdicts
        if isinstance(verdict, Rejected) and (verdict.base.id, verdict.python) == (base, python)
        for reason in verdict.reasons
    }


def test_the_smallest_base_that_carries_every_wheel_is_chosen() -> None:
    (decision,) = decided(World().add(f"a-1-{ANY}"), "a", facts=facts_of(slim(), alpine()))
    assert decision.chosen is not None
    assert (decision.chosen.base.id, decision.chosen.python) == ("alpine", "3.13")


def test_a_base_without_a_wheel_is_rejected_by_the_package_that_lacks_it() -> None:
    (decision,) = decided(World().add(f"tf-1-{GLIBC}"), "tf", facts=facts_of(slim(), alpine()))
    assert decision.chosen is not None
    assert decision.chosen.base.id == "slim-trixie"
    (verdict,) = [v for v in decision.verdicts if v.base.id == "alpine" and v.python == "3.13"]
    assert isinstance(verdict, Rejected)
    assert [(r.code, r.package, r.fact) for r in verdict.reasons] == [("no-wheel", "tf", "musl")]


def test_the_newest_python_with_all_wheels_is_taken_and_the_blocker_named() -> None:
    facts = facts_of(slim(("3.12", "3.13", "3.14")))
    (decision,) = decided(World().add(f"tf-1-{GLIBC}").add(f"a-1-{ANY}"), "tf", "a", facts=facts)
    assert decision.chosen is not None
    assert decision.chosen.python == "3.13"
    assert [(note.code, note.package) for note in decision.notes] == [("python-unavailable", "tf")]


def test_a_prerelease_python_needs_to_be_asked_for() -> None:
    early = image("3.15", Arch.AMD64, 118, prerelease=True)
    base = replace(slim(("3.14",)), images=(*slim(("3.14",)).images, early))
    world = World().add(f"a-1-{ANY}")
    (decision,) = decided(world, "a", facts=facts_of(base))
    assert decision.chosen is not None
    assert decision.chosen.python == "3.14"
    asked = Options(python="3.15")
    for released in (TODAY, TODAY + timedelta(days=1)):
        facts = replace(facts_of(base), releases={"3.15": released})
        (decision,) = decided(world, "a", facts=facts, options=asked)
        assert decision.chosen is not None
        assert decision.chosen.python == "3.15"
        (note,) = (one for one in decision.chosen.told if one.code == "prerelease-taken")
        assert ("it was released on" in note.text) == (released == TODAY)


def test_requires_python_of_the_project_rules_versions_out() -> None:
    world = World().add(f"a-1-{ANY}")
    (decision,) = decided(world, "a", facts=facts_of(slim()), pythons=("<3.13",))
    assert decision.chosen is not None
    assert decision.chosen.python == "3.12"
    assert rejected(decision, "slim-trixie") == {"python-not-admissible"}


@pytest.mark.parametrize(
    ("bound", "said"),
    [
        (">=3.15", "no known image has Python >=3.15 (pyproject.toml:1)"),
        ("<3.10", "no known image has Python <3.10 (pyproject.toml:1)"),
        ("==3.12.*", "Python 3.13 is not ==3.12.* (pyproject.toml:1)"),
        (
            "==3.8.*",
            "no known image has Python ==3.8.* (pyproject.toml:1): --python 3.12 takes a newer one",
        ),
    ],
)
def test_a_bound_that_no_image_satisfies_is_told_as_that(bound: str, said: str) -> None:
    (decision,) = decided(
        World().add(f"a-1-{ANY}"), "a", facts=facts_of(slim(("3.12", "3.13"))), pythons=(bound,)
    )
    texts = {reason.text for v in decision.verdicts for reason in v.told}
    assert said in texts


def test_a_library_the_base_lacks_is_added_with_its_cost() -> None:
    inside = WheelFacts(installed=10, files=1, needs=("libGL.so.1", "libz.so.1"), elf="read")
    world = World().add(f"cv-1-{GLIBC}", facts=inside)
    (decision,) = decided(world, "cv", facts=facts_of(slim()))
    assert decision.chosen is not None
    assert [p.name for p in decision.chosen.candidate.run_packages] == ["libgl1"]
    assert {p[0]: p[1] for p in decision.chosen.size.parts}["system packages"] == 213_000_000
    assert {r.code for r in decision.chosen.reasons} == {"needs-library"}


def test_a_library_nobody_packages_rejects_the_base() -> None:
    inside = WheelFacts(installed=10, files=1, needs=("libnowhere.so.9",), elf="read")
    world = World().add(f"x-1-{GLIBC}", facts=inside)
    (decision,) = decided(world, "x", facts=facts_of(slim()))
    assert decision.chosen is None
    assert rejected(decision, "slim-trixie") == {"library-unavailable"}
    told = [reason.text for verdict in decision.verdicts for reason in verdict.reasons]
    assert any("by Debian's rule for names it is that of libnowhere9" in text for text in told)


def test_a_tag_that_lies_about_glibc_is_caught_by_symbol_versions() -> None:
    inside = WheelFacts(installed=10, files=1, glibc=(2, 42), elf="read")
    (decision,) = decided(World().add(f"x-1-{GLIBC}", facts=inside), "x", facts=facts_of(slim()))
    assert rejected(decision, "slim-trixie") == {"glibc-too-old"}


def test_over_budget_says_how_far_and_what_would_fit() -> None:
    swap = Swap(to="b", kind="safe", preserves="all", loses="nothing", **SOURCE)
    facts = facts_of(slim(), packages=[PackageFact(name="a", swaps=(swap,), **SOURCE)])
    world = World().add(f"a-1-{ANY}", size=100_000_000).add(f"b-1-{ANY}", size=1_000_000)
    budget = Budget(on_disk=200_000_000)
    (decision,) = decided(world, "a", facts=facts, budget=budget)
    assert decision.chosen is None
    assert rejected(decision, "slim-trixie") == {"over-budget"}
    assert [(s.option, s.bytes) for s in decision.savings] == [("--swap a=b", 297_000_000)]
    (decision,) = decided(world, "a", facts=facts, budget=budget, options=Options(apply_swaps=True))
    assert decision.chosen is not None


@pytest.mark.parametrize(
    ("room", "keeps_old", "fits"),
    [(2.5, True, True), (1.5, True, False), (1.5, False, True), (0.5, False, False)],
)
def test_a_device_needs_room_for_the_old_image_and_the_new(
    *, room: float, keeps_old: bool, fits: bool
) -> None:
    world = World().add(f"a-1-{ANY}")
    (decision,) = decided(world, "a", facts=facts_of(slim(("3.13",))))
    (one,) = decision.verdicts
    assert one.size is not None
    budget = Budget(storage=round(one.size.containerd * room), keeps_old=keeps_old)
    (decision,) = decided(world, "a", facts=facts_of(slim(("3.13",))), budget=budget)
    (verdict,) = decision.verdicts
    assert isinstance(verdict, Accepted) is fits
    if not fits:
        (reason,) = verdict.reasons
        assert reason.code == "no-room-to-update"
        assert ("--remove-old" in reason.text) is keeps_old


def test_a_swap_that_the_source_forbids_is_not_offered() -> None:
    swap = Swap(
        to="b", kind="safe", preserves="x", loses="windows", unless="shows-window", **SOURCE
    )
    facts = facts_of(slim(), packages=[PackageFact(name="a", swaps=(swap,), **SOURCE)])
    world = World().add(f"a-1-{ANY}", size=9_000_000).add(f"b-1-{ANY}")
    use = Use(code="shows-window", value="imshow", origin=Origin(file="main.py", line=3))
    (decision,) = decided(world, "a", facts=facts, uses=(use,))
    assert decision.savings == ()


def test_compiling_is_the_last_resort_and_hours_need_leave() -> None:
    recipe = Recipe(build={"apt": ("gcc",)}, effort=BuildClass.HOURS, **SOURCE)
    facts = facts_of(slim(), packages=[PackageFact(name="a", recipe=recipe, **SOURCE)])
    world = World().add("a-1.tar.gz")
    (decision,) = decided(world, "a", facts=facts)
    assert rejected(decision, "slim-trixie") == {"compile-too-slow"}
    (decision,) = decided(world, "a", facts=facts, options=Options(allow_compile="hours"))
    assert decision.chosen is not None
    assert decision.chosen.candidate.build_packages == ("gcc",)
    assert decision.chosen.candidate.build_class is BuildClass.HOURS


@pytest.mark.parametrize(
    ("files", "pythons", "libc", "told"),
    [
        (["a-1.tar.gz"], ("3.13",), LibcFamily.GLIBC, ["may-have-wheels"]),
        ([f"a-1-{GLIBC}"], ("3.13",), LibcFamily.GLIBC, []),
        (["a-1.tar.gz"], ("3.11",), LibcFamily.GLIBC, []),
        (["a-1.tar.gz"], ("3.13",), LibcFamily.MUSL, []),
    ],
    ids=["sources", "no sources", "another Python", "another libc"],
)
def test_an_index_that_builds_wheels_is_named_where_it_could_have_built_them(
    files: list[str], pythons: tuple[str, ...], libc: LibcFamily, told: list[str]
) -> None:
    index = ExtraIndex(
        url="https://w.example", arches=(Arch.ARM64,), libc=libc, pythons=pythons, **SOURCE
    )
    world = World()
    for file in files:
        world.add(file)
    facts = replace(facts_of(slim()), indexes={"builders": index})
    never = Options(allow_compile="never")
    (decision,) = decided(world, "a", facts=facts, arches=(Arch.ARM64,), options=never)
    assert decision.chosen is None
    assert [note.code for note in decision.notes] == told
    assert all("https://w.example --python 3.13" in note.text for note in decision.notes)
    (decision,) = decided(world, "a", facts=facts, options=never)
    assert decision.notes == ()


def test_a_base_with_wheels_beats_a_smaller_one_that_compiles() -> None:
    world = World().add(f"a-1-{GLIBC}").add("a-1.tar.gz")
    (decision,) = decided(world, "a", facts=facts_of(slim(), alpine()))
    assert decision.chosen is not None
    assert decision.chosen.base.id == "slim-trixie"


def test_several_targets_share_a_base_that_fits_them_all() -> None:
    world = World().add(f"a-1-{MUSL}").add(f"a-1-{GLIBC}")
    world.add("a-1-cp313-cp313-manylinux_2_28_aarch64.whl")
    found = decided(world, "a", facts=facts_of(slim(), alpine()), arches=(Arch.AMD64, Arch.ARM64))
    assert [d.chosen.base.id for d in found if d.chosen] == ["slim-trixie", "slim-trixie"]


def test_an_architecture_the_base_does_not_have_is_a_reason() -> None:
    world = World().add(f"a-1-{ANY}")
    (decision,) = decided(world, "a", facts=facts_of(slim()), arches=(Arch.ARM_V6,))
    assert decision.chosen is None
    assert rejected(decision, "slim-trixie", "") == {"arch-unsupported"}
    assert [note.code for note in decision.notes] == ["would-fit"]


@pytest.mark.parametrize(
    ("option", "pin", "told"),
    [
        ("3.13", "", ["with --python 3.12 it would fit: python:3.12-slim-trixie, 11"]),
        ("", "==3.13.*", ["with --python 3.12 it would fit: python:3.12-slim-trixie, 11"]),
        ("", "", []),  # 3.12 is taken
    ],
)
def test_the_python_that_would_do_is_named_where_another_is_pinned(
    option: str, pin: str, told: list[str]
) -> None:
    world = World().add("a-1-cp312-cp312-manylinux_2_28_x86_64.whl")
    pinned = (Found(value=pin, origin=Origin(file=".python-version")),) if pin else ()
    (decision,) = decided(
        world, "a", facts=facts_of(slim()), options=Options(python=option), pythons=pinned
    )
    found = [one.text for one in decision.notes if one.code == "would-fit"]
    assert [text[: len(words)] for text, words in zip(found, told, strict=True)] == told


def test_a_python_that_the_project_declares_is_kept() -> None:
    world = World().add("a-1-cp312-cp312-manylinux_2_28_x86_64.whl")
    declared = Found(value=">=3.13", origin=Origin(file="pyproject.toml", detail="requires-python"))
    (decision,) = decided(world, "a", facts=facts_of(slim()), pythons=(declared,))
    assert decision.chosen is None
    assert not decision.notes


def test_an_ended_base_or_python_is_rejected_unless_asked_for() -> None:
    base = replace(slim(("3.13",)), eol=date(2026, 1, 1))
    world = World().add(f"a-1-{ANY}")
    (decision,) = decided(world, "a", facts=facts_of(base))
    assert rejected(decision, "slim-trixie") == {"end-of-life"}
    (decision,) = decided(world, "a", facts=facts_of(base), options=Options(base="slim"))
    assert decision.chosen is not None
    facts = replace(facts_of(slim(("3.13",))), pythons={"3.13": date(2026, 1, 1)})
    (decision,) = decided(world, "a", facts=facts)
    assert rejected(decision, "slim-trixie") == {"end-of-life"}


def test_a_shell_that_is_required_rules_out_bases_without_one() -> None:
    bare = replace(alpine(), id="bare", shell=False)
    world = World().add(f"a-1-{ANY}")
    (decision,) = decided(
        world, "a", facts=facts_of(slim(), bare), options=Options(require_shell=True)
    )
    assert decision.chosen is not None
    assert decision.chosen.base.id == "slim-trixie"


@pytest.mark.parametrize(("objective", "base"), [("size", "alpine"), ("compatible", "slim-trixie")])
def test_the_objective_steers_the_choice(objective: str, base: str) -> None:
    (decision,) = decided(
        World().add(f"a-1-{ANY}"),
        "a",
        facts=facts_of(slim(), alpine()),
        options=Options(objective=objective),
    )
    assert decision.chosen is not None
    assert decision.chosen.base.id == base


@given(st.permutations(list(range(4))))
def test_the_choice_does_not_depend_on_the_order_of_bases(order: list[int]) -> None:
    (decision,) = decided(World().add(f"a-1-{ANY}"), "a", facts=facts_of(slim(), alpine()))
    fits = [v for v in decision.verdicts if isinstance(v, Accepted)]
    shuffled = [fits[i] for i in order]
    assert choose([shuffled], "size")[0] == choose([fits], "size")[0]
    assert len(list(permutations(fits))) == 24


@pytest.mark.parametrize("tuned", [True, False])
def test_a_build_that_is_made_for_the_processor_of_the_builder_is_told(*, tuned: bool) -> None:
    world = World().add("a-1.tar.gz")
    world.sources["a-1.tar.gz"] = SourceFacts(native=True, languages=("c",), tuned=tuned)
    (decision,) = decided(world, "a", facts=facts_of(slim()))
    assert decision.chosen is not None
    told = " ".join(one.text for one in decision.chosen.reasons)
    assert ("made for the processor of the machine that builds" in told) is tuned


def test_a_larger_base_with_the_newest_goes_before_a_smaller_one_that_may_lack_something() -> None:
    world = World().add(f"a-1-{ANY}").add(f"a-2-{ANY}", requires=["b"]).add(f"b-1-{GLIBC}")
    (decision,) = decided(world, "a", facts=facts_of(slim(), alpine()))
    assert decision.chosen is not None
    assert decision.chosen.base.id == slim().id
    (without,) = decided(world, "a", facts=facts_of(alpine()))
    assert without.chosen is not None
    assert "older-requires-less" in [one.code for one in without.chosen.reasons]


@given(st.integers(min_value=0, max_value=400), st.integers(min_value=0, max_value=400))
def test_more_disk_never_removes_a_fit(one: int, other: int) -> None:
    world = World().add(f"a-1-{ANY}", size=20_000_000)
    small, large = sorted((one, other))
    fits = [
        {
            (v.base.id, v.python)
            for v in decided(
                world,
                "a",
                facts=facts_of(slim(), alpine()),
                budget=Budget(on_disk=megabytes * 1_000_000),
            )[0].verdicts
            if isinstance(v, Accepted)
        }
        for megabytes in (small, large)
    ]
    assert fits[0] <= fits[1]


def test_another_package_never_shrinks_the_prediction() -> None:
    world = World().add(f"a-1-{ANY}").add(f"b-1-{ANY}", size=0)
    (one,) = decided(world, "a", facts=facts_of(slim()))
    (two,) = decided(world, "a", "b", facts=facts_of(slim()))
    assert one.chosen is not None
    assert two.chosen is not None
    assert two.chosen.size.on_disk >= one.chosen.size.on_disk


def bare() -> Base:
    cut = replace(slim(megabytes=38), id="bare-trixie", family="bare", origin="slim-trixie")
    return replace(cut, shell=False, pip_bytes=0, pip_download=0)


def use_of(code: str, value: str, line: int) -> Use:
    return Use(code=code, value=value, origin=Origin(file="app/main.py", line=line))


def reasons_against(use: Use, *given: str) -> list[tuple[str, str]]:
    """Return why the bare base is refused for an app that does one thing."""
    world = World().add(f"celery-1-{ANY}")
    facts = facts_of(slim(), bare())
    (decision,) = decided(
        world, "celery", facts=facts, uses=(use,), options=Options(programs=given)
    )
    return [
        (reason.code, reason.text)
        for verdict in decision.verdicts
        if isinstance(verdict, Rejected) and (verdict.base.id, verdict.python) == BARE
        for reason in verdict.reasons
    ]


BARE = ("bare-trixie", "3.13")


@pytest.mark.parametrize(
    ("use", "code", "text"),
    [
        (
            use_of("runs-program", "convert", 3),
            "needs-program",
            (
                "app/main.py:3 starts convert, which bare-trixie does not have; "
                "`--with convert` adds it"
            ),
        ),
        (
            use_of("runs-program", "", 4),
            "needs-program",
            (
                "app/main.py:4 starts a program whose name is not a literal, and bare-trixie has "
                "none; `--with PROGRAM` adds it"
            ),
        ),
        (
            use_of("needs-shell", "sh", 5),
            "needs-shell",
            "app/main.py:5 starts a shell, which bare-trixie does not have; `--with sh` adds it",
        ),
        (
            use_of("finds-library", "usb", 6),
            "needs-library",
            (
                "app/main.py:6 looks for the library usb: find_library asks ldconfig or a "
                "compiler, and bare-trixie has neither"
            ),
        ),
        (
            use_of("finds-library", "libusb-1.0.so.0", 7),
            "needs-library",
            "app/main.py:7 opens the library libusb-1.0.so.0, which bare-trixie does not have",
        ),
    ],
)
def test_what_the_sources_do_refuses_the_bare_base_with_file_and_line(
    use: Use, code: str, text: str
) -> None:
    assert reasons_against(use) == [(code, text)]


@pytest.mark.parametrize(
    "use",
    [
        use_of("runs-program", "celery", 3),
        use_of("finds-library", "libz.so.1", 4),
        use_of("imports", "yaml", 5),
    ],
)
def test_commands_of_packages_and_libraries_that_are_there_refuse_nothing(use: Use) -> None:
    assert reasons_against(use) == []


def test_another_base_is_taken_where_the_sources_start_programs() -> None:
    (decision,) = decided(
        World().add(f"a-1-{ANY}"),
        "a",
        facts=facts_of(slim(), bare()),
        uses=(use_of("runs-program", "convert", 3),),
    )
    assert decision.chosen is not None
    assert decision.chosen.base.id == "slim-trixie"


def with_options(
    options: Options, *, base: Base | None = None, table: Distribution | None = None
) -> Decision:
    library = Library(
        id="busybox",
        program=True,
        packages={"trixie": SystemPackage(name="busybox-static", on_disk=2_000_000, download=9)},
        **SOURCE,
    )
    facts = replace(
        facts_of(replace(slim(), programs=("sh",)), base or bare()),
        libraries={"busybox": library},
        distributions={table.id: table} if table else {},
    )
    uses = (use_of("runs-program", "convert", 3), use_of("needs-shell", "sh", 4))
    (decision,) = decided(World().add(f"a-1-{ANY}"), "a", facts=facts, uses=uses, options=options)
    return decision


def packages_on_bare(options: Options) -> list[str] | None:
    found = [v for v in with_options(options).verdicts if (v.base.id, v.python) == BARE]
    return [
        package.name
        for verdict in found
        if isinstance(verdict, Accepted)
        for package in verdict.candidate.run_packages
    ]


def test_programs_asked_for_come_in_by_a_package_or_from_the_base() -> None:
    assert packages_on_bare(Options(programs=("convert",))) == []  # the shell is still missing
    assert packages_on_bare(Options(programs=("convert", "sh"))) == ["convert"]


def test_a_cut_base_that_only_lacks_programs_is_told_as_a_saving_with_them() -> None:
    decision = with_options(Options())
    assert decision.chosen is not None
    assert decision.chosen.base.id == "slim-trixie"
    (saving,) = (one for one in decision.savings if one.code == "with")
    assert saving.option == "--with convert --with sh"
    fits = with_options(Options(programs=("convert", "sh"))).chosen
    assert fits is not None
    assert fits.base.id == "bare-trixie"
    assert saving.bytes == decision.chosen.size.on_disk - fits.size.on_disk
    # An unknown program cannot be put in, nor can a library that is looked for.
    for use in (use_of("runs-program", "", 3), use_of("finds-library", "usb", 3)):
        (other,) = decided(
            World().add(f"a-1-{ANY}"), "a", facts=facts_of(slim(), bare()), uses=(use,)
        )
        assert [one for one in other.savings if one.code == "with"] == []


def test_a_program_that_was_measured_on_the_base_costs_what_was_measured_and_once() -> None:
    options = Options(programs=("convert", "sh", "busybox"))
    table = Distribution(
        id="trixie",
        release="trixie",
        arch=Arch.AMD64,
        packages={"busybox-static": (3_000_000, 1_000_000, ())},
        **SOURCE,
    )
    pieces = (
        Piece(on_disk=1_000_000, download=400_000, programs=("sh", "busybox")),
        Piece(on_disk=30_000, download=10_000, programs=("sh",)),
    )
    sizes = {}
    for base in (bare(), replace(bare(), pieces=pieces)):
        decision = with_options(options, base=base, table=table)
        (fits,) = (v for v in decision.verdicts if (v.base.id, v.python) == BARE)
        assert isinstance(fits, Accepted)
        sizes[bool(base.pieces)] = {p[0]: p[1:] for p in fits.size.parts}["system packages"]
    # Without, the package counts as the table says, and what the base has counts as nothing.
    assert sizes == {False: (3_000_000, 1_000_000), True: (1_030_000, 410_000)}


def test_a_shell_to_debug_with_is_a_shell() -> None:
    options = Options(programs=("convert",), debug_shell=True)
    assert packages_on_bare(options) == ["busybox-static", "convert"]
    (fits,) = (v for v in with_options(options).verdicts if (v.base.id, v.python) == BARE)
    texts = [reason.text for reason in fits.reasons]
    assert (
        "--with asks for convert, which bare-trixie lacks: convert is added, if the "
        "distribution has it, and its size is not counted: nothing is known of it"
    ) in texts


def test_a_shell_can_not_be_added_where_nothing_can() -> None:
    closed = replace(bare(), id="distroless", origin="", package_manager=None)
    decision = with_options(Options(debug_shell=True), base=closed)
    texts = {r.text for v in decision.verdicts if v.base.id == "distroless" for r in v.reasons}
    assert "--debug-shell asks for the program busybox: distroless has no package manager" in texts


def test_old_databases_go_at_the_highest_level_unless_the_sources_open_one() -> None:
    cut = replace(bare(), stdlib_databases=(1_900_000, 900_000))
    sizes = {}
    for level, uses in (
        ("safe", ()),
        ("max", ()),
        ("max", (use_of("opens-database", "shelve", 3),)),
        ("max", (use_of("unparsable", "invalid syntax", 1),)),
    ):
        (decision,) = decided(
            World().add(f"a-1-{ANY}"),
            "a",
            facts=facts_of(slim(), cut),
            uses=uses,
            options=Options(trim=level),
        )
        (fits,) = (v for v in decision.verdicts if (v.base.id, v.python) == BARE)
        assert isinstance(fits, Accepted)
        sizes[level, len(uses)] = fits.size
        spared = ("databases", "*") in fits.candidate.spared
        assert spared is bool(uses)
        gone = [(one.package, one.bytes) for one in fits.candidate.trimmed]
        assert gone == ([("python", 1_900_000)] if (level, uses) == ("max", ()) else [])
    safe, light = sizes["safe", 0], sizes["max", 0]
    assert sizes["max", 1] == safe
    assert (safe.on_disk - light.on_disk, safe.download - light.download) == (1_900_000, 900_000)
    assert light.error > safe.error  # a package may ask for it, which only the build sees


def test_each_choice_of_bytecode_has_its_price_on_a_base_that_is_cut() -> None:
    cut = replace(bare(), stdlib_sources=(9_000_000, 2_000_000), stdlib_bytecode=(10_000_000, 4))
    sizes = {}
    for choice in ("none", "beside", "only"):
        (decision,) = decided(
            World().add(f"a-1-{ANY}"),
            "a",
            facts=facts_of(cut),
            options=Options(bytecode=choice, python="3.13"),
        )
        assert decision.chosen is not None
        sizes[choice] = decision.chosen.size.on_disk
        offers = {one.option: one.bytes for one in decision.savings if one.code == "bytecode"}
        cheaper = {f"--bytecode {c}": sizes[choice] - size for c, size in sizes.items()}
        assert {o: b for o, b in cheaper.items() if b > 0} == {
            o: b for o, b in offers.items() if o in cheaper
        }
        prices = [one.text for one in decision.savings if one.option == "--bytecode none"]
        assert prices == [] or "9.0 MB of sources takes 1.2 s on a desktop" in prices[0]
    assert sizes["beside"] - sizes["only"] >= 9_000_000
    assert sizes["beside"] - sizes["none"] >= 10_000_000
