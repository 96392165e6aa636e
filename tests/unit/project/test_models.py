"""Heavy files that are no sources: which they are, what they compress to, and their layer."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from scaffold.model.project import HeavyFile
from scaffold.planner.layer_plan import price_layers
from scaffold.project.project_files import find_heavy
from tests.support.builders import make_project, make_size
from tests.support.dockerfiles import dockerfile, simple_plan

MB = 1_000_000


@pytest.mark.parametrize(
    ("path", "size", "heavy"),
    [
        ("models/net.onnx", 2 * MB, True),
        ("models/NET.TFLITE", 2 * MB, True),
        ("models/tiny.onnx", 20_000, False),
        ("data/places.sqlite3", 3 * MB, True),
        ("words.unheard", 3 * MB, False),
        ("words.unheard", 9 * MB, True),
        ("app/tables.py", 20 * MB, False),
        ("static/bundle.js", 20 * MB, False),
    ],
)
def test_a_file_is_heavy_by_its_size_and_kind(
    tmp_path: Path,
    path: str,
    size: int,
    heavy: bool,  # noqa: FBT001
) -> None:
    assert [one.path for one in find_heavy(tmp_path, [(path, size)])] == [path] * heavy


@pytest.mark.parametrize("texts", [0, 12 * MB, 20 * MB])
def test_what_a_heavy_file_compresses_to_is_read_from_all_over_it(
    tmp_path: Path, texts: int
) -> None:
    content = b"\0" * texts + os.urandom(20 * MB - texts)
    (tmp_path / "a.bin").write_bytes(content)
    (found,) = find_heavy(tmp_path, [("a.bin", len(content))])
    assert abs(found.compressed - (20 * MB - texts)) < 0.08 * 20 * MB


def test_an_edit_of_the_sources_pulls_no_model() -> None:
    size = make_size()
    parts = (("application", 61 * MB, 56 * MB),)
    size = replace(size, parts=parts, packages=(), models=(60 * MB, 55 * MB))
    layers = {one.name: one.download for one in price_layers(size, ())}
    assert (layers["models"], layers["application"]) == (55 * MB, 1 * MB)


@pytest.mark.parametrize("paths", [(), ("models/a b.onnx",)])
def test_models_are_copied_below_the_sources(paths: tuple[str, ...]) -> None:
    models = tuple(HeavyFile(path=path, size=MB, compressed=MB) for path in paths)
    plan = simple_plan(project=make_project(models=models))
    copies = [one.rest for one in dockerfile(plan) if one.word == "COPY"][-2:]
    assert ("--from=app /models/ /" in copies) is bool(paths)
    assert copies[-1] == "--from=app /out/ /"
