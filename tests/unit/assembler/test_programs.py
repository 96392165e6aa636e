from pathlib import Path

import pytest

from scaffold.assembler import MissingProgramError
from scaffold.assembler.programs import (
    add_shell,
    find_shell,
    list_programs,
)
from scaffold.assembler.records import read_records
from scaffold.assembler.view import View
from tests.support.elf_files import make_elf, write

GNU = "/usr/lib/x86_64-linux-gnu"
STATUS = """\
Package: libc6
Status: install ok installed

Package: tesseract-ocr
Depends: libc6 (>= 2.38), debconf, tesseract-ocr-eng (>= 4) | tesseract-ocr-osd, perl

Package: tesseract-ocr-eng
Package: perl
"""
APK = """\
P:git
D:so:libc.musl-x86_64.so.1 git-init-template>=2 so:libz.so.1
F:usr/bin
R:git
F:usr/share/man
R:git.1

P:git-init-template
F:usr/share/git-core/templates
R:description
"""


@pytest.fixture
def debian(tmp_path: Path) -> View:
    info = "/var/lib/dpkg/info"
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "bin").symlink_to("usr/bin")
    write(tmp_path, "/var/lib/dpkg/status", STATUS)
    packages = {
        "libc6:amd64": (f"{GNU}/libc.so.6",),
        "tesseract-ocr": ("/usr/bin/tesseract", "/usr/share/doc/tesseract-ocr/README"),
        "tesseract-ocr-eng": ("/usr/share/tesseract-ocr/5/tessdata/eng.traineddata",),
        "perl": ("/usr/bin/perldoc", "/usr/share/perl/5.40/x.pm"),
        "debconf": ("/usr/share/debconf/x",),
        "busybox-static": ("/bin/busybox",),
    }
    for package, files in packages.items():
        write(tmp_path, f"{info}/{package}.list", "\n".join(["/.", *files]) + "\n")
        for file in files:
            write(tmp_path, file, make_elf() if "/bin/" in file or ".so" in file else "data")
    write(tmp_path, "/usr/bin/perldoc", "#!/usr/bin/perl\n")
    write(tmp_path, "/usr/bin/report", "#!/bin/busybox sh\n")
    return View((("/", tmp_path),))


def test_a_program_comes_with_its_package_and_the_data_that_this_needs(debian: View) -> None:
    found = set(list_programs(debian, ["tesseract"], {"libc6", "debconf"}))
    assert {path for path in found if debian.file(path)} == {
        "/usr/bin/tesseract",
        "/usr/share/tesseract-ocr/5/tessdata/eng.traineddata",
    }


def test_of_a_package_that_every_system_has_the_other_commands_stay_out(debian: View) -> None:
    (_, root) = debian.parts[0]
    coreutils = ("/usr/bin/ls", "/usr/bin/cp", "/usr/libexec/coreutils/data")
    write(root, "/var/lib/dpkg/info/coreutils.list", "\n".join(["/.", *coreutils]) + "\n")
    for file in coreutils:
        write(root, file, make_elf())
    alone = {"/usr/bin/ls", "/usr/libexec/coreutils/data"}
    assert set(list_programs(debian, ["ls"], {"coreutils"})) - {"/."} == alone
    assert "/usr/bin/cp" in set(list_programs(debian, ["ls"], set()))
    write(root, "/usr/bin/ls", "#!/usr/bin/perl\n")  # a script may start the others
    assert "/usr/bin/cp" in set(list_programs(debian, ["ls"], {"coreutils"}))


def test_a_script_comes_with_what_it_is_started_with(debian: View) -> None:
    assert list(list_programs(debian, ["report"], ())) == ["/usr/bin/report", "/bin/busybox"]


def test_a_program_that_no_package_brought_is_named(debian: View) -> None:
    with pytest.raises(MissingProgramError, match="no program ffmpeg"):
        list(list_programs(debian, ["ffmpeg"], ()))


def test_the_records_of_apk_are_read_too(tmp_path: Path) -> None:
    write(tmp_path, "/usr/lib/apk/db/installed", APK)
    write(tmp_path, "/usr/bin/git", make_elf())
    view = View((("/", tmp_path),))
    assert read_records(view).depends == {"git": ("git-init-template",)}
    assert set(list_programs(view, ["git"], ())) == {
        "/usr/bin/git",
        "/usr/share/git-core/templates/description",
    }


def test_the_shell_answers_to_the_names_that_people_type(debian: View, tmp_path: Path) -> None:
    out = tmp_path / "out"
    add_shell(find_shell(debian), out)
    links = {name: str((out / "bin" / name).readlink()) for name in ("busybox", "sh")}
    assert links == {"busybox": "/usr/bin/busybox", "sh": "/usr/bin/busybox"}


def test_the_static_shell_is_preferred_to_the_base_s_own(tmp_path: Path) -> None:
    write(tmp_path, "/bin/busybox", make_elf(needed=("libc.musl-x86_64.so.1",)))
    write(tmp_path, "/bin/busybox.static", make_elf())
    assert find_shell(View((("/", tmp_path),))) == "/bin/busybox.static"
