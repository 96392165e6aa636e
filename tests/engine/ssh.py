"""A device that is reached over SSH: a small server on loopback, in front of an engine."""

import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.engine import apt, programs
from tests.engine.engine import Engine
from tests.engine.home import Home, digest, locked, whole
from tests.engine.shell import EngineError, run

PACKAGES = ("dropbear-bin", "libcrypt1", "libgmp10", "libtomcrypt1", "libtommath1", "zlib1g")
# The client that users have; only a client, nothing that a machine would start.
SYSTEM = ("openssh-client",)
STARTS_WITHIN = 10.0


@contextmanager
def reached_by_ssh(home: Home, engine: Engine) -> Iterator[tuple[str, Path]]:
    """Serve ``docker`` on an engine over SSH.

    Yields the address, and a folder for the front of PATH in which ``ssh`` has the key: OpenSSH
    looks for its files in the home that the system names, not in HOME.
    """
    server = _fetch(home)
    # Not in /tmp: the server trusts no key below a folder that others may write to.
    with tempfile.TemporaryDirectory(dir=home.run, prefix="ssh-") as made:
        folder = Path(made)
        _make_keys(server, folder)
        with _serving(server, folder, engine) as port:
            yield f"ssh://root@127.0.0.1:{port}", _client(folder)


@contextmanager
def _serving(server: Path, folder: Path, engine: Engine) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = [server / "usr/sbin/dropbear", "-F", "-E", "-s", "-j", "-k"]
    words += ["-p", f"127.0.0.1:{port}", "-P", folder / "pid", "-r", folder / "host"]
    words += ["-D", folder / "allowed", "-c", _command(engine.environ)]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen([str(word) for word in words], stdout=log, stderr=log) as process,
    ):
        try:
            _wait(process, port, folder / "log")
            yield port
        finally:
            process.terminate()


def _fetch(home: Home) -> Path:
    """Return the folder with the server, unpacked beside the engine's programs."""
    apt.install(SYSTEM)
    target = home.programs / digest(programs.SUITE, *PACKAGES)
    with locked(home):
        if not target.is_dir():
            with whole(target) as part:
                programs.unpack(home, PACKAGES, part)
                folders = (programs.folder(home), target)
                libraries = [one / programs.LIBRARIES for one in folders]
                for name in ("usr/sbin/dropbear", "usr/bin/dropbearkey"):
                    programs.link(part / name, *libraries)
    return target


def _make_keys(server: Path, folder: Path) -> None:
    run([server / "usr/bin/dropbearkey", "-t", "ed25519", "-f", folder / "host"])
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"])
    allowed = folder / "allowed"
    allowed.mkdir(mode=0o700)
    shutil.copy(folder / "key.pub", allowed / "authorized_keys")


def _command(environ: Mapping[str, str]) -> str:
    """Return what the server runs instead: what was asked for, in the engine's environment."""
    names = ("PATH", "DOCKER_HOST", "DOCKER_CONFIG")
    given = " ".join(shlex.quote(f"{name}={environ[name]}") for name in names)
    return f'exec env {given} sh -c "$SSH_ORIGINAL_COMMAND"'


def _client(folder: Path) -> Path:
    """Return a folder with an ``ssh`` that knows the key, and trusts whom it meets first."""
    ssh = shutil.which("ssh")
    assert ssh is not None
    options = ("IdentitiesOnly=yes", "BatchMode=yes", "StrictHostKeyChecking=accept-new")
    files = (f"IdentityFile={folder / 'key'}", f"UserKnownHostsFile={folder / 'known'}")
    words = [ssh, "-F", "/dev/null", *(word for one in (*options, *files) for word in ("-o", one))]
    script = folder / "bin" / "ssh"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    script.chmod(0o700)
    return script.parent


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    end = time.monotonic() + STARTS_WITHIN
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None or time.monotonic() > end:
            raise EngineError(f"the SSH server did not come up:\n{log.read_text()}")
        time.sleep(0.05)
