from dataclasses import replace

from scaffold.model.run import Run, RunSpec
from scaffold.model.target import Arch
from scaffold.model.verification import Status
from scaffold.verify.checks.start import check_memory, check_start

COMMAND = RunSpec(image="app", arch=Arch.ARM64, user="10001", interpreter="python", patience=10)


def test_a_command_that_goes_on_and_says_that_it_is_well_has_started() -> None:
    found = check_start(COMMAND, [Run(own_health=0)])
    assert found.status is Status.PASSED
    assert found.text.endswith("after 10 s, and its own health check passes")
    assert "health" not in check_start(COMMAND, [Run()]).text


def test_a_command_whose_health_check_fails_has_not_started() -> None:
    found = check_start(COMMAND, [Run(own_health=1)])
    assert found.status is Status.FAILED
    assert found.text == "its own health check ends with 1"


def test_a_command_that_ended_well_need_not_be_asked() -> None:
    found = check_start(COMMAND, [Run(ended=True, exit_code=0, own_health=1)])
    assert found.status is Status.PASSED


def test_a_command_that_did_its_work_kept_to_its_memory() -> None:
    limited = replace(COMMAND, memory=512 << 20)
    done = Run(ended=True, exit_code=0)
    found = check_memory(limited, [done])
    assert found.status is Status.PASSED
    assert found.text.endswith("under a limit of 512 MiB")
    assert check_memory(limited, [replace(done, exit_code=1)]).status is Status.NOT_VERIFIED
    assert check_memory(limited, [replace(done, out_of_memory=True)]).status is Status.FAILED


def test_an_app_that_misses_what_the_driver_brings_has_proven_nothing() -> None:
    lost = Run(ended=True, exit_code=1, log="RuntimeError: Found no NVIDIA driver on your system")
    for trial in (COMMAND, replace(COMMAND, port=8000)):
        found = check_start(trial, [lost], {"Found no NVIDIA driver": "the driver"})
        assert found.status is Status.NOT_VERIFIED
        assert "the driver brings what it misses here" in found.text
    assert check_start(COMMAND, [lost], {"libcuda.so.1": "it"}).status is Status.FAILED
