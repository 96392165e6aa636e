import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from app import heartbeat
from app.detector import MODEL, Detector, neighbours
from app.sources import Pictures, camera, folder
from app.watch import Watch
from tools.make_model import make_model


def wait_for(what: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def picture(*boxes: tuple[int, int, int, int], size: tuple[int, int] = (320, 240)) -> Image.Image:
    image = Image.new("RGB", size, (40, 40, 40))
    for left, top, width, height in boxes:
        ImageDraw.Draw(image).rectangle((left, top, left + width - 1, top + height - 1), "white")
    return image


def test_the_model_is_what_the_tool_writes() -> None:
    assert MODEL.read_bytes() == make_model()


def test_what_stands_out_gets_a_box() -> None:
    boxes = [(32, 48, 64, 32), (208, 144, 32, 48)]
    found = Detector().find(picture(*boxes))
    assert [one.box for one in found] == boxes
    assert all(one.score > 0.5 for one in found)


def test_boxes_are_in_the_pixels_of_the_picture() -> None:
    (found,) = Detector().find(picture((64, 96, 128, 64), size=(640, 480)))
    assert found.box == (64, 96, 128, 64)


def test_an_even_picture_has_nothing_in_it() -> None:
    assert Detector().find(picture()) == []


def test_cells_that_touch_are_one_find() -> None:
    mask = np.array([[1, 1, 0], [0, 1, 0], [1, 0, 1]], dtype=bool)
    assert sorted(len(group) for group in neighbours(mask)) == [1, 1, 3]


def test_a_folder_gives_its_images_and_those_that_are_added(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    picture().save(tmp_path / "b.png")
    pictures = folder(tmp_path)
    names = (seen and seen[0] for seen in pictures)
    assert next(names) == "b.png"
    assert next(names) is None
    picture().save(tmp_path / "a.png")
    assert next(names) == "a.png"


def test_a_machine_without_the_camera_says_so() -> None:
    with pytest.raises(OSError):
        next(camera("/dev/video-nowhere"))


class Running:
    def __init__(self, tmp_path: Path, open_source: Callable[[], Pictures]) -> None:
        self.seen: list[dict[str, object]] = []
        self.file = tmp_path / "heartbeat"
        find = Detector().find
        self._watch = Watch(open_source, find, self.seen.append, self.file, again=0.05)

    def __enter__(self) -> "Running":
        self._thread = threading.Thread(target=self._watch.run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._watch.stop()
        self._thread.join(10)
        assert not self._thread.is_alive()


def test_without_a_camera_it_waits_and_is_well(tmp_path: Path) -> None:
    with Running(tmp_path, lambda: camera("/dev/video-nowhere")) as running:
        wait_for(lambda: heartbeat.is_fresh(running.file, time.time()))
    assert running.seen == []


def test_a_camera_that_goes_away_is_tried_again(tmp_path: Path) -> None:
    def loose() -> Iterator[tuple[str, Image.Image]]:
        yield "0", picture((32, 48, 64, 32))
        raise OSError(19, "no such device")

    with Running(tmp_path, loose) as running:
        wait_for(lambda: len(running.seen) >= 2)
    assert running.seen[0]["boxes"] == [
        {"box": (32, 48, 64, 32), "score": pytest.approx(0.8, abs=0.1)}
    ]


def test_the_command_reads_a_folder_is_well_and_stops(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    picture((32, 48, 64, 32)).save(tmp_path / "pictures" / "one.png")
    own = {"SOURCE": str(tmp_path / "pictures"), "HEARTBEAT": str(tmp_path / "heartbeat")}
    environ = os.environ | own
    command = [sys.executable, "-m", "app"]
    check = [*command, "--check"]
    assert subprocess.run(check, env=environ).returncode == 1
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout is not None
        seen = json.loads(app.stdout.readline())
        wait_for(lambda: subprocess.run(check, env=environ).returncode == 0, seconds=20)
        app.send_signal(signal.SIGTERM)
        assert app.wait(10) == 0
    assert seen["picture"] == "one.png"
    assert seen["boxes"][0]["box"] == [32, 48, 64, 32]
