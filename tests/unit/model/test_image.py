"""What files take on a file system: counted, and predicted where nobody counted."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaffold.docker.image_fs import Entry, make_contents
from scaffold.model.image import (
    BLOCK,
    FOLDERS,
    WASTE,
    Contents,
    ImageFile,
    count_blocks,
    count_waste,
    in_blocks,
    predict_waste,
)
from scaffold.model.index import WheelFacts
from scaffold.model.target import Arch
from scaffold.model.verdict import Size
from scaffold.model.verification import Expectation, Status, Stored
from scaffold.verify.checks.size import check_size
from tests.support.builders import make_weighed

FACTS = WheelFacts(installed=1_000_000, files=100, kinds=(("py", 400_000), ("so", 600_000)))
WHEEL = replace(make_weighed(), facts=FACTS)
EACH = WASTE + FOLDERS * BLOCK


@pytest.mark.parametrize(("size", "taken"), [(0, 0), (1, 4096), (4096, 4096), (4097, 8192)])
def test_a_file_takes_whole_blocks(size: int, taken: int) -> None:
    assert in_blocks(size) == taken


def test_folders_are_counted_once() -> None:
    assert count_blocks([("a/b/c.py", 1), ("a/b/d.py", 1), ("e.py", 0)]) == 4 * BLOCK


def test_what_is_counted_is_what_a_file_system_gives_out(tmp_path: Path) -> None:
    (tmp_path / "probe").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    if [(tmp_path / name).stat().st_blocks for name in ("probe", "folder")] != [8, 8]:
        pytest.skip("the file system here has no blocks of 4 KiB")
    files = [("a/one.py", 5000), ("a/b/two.py", 0), ("three.py", 4096)]
    root = tmp_path / "root"
    for name, size in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x" * size)
    for path in root.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
    assert count_blocks(files) == sum(path.stat().st_blocks * 512 for path in root.rglob("*"))


def test_without_a_count_the_number_of_files_tells() -> None:
    waste, error = predict_waste(WHEEL, bytecode=False)
    assert waste == pytest.approx(100 * EACH)
    assert 0 < error < waste
    counted = replace(WHEEL, facts=replace(FACTS, blocks=1_250_000))
    exact, narrow = predict_waste(counted, bytecode=False)
    assert (exact, narrow < error) == (250_000, True)


def test_bytecode_beside_its_sources_is_as_many_files_again() -> None:
    beside, _ = predict_waste(WHEEL, bytecode=True)
    assert beside == pytest.approx(200 * EACH)
    left = replace(FACTS, installed=600_000)
    alone = replace(WHEEL, facts=left, trimmed=400_000, sourceless=True)
    assert predict_waste(alone, bytecode=True)[0] == pytest.approx(100 * EACH)


@given(trimmed=st.integers(0, 1_000_000), counted=st.booleans(), bytecode=st.booleans())
def test_trimming_never_adds_files(*, trimmed: int, counted: bool, bytecode: bool) -> None:
    kinds = (("tests", 1_000_000), ("so", 500_000))
    facts = WheelFacts(
        installed=1_500_000, files=90, kinds=kinds, blocks=1_700_000 if counted else None
    )
    whole = replace(WHEEL, facts=facts)
    left = replace(facts, installed=1_500_000 - trimmed, kinds=(("tests", 1_000_000 - trimmed),))
    less = replace(whole, facts=left, trimmed=trimmed)
    waste, error = predict_waste(less, bytecode=bytecode)
    assert 0 <= waste <= predict_waste(whole, bytecode=bytecode)[0] + 1
    assert error >= 0


def image() -> Contents:
    files = [
        Entry(file=ImageFile(path="/app", kind="folder")),
        Entry(file=ImageFile(path="/app/main.py", size=100)),
        Entry(file=ImageFile(path="/app/link.py", kind="link", target="main.py")),
    ]
    return make_contents("sha256:1", {}, [(("sha256:2", 100, 60), files)])


def test_a_layer_knows_what_it_takes_in_blocks() -> None:
    (layer,) = image().layers
    assert (layer.on_disk, layer.in_blocks) == (100, 2 * BLOCK)


def size_check(size: Size | None = None, stored: Stored | None = None) -> tuple[Status, str, str]:
    check = check_size(image(), (), Expectation(arch=Arch.AMD64, size=size), stored)
    return check.status, check.text, "\n".join(check.evidence)


def test_each_meaning_of_the_size_is_named() -> None:
    status, _, evidence = size_check()
    assert status is Status.PASSED
    assert "classic store: 0.1 kB" in evidence
    assert "containerd's store: 8.3 kB, layers unpacked in blocks (8.2 kB) and comp" in evidence


def test_the_engines_own_count_has_to_agree_with_the_layers() -> None:
    classic = Stored(name="overlay2", containerd=False, bytes=100)
    assert size_check(stored=classic)[0] is Status.PASSED
    assert "this engine (overlay2) shows 0.1 kB" in size_check(stored=classic)[2]
    both = Stored(name="overlayfs", containerd=True, bytes=2 * BLOCK + 60)
    assert size_check(stored=both)[0] is Status.PASSED
    status, text, _ = size_check(stored=replace(both, containerd=False))
    assert status is Status.FAILED
    assert text == "the engine says 8.3 kB (overlayfs), its layers make 0.1 kB"


def test_a_prediction_of_containerds_store_has_to_hold() -> None:
    size = Size(
        on_disk=100, download=60, error=1, download_error=1, in_blocks=8192, in_blocks_error=10
    )
    assert (size.containerd, size.containerd_error) == (8252, 11)
    assert size_check(size)[0] is Status.PASSED
    status, text, _ = size_check(replace(size, in_blocks=4096))
    assert status is Status.FAILED
    assert text == "8.3 kB in containerd's store, predicted 4.2 kB (+98.6 %)"


@pytest.mark.parametrize(
    ("files", "waste"),
    [
        ((), 0),
        ((("main.py", 1),), 4095 + BLOCK),
        ((("main.py", BLOCK),), BLOCK),
        ((("a/b/c.bin", 3 * BLOCK), ("a/d.bin", BLOCK - 1)), 1 + 3 * BLOCK),
        ((("empty", 0),), BLOCK),
    ],
)
def test_the_waste_of_files_is_their_last_blocks_and_folders(
    files: tuple[tuple[str, int], ...], waste: int
) -> None:
    assert count_waste(files) == waste
