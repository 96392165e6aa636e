"""The ``Procfile``: what somebody already wrote down about how the application starts."""

import re
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from scaffold.model.errors import ConfigInvalidError, Detail
from scaffold.model.project import Found, Origin, Use
from scaffold.project.entrypoint import SECRET, Entry, remark, started
from scaffold.project.entrypoint.servers import (
    MODULES,
    PORT_OPTION,
    WEB_SERVERS,
    default_port,
    reachable,
)
from scaffold.project.text_io import decode, decode_problem, read_bytes

_FILE = "Procfile"
_LINE = re.compile(r"\s*([A-Za-z0-9_-]+)\s*:\s*(\S.*)")
_PORT = re.compile(r"\$(?:PORT\b|\{PORT(?::?-(\d+))?\})")
_ASSIGNED = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_SHELL = re.compile(r"[|&;<>`$*?(){}]")
_PYTHON = re.compile(r"(?:.*/)?python[0-9.]*")
# Heroku and Dokku run these once per deployment, before anything starts.
_BEFORE_START = ("release", "predeploy", "postdeploy")


def read_procfile(
    root: Path,
    *,
    port: Callable[[], Found[int] | None],
    framework: str,
    binds: Callable[[Sequence[str]], tuple[str, Found[int]] | None],
    run_script: Callable[[str], tuple[str, ...]],
) -> Entry | None:
    """Return what the Procfile starts: ``web`` before ``worker`` before the first other line.

    None where it only has what runs before a start (``release``). ``port`` is what the sources
    say, ``framework`` what they are made with: both are the web application's, so a line that
    starts something else has neither. ``binds`` gives host and port of gunicorn's settings;
    ``run_script`` gives the command of a script of the project, nothing for other programs. A
    line that needs a shell gets one. Raises ConfigInvalidError with all lines that cannot be used.
    """
    if not (root / _FILE).is_file():
        return None
    lines = _read_lines(root)
    for name in _BEFORE_START:
        lines.pop(name, None)
    kind = next((name for name in ("web", "worker") if name in lines), next(iter(lines), ""))
    if not kind:
        return None
    number, text = lines[kind]
    origin = Origin(file=_FILE, line=number, detail=kind)
    words, environment = _split_assignments(shlex.split(text))
    server = _server_of(words)
    web = kind == "web" or server in WEB_SERVERS
    name = framework if web and framework else "procfile"
    bound = binds(words) if server == "gunicorn" else None
    listens = _settle_port(
        text, bound[1] if bound else port() if web else None, server, origin, web=web
    )
    if kind == "worker" and not web and not _PORT.search(text):
        # What a worker's options call a port is that of its queue.
        listens = None
    number_text = str(listens.value) if listens else ""
    filled = [_PORT.sub(number_text, word) for word in words]
    shelled = _needs_shell(_PORT.sub("", text), root)
    if shelled:
        line = _PORT.sub(number_text, text)
        use = Use(code="needs-shell", value="sh", origin=origin)
        secret = ", ".join(key for key, _ in environment if SECRET.search(key))
        told = f"{secret} stands in the image with it: pass it to the container" if secret else ""
        # As Heroku sets it: gunicorn, and what asks for it, listens there where no option says it.
        given = [("PORT", number_text)] if web and listens else []
        origin = remark(origin, "the line needs a shell", told)
        start = started(name, ("sh", "-c", line), origin, environment=given)
        return Entry(start=start, port=listens, uses=(use,))
    script = run_script(filled[0].rpartition("/")[2])
    command, added = (
        ((*script, *filled[1:]), "")
        if script
        else reachable(_as_module(filled), number_text, binds=bound is not None)
    )
    start = started(name, command, remark(origin, added), environment=environment)
    return Entry(start=start, port=listens, uses=foreign_uses(command, origin))


def _read_lines(root: Path) -> dict[str, tuple[int, str]]:
    data = read_bytes(root, _FILE)
    lines: dict[str, tuple[int, str]] = {}
    problems: list[Detail] = []
    text = ""
    try:
        text = decode(data)
    except ValueError as error:
        problems.append(decode_problem(_FILE, data, error))
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            kind, command = _split_line(line)
        except ValueError as error:
            problems.append(Detail(text=f"{line.strip()!r}: {error}", file=_FILE, line=number))
        else:
            lines.setdefault(kind, (number, command))
    if problems:
        raise ConfigInvalidError(
            "the Procfile cannot be used",
            hint="correct the lines, or say how the app starts with --cmd",
            details=problems,
        )
    return lines


def _split_line(line: str) -> tuple[str, str]:
    """Return the kind and the command. Raises ValueError with what is wrong."""
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError("is not of the form 'web: command'")
    if not _split_assignments(shlex.split(found[2]))[0]:
        raise ValueError("starts nothing")
    return found[1], found[2].strip()


def _split_assignments(words: Sequence[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the command, and the variables that are set before it."""
    if words[:1] == ["env"] and words[1:2] and not words[1].startswith("-"):
        words = words[1:]
    at, environment = 0, []
    while at < len(words) and (found := _ASSIGNED.fullmatch(words[at])):
        environment.append((found[1], found[2]))
        at += 1
    return list(words[at:]), environment


def _server_of(words: list[str]) -> str:
    name = words[0].rpartition("/")[2]
    if _PYTHON.fullmatch(words[0]) and words[1:2] == ["-m"] and words[2:]:
        return words[2]
    return MODULES.get(name, "")


def _settle_port(
    text: str, port: Found[int] | None, server: str, origin: Origin, *, web: bool
) -> Found[int] | None:
    """Return the port: a number in the line, ``${PORT:-8000}``, the sources', the server's."""
    if variable := _PORT.search(text):
        if variable[1]:
            return Found(value=int(variable[1]), origin=origin)
    elif written := PORT_OPTION.search(text):
        return Found(value=int(written[1]), origin=origin)
    elif server == "uvicorn":
        return Found(value=8000, origin=remark(origin, "uvicorn's default port"))
    if port is not None:
        return port
    if variable or web:
        detail = f"{server or 'usual'} default port"
        return Found(value=default_port(server), origin=remark(origin, detail))
    return None


def _needs_shell(text: str, root: Path) -> bool:
    """Return whether a shell would do more than split words: quoted characters do not count.

    Nor does a pattern that no file matches (``--listen=*:80``), which a shell leaves as it is.
    """
    lexer = shlex.shlex(text, posix=False, punctuation_chars="|&;<>()")
    lexer.whitespace_split = True
    bare = [re.sub(r"'[^']*'", "", word) for word in lexer if word[0] not in "\"'"]
    return any(
        found - {"*", "?"} or word.startswith("/") or any(root.glob(word))
        for word in bare
        if (found := set(_SHELL.findall(word)))
    )


def _as_module(words: Sequence[str]) -> tuple[str, ...]:
    """Return the command with ``python`` first: console scripts may be missing in the image."""
    name = words[0].rpartition("/")[2]
    if _PYTHON.fullmatch(words[0]):
        return ("python", *words[1:])
    if name in MODULES:
        return ("python", "-m", MODULES[name], *words[1:])
    return tuple(words)


def foreign_uses(command: Sequence[str], origin: Origin) -> tuple[Use, ...]:
    """Return what a command needs that is no Python: its program, and a shell for a script."""
    name = command[0].rpartition("/")[2]
    if name == "python":
        return ()
    uses = [Use(code="runs-program", value=name, origin=origin)]
    if name in {"sh", "bash"} or command[0].endswith(".sh"):
        uses.append(Use(code="needs-shell", value="sh", origin=origin))
    return tuple(uses)
