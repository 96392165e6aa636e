"""Bring the tests' own engine up and down."""

import os
import platform
import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from scaffold.docker.connect import connect
from tests.engine import apt, daemons, emulation, network, programs
from tests.engine.home import Home, locked
from tests.engine.shell import run

CACHE_KEPT = 20_000_000_000  # bytes of the build cache that an engine starts with at most
COUNTED_WITHIN = 600  # seconds that an engine gets to count them


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A Docker Engine that tests use.

    ``environ`` is what a program needs to find it, as a whole environment. ``registry`` is the
    address of its mirror, ``127.0.0.1:port``; None for an engine that was there already, which
    has the real images.
    """

    environ: Mapping[str, str]
    version: str
    registry: str | None

    @property
    def own(self) -> bool:
        """Whether the tests brought it up, so that its images are stand-ins."""
        return self.registry is not None

    def docker(self, *words: str) -> str:
        """Return what a docker command prints; raise EngineError with what it says."""
        return run(["docker", *words], env=self.environ)


def why_not() -> str:
    """Return why an engine cannot be brought up on this machine, "" if it can."""
    if os.geteuid() != 0:
        return "an engine of the tests' own needs root"
    if not apt.is_debian():
        return "an engine of the tests' own needs Debian's packages"
    if platform.machine() != "x86_64":
        return f"an engine of the tests' own runs on amd64, not on {platform.machine()}"
    return ""


def variables(home: Home) -> dict[str, str]:
    """Return what the environment needs to use the engine: its socket, client settings, PATH."""
    folder = programs.folder(home)
    return {
        "DOCKER_HOST": f"unix://{home.socket}",
        "DOCKER_CONFIG": str(home.client),
        "PATH": programs.search_path(folder),
    }


def up(home: Home) -> Engine:
    """Start what is not running yet."""
    if not is_up(home):
        with locked(home):
            _start(home)
    environ = _environ(home)
    version = run(["docker", "version", "--format", "{{.Server.Version}}"], env=environ)
    return Engine(environ=environ, version=version.strip(), registry=daemons.registry_address(home))


def _start(home: Home) -> None:
    folder = programs.fetch(home)
    _link_buildx(home)
    environ = _environ(home)
    emulation.emulate(home, folder)
    network.open_network(home)
    daemons.start_registry(home, environ)
    mirror = daemons.registry_address(home)
    daemons.start_dockerd(home, environ, mirror=mirror, init=folder / "usr/bin/tini-static")
    _make_room(environ)


def _make_room(environ: Mapping[str, str]) -> None:
    """Drop a large build cache: an engine that has to make room while it builds loses layers.

    What steps keep in mounted caches stays, such as pip's downloads.
    """
    with connect(environ=environ) as client:
        client.api.timeout = COUNTED_WITHIN
        held = sum(one["Size"] for one in client.df()["BuildCache"] or ())
    if held > CACHE_KEPT:
        run(
            ["docker", "builder", "prune", "--all", "--force", "--filter", "type=regular"],
            env=environ,
        )


def _environ(home: Home) -> dict[str, str]:
    environ = {**os.environ, **variables(home)}
    environ.pop("DOCKER_CONTEXT", None)
    return environ


def down(home: Home) -> None:
    """Stop the engine; what it has stored stays."""
    with locked(home):
        daemons.stop(home, "dockerd")
        daemons.stop(home, "registry")
        daemons.unmount_data(home)
        network.close_network(home)
        emulation.stop_emulating(home)
        shutil.rmtree(home.run, ignore_errors=True)


def is_up(home: Home) -> bool:
    return daemons.is_alive(home, "dockerd") and daemons.is_alive(home, "registry")


def _link_buildx(home: Home) -> None:
    plugins = home.client / "cli-plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    link = plugins / "docker-buildx"
    link.unlink(missing_ok=True)
    link.symlink_to(programs.folder(home) / "usr/libexec/docker/cli-plugins/docker-buildx")
