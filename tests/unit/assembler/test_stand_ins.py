"""Stand-ins: libraries with the same symbols that say what is missing."""

import ctypes.util
import platform
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from scaffold.assembler.elf import parse_elf
from scaffold.assembler.stand_ins import read_symbols, replace_libraries, write_stand_in

MACHINES = {"x86_64": 62, "aarch64": 183}
HERE = MACHINES.get(platform.machine())


def loaded(soname: str) -> Path:
    """Return a library of this machine, as the interpreter's process has it mapped."""
    ctypes.CDLL(soname)
    lines = Path("/proc/self/maps").read_text().splitlines()
    start = f"/{soname.partition('.')[0]}."
    return next(Path(line.split()[-1]) for line in lines if start in line)


ORDER = ("fast", "maths", "libm-*,libz*", "*", "read,READ_*")
needs_linux = pytest.mark.skipif(HERE is None, reason="stand-ins are for amd64 and arm64")


@needs_linux
@pytest.mark.parametrize("machine", [62, 183])
@pytest.mark.parametrize("soname", ["libm.so.6", "libresolv.so.2"])
def test_a_stand_in_has_the_symbols_of_the_library_and_its_versions(
    soname: str, machine: int
) -> None:
    elf = parse_elf(data := loaded(soname).read_bytes())
    assert elf
    symbols = read_symbols(data, elf)
    text = write_stand_in(replace(elf, machine=machine), symbols, "gone\n")
    again = parse_elf(text)
    assert again
    assert (again.soname, again.needed, again.machine) == (elf.soname, (), machine)
    own = read_symbols(text, again)
    assert own.versions == symbols.versions
    assert {(s.name, s.version, s.size) for s in own.all} == {
        (s.name, s.version, s.size) for s in symbols.all if s.defined
    }
    assert len(text) < len(data)


@needs_linux
@pytest.mark.parametrize(
    ("call", "code", "said"),
    [
        ("", 0, ""),
        ("library.res_query", 0, ""),  # it is there
        ("library.__res_query()", 1, "error: names was called"),
        ("ctypes.c_char.in_dll(library, '_data').value[0] and 1", 0, ""),
    ],
)
def test_a_call_of_a_stand_in_ends_the_process_with_a_sentence(
    tmp_path: Path, call: str, code: int, said: str
) -> None:
    elf = parse_elf(data := loaded("libresolv.so.2").read_bytes())
    assert elf
    symbols = read_symbols(data, elf)
    names = [s.name for s in symbols.all if s.defined and s.kind == 2]
    call = call.replace("__res_query", names[0]).replace("res_query", names[-1])
    fake = replace(symbols.all[0], name="_data", info=0x11, defined=True, size=64, version=1)
    symbols = replace(symbols, all=(*symbols.all, fake))
    path = tmp_path / "libsmall.so"
    path.write_bytes(write_stand_in(elf, symbols, "error: names was called\n"))
    program = f"import ctypes; library = ctypes.CDLL({str(path)!r}); {call or 'None'}"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (code, said)


@needs_linux
def test_other_processors_and_thread_local_data_have_no_stand_in() -> None:
    elf = parse_elf(data := loaded("libm.so.6").read_bytes())
    assert elf
    symbols = read_symbols(data, elf)
    with pytest.raises(ValueError, match="amd64 and arm64"):
        write_stand_in(replace(elf, machine=40), symbols, "")
    local = replace(next(s for s in symbols.all if s.defined), info=0x16)
    with pytest.raises(ValueError, match="thread-local"):
        write_stand_in(elf, replace(symbols, all=(local,)), "")


@needs_linux
@pytest.mark.parametrize(
    ("source", "used"),
    [
        ("import fast\nfast.read('x'), fast.READ_ALL\n", False),
        ("import faster\n", False),
        ("import fast\nfast.solve()\n", True),
        ("import fast as f\nf.solve()\n", True),
        ("from fast import solve\n", True),
        ("import fast\ngetattr(fast, name)\n", True),
    ],
)
def test_a_library_stays_where_another_package_may_call_it(
    tmp_path: Path, source: str, *, used: bool
) -> None:
    (tmp_path / "fast").mkdir()
    (tmp_path / "fast" / "__init__.py").write_text("import fast.inner\n")
    library = tmp_path / "fast" / "libm-1.so"
    shutil.copy(loaded("libm.so.6"), library)
    (tmp_path / "other.py").write_text(source)
    size = library.stat().st_size
    ((name, saved, why),) = replace_libraries(tmp_path, [ORDER])
    assert name == "fast/libm-1.so"
    assert bool(why) is used
    assert library.stat().st_size == size - saved
    assert bool(saved) is not bool(why)
