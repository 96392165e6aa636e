import pytest

from scaffold.model.run import Run, RunSpec
from scaffold.model.target import Arch
from scaffold.model.verification import Status
from scaffold.verify.checks.stop import check_stop

SERVER = RunSpec(
    image="app", arch=Arch.ARM64, user="10001", interpreter="python", port=80, grace=10
)


@pytest.mark.parametrize(
    ("run", "status", "text"),
    [
        (
            Run(start_seconds=1.0, stop_seconds=0.25, exit_code=0),
            Status.PASSED,
            "SIGTERM ends it in 0.25 s (exit code 0)",
        ),
        (
            Run(start_seconds=1.0, stop_seconds=10.1, killed=True),
            Status.FAILED,
            "SIGTERM did not end it within 10 s: it was killed",
        ),
        (
            Run(stop_seconds=10.1, killed=True),
            Status.NOT_VERIFIED,
            "it had not come up, and did not end on SIGTERM",
        ),
        (
            Run(ended=True, exit_code=1),
            Status.NOT_VERIFIED,
            "it was not running any more",
        ),
    ],
)
def test_only_what_had_come_up_is_told_that_it_is_deaf(run: Run, status: Status, text: str) -> None:
    found = check_stop(SERVER, run, "SIGTERM")
    assert (found.status, found.text) == (status, text)
    assert bool(found.hint) == (status is not Status.PASSED)


def test_what_goes_on_after_ctrl_c_is_told_of_its_threads() -> None:
    killed = Run(start_seconds=1.0, stop_seconds=10.1, killed=True)
    assert "ends the main thread only" in check_stop(SERVER, killed, "SIGINT").hint
    assert "without a handler" in check_stop(SERVER, killed, "SIGTERM").hint
