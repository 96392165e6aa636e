"""How the application runs in its container: command, port, health check, variables, signal."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from scaffold.model.errors import UsageError
from scaffold.model.knowledge import Base
from scaffold.model.options import Options
from scaffold.model.plan import HealthCheck
from scaffold.model.project import Found, Origin, OwnPackage, Project, Start, Use, When
from scaffold.model.target import CpuClass, Target

HOME = "/home/app"
# Where the image is no assembly of ours (distroless), it brings a user and a home.
NONROOT_HOME = "/home/nonroot"
WORKDIR = "/app"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - nothing else is reachable from outside a container
_PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
_HIGHEST_PORT = 65535
# Servers with a handler of their own for SIGTERM, and those without (their sources, 2026-11).
_HANDLE_SIGTERM = frozenset(
    {"celery", "daphne", "fastapi", "granian", "gunicorn", "hypercorn", "streamlit", "uvicorn"}
)
_DEAF = frozenset({"flask", "waitress"})
_SERVERS = _HANDLE_SIGTERM | _DEAF
# Frameworks whose applications only run in such a server, also by a script of their own.
_ASYNC = frozenset({"fastapi", "litestar", "quart", "starlette"})
_HEALTH_PATH = re.compile(r"/[!-~]*")


def choose_start(project: Project, options: Options) -> Found[Start] | None:
    """Return how the application starts; ``--cmd`` beats what the sources say."""
    if options.command:
        start = Start(framework="command", command=options.command)
        return Found(value=start, origin=Origin(file="--cmd"))
    return project.start


def find_server(project: Project, options: Options) -> Use | None:
    """Return the use of a server that the command starts by its name, which a package brings."""
    start = choose_start(project, options)
    words = [word for word in start.value.command if word != "python"] if start else []
    name = words[1] if words[:1] == ["-m"] and words[1:] else posixpath.basename("".join(words[:1]))
    if start is None or name not in _SERVERS:
        return None
    origin = replace(start.origin, detail="")
    return Use(code="starts-server", value=name, origin=origin, when=When.START)


def choose_port(project: Project, options: Options) -> Found[int] | None:
    """Return the port, None for none. What was found is of the found command, not of another."""
    if options.port is not None:
        return Found(value=options.port, origin=Origin(file="--port"))
    return None if options.command else project.port


def choose_health(project: Project, options: Options) -> Found[str] | None:
    """Return the path that answers while the app is well; None without a port or by command."""
    if options.health_command or choose_port(project, options) is None:
        return None
    asked = options.health
    return Found(value=asked, origin=Origin(file="--health")) if asked else project.health


def find_command(project: Project, options: Options) -> tuple[str, ...]:
    """Return the command as an argument list. Raises UsageError where nothing names one."""
    start = choose_start(project, options)
    if start is None:
        raise UsageError(
            "nothing in the project says how it starts",
            hint='name the command: --cmd "python -m your_app", or add a Procfile',
        )
    return start.value.command


def find_folder(project: Project, options: Options) -> str:
    """Return the folder that the command runs in, absolute."""
    start = choose_start(project, options)
    return posixpath.normpath(posixpath.join(WORKDIR, start.value.folder if start else "."))


def find_port(project: Project, options: Options) -> int | None:
    """Return the port, None for none. Raises UsageError for an invalid one."""
    found = choose_port(project, options)
    if found is not None and not 0 < found.value <= _HIGHEST_PORT:
        raise UsageError(f"invalid port {found.value}", hint=f"ports go from 1 to {_HIGHEST_PORT}")
    return found.value if found else None


def find_health(
    project: Project, options: Options, targets: Sequence[Target]
) -> HealthCheck | None:
    """Return the health check, None without a port or a command.

    Raises UsageError for no path of a URL.
    """
    if options.health_command:
        if options.health:
            raise UsageError(
                "--health and --health-cmd both say how to ask whether the app is well",
                hint="keep one of them",
            )
        return _timed(HealthCheck(command=options.health_command), targets)
    port, found = find_port(project, options), choose_health(project, options)
    if port is None:
        if options.health:
            raise UsageError(
                f"there is no port to ask for {options.health}", hint="name it: --port 8000"
            )
        return None
    path = found.value if found else ""
    if path and _HEALTH_PATH.fullmatch(path) is None:
        raise UsageError(
            f"invalid URL path {path!r}",
            hint="a health path starts with a slash and has no blanks: --health /health",
        )
    return _timed(HealthCheck(port=port, path=path), targets)


def _timed(health: HealthCheck, targets: Sequence[Target]) -> HealthCheck:
    if any(target.cpu is CpuClass.SLOW for target in targets):
        # Starting an interpreter alone takes seconds there, and is work taken from the app.
        return replace(health, interval=60, timeout=20, start_period=120)
    return health


def find_environment(
    project: Project, options: Options, base: Base, packages: Sequence[OwnPackage] = ()
) -> tuple[tuple[str, str], ...]:
    """Return the image's variables, sorted. FROM scratch forgets those of the base.

    ``packages`` are installed where their sources lie: their commands find them by PYTHONPATH.
    """
    found = {
        "HOME": HOME if base.assembled else NONROOT_HOME,
        "LANG": "C.UTF-8",
        "PATH": _PATH,
        # What can be compiled was compiled in the build; the user who runs the app may not write
        # beside the sources, and what a start compiles would be lost with the container.
        "PYTHONDONTWRITEBYTECODE": "1",
        # A container's output is a pipe: without this, the log of a crash is lost in a buffer.
        "PYTHONUNBUFFERED": "1",
    }
    roots = [one.root for one in packages]
    sources = [path.strip("/") for path in project.source_paths if path != "."]
    paths = [posixpath.normpath(f"{WORKDIR}/{one}") for one in dict.fromkeys((*roots, *sources))]
    found |= dict(_framework_environment(project, find_port(project, options)))
    told = found.get("PYTHONPATH", "")
    if paths := list(dict.fromkeys((*paths, *told.split(":")))) if told else paths:
        found["PYTHONPATH"] = ":".join(paths)
    return tuple(sorted(found.items()))


def _framework_environment(project: Project, port: int | None) -> Iterator[tuple[str, str]]:
    """Yield what makes a framework's own server reachable from outside the container."""
    framework = project.start.value.framework if project.start else ""
    if framework == "gradio":
        yield "GRADIO_SERVER_NAME", EVERYWHERE
    elif framework == "streamlit":
        yield "STREAMLIT_SERVER_ADDRESS", EVERYWHERE
        yield "STREAMLIT_SERVER_HEADLESS", "true"
    names = {"gradio": "GRADIO_SERVER_PORT", "streamlit": "STREAMLIT_SERVER_PORT"}
    if port is not None and framework in names:
        yield names[framework], str(port)
    if project.start is not None:
        yield from project.start.value.environment


def find_stop_signal(project: Project, options: Options) -> str:
    """Return the signal that ends the app, where the engine's own (SIGTERM) would not.

    The kernel drops SIGTERM for a first process without a handler, and the engine kills it after
    ten seconds. Python has none but for SIGINT (Ctrl-C): gradio, waitress, development servers,
    scripts that do not import ``signal`` and programs known to be deaf end on that alone.
    """
    start = project.start.value if project.start is not None else None
    words = start.command if start is not None else ()
    if any(use.code == "ignores-sigterm" for use in project.uses) and not options.command:
        return "SIGINT"
    if start is None or options.command or words[:1] != ("python",):
        return ""
    module = words[2] if words[1:2] == ("-m",) and words[2:] else ""
    handles = any(use.code == "handles-signals" for use in project.uses)
    served = "runserver" in words or module in _DEAF
    handles = handles or module in _HANDLE_SIGTERM or start.framework in _ASYNC
    return "SIGINT" if served or not handles else ""
