"""Containers that are labelled, limited, and gone at the end."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib import resources
from typing import TYPE_CHECKING, Any

from docker.errors import APIError, ImageNotFound

from scaffold.model.errors import EngineError
from scaffold.model.image import ImageConfig
from scaffold.model.run import RunSpec, TraceResult, TraceScenario

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container


LABEL = "leanscaffold.verify"
_PAUSE = 0.05
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
            raise EngineError(
                f"the engine has no image {trial.image}", hint="docker pull it first"
            ) from error
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
        time.sleep(_PAUSE)
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
        with _ignoring_engine():
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
    with _ignoring_engine():
        container.remove(force=True, v=True)


@contextmanager
def _ignoring_engine() -> Iterator[None]:
    """Let something be gone already."""
    with suppress(APIError):
        yield


_SLACK = 60.0
_COMMAND = 300.0  # seconds
_PER_REQUEST = 30.0
# What the kernel's tracer needs, and what becoming the image's user takes.
_CAPABILITIES = ["SYS_ADMIN", "SETUID", "SETGID", "KILL"]


def run_exercise(
    client: "DockerClient",
    mark: str,
    trial: RunSpec,
    exercise: TraceScenario,
    config: ImageConfig,
    *,
    tracer: str,
) -> TraceResult:
    """Run an exercise as an image's own user and return what was seen.

    ``tracer`` is ``any`` for the best there is, ``hook`` for the one that needs no rights, empty
    for none: then nothing runs as root.
    """
    # A command ends on its own; the app's own start without a port need only stay alive.
    patience = max(trial.patience, _COMMAND) if exercise.command else trial.patience
    order = {
        "argv": list(exercise.command or config.argv),
        "user": trial.user,
        "home": "HOME" in dict((*config.environment, *trial.environment)),
        "port": exercise.port,
        "health": exercise.health,
        "requests": [
            {
                "method": one.method,
                "path": one.path,
                "headers": [list(pair) for pair in one.headers],
                "body": list(one.body),
            }
            for one in exercise.requests
        ],
        "probe": list(trial.own_health) if exercise.port is not None else [],
        "patience": patience,
        "settle": trial.settle,
        "grace": trial.grace,
        "signal": config.stop_signal or "SIGTERM",
        "tracer": tracer,
        "hook": read_script("audit_hook.py"),
    }
    argv = [trial.interpreter, "-I", "-S", "-c", read_script("tracer.py"), json.dumps(order)]
    also: dict[str, Any] = {"cap_add": _CAPABILITIES} if tracer else {}
    as_root = replace(trial, user="0:0") if tracer else trial
    with temporary_container(client, mark, as_root, argv=argv, also=also) as container:
        if refused := start_container(container):
            return TraceResult(refused=refused)
        waiting = patience * 2 + trial.settle + trial.grace + _SLACK
        wait_end(container, waiting + _PER_REQUEST * len(exercise.requests))
        return _read(container)


def _read(container: "Container") -> TraceResult:
    text = container.logs(stdout=True, stderr=False).decode(errors="replace")
    log = container.logs(stdout=False, stderr=True, tail=60).decode(errors="replace")
    start = max(text.find("{"), 0)
    try:
        found = json.loads(text[start:])
    except ValueError:
        return TraceResult(refused=f"the tracer did not end well: {read_log(container)[-300:]}")
    return TraceResult(
        well=found["well"],
        ended=found["ended"],
        code=found["code"],
        answers=tuple(found["answers"]),
        files=tuple(found.get("files", ())),
        tracer=found.get("tracer", ""),
        complete=found.get("complete", True),
        python=found["python"],
        log=log,
    )
