"""What this machine has: its engine, its builder, room on its disks."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from scaffold.docker import connect as connection
from scaffold.docker.build_errors import explain_failure
from scaffold.index.client import Http
from scaffold.index.configuration import IndexConfig
from scaffold.model.doctor import EngineFacts

_PAGE = "pip"  # every index that serves packages has it, or says that it has not


def find_engine(environ: Mapping[str, str] = os.environ) -> EngineFacts:
    """Return what the engine says of itself. Raises an EngineError."""
    where = str(connection.find_engine(None, environ).get("base_url", ""))
    with connection.connect(environ=environ) as client:
        info = client.info()
        local = not where or where.startswith(("unix://", "npipe://"))
        return EngineFacts(
            version=str(info.get("ServerVersion", "")),
            where=environ.get("DOCKER_HOST") or ("the local socket" if local else where),
            platform=f"{info.get('OSType', '')}/{info.get('Architecture', '')}",
            storage=str(info.get("DockerRootDir", "")) if local else "",
        )


def list_platforms(environ: Mapping[str, str] = os.environ) -> Sequence[str]:
    """Return the platforms that the current builder runs. Raises an EngineError or BuildError."""
    done = subprocess.run(
        ["docker", "buildx", "inspect"],  # noqa: S607 - the user's own docker
        env=dict(environ),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise explain_failure(done.stderr.splitlines(), None)
    lines = (line.partition(":") for line in done.stdout.splitlines())
    named = [rest for name, _, rest in lines if name.strip() == "Platforms"]
    return [platform.strip(" *") for rest in named for platform in rest.split(",")]


def fetch_page(config: IndexConfig, url: str) -> None:
    """Ask an index for a page, once. Raises TransientError or ConfigInvalidError."""
    Http(config, retries=0).get(f"{url.rstrip('/')}/{_PAGE}/")


def free_space(path: Path) -> int | None:
    """Return the bytes that are free at a path, None where it does not exist."""
    try:
        return shutil.disk_usage(path).free
    except OSError:
        return None
