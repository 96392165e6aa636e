"""Running something in an image and noting which files it opens."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scaffold.docker.containers import (
    read_log,
    read_script,
    start_container,
    temporary_container,
    wait_end,
)
from scaffold.model.image import ImageConfig
from scaffold.model.run import RunSpec
from scaffold.model.trace import TraceResult, TraceScenario

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

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
