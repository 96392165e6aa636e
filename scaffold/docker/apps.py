"""An image's app, started, watched from beside it and stopped; and its modules, imported."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from scaffold.docker.containers import (
    PAUSE,
    read_log,
    read_script,
    read_state,
    start_container,
    temporary_container,
    wait_end,
)
from scaffold.model.errors import EngineError
from scaffold.model.image import ImageConfig
from scaffold.model.run import Importing, ImportTry, Run, RunSpec, TraceResult, TraceScenario

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


_READY = 120.0
_KILLED = 137


def run_app(client: "DockerClient", mark: str, trial: RunSpec) -> Run:
    """Run an image, watch its life, and remove all that was made and labelled with ``mark``."""
    with ExitStack() as stack:
        make = partial(temporary_container, client, mark, trial)
        # Of what serves nothing no network is shared, but its end takes its figures away.
        app = stack.enter_context(make()) if trial.port is None else None
        follow = str(app.id) if app else ""
        watcher = stack.enter_context(make(observing=True, follow=follow))
        watcher.start()
        _wait_ready(watcher)
        return _watch(trial, app or stack.enter_context(make(beside=watcher)), watcher)


def try_imports(
    client: "DockerClient",
    mark: str,
    trial: RunSpec,
    *,
    modules: Sequence[str],
    folders: Sequence[str],
    patience: float,
) -> Importing:
    """Import modules inside the image. ``patience`` is for each of them, in seconds."""
    if not modules:
        return Importing()
    order = {"modules": list(modules), "folders": list(folders), "patience": patience}
    argv = [trial.interpreter, "-c", read_script("importer.py"), json.dumps(order)]
    with temporary_container(client, mark, trial, argv=argv) as app:
        if refused := start_container(app):
            return Importing(broken=refused)
        state = wait_end(app, patience * (len(modules) + 1))
        tries = tuple(
            ImportTry(**json.loads(line))
            for line in app.logs(stdout=True, stderr=False).decode(errors="replace").splitlines()
            if line.startswith("{")
        )
        broken = "" if len(tries) == len(modules) else _why_unfinished(app, state)
        return Importing(tries=tries, broken=broken)


def _watch(trial: RunSpec, app: "Container", watcher: "Container") -> Run:
    if refused := start_container(app):
        return Run(refused=refused)
    seen = _wait_well(trial, app, watcher)
    if seen["well"] is not None or trial.port is None:
        wait_end(app, trial.settle if trial.port is not None else trial.patience)
    state = read_state(app)
    began = _seconds(state["StartedAt"])
    started = None if seen["well"] is None else max(0.0, seen["well"] - began)
    if not state["Running"]:
        return Run(
            start_seconds=started,
            answer=seen["answer"],
            ended=True,
            exit_code=state["ExitCode"],
            out_of_memory=bool(state["OOMKilled"]),
            peak_memory=max((one.get("peak", 0) for one in _findings(watcher)), default=0) or None,
            log=read_log(app),
            changes=_changes(app),
        )
    figures = _figures(trial, app, watcher)
    health = _own_health(trial, app) if started is not None or trial.port is None else None
    seconds = _stop(app, trial.grace)
    ended = read_state(app)
    return Run(
        start_seconds=started,
        answer=seen["answer"],
        exit_code=ended["ExitCode"],
        out_of_memory=bool(ended["OOMKilled"]),
        peak_memory=figures.get("peak") or None,
        stop_seconds=seconds,
        killed=ended["ExitCode"] == _KILLED,
        log=read_log(app),
        changes=_changes(app),
        listens=tuple(figures.get("listens", ())),
        own_health=health,
    )


def _wait_ready(watcher: "Container") -> None:
    end = time.monotonic() + _READY
    while time.monotonic() < end:
        if any("ready" in line for line in _findings(watcher)):
            return
        if not read_state(watcher)["Running"]:
            break
        time.sleep(PAUSE)
    raise _useless(read_log(watcher).strip())


def _useless(log: str) -> EngineError:
    """Return why the container that watches did not come up."""
    if "exec format error" in log:
        return EngineError(
            "this engine cannot run programs for the image's processor",
            hint="give it qemu (Docker's documentation, Multi-platform builds), or run on the "
            "device: --on ssh://user@device",
        )
    return EngineError(
        "the image's Python does not run",
        hint=f"what watches the app runs with it: {log[-300:] or 'it said nothing'}",
    )


def _wait_well(trial: RunSpec, app: "Container", watcher: "Container") -> dict[str, Any]:
    """Return when the app was first well (None if never) and its last answer."""
    seen: dict[str, Any] = {"well": None, "answer": ""}
    end = time.monotonic() + trial.patience
    while trial.port is not None and time.monotonic() < end:
        for line in _findings(watcher):
            seen |= {key: line[key] for key in ("well", "answer") if key in line}
        if seen["well"] is not None or not read_state(app)["Running"]:
            break
        time.sleep(PAUSE)
    return seen


def _figures(trial: RunSpec, app: "Container", watcher: "Container") -> dict[str, Any]:
    """Return what the watcher reads of the app from outside, or else the engine's own figure."""
    order = {"do": "read", "container": app.id, "port": trial.port}
    argv = [trial.interpreter, "-c", read_script("observer.py"), json.dumps(order)]
    answer: Any = watcher.exec_run(argv, stderr=False)
    text = answer.output.decode(errors="replace").strip()
    found = json.loads(text) if answer.exit_code == 0 and text.startswith("{") else {}
    if not found.get("peak"):
        stats: Any = app.stats(stream=False)
        found["peak"] = stats.get("memory_stats", {}).get("max_usage")
    return dict(found)


def _own_health(trial: RunSpec, app: "Container") -> int | None:
    """Return how the image's health check ends; a command gets time until it is well."""
    if not trial.own_health:
        return None
    end = time.monotonic() + (0 if trial.port is not None else trial.patience)
    while True:
        code = app.exec_run(list(trial.own_health)).exit_code
        if not code or time.monotonic() > end or not read_state(app)["Running"]:
            return None if code is None else int(code)
        time.sleep(PAUSE)


def _stop(app: "Container", grace: int) -> float:
    """Send the image's signal, after the grace period the last one; return how long it took."""
    client: Any = app.client
    before = client.api.timeout
    client.api.timeout = grace + before
    began = time.monotonic()
    try:
        app.stop(timeout=grace)
    finally:
        client.api.timeout = before
    return time.monotonic() - began


def _changes(app: "Container") -> tuple[str, ...]:
    """Return the paths added or changed in the container's own layer."""
    return tuple(sorted(str(change["Path"]) for change in app.diff() or ()))


def _findings(watcher: "Container") -> Iterator[dict[str, Any]]:
    for line in watcher.logs(stdout=True, stderr=False).decode(errors="replace").splitlines():
        with suppress(ValueError):
            found = json.loads(line)
            if isinstance(found, dict):
                yield found


def _seconds(stamp: str) -> float:
    """Return the seconds since 1970 of the engine's time stamps, which count nanoseconds."""
    head, _, rest = stamp.rstrip("Z").partition(".")
    whole = datetime.fromisoformat(f"{head}+00:00").timestamp()
    return whole + float(f"0.{rest or 0}")


def _why_unfinished(container: "Container", state: Mapping[str, Any]) -> str:
    if state["OOMKilled"]:
        return "the imports needed more memory than the limit"
    if state["Running"]:
        return "the imports did not end"
    last = read_log(container).strip().splitlines()[-1:]
    return f"the interpreter ended with code {state['ExitCode']}: {''.join(last)}"
