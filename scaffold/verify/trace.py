"""A trace: what is run; then build, run under a tracer, make the keep-list, build and run again."""

import json
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scaffold.docker.apps import run_exercise
from scaffold.docker.build import BuildServices, Job, Watch
from scaffold.docker.buildx import stopped_by_signals
from scaffold.docker.images import remove_image
from scaffold.model.errors import Detail, TraceError, UsageError
from scaffold.model.image import Contents
from scaffold.model.plan import Plan
from scaffold.model.run import Figures, Request, RunSpec, Trace, TraceResult, TraceScenario
from scaffold.model.verification import Expectation, VerifyOptions
from scaffold.project.dockerignore import TRACE
from scaffold.state.file_writer import read_recorded
from scaffold.state.trace_file import (
    KERNEL,
    UNSEEN,
    find_dropped,
    find_opened,
    find_read_sources,
    render_trace,
    spell_opened,
    weigh_opened,
)
from scaffold.verify.checks.traced import compare_runs, name_exercise
from scaffold.verify.session import (
    RunServices,
    VerifySession,
    build_one,
    make_trial,
    on_device,
    open_bench,
    run_services,
    working_copy,
)

if TYPE_CHECKING:
    from scaffold.model.target import Arch


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing:
    """What is to be traced. ``job`` is the user's project, of which only copies are built.

    ``plan`` is without a trace; ``spell`` returns the files of a plan. ``tracer`` is ``any`` for
    the best there is, or ``hook``.
    """

    job: Job
    plan: Plan
    promise: Expectation
    exercises: tuple[TraceScenario, ...]
    wishes: VerifyOptions
    closure: str
    tracer: str
    spell: Callable[[Plan], Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """A trace with the figures of one target, and whether the runs came to the same with it.

    ``differing`` are sentences about those that did not.
    """

    trace: Trace
    figures: Figures
    differing: tuple[str, ...] = ()


def trace_project(
    tracing: Tracing, watch: Watch, tell: Callable[[str], None], build: BuildServices
) -> Traced:
    """Trace a project and clean up. Raises as a build does, EngineError, and TraceError."""
    with ExitStack() as stack:
        stack.enter_context(stopped_by_signals())
        bench = stack.enter_context(open_bench(tracing.wishes, build))
        edges = RunServices(**run_services(bench, {}, tell))
        with _image(tracing, tracing.plan, bench, watch) as image:
            whole = edges.inspect(image)
            trial = make_trial(image, whole, tracing.promise, tracing.wishes, edges)
            sightings = _run(tracing, whole, trial, bench, tell)
        opened = find_opened(whole, {path for one in sightings for path in one.files})
        trace = _make_trace(tracing, whole, sightings, opened)
        plan = _with_trace(tracing, trace)
        with _image(tracing, plan, bench, watch) as image:
            kept = edges.inspect(image)
            trial = make_trial(image, kept, tracing.promise, tracing.wishes, edges)
            tell(f"{trial.arch}: running all of it again, with the trace")
            again = [
                run_exercise(bench.device, bench.mark, trial, one, kept.config, tracer="")
                for one in tracing.exercises
            ]
    figures = _measure(tracing, whole, kept, opened, sightings)
    return Traced(
        trace=replace(trace, figures=(figures,)),
        figures=figures,
        differing=tuple(compare_runs(trace.runs, again)),
    )


@contextmanager
def _image(tracing: Tracing, plan: Plan, bench: VerifySession, watch: Watch) -> Iterator[str]:
    """Yield an image of a copy of the project with a plan's files, on the device's engine."""
    arch: Arch = tracing.promise.arch
    tag = f"leanscaffold-trace:{bench.mark}-{arch.slug}"
    with working_copy(tracing.job.folder) as folder, ExitStack() as stack:
        for name in (*read_recorded(tracing.job.folder), TRACE):
            (folder / name).unlink(missing_ok=True)
        files = dict(tracing.spell(plan))
        if plan.trace:
            files[TRACE] = render_trace(plan.trace)
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        stack.callback(remove_image, bench.home, tag)
        build_one(replace(tracing.job, folder=folder), arch, tag, bench, watch)
        stack.enter_context(on_device(tag, bench))
        yield tag


def _run(
    tracing: Tracing,
    contents: Contents,
    trial: RunSpec,
    bench: VerifySession,
    tell: Callable[[str], None],
) -> list[TraceResult]:
    """Run all exercises under the tracer."""
    sightings = []
    for exercise in tracing.exercises:
        tell(f"{trial.arch}: tracing {name_exercise(exercise)}")
        seen = run_exercise(
            bench.device, bench.mark, trial, exercise, contents.config, tracer=tracing.tracer
        )
        _check_traced(exercise, seen, contents)
        sightings.append(seen)
    return sightings


def _check_traced(exercise: TraceScenario, seen: TraceResult, contents: Contents) -> None:
    """Raise TraceError for a run that a keep-list should not be made of."""
    what = name_exercise(exercise)
    if seen.refused:
        raise TraceError(f"{what} cannot be traced: {seen.refused}", hint="try it: docker run")
    log = seen.log.strip()[-600:] or "it said nothing"
    if exercise.port is not None and not seen.well:
        raise TraceError(
            f"{what} did not answer on port {exercise.port}", hint=f"its last words: {log}"
        )
    if exercise.port is None and seen.ended and seen.code:
        raise TraceError(f"{what} ended with code {seen.code}", hint=f"its last words: {log}")
    if not seen.complete or not find_opened(contents, seen.files):
        raise TraceError(f"{what}: the tracer missed files", hint="run it again, with less to do")


def _make_trace(
    tracing: Tracing, whole: Contents, sightings: list[TraceResult], opened: frozenset[str]
) -> Trace:
    plan = tracing.plan
    site = plan.base.site_packages.format(python=plan.python)
    return Trace(
        python=sightings[0].python,
        packages=tracing.promise.packages,
        runs=tuple(
            exercise.came_to(seen.code if seen.ended else None, seen.answers)
            for exercise, seen in zip(tracing.exercises, sightings, strict=True)
        ),
        files=(
            *spell_opened(opened, site, workdir=plan.workdir),
            # What only machine code opens, the hook does not see.
            *(UNSEEN if any(one.tracer != KERNEL for one in sightings) else ()),
        ),
        sources=find_read_sources(whole, opened, site),
    )


def _with_trace(tracing: Tracing, trace: Trace) -> Plan:
    plan = tracing.plan
    options = replace(plan.options, traced=tracing.closure)
    project = replace(plan.project, trace=trace)
    return replace(plan, options=options, project=project, trace=trace)


def _measure(
    tracing: Tracing,
    whole: Contents,
    kept: Contents,
    opened: frozenset[str],
    sightings: list[TraceResult],
) -> Figures:
    return Figures(
        arch=tracing.promise.arch,
        base=tracing.plan.base.id,
        closure=tracing.closure,
        tracer=", ".join(sorted({one.tracer for one in sightings})),
        floor=weigh_opened(whole, opened),
        app=tracing.plan.project.app_bytes,
        whole=_weigh(whole),
        kept=_weigh(kept),
        dropped=find_dropped(whole, kept),
    )


def _weigh(contents: Contents) -> tuple[int, int]:
    return (
        sum(layer.on_disk for layer in contents.layers),
        sum(layer.download for layer in contents.layers),
    )


_LINE = re.compile(r"(?P<method>[A-Z]+)\s+(?P<path>/\S*)(?:\s+(?P<rest>.*))?")
_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]*):\s*([^;]*)")


def parse_script(text: str, file: str) -> tuple[Request, ...]:
    """Return the requests of a script, one a line. Raises UsageError that names every bad line.

        # a comment; the app is asked in this order, each time on a new connection
        GET /items/3 Accept: text/html
        POST /items {"name": "lamp", "price": 3}
        PUT /notes/1 Content-Type: text/plain | buy milk

    After the path come headers (several parted by ``;``) and the body: JSON as it is, sent as
    ``application/json``, anything else behind a ``|``.
    """
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
            f"{file} is not a script of requests" if problems else f"{file} holds no request",
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
        raise ValueError(f"{head!r} are not headers (Name: value), and not JSON")
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
        raise ValueError(f"{text!r} is not valid JSON: {error}") from error
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
        raise UsageError("the app's port is not known", hint="--port 8000")
    for file, requests in scripts:
        found.append(TraceScenario(port=port, health=health, requests=requests, source=file))
    return tuple(found) or (TraceScenario(port=port, health=health),)


def _split(text: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(f"{text!r} is not a command: {error}", hint="quote it") from error
    if not words:
        raise UsageError("a command is empty", hint='leanscaffold trace . "python report.py"')
    return words
