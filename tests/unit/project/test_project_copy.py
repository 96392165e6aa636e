"""Copies of projects to build from."""

import os
import stat
from pathlib import Path

from scaffold.project.project_copy import copy_project


def test_a_copy_of_a_read_only_project_can_be_written_to(tmp_path: Path) -> None:
    project = tmp_path / "app"
    (project / "data").mkdir(parents=True)
    (project / "main.py").write_text("")
    for folder in (project / "data", project):
        folder.chmod(0o555)
    copy = tmp_path / "copy"
    try:
        copy_project(project, copy)
        modes = [stat.S_IMODE(one.stat().st_mode) for one in (copy, copy / "data")]
        assert modes == [0o755, 0o755]
        assert (copy / "main.py").is_file()
    finally:
        project.chmod(0o755)


def test_pipes_and_environments_stay_out_of_a_copy(tmp_path: Path) -> None:
    project = tmp_path / "app"
    (project / ".venv").mkdir(parents=True)
    os.mkfifo(project / "queue")
    (project / "link").symlink_to("nowhere")
    copy_project(project, tmp_path / "copy")
    assert [one.name for one in (tmp_path / "copy").iterdir()] == ["link"]
