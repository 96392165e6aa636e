"""What buildx tells about a build while it runs, line by line, in either of two formats."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from scaffold.model.build import Event, Progress, Step

# What moves bytes between machines, in the words of BuildKit's statuses.
_MOVES = ("transferring", "downloading", "pushing", "sending tarball")
_TAIL = 40  # lines of a step's output that are kept for an error
_NEWS = 1.0  # seconds more that a step took, from which on its end is told again
_FRACTION = re.compile(r"(\.\d{6})\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedStep:
    """A step that ended in an error: what it printed last, and what BuildKit says about it."""

    name: str
    error: str
    output: tuple[str, ...]


@dataclass(slots=True)
class _Vertex:
    """What is known of a step. ``spans`` maps a begin to an end: a step may run again.

    ``told`` is whether it failed and after how many seconds, once its end was told.
    """

    name: str
    spans: dict[float, float | None] = field(default_factory=dict)
    cached: bool = False
    error: str = ""
    moved: dict[str, int] = field(default_factory=dict)
    output: str = ""
    told: tuple[bool, float] | None = None

    @property
    def began(self) -> bool:
        return bool(self.spans) or self.cached

    @property
    def cancelled(self) -> bool:
        """Whether the failure of another step ended it."""
        return "context canceled" in self.error

    @property
    def bytes(self) -> int | None:
        return sum(self.moved.values()) if self.moved else None

    @property
    def seconds(self) -> float:
        """Return how long it took: spans that overlap count once."""
        total, until = 0.0, float("-inf")
        for begin, end in sorted((b, e) for b, e in self.spans.items() if e is not None):
            total += max(0.0, end - max(begin, until))
            until = max(until, end)
        return round(total, 3)

    def lines(self) -> tuple[str, ...]:
        # A progress bar redraws its line after a carriage return: only its last state counts.
        lines = (line.rstrip("\r").rpartition("\r")[2] for line in self.output.split("\n"))
        return tuple(line.rstrip() for line in lines if line.strip())[-_TAIL:]


class Log:
    """Reads the lines of a build; ``said`` are those that tell of no step, such as its error."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._vertices: dict[str, _Vertex] = {}

    def read(self, line: str) -> tuple[Progress, ...]:
        """Return what a line tells has happened."""
        found = self._parse(line)
        if found is None and line.strip():
            self.said.append(line.rstrip())
        return tuple(found or ())

    def _parse(self, line: str) -> Iterable[Progress] | None:
        """Return what a line tells, None for one that tells of no step."""
        raise NotImplementedError

    def steps(self) -> tuple[Step, ...]:
        """Return all steps that ran or were cached, in the order in which they began."""
        raise NotImplementedError

    def failed(self) -> FailedStep | None:
        """Return the step that failed, if any did."""
        raise NotImplementedError


class RawLog(Log):
    """Reads ``--progress=rawjson``: BuildKit's own status messages, one JSON object a line."""

    def _parse(self, line: str) -> Iterable[Progress] | None:
        try:
            message = json.loads(line) if line.startswith("{") else None
        except ValueError:
            message = None
        return self._happenings(message) if isinstance(message, dict) else None

    def steps(self) -> tuple[Step, ...]:
        """Return the steps that ran or were cached."""
        began = [vertex for vertex in self._vertices.values() if vertex.began]
        began.sort(key=lambda vertex: min(vertex.spans, default=0.0))
        return tuple(
            Step(name=v.name, seconds=v.seconds, cached=v.cached, bytes=v.bytes) for v in began
        )

    def failed(self) -> FailedStep | None:
        """Return the step with an error; others that it took down were cancelled."""
        failed = [vertex for vertex in self._vertices.values() if vertex.error]
        failed.sort(key=lambda vertex: vertex.cancelled)
        if not failed:
            return None
        return FailedStep(name=failed[0].name, error=failed[0].error, output=failed[0].lines())

    def _happenings(self, message: Mapping[str, Any]) -> Iterator[Progress]:
        for row in _rows(message, "vertexes"):
            yield from self._read_vertex(row)
        for row in _rows(message, "statuses"):
            yield from self._read_status(row)
        for row in _rows(message, "logs"):
            yield from self._read_output(row)

    def _read_vertex(self, row: Mapping[str, Any]) -> Iterator[Progress]:
        name = " ".join(str(row.get("name", "")).split())
        vertex = self._vertices.setdefault(str(row.get("digest", "")), _Vertex(name=name))
        begin, end = _seconds(row.get("started")), _seconds(row.get("completed"))
        vertex.cached = vertex.cached or bool(row.get("cached"))
        vertex.error = str(row.get("error") or "") or vertex.error
        if begin is None:
            return
        if begin not in vertex.spans:
            yield Progress(happening=Event.STARTED, step=vertex.name)
        was = vertex.spans.get(begin)
        vertex.spans[begin] = end or was
        if end is not None and was is None:
            failed = bool(vertex.error) and not vertex.cancelled
            yield Progress(
                happening=Event.FINISHED,
                step=vertex.name,
                seconds=vertex.seconds,
                bytes=vertex.bytes,
                cached=vertex.cached,
                failed=failed,
                again=vertex.cancelled
                or (
                    vertex.told is not None
                    and vertex.told[0] == failed
                    and vertex.seconds < vertex.told[1] + _NEWS
                ),
            )
            vertex.told = failed, vertex.seconds

    def _read_status(self, row: Mapping[str, Any]) -> Iterator[Progress]:
        vertex = self._vertices.get(str(row.get("vertex", "")))
        what = f"{row.get('id', '')} {row.get('name', '')}".lower()
        current = row.get("current")
        if vertex is None or not isinstance(current, int) or not any(m in what for m in _MOVES):
            return
        key = str(row.get("id", ""))
        vertex.moved[key] = max(current, vertex.moved.get(key, 0))
        yield Progress(happening=Event.MOVED, step=vertex.name, bytes=vertex.bytes)

    def _read_output(self, row: Mapping[str, Any]) -> Iterator[Progress]:
        vertex = self._vertices.get(str(row.get("vertex", "")))
        try:
            data = base64.b64decode(str(row.get("data", "")), validate=True)
        except binascii.Error:
            return
        text = data.decode(errors="replace")
        if vertex is not None:
            vertex.output = (vertex.output + text)[-100_000:]
            yield Progress(happening=Event.PRINTED, step=vertex.name, text=text)


class PlainLog(Log):
    """Reads ``--progress=plain``, for a buildx that knows nothing else: ``#7 DONE 1.2s``."""

    _LINE = re.compile(r"#(\d+) (.*)")
    _DONE = re.compile(r"DONE (\d+(?:\.\d+)?)s")
    _OUTPUT = re.compile(r"\d+\.\d+ (.*)")

    def _parse(self, line: str) -> Iterable[Progress] | None:
        match = self._LINE.fullmatch(line.rstrip())
        if match is None:
            return None
        number, text = match[1], match[2]
        if number not in self._vertices:
            self._vertices[number] = _Vertex(name=text)
            return (Progress(happening=Event.STARTED, step=text),)
        return self._happenings(self._vertices[number], text)

    def steps(self) -> tuple[Step, ...]:
        """Return the steps that ran or were cached; what they moved is not told."""
        return tuple(
            Step(name=v.name, seconds=v.seconds, cached=v.cached) for v in self._vertices.values()
        )

    def failed(self) -> FailedStep | None:
        """Return the step with an error."""
        for vertex in self._vertices.values():
            if vertex.error and vertex.error != "CANCELED":
                return FailedStep(name=vertex.name, error=vertex.error, output=vertex.lines())
        return None

    def _happenings(self, vertex: _Vertex, text: str) -> Iterator[Progress]:
        done = self._DONE.fullmatch(text)
        if done or text == "CACHED" or text.startswith(("ERROR", "CANCELED")):
            vertex.cached = text == "CACHED"
            vertex.spans = {0.0: float(done[1]) if done else 0.0}
            if not done and not vertex.cached:
                vertex.error = text.removeprefix("ERROR: ")
            yield Progress(
                happening=Event.FINISHED,
                step=vertex.name,
                seconds=vertex.seconds,
                cached=vertex.cached,
                failed=bool(vertex.error),
            )
        elif output := self._OUTPUT.fullmatch(text):
            vertex.output += f"{output[1]}\n"
            yield Progress(happening=Event.PRINTED, step=vertex.name, text=f"{output[1]}\n")


def join_tries(first: Iterable[Step], again: Iterable[Step]) -> tuple[Step, ...]:
    """Return the steps of a build that was run again: what an earlier try ran is not cached."""
    ran = {step.name: step for step in first if not step.cached}
    return tuple(ran.get(step.name, step) if step.cached else step for step in again)


def own_steps(steps: Iterable[Step], target: str, targets: Iterable[str]) -> tuple[Step, ...]:
    """Return the steps of one target of a bake: its own, without its name, and those of all.

    BuildKit runs a step that several targets share once, under the name of one of them.
    """
    others = {name for name in targets if name != target}
    own = []
    for step in steps:
        owner, _, rest = step.name.removeprefix("[").partition(" ")
        if owner == target:
            own.append(replace(step, name=f"[{rest}"))
        elif owner == f"{target}]":
            own.append(replace(step, name=rest))
        elif owner.rstrip("]") not in others:
            own.append(step)
    return tuple(own)


def _rows(message: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    rows = message.get(key)
    if isinstance(rows, list):
        yield from (row for row in rows if isinstance(row, dict))


def _seconds(text: object) -> float | None:
    """Return a time as seconds; BuildKit writes more digits than Python reads."""
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(_FRACTION.sub(r"\1", text)).timestamp()
    except ValueError:
        return None
