"""Targets that few projects have wheels for: what is weighed, and what Debian builds itself."""

from collections.abc import Mapping

from scaffold.dockerfile.render import render
from scaffold.model.index import WheelFacts
from scaffold.model.knowledge import Distribution, Facts
from scaffold.model.options import Options
from scaffold.model.project import Found, Origin, Start
from scaffold.model.target import Arch, Budget, Target
from scaffold.model.verdict import Decision, Workaround
from scaffold.planner.decide import PlannerServices, decide
from scaffold.planner.plan import make_plan
from tests.support.builders import CHECKED, SOURCE, make_base, make_image, make_project
from tests.support.worlds import World, ask

SCRIPT = Found(
    value=Start(framework="script", command=("python", "main.py")), origin=Origin(file="main.py")
)
TABLE = Distribution(
    id="trixie",
    release="trixie",
    arch=Arch.AMD64,
    packages={
        "python3-numpy": (40_000_000, 12_000_000, ("libblas3",)),
        "libblas3": (1_000_000, 300_000, ()),
    },
    modules={"numpy": ("python3-numpy", "2.2.4")},
    source=SOURCE,
    checked=CHECKED,
)
SLIM = make_base("slim-trixie", images=(make_image(arch=Arch.ARM_V7),))
DEBIAN = make_base(
    "debian-trixie",
    reference="debian:trixie-slim",
    interpreter="/usr/bin/python3",
    site_packages="/usr/local/lib/python3.13/dist-packages",
    pip=False,
    python_packages=("python3",),
    images=(make_image(arch=Arch.ARM_V7, on_disk=100_000_000, download=38_000_000),),
)


def make_facts(*, table: Distribution = TABLE) -> Facts:
    return Facts(
        bases=(SLIM, DEBIAN), libraries={}, packages={}, devices={}, python3={table.id: table}
    )


def decision(
    world: World, *wanted: str, arch: Arch = Arch.ARM_V7, options: Options | None = None
) -> Decision:
    edges = PlannerServices(index=world, facts=make_facts(), today=CHECKED, tell=lambda _: None)
    project = make_project(asked=ask(*(wanted or ("numpy",))), pythons=(), start=SCRIPT)
    targets = [Target(arch=arch, budget=Budget())]
    (found,) = decide(project, targets, options or Options(), edges)
    return found


def ways(found: Decision) -> Mapping[str, Workaround]:
    return {way.code: way for way in found.ways}


def test_debians_own_package_is_taken_before_a_compiler_is() -> None:
    found = decision(World().add("numpy-2.5.tar.gz"))
    assert found.chosen is not None
    assert found.chosen.base.id == "debian-trixie"
    assert found.chosen.candidate.resolution.system == (("numpy", "2.2.4", "python3-numpy"),)
    assert [p.name for p in found.chosen.candidate.run_packages] == ["python3", "python3-numpy"]
    parts = {label: on_disk for label, on_disk, _ in found.chosen.size.parts}
    assert parts["system packages"] == 41_000_000
    assert [r.text for r in found.chosen.reasons if r.code == "from-distribution"] == [
        "numpy 2.2.4 is Debian's own: python3-numpy"
    ]
    known = ways(found)
    assert known["distribution"].chosen
    assert known["compile"].size is not None
    assert known["compile"].text == "numpy 2.5"
    assert known["compile"].option == "--base slim-trixie --python 3.13 --allow-compile minutes"
    assert known["older-version"].size is None
    assert known["extra-index"].size is None


def test_a_version_that_debian_does_not_have_is_compiled() -> None:
    found = decision(World().add("numpy-2.5.tar.gz"), "numpy>=2.4")
    assert found.chosen is not None
    assert ways(found)["compile"].chosen
    assert found.chosen.candidate.resolution.system == ()
    assert ways(found)["distribution"].text == "no base's distribution builds numpy"


def test_an_index_of_prebuilt_wheels_is_a_way_of_its_own() -> None:
    world = World().add("numpy-2.5.tar.gz")
    world.add(
        "numpy-2.4-cp313-cp313-linux_armv7l.whl",
        facts=WheelFacts(installed=20_000_000, files=9, elf="read"),
    )
    found = decision(world)
    known = ways(found)
    assert known["extra-index"].chosen
    assert known["extra-index"].text == "numpy 2.4"
    assert "another release of the system" in known["extra-index"].risk


def test_one_image_may_go_several_ways_and_each_tells_its_own_packages() -> None:
    world = World().add("numpy-2.5.tar.gz").add("cffi-2.tar.gz")
    world.add("cffi-1-cp313-cp313-linux_armv7l.whl")
    world.add("grpcio-9-cp313-cp313-manylinux_2_31_armv7l.whl").add("grpcio-10.tar.gz")
    known = ways(decision(world, "numpy", "cffi", "grpcio"))
    assert {code: way.text.partition(":")[0] for code, way in known.items() if way.chosen} == {
        "extra-index": "cffi 1",
        "older-version": "grpcio 9 instead of 10",
        "distribution": "numpy 2.2.4 as python3-numpy",
    }


def test_a_wheel_that_is_used_is_not_said_to_be_ruled_out() -> None:
    world = World().add("numpy-2.5.tar.gz")
    world.add("grpcio-9-cp313-cp313-manylinux_2_31_armv7l.whl")
    known = ways(decision(world, "numpy", "grpcio"))
    assert known["older-version"].text == "no version of numpy has a wheel"


def test_an_older_version_with_a_wheel_is_taken_where_it_is_admitted_and_named_where_not() -> None:
    world = World().add("numpy-2.5.tar.gz")
    world.add("numpy-1.9-cp313-cp313-manylinux_2_31_armv7l.whl")
    world.add("scipy-1.tar.gz")
    admitted = decision(world, "numpy", "scipy")
    assert "numpy 1.9 instead of 2.5" in " ".join(
        note.text
        for note in admitted.chosen.candidate.resolution.notes  # type: ignore[union-attr]
    )
    refused = decision(world, "numpy>=2.4")
    assert ways(refused)["older-version"].text == (
        "your requirements do not allow numpy==1.9, which has a wheel"
    )


def test_where_everything_has_a_wheel_or_most_projects_do_nothing_is_weighed() -> None:
    assert decision(World().add("numpy-2.5-py3-none-any.whl")).ways == ()


def test_a_lock_is_not_answered_with_another_file() -> None:
    found = decision(World().add("numpy-2.5.tar.gz"), "numpy==2.5")
    assert found.chosen is not None
    assert found.chosen.candidate.resolution.system == ()


def test_the_dockerfile_takes_it_from_debian_and_the_rest_from_the_index() -> None:
    world = World().add("numpy-2.5.tar.gz")
    world.add("tool-1-py3-none-any.whl", requires=["numpy"], sha256="ab" * 32)
    found = decision(world, "tool")
    targets = [Target(arch=Arch.ARM_V7, budget=Budget())]
    plan = make_plan(make_project(), targets, [found], Options())
    texts = render(plan)
    dockerfile = texts["Dockerfile"]
    assert "FROM --platform=$BUILDPLATFORM python:3.13-slim-trixie AS build" in dockerfile
    assert "FROM debian:trixie-slim AS base" in dockerfile
    assert "      python3 \\\n      python3-numpy \\\n" in dockerfile
    assert "# - numpy 2.2.4 is Debian's own: python3-numpy" in dockerfile
    assert "s|^#!/usr/local/bin/python[0-9.]*$|#!/usr/bin/python3|" in dockerfile
    assert "/usr/local/lib/python3.13/dist-packages" in dockerfile
    assert "numpy" not in texts["requirements.armv7.lock"]
    assert plan.uid == 10001
