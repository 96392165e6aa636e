"""The mirror registry and dockerd: start them once, find them again, stop them."""

import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.engine.home import Home
from tests.engine.network import bridge, prefix
from tests.engine.shell import TAIL, EngineError, run, succeeds

# Where less than a fifth of the disk is free, BuildKit by itself drops what it has just cached, in
# the middle of tests that ask whether a step was.
GC = {
    "enabled": True,
    "policy": [
        {"all": True, "reservedSpace": "8GB", "maxUsedSpace": "60GB", "minFreeSpace": "2GB"}
    ],
}
STARTS_WITHIN = 120.0
STOPS_WITHIN = 120.0


def registry_address(home: Home) -> str:
    """Return where the mirror listens, ``127.0.0.1:port``."""
    return (home.folder / "registry.address").read_text().strip()


def start_registry(home: Home, env: Mapping[str, str]) -> None:
    """Start the registry on the port that it had, or on a free one."""
    if is_alive(home, "registry"):
        return
    address = f"127.0.0.1:{_port(home.folder / 'registry.address')}"
    (home.folder / "registry.address").write_text(address)
    configuration = home.folder / "registry.yml"
    configuration.write_text(
        "version: 0.1\n"
        f"storage: {{filesystem: {{rootdirectory: {home.at('registry')}}}, "
        "delete: {enabled: true}}\n"
        f'http: {{addr: "{address}"}}\n'
        "log: {level: warn}\n"
    )
    _spawn(home, "registry", ["docker-registry", "serve", str(configuration)], env)
    _wait(home, "registry", lambda: _answers(address))


def start_dockerd(
    home: Home,
    env: Mapping[str, str],
    *,
    mirror: str,
    init: Path,
    features: Mapping[str, bool] | None = None,
) -> None:
    """Start the engine on a socket, a bridge and data of its own."""
    if is_alive(home, "dockerd"):
        return
    argv = [
        "dockerd",
        *("--host", f"unix://{home.socket}", "--data-root", str(home.at("data"))),
        *("--exec-root", str(home.run / "exec"), "--pidfile", str(home.run / "dockerd.own.pid")),
        *("--config-file", str(_configure(home, features or {})), "--init-path", str(init)),
        *("--bridge", bridge(home), "--iptables=false", "--ip6tables=false"),
        *("--default-address-pool", f"base={prefix(home)}.128.0/17,size=24"),
        *("--registry-mirror", f"http://{mirror}"),
    ]
    (home.run / "dockerd.own.pid").unlink(missing_ok=True)
    _spawn(home, "dockerd", argv, env)
    _wait(home, "dockerd", lambda: succeeds(["docker", "version"], env=env))


def stop(home: Home, name: str) -> None:
    """Stop a daemon and wait for it."""
    pid = _pid(home, name)
    if pid is not None and is_alive(home, name):
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + STOPS_WITHIN
        while is_alive(home, name):
            if time.monotonic() > end:
                raise EngineError(f"{name} did not stop within {STOPS_WITHIN:.0f} s")
            time.sleep(0.1)
    _pid_file(home, name).unlink(missing_ok=True)


def unmount_data(home: Home) -> None:
    """Undo the mount that dockerd leaves of its own data folder."""
    data = str(home.folder / "data")
    mounts = [line.split(" ")[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in sorted((at for at in mounts if f"{at}/".startswith(f"{data}/")), reverse=True):
        run(["umount", "--lazy", mount])


def is_alive(home: Home, name: str) -> bool:
    """Return whether the process that was started is still there, and is no other's by now."""
    pid = _pid(home, name)
    if pid is None:
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    # In the instant of its exec a process has no words yet: that is not another's.
    return state != "Z" and (not words or str(home.folder).encode() in words)


def _pid_file(home: Home, name: str) -> Path:
    return home.run / f"{name}.pid"


def _pid(home: Home, name: str) -> int | None:
    try:
        return int(_pid_file(home, name).read_text())
    except (OSError, ValueError):
        return None


def _spawn(home: Home, name: str, argv: Sequence[str], env: Mapping[str, str]) -> None:
    """Start a process that outlives this one, and so is not waited for."""
    program = shutil.which(argv[0], path=env["PATH"])
    if program is None:
        raise EngineError(f"{argv[0]} is not installed")
    home.run.mkdir(mode=0o711, parents=True, exist_ok=True)
    log = str(home.at("log") / name)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    pid = os.posix_spawn(
        program,
        list(argv),
        env,
        setsid=True,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, flags, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
    )
    _pid_file(home, name).write_text(str(pid))


def _wait(home: Home, name: str, is_up: Callable[[], bool]) -> None:
    end = time.monotonic() + STARTS_WITHIN
    while not is_up():
        if not is_alive(home, name) or time.monotonic() > end:
            said = (home.folder / "log" / name).read_text().splitlines()[-TAIL:]
            raise EngineError(f"{name} did not come up:\n" + "\n".join(said))
        time.sleep(0.1)


def _answers(address: str) -> bool:
    host, port = address.split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def _port(remembered: Path) -> int:
    """Return the port of the last time if it is free, or else any that is."""
    wanted = int(remembered.read_text().rpartition(":")[2]) if remembered.is_file() else 0
    for port in (wanted, 0):
        with socket.socket() as probe:
            # A server that just stopped leaves its port in a state that only this looks past.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise EngineError("no free port on 127.0.0.1")


def _configure(home: Home, features: Mapping[str, bool]) -> Path:
    """Return a configuration file: that of the machine is another engine's."""
    file = home.folder / "daemon.json"
    file.write_text(json.dumps({"builder": {"gc": GC}, "features": features}))
    return file
