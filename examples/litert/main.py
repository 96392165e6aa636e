"""The paper's project with a runtime instead of the framework: read, look, predict.

MODEL_PATH names a model of three inputs, trained elsewhere and converted; without it, a fixed
rule is the model.
"""

import os

import cv2
import numpy as np
import pandas as pd
from ai_edge_litert.interpreter import Interpreter


def features(frame: pd.DataFrame, image: np.ndarray) -> np.ndarray:
    brightness = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).mean() / 255
    columns = frame[["temperature", "humidity"]].to_numpy(np.float32)
    return np.column_stack([columns / 100, np.full(len(frame), brightness, np.float32)])


def predict(inputs: np.ndarray, path: str | None) -> np.ndarray:
    if path is None:
        return 1 / (1 + np.exp(-20 * (inputs[:, 0] - 0.23)))
    interpreter = Interpreter(model_path=path)
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], inputs.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], inputs)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def main() -> None:
    frame = pd.DataFrame({"temperature": [18.0, 21.5, 25.0, 29.5], "humidity": [40, 45, 55, 70]})
    image = np.full((32, 32, 3), 127, np.uint8)
    predicted = predict(features(frame, image), os.environ.get("MODEL_PATH"))
    print(frame.assign(predicted=predicted.round(3)).to_string())


if __name__ == "__main__":
    main()
