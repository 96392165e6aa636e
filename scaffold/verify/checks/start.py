"""The app starts, answers, stays, and keeps to the device's memory."""

import re
from collections.abc import Mapping, Sequence
from statistics import median

from scaffold.model.codes import CheckCode
from scaffold.model.run import Run, RunSpec
from scaffold.model.verification import Check, Status
from scaffold.verify.checks.imports import name_brought

CODE = CheckCode("""start (check): the app starts and answers
    The image runs as its own user with a read-only root and no network until it answers on its port
    or health path, or runs on for a while where it has none.
    → The evidence shows the last lines that the app wrote. Give the variables and files that it
    needs with `--env` and `--env-file`, and writable folders with `--writable`.""")
MEMORY_CODE = CheckCode("""memory (check): the app stays below the device's memory
    The container runs under the target's memory limit, and its peak is read from the cgroup.
    → Raise `--memory`, run fewer workers, or import less at start.""")
_LOG_LINES = 6
_MEBI = 1 << 20
_LOOPBACK = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}
_SERVICE = re.compile(
    r"connection refused|name or service not known|name resolution|temporary failure in name|"
    r"network is unreachable|could not translate host name|no route to host",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"no such file or directory:? ?['\"(]*(/dev/[\w/.-]+)|(/dev/tty[\w.-]+)", re.IGNORECASE
)
_SOURCES_HINT = "the log's last lines are above; `docker run --rm -it IMAGE` shows all of it"


def check_start(
    trial: RunSpec, runs: Sequence[Run], brought: Mapping[str, str] | None = None
) -> Check:
    """Return whether the app started in every run.

    A server has to answer and to be there still after ``settle`` seconds. A command has to end
    with 0, or to live on for ``patience`` seconds. One that ends because a service, a device or
    what is ``brought`` at run time is not there has proven nothing.
    """
    troubles = [trouble for run in runs if (trouble := _trouble(trial, run, brought or {}))]
    if troubles:
        return troubles[0]
    run = runs[0]
    times = [one.start_seconds for one in runs if one.start_seconds is not None]
    if not times:
        text = (
            "ran to its end with exit code 0"
            if run.ended
            else f"a command, still running after {trial.patience:g} s"
        )
        if run.own_health == 0:
            text += ", and its own health check passes"
        lost = _SERVICE.search(run.log)
        remarks = (
            "its log names a service that is not available here, so this is not fully checked",
        )
        return Check(code=CODE, status=Status.PASSED, text=text, evidence=remarks if lost else ())
    several = f" (median of {len(times)})" if len(times) > 1 else ""
    what = trial.health or f"port {trial.port}"
    checked = ("the image's own health check agrees",) if run.own_health == 0 else ()
    return Check(
        code=CODE,
        status=Status.PASSED,
        text=f"{what} answers {run.answer} after {median(times):.2f} s{several}",
        evidence=checked,
        figures=(("start_seconds", median(times)),),
    )


def _trouble(trial: RunSpec, run: Run, brought: Mapping[str, str]) -> Check | None:
    text, hint = _why(trial, run)
    if not text:
        return None
    unproven = trial.port is None and (_SERVICE.search(run.log) or _DEVICE.search(run.log))
    outside = "for want of something outside of the image" if unproven else ""
    outside = name_brought(run.log, brought) or outside
    return Check(
        code=CODE,
        status=Status.NOT_VERIFIED if outside else Status.FAILED,
        text=f"{text}, {outside}" if outside else text,
        evidence=last_lines(run.log),
        hint="run it where that is there: --network, --env NAME=VALUE, --on the device"
        if outside
        else hint,
    )


def _why(trial: RunSpec, run: Run) -> tuple[str, str]:
    """Return what went wrong and what to do, both empty if nothing did."""
    if run.refused:
        text = f"the engine cannot start it: {run.refused}"
        hint = "CMD or ENTRYPOINT names a program that is not there, or not for its processor"
    elif run.out_of_memory:
        text, hint = "it was killed because of its memory", "see the memory check"
    elif trial.port is None:
        failed = run.ended and run.exit_code != 0
        text = f"it ended with exit code {run.exit_code}" if failed else ""
        hint = _SOURCES_HINT
        if run.own_health and not run.ended:
            text, hint = f"its own health check ends with {run.own_health}", "mend --health-cmd"
    elif run.start_seconds is None:
        text, hint = _why_silent(trial, run)
    else:
        text, hint = _why_unwell(trial, run, run.start_seconds)
    return text, hint if text else ""


def _why_silent(trial: RunSpec, run: Run) -> tuple[str, str]:
    what = trial.health or f"port {trial.port}"
    if run.ended:
        text = f"it ended with exit code {run.exit_code} before {what} answered"
        return text, _SOURCES_HINT
    last = f"; last: {run.answer}" if run.answer else ""
    text = f"{what} did not answer within {trial.patience:g} s{last}"
    hint = "is it the right port and path (--port, --health)? A slow app gets more with --timeout"
    return text, hint


def _why_unwell(trial: RunSpec, run: Run, started: float) -> tuple[str, str]:
    if run.ended:
        text = f"it answered after {started:.2f} s, then ended with exit code {run.exit_code}"
        return text, _SOURCES_HINT
    if run.listens and set(run.listens) <= _LOOPBACK:
        text = (
            f"it listens on port {trial.port} of the container's own loopback, which "
            "cannot be reached from outside"
        )
        return text, "let it listen on 0.0.0.0"
    if run.own_health:
        return f"the image's own health check ends with {run.own_health}", "mend HEALTHCHECK"
    return "", ""


def check_memory(trial: RunSpec, runs: Sequence[Run]) -> Check:
    """Return whether the app keeps to the memory it was given."""
    limit = "no limit" if trial.memory is None else f"a limit of {trial.memory / _MEBI:.0f} MiB"
    if any(run.out_of_memory for run in runs):
        return Check(
            code=MEMORY_CODE,
            status=Status.FAILED,
            text=f"killed because of its memory, under {limit}",
            evidence=last_lines(runs[0].log),
            hint="a device with more memory, fewer workers, or lighter packages "
            "(`leanscaffold plan` lists swaps)",
        )
    peaks = [run.peak_memory for run in runs if run.peak_memory is not None]
    if not peaks and trial.port is None and all(r.ended and r.exit_code == 0 for r in runs):
        text = f"it did its work and ended, too soon to read its peak, under {limit}"
        return Check(code=MEMORY_CODE, status=Status.PASSED, text=text)
    if not peaks:
        return Check(
            code=MEMORY_CODE,
            status=Status.NOT_VERIFIED,
            text="it ended before its memory could be read"
            if any(run.ended or run.refused for run in runs)
            else "the engine tells no peak (cgroup v2 before Linux 5.19)",
            hint="the start check says why it ended"
            if any(run.ended or run.refused for run in runs)
            else "a newer kernel, or --on a machine with one",
        )
    return Check(
        code=MEMORY_CODE,
        status=Status.PASSED,
        text=f"{max(peaks) / _MEBI:.0f} MiB at most (cgroup's peak, file cache included), {limit}",
        evidence=()
        if trial.expected_memory is None
        else (f"planned: {trial.expected_memory / _MEBI:.0f} MiB when all packages are imported",),
        figures=(("peak_memory_bytes", float(max(peaks))),),
    )


def last_lines(log: str) -> tuple[str, ...]:
    """Return the last lines of a log that say something."""
    lines = [line.rstrip() for line in log.splitlines() if line.strip()]
    return tuple(f"log: {line}" for line in lines[-_LOG_LINES:])
