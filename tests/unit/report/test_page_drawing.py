"""A treemap's laws: areas in proportion, nothing overlaps, nothing sticks out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaffold.planner.size_by_kind import Share
from scaffold.report.page_drawing import Box, draw_bar, draw_treemap, lay_out

VALUES = st.lists(st.integers(1, 10**9), min_size=1, max_size=60).map(
    lambda values: sorted(values, reverse=True)
)
SIDES = st.integers(50, 2000)


@given(VALUES, SIDES, SIDES)
def test_areas_are_in_proportion_and_fill_the_box(
    values: list[int], width: int, height: int
) -> None:
    boxes = lay_out(values, Box(x=0, y=0, width=width, height=height))
    area = width * height
    for value, box in zip(values, boxes, strict=True):
        assert box.width * box.height == pytest.approx(value / sum(values) * area, rel=1e-6)
        assert box.x >= -1e-6
        assert box.y >= -1e-6
        assert box.x + box.width <= width * (1 + 1e-6)
        assert box.y + box.height <= height * (1 + 1e-6)


@given(VALUES, SIDES, SIDES)
def test_no_two_boxes_overlap(values: list[int], width: int, height: int) -> None:
    boxes = lay_out(values, Box(x=0, y=0, width=width, height=height))
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
            down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
            assert min(across, down) <= 1e-6 * max(width, height)


def share(label: str, size: int, group: str = "package", **kinds: int) -> Share:
    split = tuple(kinds.items()) or ((group, size),)
    return Share(label=label, group=group, on_disk=size, download=size // 3, kinds=split)


def test_equal_values_come_close_to_squares() -> None:
    for box in lay_out([1.0] * 16, Box(x=0, y=0, width=400, height=400)):
        assert (box.width, box.height) == (100, 100)


def test_a_package_is_a_frame_with_a_tile_for_each_kind_of_file() -> None:
    shares = [share("big", 900, so=700, py=200), share("base", 100, "base")]
    drawing = draw_treemap("a", shares, 1000, 500)
    assert [tile.title for tile in drawing.frames] == ["big: 900 B, 90.0%"]
    assert [tile.kind for tile in drawing.tiles] == ["so", "py", "base"]


def test_small_packages_are_drawn_together_and_none_is_lost() -> None:
    shares = [share("big", 10_000, so=10_000)] + [share(f"p{n}", 10, py=10) for n in range(9)]
    drawing = draw_treemap("a", shares, 1000, 500)
    assert [tile.title for tile in drawing.frames][1] == "9 small packages: 90 B, 0.9%"


def test_labels_stay_in_their_boxes() -> None:
    shares = [share("a-very-long-name-of-a-package", 10 * n, so=10 * n) for n in range(40, 0, -1)]
    drawing = draw_treemap("a", shares, 358, 620)
    for tile in (*drawing.frames, *drawing.tiles):
        for label in tile.labels:
            assert tile.box.y < label.y < tile.box.y + tile.box.height
            assert label.x + 6.6 * len(label.text) <= tile.box.x + tile.box.width + 2


def test_a_bar_is_as_long_as_its_parts() -> None:
    first, second = draw_bar([("base", 50), ("bytecode", 0), ("packages", 25)], 200)
    assert (first.start, first.length, second.start, second.length) == (0, 25, 25, 12.5)
    assert draw_bar([("base", 0)], 0) == ()
