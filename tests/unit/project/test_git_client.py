"""Repositories are fetched with git, without anything of them being run."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scaffold.project.repositories import Address, FetchError
from scaffold.project.source_clients import fetch_repository

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git")


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main")
    argv = ["git", *who, *words]
    return subprocess.run(argv, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet")
    for version in ("1", "2"):
        (folder / "version.txt").write_text(version)
        (folder / "link").unlink(missing_ok=True)
        (folder / "link").symlink_to("/etc/hostname")
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "--message", version)
        git(folder, "tag", f"v{version}")
    git(folder, "branch", "old", "v1")
    return folder


@pytest.mark.parametrize(
    ("revision", "version"), [("", "2"), ("v1", "1"), ("old", "1"), ("v2", "2")]
)
def test_a_tag_a_branch_or_nothing_gives_a_commit(
    repository: Path, tmp_path: Path, revision: str, version: str
) -> None:
    address = Address(repository=repository.as_uri(), revision=revision)
    found = fetch_repository(address, cache=tmp_path / "cache", environ=os.environ)
    assert found.commit == git(repository, "rev-parse", f"v{version}").strip()
    assert (found.folder / "version.txt").read_text() == version
    assert not (found.folder / "link").is_symlink()
    assert not (found.folder / ".git").exists()


def test_a_commit_that_was_fetched_is_not_asked_for_again(repository: Path, tmp_path: Path) -> None:
    commit = git(repository, "rev-parse", "v1").strip()
    address = Address(repository=repository.as_uri(), revision=commit)
    first = fetch_repository(address, cache=tmp_path / "cache", environ=os.environ)
    shutil.rmtree(repository)
    assert fetch_repository(address, cache=tmp_path / "cache", environ=os.environ) == first


@pytest.mark.parametrize("revision", ["v9", "--upload-pack=x"])
def test_a_revision_that_is_not_there_is_told(
    repository: Path, tmp_path: Path, revision: str
) -> None:
    address = Address(repository=repository.as_uri(), revision=revision)
    with pytest.raises(FetchError, match="it has no branch, tag or commit"):
        fetch_repository(address, cache=tmp_path / "cache", environ=os.environ)


def test_a_repository_that_is_not_there_is_told_in_the_words_of_git(tmp_path: Path) -> None:
    address = Address(repository=(tmp_path / "nowhere").as_uri())
    with pytest.raises(FetchError, match=r"does not (appear to be a git repository|exist)"):
        fetch_repository(address, cache=tmp_path / "cache", environ=os.environ)
    assert list((tmp_path / "cache" / "git").glob("*/*")) == []


def test_no_helper_program_is_started_for_an_address(tmp_path: Path) -> None:
    made = tmp_path / "made"
    address = Address(repository=f"ext::sh -c 'touch {made}'")
    with pytest.raises(FetchError):
        fetch_repository(address, cache=tmp_path / "cache", environ=os.environ)
    assert not made.exists()


def test_without_git_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="git is not installed"):
        fetch_repository(Address(repository="https://h/x"), cache=tmp_path, environ={"PATH": ""})
