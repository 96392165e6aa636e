"""python -m tools.benchmark.emulation: an arm64 image on an amd64 machine that emulates nothing.

Builds one project for amd64 and for arm64 in turns, each with an empty build cache and with the
same downloads at hand. While an arm64 image is built, the kernel's emulation of it is switched
off, which needs root and concerns the whole machine; it is switched on again whatever happens.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from scaffold.docker.buildx import stopped_by_signals

REGISTRATIONS = Path("/proc/sys/fs/binfmt_misc")
BOUND = 1.3
PACKAGES = ("numpy", "pandas", "opencv-python-headless", "onnxruntime")
TAG = "leanscaffold-benchmark-emulation"


@click.command()
@click.option("--rounds", default=2, show_default=True, help="Builds of each image that count.")
@click.option("--base", default="slim-trixie", show_default=True)
@click.option("--python", "version", default="3.13", show_default=True)
def main(rounds: int, base: str, version: str) -> None:
    """Print the times, and exit 1 if arm64 takes more than 1.3 times as long as amd64."""
    if platform.machine() != "x86_64" or os.geteuid() != 0:
        raise click.ClickException("needs root on amd64: arm64 is to be the foreign one")
    with tempfile.TemporaryDirectory() as folder, stopped_by_signals():
        project = make_project(Path(folder))
        generate = ("--target", "amd64", "--target", "arm64", "--base", base, "--python", version)
        fresh = ("--no-cache", "--target")
        times: dict[str, list[float]] = {"amd64": [], "arm64": []}
        build(project, TAG, *generate)  # fills the cache of downloads for both, pulls the base
        for _ in range(rounds):
            times["amd64"].append(build(project, f"{TAG}:amd64", *fresh, "amd64")["seconds"])
            with no_emulation():
                must_not_run()
                times["arm64"].append(build(project, f"{TAG}:arm64", *fresh, "arm64")["seconds"])
    # The least: other work on the machine only ever adds.
    amd64, arm64 = min(times["amd64"]), min(times["arm64"])
    for arch, seconds in times.items():
        click.echo(f"{arch}: {' '.join(f'{one:.1f}' for one in seconds)} s")
    click.echo(f"arm64 without emulation / amd64: {arm64 / amd64:.2f} (at most {BOUND})")
    subprocess.run(["docker", "rmi", "-f", *(f"{TAG}:{arch}" for arch in times)], check=False)
    raise SystemExit(int(arm64 > BOUND * amd64))


def make_project(folder: Path) -> Path:
    """Write a project that needs the packages."""
    (folder / "requirements.txt").write_text("".join(f"{name}\n" for name in PACKAGES))
    modules = ("numpy", "pandas", "cv2", "onnxruntime")
    (folder / "main.py").write_text("".join(f"import {name}\n" for name in modules))
    (folder / "Procfile").write_text("web: python main.py\n")
    return folder


def build(project: Path, tag: str, *words: str) -> dict[str, Any]:
    """Build, and return what leanscaffold says about it."""
    argv = (sys.executable, "-m", "scaffold", "build", str(project), "--tag", tag, *words)
    done = subprocess.run(
        [*argv, "--json", "--quiet"], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise click.ClickException(f"{tag} was not built")
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@contextmanager
def no_emulation() -> Iterator[None]:
    """Switch the kernel's registrations of arm64 off, and those that were on, on again."""
    names = [entry for entry in REGISTRATIONS.iterdir() if "aarch64" in entry.name]
    enabled = [entry for entry in names if entry.read_text().startswith("enabled")]
    try:
        for entry in enabled:
            entry.write_text("0")
        yield
    finally:
        for entry in enabled:
            entry.write_text("1")


def must_not_run() -> None:
    """Prove that the machine runs no arm64 program now."""
    done = subprocess.run(
        ["docker", "run", "--rm", "--platform", "linux/arm64", f"{TAG}:arm64", "python", "-V"],
        capture_output=True,
        text=True,
        check=False,
    )
    if "exec format error" not in done.stderr:
        raise click.ClickException(f"arm64 programs still run: {done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
