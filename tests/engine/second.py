"""A second engine beside the first: a device to run on, and a builder that is not the engine's own.

It keeps its images the way containerd does, which gives its BuildKit what the engine's own lacks:
caches in other places, images as archives. buildx reaches it as a remote builder.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import pytest

from tests.engine import daemons, network, programs
from tests.engine.engine import Engine
from tests.engine.home import Home
from tests.engine.leanscaffold import Ended, environment, leanscaffold
from tests.engine.shell import run

APP = """
import http.server, signal, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
"""
FEATURES = {"containerd-snapshotter": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Two engines: ``home`` is the user's own, ``away`` another; and a project without packages."""

    home: Engine
    away: Engine
    project: Path
    env: Mapping[str, str]

    def run(self, verb: str, *words: str, **variables: str) -> Ended:
        return leanscaffold(verb, str(self.project), *words, env={**self.env, **variables})


@contextmanager
def two_engines(engine: Engine, bases: object, home: Home, folder: Path) -> Iterator[Bench]:
    """Yield the bench of a test in its folder."""
    if not engine.own:
        pytest.skip("only an engine of the tests' own has a second one")
    assert callable(bases)
    bases()
    project = folder / "project"
    project.mkdir()
    (project / "requirements.txt").write_text("")
    (project / "main.py").write_text(APP)
    (project / "Procfile").write_text("web: python main.py\n")
    # The client's settings are copied: contexts and builders of a test are nobody else's.
    client = folder / "client"
    shutil.copytree(engine.environ["DOCKER_CONFIG"], client, symlinks=True)
    env = {**environment(engine, folder), "DOCKER_CONFIG": str(client)}
    with second_engine(home, engine) as away:
        yield Bench(home=engine, away=away, project=project, env=env)


@contextmanager
def unshared(home: Home, first: Engine) -> Iterator[Engine]:
    """Yield the engine to the process that asks first, another one to each that asks meanwhile."""
    with (home.folder / "used").open("w") as mine:
        try:
            fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with second_engine(home, first, features={}) as another:
                yield another
        else:
            yield first


@contextmanager
def second_engine(
    home: Home, first: Engine, features: Mapping[str, bool] = FEATURES
) -> Iterator[Engine]:
    """Start an engine with the first one's programs and mirror, and stop it at the end."""
    assert first.registry is not None, "an engine that was there already has no second"
    named = (Home(folder=home.folder / f"second-{os.getpid()}-{n}") for n in count())
    own = next(one for one in named if not network.is_taken(one))
    init = programs.folder(home) / "usr/bin/tini-static"
    environ = {**first.environ, "DOCKER_HOST": f"unix://{own.socket}"}
    own.folder.mkdir()
    try:
        network.open_network(own)
        daemons.start_dockerd(own, environ, mirror=first.registry, init=init, features=features)
        yield replace(first, environ=environ)
    finally:
        daemons.stop(own, "dockerd")
        daemons.unmount_data(own)
        network.close_network(own)
        run(["rm", "--recursive", "--force", own.folder, own.run])


@contextmanager
def served(engine: Engine) -> Iterator[str]:
    """Serve the engine's BuildKit as buildkitd serves it, and yield its address on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_accept, args=(listening, engine), daemon=True)
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _accept(listening: socket.socket, engine: Engine) -> None:
    with suppress(OSError):
        while True:
            client, _ = listening.accept()
            threading.Thread(target=_carry, args=(client, engine), daemon=True).start()


def _carry(client: socket.socket, engine: Engine) -> None:
    """Join a client with what buildx itself uses to reach the BuildKit of an engine."""
    words = ["docker", "buildx", "dial-stdio", "--builder", "default", "--progress", "quiet"]
    with closing(client):
        subprocess.run(
            words,
            env=dict(engine.environ),
            stdin=client.fileno(),
            stdout=client.fileno(),
            check=False,
        )
