"""A folder and a terminal in it, once narrow and once wide."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.screen import Screen

SIZES = [(80, 24), (200, 50)]


@pytest.fixture
def place() -> Iterator[Path]:
    """Give a folder with a short path: that of a socket may have about a hundred letters."""
    with tempfile.TemporaryDirectory(prefix="ls-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def variables(place: Path) -> dict[str, str]:
    """Return the environment of somebody whose home is ``place``."""
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(place),
        "PYTHONPATH": str(Path(__file__).parents[2]),  # this code, whatever is installed
        "XDG_STATE_HOME": str(place / "state"),
        "LEANSCAFFOLD_CACHE_DIR": str(place / "cache"),
        "LEANSCAFFOLD_OFFLINE": "1",
    }


@pytest.fixture(params=SIZES, ids=lambda size: "{}x{}".format(*size))
def screen(place: Path, request: pytest.FixtureRequest) -> Iterator[Screen]:
    columns, rows = request.param
    opened = Screen.open(place, columns=columns, rows=rows, env=variables(place))
    yield opened
    opened.close()
