"""The app listens where nobody outside of the container reaches it.

Why
127.0.0.1 in a container is the container itself: the published port leads nowhere. uvicorn,
gunicorn, flask and Django's server listen there unless they are told ``0.0.0.0``.

Bad
```dockerfile
FROM python:3.13-slim-trixie
CMD ["python", "-m", "uvicorn", "main:app", "--port", "8000"]
```

Good
```dockerfile
FROM python:3.13-slim-trixie
CMD ["python", "-m", "uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]
```
"""

import ast
import posixpath
from collections.abc import Iterator, Sequence

from scaffold.lint.context import Case, line_of
from scaffold.model.finding import Hit, Severity
from scaffold.project.dockerfile_parser.scopes import pairs_of

SEVERITY = Severity.ERROR
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


def check(case: Case) -> Iterator[Hit]:
    """Yield servers in the image's command that listen on the loopback only."""
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
