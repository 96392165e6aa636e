"""A package's wheels as a page that stands by itself: no script, nothing loaded from elsewhere."""

from collections.abc import Sequence
from typing import Any

import jinja2

from scaffold.report.wheel_matrix import (
    BOUNDS,
    LEGEND,
    NONE,
    describe_releases,
    list_steps,
    needs_compiler,
    spell_cell,
    spell_proven,
)
from scaffold.resolver.package_support import PackageSupport
from scaffold.resolver.wheel_matrix import Cell


def draw_page(found: Sequence[PackageSupport], template: str) -> str:
    """Return the page of some packages. The same values give the same bytes."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    names = ", ".join(one.matrix.name for one in found)
    view = {
        "title": f"Wheels of {names}",
        "legend": LEGEND,
        "bounds": BOUNDS,
        "packages": [_view(one) for one in found],
    }
    return environment.from_string(template).render(view) + "\n"


def _view(known: PackageSupport) -> dict[str, Any]:
    matrix, recipe = known.matrix, known.recipe
    return {
        "name": matrix.name,
        "answer": known.answer,
        "releases": describe_releases(matrix),
        "pythons": matrix.pythons,
        "rows": [
            {
                "libc": row.libc.value,
                "arch": row.arch.value,
                "cells": [
                    {"text": spell_cell(cell, recipe), "kind": _kind(cell), "file": cell.file}
                    for cell in row.cells
                ],
                "first": row.first or NONE,
                "without": row.without or NONE,
            }
            for row in matrix.rows
        ],
        "compiles": needs_compiler(matrix),
        "effort": recipe.effort.value if recipe else "",
        "steps": list(list_steps(recipe)) if recipe else [],
        "source": f"{recipe.source}, {recipe.checked}" if recipe else "",
        "proven": [spell_proven(one) for one in recipe.proven] if recipe else [],
    }


def _kind(cell: Cell) -> str:
    if cell.version:
        return "newest" if cell.newest else "older"
    return "compile" if cell.sdist else "none"
