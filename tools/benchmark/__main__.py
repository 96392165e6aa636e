"""Time ``leanscaffold plan`` beside ``uv pip compile`` on the same set, cold and warm.

    python -m tools.benchmark [requirements…]      default: the paper's project

Prints the median seconds of several runs that alternate (on the wall, and of the processor, which
other work disturbs less), and the peak memory. Needs the index; not
part of the tests. Cold is an empty cache; the bundled snapshot is always there.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import uv

from tools import WRITTEN

RUNS = 5
ROOT = Path(__file__).resolve().parents[2]
PAPER = ROOT / "examples" / "paper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a command: seconds on the wall and on the processor, peak memory in MB."""

    seconds: float
    busy: float
    memory: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """A command to time; ``cold`` is the folder to remove before each run, if any."""

    label: str
    command: tuple[str, ...]
    cold: Path | None = None


def measure(command: tuple[str, ...], env: dict[str, str]) -> Run:
    """Run a command; a failure ends the benchmark."""
    with tempfile.TemporaryFile() as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in {0, 3}:
            errors.seek(0)
            sys.exit(f"{command[0]} failed:\n{errors.read().decode()}")
    busy = usage.ru_utime + usage.ru_stime
    return Run(seconds=seconds, busy=busy, memory=usage.ru_maxrss / 1024)


def race(contests: list[Contest], env: dict[str, str]) -> list[list[Run]]:
    """Return the runs of each command; they take turns, so that all meet the same noise."""
    runs: list[list[Run]] = [[] for _ in contests]
    for _ in range(RUNS):
        for contest, done in zip(contests, runs, strict=True):
            if contest.cold is not None:
                shutil.rmtree(contest.cold, ignore_errors=True)
            done.append(measure(contest.command, env))
    return runs


def list_contests(project: Path, ours: Path, theirs: Path) -> list[Contest]:
    """Return what is timed; the two folders are the caches."""
    tool = str(Path(sys.executable).with_name("leanscaffold"))
    plan = (tool, "plan", str(project), "--target", "arm64", "--quiet")
    compiling = (
        *(uv.find_uv_bin(), "pip", "compile", str(project / "requirements.txt"), "--quiet"),
        *("--only-binary", ":all:", "--python-version", "3.13", "--no-python-downloads"),
        *("--python-platform", "aarch64-manylinux_2_40"),
    )
    return [
        Contest(label="leanscaffold plan, cold", command=plan, cold=ours),
        Contest(label="uv pip compile, cold", command=compiling, cold=theirs),
        Contest(label="leanscaffold plan, warm", command=plan),
        Contest(label="uv pip compile, warm", command=compiling),
        Contest(
            label="the paper's project, offline",
            command=(tool, "plan", str(PAPER), "--target", "arm64", "--offline", "--quiet"),
            cold=ours,
        ),
        Contest(
            label="wheels tensorflow, offline", command=(tool, "wheels", "tensorflow", "--offline")
        ),
        Contest(label="--help", command=(tool, "--help")),
    ]


def main() -> None:
    """Run and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        project, ours, theirs = (Path(folder, name) for name in ("project", "ours", "theirs"))
        shutil.copytree(PAPER, project, ignore=WRITTEN)
        if sys.argv[1:]:
            (project / "requirements.txt").write_text("\n".join(sys.argv[1:]) + "\n")
        env = {**os.environ, "LEANSCAFFOLD_CACHE_DIR": str(ours), "UV_CACHE_DIR": str(theirs)}
        contests = list_contests(project, ours, theirs)
        runs = race(contests, env)
    for contest, done in zip(contests, runs, strict=True):
        seconds = statistics.median(run.seconds for run in done)
        busy = statistics.median(run.busy for run in done)
        memory = max(run.memory for run in done)
        print(f"{contest.label:32} {seconds:6.2f} s ({busy:5.2f} s busy) {memory:6.0f} MB")


if __name__ == "__main__":
    main()
