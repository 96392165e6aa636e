"""What a trace runs: commands, and HTTP scripts, one request a line.

    # a comment; the app is asked in this order, each time on a new connection
    GET /health
    GET /items/3 Accept: text/html
    POST /items {"name": "lamp", "price": 3}
    PUT /notes/1 Content-Type: text/plain | buy milk

After the path come headers (``Name: value``, several parted by ``;``) and the body: JSON as it is,
anything else behind a ``|``. A body of JSON is sent as ``application/json``.
"""

import json
import re
import shlex
from collections.abc import Iterable, Sequence

from scaffold.model.errors import Detail, UsageError
from scaffold.model.run import Request, TraceScenario

_LINE = re.compile(r"(?P<method>[A-Z]+)\s+(?P<path>/\S*)(?:\s+(?P<rest>.*))?")
_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]*):\s*([^;]*)")


def parse_script(text: str, file: str) -> tuple[Request, ...]:
    """Return the requests of a script. Raises UsageError that names every bad line."""
    found: list[Request] = []
    problems: list[Detail] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            found.append(_parse_line(line.strip()))
        except ValueError as error:
            problems.append(Detail(text=str(error), file=file, line=number))
    if problems or not found:
        raise UsageError(
            f"{file} is no script of requests" if problems else f"{file} holds no request",
            hint='write one a line, such as: POST /items {"name": "lamp"}',
            details=problems,
        )
    return tuple(found)


def _parse_line(line: str) -> Request:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(f"{line!r} does not start with a method and a path")
    head, body, json_body = _cut(match["rest"] or "")
    headers = [(name, value.strip()) for name, value in _HEADER.findall(head)]
    if _HEADER.sub("", head).strip("; "):
        raise ValueError(f"{head!r} are no headers (Name: value), and no JSON")
    if json_body and "content-type" not in {name.lower() for name, _ in headers}:
        headers.append(("Content-Type", "application/json"))
    return Request(
        method=match["method"], path=match["path"], headers=tuple(headers), body=body.encode()
    )


def _cut(rest: str) -> tuple[str, str, bool]:
    """Return (headers, body, whether it is JSON)."""
    head, bar, body = rest.partition("|")
    starts = [at for at in (rest.find("{"), rest.find("[")) if at >= 0]
    if bar and (not starts or len(head) < min(starts)):
        return head.strip(), body.strip(), False
    if not starts:
        return rest.strip(), "", False
    text = rest[min(starts) :]
    try:
        json.loads(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no JSON: {error}") from error
    return rest[: min(starts)].strip(), text, True


def list_exercises(
    commands: Iterable[str],
    scripts: Sequence[tuple[str, tuple[Request, ...]]],
    *,
    port: int | None,
    health: str,
) -> tuple[TraceScenario, ...]:
    """Return what to run: the commands; the app's own start with scripts, or if there is neither.

    Raises UsageError for a command that is none, and for requests to an app without a port.
    """
    found = [TraceScenario(command=_split(text)) for text in commands]
    if scripts and port is None:
        raise UsageError("nobody knows the app's port to send requests to", hint="--port 8000")
    for file, requests in scripts:
        found.append(TraceScenario(port=port, health=health, requests=requests, source=file))
    return tuple(found) or (TraceScenario(port=port, health=health),)


def _split(text: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(f"{text!r} is no command: {error}", hint="quote it") from error
    if not words:
        raise UsageError("a command is empty", hint='leanscaffold trace . "python report.py"')
    return words
