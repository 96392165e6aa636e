"""Model files that the sources name and nothing brings."""

from pathlib import Path

import pytest

from scaffold.project.entrypoint.source_facts import read_sources
from tests.support.folders import write


def lacking(root: Path, files: dict[str, str]) -> list[str]:
    write(root, files)
    found = read_sources(root, files=sorted(files)).uses
    return [f"{use.origin} {use.value}" for use in found if use.code == "names-model"]


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("import joblib\nm = joblib.load('model.pkl')\n", "2 model.pkl"),
        ("import os, x\nx.Net(os.getenv('M', 'models/q4.gguf'))\n", "2 models/q4.gguf"),
        ("PATH = 'weights/a.onnx'\nimport onnxruntime\nonnxruntime.f(PATH)\n", "1 weights/a.onnx"),
        ("from pathlib import Path\nprint(Path('m') / 'a.tflite')\n", "2 a.tflite"),
        ("import argparse\nargparse.A().add_argument('--m', default='a.hef')\n", "2 a.hef"),
    ],
)
def test_a_model_that_the_project_lacks_is_found(tmp_path: Path, source: str, named: str) -> None:
    assert lacking(tmp_path, {"main.py": source}) == [f"main.py:{named}"]


@pytest.mark.parametrize(
    "source",
    [
        "import hub\nhub.hf_hub_download('a/b', 'model.onnx')\n",
        "URL = 'https://example.org/v1/model.onnx'\nload('model.onnx')\n",
        "import joblib\njoblib.dump(1, 'model.pkl')\nload('model.pkl')\n",
        "PATH = 'best.pt'\nimport torch\ntorch.save(1, PATH)\nload(PATH)\n",
        "print([n for n in names if n.endswith('x.onnx')])\n",
        "raise SystemExit('give a model, as model.onnx is')\n",
        "load('path/to/model.onnx')\n",
        "import os, pathlib as p\nm = os.getenv('M', 'a.onnx')\nx = p.Path(m).is_file() and f(m)\n",
        "import os\nM = 'a.onnx'\nif os.path.exists(M):\n    load(M)\n",
    ],
)
def test_what_is_downloaded_written_or_only_spoken_of_is_none(tmp_path: Path, source: str) -> None:
    assert lacking(tmp_path, {"main.py": source}) == []


def test_a_file_of_the_project_is_there_wherever_it_lies(tmp_path: Path) -> None:
    files = {"main.py": "load('model.onnx')\n", "data/model.onnx": ""}
    assert lacking(tmp_path, files) == []


def test_a_bare_name_counts_in_the_file_that_is_started_only(tmp_path: Path) -> None:
    files = {"main.py": "import hub\nhub.run()\n", "hub.py": "A = 'a.onnx'\nB = 'models/b.onnx'\n"}
    assert lacking(tmp_path, files) == ["hub.py:2 models/b.onnx"]


def test_a_command_that_names_another_file_needs_no_default(tmp_path: Path) -> None:
    source = (
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--m', default='a.hef')\n"
    )
    files = {"main.py": source, "Procfile": "worker: python main.py --m /models/b.hef\n"}
    assert lacking(tmp_path, files) == []
