"""How the application is served."""

import ast
import posixpath
import re
from collections.abc import Iterator, Sequence

from scaffold.lint.context import Case, line_of
from scaffold.lint.install_commands import makes_environment
from scaffold.lint.package_locations import copies_from, environments_of, places_of, takes
from scaffold.lint.rules import rule
from scaffold.model.dockerfile import Cost, Hit, Severity
from scaffold.project.dockerfile_parser.scopes import fill_in, pairs_of

_LOOPBACK = ("127.0.0.1", "localhost")
_HOSTS = {
    "uvicorn": ("--host", "--uds", "--fd"),
    "hypercorn": ("-b", "--bind", "--config", "-c"),
    "gunicorn": ("-b", "--bind", "-c", "--config"),
    "flask": ("-h", "--host"),
}
_VARIABLES = {
    "uvicorn": ("UVICORN_HOST", "UVICORN_UDS"),
    "gunicorn": ("GUNICORN_CMD_ARGS", "PORT"),
    "flask": ("FLASK_RUN_HOST",),
    "hypercorn": (),
}


@rule("LS510", Severity.ERROR)
def listens_on_loopback(case: Case) -> Iterator[Hit]:
    """The app listens on an address that cannot be reached from outside the container.

    127.0.0.1 in a container is the container itself, so the published port does not reach the app.
    uvicorn, gunicorn, flask and Django's server listen there by default; use ``0.0.0.0``.

    Bad:
        CMD ["python", "-m", "uvicorn", "main:app", "--port", "8000"]
    Good:
        CMD ["python", "-m", "uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]
    """
    step = case.last("CMD")
    entry = case.last("ENTRYPOINT")
    words = [word for one in (entry, step) if one for c in case.commands(one) for word in c.argv]
    place = step or entry
    if place is None:
        return
    names = {
        name for one in case.image_steps() if one.keyword == "ENV" for name, _ in pairs_of(one.text)
    }
    server = _server(words)
    if server is None:
        return
    bind = _configured(case, words) if server == "gunicorn" else None
    if bind is not None:
        if any(_is_loopback([one], 0) for one in bind):
            yield Hit(text="gunicorn.conf.py listens on 127.0.0.1 only", span=line_of(place))
        return
    given = [word for word in words if word.startswith(_HOSTS.get(server, ())) or word in _LOOPBACK]
    loopback = any(_is_loopback(words, number) for number in range(len(words)))
    silent = not given and not set(_VARIABLES.get(server, ())) & names
    if loopback or (silent and server in _HOSTS):
        yield Hit(text=f"{server} listens on 127.0.0.1 only: 0.0.0.0", span=line_of(place))


def _configured(case: Case, words: Sequence[str]) -> tuple[str, ...] | None:
    """Return what gunicorn's configuration file binds, empty where it cannot be told.

    None where there is no such file, or it says nothing of it.
    """
    name = "gunicorn.conf.py"
    for number, word in enumerate(words[:-1]):
        if word in {"-c", "--config"}:
            name = posixpath.basename(words[number + 1].removeprefix("file:"))
    texts = [
        document.body
        for step in case.image_steps()
        for document in step.heredocs
        if step.keyword == "COPY" and (document.name == name or name in step.text)
    ]
    copies = any(step.keyword in {"COPY", "ADD"} for step in case.image_steps())
    if case.around is not None and not texts and copies:
        found = case.around.texts.items()
        texts = [text for path, text in found if posixpath.basename(path) == name]
    if not texts:
        written = any(step.keyword == "RUN" and name in step.text for step in case.image_steps())
        return () if written else None
    try:
        tree = ast.parse(texts[-1])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    for node in tree.body:
        if isinstance(node, ast.Assign) and "bind" in {getattr(t, "id", "") for t in node.targets}:
            strings = (n.value for n in ast.walk(node.value) if isinstance(n, ast.Constant))
            plain = isinstance(node.value, ast.Constant | ast.List)
            return tuple(s for s in strings if isinstance(s, str)) if plain else ()
    return None


def _server(words: Sequence[str]) -> str | None:
    for word in words:
        name = word.rsplit("/", 1)[-1]
        if name in _HOSTS:
            return None if name == "flask" and "run" not in words else name
    return None


def _is_loopback(words: Sequence[str], number: int) -> bool:
    value = words[number].rpartition("=")[2]
    return value.partition(":")[0] in _LOOPBACK


@rule("LS511", Severity.WARNING)
def development_server(case: Case) -> Iterator[Hit]:
    """The image starts a development server or a reloader.

    ``flask run``, ``manage.py runserver`` and ``--reload`` are for one developer: they watch the
    file system, show tracebacks to clients, and are not meant for production. On a small device the
    watcher alone takes noticeable CPU time.

    Bad:
        CMD ["python", "manage.py", "runserver", "0.0.0.0:8000"]
    Good:
        CMD ["python", "-m", "gunicorn", "--bind", "0.0.0.0:8000", "site_config.wsgi"]
    """
    for keyword in ("CMD", "ENTRYPOINT"):
        step = case.last(keyword)
        for command in case.commands(step) if step else ():
            argv = command.argv
            flask = "flask" in {word.rsplit("/", 1)[-1] for word in argv} and "run" in argv
            if step and (flask or "runserver" in argv or "--reload" in argv):
                text = "this serves one developer: start a server for production"
                yield Hit(text=text, span=line_of(step))
    for step in case.image_steps():
        for name, value in pairs_of(step.text) if step.keyword == "ENV" else ():
            if name in {"FLASK_DEBUG", "DJANGO_DEBUG"} and value.lower() in {"1", "true", "on"}:
                yield Hit(text=f"{name} shows tracebacks to anyone", span=line_of(step))


_PORT = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?(?:/(?:tcp|udp|sctp))?", re.IGNORECASE)
_LAST = 65535


@rule("LS512", Severity.ERROR)
def impossible_port(case: Case) -> Iterator[Hit]:
    """EXPOSE names a port that does not exist.

    Ports are numbers from 1 to 65535, optionally followed by ``/tcp`` or ``/udp``.

    Bad:
        EXPOSE 80000
    Good:
        EXPOSE 8000
    """
    for stage in case.dockerfile.stages:
        for step in stage.steps:
            words = fill_in(step.text, step.scope).split() if step.keyword == "EXPOSE" else []
            for word in words:
                found = _PORT.fullmatch(word)
                ports = [int(port) for port in found.groups() if port] if found else []
                if "$" not in word and not (ports and all(0 < port <= _LAST for port in ports)):
                    yield Hit(text=f"{word} is not a port", span=step.span)


@rule("LS513", Severity.NOTE)
def virtual_environment_for_nothing(case: Case) -> Iterator[Hit]:
    """A virtual environment in an image with a single app.

    The image itself isolates the app. In the final stage, ``python -m venv`` adds a second pip
    (about 7 MB; not with ``--without-pip``) and another PATH to maintain. In a build stage it is a
    good way to collect everything in one folder.

    Bad:
        RUN python -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir flask==3.1.2
    Good:
        FROM python:3.13-slim-trixie AS build
        RUN python -m venv /opt/venv && /opt/venv/bin/pip install flask==3.1.2
        FROM python:3.13-slim-trixie
        COPY --from=build /opt/venv /opt/venv
    """
    known = case.base(case.final)
    cost = Cost(on_disk=known[0].pip_bytes, download=known[0].pip_download) if known else None
    family = case.family(case.final)
    made = [
        command
        for step in case.image_runs()
        for command in case.commands(step)
        # Who is not root may not write to the image's own packages.
        if makes_environment(command) and step.scope.user in {"", "root", "0"}
    ]
    # A distribution's own Python is the distribution's (PEP 668), and two lists need two places.
    images = family is not None and family.interpreter.startswith("/usr/local/")
    if images and len(made) == 1 and "--without-pip" not in made[0].argv:
        yield Hit(text="a second pip, for nothing", span=made[0].span, cost=cost)


_FINDS_IT = {"poetry", "uv", "uvx", "pipenv", "pdm", "sh", "bash", "env", "make", "hatch", "rye"}


@rule("LS514", Severity.ERROR)
def environment_not_used(case: Case) -> Iterator[Hit]:
    """The packages are in an environment that the command does not use.

    ``poetry install``, ``pipenv install`` and ``uv sync`` create a virtual environment by default.
    ``python main.py`` starts the image's Python, which does not have the packages: the container
    ends with «No module named …».

    Bad:
        WORKDIR /app
        COPY pyproject.toml uv.lock ./
        RUN uv sync --locked --no-dev --no-cache
        CMD ["python", "main.py"]
    Good:
        WORKDIR /app
        COPY pyproject.toml uv.lock ./
        RUN uv sync --locked --no-dev --no-cache
        CMD [".venv/bin/python", "main.py"]
    """
    final, step = case.final, case.last("ENTRYPOINT") or case.last("CMD")
    commands = case.commands(step) if step else ()
    if final is None or step is None or len(commands) != 1 or not commands[0].argv:
        return
    program = commands[0].argv[0]
    made = list(environments_of(case, final))
    for copy, other in copies_from(case, final):
        made += [place for place in environments_of(case, other) if takes(copy, place)]
    others = set(places_of(case, final)) - set(made)
    path = step.scope.environment.get("PATH", "")
    if "/" in program or "." in program or "$" in program or program in _FINDS_IT or others:
        return
    if made and not any(place in path for place in made) and "venv" not in path:
        text = f"the packages are in {made[0]}: put {made[0]}/bin on PATH, or start from there"
        yield Hit(text=text, span=line_of(step))
