"""Programs of other architectures run under the engine's own qemu.

Of several handlers the kernel takes the one that was registered last, so a machine's own stay.
"""

from pathlib import Path

from tests.engine.home import Home
from tests.engine.shell import run

FOLDER = Path("/proc/sys/fs/binfmt_misc")
# Name of the program: class of the ELF file (32 or 64 bits) and its e_machine, low byte first.
MACHINES = {"qemu-aarch64": (2, b"\xb7\x00"), "qemu-arm": (1, b"\x28\x00")}


def _entry(home: Home, name: str) -> Path:
    """Return the handler's file: the usual name, which is the one that mmdebstrap looks for.

    Where the machine has a handler of that name, mmdebstrap takes it, and ours gets another.
    """
    usual = FOLDER / name
    if not usual.exists() or f"interpreter {home.programs}/" in usual.read_text():
        return usual
    return FOLDER / f"leanscaffold-{home.key}-{name}"


def _registration(name: str, qemu: Path, word: str, machine: bytes) -> str:
    bits, _ = MACHINES[name]
    magic = b"\x7fELF" + bytes([bits, 1, 1]) + bytes(9) + b"\x02\x00" + machine
    # EI_OSABI may be anything, and e_type 2 (program) or 3 (position independent program).
    mask = b"\xff" * 7 + b"\x00" + b"\xff" * 8 + b"\xfe\xff\xff\xff"
    texts = ["".join(f"\\x{byte:02x}" for byte in text) for text in (magic, mask)]
    # F keeps the interpreter open, so that it is found inside of containers.
    return f":{word}:M::{texts[0]}:{texts[1]}:{qemu}:F"


def emulate(home: Home, programs: Path) -> None:
    """Register the engine's qemu for arm64 and arm, unless it is."""
    if not (FOLDER / "register").exists():
        run(["mount", "-t", "binfmt_misc", "binfmt_misc", FOLDER])
    for name, (_, machine) in MACHINES.items():
        entry, qemu = _entry(home, name), programs / "usr/bin" / name
        if entry.exists() and f"interpreter {qemu}\n" in entry.read_text():
            continue
        _forget(entry)
        # One write, or the kernel takes the first piece for all of it.
        (FOLDER / "register").write_text(_registration(name, qemu, entry.name, machine))


def stop_emulating(home: Home) -> None:
    """Take the engine's handlers away."""
    for name in MACHINES:
        _forget(_entry(home, name))


def _forget(entry: Path) -> None:
    if entry.exists():
        entry.write_text("-1")
