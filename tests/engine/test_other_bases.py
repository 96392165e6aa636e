"""Bases that nobody gets unless asking for them: the same mechanism builds on them."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from tests.engine import facts, publish
from tests.engine.engine import Engine
from tests.engine.home import Home
from tests.engine.leanscaffold import environment, leanscaffold
from tests.engine.standins import STAND_INS
from tools import WRITTEN

pytestmark = [pytest.mark.engine, pytest.mark.online]
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize(
    "base", ["distroless-debian13", pytest.param("full-trixie", marks=pytest.mark.long)]
)
def test_an_image_on_it_passes_and_weighs_what_was_predicted(
    base: str,
    bases: Callable[..., Engine],
    home: Home,
    certificates: Path | None,
    tmp_path: Path,
) -> None:
    machine = bases()
    if not machine.own:
        pytest.skip("it is about a stand-in")
    publish.publish_all(home, machine, ["amd64"], print, [base])
    (image,) = (one for one in STAND_INS if one.base == base)
    facts.write(home, machine, tmp_path / "facts", [image])
    project = copytree(EXAMPLES / "fastapi", tmp_path / "fastapi", ignore=WRITTEN)
    ended = leanscaffold(
        *("verify", str(project), "--target", "amd64", "--python", "3.13", "--base", base),
        *("--registry", f"distroless={machine.registry}", "--knowledge", str(tmp_path / "facts")),
        *(("--ca", str(certificates)) if certificates else ()),
        *("--offline", "--quick", "--json"),
        env=environment(machine, tmp_path),
    )
    (report,) = ended.document()["reports"]
    checks = {one["code"]: one for one in report["checks"]}
    failing = {code for code, one in checks.items() if one["status"] not in {"passed", "left-out"}}
    assert failing == set(), ended.err
    assert ended.code == 0, ended.err
    size = checks["size"]["figures"]
    assert size["on_disk_bytes"] == pytest.approx(size["predicted_on_disk_bytes"], rel=0.02)
    assert size["download_bytes"] == pytest.approx(size["predicted_download_bytes"], rel=0.08)
    assert size["trimmed_bytes"] > 50_000  # as everywhere
