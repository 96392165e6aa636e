"""When a project was last committed: the time that its files have in an image."""

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

# buildx hands it to the build (reproducible-builds.org, "SOURCE_DATE_EPOCH").
EPOCH = "SOURCE_DATE_EPOCH"
_PATIENCE = 10.0  # seconds; a network drive may think


def dated(
    environ: Mapping[str, str], folder: Path, commit_time: Callable[[Path], str]
) -> Mapping[str, str]:
    """Return the environment of a build: with the time of the last commit, unless it has one."""
    seconds = environ.get(EPOCH) or commit_time(folder)
    return {**environ, EPOCH: seconds} if seconds else environ


def read_commit_time(folder: Path) -> str:
    """Return when anything in a folder was last committed, in seconds of Unix time.

    Empty where there is no git, or no commit.
    """
    argv = ["git", "-C", str(folder), "log", "-1", "--format=%ct", "--", "."]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, the folder is one word of it
            argv, capture_output=True, text=True, check=False, timeout=_PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = done.stdout.strip()
    return found if done.returncode == 0 and found.isdigit() else ""
