"""The text and the page of ``leanscaffold wheels``: which places a package has wheels for."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from scaffold.catalog.resources import make_environment
from scaffold.model.knowledge import Proven, Recipe
from scaffold.report.terminal import Content, Fitted, align, fit, indented, styled
from scaffold.resolver.support import PackageSupport
from scaffold.resolver.wheel_matrix import Cell, Matrix, Row

NONE = "-"
LEGEND = (
    ("*", "not the newest release"),
    ("any", "runs everywhere"),
    ("minutes, hours, compile", "no wheel, this long to compile"),
    (NONE, "nothing to install, or none"),
)
BOUNDS = "First with a wheel and last without: of the releases that are known here."


def show_support(found: Sequence[PackageSupport]) -> Content:
    """Yield what is known of each package, with a blank line between two."""
    for number, known in enumerate(found):
        if number:
            yield ""
        yield from _show_package(known)


def _show_package(known: PackageSupport) -> Content:
    """Yield the plain answer, the matrix, and how to compile where there is no wheel."""
    yield styled(known.answer, "bold")
    yield ""
    yield styled(describe_releases(known.matrix), "dim")
    rows: list[Sequence[str]] = [("Libc", "Target", *known.matrix.pythons, "First", "Last without")]
    rows += [
        (
            row.libc,
            row.arch,
            *(spell_cell(cell, known.recipe) for cell in row.cells),
            row.first or NONE,
            row.without or NONE,
        )
        for row in known.matrix.rows
    ]
    last = len(rows[0]) - 1
    header, *lines = fit(rows, spare=(last, last - 1, 2, 3))
    yield Fitted(header, "dim")
    for row, line in zip(known.matrix.rows, lines, strict=True):
        style = "" if any(cell.version for cell in row.cells) else "dim"
        yield Fitted(line, "green" if all(cell.newest for cell in row.cells) else style)
    yield styled("   ".join(f"{mark}: {meaning}" for mark, meaning in LEGEND), "dim")
    yield styled(BOUNDS, "dim")
    yield from _show_recipe(known)


def describe_releases(matrix: Matrix) -> str:
    """Return which release is the newest, which has sources, and who says so."""
    known = "no release known" if not matrix.newest else f"newest release {matrix.newest}"
    sdist = f"source archive of {matrix.sdist}" if matrix.sdist else "no source archive"
    return f"{matrix.name}: {known}, {sdist} (from the {matrix.origin})"


def spell_cell(cell: Cell, recipe: Recipe | None) -> str:
    """Return a cell's version, or how long it takes to compile."""
    if not cell.version:
        effort = recipe.effort.value if recipe else "compile"
        return effort if cell.sdist else NONE
    text = "any" if cell.pure else cell.version
    if cell.pure and not cell.newest:
        text = f"any {cell.version}"
    return text if cell.newest else f"{text}*"


def needs_compiler(matrix: Matrix) -> bool:
    """Tell whether some place has sources but no wheel."""
    return any(cell.sdist for row in matrix.rows for cell in row.cells)


def list_steps(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Yield what a recipe asks for, as (who or what, names)."""
    for stage, packages in (("to build", recipe.build), ("to run", recipe.run)):
        for manager, names in sorted(packages.items()):
            yield f"{manager} {stage}", ", ".join(names)
    if recipe.tools:
        yield "tools to build", ", ".join(recipe.tools)


def _show_recipe(known: PackageSupport) -> Content:
    recipe = known.recipe
    if not needs_compiler(known.matrix):
        return
    yield ""
    if recipe is None:
        yield styled("What compiling it takes is not known.", "dim")
        return
    yield styled(f"To compile it ({recipe.effort} on a medium processor)", "bold")
    for line in align([(f"  {label}", names) for label, names in list_steps(recipe)]):
        yield styled(line)
    yield indented(f"Source: {recipe.source}, {recipe.checked}", 2, "dim")
    for proven in recipe.proven:
        yield indented(f"Proven: {spell_proven(proven)}", 2, "dim")


def spell_proven(proven: Proven) -> str:
    """Return what was built where, and when."""
    where = f"{proven.arch}, {proven.base}, Python {proven.python}"
    return f"{proven.version} built and imported on {where}, {proven.checked}"


def to_document(known: PackageSupport) -> dict[str, Any]:
    """Return what JSON says of a package: the matrix's fields, and the answer beside them."""
    return {
        **asdict(known.matrix),
        "answer": known.answer,
        "reach": [asdict(one) for one in known.reach],
        "recipe": asdict(known.recipe) if known.recipe else None,
    }


def draw_page(found: Sequence[PackageSupport]) -> str:
    """Return the page of some packages. The same values give the same bytes."""
    environment = make_environment(autoescape=True)
    environment.globals |= {
        "describe_releases": describe_releases,
        "fold_cells": _fold_cells,
        "fold_rows": _fold_rows,
        "kind": _kind,
        "list_steps": list_steps,
        "needs_compiler": needs_compiler,
        "spell_cell": spell_cell,
        "spell_proven": spell_proven,
    }
    names = ", ".join(one.matrix.name for one in found)
    view = {"title": f"Wheels of {names}", "legend": LEGEND, "bounds": BOUNDS, "packages": found}
    return environment.get_template("pages/wheels.html.j2").render(view)


def _fold_rows(matrix: Matrix) -> Iterator[tuple[Row, str]]:
    """Yield each different row of a libc, with the architectures that have it."""
    rows: dict[tuple[object, ...], list[Row]] = {}
    for row in matrix.rows:
        cells = tuple((cell.version, cell.newest, cell.sdist) for cell in row.cells)
        rows.setdefault((row.libc, cells, row.first, row.without), []).append(row)
    yield from ((same[0], ", ".join(row.arch for row in same)) for same in rows.values())


def _fold_cells(row: Row, recipe: Recipe | None) -> Iterator[tuple[str, list[Cell]]]:
    """Yield what neighbouring cells say alike, with these cells."""
    for (text, _), cells in groupby(row.cells, lambda one: (spell_cell(one, recipe), _kind(one))):
        yield text, list(cells)


def _kind(cell: Cell) -> str:
    if cell.version:
        return "newest" if cell.newest else "older"
    return "compile" if cell.sdist else "none"
