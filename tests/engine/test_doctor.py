"""``leanscaffold doctor`` on a machine with a real engine, and with the way to it lost."""

from pathlib import Path

import pytest

from tests.engine.engine import Engine
from tests.engine.leanscaffold import environment, leanscaffold

pytestmark = [pytest.mark.engine, pytest.mark.online]


def test_an_engine_is_found_with_its_builder(engine: Engine, tmp_path: Path) -> None:
    ended = leanscaffold("doctor", str(tmp_path), "--json", env=environment(engine, tmp_path))
    findings = ended.document()["findings"]
    health = {one["part"]: one["health"] for one in findings}
    assert (health["engine"], health["buildx"]) == ("well", "well")
    assert health["emulation"] in {"well", "weak"}


def test_a_lost_engine_is_broken_and_the_rest_is_told(engine: Engine, tmp_path: Path) -> None:
    env = {**environment(engine, tmp_path), "DOCKER_HOST": "unix:///nowhere/docker.sock"}
    ended = leanscaffold("doctor", str(tmp_path), "--json", env=env)
    assert ended.code == 1
    findings = {one["part"]: one for one in ended.document()["findings"]}
    assert findings["engine"]["health"] == "broken"
    assert findings["engine"]["remedy"]
    assert findings["buildx"]["health"] == "well"
    assert findings["emulation"]["health"] == "untried"
