import json
from dataclasses import replace
from pathlib import Path

from click.testing import Result

from scaffold.model.project import Found, Origin
from scaffold.operations.services import real_services
from scaffold.project.dockerignore import TRACE
from scaffold.state.trace_file import parse_trace
from tests.cli.outside import Seen, changed, code_of, make_outside, run
from tests.support.builders import make_base, make_decision, make_fits, make_project

FITS = make_fits("bare-trixie")
BARE = replace(
    FITS,
    candidate=replace(FITS.candidate, base=make_base("bare-trixie", origin="slim-trixie")),
)


def trace(path: Path, *words: str, decision: object = None, seen: Seen | None = None) -> Result:
    outside = make_outside(decision or make_decision(BARE), seen=seen)  # type: ignore[arg-type]
    found = Found(value=8000, origin=Origin(file="main.py"))
    outside = changed(outside, read_project=lambda *_: replace(make_project(), port=found))
    return run("trace", str(path), *words, "--target", "arm64", outside=outside)


def test_a_trace_is_written_and_its_ratio_to_the_floor_is_told(tmp_path: Path) -> None:
    result = trace(tmp_path)
    assert result.exit_code == 0, result.stderr
    assert "The runs open 34.5 MB: the image is 1.04 times that." in result.stdout
    assert parse_trace((tmp_path / TRACE).read_text()).files == (
        "site/numpy/__init__.py",
        "stdlib/os.py",
    )


def test_json_has_floor_and_what_was_dropped(tmp_path: Path) -> None:
    document = json.loads(trace(tmp_path, "--json", "--traced", "tight").stdout)
    assert document["floor"] == 34_500_000
    assert document["closure"] == "tight"
    assert document["dropped"] == {"": 11_000_000, "numpy": 1_900_000}


def test_commands_and_scripts_are_run_in_the_image_without_a_trace(tmp_path: Path) -> None:
    (tmp_path / "a.http").write_text("GET /\n")
    seen = Seen()
    trace(tmp_path, "python a.py", "python b.py", "--http", "a.http", seen=seen)
    (tracing,) = seen.tracings
    assert [one.command or one.source for one in tracing.exercises] == [
        ("python", "a.py"),
        ("python", "b.py"),
        "a.http",
    ]
    assert tracing.plan.options.traced == "none"
    assert tracing.closure == "safe"


def test_a_base_that_is_kept_as_it_is_cannot_be_traced(tmp_path: Path) -> None:
    result = trace(tmp_path, decision=make_decision(make_fits()))
    assert (result.exit_code, code_of(result)) == (2, "usage")


def test_a_script_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    assert code_of(trace(tmp_path, "--http", "no.http")) == "path-unreadable"


def test_a_keep_list_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("numpy\n")
    (tmp_path / TRACE).write_text("{}")
    outside = make_outside(read_project=real_services().projects.read_project)
    result = run("plan", str(tmp_path), "--target", "arm64", outside=outside)
    assert code_of(result) == "config-invalid"
    assert TRACE in result.stderr
