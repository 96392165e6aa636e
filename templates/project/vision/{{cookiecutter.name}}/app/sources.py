"""Where pictures come from: a camera, or a folder."""

import io
import time
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, UnidentifiedImageError

_LOOK = 1.0  # seconds between two looks at a folder
_SIZE = 640, 480

# A picture with its name; None after a while without one, so that the caller can stop.
Pictures = Iterator[tuple[str, Image.Image] | None]


def camera(device: str) -> Pictures:
    """Yield the pictures of a V4L2 camera with Motion JPEG. Raises OSError if there is none."""
    from linuxpy.video.device import Device, VideoCapture

    with Device(device) as opened:
        capture = VideoCapture(opened)
        capture.set_format(*_SIZE, "MJPG")
        with capture:
            for number, frame in enumerate(capture):
                yield str(number), Image.open(io.BytesIO(bytes(frame)))


def folder(path: Path) -> Pictures:
    """Yield the images of a folder by name, then those that are added. Raises OSError."""
    seen: set[Path] = set()
    while True:
        for file in sorted(set(path.iterdir()) - seen):
            seen.add(file)
            try:
                with Image.open(file) as picture:
                    picture.load()
            except (UnidentifiedImageError, IsADirectoryError):
                continue
            yield file.name, picture
        yield None
        time.sleep(_LOOK)


def open_source(source: str) -> Pictures:
    return folder(Path(source)) if Path(source).is_dir() else camera(source)
