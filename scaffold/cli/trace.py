"""``leanscaffold trace``: run the app under a tracer, and keep a list of what it opens."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

from scaffold.cli.request import GivenCall, with_given
from scaffold.cli.verify import read_proof_wishes
from scaffold.config.option_sources import Given
from scaffold.model.errors import NothingFitsError, PathUnreadableError, UsageError
from scaffold.model.options import TRACED
from scaffold.model.run import TraceScenario
from scaffold.model.verification import VerifyOptions
from scaffold.operations.compare import make_contest, promise_of
from scaffold.operations.plan import decide_outcome
from scaffold.operations.request import combine_options
from scaffold.operations.services import Services
from scaffold.project.dockerignore import TRACE
from scaffold.report.plan_result import PlanResult
from scaffold.report.progress import saying, talking, watching
from scaffold.report.terminal import print_result
from scaffold.report.verify import make_trace_document, show_traced
from scaffold.state.file_writer import write_outputs
from scaffold.state.trace_file import join_traces, render_trace
from scaffold.verify.trace import Traced, Tracing, list_exercises, parse_script

_DIFFERS = 1


def _with_path(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command its folder and its commands: the first word is the folder if it is one."""

    @wraps(command)
    def split(*args: Any, words: tuple[str, ...], **values: Any) -> int:
        path, commands = _split(words)
        return command(*args, path=path, commands=commands, **values)

    return split


@_with_path
@with_given
def trace(
    call: GivenCall,
    /,
    *,
    commands: tuple[str, ...],
    http: tuple[str, ...],
    add: bool,
    tracer: str,
    as_json: bool,
    quiet: bool,
    **values: Any,
) -> int:
    """Trace what runs of the project in PATH open, so that the image can do without the rest."""
    outside, given, path = call
    wishes = read_proof_wishes(values)
    with talking(quiet=quiet) as tell:
        outcome, tracing = _order(outside, path, given, (commands, http), tell)
    tracing = replace(tracing, wishes=wishes, tracer=tracer)
    with watching(quiet=quiet) as watch:
        traced = outside.engine.trace(tracing, watch, saying(quiet=quiet))
    traced = _keep(path, traced, outcome, add=add)
    print_result(lambda: make_trace_document(traced), show_traced(traced), as_json=as_json)
    return _DIFFERS if traced.differing else 0


def _split(words: Sequence[str]) -> tuple[Path, tuple[str, ...]]:
    if words and Path(words[0]).is_dir():
        return Path(words[0]), tuple(words[1:])
    return Path(), tuple(words)


def _order(
    outside: Services,
    path: Path,
    given: Mapping[str, Given],
    runs: tuple[Sequence[str], Sequence[str]],
    tell: Callable[[str], None],
) -> tuple[PlanResult, Tracing]:
    """Return what was decided, and what is to be traced of it."""
    record = outside.files.read_record(path)
    request = combine_options(given, record)
    closure = request.options.traced
    if closure == TRACED[-1]:
        if "traced" in given:
            raise UsageError("there is nothing to trace for", hint="--traced safe, or tight")
        closure = TRACED[0]  # an earlier run did without; this one shall not
    whole = replace(request, options=replace(request.options, traced=TRACED[-1]))
    outcome = decide_outcome(outside, path, whole, tell)
    fits = outcome.decisions[0].chosen
    if fits is None:
        raise NothingFitsError("no base fits the project", hint="leanscaffold plan tells why")
    if not fits.base.origin:
        raise UsageError(
            f"{fits.base.id} is kept as it is: a trace leaves out nothing of it",
            hint="take a base that is cut to measure: --base bare",
        )
    plan = outside.planner.make_plan(outcome.project, outcome.targets, outcome.decisions, whole)
    promise = promise_of(outcome, fits)
    tracing = Tracing(
        job=make_contest(path, outcome, (), outside.knowledge.load_facts(request.knowledge)).job,
        plan=plan,
        promise=promise,
        exercises=_read_exercises(path, *runs, port=promise.port, health=promise.health),
        wishes=VerifyOptions(),
        closure=closure,
        tracer="any",
        spell=outside.planner.spell_plan,
    )
    return outcome, tracing


def _read_exercises(
    path: Path, commands: Sequence[str], scripts: Sequence[str], *, port: int | None, health: str
) -> tuple[TraceScenario, ...]:
    read = []
    for name in scripts:
        file = path / name if (path / name).is_file() else Path(name)
        try:
            text = file.read_text("utf-8")
        except (OSError, ValueError) as error:
            raise PathUnreadableError(
                f"--http: cannot read {name}: {error}", hint="name a file with requests"
            ) from error
        read.append((name, parse_script(text, name)))
    return list_exercises(commands, read, port=port, health=health)


def _keep(path: Path, traced: Traced, outcome: PlanResult, *, add: bool) -> Traced:
    """Write the keep-list, with what an earlier one lists if that is to stay."""
    earlier = outcome.project.trace
    if add and earlier is not None:
        traced = replace(traced, trace=join_traces(earlier, traced.trace))
    write_outputs(path, {TRACE: render_trace(traced.trace)}, force=True, recorded={})
    return traced
