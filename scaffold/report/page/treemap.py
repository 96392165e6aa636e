"""Rectangles whose areas are values: squarified, as Bruls, Huizing and van Wijk describe (2000)."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle in units of the drawing."""

    x: float
    y: float
    width: float
    height: float

    def inside(self, margin: float, top: float) -> "Box":
        """Return what is left within a margin, and below a strip on top."""
        return Box(
            x=self.x + margin,
            y=self.y + top,
            width=max(self.width - 2 * margin, 0.0),
            height=max(self.height - top - margin, 0.0),
        )


def lay_out(values: Sequence[float], box: Box) -> list[Box]:
    """Return one box for each value, in their order; their areas are in proportion.

    Values are positive and sorted, the largest first: then the boxes come close to squares.
    """
    total = sum(values)
    scale = box.width * box.height / total if total else 0.0
    areas = [value * scale for value in values]
    boxes: list[Box] = []
    while areas:
        side = min(box.width, box.height)
        count = _fitting(areas, side)
        row, areas = areas[:count], areas[count:]
        placed, box = _place(row, box)
        boxes += placed
    return boxes


def _fitting(areas: Sequence[float], side: float) -> int:
    """Return how many of the first areas make the best row along a side."""
    best, count = float("inf"), 1
    for number in range(1, len(areas) + 1):
        worst = _worst(areas[:number], side)
        if worst > best:
            break
        best, count = worst, number
    return count


def _worst(row: Sequence[float], side: float) -> float:
    """Return the worst ratio of sides in a row."""
    total = sum(row)
    if not total or not side or not min(row):
        return float("inf")
    depth = total / side
    return max(max(depth * depth / area, area / (depth * depth)) for area in row)


def _place(row: Sequence[float], box: Box) -> tuple[list[Box], Box]:
    """Return the boxes of a row along the shorter side, and the box that is left."""
    total = sum(row)
    boxes = []
    if box.width >= box.height:
        depth = total / box.height if box.height else 0.0
        y = box.y
        for area in row:
            height = area / depth if depth else 0.0
            boxes.append(Box(x=box.x, y=y, width=depth, height=height))
            y += height
        left = Box(x=box.x + depth, y=box.y, width=box.width - depth, height=box.height)
    else:
        depth = total / box.width if box.width else 0.0
        x = box.x
        for area in row:
            width = area / depth if depth else 0.0
            boxes.append(Box(x=x, y=box.y, width=width, height=depth))
            x += width
        left = Box(x=box.x, y=box.y + depth, width=box.width, height=box.height - depth)
    return boxes, left
