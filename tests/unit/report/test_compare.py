import io
import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from scaffold.model.target import Arch
from scaffold.model.verification import Check, CompareResult, Comparison, Status
from scaffold.report.compare import draw, make_comparison_document, show_entries
from scaffold.report.terminal import show

BARE = CompareResult(
    name="bare-trixie",
    title="leanscaffold, Python 3.13",
    runs=Status.PASSED,
    on_disk=48_800_000,
    download=19_100_000,
    build_seconds=10.46,
    rebuild_seconds=0.31,
    rebuild_moved=600,
    start_seconds=0.5,
    peak_memory=36_000_000,
    checks=(Check(code="start", status=Status.PASSED, text="answers"),),
)
TINY = CompareResult(
    name="tiny",
    title="",
    runs=Status.FAILED,
    trouble="it ended with exit code 1",
    evidence=("log: No module named 'pandas'",),
    on_disk=9_000_000,
    download=3_000_000,
)
PLAIN = replace(BARE, name="plain", title="by hand", on_disk=97_600_000, start_seconds=1.0)
ALL = Comparison(
    project="camera",
    arch=Arch.ARM64,
    entries=(BARE, TINY, PLAIN),
    emulated=True,
    notes=("two processors",),
)


def text_of(comparison: Comparison, width: int = 120) -> str:
    stream = io.StringIO()
    show(stream, show_entries(comparison), width=width)
    return stream.getvalue()


def test_every_image_is_a_row_with_its_figures() -> None:
    lines = text_of(ALL).splitlines()
    row = next(line for line in lines if line.startswith("bare-trixie  "))
    assert row.split() == [
        *("bare-trixie", "yes", "48.8", "MB", "19.1", "MB", "10.5", "s", "0.3", "s"),
        *("0.50", "s", "36", "MB"),
    ]


def test_what_does_not_run_says_so_and_why_below_its_row() -> None:
    lines = text_of(ALL).splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("tiny "))
    assert lines[at].split()[1] == "no"
    assert lines[at + 1].strip() == "it ended with exit code 1"
    assert "pandas" in lines[at + 2]


def test_the_smallest_is_the_smallest_that_runs() -> None:
    assert "bare-trixie takes 50% of the disk of plain, and starts in 50% of its time" in text_of(
        ALL
    )


def test_where_nothing_runs_nothing_is_the_smallest() -> None:
    text = text_of(replace(ALL, entries=(TINY,)))
    assert "None of them runs." in text
    assert "of the disk" not in text


def test_emulated_times_are_said_to_be_none_of_the_devices() -> None:
    assert "emulated" in text_of(ALL)
    assert "emulated" not in text_of(replace(ALL, emulated=False))


@pytest.mark.parametrize("width", [60, 80])
def test_a_narrow_terminal_leaves_columns_out_rather_than_breaking_rows(width: int) -> None:
    text = text_of(ALL, width)
    row = next(line for line in text.splitlines() if line.startswith("bare-trixie  "))
    assert len(row) <= width
    assert "48.8 MB" in row


def test_the_document_has_bytes_and_seconds_and_nulls() -> None:
    document = json.loads(json.dumps(make_comparison_document(ALL)))
    bare, tiny, _ = document["images"]
    assert (bare["on_disk"], bare["start_seconds"], bare["runs"]) == (48_800_000, 0.5, "passed")
    assert bare["rebuild_moved_bytes"] == 600
    assert bare["checks"][0]["code"] == "start"
    assert (tiny["start_seconds"], tiny["peak_memory_bytes"]) == (None, None)
    assert (tiny["runs"], tiny["trouble"]) == ("failed", "it ended with exit code 1")
    assert (document["target"], document["emulated"]) == ("linux/arm64", True)


def test_the_picture_holds_every_row_and_is_the_same_each_time() -> None:
    picture = draw(show_entries(ALL), title="$ leanscaffold compare <here>")
    words = " ".join("".join(node.itertext()) for node in ET.fromstring(picture).iter())  # noqa: S314 - our own
    for word in ("bare-trixie", "48.8", "tiny", "exit"):
        assert word in words
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")
    assert picture == draw(show_entries(ALL), title="$ leanscaffold compare <here>")
