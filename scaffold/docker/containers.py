"""Containers that are made for a while, and leave nothing behind."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import resources
from typing import TYPE_CHECKING, Any

from docker.errors import APIError, ImageNotFound

from scaffold.docker.images import no_image
from scaffold.model.errors import EngineError
from scaffold.model.run import RunSpec

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container


LABEL = "leanscaffold.verify"
PAUSE = 0.05
_LOG_LINES = 60
_LOG_CHARACTERS = 8000


@contextmanager
def temporary_container(
    client: "DockerClient",
    mark: str,
    trial: RunSpec,
    *,
    argv: Sequence[str] = (),
    observing: bool = False,
    follow: str = "",
    beside: "Container | None" = None,
    also: Mapping[str, Any] | None = None,
) -> "Iterator[Container]":
    """Yield a container, not yet started, that is removed at the end; ``also`` are settings."""
    settings = _settings(mark, trial) | dict(also or {})
    if observing:
        order = {"do": "watch", "port": trial.port, "path": trial.health, "container": follow}
        argv = [trial.interpreter, "-c", read_script("observer.py"), json.dumps(order)]
        settings |= {
            "volumes": {"/sys/fs/cgroup": {"bind": "/run/cgroup", "mode": "ro"}},
            "network_mode": "bridge" if trial.network else "none",
            "read_only": True,
        }
    else:
        settings |= _limits(trial)
    if argv:
        settings |= {"entrypoint": list(argv[:1]), "command": list(argv[1:])}
    if beside is not None:
        settings["network_mode"] = f"container:{beside.id}"
    container: Container | None = None
    try:
        try:
            container = client.containers.create(trial.image, **settings)
        except ImageNotFound as error:
            raise no_image(trial.image) from error
        except APIError as error:
            raise EngineError(
                f"the engine makes no container: {error.explanation or error}",
                hint="`docker info` tells what it can do",
            ) from error
        yield container
    finally:
        if container is not None:
            _remove(container)


def start_container(container: "Container") -> str:
    """Start a container and return why the engine would not, empty if it did."""
    try:
        container.start()
    except APIError as error:
        return str(error.explanation or error)
    return ""


def wait_end(container: "Container", seconds: float) -> dict[str, Any]:
    """Wait until a container ends by itself, at most so long, and return its state."""
    end = time.monotonic() + seconds
    while (state := read_state(container))["Running"] and time.monotonic() < end:
        time.sleep(PAUSE)
    return state


def read_log(container: "Container") -> str:
    """Return the end of what a container wrote."""
    text = container.logs(tail=_LOG_LINES).decode(errors="replace")
    return str(text[-_LOG_CHARACTERS:])


def read_state(container: "Container") -> dict[str, Any]:
    """Return what the engine says of a container now."""
    container.reload()
    return dict(container.attrs["State"])


def remove_marked(client: "DockerClient", mark: str) -> None:
    """Remove all containers and volumes that carry a mark."""
    for container in client.containers.list(all=True, filters={"label": f"{LABEL}={mark}"}):
        _remove(container)
    for volume in client.volumes.list(filters={"label": f"{LABEL}={mark}"}):
        with suppress(APIError):  # it may be gone already
            volume.remove(force=True)


def _settings(mark: str, trial: RunSpec) -> dict[str, Any]:
    return {
        "platform": trial.arch.platform,
        "user": trial.user,
        "labels": {LABEL: mark},
        "environment": dict(trial.environment),
        "read_only": trial.read_only,
        "tmpfs": {folder: _mount(trial.user, folder) for folder in trial.writable},
        "network_mode": "bridge" if trial.network else "none",
        "security_opt": ["no-new-privileges"],
        "cap_add": list(trial.capabilities),
        **({"shm_size": trial.shared} if trial.shared else {}),
        # The image's own check would take part in the figures; it is tried once, at the end.
        "healthcheck": {"test": ["NONE"]},
    }


def _mount(user: str, folder: str) -> str:
    uid, _, gid = user.partition(":")
    if folder == "/tmp" or not uid.isdigit():  # noqa: S108 - a path inside the image
        return "mode=1777"
    return f"uid={uid},gid={gid or uid},mode=0755"


def _limits(trial: RunSpec) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if trial.memory is not None:
        found |= {"mem_limit": trial.memory, "memswap_limit": trial.memory}
    if trial.cpus is not None:
        found["nano_cpus"] = round(trial.cpus * 1e9)
    return found


def read_script(name: str) -> str:
    """Return the source of a script that runs inside an image."""
    return resources.files("scaffold.docker.scripts").joinpath(name).read_text(encoding="utf-8")


def _remove(container: "Container") -> None:
    with suppress(APIError):  # it may be gone already
        container.remove(force=True, v=True)
