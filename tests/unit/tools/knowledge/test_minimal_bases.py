import re
import tomllib
from pathlib import Path

import pytest

from tools.knowledge.minimal_bases import derive_text

BASES = Path(__file__).resolve().parents[4] / "knowledge" / "bases"
TEXTS = {path.stem: path.read_text("utf-8") for path in BASES.glob("*.toml")}
CUT = [name for name, text in TEXTS.items() if tomllib.loads(text).get("origin")]


@pytest.mark.parametrize("name", CUT)
def test_the_figures_of_a_cut_base_follow_from_what_was_measured(name: str) -> None:
    wrong = re.sub(r"\[[0-9_]+, [0-9_]+, ([0-9.]+, \"(minor|arch)\")\]", r"[1, 2, \1]", TEXTS[name])
    assert wrong != TEXTS[name]
    bases = {name: tomllib.loads(text) for name, text in TEXTS.items()}
    assert derive_text(wrong, bases) == TEXTS[name]


def test_a_figure_that_was_measured_moves_those_derived_from_it() -> None:
    text = TEXTS["bare-trixie"].replace(
        '38_004_000, 0.03, "measured"', '30_000_000, 0.03, "measured"'
    )
    bases = {name: tomllib.loads(text) for name, text in TEXTS.items()}
    bases["bare-trixie"] = tomllib.loads(text)
    rows = tomllib.loads(derive_text(text, bases))["pythons"]
    before = tomllib.loads(TEXTS["bare-trixie"])["pythons"]
    assert rows["3.14"]["amd64"][1] < before["3.14"]["amd64"][1]
    assert rows["3.13"]["s390x"][1] < before["3.13"]["s390x"][1]
    assert rows["3.13"]["arm64"] == before["3.13"]["arm64"]
