from pathlib import Path

import pytest

from scaffold.assembler.elf import read_elf
from scaffold.assembler.libraries import Loader, Missing, find_closure
from scaffold.assembler.view import View
from tests.support.elf_files import AARCH64, make_elf, write

SITE = "/usr/local/lib/python3.13/site-packages"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    root = tmp_path / "base"
    write(root, "/usr/lib/x86_64-linux-gnu/libc.so.6", make_elf(soname="libc.so.6"))
    write(root, "/usr/lib/x86_64-linux-gnu/ld-linux.so.2", make_elf())
    (root / "lib").symlink_to("usr/lib")
    return root


def close(
    base: Path, packages: Path, *seeds: str, brought: tuple[str, ...] = ()
) -> tuple[tuple[str, ...], tuple[Missing, ...]]:
    loader = Loader(View(((SITE, packages), ("/", base))))
    found = find_closure(loader, seeds, frozenset(brought))
    return found.paths, found.missing


def test_an_elf_file_says_what_it_needs(tmp_path: Path) -> None:
    file = write(tmp_path, "x.so", make_elf(needed=("a.so", "b.so"), soname="x", runpath="/p:/q"))
    elf = read_elf(file)
    assert elf is not None
    assert (elf.needed, elf.soname, elf.paths) == (("a.so", "b.so"), "x", ("/p", "/q"))
    assert read_elf(write(tmp_path, "text", "no machine code")) is None
    assert read_elf(write(tmp_path, "torn", make_elf()[:40])) is None


def test_libraries_are_found_transitively_through_the_folders_of_the_system(base: Path) -> None:
    write(base, "/opt/own/libb.so", make_elf(needed=("libc.so.6",)))
    write(base, "/etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n")
    write(base, "/etc/ld.so.conf.d/own.conf", "# ours\n/opt/own\n")
    write(
        base,
        "/bin/app",
        make_elf(needed=("libb.so",), interpreter="/lib/x86_64-linux-gnu/ld-linux.so.2"),
    )
    paths, missing = close(base, base / "none", "/bin/app")
    assert paths == (
        "/lib/x86_64-linux-gnu/ld-linux.so.2",
        "/lib/x86_64-linux-gnu/libc.so.6",
        "/opt/own/libb.so",
    )
    assert missing == ()


def test_a_file_finds_libraries_beside_itself_by_its_own_path(base: Path, tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    write(packages, "numpy.libs/libblas.so", make_elf(needed=("libc.so.6",)))
    write(
        packages, "numpy/core.so", make_elf(needed=("libblas.so",), runpath="$ORIGIN/../numpy.libs")
    )
    paths, missing = close(base, packages, f"{SITE}/numpy/core.so")
    assert f"{SITE}/numpy.libs/libblas.so" in paths
    assert missing == ()


def test_a_library_needed_by_its_path_is_opened_there(base: Path) -> None:
    write(base, "/usr/lib/libpython.so", make_elf())
    write(base, "/usr/bin/python", make_elf(needed=("$ORIGIN/../lib/libpython.so",)))
    assert close(base, base / "none", "/usr/bin/python")[0] == ("/usr/lib/libpython.so",)


def test_a_library_that_nothing_provides_is_named_with_who_needs_it(base: Path) -> None:
    write(base, "/bin/app", make_elf(needed=("libxcb.so.1", "libown.so")))
    _, missing = close(base, base / "none", "/bin/app", brought=("libown.so",))
    assert missing == (Missing("/bin/app", "libxcb.so.1"),)


def test_a_library_for_another_machine_is_passed_over(base: Path) -> None:
    write(base, "/lib/liba.so", make_elf(machine=AARCH64))
    write(base, "/bin/app", make_elf(needed=("liba.so",)))
    assert close(base, base / "none", "/bin/app")[1] == (Missing("/bin/app", "liba.so"),)


def test_musl_answers_to_its_own_names(base: Path) -> None:
    write(base, "/bin/app", make_elf(needed=("libc.musl-x86_64.so.1", "libc.so")))
    assert close(base, base / "none", "/bin/app")[1] == ()


def test_links_are_followed_inside_of_the_view_and_loops_end(base: Path) -> None:
    view = View((("/", base),))
    assert view.real("/lib/x86_64-linux-gnu/libc.so.6") == "/usr/lib/x86_64-linux-gnu/libc.so.6"
    assert view.trail("/lib/x86_64-linux-gnu/libc.so.6")[0] == "/lib"
    (base / "a").symlink_to("b")
    (base / "b").symlink_to("a")
    (base / "out").symlink_to("/etc/hostname")
    assert view.real("/a") == ""
    assert view.real("/out") == ""
