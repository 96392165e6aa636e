"""What version control says of a project: when it was last committed, and its version."""

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from packaging.version import InvalidVersion, Version

from scaffold.project.git_client import run_git

# buildx hands it to the build (reproducible-builds.org, "SOURCE_DATE_EPOCH").
EPOCH = "SOURCE_DATE_EPOCH"
# What the Dockerfile of a package with a version from version control asks for.
VERSION = "PACKAGE_VERSION"
_DESCRIBED = re.compile(r"[^0-9]*([0-9].*)-([0-9]+)-g([0-9a-f]+)")
_PATIENCE = 10.0  # seconds; a network drive may think


def dated(
    environ: Mapping[str, str], folder: Path, commit_time: Callable[[Path], str]
) -> Mapping[str, str]:
    """Return the environment of a build: with the time of the last commit, unless it has one."""
    seconds = environ.get(EPOCH) or commit_time(folder)
    return {**environ, EPOCH: seconds} if seconds else environ


def versioned(
    environ: Mapping[str, str], folder: Path, tagged_version: Callable[[Path], str]
) -> Mapping[str, str]:
    """Return the environment of a build: with the version that tags give, unless it has one."""
    version = environ.get(VERSION) or tagged_version(folder)
    return {**environ, VERSION: version} if version else environ


def read_tagged_version(folder: Path) -> str:
    """Return the version after the last tag, as setuptools-scm counts by default.

    At the tag it is the tag's own, n commits later the next one's n-th development version. Empty
    where there is no git, no tag, or none that is a version.
    """
    found = _DESCRIBED.fullmatch(_git(folder, "describe", "--tags", "--long", "--match=*[0-9]*"))
    try:
        version = Version(found[1]) if found else None
    except InvalidVersion:
        return ""
    if found is None or version is None:
        return ""
    if found[2] == "0":
        return str(version)
    *first, last = version.release
    if version.pre is not None:
        kind, number = version.pre
        bumped = f"{version.base_version}{kind}{number + 1}"
    else:
        bumped = ".".join(map(str, (*first, last + 1)))
    return f"{bumped}.dev{found[2]}+g{found[3]}"


def read_commit_time(folder: Path) -> str:
    """Return when anything in a folder was last committed, in seconds of Unix time.

    Empty where there is no git, or no commit.
    """
    found = _git(folder, "log", "-1", "--format=%ct", "--", ".")
    return found if found.isdigit() else ""


def _git(folder: Path, *words: str) -> str:
    """Return what git says, empty where it cannot say it."""
    try:
        done = run_git(words, folder, os.environ, patience=_PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
