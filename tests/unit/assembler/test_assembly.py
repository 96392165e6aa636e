import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import PathDistribution
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from scaffold.assembler.assembly import Order, assemble
from scaffold.assembler.bundle import bundle
from scaffold.assembler.view import MOMENT
from scaffold.catalog.resources import assembler
from tests.support.elf_files import make_elf, write

MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"
LIB = f"/usr/local/lib/python{MINOR}"
SITE = f"{LIB}/site-packages"
GNU = "/usr/lib/x86_64-linux-gnu"


@pytest.fixture
def order(tmp_path: Path) -> Order:
    base, packages, scripts = (tmp_path / name for name in ("base", "packages", "scripts"))
    loader = "/lib64/ld-linux-x86-64.so.2"
    write(
        base, f"/usr/local/bin/python{MINOR}", make_elf(needed=("libc.so.6",), interpreter=loader)
    )
    (base / "usr/local/bin/python3").symlink_to(f"python{MINOR}")
    write(base, "/usr/bin/perl", make_elf())
    write(base, f"{GNU}/libc.so.6", make_elf())
    write(base, f"{GNU}/ld-linux-x86-64.so.2", make_elf())
    write(base, f"{GNU}/libgcc_s.so.1", make_elf())
    write(base, f"{GNU}/libstdc++.so.6", make_elf())
    (base / "usr/lib64").mkdir()
    (base / "usr/lib64/ld-linux-x86-64.so.2").symlink_to(f"..{GNU[4:]}/ld-linux-x86-64.so.2")
    (base / "lib64").symlink_to("usr/lib64")
    (base / "lib").symlink_to("usr/lib")
    write(base, f"{LIB}/json/__init__.py", "x = 1\n")
    write(base, f"{LIB}/idlelib/run.py", "")
    write(base, f"{LIB}/unittest/test/test_x.py", "")
    write(base, f"{LIB}/lib-dynload/_tkinter.so", make_elf(needed=("libtk.so",)))
    write(base, f"{LIB}/lib-dynload/_bz2.so", make_elf(needed=("libc.so.6",)))
    write(base, f"{LIB}/lib-dynload/_dbm.so", make_elf(needed=("libdb.so",)))
    write(base, f"{SITE}/pip/__init__.py", "")
    write(base, "/etc/ssl/certs/ca-certificates.crt", "-----BEGIN")
    write(packages, "web/__init__.py", "y = 2\n")
    write(packages, "web/__init__.pyi", "")
    write(packages, "web-1.dist-info/RECORD", "web/__init__.py,sha256=a,6\nweb/__init__.pyi,,0\n")
    write(packages, "heavy/core.so", make_elf(needed=("libstdc++.so.6",)))
    write(packages, "heavy/__init__.py", "")
    write(packages, "heavy-2.dist-info/RECORD", "heavy/core.so,,\nheavy/__init__.py,,\n")
    write(scripts, "web", "#!/usr/local/bin/python\n").chmod(0o755)
    return Order(
        base=base,
        packages=packages,
        scripts=scripts,
        out=tmp_path / "out",
        interpreter=f"/usr/local/bin/python{MINOR}",
        site_packages=SITE,
        home="/home/app",
        workdir="/app",
        uid=os.getuid(),
        sourceless=frozenset({"web"}),
        layers=(("heavy",),),
    )


def list_layer(order: Order, name: str) -> set[str]:
    layer = order.out / name
    return {f"/{p.relative_to(layer)}" for p in layer.rglob("*") if p.is_symlink() or p.is_file()}


def test_the_base_holds_the_interpreter_and_what_machine_code_names(order: Order) -> None:
    assert [line for line in assemble(order) if line.startswith("missing")] == []
    base = list_layer(order, "base")
    assert {
        f"/usr/local/bin/python{MINOR}",
        "/usr/local/bin/python3",
        "/lib64",
        "/usr/lib64/ld-linux-x86-64.so.2",
        f"{GNU}/ld-linux-x86-64.so.2",
        f"{GNU}/libc.so.6",
        f"{GNU}/libgcc_s.so.1",
        f"{GNU}/libstdc++.so.6",
        f"{LIB}/json/__init__.pyc",
        f"{LIB}/lib-dynload/_bz2.so",
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/passwd",
        "/etc/group",
    } <= base
    absent = ("perl", "idlelib", "unittest", "_tkinter", "_dbm", "/pip", "/__init__.py")
    assert not [p for p in base for name in absent if p.endswith(name) or f"{name}/" in p]


def test_packages_go_into_their_layers_and_commands_on_top(order: Order) -> None:
    list(assemble(order))
    assert list_layer(order, "packages-1") == {
        f"{SITE}/heavy/core.so",
        f"{SITE}/heavy/__init__.py",
        f"{SITE}/heavy/__pycache__/__init__.{sys.implementation.cache_tag}.pyc",
    }
    top = list_layer(order, "packages-2")
    assert f"{SITE}/web/__init__.pyc" in top
    assert f"{SITE}/web/__init__.py" not in top
    assert "/usr/local/bin/web" in top
    assert (order.out / "packages-2/usr/local/bin/web").stat().st_mode & 0o111


DATABASE = f"{LIB}/lib-dynload/_dbm.so"


@pytest.mark.parametrize(
    ("changes", "source", "stays"),
    [
        ({}, "", False),
        ({"trim": "safe"}, "", True),
        ({"spare": (("databases", "*"),)}, "", True),
        ({}, "def load():\n    import shelve\n", True),
        ({}, "from dbm import ndbm\n", True),
        ({}, "importlib.import_module('dbm.gnu')\n", True),
        ({}, "'shelves and dbms'\n", False),
    ],
)
def test_old_databases_stay_where_anything_may_open_one(
    order: Order, changes: dict[str, Any], source: str, *, stays: bool
) -> None:
    assert order.base
    write(order.base, f"{GNU}/libdb.so", make_elf())
    write(order.packages, "web/store.py", source)
    lines = list(assemble(replace(order, **({"trim": "max"} | changes))))
    base = list_layer(order, "base")
    assert (DATABASE in base) is (f"{GNU}/libdb.so" in base) is stays
    assert (f"left out: {DATABASE}" in lines) is not stays
    assert f"{LIB}/lib-dynload/_bz2.so" in base


def test_machine_code_that_names_a_database_keeps_them(order: Order) -> None:
    assert order.base
    write(order.base, f"{GNU}/libdb.so", make_elf())
    write(order.packages, "heavy/more.so", make_elf(needed=("libc.so.6",)) + b"\0shelve\0")
    list(assemble(replace(order, trim="max")))
    assert DATABASE in list_layer(order, "base")


def test_for_a_base_that_stays_whole_only_packages_are_put_together(order: Order) -> None:
    whole = replace(order, base=None, interpreter="", home="", workdir="", uid=0)
    assert "trimmed web: stubs 0 bytes" in list(assemble(whole))
    assert {layer.name for layer in order.out.iterdir()} == {"packages-1", "packages-2"}
    assert f"{SITE}/heavy/core.so" in list_layer(order, "packages-1")
    assert f"{SITE}/web/__init__.pyc" in list_layer(order, "packages-2")


def test_bytecode_alone_is_imported_and_its_record_names_it(order: Order) -> None:
    list(assemble(order))
    site = order.out / "packages-2" / SITE.lstrip("/")
    code = f"import sys; sys.path.insert(0, {str(site)!r}); import web; print(web.y)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "2\n"
    files = PathDistribution(site / "web-1.dist-info").files
    assert [str(file) for file in files or ()] == ["web/__init__.pyc"]


def test_the_same_input_gives_the_same_bytes_and_times(order: Order, tmp_path: Path) -> None:
    again = replace(order, packages=tmp_path / "again", out=tmp_path / "second")
    shutil.copytree(order.packages, again.packages)
    list(assemble(order))
    list(assemble(again))

    def read(folder: Path) -> dict[str, tuple[bytes, float]]:
        return {
            path.relative_to(folder).as_posix(): (
                path.read_bytes() if path.is_file() and not path.is_symlink() else b"",
                path.lstat().st_mtime,
            )
            for path in folder.rglob("*")
        }

    assert read(order.out) == read(again.out)
    assert {time for _, time in read(order.out / "base").values()} == {MOMENT}


def test_sources_stay_where_bytecode_is_only_added(order: Order) -> None:
    list(assemble(replace(order, bytecode="beside", trim="none")))
    top = list_layer(order, "packages-2")
    assert {f"{SITE}/web/__init__.py", f"{SITE}/web/__init__.pyi"} <= top
    assert f"{LIB}/json/__init__.py" in list_layer(order, "base")


def test_what_was_taken_out_is_said_and_stands_in_the_metadata(order: Order) -> None:
    write(order.packages, "heavy/include/a.h", "1234")
    write(order.packages, "heavy/core.so", make_elf(symbols=50_000))
    record = "heavy/core.so,,\nheavy/__init__.py,,\nheavy/include/a.h,,\n"
    write(order.packages, "heavy-2.dist-info/RECORD", record)
    lines = list(assemble(order))
    assert "trimmed heavy: headers 4 bytes" in lines
    info = order.out / "packages-1" / SITE.lstrip("/") / "heavy-2.dist-info"
    taken = json.loads((info / "TRIMMED").read_text())
    assert taken["headers"] == len("1234")
    assert taken["symbols"] > 50_000
    assert "heavy-2.dist-info/TRIMMED" not in str(list_layer(order, "packages-2"))


@pytest.mark.parametrize("elsewhere", ["", str(Path("/", "dev", "shm"))])
def test_the_same_file_of_one_layer_is_there_once(order: Order, elsewhere: str) -> None:
    # A build mounts what was installed: another file system than the one of its layers.
    if elsewhere and not os.access(elsewhere, os.W_OK):
        pytest.skip("there is no second file system here")
    with TemporaryDirectory(dir=elsewhere or order.out.parent) as other:
        check_links(replace(order, out=Path(other, "out")))


def check_links(order: Order) -> None:
    library = make_elf(soname="libheavy.so.2") + b"x" * (1 << 16)
    names = [f"heavy/{n}" for n in ("libheavy.so", "libheavy.so.2", "a.cpython-313.so", "b.so")]
    for name in names:
        write(order.packages, name, library)
    write(order.packages, "heavy-2.dist-info/RECORD", "".join(f"{name},,\n" for name in names))
    write(order.packages, "heavy/small.bin", "1234")
    write(order.packages, "heavy/small2.bin", "1234")
    write(order.packages, "web/libheavy.so.2", library)
    write(order.packages, "web/libheavy.so.2.1", library).chmod(0o700)
    lines = list(assemble(order))
    assert f"trimmed heavy: duplicates {len(library)} bytes" in lines
    packages = [order.out / f"packages-{n}" / SITE.lstrip("/") for n in (1, 2)]
    links = {
        path.name: path.stat().st_nlink
        for folder in packages
        for path in folder.rglob("*")
        if path.is_file() and path.stat().st_nlink > 1
    }
    # Another layer or mode, small files and what Python imports stay files of their own.
    assert links == {"libheavy.so": 2, "libheavy.so.2": 2}
    assert (packages[0] / "heavy/libheavy.so").read_bytes() == library


@pytest.mark.parametrize("spared", [{"trim": "none"}, {"spare": (("duplicates", "heavy"),)}])
def test_copies_stay_where_nothing_may_be_changed(order: Order, spared: dict[str, Any]) -> None:
    for name in ("libheavy.so", "libheavy.so.2"):
        write(order.packages, f"heavy/{name}", bytes(1 << 16))
    list(assemble(replace(order, **spared)))
    kept = order.out / "packages-2" / SITE.lstrip("/") / "heavy/libheavy.so"
    assert kept.stat().st_nlink == 1


def test_the_command_of_an_installer_that_went_goes_too(order: Order) -> None:
    write(order.packages, "pip/__init__.py", "")
    write(order.packages, "pip-26.dist-info/RECORD", "pip/__init__.py,,\n")
    write(order.packages, "pip-26.dist-info/METADATA", "Name: pip\n")
    write(order.scripts, "pip3", "#!/usr/bin/python\nfrom pip._internal.cli.main import main\n")
    list(assemble(order))
    top = list_layer(order, "packages-2")
    assert not [path for path in top if path.endswith(("/pip3", "/pip/__init__.py"))]
    assert f"{SITE}/pip-26.dist-info/METADATA" in top
    assert "/usr/local/bin/web" in top


def test_a_library_that_is_missing_is_said(order: Order) -> None:
    write(order.packages, "web/x.so", make_elf(needed=("libxcb.so.1",)))
    assert f"missing: libxcb.so.1, which {SITE}/web/x.so needs" in list(assemble(order))


@pytest.mark.parametrize("single", [False, True])
def test_the_command_line_takes_what_the_dockerfile_gives(
    order: Order, tmp_path_factory: pytest.TempPathFactory, *, single: bool
) -> None:
    program = ["-m", "scaffold.assembler"]
    if single:
        file = tmp_path_factory.mktemp("program") / "assemble.py"
        file.write_text(bundle(assembler, "1", traced=False))
        assert bundle(assembler, "1", traced=False) == file.read_text()
        program = ["-IB", str(file)]
    argv = [sys.executable, *program, f"--base={order.base}"]
    argv += [f"--packages={order.packages}", f"--scripts={order.scripts}", f"--out={order.out}"]
    argv += [f"--interpreter={order.interpreter}", f"--site-packages={SITE}", "--home=/home/app"]
    argv += ["--workdir=/app", f"--uid={order.uid}", "--layer=heavy", "--spare=stubs:web"]
    argv += ["--bytecode=none"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["trimmed in all: 0 bytes"]
    assert f"{SITE}/web/__init__.pyi" in list_layer(order, "packages-2")


def test_the_single_file_has_only_what_a_plan_needs_and_scans_without_a_build(
    tmp_path: Path,
) -> None:
    whole, plain = bundle(assembler, "1"), bundle(assembler, "1", cut=False, traced=False)
    for name in ("assemble.base", "assemble.traced.dropping", "assemble.traced.finder"):
        assert f"SOURCES['{name}']" in whole
        assert f"SOURCES['{name}']" not in plain
    (tmp_path / "assemble.py").write_text(whole)
    (tmp_path / "main.py").write_text("import numpy.fft\n")
    argv = [sys.executable, "-IB", str(tmp_path / "assemble.py"), "scan", str(tmp_path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert "numpy.fft" in done.stdout.split()
