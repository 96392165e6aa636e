"""Write app/model.onnx: how far each patch of a picture is from the picture's mean brightness.

An ONNX file is a message in Protocol Buffers' wire format, which is short enough to be written
here: the ``onnx`` package is not needed. Field numbers are those of onnx.proto.

    python -m tools.make_model
"""

import struct
from pathlib import Path

HEIGHT, WIDTH, PATCH = 240, 320, 16
MODEL = Path(__file__).parents[1] / "app" / "model.onnx"
_LUMINANCE = (0.299, 0.587, 0.114)
_FLOAT, _INT, _INTS = 1, 2, 7


def varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor_type(*shape: int) -> bytes:
    dimensions = b"".join(field(1, field(1, size)) for size in shape)
    return field(1, field(1, _FLOAT) + field(2, dimensions))


def value(name: str, *shape: int) -> bytes:
    return field(1, name) + field(2, tensor_type(*shape))


def node(kind: str, inputs: tuple[str, ...], output: str, **sizes: tuple[int, ...]) -> bytes:
    attributes = b"".join(
        field(5, field(1, name) + b"".join(field(8, one) for one in many) + field(20, _INTS))
        for name, many in sizes.items()
    )
    return (
        b"".join(field(1, name) for name in inputs) + field(2, output) + field(4, kind) + attributes
    )


def weights() -> bytes:
    """A convolution that takes the mean luminance of each patch."""
    floats = [share / PATCH**2 for share in _LUMINANCE for _ in range(PATCH**2)]
    dimensions = b"".join(field(1, size) for size in (1, 3, PATCH, PATCH))
    raw = struct.pack(f"<{len(floats)}f", *floats)
    return dimensions + field(2, _FLOAT) + field(8, "weights") + field(9, raw)


def make_model() -> bytes:
    nodes = (
        node(
            "Conv",
            ("picture", "weights"),
            "patches",
            strides=(PATCH,) * 2,
            kernel_shape=(PATCH,) * 2,
        ),
        node("GlobalAveragePool", ("patches",), "mean"),
        node("Sub", ("patches", "mean"), "difference"),
        node("Abs", ("difference",), "scores"),
    )
    graph = (
        b"".join(field(1, one) for one in nodes)
        + field(2, "contrast")
        + field(5, weights())
        + field(11, value("picture", 1, 3, HEIGHT, WIDTH))
        + field(12, value("scores", 1, 1, HEIGHT // PATCH, WIDTH // PATCH))
    )
    return (
        field(1, 8)
        + field(2, "make_model")
        + field(7, graph)
        + field(8, field(1, "") + field(2, 13))
    )


if __name__ == "__main__":
    MODEL.write_bytes(make_model())
