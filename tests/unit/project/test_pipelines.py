"""Elements of GStreamer's pipelines, as sources spell them."""

from pathlib import Path

import pytest

from tests.support.source_folders import uses


@pytest.mark.parametrize(
    ("source", "elements"),
    [
        ("run('v4l2src ! videoconvert ! appsink sync=false')", "v4l2src videoconvert appsink"),
        ("run(f'rtspsrc location={url} ! {dec} ! fakesink')", "rtspsrc fakesink"),
        ("run('nvarguscamerasrc ! nvvidconv flip-method=%d ! appsink' % 2)", "nvarguscamerasrc"),
        ("run('rtspsrc location=' + url + ' ! ' + dec + ' ! x264enc')", "rtspsrc x264enc"),
        ("run(['gst-launch-1.0', '-e', 'libcamerasrc', '!', 'kmssink'])", "libcamerasrc kmssink"),
        ("run('gst-launch-1.0 alsasrc ! alsasink', shell=True)", "alsasrc alsasink"),
        ("from gi.repository import Gst\nGst.ElementFactory.make('hailonet', 'net')", "hailonet"),
    ],
)
def test_elements_of_a_pipeline_are_found(tmp_path: Path, source: str, elements: str) -> None:
    found = {value.partition(" ")[2] for _, value, _ in uses(tmp_path, source, "calls")}
    assert set(elements.split()) <= found


@pytest.mark.parametrize(
    "source", ["print('Attention ! volume insuffisant')", "'''v4l2src ! appsink'''\nprint(1)"]
)
def test_texts_that_are_no_pipelines_name_no_elements(tmp_path: Path, source: str) -> None:
    assert not [one for one in uses(tmp_path, source, "calls") if "gstreamer" in one[1]]


def test_opencv_asked_for_gstreamer_is_a_call(tmp_path: Path) -> None:
    source = "import cv2\ncap = cv2.VideoCapture(text(), cv2.CAP_GSTREAMER)\n"
    assert ("calls", "cv2.CAP_GSTREAMER", 2) in uses(tmp_path, source, "calls")
