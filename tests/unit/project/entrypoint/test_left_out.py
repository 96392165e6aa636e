"""What starts is a file of the project that its ignore file leaves out."""

from pathlib import Path

import pytest

from scaffold.project.reader import read_project
from tests.support.folders import write

SCRIPT = (
    '[project]\nname = "meter"\nversion = "1"\n[project.scripts]\nmeter = "meter.cli:main"\n'
    '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
)
MAIN = "def main(): ...\n"


@pytest.mark.parametrize(
    ("files", "left_out"),
    [
        ({"pyproject.toml": SCRIPT, ".dockerignore": "**\n!dist/*.whl\n"}, "meter/cli.py"),
        ({"Procfile": "web: python meter/cli.py\n", ".dockerignore": "meter\n"}, "meter/cli.py"),
        ({"Procfile": "web: python -m meter.cli\n", ".dockerignore": "meter\n"}, "meter/cli.py"),
        ({"Procfile": "web: uvicorn meter.cli:app\n", ".dockerignore": "meter\n"}, "meter/cli.py"),
        ({"Procfile": "web: python run.py\n", ".dockerignore": "*.py\n", "run.py": MAIN}, "run.py"),
        # It is there, or is nobody's of the project.
        ({"pyproject.toml": SCRIPT, ".dockerignore": "dist\n"}, ""),
        ({"Procfile": "web: python -m http.server\n", ".dockerignore": "meter\n"}, ""),
    ],
)
def test_a_start_that_the_ignore_file_leaves_out_is_told(
    tmp_path: Path, files: dict[str, str], left_out: str
) -> None:
    given = {"requirements.txt": "uvicorn\n", "meter/__init__.py": "", "meter/cli.py": MAIN}
    project = read_project(write(tmp_path, {**given, **files}), environ={})
    notes = [one for one in project.notes if "the ignore file leaves out" in one]
    assert len(notes) == bool(left_out)
    assert left_out in "".join(notes)
