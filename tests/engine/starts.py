"""How long images take to start: to the first answer, or to the end of a script."""

import http.client
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from tests.engine.engine import Engine

PATIENCE = 120.0
_PAUSE = 0.005


def quickest(
    engine: Engine, images: Sequence[str], *, port: int | None, path: str = "/health", runs: int = 5
) -> tuple[float, ...]:
    """Return the least seconds that each image took, of so many starts in turns.

    In turns, because a machine that is busy for a while should not be one image's bad luck.
    """
    times: dict[str, list[float]] = {image: [] for image in images}
    for _ in range(runs):
        for image in images:
            times[image].append(_start(engine, image, port, path))
    return tuple(min(times[image]) for image in images)


def _start(engine: Engine, image: str, port: int | None, path: str) -> float:
    network = () if port is not None else ("--network", "none")
    container = engine.docker(
        *("create", "--read-only", "--tmpfs", "/tmp", *network),  # noqa: S108 - in the image
        *("--no-healthcheck", image),
    ).strip()
    try:
        engine.docker("start", container)
        if port is None:
            code = engine.docker("wait", container).strip()
            if code != "0":
                raise AssertionError(
                    f"{image} ended with {code}: {engine.docker('logs', container)}"
                )
            state = _state(engine, container)
            return _seconds(state["FinishedAt"]) - _seconds(state["StartedAt"])
        address = engine.docker(
            "inspect", "--format", "{{.NetworkSettings.Networks.bridge.IPAddress}}", container
        ).strip()
        answered = _wait(address, port, path)
        return answered - _seconds(_state(engine, container)["StartedAt"])
    finally:
        engine.docker("rm", "--force", container)


def _wait(address: str, port: int, path: str) -> float:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(address, port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status < 400:
                return time.time()
        time.sleep(_PAUSE)
    raise AssertionError(f"nothing answered within {PATIENCE:.0f} s")


def _state(engine: Engine, container: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(engine.docker("inspect", container))[0]["State"]
    return found


def _seconds(stamp: str) -> float:
    whole, _, rest = stamp.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{whole}+00:00").timestamp() + float(f"0.{rest or 0}")
