import bz2
import json
from pathlib import Path

import pytest

from scaffold.assembler.records import INTERPRETER, write_interpreter, write_records
from scaffold.assembler.view import View
from tests.support.elf_files import make_elf, write
from tests.support.scanners import Seen, seen_by_both, seen_by_syft

GNU = "/usr/lib/x86_64-linux-gnu"
STATUS = """\
Package: libc6
Status: install ok installed
Installed-Size: 12900
Source: glibc (2.41-12)
Version: 2.41-12+b1
Conffiles:
 /etc/ld.so.conf.d/x.conf 9d8ff1c4

Package: libc-bin
Status: install ok installed
Source: glibc
Version: 2.41-12
Description: GNU C Library: Binaries
 This package contains utility programs.
 .
 Even more of them.

Package: gone
Status: deinstall ok config-files
Version: 1

Package: perl-base
Status: install ok installed
Version: 5.40

Package: ca-certificates
Status: install ok installed
Version: 20250419
"""
APK = """\
C:Q1abc=
P:musl
V:1.2.5-r23
o:musl
L:MIT
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1def=

P:busybox
V:1.37-r1
F:bin
M:0:0:755
R:busybox
"""
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def read(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture
def debian(tmp_path: Path) -> View:
    root = tmp_path / "root"
    write(root, "/var/lib/dpkg/status", STATUS)
    (root / "usr/lib").mkdir(parents=True)
    (root / "lib").symlink_to("usr/lib")
    packages = {  # as before folders were merged
        "libc6:amd64": ("/lib/x86_64-linux-gnu/libc.so.6", "/usr/share/doc/libc6/copyright"),
        "libc-bin": ("/etc/ld.so.conf", "/usr/share/doc/libc-bin/copyright"),
        "perl-base": ("/usr/bin/perl",),
        "gone": ("/etc/gone",),
        "ca-certificates": ("/usr/sbin/update-ca-certificates",),
    }
    for package, files in packages.items():
        write(root, f"/var/lib/dpkg/info/{package}.list", "\n".join(["/.", *files]) + "\n")
        for file in files:
            write(root, file, "the same" if "copyright" in file else make_elf())
    write(root, BUNDLE, "-----BEGIN")
    return View((("/", root),))


def test_scanners_see_the_packages_whose_files_were_taken_and_no_others(
    debian: View, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    write_records(debian, [f"{GNU}/libc.so.6", "/etc/ld.so.conf", "/etc/gone", BUNDLE], out)
    assert seen_by_both(read(out)) == {
        Seen("libc6", "2.41-12+b1", "glibc"),
        Seen("libc-bin", "2.41-12", "glibc"),
        Seen("ca-certificates", "20250419", "ca-certificates"),
    }
    same = [out / f"usr/share/doc/{name}/copyright" for name in ("libc6", "libc-bin")]
    assert [path.read_text() for path in same] == ["the same"] * 2
    assert same[0].samefile(same[1])


def test_a_long_copyright_is_kept_compressed_and_its_licences_where_scanners_look(
    debian: View, tmp_path: Path
) -> None:
    ((_, root),) = debian.parts
    text = "License: LGPL-2.1+\n" + " of the licence\n" * 2000 + " License: no field\n"
    text += " see /usr/share/common-licenses/GPL-2 for it\n" * 2
    for name in ("libc6", "libc-bin"):
        write(root, f"/usr/share/doc/{name}/copyright", text)
    out = tmp_path / "out"
    write_records(debian, [f"{GNU}/libc.so.6", "/etc/ld.so.conf"], out)
    (whole,) = out.rglob("copyright.bz2")
    assert bz2.decompress(whole.read_bytes()).decode() == text
    for name in ("libc6", "libc-bin"):
        lines = (out / f"usr/share/doc/{name}/copyright").read_text().splitlines()
        assert lines == [
            f"The whole text: /{whole.relative_to(out)}",
            "License: LGPL-2.1+",
            " see /usr/share/common-licenses/GPL-2 for it",
        ]


def test_a_second_layer_has_the_records_that_the_first_has_not(
    debian: View, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    write_records(debian, [f"{GNU}/libc.so.6"], first)
    write_records(debian, [f"{GNU}/libc.so.6", "/usr/bin/perl"], second, first)
    assert {one.name for one in seen_by_both(read(second))} == {"perl-base"}


def test_apk_s_database_keeps_the_packages_whose_files_were_taken(tmp_path: Path) -> None:
    root, out = tmp_path / "root", tmp_path / "out"
    write(root, "/lib/apk/db/installed", APK)
    write(root, "/lib/ld-musl-x86_64.so.1", make_elf())
    write(root, "/bin/busybox", make_elf())
    write_records(View((("/", root),)), ["/lib/ld-musl-x86_64.so.1"], out)
    assert seen_by_both(read(out)) == {Seen("musl", "1.2.5-r23", "musl")}
    assert "Z:" not in (out / "lib/apk/db/installed").read_text()


def test_an_interpreter_that_no_package_brought_has_a_record_of_its_own(
    debian: View, tmp_path: Path
) -> None:
    ((_, root),) = debian.parts
    out = tmp_path / "out"
    header = "/usr/local/include/python3.14/patchlevel.h"
    write(root, header, '#define PY_VERSION      "3.14.1"\n#define PY_VERSION_HEX 1\n')
    for name in ("/usr/bin/perl", "/usr/local/bin/python3.14"):
        write(root, name, make_elf())
        write_interpreter(debian, name, out)
    assert seen_by_syft(read(out)) == {"cpe:2.3:a:python:python:3.14.1:*:*:*:*:*:*:*": "3.14.1"}
    assert json.loads((out / INTERPRETER.lstrip("/")).read_text())["bomFormat"] == "CycloneDX"
