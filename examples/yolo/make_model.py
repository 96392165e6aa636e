"""Write models/colours.onnx, a detector with a YOLO model's input and output: pip install onnx.

It looks at windows of one size and knows red, green and blue things on a dull ground.
"""

from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

SIDE, STRIDE, WINDOW = 320, 16, 96
NAMES = ["red", "green", "blue"]


def main() -> None:
    # How much stronger a channel is than the mean of the others.
    stronger = (1.75 * np.eye(3) - 0.55).astype(np.float32).reshape(3, 3, 1, 1)
    cells = (SIDE - WINDOW) // STRIDE + 1
    places = (np.arange(cells) * STRIDE + WINDOW / 2).astype(np.float32)
    rows, columns = np.meshgrid(places, places, indexing="ij")
    size = np.full(cells * cells, WINDOW, np.float32)
    boxes = np.stack([columns.ravel(), rows.ravel(), size, size])[np.newaxis]
    weights = {"stronger": stronger, "boxes": boxes, "shape": np.array([1, 3, -1])}
    pool = {"kernel_shape": [WINDOW, WINDOW], "strides": [STRIDE, STRIDE]}
    nodes = [
        helper.make_node("Conv", ["images", "stronger"], ["colours"]),
        helper.make_node("AveragePool", ["colours"], ["means"], **pool),
        helper.make_node("Reshape", ["means", "shape"], ["scores"]),
        helper.make_node("Concat", ["boxes", "scores"], ["output0"], axis=1),
    ]
    given = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    made = helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 7, cells * cells])
    tensors = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "colours", [given], [made], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"names": str(dict(enumerate(NAMES)))})
    checker.check_model(model)
    save(model, Path(__file__).parent / "models" / "colours.onnx")


if __name__ == "__main__":
    main()
