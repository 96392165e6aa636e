"""The text of the commands that look things up: devices, explanations, matrices."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from scaffold.core.explanations import Explanation
from scaffold.core.matrix import Cell, Matrix
from scaffold.model.index import Page
from scaffold.model.knowledge import PackageFact, Swap
from scaffold.model.target import Device
from scaffold.present.screen import align, bullet, clipped, indented, styled
from scaffold.present.sizes import format_memory, format_size

if TYPE_CHECKING:
    from rich.console import RenderableType

    Content = Iterator[RenderableType]

_NONE = "-"
_RELEASES_SHOWN = 5


def show_devices(devices: Mapping[str, Device]) -> "Content":
    """Yield the table of profiles."""
    rows = [("Device", "Target", "Memory", "Storage", "CPU", "Name")]
    rows += [
        (
            device.id,
            str(device.arch),
            _NONE if device.memory is None else format_memory(device.memory),
            _NONE if device.storage is None else format_size(device.storage),
            str(device.cpu),
            device.name,
        )
        for device in sorted(devices.values(), key=lambda device: device.id)
    ]
    header, *lines = align(rows, right=(2, 3))
    yield styled(header, "bold")
    for line in lines:
        yield clipped(line)


def show_device(device: Device) -> "Content":
    """Yield one profile with its caveats and where it comes from."""
    yield styled(device.name, "bold")
    rows = [
        ("  Device", device.id),
        ("  Target", device.arch.platform),
        ("  Memory", "unknown" if device.memory is None else format_memory(device.memory)),
        ("  Storage", "unknown" if device.storage is None else format_size(device.storage)),
        ("  CPU", f"{device.cpu}, {device.cores or 'unknown number of'} cores"),
    ]
    yield from (styled(line) for line in align(rows))
    if device.caveats:
        yield ""
        yield styled("Mind", "bold")
        yield from (bullet(caveat) for caveat in device.caveats)
    yield ""
    yield styled(f"Source: {device.source}, {device.checked}", "dim")
    yield styled(f"leanscaffold plan --device {device.id}")


def show_explanation(code: str, explanation: Explanation) -> "Content":
    """Yield what a reason code means and what helps."""
    yield styled(f"{code}: {explanation.title}", "bold")
    yield indented(explanation.meaning, 2)
    yield ""
    yield styled("What to do", "bold")
    yield indented(explanation.remedy, 2)


def show_package(
    name: str, fact: PackageFact | None, page: Page | None, matrix: Matrix | None
) -> "Content":
    """Yield what is known of a package: facts with their source, and its releases."""
    yield styled(name, "bold")
    if matrix:
        yield from _show_releases(matrix, page)
    if fact is None:
        yield indented("no facts beyond its wheels", 2)
        return
    rows = [
        ("  Libraries it loads by name", ", ".join(fact.dlopens)),
        ("  Libraries only a plugin loads", ", ".join(fact.optional_needs)),
        ("  Programs it starts", ", ".join(fact.programs)),
        ("  Files that stay", ", ".join(fact.keep)),
        ("  Memory after import", "" if fact.memory is None else format_memory(fact.memory)),
        ("  Owns the same modules as", ", ".join(fact.conflicts)),
    ]
    yield from (styled(line) for line in align([row for row in rows if row[1]] or [("", "")]))
    for note in fact.notes:
        yield bullet(note)
    for swap in fact.swaps:
        yield from _show_swap(name, swap)
    if fact.recipe:
        recipe = fact.recipe
        yield styled(f"  Built from source ({recipe.effort} on a medium CPU)", "bold")
        for stage, packages in (("to build", recipe.build), ("to run", recipe.run)):
            for manager, names in sorted(packages.items()):
                yield indented(f"{manager} {stage}: {', '.join(names)}", 4)
        if recipe.tools:
            yield indented(f"tools: {', '.join(recipe.tools)}", 4)
    yield ""
    yield styled(f"Source: {fact.source}, {fact.checked}", "dim")


def _show_releases(matrix: Matrix, page: Page | None) -> "Content":
    versions = {cell.version: None for row in matrix.rows for cell in row.cells if cell.version}
    rows = [
        ("  Newest release", f"{matrix.newest or 'none'} (from the {matrix.origin})"),
        ("  Source archive", matrix.sdist or "none"),
        ("  Wheels of", ", ".join(list(versions)[:_RELEASES_SHOWN]) or "no release"),
        ("  Files known", str(len(page.files)) if page else "0"),
    ]
    yield from (styled(line) for line in align(rows))


def _show_swap(name: str, swap: Swap) -> "Content":
    where = f" on {', '.join(swap.arches)}" if swap.arches else ""
    kind = "keeps the behaviour" if swap.kind == "safe" else "changes something"
    yield styled(f"  --swap {name}={swap.to}{where}: {kind}", "bold")
    yield indented(f"keeps {swap.preserves}; loses {swap.loses}", 4)
    yield indented(f"Source: {swap.source}, {swap.checked}", 4, "dim")


def show_matrix(matrix: Matrix) -> "Content":
    """Yield the wheels of a project: libc by architecture by Python."""
    known = "no release known" if not matrix.newest else f"newest release {matrix.newest}"
    sdist = f"source archive of {matrix.sdist}" if matrix.sdist else "no source archive"
    yield styled(f"{matrix.name}: {known}, {sdist} (from the {matrix.origin})", "bold")
    rows: list[Sequence[str]] = [("Libc", "Target", *matrix.pythons)]
    rows += [(row.libc, row.arch, *map(_spell_cell, row.cells)) for row in matrix.rows]
    header, *lines = align(rows)
    yield styled(header, "dim")
    for row, line in zip(matrix.rows, lines, strict=True):
        style = "" if any(cell.version for cell in row.cells) else "dim"
        yield styled(line, "green" if all(cell.newest for cell in row.cells) else style)
    yield styled("* not the newest release   any: runs everywhere   -: no wheel", "dim")


def _spell_cell(cell: Cell) -> str:
    if not cell.version:
        return _NONE
    text = "any" if cell.pure else cell.version
    if cell.pure and not cell.newest:
        text = f"any {cell.version}"
    return text if cell.newest else f"{text}*"
