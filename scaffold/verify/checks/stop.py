"""A signal ends the app within the grace period."""

from scaffold.model.codes import CheckCode
from scaffold.model.run import Run, RunSpec
from scaffold.model.verification import Check, Status

CODE = CheckCode("""stop (check): the app stops on its stop signal
    `verify` sends the stop signal and waits for the grace period.
    → Handle SIGTERM, or choose the signal that the server listens to.""")
_DEAF = (
    "the first process of a container is deaf to signals without a handler: install one, or set "
    "STOPSIGNAL to one that it has"
)
# Python has a handler for it, so something else goes on.
_HINTS = {
    "SIGINT": "KeyboardInterrupt ends the main thread only: make the others daemons, end them "
    "where it is caught, or install a handler for SIGTERM"
}


def check_stop(trial: RunSpec, run: Run, signal: str) -> Check:
    """Return whether the app ended on the image's signal. ``signal`` is its name."""
    if run.ended and run.exit_code == 0 and trial.port is None:
        text = "it ends by itself: nothing to stop"
        return Check(code=CODE, status=Status.PASSED, text=text)
    if run.stop_seconds is None:
        return _unproven("it was not running any more")
    if run.killed and trial.port is not None and run.start_seconds is None:
        # What is still loading has no handler yet.
        return _unproven(f"it had not come up, and did not end on {signal}")
    figures = (("stop_seconds", run.stop_seconds),)
    if run.killed:
        return Check(
            code=CODE,
            status=Status.FAILED,
            text=f"{signal} did not end it within {trial.grace} s: it was killed",
            figures=figures,
            hint=_HINTS.get(signal, _DEAF),
        )
    return Check(
        code=CODE,
        status=Status.PASSED,
        text=f"{signal} ends it in {run.stop_seconds:.2f} s (exit code {run.exit_code})",
        figures=figures,
    )


def _unproven(text: str) -> Check:
    hint = "the start check says why"
    return Check(code=CODE, status=Status.NOT_VERIFIED, text=text, hint=hint)
