"""The comments of a Dockerfile: why it is as it is, from the plan's reasons, in short lines."""

import shlex
import textwrap
from collections.abc import Iterator

from scaffold.dockerfile.quoting import guard
from scaffold.model.codes import DECIDING, Code
from scaffold.model.plan import Plan, TargetPlan, file_option
from scaffold.model.target import mega
from scaffold.model.verdict import Accepted, Rejected
from scaffold.project.dockerignore import TRACE

_WIDTH = 96
_SHOWN_REFUSALS = 4


def header_lines(plan: Plan) -> Iterator[str]:
    """Yield the file's first comment: sizes, base, why, and how to make and build it."""
    # The first line must not start with a value: `# syntax=…` there is an order to Docker.
    yield "Made by leanscaffold. Once edited this file is yours: `leanscaffold generate` leaves it"
    yield "alone, unless told --force."
    yield ""
    for target in plan.targets:
        size = target.chosen.size
        yield (
            f"{target.target.arch.platform}: predicted {mega(size.on_disk)} on disk "
            f"(± {mega(size.error)}), {mega(size.download)} to download "
            f"(± {mega(size.download_error)})"
        )
    libc = plan.targets[0].chosen.candidate.resolution.environment.libc
    yield from _wrap(
        f"Base {plan.base.id} ({libc}), Python {plan.python}, for {plan.project.name.value}: "
        f"{_preference(plan)}."
    )
    for text in dict.fromkeys(_deciding(plan)):
        yield from _bullet(text)
    arguments = plan.arguments or [
        word for target in plan.targets for word in ("--target", target.target.arch.value)
    ]
    platforms = ",".join(target.target.arch.platform for target in plan.targets)
    yield ""
    yield f"Made by:  leanscaffold generate {shlex.join(arguments)}"
    yield f"Build by: docker buildx build --platform {platforms} {file_option(plan.options)}."
    if "@" in plan.reference:
        yield "Renovate and Dependabot know the tag and digest of FROM lines, and renew both."
    yield "Behind an index or certificates of your own, add what applies:"
    yield "  --secret id=pip_conf,src=$HOME/.config/pip/pip.conf --secret id=ca,src=ca.pem"


def _preference(plan: Plan) -> str:
    """Return by what the base was preferred to others that fit."""
    if plan.options.base:
        return f"the best that --base {plan.options.base} leaves"
    if plan.options.objective == "size":
        return "the smallest that fits"
    return f"what --objective {plan.options.objective} prefers of those that fit"


def _deciding(plan: Plan) -> Iterator[str]:
    """Yield why it is this base and these versions: remarks, then why others were refused."""
    for target in plan.targets:
        yield from (note.text for note in target.decision.notes)
    for target in plan.targets:
        notes = target.chosen.candidate.resolution.notes
        yield from (note.text for note in notes if note.code == Code.OLDER_THAN_NEWEST)
    # With several targets, each base that one of them refuses is told with that target.
    several = len(plan.targets) > 1
    refused = {
        verdict.base.id: (f" for {target.target.arch.platform}" if several else "", reason.text)
        for target in reversed(plan.targets)
        for verdict in target.decision.verdicts
        if isinstance(verdict, Rejected) and verdict.python == plan.python
        for reason in verdict.reasons[:1]
        if reason.code in DECIDING
    }
    for base, (where, text) in list(refused.items())[:_SHOWN_REFUSALS]:
        yield f"not {base}{where}: {text}"


def reason_lines(chosen: Accepted, *codes: str) -> tuple[str, ...]:
    """Return the reasons with one of the codes as lines of comments, each once."""
    found = [reason.text for reason in chosen.reasons if reason.code in codes]
    return tuple(line for text in dict.fromkeys(found) for line in _bullet(text))


def base_lines(target: TargetPlan) -> tuple[str, ...]:
    """Return why each system package of the final image is there."""
    chosen = target.chosen
    lines = list(
        reason_lines(chosen, Code.NEEDS_LIBRARY, Code.NEEDS_PROGRAM, Code.FROM_DISTRIBUTION)
    )
    told = " ".join(reason.text for reason in chosen.reasons)
    brought = {reason.fact for reason in chosen.reasons if reason.code == Code.FROM_DISTRIBUTION}
    own = chosen.base.python_packages
    if own:
        lines += _bullet(f"the interpreter is the distribution's: {', '.join(own)}")
    names = [package.name for package in chosen.candidate.run_packages]
    rest = [n for n in names if f" {n} is added" not in told and n not in {*own, *brought}]
    if rest and target.compiled:
        verb, verb2 = ("is", "runs") if len(target.compiled) == 1 else ("are", "run")
        built = ", ".join(target.compiled)
        lines += _bullet(f"{built} {verb} built from source and {verb2} with {', '.join(rest)}")
    return tuple(lines)


def start_lines(plan: Plan) -> tuple[str, ...]:
    """Return where the command comes from."""
    start = plan.project.start
    where = "--cmd" if plan.options.command or start is None else str(start.origin)
    return tuple(_wrap(f"From {where}. No shell in between, so that the app gets the signals."))


def port_lines(plan: Plan) -> tuple[str, ...]:
    """Return where the port comes from; nothing without one."""
    found = plan.project.port
    where = "--port" if plan.options.port is not None or found is None else str(found.origin)
    return () if plan.port is None else tuple(_wrap(f"From {where}."))


def health_lines(plan: Plan) -> tuple[str, ...]:
    """Return what the health check asks, and where that comes from; nothing without one."""
    if plan.health is None:
        return ()
    found = plan.project.health
    if plan.health.command:
        return ("From --health-cmd: exit code 0 is well.",)
    if not plan.health.path:
        what = "No path that tells was found, so a connection has to do (--health names one)."
    else:
        where = "--health" if plan.options.health or found is None else str(found.origin)
        what = f"{plan.health.path} is from {where}."
    return tuple(_wrap(f"{what} Asked with what Python brings: the image has no curl."))


def trace_lines(plan: Plan) -> tuple[str, ...]:
    """Return what a trace leaves out, and what it was made of; nothing without one."""
    if plan.trace is None:
        return ()
    runs = len(plan.trace.runs)
    what = (
        "nothing that stays may need (imports in any function, data, libraries)"
        if plan.options.traced == "safe"
        else "is not a library of what was opened"
    )
    lines = _wrap(
        f"What {runs} traced {'run' if runs == 1 else 'runs'} did not open and {what} is left out: "
        f"{TRACE} lists what was opened. Packages of other releases than it was made with stay "
        "whole. --traced none leaves out nothing, leanscaffold trace writes the list again."
    )
    return tuple(lines)


def _wrap(text: str, *, first: str = "", rest: str = "") -> list[str]:
    guard(text)
    return textwrap.wrap(
        text,
        width=_WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _bullet(text: str) -> list[str]:
    return _wrap(text, first="- ", rest="  ")
