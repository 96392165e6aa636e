import io
import zipfile
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaffold.assembler.stripping import count_symbols
from scaffold.index.elf import read_elf_facts
from tests.support.elf_files import make_elf

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


def test_symbols_are_what_stripping_takes_out_of_all_machine_code() -> None:
    large, small = make_elf(symbols=50_000), make_elf(symbols=100)
    facts = read_elf_facts(wheel_of(demo__a=large, demo__b=large, demo__c=small))
    assert facts.symbols == 2 * count_symbols(large) > 100_000


def test_a_wheel_without_machine_code_needs_nothing() -> None:
    facts = read_elf_facts(wheel_of(demo__a=b"import os\n" * 20))
    assert (facts.glibc, facts.needs) == (None, ())


def test_code_for_another_machine_is_left_out() -> None:
    assert read_elf_facts(wheel_of(demo__firmware="foreign.so")).needs == ()


def test_a_file_that_only_begins_like_elf_is_left_out() -> None:
    assert read_elf_facts(wheel_of(demo__broken=b"\x7fELF" + b"\x00" * 100)).needs == ()


_AT = {"e_phoff": 32, "e_phnum": 56, "e_shnum": 60, "p_filesz": 64 + 56 + 32}


@pytest.mark.parametrize(("field", "value"), [*product(_AT, (0, 0xFFFF, 2**63, 2**64 - 1))])
def test_counts_and_places_that_make_no_sense_are_read_to_the_end(field: str, value: int) -> None:
    data = bytearray(make_elf(needed=("libc.so.6",), symbols=8))
    size = 2 if field.endswith("num") else 8
    data[_AT[field] : _AT[field] + size] = (value % 256**size).to_bytes(size, "little")
    facts = read_elf_facts(wheel_of(demo__a=bytes(data)))
    # The loader does without sections, whatever is said of them.
    assert facts.needs == (("libc.so.6",) if field == "e_shnum" else facts.needs)


@given(st.sampled_from(sorted(ELF.glob("*.so"))), st.data())
@settings(max_examples=150)
def test_no_machine_code_ends_the_reading(path: Path, data: st.DataObject) -> None:
    content = bytearray(path.read_bytes())
    for at in data.draw(st.lists(st.integers(4, len(content) - 8), min_size=1, max_size=8)):
        content[at : at + 4] = data.draw(st.binary(min_size=4, max_size=4))
    facts = read_elf_facts(wheel_of(demo__a=bytes(content)))
    assert all(isinstance(name, str) for name in facts.needs)


def test_a_wheel_that_unpacks_without_end_is_not_read() -> None:
    wheel = wheel_of(demo__a=make_elf())
    wheel.infolist()[0].file_size = 1 << 40
    with pytest.raises(zipfile.BadZipFile):
        read_elf_facts(wheel)
