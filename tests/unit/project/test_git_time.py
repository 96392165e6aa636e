"""When a project was last committed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scaffold.project.git_time import EPOCH, dated, read_commit_time

AT = "1700000000"


def commit(folder: Path, name: str, at: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("x")
    who = {
        f"GIT_{role}_{what}": "a@b"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    when = {f"GIT_{role}_DATE": f"@{at} +0000" for role in ("AUTHOR", "COMMITTER")}
    for words in (("add", "."), ("commit", "--quiet", "--message", name)):
        env = {**os.environ, **who, **when, "GIT_CONFIG_GLOBAL": os.devnull}
        subprocess.run(["git", "-C", str(folder), *words], env=env, check=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="no git")
def test_only_commits_of_the_projects_own_folder_count(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    assert read_commit_time(tmp_path) == ""
    commit(tmp_path, "app/main.py", AT)
    commit(tmp_path, "other/main.py", "1800000000")
    assert read_commit_time(tmp_path / "app") == AT
    assert read_commit_time(tmp_path) == "1800000000"


def test_outside_of_a_repository_there_is_no_time(tmp_path: Path) -> None:
    assert read_commit_time(tmp_path / "nowhere") == ""


def test_a_time_that_is_set_is_left_alone(tmp_path: Path) -> None:
    assert dated({"A": "b"}, tmp_path, lambda _: AT) == {"A": "b", EPOCH: AT}
    assert dated({EPOCH: "7"}, tmp_path, lambda _: AT) == {EPOCH: "7"}
    assert dated({"A": "b"}, tmp_path, lambda _: "") == {"A": "b"}
