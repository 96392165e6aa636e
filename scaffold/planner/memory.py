"""What importing a set of packages takes on the target, as far as it was measured."""

from collections.abc import Mapping, Sequence

from scaffold.model.knowledge import PackageFact
from scaffold.model.resolution import Weighed
from scaffold.model.verdict import Memory

# CPython 3.11 with what nearly all packages import of the standard library, on amd64 (`python
# -m tools.knowledge refresh memory`, 2026-11-25). Pointers of 32-bit targets are half as
# wide: there it is an upper bound.
INTERPRETER = 16_000_000
# Of the device's memory: the rest is the system's, and the application's own.
TIGHT = 0.8
# Of what packages weigh: a figure that leaves out more than the rest says nothing of the whole.
MOST = 0.75


def estimate_memory(packages: Sequence[Weighed], facts: Mapping[str, PackageFact]) -> Memory:
    """Return the interpreter and what each measured package adds when it is imported."""
    known = [
        (fact.memory, weighed.facts.installed)
        for weighed in packages
        if (fact := facts.get(weighed.pinned.name)) is not None and fact.memory is not None
    ]
    total = sum(weighed.facts.installed for weighed in packages)
    return Memory(
        resident=INTERPRETER + sum(memory for memory, _ in known),
        measured=len(known),
        of=len(packages),
        telling=sum(weight for _, weight in known) >= MOST * total,
    )
