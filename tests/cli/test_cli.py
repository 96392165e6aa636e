import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest
from jsonschema import Draft202012Validator

from scaffold.cli import cli
from scaffold.model.errors import (
    EXIT_CODES,
    NOTHING_FITS,
    Detail,
    LeanscaffoldError,
    RequirementsInvalidError,
    TransientError,
)
from scaffold.model.resolution import Reason
from scaffold.report.schemas import Error
from tests.cli.outside import Seen, code_of, fail_with, make_outside, run
from tests.support.builders import make_candidate, make_decision, make_rejected, make_saving
from tools.docs.settings import make_schema

HEAVY = (
    *("requests", "nab_resolver", "rich", "jinja2", "pip", "packaging", "msgspec"),
    *("pip_requirements_parser", "urllib3", "scaffold.planner", "scaffold.index", "asyncio"),
)


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import contextlib, sys\nfrom scaffold.cli import cli\n"
        "for words in ([], *([name] for name in cli.commands)):\n"
        "    with contextlib.suppress(SystemExit):\n"
        "        cli.main([*words, '--help'], prog_name='leanscaffold')\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "--require-shell" in done.stdout
    assert not set(HEAVY) & set(done.stdout.splitlines()[-1].split())


def test_short_help_shows_the_options_that_are_used_most_and_help_all_of_them() -> None:
    for name in ("plan", "build", "lint"):
        short, whole = run(name, "-h").stdout, run(name, "--help").stdout
        assert 2 * len(short.splitlines()) < len(whole.splitlines())
        assert {"--target", "--max-size", "--base"} <= set(short.split())
        assert "--require-shell" in whole
        assert "--require-shell" not in short
        assert f"{name} --help` says more" in short


def _all_errors(of: type[LeanscaffoldError] = LeanscaffoldError) -> list[type[LeanscaffoldError]]:
    return [of, *(error for child in of.__subclasses__() for error in _all_errors(child))]


def test_every_exit_code_of_an_error_is_documented_in_the_help() -> None:
    described = run("--help").stdout.partition("Exit codes:")[2]
    documented = {int(line.split()[0]) for line in described.splitlines() if line.strip()}
    assert {error.exit_code for error in _all_errors()} <= documented
    assert documented == set(EXIT_CODES)


@pytest.mark.parametrize("error", _all_errors(), ids=lambda error: error.code)
def test_an_error_goes_to_stderr_with_its_places_and_hint_and_its_exit_code(
    error: type[LeanscaffoldError],
) -> None:
    raised = error("it broke", hint="mend it", details=[Detail(text="here", file="a.txt", line=3)])
    outside = make_outside(read_project=fail_with(raised))
    result = run("plan", "--target", "arm64", "--quiet", outside=outside)
    assert result.exit_code == error.exit_code
    assert result.stdout == ""
    more = f"more: leanscaffold explain {error.code}\n" * (error.exit_code > NOTHING_FITS)
    said = f"error[{error.code}]: it broke\n  a.txt:3: here\nhint: mend it\n{more}"
    assert result.stderr == said
    if error is not LeanscaffoldError:
        explained = run("explain", error.code)
        assert (explained.exit_code, "](" in explained.stdout) == (0, False)


def test_an_error_that_quotes_a_file_cannot_drive_the_terminal() -> None:
    outside = make_outside(read_project=fail_with(RequirementsInvalidError("bad \x1b[2J line")))
    assert "\x1b" not in run("plan", "--target", "arm64", outside=outside).stderr


def test_with_json_an_error_is_a_document_on_stdout_too() -> None:
    raised = RequirementsInvalidError("bad", hint="h", details=[Detail(text="t", file="f", line=1)])
    outside = make_outside(read_project=fail_with(raised))
    result = run("plan", "--target", "arm64", "--json", outside=outside)
    assert result.exit_code == 4
    assert json.loads(result.stdout) == {
        "version": 1,
        "error": {
            "code": "requirements-invalid",
            "cause": "bad",
            "hint": "h",
            "details": [{"text": "t", "file": "f", "line": 1}],
        },
    }


@pytest.mark.parametrize(
    "error", [RequirementsInvalidError("bad", details=[Detail(text="t")]), ZeroDivisionError("x")]
)
def test_every_error_document_is_as_its_schema_says(error: Exception) -> None:
    outside = make_outside(decide=fail_with(error))
    result = run("plan", "--target", "arm64", "--json", outside=outside)
    Draft202012Validator(make_schema(Error)).validate(json.loads(result.stdout))


def test_an_index_that_fails_half_way_is_worth_another_try() -> None:
    outside = make_outside(decide=fail_with(TransientError("the index went away")))
    result = run("generate", "--target", "arm64", outside=outside)
    assert (result.exit_code, code_of(result)) == (75, "index-unreachable")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("plan", "--tagret", "arm64"), "--target"),
        (("plan", "--maxsize", "1GB"), "--max-size? See"),
        (("plan", "--taget", "arm64"), "--target? See"),
        (
            (
                "plan",
                "--ofline",
            ),
            "--offline? See",
        ),
        (("plam",), "plan"),
        (("plan", "--device", "rasberry-pi-4"), "raspberry-pi-4"),
        (("plan", "--target", "amr64"), "arm64"),
        (("plan", "--target", "linux/arm65"), "arm64?"),
        (("plan", "--target", "arm64", "--base", "slimm"), "slim"),
        (("plan", "--objective", "sise"), "size"),
        (("plan", "--bytecode", "non"), "none"),
        (("devices", "rasberry-pi-4"), "raspberry-pi-4"),
        (("explain", "no-whel"), "no-wheel"),
    ],
)
def test_a_misspelt_word_is_a_usage_error_with_the_nearest(
    argv: tuple[str, ...], words: str
) -> None:
    result = run(*argv)
    assert (result.exit_code, code_of(result)) == (2, "usage")
    assert f"did you mean {words}" in result.stderr.replace("Did", "did")
    assert result.stdout == ""


def test_a_short_option_that_there_is_not_gets_no_other_letter_as_suggestion() -> None:
    assert "did you mean" not in run("plan", "-f").stderr


@pytest.mark.parametrize(
    "argv",
    [
        ("plan", "--max-size", "huge"),
        ("plan", "--python", "3.12.1"),
        ("plan", "--port", "http"),
        ("plan", "--swap", "a"),
        ("plan", "--cmd", "'open"),
        ("plan", "--health", "ok now"),
        ("plan", "--registry", "x"),
        ("plan", "--index-url", "somewhere"),
        ("plan", "--extra", "a b"),
        ("plan", "--target"),
        ("plan", "one", "two"),
        ("wheels",),
        ("wheels", "not a name"),
        ("explain",),
        ("explain", "not a name"),
    ],
)
def test_a_bad_argument_is_a_usage_error(argv: tuple[str, ...]) -> None:
    result = run(*argv)
    assert (result.exit_code, code_of(result)) == (2, "usage")
    assert "hint: " in result.stderr or "(" in result.stderr


def test_without_a_command_the_help_is_shown() -> None:
    result = run()
    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: ")


def test_a_python_that_no_base_image_has_is_an_error_with_those_there_are() -> None:
    result = run("plan", "--target", "arm64", "--python", "3.2")
    assert (result.exit_code, code_of(result)) == (2, "usage")
    assert "no base image has Python 3.2" in result.stderr
    assert "3.13" in result.stderr


def test_a_swap_of_what_nobody_asks_for_is_said_with_the_nearest() -> None:
    result = run("plan", "--target", "arm64", "--swap", "numpi=smaller")
    assert result.exit_code == 0
    assert "changed nothing: numpi is not required; did you mean numpy?" in result.stdout
    used = run("plan", "--target", "arm64", "--swap", "numarray=NumPy>=2")
    assert "changed nothing" not in used.stdout


def test_a_usage_error_points_to_the_help_of_its_command() -> None:
    assert "hint: leanscaffold plan --help" in run("plan", "--port").stderr


def test_a_usage_error_with_json_is_a_document_too() -> None:
    result = run("plan", "--json", "--nope")
    assert json.loads(result.stdout)["error"]["code"] == "usage"


def test_a_mistake_of_ours_shows_everything_to_find_it_and_exits_70() -> None:
    outside = make_outside(decide=fail_with(ZeroDivisionError("surprise")))
    result = run("plan", "--target", "arm64", "--json", outside=outside)
    assert result.exit_code == 70
    for words in ("Traceback", "ZeroDivisionError: surprise", "leanscaffold 0.", "--target"):
        assert words in result.stderr
    assert json.loads(result.stdout)["error"]["code"] == "internal"


def test_an_interrupt_exits_130() -> None:
    outside = make_outside(decide=fail_with(KeyboardInterrupt()))
    result = run("plan", "--target", "arm64", outside=outside)
    assert result.exit_code == 130
    assert "Traceback" not in result.stderr


def test_a_reader_that_goes_away_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "scaffold", "devices"],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_full_disk_is_an_error_that_says_so() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "scaffold", "devices"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 10
    assert done.stderr.startswith("error[path-unreadable]: cannot write the result: No space left")


def test_an_interrupt_ends_it_at_once_though_an_index_does_not_answer(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("fastapi\nuvicorn\n")
    (tmp_path / "main.py").write_text("")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
        started = subprocess.Popen(
            [sys.executable, "-m", "scaffold", "plan", str(tmp_path), "--target", "arm64"],
            env={**os.environ, "PIP_INDEX_URL": address, "XDG_CACHE_HOME": str(tmp_path / "c")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        silent.settimeout(30)
        asking, _ = silent.accept()  # somebody waits from now on
        with asking:
            started.send_signal(signal.SIGINT)
            _, talk = started.communicate(timeout=20)
    assert started.returncode == 130
    assert talk.endswith("interrupted\n")


def test_an_interrupt_while_python_still_loads_ends_it_without_a_traceback(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    (tmp_path / "click.py").write_text(
        f"import time\nopen({str(ready)!r}, 'w').close()\n"
        # Some of what an import runs swallows exceptions.
        # Short naps: a signal that comes just before one does not end it.
        "try:\n    for _ in range(600):\n        time.sleep(0.1)\nexcept BaseException:\n    pass\n"
    )
    started = subprocess.Popen(
        [sys.executable, "-m", "scaffold", "--help"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with ready.open():  # until the other side has opened it
        started.send_signal(signal.SIGINT)
    assert started.communicate(timeout=20) == ("", "interrupted\n")
    assert started.returncode == 130


def test_the_version_is_printed() -> None:
    assert run("--version").stdout.startswith("leanscaffold, version ")


def test_plan_writes_nothing_and_names_what_generate_would_write() -> None:
    seen = Seen()
    result = run("plan", "--target", "arm64,armv7", outside=make_outside(seen=seen))
    assert result.exit_code == 0
    assert seen.written == {}
    for name in ("Dockerfile", "requirements.arm64.lock", "requirements.armv7.lock"):
        assert name in result.stdout


def test_generate_writes_every_file_and_its_record_holds_their_hashes() -> None:
    seen = Seen()
    result = run(
        *("generate", "--target", "arm64", "--max-size", "500MB", "--force"),
        outside=make_outside(seen=seen),
    )
    assert result.exit_code == 0
    assert seen.forced
    assert sorted(seen.written) == [
        ".dockerignore",
        "Dockerfile",
        "leanscaffold.json",
        "requirements.arm64.lock",
    ]
    record = json.loads(seen.written["leanscaffold.json"])
    assert record["options"] == ["--target=arm64", "--max-size=500MB"]
    assert set(record["files"]) == set(seen.written) - {"leanscaffold.json"}
    assert "docker buildx build --platform linux/arm64 -t camera ." in result.stdout


def test_where_nothing_fits_generate_writes_nothing_and_exits_3_with_what_would_help() -> None:
    over = Reason(code="over-budget", text="412.0 MB on disk, 12.0 MB over the 400.0 MB allowed")
    rejected = make_rejected("slim-trixie", "3.13", over, candidate=make_candidate())
    nothing = make_decision(None, rejected, make_rejected(), savings=(make_saving(),))
    seen = Seen()
    argv = ("generate", "--target", "arm64", "--max-size", "400MB")
    result = run(*argv, outside=make_outside(nothing, seen=seen))
    assert result.exit_code == 3
    assert seen.written == {}
    for words in (
        "12 MB on disk over the limit",
        "Would help   --swap opencv-python=",
        "62 MB less, then it fits",
    ):
        assert words in result.stdout
    document = json.loads(run(*argv, "--json", outside=make_outside(nothing)).stdout)
    assert document["chosen"] is None
    assert document["savings"][0]["bytes"] == 62_000_000


def test_options_reach_the_decision_as_values() -> None:
    seen = Seen()
    run(
        *("plan", "--device", "raspberry-pi-4", "--cmd", "python -m 'my app'", "--port", "80"),
        *("--swap", "A=b", "--allow-compile", "hours", "--offline", "-r", "dev.txt"),
        outside=make_outside(seen=seen),
    )
    (options,) = seen.options
    assert options.command == ("python", "-m", "my app")
    assert (options.port, options.swaps, options.allow_compile) == (80, (("a", "b"),), "hours")
    assert seen.requests[0].requirements == ("dev.txt",)
    assert seen.targets[0][0].budget.memory == 4 << 30
    assert seen.offline == [True]


def test_a_log_gets_the_result_and_no_progress() -> None:
    loud, quiet = run("plan", "--target", "arm64"), run("plan", "--target", "arm64", "--quiet")
    assert (loud.stderr, quiet.stderr) == ("", "")
    assert quiet.stdout == loud.stdout


def test_an_assumed_target_is_said() -> None:
    assert "this machine's amd64" in run("plan").stdout


def test_what_is_piped_has_no_colours_and_no_spaces_at_line_ends() -> None:
    for argv in (("plan", "--target", "arm64"), ("devices",), ("explain", "no-wheel")):
        text = run(*argv).stdout
        assert "\x1b" not in text
        assert all(line == line.rstrip() for line in text.splitlines())


def test_every_command_has_a_help_that_fits_100_columns() -> None:
    context = click.Context(cli)
    for name in cli.list_commands(context):
        result = run(name, "--help", env={"COLUMNS": "100"})
        assert result.exit_code == 0
        assert max(map(len, result.stdout.splitlines())) <= 100


def test_a_folder_with_an_odd_name_is_quoted_in_the_next_step(tmp_path: Path) -> None:
    folder = tmp_path / "my app"
    folder.mkdir()
    result = run("generate", str(folder), "--target", "arm64")
    assert f"'{folder}'" in result.stdout


def test_docker_lean_says_what_it_is_and_runs_the_same_commands() -> None:
    call = "import sys; from scaffold.__main__ import docker_plugin; docker_plugin()"

    def run_plugin(*words: str) -> str:
        command = [sys.executable, "-c", call, *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert json.loads(run_plugin("docker-cli-plugin-metadata"))["SchemaVersion"] == "0.1.0"
    assert run_plugin("lean", "--version").startswith("leanscaffold, version")


def test_a_terminal_without_unicode_gets_signs_that_it_has() -> None:
    command = [sys.executable, "-m", "scaffold", "plan", "examples/hello"]
    done = subprocess.run(
        [*command, "--target", "arm64", "--offline"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert "?" not in done.stdout
    assert "\n+ " in done.stdout
