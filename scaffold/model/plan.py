"""The plan: everything the templates need, and nothing of Dockerfile syntax."""

import re
import shlex
from dataclasses import dataclass

from scaffold.model.knowledge import Base, StandIn
from scaffold.model.options import DOCKERFILE, Options
from scaffold.model.project import OwnPackage, Project
from scaffold.model.resolution import Pinned
from scaffold.model.run import Trace
from scaffold.model.target import Target
from scaffold.model.verdict import Accepted, Decision

BESIDE = "Dockerfile.lean"  # what is offered where the user has one


def default_name(project: str) -> str:
    """Return an image's name made of a project's: ``My App`` becomes ``my-app``."""
    name = re.sub(r"[^a-z0-9]+", "-", project.lower()).strip("-")
    return name or "app"


def file_option(options: Options) -> str:
    """Return what tells docker which file to build by, with a blank after it, or nothing."""
    named = options.dockerfile
    return "" if named == DOCKERFILE else f"--file {shlex.quote(named)} "


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPlan:
    """What happens for one target. ``lock`` is the file name of its lock.

    ``platforms`` are the wheel platform tags that pip has to be told, one per kind of file;
    ``compiled`` names the packages that a compiler builds, which forces the build stage onto the
    target's platform, ``pure`` those built from an sdist without one, ``build_packages`` the
    distribution packages that takes; ``local`` are paths of package files in the project, to be
    installed as well, ``repositories`` requirements to be built from a commit; ``native`` says
    that something of all this is compiled.
    """

    target: Target
    decision: Decision
    chosen: Accepted
    lock: str
    platforms: tuple[str, ...] = ()
    compiled: tuple[str, ...] = ()
    pure: tuple[str, ...] = ()
    build_packages: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    native: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """How the engine asks whether the app is well. Times in seconds.

    ``command`` is run in the container, with exit code 0 for well. Without one the ``port`` is
    asked for ``path``, or, where that is empty, whether somebody listens there.
    """

    port: int | None = None
    path: str = ""
    command: tuple[str, ...] = ()
    interval: int = 30
    timeout: int = 5
    start_period: int = 30
    retries: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One Dockerfile, one lock per target. All targets share base and Python.

    ``uid`` owns the application, which lies in ``workdir``, and runs it in ``starts_in``; ``home``
    is writable. ``environment`` are the
    image's variables, ``labels`` its labels, both sorted. ``reference`` is what the image is made
    of, ``builder`` the image with pip and a shell that its packages are installed with.
    ``stop_signal`` is empty for the engine's own. ``arguments`` are what followed
    ``leanscaffold generate``, as far as known.

    ``layers`` are the packages that get a layer each, the rarely changing first; ``sourceless``
    packages work from bytecode alone; ``spared`` pairs (rule of trimming, top-level name) that a
    package does not stand, ``stand_ins`` libraries that small ones replace, ``languages`` those
    whose translations stay at every level of trimming.
    ``trace`` is the keep-list that is applied to a base that is cut to measure.

    ``packages`` are the project's own, installed with the application; ``build_requires`` is what
    builds them, pinned where that is known, and ``compilers`` the distribution's packages for it.
    """

    version: int
    project: Project
    options: Options
    base: Base
    python: str
    reference: str
    targets: tuple[TargetPlan, ...]
    command: tuple[str, ...]
    health: HealthCheck | None
    port: int | None
    uid: int
    home: str
    workdir: str
    starts_in: str
    environment: tuple[tuple[str, str], ...]
    labels: tuple[tuple[str, str], ...]
    bytecode: str
    builder: str = ""
    stop_signal: str = ""
    arguments: tuple[str, ...] = ()
    layers: tuple[tuple[str, ...], ...] = ()
    sourceless: tuple[str, ...] = ()
    unloaded: tuple[str, ...] = ()
    stand_ins: tuple[StandIn, ...] = ()
    spared: tuple[tuple[str, str], ...] = ()
    trace: Trace | None = None
    languages: tuple[str, ...] = ()
    packages: tuple[OwnPackage, ...] = ()
    build_requires: tuple[Pinned, ...] = ()
    compilers: tuple[str, ...] = ()
