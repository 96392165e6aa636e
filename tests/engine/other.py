"""A second engine, as another machine would have it: its own data, and containerd's store.

It shares the programs and the mirror of the first one. It has no bridge, so that what it builds
uses the machine's own network.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.engine.engine import Engine
from tests.engine.home import Home
from tests.engine.shell import EngineError, run, succeeds

_UP_WITHIN = 60.0
_DOWN_WITHIN = 40.0


@contextmanager
def other_engine(engine: Engine) -> Iterator[Engine]:
    """Yield a second engine; it is stopped at the end, and all that it had is gone."""
    # A home of its own below /tmp: paths of sockets may have 107 bytes only.
    folder = Path(tempfile.mkdtemp(prefix="lean-"))
    home = Home(folder=folder)
    environ = {**engine.environ, "DOCKER_HOST": f"unix://{folder}/docker.sock"}
    (folder / "daemon.json").write_text(json.dumps({"features": {"containerd-snapshotter": True}}))
    argv = [
        *("dockerd", "--host", environ["DOCKER_HOST"], "--data-root", str(home.at("data"))),
        *("--exec-root", str(folder / "exec"), "--pidfile", str(folder / "dockerd.pid")),
        *("--config-file", str(folder / "daemon.json"), "--bridge=none"),
        *("--iptables=false", "--ip6tables=false"),
        *(("--registry-mirror", f"http://{engine.registry}") if engine.registry else ()),
    ]
    program = shutil.which(argv[0], path=environ["PATH"])
    if program is None:
        raise EngineError("dockerd is not installed")
    with (folder / "log").open("wb") as log:
        daemon = subprocess.Popen(
            [program, *argv[1:]], env=environ, stdout=log, stderr=log, start_new_session=True
        )
    try:
        _wait(environ, daemon, folder / "log")
        yield replace(engine, environ=environ)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(_DOWN_WITHIN)
        _unmount(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(environ: dict[str, str], daemon: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + _UP_WITHIN
    while not succeeds(["docker", "version"], env=environ):
        if daemon.poll() is not None or time.monotonic() > end:
            raise EngineError(f"the second engine did not come up:\n{log.read_text()[-2000:]}")
        time.sleep(0.2)


def _unmount(folder: Path) -> None:
    mounts = [line.split(" ")[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in sorted((at for at in mounts if at.startswith(f"{folder}/")), reverse=True):
        run(["umount", "--lazy", mount], env=os.environ)
