"""Each example, planned offline with the bundled knowledge: the same files, byte for byte."""

import json
import shutil
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scaffold.cli import cli
from scaffold.operations.services import real_services
from tests.cli.outside import changed
from tools import WRITTEN

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).parent
TODAY = date(2026, 11, 24)
FILES = ("Dockerfile", "leanscaffold.json")
# By the folder of what is kept: an example, perhaps on a base that stays whole or with less in it.
CASES = {
    "fastapi": ["--target", "arm64", "--target", "amd64", "--max-size", "500MB"],
    "flask-postgres": ["--device", "raspberry-pi-4"],
    "detector": ["--device", "raspberry-pi-5", "--max-size", "1GB"],
    "gateway": ["--device", "raspberry-pi-zero-w"],
    "django": ["--target", "arm64"],
    "fastapi-slim": ["--target", "amd64", "--base", "slim"],
    "detector-max": ["--target", "amd64", "--target", "arm64", "--trim", "max"],
}


def run(args: list[str]) -> tuple[int, str, str]:
    """Run the command line with the real edges but a fixed day; return (code, stdout, stderr)."""
    outside = changed(real_services(), today=lambda: TODAY)
    # A cache that no other test has filled: what it holds counts offline, too.
    with tempfile.TemporaryDirectory() as cache:
        result = CliRunner(env={"LEANSCAFFOLD_CACHE_DIR": cache}).invoke(cli, args, obj=outside)
    return result.exit_code, result.stdout, result.stderr


def document(args: list[str]) -> tuple[int, dict[str, Any]]:
    code, out, err = run([*args, "--offline", "--json"])
    assert out, err
    loaded: dict[str, Any] = json.loads(out)
    return code, loaded


@pytest.mark.parametrize("name", CASES)
def test_an_example_gives_its_golden_files(
    name: str, tmp_path: Path, *, update_golden: bool
) -> None:
    example = name.partition("-slim")[0].removesuffix("-max")
    project = tmp_path / example
    shutil.copytree(ROOT / "examples" / example, project, ignore=WRITTEN)
    code, _, err = run(["generate", str(project), "--offline", *CASES[name]])
    assert code == 0, err
    for file in FILES:
        made = (project / file).read_text("utf-8")
        golden = GOLDEN / name / file
        if update_golden:
            golden.parent.mkdir(exist_ok=True)
            golden.write_text(made, "utf-8")
        assert made == golden.read_text("utf-8"), f"{golden} differs: --update-golden, then look"


def verdicts(found: dict[str, Any], base: str) -> list[dict[str, Any]]:
    return [c for c in found["candidates"] if c["base"] == base]


def codes_of(candidates: list[dict[str, Any]], package: str) -> set[str]:
    return {
        reason["code"]
        for candidate in candidates
        for reason in candidate["reasons"]
        if reason.get("package") == package
    }


def test_the_papers_project_cannot_run_on_alpine_and_both_packages_are_named() -> None:
    code, found = document(
        ["plan", str(ROOT / "examples/paper"), "--target", "arm64", "--allow-compile", "never"]
    )
    assert code == 0
    alpine = verdicts(found, "alpine-3.24")
    assert {c["verdict"] for c in alpine} == {"rejected"}
    for package in ("tensorflow", "opencv-python"):
        assert "no-wheel" in codes_of(alpine, package)


def test_the_papers_python_is_the_newest_that_tensorflow_has_a_wheel_for() -> None:
    _, found = document(["plan", str(ROOT / "examples/paper"), "--target", "arm64"])
    assert found["python"] == "3.13"
    assert any(n["package"] == "tensorflow" for n in found["notes"] if "package" in n)


def test_the_papers_slim_image_needs_libraries_or_the_headless_swap_with_both_sizes() -> None:
    args = ["plan", str(ROOT / "examples/paper"), "--target", "arm64", "--base", "slim"]
    _, found = document(args)
    slim = [c for c in verdicts(found, "slim-trixie") if c["verdict"] == "fits"]
    assert "needs-library" in codes_of(slim, "opencv-python")
    (swap,) = [s for s in found["savings"] if "opencv-python-headless" in s["option"]]
    assert swap["bytes"] > 150_000_000
    _, swapped = document([*args, "--apply-swaps"])
    assert (
        found["chosen"]["size"]["on_disk"] - swapped["chosen"]["size"]["on_disk"] == swap["bytes"]
    )


def test_the_papers_project_fits_nothing_on_32_bit_arm_and_it_says_what_would() -> None:
    code, found = document(["plan", str(ROOT / "examples/paper"), "--target", "arm/v7"])
    assert code == 3
    assert found["chosen"] is None
    named = {r.get("package") for c in found["candidates"] for r in c["reasons"]}
    assert "tensorflow" in named
    assert any(note["code"] == "would-fit" for note in found["notes"])


def test_too_small_a_budget_exits_3_and_lists_savings_largest_first() -> None:
    code, found = document(
        ["plan", str(ROOT / "examples/detector"), "--target", "arm64", "--max-size", "100MB"]
    )
    assert code == 3
    sizes = [saving["bytes"] for saving in found["savings"]]
    assert sizes == sorted(sizes, reverse=True)
    assert "over-budget" in {r["code"] for c in found["candidates"] for r in c["reasons"]}
