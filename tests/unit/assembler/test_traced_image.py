import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from scaffold.assembler.assembly import Order, assemble
from scaffold.assembler.traced.dropping import HOOK, write_finder
from scaffold.assembler.traced.imports import scan
from tests.support.elf_files import make_elf, write
from tests.unit.assembler.test_assembly import GNU, LIB, SITE, list_layer, order

__all__ = ["order"]
RELEASE = ".".join(map(str, sys.version_info[:3]))


def trace(order: Order, *files: str, closure: str = "safe", **changes: object) -> Order:
    packages = {"web": "1", "heavy": "2"}
    document = {"python": RELEASE, "packages": packages, "files": files, "sources": [], **changes}
    file = order.out.parent / "trace.json"
    file.write_text(json.dumps(document))
    return replace(order, trace=file, closure=closure)


def base_of(order: Order) -> Path:
    assert order.base is not None
    return order.base


def test_packages_that_nothing_opens_go_and_their_metadata_stays(order: Order) -> None:
    lines = list(assemble(trace(order, "site/web/__init__.py")))
    light, heavy = list_layer(order, "packages-2"), list_layer(order, "packages-1")
    assert f"{SITE}/web/__init__.pyc" in light
    assert f"{SITE}/heavy/core.so" not in heavy
    assert f"{SITE}/heavy-2.dist-info/RECORD" in heavy | light
    assert any(line.startswith("traced: heavy: ") for line in lines)


def test_libraries_that_only_dropped_machine_code_needs_go_too(order: Order) -> None:
    gnu = "/usr/lib/x86_64-linux-gnu"
    list(assemble(trace(order, "site/web/__init__.py")))
    assert f"{gnu}/libstdc++.so.6" not in list_layer(order, "base")
    assert f"{gnu}/libc.so.6" in list_layer(order, "base")


def test_a_package_of_another_release_stays_whole_and_it_is_said(order: Order) -> None:
    packages = {"web": "1", "heavy": "1.9"}
    lines = list(assemble(trace(order, "site/web/__init__.py", packages=packages)))
    assert "traced: heavy is another release than the trace's: kept whole" in lines
    assert f"{SITE}/heavy/core.so" in list_layer(order, "packages-1")


def test_another_python_keeps_its_library_whole(order: Order) -> None:
    lines = list(assemble(trace(order, python="3.1.4", closure="tight")))
    assert f"traced: this is Python {RELEASE}, the trace was made with 3.1.4" in lines
    assert f"{LIB}/lib-dynload/_bz2.so" in list_layer(order, "library")


def test_a_tight_closure_keeps_only_what_was_opened_of_python_too(order: Order) -> None:
    write(base_of(order), f"{LIB}/os.py", "")
    write(base_of(order), f"{LIB}/this_too.py", "")
    list(assemble(trace(order, "site/web/__init__.py", closure="tight")))
    library = list_layer(order, "base") | list_layer(order, "library")
    assert f"{LIB}/os.pyc" in library
    assert f"{LIB}/this_too.pyc" not in library
    assert f"{LIB}/lib-dynload/_bz2.so" not in library


def test_what_nothing_opened_of_python_is_a_layer_that_packages_may_change(order: Order) -> None:
    write(base_of(order), f"{LIB}/late.py", "import bz2")
    write(base_of(order), f"{LIB}/bz2.py", "import _bz2")
    write(base_of(order), f"{GNU}/libbz2.so.1", make_elf())
    bz2 = make_elf(needed=("libc.so.6", "libbz2.so.1"))
    write(base_of(order), f"{LIB}/lib-dynload/_bz2.so", bz2)
    write(order.packages, "web/__init__.py", "def f():\n    import late")
    list(assemble(trace(order, "site/web/__init__.py", "stdlib/json/__init__.py")))
    base, library = list_layer(order, "base"), list_layer(order, "library")
    late = {f"{LIB}/late.pyc", f"{LIB}/bz2.pyc", f"{LIB}/lib-dynload/_bz2.so"}
    assert {*late, f"{GNU}/libbz2.so.1"} <= library
    assert not library & base - {"/lib", "/lib64"}
    assert {f"{LIB}/json/__init__.pyc", f"{GNU}/libc.so.6"} <= base


def test_a_traced_image_is_the_same_every_time(order: Order, tmp_path: Path) -> None:
    again = replace(order, packages=tmp_path / "copy", out=tmp_path / "again")
    shutil.copytree(order.packages, again.packages)
    digests = []
    for one in (order, again):
        list(assemble(trace(one, "site/web/__init__.py")))
        files = {p.relative_to(one.out).as_posix(): p for p in one.out.rglob("*") if p.is_file()}
        digests.append({n: hashlib.sha256(p.read_bytes()).digest() for n, p in files.items()})
    assert digests[0] == digests[1]


def find(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-c", f"import site; site.addsitedir({str(folder)!r}); {code}"]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def test_a_dropped_module_says_that_no_traced_run_imported_it(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web/__init__.py").write_text("")
    write_finder(tmp_path, ["web.late"])
    ended = find(tmp_path, "import web.late")
    assert ended.returncode == 1
    assert (
        "ModuleNotFoundError: No module named 'web.late': it was dropped because no traced run "
        "imported it; trace a run that does (leanscaffold trace)"
    ) in ended.stderr
    assert "No module named 'web.other'\n" in find(tmp_path, "import web.other").stderr


@pytest.mark.parametrize("module", ["gone", "web.late"])
def test_python_m_with_a_dropped_module_says_so_too(tmp_path: Path, module: str) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web/__init__.py").write_text("")
    write_finder(tmp_path, ["gone", "web.late"])
    ended = find(tmp_path, f"import runpy; runpy._run_module_as_main({module!r})")
    assert ended.returncode == 1
    assert f"No module named {module!r}: it was dropped because no traced run" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "code",
    [
        "import importlib.util; assert importlib.util.find_spec('gone')",
        "import importlib.util; assert importlib.util.find_spec('other') is None",
        f"import sys; assert sys.modules['{HOOK}']._names == []",
        "exec('try:\\n import gone\\nexcept ImportError:\\n pass')",
    ],
)
def test_a_dropped_module_is_missed_as_any_other(tmp_path: Path, code: str) -> None:
    write_finder(tmp_path, ["gone"])
    assert find(tmp_path, code).stderr == ""


def test_the_app_is_read_for_what_it_imports(tmp_path: Path) -> None:
    write(
        tmp_path,
        "/main.py",
        "def f():\n    import numpy.fft\nif __name__ == '__main__':\n    import b",
    )
    write(tmp_path, "/.leanscaffold/x.py", "import hidden")
    write(tmp_path, "/bad.py", "print 1")
    assert list(scan(tmp_path)) == ["b", "numpy.fft"]
