"""What version control says of a project."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scaffold.project.source_clients import (
    EPOCH,
    VERSION,
    dated,
    read_commit_time,
    read_tagged_version,
    versioned,
)

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


@pytest.mark.skipif(shutil.which("git") is None, reason="no git")
def test_a_version_is_that_of_the_last_tag_or_a_development_one_after_it(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)

    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    commit(tmp_path, "app/main.py", AT)
    assert read_tagged_version(tmp_path) == ""
    git("tag", "nightly-1")
    assert read_tagged_version(tmp_path) == "1"
    commit(tmp_path, "app/more.py", AT)
    git("tag", "v1.4.0")
    assert read_tagged_version(tmp_path / "app") == "1.4.0"
    commit(tmp_path, "app/other.py", AT)
    assert read_tagged_version(tmp_path).startswith("1.4.1.dev1+g")
    commit(tmp_path, "app/last.py", AT)
    git("tag", "v2.0rc1")
    commit(tmp_path, "app/late.py", AT)
    assert read_tagged_version(tmp_path).startswith("2.0rc2.dev1+g")
    git("tag", "20-is-no-version")
    assert read_tagged_version(tmp_path) == ""


def test_a_version_that_is_set_is_left_alone(tmp_path: Path) -> None:
    assert versioned({"A": "b"}, tmp_path, lambda _: "1.0") == {"A": "b", VERSION: "1.0"}
    assert versioned({VERSION: "7"}, tmp_path, lambda _: "1.0") == {VERSION: "7"}
    assert versioned({"A": "b"}, tmp_path, lambda _: "") == {"A": "b"}


@pytest.mark.skipif(shutil.which("git") is None, reason="no git")
def test_no_program_that_a_checkouts_own_settings_name_is_run(tmp_path: Path) -> None:
    folder, ran = tmp_path / "checkout", tmp_path / "ran"
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    commit(folder, "main.py", AT)
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho $0 >> {ran}\nexit 0\n")
    program.chmod(0o755)

    def git(*words: str, text: str = "") -> str:
        argv = ["git", "-C", str(folder), *words]
        done = subprocess.run(argv, input=text, capture_output=True, text=True, check=True)
        return done.stdout

    # A signature, so that showing it would start the program that checks it.
    plain = git("cat-file", "commit", "HEAD")
    head, _, message = plain.partition("\n\n")
    armour = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----"
    words = ("hash-object", "-t", "commit", "-w", "--stdin")
    signed = git(*words, text=f"{head}\n{armour}\n\n{message}").strip()
    git("update-ref", "HEAD", signed)
    git("tag", "1.0")
    for name in ("core.fsmonitor", "gpg.program", "core.pager", "core.sshCommand", "diff.external"):
        git("config", name, str(program))
    git("config", "log.showSignature", "true")
    git("config", "core.alternateRefsCommand", str(program))
    assert read_commit_time(folder) == AT
    assert read_tagged_version(folder) == "1.0"
    assert not ran.exists()
    subprocess.run(["git", "-C", str(folder), "log", "-1"], capture_output=True, check=True)
    assert ran.exists()
