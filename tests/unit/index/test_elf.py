import io
import zipfile
from pathlib import Path

from scaffold.index.elf import read_elf_facts

ELF = Path(__file__).parents[2] / "data" / "elf"
NAME = "demo-1.0-cp313-cp313-manylinux_2_28_x86_64.whl"


def wheel_of(**members: str | bytes) -> zipfile.ZipFile:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as wheel:
        for path, data in members.items():
            content = (ELF / data).read_bytes() if isinstance(data, str) else data
            wheel.writestr(path.replace("__", "/"), content)
    wheel = zipfile.ZipFile(stored)
    wheel.filename = NAME
    return wheel


def test_needs_are_what_no_file_of_the_wheel_is_named_or_calls_itself() -> None:
    alone = read_elf_facts(wheel_of(demo__probe="probe.so"))
    assert alone.needs == ("libc.so.6", "libinside.so.1", "liboutside.so.1")
    with_library = read_elf_facts(
        wheel_of(demo__probe="probe.so", demo__renamed="libinside-0a1b2c.so")
    )
    assert with_library.needs == ("libc.so.6", "liboutside.so.1")


def test_the_glibc_version_is_the_highest_that_any_symbol_asks_for() -> None:
    assert read_elf_facts(wheel_of(demo__probe="probe.so")).glibc == (2, 25)


def test_a_wheel_without_machine_code_needs_nothing() -> None:
    facts = read_elf_facts(wheel_of(demo__a=b"import os\n" * 20))
    assert (facts.glibc, facts.needs) == (None, ())


def test_code_for_another_machine_is_left_out() -> None:
    assert read_elf_facts(wheel_of(demo__firmware="foreign.so")).needs == ()


def test_a_file_that_only_begins_like_elf_is_left_out() -> None:
    assert read_elf_facts(wheel_of(demo__broken=b"\x7fELF" + b"\x00" * 100)).needs == ()
