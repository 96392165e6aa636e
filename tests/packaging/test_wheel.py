"""The wheel holds exactly what git knows of the package, its templates and its knowledge."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("scaffold", "templates", "knowledge", "docs/schemas")


def tracked() -> set[str]:
    """Return the tracked files of the shipped folders."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = subprocess.run(
        [git, "ls-files", *SHIPPED], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return set(listing.stdout.split())


def installed_name(name: str) -> str:
    """Return where the wheel puts a file of the checkout."""
    top = PurePosixPath(name).parts[0]
    return name if top == "scaffold" else f"scaffold/_data/{name.removeprefix('docs/')}"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the checkout, without the network."""
    into = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(into)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = into.glob("*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_holds_every_tracked_file_and_nothing_else(wheel: Path) -> None:
    expected = {installed_name(name) for name in tracked()}
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert found == expected
    for folder in ("templates", "knowledge", "schemas"):
        assert any(name.startswith(f"scaffold/_data/{folder}/") for name in found)


@pytest.mark.slow
def test_the_wheel_stays_small(wheel: Path) -> None:
    assert wheel.stat().st_size < 4_000_000
    with zipfile.ZipFile(wheel) as archive:
        snapshots = sum(i.compress_size for i in archive.infolist() if "/snapshots/" in i.filename)
    assert snapshots <= 3_000_000


@pytest.mark.slow
def test_an_installed_wheel_finds_its_data_outside_the_checkout(
    wheel: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = "from scaffold.catalog.resources import root; print(root())"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert Path(done.stdout.strip()) == tmp_path / "scaffold" / "_data"
