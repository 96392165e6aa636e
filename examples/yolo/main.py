"""Find objects in images with a YOLO model in ONNX; one line of JSON per image.

MODEL is a file as ``yolo export format=onnx`` writes it, of one input 1x3xSxS and one output
1x(4 + classes)xN, with its classes in the metadata; the one that is here knows three colours.
IMAGES is a folder of images; without it, a test frame is made.
"""

import ast
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageDraw

MODEL = Path(os.environ.get("MODEL", Path(__file__).parent / "models" / "colours.onnx"))
SURE, SAME = 0.6, 0.5  # the least score, the most overlap of two objects
GREY = (114, 114, 114)


def frames() -> Iterator[tuple[str, Image.Image]]:
    folder = os.environ.get("IMAGES")
    if not folder:
        frame = Image.new("RGB", (640, 480), (40, 40, 40))
        draw = ImageDraw.Draw(frame)
        draw.rectangle((64, 96, 255, 287), fill=(230, 30, 30))
        draw.rectangle((400, 220, 591, 411), fill=(30, 30, 230))
        yield "test frame", frame
        return
    for path in sorted(Path(folder).iterdir()):
        if path.suffix.lower() in {".jpg", ".jpeg", ".png", ".bmp", ".webp"}:
            with Image.open(path) as image:
                yield path.name, image.convert("RGB")


def letterbox(image: Image.Image, side: int) -> tuple[np.ndarray, float]:
    """Return the image in the corner of a square, as the model takes it, and its scale."""
    scale = side / max(image.size)
    square = Image.new("RGB", (side, side), GREY)
    square.paste(image.resize([max(round(length * scale), 1) for length in image.size]))
    return (np.asarray(square, np.float32) / 255).transpose(2, 0, 1)[np.newaxis], scale


def overlap(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the shared part of boxes (left, top, right, bottom), of all that both cover."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1)
    return shared / (np.prod(box[2:] - box[:2]) + areas - shared)


def decode(output: np.ndarray, names: dict[int, str], scale: float) -> list[dict[str, object]]:
    """Return the objects in a model's output, the surest first, one of those that overlap."""
    centres, sizes, scores = output[0][:2].T, output[0][2:4].T, output[0][4:].T
    boxes = np.hstack([centres - sizes / 2, centres + sizes / 2]) / scale
    classes, best = scores.argmax(axis=1), scores.max(axis=1)
    left = [one for one in np.argsort(-best, kind="stable") if best[one] >= SURE]
    found = []
    while left:
        first, *others = left
        name = names.get(int(classes[first]), str(classes[first]))
        box = [round(float(edge)) for edge in boxes[first]]
        found.append({"name": name, "score": round(float(best[first]), 3), "box": box})
        apart = overlap(boxes[first], boxes[others]) < SAME
        left = [
            one
            for one, far in zip(others, apart, strict=True)
            if far or classes[one] != classes[first]
        ]
    return found


def main() -> None:
    session = onnxruntime.InferenceSession(MODEL, providers=["CPUExecutionProvider"])
    names = ast.literal_eval(session.get_modelmeta().custom_metadata_map.get("names", "{}"))
    (taken,) = session.get_inputs()
    side = taken.shape[-1] if isinstance(taken.shape[-1], int) else 640
    for name, image in frames():
        inputs, scale = letterbox(image, side)
        (output,) = session.run(None, {taken.name: inputs})
        print(json.dumps({"image": name, "found": decode(output, names, scale)}), flush=True)


if __name__ == "__main__":
    main()
