"""What the page draws: a treemap and bars, as plain values that templates spell."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scaffold.planner.size_by_kind import Share
from scaffold.report.terminal import format_size


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


# What is smaller than this share of the image is drawn together.
_SMALL = 0.008
_HEAD = 20.0
_LETTER = 7.9  # the widest average of common sans-serif fonts at 13 units
_LINE = 17.0
_LEAST = 24.0  # a name cut shorter than this says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A line of text, by where it begins."""

    x: float
    y: float
    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One rectangle. ``kind`` chooses its pattern; ``title`` says in full what it is.

    ``part`` is the share that it is of, or a part of, empty for several.
    """

    box: Box
    kind: str
    title: str
    part: str
    labels: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Treemap:
    """A drawing: ``frames`` go around the tiles of one package each."""

    name: str
    width: float
    height: float
    tiles: tuple[Tile, ...]
    frames: tuple[Tile, ...]


def draw_treemap(name: str, shares: Sequence[Share], width: float, height: float) -> Treemap:
    """Return the treemap of an image: its parts, and kinds of files within each."""
    total = sum(share.on_disk for share in shares)
    grouped = list(_group(shares, total))
    boxes = lay_out([share.on_disk for share in grouped], Box(x=0, y=0, width=width, height=height))
    tiles: list[Tile] = []
    frames: list[Tile] = []
    for share, box in zip(grouped, boxes, strict=True):
        title = f"{share.label}: {format_size(share.on_disk)}, {share.on_disk / total:.1%}"
        if share.group != "package":
            kind = share.kinds[0][0]
            labels = _labels(box, share)
            tiles.append(Tile(box=box, kind=kind, title=title, part=share.label, labels=labels))
            continue
        head = _labels(box, share, lines=1)
        frames.append(Tile(box=box, kind="frame", title=title, part=_part(share), labels=head))
        inner = box.inside(2.0, _HEAD if head else 2.0)
        tiles += _of_kinds(share, inner)
    return Treemap(name=name, width=width, height=height, tiles=tuple(tiles), frames=tuple(frames))


def _group(shares: Sequence[Share], total: int) -> Iterator[Share]:
    """Yield shares, the small packages as one; the largest first."""
    small = [s for s in shares if s.group == "package" and s.on_disk < _SMALL * total]
    together = sum(share.on_disk for share in small)
    if len(small) < 2 or not together:  # noqa: PLR2004 - one alone keeps its name
        small = []
    kept = [share for share in shares if share.on_disk and share not in small]
    if small:
        kinds: dict[str, int] = {}
        for share in small:
            for kind, size in share.kinds:
                kinds[kind] = kinds.get(kind, 0) + size
        kept.append(
            Share(
                label=f"{len(small)} small packages",
                group="package",
                on_disk=together,
                download=sum(share.download for share in small),
                kinds=tuple(sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))),
            )
        )
    yield from sorted(kept, key=lambda share: (-share.on_disk, share.label))


def _of_kinds(share: Share, inner: Box) -> Iterator[Tile]:
    boxes = lay_out([size for _, size in share.kinds], inner)
    for (kind, size), box in zip(share.kinds, boxes, strict=True):
        yield Tile(
            box=box,
            kind=kind,
            title=f"{share.label}, {kind}: {format_size(size)}",
            part=_part(share),
            labels=tuple(_lines(box, (kind, format_size(size)))),
        )


def _part(share: Share) -> str:
    return share.label if share.version else ""


def _labels(box: Box, share: Share, lines: int = 2) -> tuple[Label, ...]:
    size = format_size(share.on_disk)
    together = f"{share.label} {size}"
    if lines == 1 and len(together) * _LETTER + 10 <= box.width and box.height > 2 * _HEAD:
        return (Label(x=box.x + 5, y=box.y + 15, text=together, strong=True),)
    if lines == 1 and box.height <= 2 * _HEAD:
        return ()
    return tuple(_lines(box, (share.label, size)[:lines], strong=True))


def _lines(box: Box, texts: Sequence[str], *, strong: bool = False) -> Iterator[Label]:
    """Yield what fits of some lines; a name that does not fit is cut, a size is left out."""
    for number, text in enumerate(texts):
        y = box.y + 15 + number * _LINE
        room = box.width - 8
        if y + 4 > box.y + box.height or room < _LEAST:
            return
        fits = int(room / _LETTER)
        if len(text) > fits:
            if number or fits < 4:  # noqa: PLR2004 - three letters and dots
                return
            text = f"{text[: fits - 1]}…"  # noqa: PLW2901
        yield Label(x=box.x + 5, y=y, text=text, strong=strong)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A piece of a bar: begin and length in parts of a hundred."""

    kind: str
    start: float
    length: float


def draw_bar(parts: Sequence[tuple[str, int]], scale: int) -> tuple[Segment, ...]:
    """Return the pieces of a bar up to ``scale`` bytes, which are the whole width."""
    segments = []
    at = 0.0
    for kind, size in parts:
        length = min(100 * size / scale, 100 - at) if scale else 0.0
        if size and length:
            segments.append(Segment(kind=kind, start=at, length=length))
        at += length
    return tuple(segments)
