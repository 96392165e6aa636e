"""Find objects in images; one line of JSON per image.

IMAGES is a folder of images (without it, a test frame is made), MODEL_PATH an ONNX model that
takes one 1x3xHxW image; without it, contours are the detector.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

SIDE = 320


def frames() -> Iterator[tuple[str, np.ndarray]]:
    folder = os.environ.get("IMAGES")
    if not folder:
        frame = np.full((240, 320, 3), 30, np.uint8)
        cv2.rectangle(frame, (40, 60), (120, 160), (200, 200, 200), -1)
        cv2.circle(frame, (230, 120), 40, (120, 220, 120), -1)
        yield "test frame", frame
        return
    for path in sorted(Path(folder).iterdir()):
        image = cv2.imread(str(path))
        if image is not None:
            yield path.name, image


def preprocess(image: np.ndarray) -> np.ndarray:
    resized = cv2.cvtColor(cv2.resize(image, (SIDE, SIDE)), cv2.COLOR_BGR2RGB)
    return (resized.astype(np.float32) / 255.0).transpose(2, 0, 1)[np.newaxis]


def by_contours(image: np.ndarray) -> list[dict[str, object]]:
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (5, 5), 0)
    _, mask = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    large = [contour for contour in contours if cv2.contourArea(contour) > 100]
    return [{"box": [int(v) for v in cv2.boundingRect(contour)]} for contour in large]


def by_model(session: onnxruntime.InferenceSession, image: np.ndarray) -> list[dict[str, object]]:
    outputs = session.run(None, {session.get_inputs()[0].name: preprocess(image)})
    names = [output.name for output in session.get_outputs()]
    return [
        {"output": name, "shape": list(value.shape), "max": float(value.max())}
        for name, value in zip(names, outputs, strict=True)
    ]


def main() -> None:
    model = os.environ.get("MODEL_PATH", "model.onnx")
    session = onnxruntime.InferenceSession(model) if Path(model).is_file() else None
    for name, image in frames():
        found = by_model(session, image) if session else by_contours(image)
        print(json.dumps({"image": name, "found": found}), flush=True)


if __name__ == "__main__":
    main()
