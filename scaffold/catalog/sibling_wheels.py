"""What a wheel's file name tells, and facts that one wheel may take over from a near one."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from scaffold.model.index import WheelFacts


@lru_cache(maxsize=65536)
def wheel_platforms(filename: str) -> frozenset[tuple[str, str]]:
    """Return the (libc family, machine) pairs of a wheel's platform tags.

    A pure wheel has ``{("any", "any")}``; what runs on no Linux is left out.
    """
    pairs = set()
    for tag in _platform_tags(filename).split("."):
        family = _FAMILIES.get(tag.partition("_")[0].rstrip("0123456789"))
        if tag == "any":
            pairs.add(("any", "any"))
        elif family:
            pairs.add((family, _machine(tag)))
    return frozenset(pairs)


_FAMILIES = {"manylinux": "glibc", "linux": "glibc", "musllinux": "musl"}


def _machine(tag: str) -> str:
    """Return ``x86_64`` for ``manylinux_2_28_x86_64`` and ``linux_x86_64``."""
    parts = tag.split("_")
    versioned = parts[0] in {"manylinux", "musllinux"}  # not so manylinux2014
    return "_".join(parts[3:] if versioned else parts[1:])


def is_pure(filename: str) -> bool:
    """Tell whether a wheel promises to hold no machine code."""
    return ("any", "any") in wheel_platforms(filename)


def assume_elf(
    facts: WheelFacts, filename: str, siblings: Iterable[tuple[str, WheelFacts]]
) -> WheelFacts:
    """Fill unread ELF facts in from another wheel of the project, for the same libc and machine.

    ``siblings`` are (file name, facts), the nearest first; one with the very same platform tags is
    nearer than any other. Without any the facts stay as they are.
    """
    if facts.elf != "unread":
        return facts
    wanted = wheel_platforms(filename)
    fitting = [
        (other, known)
        for other, known in siblings
        if known.elf == "read" and other != filename and wanted & wheel_platforms(other)
    ]
    if not fitting:
        return facts
    tags = _platform_tags(filename)
    other, known = next((one for one in fitting if _platform_tags(one[0]) == tags), fitting[0])
    return replace(
        facts,
        glibc=known.glibc,
        needs=known.needs,
        elf="assumed",
        elf_from=other,
        sought=known.sought,
        symbols=_as_many(facts, known),
    )


def _as_many(facts: WheelFacts, known: WheelFacts) -> int | None:
    """Return the symbols that a wheel has if their part of its machine code is the sibling's."""
    code = known.kind("so")
    return None if known.symbols is None or not code else known.symbols * facts.kind("so") // code


def _platform_tags(filename: str) -> str:
    return filename.removesuffix(".whl").rpartition("-")[2]
