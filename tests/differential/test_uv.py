"""The same versions as uv, for the targets uv knows, from the same frozen pages."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import uv

from scaffold.model.index import Index
from scaffold.model.resolution import Resolution
from scaffold.model.target import Arch, Environment
from scaffold.resolver.cache import ResolutionRequest, ResolverCache
from scaffold.resolver.resolve import resolve
from tests.differential.frozen import open_frozen
from tests.differential.server import serve
from tests.support.worlds import ask, environment, musl

SETS = [
    line.split()
    for line in (Path(__file__).parent / "sets.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
PLATFORMS = {
    "x86_64-manylinux_2_40": environment("3.13", Arch.AMD64, "glibc", "2.40"),
    "aarch64-manylinux_2_36": environment("3.13", Arch.ARM64, "glibc", "2.36"),
    "x86_64-unknown-linux-musl": musl(Arch.AMD64),
    "aarch64-unknown-linux-musl": musl(Arch.ARM64, "3.12"),
    "riscv64-unknown-linux": environment("3.13", Arch.RISCV64, "glibc", "2.39"),
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return open_frozen(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def address(index: Index) -> Iterator[str]:
    with serve(index) as url:
        yield url


def compile_with_uv(
    requirements: list[str], platform: str, python: str, address: str
) -> dict[str, str] | None:
    """Return what uv pins, or None if it finds no resolution."""
    command = [uv.find_uv_bin(), "pip", "compile", "-", "--only-binary", ":all:", "--no-cache"]
    command += ["--python-version", python, "--python-platform", platform]
    command += ["--prerelease", "if-necessary-or-explicit", "--index-url", address, "--no-header"]
    command += [
        "--no-annotate",
        "--no-config",
        "--no-python-downloads",
        "--python",
        sys.executable,
        "--quiet",
    ]
    env = {key: value for key, value in os.environ.items() if not key.startswith("UV_")}
    done = subprocess.run(
        command,
        input="\n".join(requirements),
        capture_output=True,
        text=True,
        check=False,
        env={**env, "NO_PROXY": "127.0.0.1"},
    )
    assert done.returncode in {0, 1}, done.stderr
    if done.returncode == 1:
        return None
    pins = (line.split(" ")[0].partition("==") for line in done.stdout.splitlines() if line)
    return {name.partition("[")[0]: version for name, _, version in pins}


def compile_with_ours(
    requirements: list[str], where: Environment, index: Index
) -> dict[str, str] | None:
    found = resolve(
        ResolutionRequest(asked=ask(*requirements), sdists=False), where, ResolverCache(index)
    )
    if not isinstance(found, Resolution):
        return None
    return {pinned.name: pinned.version for pinned in found.packages}


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("requirements", SETS, ids=" ".join)
def test_ours_and_uv_pin_the_same_versions(
    requirements: list[str], platform: str, index: Index, address: str
) -> None:
    where = PLATFORMS[platform]
    ours = compile_with_ours(requirements, where, index)
    assert ours == compile_with_uv(requirements, platform, where.python, address)


def test_there_are_enough_sets() -> None:
    assert len(SETS) >= 40
