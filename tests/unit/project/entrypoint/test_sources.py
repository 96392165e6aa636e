"""Sources written oddly are read to the end: no value is followed for ever."""

import gc
from pathlib import Path

import pytest

from scaffold.project.entrypoint.source_facts import SourceFacts, read_sources
from tests.support.folders import write


def read_main(root: Path, text: str) -> SourceFacts:
    write(root, {"main.py": text})
    return read_sources(root, files=["main.py"])


def programs(facts: SourceFacts) -> list[str]:
    return [use.value for use in facts.uses if use.code == "runs-program"]


@pytest.mark.parametrize(
    "text",
    [
        "import subprocess\nx = [x]\nsubprocess.run(x)\n",
        "import subprocess\nfor c in 'ab':\n    c = c + 'b'\n    subprocess.run(c)\n",
    ],
)
def test_a_name_that_is_made_of_itself_is_an_unknown_program(tmp_path: Path, text: str) -> None:
    assert programs(read_main(tmp_path, text)) == [""]


def test_a_loop_variable_is_no_known_program(tmp_path: Path) -> None:
    text = "import subprocess\nc = 'ls'\nfor c in names():\n    subprocess.run([c])\n"
    assert programs(read_main(tmp_path, text)) == [""]


def test_a_very_long_sum_is_read_from_its_left_end(tmp_path: Path) -> None:
    text = f"import subprocess\nsubprocess.run('ffmpeg' {'+ x ' * 500})\n"
    assert programs(read_main(tmp_path, text)) == ["ffmpeg"]


def test_a_status_page_is_a_health_path(tmp_path: Path) -> None:
    facts = read_main(
        tmp_path,
        """
        from flask import Flask
        app = Flask(__name__)
        @app.get("/")
        def home(): return ""
        @app.get("/status")
        def status(): return ""
        """,
    )
    assert facts.health is not None
    assert (facts.health.value, facts.health.origin.line) == ("/status", 5)


def test_the_garbage_collector_looks_at_no_trees_and_is_left_as_it_was(tmp_path: Path) -> None:
    looks = list[str]()

    def look(phase: str, _: object) -> None:
        looks.append(phase)

    gc.callbacks.append(look)
    try:
        read_main(tmp_path, "x = [1, 2, f(3)]\n" * 5000)
    finally:
        gc.callbacks.remove(look)
    assert looks.count("start") < 5
    assert gc.isenabled()
    gc.disable()
    try:
        read_main(tmp_path, "x = 1\n")
        assert not gc.isenabled()
    finally:
        gc.enable()
