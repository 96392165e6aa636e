"""The model: a picture in, boxes out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

MODEL = Path(__file__).with_name("model.onnx")


@dataclass(frozen=True)
class Found:
    """A box (left, top, width, height) in the picture's own pixels, and its score."""

    box: tuple[int, int, int, int]
    score: float


class Detector:
    """A model that takes one picture, 1 × 3 × height × width with values from 0 to 1, and returns
    one score for each cell of a grid, 1 × 1 × rows × columns."""

    def __init__(self, model: Path = MODEL, threshold: float = 0.2, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        (self._input,) = self._session.get_inputs()
        self._threshold = threshold

    def find(self, picture: Image.Image) -> list[Found]:
        height, width = self._input.shape[2:]
        small = picture.convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
        pixels = np.asarray(small, dtype=np.float32) / 255
        (scores,) = self._session.run(
            None, {self._input.name: pixels.transpose(2, 0, 1)[np.newaxis]}
        )
        grid = scores[0, 0]
        scale = picture.width / grid.shape[1], picture.height / grid.shape[0]
        return [self._box(cells, grid, scale) for cells in neighbours(grid > self._threshold)]

    def _box(
        self, cells: list[tuple[int, int]], grid: np.ndarray, scale: tuple[float, float]
    ) -> Found:
        rows, columns = zip(*cells, strict=True)
        left, top = min(columns) * scale[0], min(rows) * scale[1]
        right, bottom = (max(columns) + 1) * scale[0], (max(rows) + 1) * scale[1]
        score = max(float(grid[cell]) for cell in cells)
        box = (round(left), round(top), round(right - left), round(bottom - top))
        return Found(box=box, score=round(score, 3))


def neighbours(mask: np.ndarray) -> list[list[tuple[int, int]]]:
    """Return the cells that are set, in groups that touch each other by a side."""
    waiting = {(int(row), int(column)) for row, column in zip(*np.nonzero(mask), strict=True)}
    groups = []
    while waiting:
        edge = [min(waiting)]
        waiting.remove(edge[0])
        group = []
        while edge:
            row, column = edge.pop()
            group.append((row, column))
            beside = {(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)}
            edge += sorted(beside & waiting)
            waiting -= beside
        groups.append(group)
    return groups
