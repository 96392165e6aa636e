"""Docker Compose, of the release that the engine is of; its plugin also runs on its own."""

from pathlib import Path

from tests.engine import apt
from tests.engine.home import Home, digest, whole
from tests.engine.programs import SUITE
from tests.engine.shell import run

PACKAGE = "docker-compose"


def fetch(home: Home) -> Path:
    """Return the program."""
    folder = home.programs / digest(SUITE, PACKAGE)
    if not folder.is_dir():
        (file,) = apt.download(home, SUITE, [PACKAGE])
        with whole(folder) as part:
            run(["dpkg-deb", "--extract", file, part])
        file.unlink()
    return folder / "usr/libexec/docker/cli-plugins/docker-compose"
