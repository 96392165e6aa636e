"""What each swap saves, predicted: the same project planned with and without it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import tomlkit
from packaging.requirements import Requirement

from scaffold.catalog.wheel_refresh import Refreshed
from scaffold.model.errors import UnresolvableError
from scaffold.model.index import Index
from scaffold.model.knowledge import Facts, PackageFact, Swap
from scaffold.model.options import Options
from scaffold.model.project import Asked, Found, Origin, Project
from scaffold.model.target import Arch, Budget, Target
from scaffold.model.verdict import Size
from scaffold.planner.decide import PlannerServices, decide

ARCHES = (Arch.AMD64, Arch.ARM64)
_BASE = "slim-trixie"
PYTHONS = ("3.13", "3.12", "3.11")  # the first that has both; some packages ended with an older one


def refresh_swaps(
    folder: Path,
    facts: Facts,
    index: Index,
    *,
    today: date,
    tell: Callable[[str], None],
    packages: Sequence[str] = (),
) -> Refreshed:
    """Return package files whose swaps say what they save, by architecture, on one base.

    Swaps without figures are measured, or all of the ``packages`` that are named. A swap to
    what only another index has, or that nothing is known of, stays as it is.
    """
    changes: list[str] = []
    files: dict[str, str] = {}
    remarks: list[str] = []
    for fact in facts.packages.values():
        found: dict[str, str] = {}
        for swap in fact.swaps:
            if fact.name not in packages if packages else swap.measured:
                continue
            tell(f"{fact.name} → {swap.to}")
            edges = PlannerServices(index=index, facts=facts, today=today, tell=lambda _: None)
            measured = next(filter(None, (_try(fact, swap, one, edges) for one in PYTHONS)), "")
            if not measured:
                remarks.append(f"{fact.name} → {swap.to}: {_excuse(swap)}")
            elif _without_day(measured) != _without_day(swap.measured):
                found[swap.to] = measured
                changes.append(f"~ {fact.name} → {swap.to}: {measured}")
        path = f"packages/{fact.name}.toml"
        if found and (folder / path).is_file():
            files[path] = write_measured((folder / path).read_text("utf-8"), found)
    return Refreshed(
        changes=tuple(changes) or ("nothing changed",), files=files, remarks=tuple(remarks)
    )


def _excuse(swap: Swap) -> str:
    return "its index is the user's" if swap.needs_index else "cannot be planned"


def _try(fact: PackageFact, swap: Swap, python: str, edges: PlannerServices) -> str:
    """Return what a swap saves with a Python, empty where it cannot be planned."""
    choice = Options(base=_BASE, python=python, allow_compile="hours")
    where = f"{_BASE}, Python {python}, {edges.today}"
    return _spell(dict(_measure(fact, swap, choice, edges)), where)


def _without_day(measured: str) -> str:
    return measured.rpartition(", ")[0]


def _measure(
    fact: PackageFact, swap: Swap, choice: Options, edges: PlannerServices
) -> Iterator[tuple[Arch, tuple[Size, Size]]]:
    """Yield the sizes without and with the swap for each architecture that it is for."""
    for arch in ARCHES:
        if swap.needs_index or (swap.arches and arch not in swap.arches):
            continue
        sizes = [
            _plan(fact.name, swap.drops[:1], options, arch, edges)
            for options in (choice, replace(choice, swaps=((fact.name, swap.to),)))
        ]
        if sizes[0] is not None and sizes[1] is not None:
            yield arch, (sizes[0], sizes[1])


def _plan(
    name: str, extras: Sequence[str], options: Options, arch: Arch, edges: PlannerServices
) -> Size | None:
    requirement = Requirement(f"{name}[{','.join(extras)}]" if extras else name)
    asked = Asked(
        name=requirement.name,
        extras=tuple(sorted(requirement.extras)),
        text=str(requirement),
        origin=Origin(file="a swap"),
    )
    project = Project(name=Found(value="swap", origin=asked.origin), asked=(asked,))
    try:
        (decision,) = decide(project, [Target(arch=arch, budget=Budget())], options, edges)
    except UnresolvableError:
        return None
    return decision.chosen.size if decision.chosen else None


def _spell(measured: Mapping[Arch, tuple[Size, Size]], where: str) -> str:
    """Return ``-62.0 MB on disk, -20.1 MB to download on amd64`` and so on; empty for nothing."""
    parts = [
        f"{(after.on_disk - before.on_disk) / 1e6:+.1f} MB on disk and "
        f"{(after.download - before.download) / 1e6:+.1f} MB to download on {arch}"
        for arch, (before, after) in measured.items()
    ]
    return f"{'; '.join(parts)} (planned: {where})" if parts else ""


def write_measured(text: str, measured: Mapping[str, str]) -> str:
    """Return a package's TOML with other figures; ``measured`` is by what a swap leads to."""
    document = tomlkit.parse(text)
    for swap in document["swaps"]:
        if str(swap["to"]) in measured:
            swap["measured"] = measured[str(swap["to"])]
    return tomlkit.dumps(document)
