"""The example that detects objects, in its image: the model's libraries are all that it needs."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from tests.engine.engine import Engine
from tests.engine.leanscaffold import environment, leanscaffold
from tools import WRITTEN

pytestmark = [pytest.mark.engine, pytest.mark.online]

ROOT = Path(__file__).parents[2]
LIBRARIES = (
    "import onnxruntime, pathlib;"
    "print(*(p.name for p in pathlib.Path(onnxruntime.__file__).parent.rglob('*.so*')))"
)


@pytest.mark.parametrize("arch", ["amd64", "arm64"])
def test_the_example_finds_in_its_image_what_is_in_the_frame(
    arch: str, bases: Callable[..., Engine], certificates: Path | None, tmp_path: Path
) -> None:
    engine, tag = bases(arch), f"leanscaffold-test-yolo-{uuid4().hex[:8]}"
    project = tmp_path / "yolo"
    shutil.copytree(ROOT / "examples" / "yolo", project, ignore=WRITTEN)
    trust = ("--ca", str(certificates)) if certificates else ()
    words = ("--target", arch, "--python", "3.13", "--tag", tag, "--quiet", *trust)
    try:
        built = leanscaffold("build", str(project), *words, env=environment(engine, tmp_path))
        assert built.code == 0, built.err
        run = ("run", "--rm", "--read-only", "--network=none", f"--platform=linux/{arch}")
        found = json.loads(engine.docker(*run, tag))["found"]
        libraries = engine.docker(*run, "--entrypoint=python", tag, "-c", LIBRARIES).split()
    finally:
        engine.docker("rmi", "--force", tag)
    assert [one["name"] for one in found][:2] == ["red", "blue"]
    assert found[0]["box"] == [64, 96, 256, 288]
    assert sorted(name.partition(".")[0] for name in libraries) == [
        "libonnxruntime_providers_shared",
        "onnxruntime_pybind11_state",
    ]
