"""Predicting sizes: base, wheels, bytecode, system packages, application."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge
from scaffold.model.image import BLOCK, WASTE
from scaffold.model.index import DistFile, SourceFacts, WheelFacts
from scaffold.model.knowledge import Compression, Facts, Footprint, PackageFact, StandIn, Symbols
from scaffold.model.project import Found, Origin, Project, Use
from scaffold.model.resolution import Pinned, Weighed
from scaffold.model.verdict import Size
from scaffold.planner.os_package_cost import SystemCost
from scaffold.planner.size_prediction import (
    FIXED_BYTES,
    TEXT_COMPRESSED,
    TYPICAL,
    bytecode_bytes,
    predict,
    recompress,
)
from scaffold.planner.trimming import (
    lighten,
    list_stand_ins,
    list_unloaded,
    predict_trimming,
)

SLIM = next(base for base in load_facts(knowledge()).bases if base.id == "slim-trixie")
IMAGE = SLIM.images[0]
HERE = Origin(file="main.py")
LOCALES = Footprint(bytecode=1.5, bytecode_layer=0.4, layer=0.5)


def make_weighed(name: str, kinds: dict[str, int], *, exact: bool = True) -> Weighed:
    facts = WheelFacts(installed=sum(kinds.values()), files=1, kinds=tuple(kinds.items()))
    file = DistFile(filename=f"{name}-1-py3-none-any.whl", size=facts.installed // 2)
    pinned = Pinned(name=name, version="1", file=file, wheel=True)
    return Weighed(pinned=pinned, facts=facts, exact=exact)


APP = make_weighed("app", {"py": 1_000_000})


def weigh(
    *packages: Weighed,
    footprints: Mapping[str, Footprint] | None = None,
    system: SystemCost | None = None,
    bytecode: str = "beside",
    app: tuple[int, int] = (0, 0),
    app_waste: tuple[int, int] = (0, 0),
) -> Size:
    return predict(
        base=SLIM,
        image=IMAGE,
        packages=packages,
        footprints=footprints or {},
        system=system or SystemCost(),
        app=app,
        app_waste=app_waste,
        bytecode=bytecode,
    )


def test_blocks_of_the_application_are_as_counted_and_its_bytecode_by_the_number_of_sources() -> (
    None
):
    large = 20_000_000
    for bytecode, modules in (("none", 0), ("beside", 7)):
        plain = weigh(app=(large, 0), bytecode=bytecode)
        found = weigh(app=(large, 0), app_waste=(9_000, 7), bytecode=bytecode)
        assert found.in_blocks - plain.in_blocks == round(9_000 + modules * (WASTE + 0.12 * BLOCK))
        assert found.on_disk == plain.on_disk


def test_an_image_is_its_base_without_pip_and_what_is_put_in() -> None:
    empty = weigh()
    assert empty.on_disk == IMAGE.on_disk - SLIM.pip_bytes + FIXED_BYTES
    assert weigh(app=(500, 0)).on_disk == empty.on_disk + 500
    assert weigh(app=(500, 100)).on_disk == empty.on_disk + 500 + round(100 * TYPICAL.bytecode)
    assert weigh(app=(500, 100), bytecode="none").on_disk == empty.on_disk + 500
    assert weigh(APP, bytecode="none").on_disk == empty.on_disk + 1_000_000
    assert sum(part[1] for part in weigh(APP).parts) == weigh(APP).on_disk
    assert sum(part[2] for part in weigh(APP).parts) == weigh(APP).download


def test_zstd_compresses_all_but_models_and_a_base_that_stays() -> None:
    how = Compression(
        factors={"1": 0.9, "9": 0.5},
        builder={"1": 1.0},
        spread=0.1,
        docker=23,
        readers=(),
        refusers=(),
        source="",
        checked=date(2026, 11, 29),
    )
    size = replace(weigh(APP), models=(10, 10))
    kept = recompress(size, replace(SLIM, pip=False), how, 19)
    made = recompress(size, SLIM, how, 8)
    base = next(got for label, _, got in size.parts if label == "base")
    assert kept.on_disk == size.on_disk
    assert kept.download == pytest.approx(base + 10 + (size.download - base - 10) / 2, abs=3)
    assert made.download == pytest.approx(10 + (size.download - 10) * 0.9, abs=3)
    assert kept.download_error > made.download_error > size.download_error


def test_what_was_measured_of_a_package_is_used_and_narrows_the_error() -> None:
    typical, measured = weigh(APP), weigh(APP, footprints={"app": LOCALES})
    assert bytecode_bytes([APP], {"app": LOCALES}) == (1_500_000, 600_000)
    assert measured.on_disk - weigh(APP, bytecode="none").on_disk == 1_500_000
    assert {part[0]: part[2] for part in measured.parts}["packages"] == 250_000
    assert measured.error < typical.error
    assert measured.download_error < typical.download_error


def download_of_packages(weighed: Weighed) -> int:
    return {part[0]: part[2] for part in weigh(weighed).parts}["packages"]


def test_what_is_trimmed_is_not_downloaded() -> None:
    whole = make_weighed("fast", {"so": 900_000, "py": 100_000})
    left = replace(whole.facts, installed=900_000)
    trimmed = replace(whole, facts=left, trimmed=100_000)
    saved = download_of_packages(whole) - download_of_packages(trimmed)
    assert saved == round(100_000 * TEXT_COMPRESSED)


def test_what_is_trimmed_of_a_package_that_was_measured_saves_what_it_took_in_a_layer() -> None:
    whole = make_weighed("fast", {"so": 900_000, "headers": 100_000})
    left = replace(whole.facts, installed=900_000)
    table = {"fast": replace(LOCALES, symbols=Symbols(spent=0.1))}
    before, after = (
        {part[0]: part[2] for part in weigh(one, footprints=table).parts}["packages"]
        for one in (whole, replace(whole, facts=left, trimmed=100_000))
    )
    assert before - after == 10_000


FOLDED = "fold-1-py3-none-manylinux_2_28_aarch64.whl"


@pytest.mark.parametrize(
    ("found", "shares", "level", "folded"),
    [
        (40_000, {}, "safe", 30_000),  # a quarter of it is symbols, which go first
        (40_000, {}, "none", 0),
        (None, {"duplicates": {"aarch64": 0.1}}, "safe", 7_500),
        (None, {"duplicates": {"x86_64": 0.1}}, "safe", 0),
        (0, {"duplicates": {"aarch64": 0.1}}, "safe", 0),
    ],
)
def test_files_that_are_the_same_are_counted_once(
    found: int | None, shares: dict[str, dict[str, float]], level: str, folded: int
) -> None:
    whole = make_weighed("fold", {"so": 100_000})
    pinned = replace(whole.pinned, file=DistFile(filename=FOLDED, size=50_000))
    whole = replace(whole, pinned=pinned, facts=replace(whole.facts, duplicates=found))
    fact = PackageFact(name="fold", shares=shares, source="tests", checked=date(2026, 11, 29))
    footprint = Footprint(bytecode=1, bytecode_layer=1, layer=1, symbols=Symbols(share=0.25))
    facts = Facts(
        bases=(),
        libraries={},
        packages={"fold": fact},
        devices={},
        footprints={"fold": footprint},
    )
    trimmed = predict_trimming([whole], facts, level=level)
    assert {one.rule: one.bytes for one in trimmed}.get("duplicates", 0) == folded
    (left,) = lighten([whole], facts, trimmed, bytecode="none")
    assert left.code_trimmed == folded


@pytest.mark.parametrize(
    ("others", "changes", "gone"),
    [
        ((), {}, 50_000),
        (("fold-tools",), {}, 0),  # it loads the library
        (("fold-cli",), {}, 50_000),
        ((), {"files": ("native/fast.pyx",)}, 0),
        ((), {"uses": ("libfold.so.2",)}, 0),
        ((), {"uses": ("/usr/lib/libz.so.1", "libfolder.so")}, 50_000),
        ((), {"uses": ("*.so",)}, 0),
        ((), {"uses": (".so",)}, 0),  # the end of f"lib{name}.so"
    ],
)
def test_libraries_that_nothing_loads_are_left_out(
    others: tuple[str, ...], changes: dict[str, tuple[str, ...]], gone: int
) -> None:
    whole = make_weighed("fold", {"so": 100_000})
    whole = replace(whole, pinned=replace(whole.pinned, file=DistFile(filename=FOLDED, size=9)))
    fact = PackageFact(
        name="fold",
        unloaded=("libfold.so.*",),
        loaded_by=("fold-tools",),
        shares={"unloaded": {"aarch64": 0.5}},
        source="tests",
        checked=date(2026, 11, 29),
    )
    facts = Facts(bases=(), libraries={}, packages={"fold": fact}, devices={})
    project = Project(
        name=Found(value="app", origin=HERE),
        files=changes.get("files", ()),
        uses=tuple(
            Use(code="names-library", value=v, origin=HERE) for v in changes.get("uses", ())
        ),
    )
    packages = [whole, *(make_weighed(name, {"py": 1}) for name in others)]
    unloaded = list_unloaded(packages, facts, project)
    trimmed = predict_trimming(packages, facts, level="safe", unloaded=unloaded)
    assert {one.rule: one.bytes for one in trimmed}.get("unloaded", 0) == gone


@pytest.mark.parametrize(
    ("brings", "found"),
    [(None, True), (("fold/libfold.so.1.2",), True), (("fold/_fold.abi3.so",), False)],
)
def test_a_wheel_without_such_a_library_has_none_that_nothing_loads(
    brings: tuple[str, ...] | None, *, found: bool
) -> None:
    whole = make_weighed("fold", {"so": 100_000})
    fact = PackageFact(
        name="fold", unloaded=("libfold.so.*",), source="tests", checked=date(2026, 11, 29)
    )
    facts = Facts(bases=(), libraries={}, packages={"fold": fact}, devices={})
    packages = [replace(whole, facts=replace(whole.facts, brings=brings))]
    project = Project(name=Found(value="app", origin=HERE))
    assert bool(list_unloaded(packages, facts, project)) is found


FOLD = StandIn(
    name="Folding",
    module="fold",
    libraries=("libfold*",),
    unused_by=("FOLD_*", "read"),
    shares={"fold": {"aarch64": 0.5}},
    source="tests",
    checked=date(2026, 11, 29),
)
VIDEO = replace(FOLD, name="Video", used_by=("*Video*",), unused_by=())


@pytest.mark.parametrize(
    ("takes", "changes", "names"),
    [
        (("fold.read", "fold.FOLD_ALL", "os.Video"), {}, ["Folding", "Video"]),
        (("fold.read", "fold.solve"), {}, ["Video"]),
        (("fold.VideoReader.open",), {}, []),
        (("fold",), {}, []),  # getattr(fold, name)
        (("fold.*",), {}, ["Video"]),
        ((), {"level": "safe"}, []),
        ((), {"files": ("native/fast.pyx",)}, []),
        ((), {"requires": ("fold",)}, []),
        ((), {"file": "fold-1-cp313-cp313-linux_armv7l.whl"}, []),  # not measured
    ],
)
def test_a_library_that_no_source_calls_gets_a_stand_in_at_the_level_max(
    takes: tuple[str, ...], changes: dict[str, Any], names: list[str]
) -> None:
    whole, other = make_weighed("fold", {"so": 100_000}), make_weighed("other", {"py": 1})
    file = DistFile(filename=changes.get("file", FOLDED), size=9)
    whole = replace(whole, pinned=replace(whole.pinned, file=file))
    other = replace(other, pinned=replace(other.pinned, requires=changes.get("requires", ())))
    stand_ins = {"fold": FOLD, "video": VIDEO}
    facts = Facts(bases=(), libraries={}, packages={}, devices={}, stand_ins=stand_ins)
    project = Project(
        name=Found(value="app", origin=HERE),
        files=changes.get("files", ()),
        uses=tuple(Use(code="takes", value=one, origin=HERE) for one in takes),
    )
    level = changes.get("level", "max")
    found = list_stand_ins([whole, other], facts, project, level)
    assert [one.name for one in found] == names
    trimmed = predict_trimming([whole], facts, level=level, stand_ins=found)
    gone = {one.rule: one.bytes for one in trimmed}.get("stand-ins", 0)
    assert gone == 50_000 * len(names)


def test_machine_code_that_is_left_out_saves_what_the_wheel_compresses_to() -> None:
    whole = make_weighed("fast", {"so": 1_000_000})
    left = replace(whole.facts, installed=900_000)
    code = replace(whole, facts=left, trimmed=100_000, code_trimmed=100_000)
    saved = download_of_packages(whole) - download_of_packages(code)
    assert saved == pytest.approx(download_of_packages(whole) / 10, abs=1)


def test_what_is_left_compresses_no_better_than_text() -> None:
    whole = make_weighed("small", {"py": 100_000, "dist-info": 10_000})
    file = DistFile(filename="small-1-py3-none-any.whl", size=20_000)
    left = replace(whole.facts, installed=10_000)
    pinned = replace(whole.pinned, file=file)
    trimmed = replace(whole, pinned=pinned, facts=left, trimmed=100_000)
    assert download_of_packages(trimmed) == round(10_000 * TEXT_COMPRESSED)


@pytest.mark.parametrize(
    ("source", "stripped"),
    [(None, 720_000), (SourceFacts(native=True), 720_000), (SourceFacts(native=False), 0)],
)
def test_of_a_pure_package_that_is_built_nothing_is_stripped(
    source: SourceFacts | None, stripped: int
) -> None:
    made = make_weighed("flasgger", {"py": 200_000, "other": 800_000}, exact=False)
    pinned = replace(made.pinned, file=DistFile(filename="flasgger-1.tar.gz", size=1), wheel=False)
    made = replace(made, pinned=pinned, source=source)
    facts = Facts(bases=(), packages={}, libraries={}, devices={})
    trimmed = predict_trimming([made], facts, level="safe")
    assert {one.rule: one.bytes for one in trimmed}.get("symbols", 0) == stripped


def test_only_sources_are_compiled() -> None:
    data = make_weighed("data", {"other": 5_000_000, "so": 1_000_000})
    assert bytecode_bytes([data], {}) == (0, 0)


@pytest.mark.parametrize("error", [0, 70_000])
def test_system_packages_bring_their_own_error(error: int) -> None:
    cost = SystemCost(on_disk=140_000, download=50_000, error=error, download_error=error)
    with_them, without = weigh(system=cost), weigh()
    assert with_them.on_disk - without.on_disk == 140_000
    assert with_them.download - without.download == 50_000
    assert with_them.error - without.error == error
    assert with_them.download_error - without.download_error == error


def test_a_file_nobody_looked_into_widens_the_error() -> None:
    guessed = make_weighed("app", {"py": 1_000_000}, exact=False)
    assert weigh(guessed).error - weigh(APP).error == 300_000
