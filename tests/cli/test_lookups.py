import json
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from scaffold.catalog.load import load_facts
from scaffold.model.errors import TransientError
from scaffold.model.index import Page, WheelFacts
from scaffold.model.knowledge import (
    BuildClass,
    Library,
    PackageFact,
    Recipe,
    Swap,
    SystemPackage,
)
from scaffold.model.target import Arch
from tests.cli.outside import Seen, changed, code_of, make_outside, run
from tests.support import knowledge_tree
from tests.support.builders import CHECKED, SOURCE, make_facts
from tests.support.worlds import World

SWAP = Swap(
    to="opencv-python-headless",
    kind="safe",
    preserves="the import",
    loses="windows",
    arches=(Arch.ARM64,),
    source=SOURCE,
    checked=CHECKED,
)
FACT = PackageFact(
    name="opencv-python",
    dlopens=("libGL.so.1",),
    memory=90 << 20,
    swaps=(SWAP,),
    recipe=Recipe(
        build={"apt": ("cmake",)}, effort=BuildClass.HOURS, source=SOURCE, checked=CHECKED
    ),
    notes=("Shows windows.",),
    source=SOURCE,
    checked=CHECKED,
)
GL = Library(
    id="libGL.so.1",
    packages={"trixie": SystemPackage(name="libgl1", on_disk=1, download=1)},
    source=SOURCE,
    checked=CHECKED,
)


def world() -> World:
    """Return an index with two projects."""
    known = World()
    known.add("opencv_python-4.12.0-cp37-abi3-manylinux_2_17_aarch64.whl")
    known.add("numpy-2.0-cp313-cp313-musllinux_1_2_x86_64.whl")
    known.add("numpy-2.1.tar.gz")
    return known


class Unreachable(World):
    def page(self, name: str, *, index: str = "") -> Page | None:
        raise TransientError(f"{index}{name}: no answer")


def test_devices_are_listed_in_order() -> None:
    lines = run("devices").stdout.splitlines()
    assert lines[0].split() == ["Device", "Target", "Memory", "Storage", "CPU", "Name"]
    assert [line.split()[0] for line in lines[1:]] == ["raspberry-pi-4", "raspberry-pi-zero"]


def test_devices_as_json_have_bytes_and_sources() -> None:
    document = json.loads(run("devices", "--json").stdout)
    assert document["devices"][0]["memory"] == 4 << 30
    assert document["devices"][0]["source"] == SOURCE


def test_one_device_is_shown_with_its_caveats_and_source() -> None:
    text = run("devices", "raspberry-pi-4").stdout
    for words in ("linux/arm64", "4 GiB", "Storage is an SD card.", f"Source: {SOURCE}"):
        assert words in text


def test_a_reason_code_is_explained_with_what_to_do() -> None:
    text = run("explain", "no-wheel").stdout
    assert text.startswith("no-wheel: no wheel for this target")
    assert "What to do" in text
    assert json.loads(run("explain", "NO-WHEEL", "--json").stdout)["code"] == "no-wheel"


def test_a_package_is_explained_with_its_facts_and_where_they_come_from() -> None:
    outside = make_outside(world=world(), load_facts=lambda _: make_facts(packages=[FACT]))
    text = run("explain", "OpenCV_Python", outside=outside).stdout
    for words in (
        *("libGL.so.1", "--swap opencv-python=opencv-python-headless on arm64", "apt to build"),
        *("90 MiB", "Shows windows.", f"Source: {SOURCE}", "4.12.0 (from the test)"),
    ):
        assert words in text
    document = json.loads(run("explain", "opencv-python", "--json", outside=outside).stdout)
    assert document["facts"]["swaps"][0]["checked"] == "2026-09-19"


def test_a_package_is_explained_with_the_libraries_its_wheels_load_and_who_ships_them() -> None:
    known = World()
    inside = WheelFacts(installed=9, files=1, elf="read", glibc=(2, 28), needs=("libGL.so.1",))
    known.add("cv-4-cp313-cp313-manylinux_2_28_aarch64.whl", facts=inside)
    outside = make_outside(
        world=known, load_facts=lambda _: replace(make_facts(), libraries={GL.id: GL})
    )
    text = run("explain", "cv", outside=outside).stdout
    assert "Its wheels for glibc of at least 2.28 (arm64) load" in text
    assert "libGL.so.1: libgl1 on trixie" in text
    (wheel,) = json.loads(run("explain", "cv", "--json", outside=outside).stdout)["wheels"]
    assert wheel["facts"]["needs"] == ["libGL.so.1"]


def test_a_package_without_facts_is_explained_by_its_wheels() -> None:
    text = run("explain", "numpy", outside=make_outside(world=world())).stdout
    assert "Source archive  2.1" in text
    assert "no facts beyond its wheels" in text


def test_the_matrix_shows_versions_marks_and_gaps() -> None:
    text = run("wheels", "numpy", outside=make_outside(world=world())).stdout
    lines = text.splitlines()
    assert lines[2].startswith("numpy: newest release 2.1, source archive of 2.1")
    row = next(line.split() for line in lines if line.startswith("musl   amd64"))
    compiled = ["compile"] * 2
    assert row == ["musl", "amd64", "compile", *compiled, "2.0*", *compiled, "2.0", "2.1"]


def test_the_matrix_is_headed_by_the_answer_and_ends_with_how_to_compile() -> None:
    recipe = replace(FACT, name="numpy")
    outside = make_outside(
        world=world(), load_package=lambda name, _: recipe if name == "numpy" else None
    )
    lines = run("wheels", "numpy", outside=outside).stdout.splitlines()
    assert lines[0] == (
        "numpy installs ready-made on Alpine on amd64 with Python up to 3.13 as the older 2.0; "
        "needs a compiler on Alpine on arm64, a 64-bit Raspberry Pi, a 32-bit Raspberry Pi and "
        "a Raspberry Pi Zero or 1, which takes hours. It needs libGL.so.1 of the system."
    )
    assert lines[-3:-1] == ["To compile it (hours on a medium processor)", "  apt to build  cmake"]


def test_the_matrix_is_written_as_a_page(tmp_path: Path) -> None:
    seen = Seen()
    file = tmp_path / "wheels.html"
    outside = make_outside(world=world(), seen=seen)
    run("wheels", "numpy", "--html", str(file), outside=outside)
    page = seen.written[file.name]
    assert '<th scope="row">arm64, arm/v7, ' in page  # equal rows are one
    assert '<td class="compile" colspan="2">compile</td>' in page  # and equal neighbours
    assert '<td class="older" title="numpy-2.0-cp313-cp313-musllinux_1_2_x86_64.whl">' in page
    assert "<script" not in page
    assert "http" not in page


def test_the_matrix_as_json_has_a_row_per_libc_and_architecture() -> None:
    result = run("wheels", "numpy", "opencv-python", "--json", outside=make_outside(world=world()))
    packages = json.loads(result.stdout)["packages"]
    assert [len(package["rows"]) for package in packages] == [16, 16]


@pytest.mark.parametrize("command", ["wheels", "explain"])
def test_the_index_is_asked_unless_offline(command: str) -> None:
    seen = Seen()
    run(command, "numpy", outside=make_outside(world=world(), seen=seen))
    assert (seen.snapshots, seen.offline[:1]) == (1, [False])
    run("wheels", "nunpy", "--offline", outside=make_outside(world=world(), seen=seen))
    assert (seen.snapshots, seen.offline[-1]) == (2, True)


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2026, 11, 25), "snapshot of 2026-11-24, 1 day old)"),
        (date(2027, 1, 24), "61 days old: `pip install --upgrade leanscaffold`)"),
    ],
)
def test_what_the_snapshot_says_is_dated_and_renewed_when_it_is_old(today: date, said: str) -> None:
    outside = changed(make_outside(world=world()), today=lambda: today)
    for command in ("wheels", "explain"):
        assert said in run(command, "numpy", "--offline", outside=outside).stdout


def test_an_index_that_does_not_answer_leaves_the_snapshot() -> None:
    outside = changed(make_outside(world=world()), open_index=lambda *_: Unreachable())
    assert "(from the snapshot of" in run("wheels", "numpy", outside=outside).stdout


@pytest.mark.parametrize("command", ["wheels", "explain"])
def test_a_package_nobody_knows_is_an_error_with_the_nearest(command: str) -> None:
    result = run(command, "nunpy", outside=make_outside(world=world()))
    assert (result.exit_code, code_of(result)) == (2, "usage")
    assert "did you mean numpy?" in result.stderr


def test_knowledge_that_is_well_is_counted(tmp_path: Path) -> None:
    facts = load_facts(knowledge_tree.write(tmp_path))
    result = run("knowledge", "check", outside=make_outside(load_facts=lambda _: facts))
    assert re.fullmatch(r"\d+ bases, \d+ images, .*, \d+ devices: all well\n", result.stdout)


def test_knowledge_that_contradicts_itself_exits_6_with_every_place(tmp_path: Path) -> None:
    facts = load_facts(knowledge_tree.write(tmp_path))
    base, *others = facts.bases
    base = replace(base, source="", package_manager="rpm")
    wrong = replace(facts, bases=(base, *others))
    result = run("knowledge", "check", outside=make_outside(load_facts=lambda _: wrong))
    assert (result.exit_code, code_of(result)) == (6, "knowledge-invalid")
    assert f"  bases/{base.id}: 'rpm' is not a package manager" in result.stderr
    assert f"  bases/{base.id}: the source is empty (source-missing)\n" in result.stderr


@pytest.mark.parametrize("more", [(), ("-v",)])
def test_a_plan_that_rests_on_old_facts_says_so_in_one_line(more: tuple[str, ...]) -> None:
    def told(today: date) -> list[str]:
        outside = changed(make_outside(), today=lambda: today)
        text = run("plan", "--target", "arm64", *more, outside=outside).stdout
        return [line for line in text.splitlines() if "pip install --upgrade leanscaffold" in line]

    assert told(CHECKED + timedelta(days=60)) == []
    (line,) = told(CHECKED + timedelta(days=61))
    assert "python:3.13-slim-trixie is of 2026-09-19, 61 days old" in line


def test_offline_the_age_of_the_facts_is_said() -> None:
    result = run("plan", "-v", "--target", "arm64", "--offline")
    assert "released after 2026-11-24 may not be known" in result.stdout
    assert "released after" not in run("plan", "-v", "--target", "arm64").stdout
