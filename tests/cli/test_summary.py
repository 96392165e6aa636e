"""What ``generate`` prints of the examples: a screen of 80 columns holds it."""

import io
import shutil
from pathlib import Path
from typing import Any

import pytest

import scaffold
from scaffold.report.summary import show_result_text
from scaffold.report.terminal import format_size, show
from tools import WRITTEN

EXAMPLES = Path(__file__).parents[2] / "examples"
_MOST = 22


@pytest.mark.parametrize(
    ("example", "options"),
    [
        ("fastapi", {"target": "arm64", "max_size": "500MB"}),
        ("detector", {"device": "raspberry-pi-5"}),
        ("yolo", {"device": "raspberry-pi-5", "max_size": "150MB"}),
        ("gateway", {"target": "arm/v7", "max_size": "30MB"}),
        ("django", {"target": "arm64"}),
        ("flask-postgres", {"target": "amd64"}),
        ("litert", {"device": "raspberry-pi-4"}),
        ("fastapi", {"target": ["arm64", "amd64"], "max_size": "500MB"}),
        ("detector", {"target": ["arm64", "amd64"], "max_size": "1GB"}),
        ("flask-postgres", {"device": "raspberry-pi-4"}),
        ("gateway", {"device": "raspberry-pi-zero-w"}),
    ],
)
def test_an_example_is_told_in_one_screen(
    example: str, options: dict[str, Any], tmp_path: Path
) -> None:
    project = shutil.copytree(EXAMPLES / example, tmp_path / example, ignore=WRITTEN)
    result = scaffold.generate(project, offline=True, **options)
    stream = io.StringIO()
    show(stream, show_result_text(result, folder="."), width=80)
    text = stream.getvalue()
    assert len(text.splitlines()) <= _MOST
    assert max(map(len, text.splitlines())) <= 80
    chosen = result.decisions[0].chosen
    assert chosen is not None
    for word in (chosen.candidate.reference, f"Python {chosen.python}", "Starts with", "Written"):
        assert word in text
    assert "leanscaffold build ." in text
    if chosen.candidate.packages:  # as they are in the image
        name, on_disk, _ = max(chosen.candidate.size.packages, key=lambda one: one[1])
        assert f": {name} {format_size(on_disk)}" in text


@pytest.mark.parametrize(
    ("example", "options", "told"),
    [
        (
            "fastapi",
            {"target": "arm64", "max_size": "5MB"},
            [
                "MB on disk over the limit",
                "larger than allowed",
                "leanscaffold generate . --target",
            ],
        ),
        (
            "fastapi",
            {"target": "arm64", "max_download": "1MB"},
            ["MB to download over the limit", "--max-download="],
        ),
        (
            "fastapi",
            {"device": "raspberry-pi-5", "storage": "60MB"},
            ["no room for the old image and the new one", "--remove-old"],
        ),
        (
            "scikit-learn",
            {"target": "arm/v6"},
            ["would have to be compiled", "--allow-compile hours"],
        ),
        ("hello", {"target": "arm64", "base": "distroless"}, ["--registry distroless=PREFIX"]),
        ("pandas", {"target": ["arm64", "amd64"], "max_size": "50MB"}, ["numpy", "--max-size="]),
    ],
)
def test_a_refusal_says_why_and_what_to_do_in_one_screen(
    example: str, options: dict[str, Any], told: list[str]
) -> None:
    result = scaffold.plan(EXAMPLES / example, offline=True, **options)
    text = {width: io.StringIO() for width in (80, 500)}
    for width, stream in text.items():
        show(stream, show_result_text(result, folder="."), width=width)
    lines = text[80].getvalue().splitlines()
    assert len(lines) <= _MOST
    assert max(map(len, lines)) <= 80
    for word in ("✗ Nothing fits", "Next", *told):
        assert word in text[500].getvalue()


@pytest.mark.parametrize(
    ("example", "options", "shown"),
    [
        ("detector", {"device": "odroid-h4", "memory": "100MB"}, ["give --storage"]),
        ("detector", {"device": "Odroid H4", "memory": "8GB", "storage": "9GB"}, []),
        ("hello", {"device": "khadas_vim3"}, []),
        ("pandas", {"device": "jetson", "max_size": "20MB"}, []),
    ],
)
def test_what_varies_of_a_device_is_told_where_its_limit_is_near(
    example: str, options: dict[str, Any], shown: list[str]
) -> None:
    result = scaffold.plan(EXAMPLES / example, offline=True, **options)
    stream = io.StringIO()
    show(stream, show_result_text(result, folder="."), width=200)
    notes = [line for line in stream.getvalue().splitlines() if line.startswith("! ")]
    assert [word for word in ("give --memory", "give --storage") if word in "".join(notes)] == shown


def test_a_secret_in_the_image_is_told_before_all_other_notes(tmp_path: Path) -> None:
    writes = "".join(f"open('/var/lib/app{n}/x.txt', 'w').write('x')\n" for n in range(5))
    (tmp_path / "main.py").write_text(writes)
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / ".env").write_text("TOKEN=hunter2\n")
    (tmp_path / ".dockerignore").write_text("!.env\n")
    stream = io.StringIO()
    result = scaffold.plan(tmp_path, offline=True, target="arm64")
    show(stream, show_result_text(result, folder="."), width=200)
    notes = [line for line in stream.getvalue().splitlines() if line.startswith("! ")]
    assert len(notes) == 3
    assert notes[0].startswith("! .dockerignore lets .env into the image")


def test_an_argument_without_which_it_does_not_start_is_told_before_what_it_may_lack(
    tmp_path: Path,
) -> None:
    parser = "parser = argparse.ArgumentParser()\nparser.add_argument('--data', required=True)\n"
    guard = "if __name__ == '__main__':\n    parser.parse_args()\n"
    (tmp_path / "requirements.txt").write_text("requests\n")
    (tmp_path / "main.py").write_text(f"import argparse\nimport yaml_of_mine\n{parser}{guard}")
    for command, told_first in ((None, True), ("python main.py --data x", False)):
        stream = io.StringIO()
        result = scaffold.plan(tmp_path, offline=True, target="arm64", cmd=command)
        show(stream, show_result_text(result, folder="."), width=200)
        notes = [line for line in stream.getvalue().splitlines() if line.startswith("! ")]
        assert ("requires --data" in notes[0]) is told_first


def test_a_family_that_one_target_refuses_is_told_for_it(tmp_path: Path) -> None:
    project = shutil.copytree(EXAMPLES / "gateway", tmp_path / "gateway", ignore=WRITTEN)
    stream = io.StringIO()
    result = scaffold.plan(project, offline=True, target=["arm64", "arm/v6"])
    show(stream, show_result_text(result, folder="."), width=200)
    first, second = stream.getvalue().split("gateway · linux/arm/v6")
    assert "not published for this target" not in first
    assert "not published for this target" in second


def test_what_every_base_lacks_is_what_is_explained_next(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import flask, nosuchmodule, cv2\nprint(cv2)\n")
    (tmp_path / "requirements.txt").write_text("flask\n")
    stream = io.StringIO()
    result = scaffold.plan(tmp_path, offline=True, target="arm64")
    assert not result.fits
    show(stream, show_result_text(result, folder="."), width=200)
    assert stream.getvalue().rstrip().endswith("leanscaffold explain missing-module")
