from pathlib import Path

import pytest

from scaffold.project.reader import read_project
from tests.support.folders import write
from tests.support.source_folders import FASTAPI

LOCK = """
version = 1
[[package]]
name = "demo"
source = { virtual = "." }
dependencies = [{ name = "fastapi" }]
[[package]]
name = "fastapi"
version = "0.115.0"
source = { registry = "https://index.example/simple" }
dependencies = [{ name = "hypercorn" }]
[[package]]
name = "hypercorn"
version = "0.17.0"
source = { registry = "https://index.example/simple" }
"""


@pytest.mark.parametrize(
    ("line", "server"),
    [("fastapi[standard]", "uvicorn"), ("litestar[standard]", "uvicorn"), ("quart", "hypercorn")],
)
def test_a_server_that_comes_with_what_is_asked_for_counts(
    tmp_path: Path, line: str, server: str
) -> None:
    write(tmp_path, {"requirements.txt": f"{line}\n", "main.py": FASTAPI})
    start = read_project(tmp_path, environ={}).start
    assert start is not None
    assert server in start.value.command
    assert "has to be among" not in str(start.origin)


def test_a_server_that_the_lock_brings_counts(tmp_path: Path) -> None:
    pyproject = '[project]\nname = "demo"\ndependencies = ["fastapi"]\n'
    write(tmp_path, {"pyproject.toml": pyproject, "uv.lock": LOCK, "main.py": FASTAPI})
    start = read_project(tmp_path, environ={}).start
    assert start is not None
    assert "hypercorn" in start.value.command
