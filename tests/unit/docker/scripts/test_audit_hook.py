"""What an interpreter opens is noted by the hook that it imports first."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scaffold.docker.containers import read_script

APP = """
import json, sqlite3, sys
print(open({read!r}).read())
open({written!r}, "w").close()
"""


def run(folder: Path, code: str, *more: Path) -> subprocess.CompletedProcess[str]:
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(read_script("audit_hook.py"))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (folder, *more)))}
    return subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs Linux")
def test_files_that_are_read_and_libraries_that_are_loaded_are_noted_and_nothing_is_said(
    tmp_path: Path,
) -> None:
    read, written = tmp_path / "näme\udcff.txt", tmp_path / "written"
    read.write_text("hello")
    folder = tmp_path / "hook"
    done = run(folder, APP.format(read=str(read), written=str(written)))
    assert (done.stdout, done.stderr, done.returncode) == ("hello\n", "", 0)
    noted = (folder / "log").read_text("utf-8", "surrogateescape").split("\n")
    assert len(noted) == len(set(noted))
    assert str(read) in noted
    assert str(written) not in noted
    assert os.path.realpath(sys.executable) in noted
    for part in ("/json/", "/encodings/", "_sqlite3"):
        assert any(part in path for path in noted)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs Linux")
def test_a_sitecustomize_of_the_images_own_is_imported_as_well(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "sitecustomize.py").write_text("WORD = 'own'\n")
    done = run(tmp_path / "hook", "import sitecustomize; print(sitecustomize.WORD)", own)
    assert (done.stdout, done.stderr) == ("own\n", "")
