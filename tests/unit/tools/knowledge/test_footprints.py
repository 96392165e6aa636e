"""What becomes of a wheel: bytecode made of it, and the layer it is packed in."""

from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from scaffold.catalog.load import load_facts
from scaffold.catalog.snapshot import KnownProject, KnownRelease
from scaffold.model.index import DistFile, Metadata
from scaffold.model.knowledge import Footprint, Symbols
from tests.support import knowledge_tree as tree
from tools.knowledge.footprints import (
    LARGEST,
    choose_native,
    choose_wheel,
    format_footprints,
    measure_footprint,
    measure_project,
    measure_spent,
)

CODE = "".join(f"def f{n}(a, b):\n    return [a + {n}, b * {n}]\n" for n in range(60))


def make_wheel(files: dict[str, str]) -> bytes:
    data = BytesIO()
    with ZipFile(data, "w", ZIP_DEFLATED) as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return data.getvalue()


def measure(files: dict[str, str]) -> Footprint:
    return measure_footprint(make_wheel(files), "app-1-py3-none-any.whl")


def make_project(*releases: tuple[str, list[tuple[str, int]]]) -> KnownProject:
    return KnownProject(
        name="app",
        releases=tuple(
            KnownRelease(
                metadata=Metadata(name="app", version=version),
                files=tuple(DistFile(filename=name, size=size) for name, size in files),
            )
            for version, files in releases
        ),
    )


def test_comments_make_no_bytecode() -> None:
    dense = measure({"app.py": CODE})
    commented = measure({"app.py": CODE + "# a remark\n" * 500})
    assert dense.bytecode > 2 * commented.bytecode > 0


def test_what_does_not_compile_makes_no_bytecode_and_is_no_error() -> None:
    both = measure({"app.py": CODE, "broken.py": "print 1\n" * 400})
    assert 0 < both.bytecode < measure({"app.py": CODE}).bytecode
    assert measure({"broken.py": "print 1"}).bytecode == 0


def test_a_wheel_without_python_has_no_bytecode() -> None:
    none = measure({"app/data.json": "[1, 2, 3]" * 500})
    assert (none.bytecode, none.bytecode_layer) == (0, 0)
    assert none.layer > 0


def test_files_that_are_alike_take_less_in_a_layer_than_in_a_wheel() -> None:
    alike = measure({f"app/{n}.txt": f"{n} the same text, over and over" * 9 for n in range(300)})
    assert alike.layer < 0.3


def test_the_smallest_wheel_of_the_newest_final_release_is_measured() -> None:
    project = make_project(
        ("3.0rc1", [("app-3.0rc1-py3-none-any.whl", 10)]),
        ("2.1", [("app-2.1.tar.gz", 5)]),
        ("2.0", [("app-2.0-py3-none-b.whl", 30), ("app-2.0-py3-none-a.whl", 20)]),
        ("1.0", [("app-1.0-py3-none-any.whl", 10)]),
    )
    chosen = choose_wheel(project)
    assert chosen is not None
    assert chosen.filename == "app-2.0-py3-none-a.whl"


def test_a_large_wheel_is_not_downloaded_nor_an_old_small_one_in_its_place() -> None:
    large, small = ("app-2.0-py3-none-any.whl", LARGEST + 1), ("app-1.0-py3-none-any.whl", 10)
    assert choose_wheel(make_project(("2.0", [large]), ("1.0", [small]))) is None
    assert choose_wheel(make_project(("1.0", [("app-1.0.tar.gz", 5)]))) is None


def test_what_is_written_is_read_back_in_order_of_name(tmp_path: Path) -> None:
    first = Footprint(bytecode=1.25, bytecode_layer=0.4, layer=0.9)
    second = Footprint(
        bytecode=0.0,
        bytecode_layer=0.0,
        layer=1.04,
        symbols=Symbols(share=0.2, spent=0.1),
        foreign={"aarch64": Symbols(share=0.35)},
    )
    text = format_footprints([("zeta", second), ("app", first)], today=date(2026, 1, 2))
    folder = tree.write(tmp_path)
    tree.put(folder, "footprints.toml", text)
    assert list(load_facts(folder).footprints.items()) == [("app", first), ("zeta", second)]


def test_symbols_are_those_of_the_machine_that_a_wheel_is_for() -> None:
    here, there = Symbols(share=0.2, spent=0.1), Symbols(share=0.35)
    row = Footprint(
        bytecode=1.0, bytecode_layer=0.4, layer=1.0, symbols=here, foreign={"aarch64": there}
    )
    assert row.find_symbols("app-1-cp313-cp313-manylinux_2_28_x86_64.whl") == here
    assert row.find_symbols("app-1-cp313-cp313-manylinux_2_28_aarch64.whl") == there
    assert row.find_symbols("app-1.tar.gz") == here


def test_the_wheel_with_machine_code_is_that_of_the_machine_that_is_asked_for() -> None:
    x86, arm = "app-2-cp3-manylinux_2_28_x86_64.whl", "app-2-cp3-manylinux_2_28_aarch64.whl"
    both = make_project(("2.0", [(x86, 30), (arm, 20)]))
    named = [choose_native(both), choose_native(both, "aarch64"), choose_native(both, "armv7l")]
    assert [file.filename if file else None for file in named] == [x86, arm, None]


def test_a_wheel_too_large_to_be_fetched_keeps_the_symbols_that_were_measured() -> None:
    x86, arm = "app-2-cp3-manylinux_2_28_x86_64.whl", "app-2-cp3-manylinux_2_28_aarch64.whl"
    project = make_project(("2.0", [(x86, 900), (arm, 20)]))
    known = measure({"app.py": CODE})
    known = replace(known, symbols=Symbols(share=0.2, spent=0.1))

    def fetch(file: DistFile | None) -> bytes:
        return make_wheel({"app.py": CODE}) if file and file.filename == arm else b""

    found = measure_project(project, 100, fetch, known)
    assert found is not None
    assert (found.symbols, found.foreign) == (known.symbols, {"aarch64": Symbols()})
    assert measure_project(project, 10, fetch, known) is None


def test_many_headers_are_measured_for_themselves_and_few_are_not() -> None:
    alike = {f"app/include/a{n}.h": f"/* licence */ int a{n}(int);\n" * 50 for n in range(9)}
    data = make_wheel({**alike, "app/__init__.py": CODE})
    assert 0 < measure_spent(data, much=1000) < 0.3
    assert measure_spent(data) == 0


def test_tests_are_left_out_as_in_an_image() -> None:
    alone = measure({"app/a.py": CODE})
    tested = measure({"app/a.py": CODE, "app/tests/test_a.py": CODE + "# a remark\n" * 900})
    assert (tested.bytecode, tested.bytecode_layer) == (alone.bytecode, alone.bytecode_layer)
