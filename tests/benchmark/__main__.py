"""Time ``leanscaffold plan`` beside ``uv pip compile`` on the same set, cold and warm.

    python -m tests.benchmark [requirements…]      default: fastapi uvicorn pandas

Prints seconds (median of three) and peak memory. Needs the index; not part of the tests.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import uv

RUNS = 3
ROOT = Path(__file__).resolve().parents[2]


def measure(command: list[str], env: dict[str, str]) -> float:
    """Return the wall seconds of one run; a failure ends the benchmark."""
    begun = time.perf_counter()
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode not in {0, 3}:
        sys.exit(f"{command[0]} failed:\n{done.stderr}")
    return time.perf_counter() - begun


def median(command: list[str], env: dict[str, str], *, cold: Path | None) -> float:
    """Return the median of several runs, each with its cache removed before if ``cold``."""
    seconds = []
    for _ in range(RUNS):
        if cold is not None:
            shutil.rmtree(cold, ignore_errors=True)
        seconds.append(measure(command, env))
    return statistics.median(seconds)


def main() -> None:
    """Run and print the table."""
    wanted = sys.argv[1:] or ["fastapi", "uvicorn", "pandas"]
    tool = str(Path(sys.executable).with_name("leanscaffold"))
    with tempfile.TemporaryDirectory() as folder:
        project, cache = Path(folder, "project"), Path(folder, "cache")
        project.mkdir()
        (project / "requirements.txt").write_text("\n".join(wanted) + "\n")
        (project / "main.py").write_text("print('hello')\n")
        env = {**os.environ, "LEANSCAFFOLD_CACHE_DIR": str(cache), "UV_CACHE_DIR": str(cache)}
        plan = [tool, "plan", str(project), "--target", "arm64", "--quiet"]
        compile_ = [uv.find_uv_bin(), "pip", "compile", str(project / "requirements.txt"), "-q"]
        compile_ += ["--only-binary", ":all:", "--python-version", "3.13"]
        compile_ += ["--python-platform", "aarch64-manylinux_2_40"]
        rows = [
            ("leanscaffold plan, cold", median(plan, env, cold=cache)),
            ("uv pip compile, cold", median(compile_, env, cold=cache)),
            ("leanscaffold plan, warm", median(plan, env, cold=None)),
            ("uv pip compile, warm", median(compile_, env, cold=None)),
        ]
        paper = [tool, "plan", str(ROOT / "examples/paper"), "--target", "arm64", "--offline", "-q"]
        rows.append(("the paper's project, offline", median(paper, env, cold=None)))
        rows.append(("--help", median([tool, "--help"], env, cold=None)))
    for label, seconds in rows:
        print(f"{label:32} {seconds:6.2f} s")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{'peak memory of any run':32} {peak:6.0f} MB")


main()
