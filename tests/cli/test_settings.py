import json
from pathlib import Path

from scaffold.operations.services import real_services
from scaffold.state.record import Record
from tests.cli.outside import Seen, code_of, make_outside, run
from tests.support.builders import make_recorded

TABLE = """\
[tool.leanscaffold]
device = "raspberry-pi-4"
max-size = "300MB"
"""


def test_plan_takes_what_neither_flag_nor_variable_says_from_the_project(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(TABLE)
    seen = Seen()
    outside = make_outside(
        seen=seen,
        environment=lambda: {"LEANSCAFFOLD_MAX_SIZE": "200MB", "LEANSCAFFOLD_PORT": "80"},
        read_settings=real_services().projects.read_settings,
    )
    result = run("plan", str(tmp_path), "--port", "90", outside=outside)
    assert result.exit_code == 0, result.stderr
    (request,) = seen.requests
    assert (request.device, request.max_size) == ("raspberry-pi-4", 200_000_000)
    assert request.options.port == 90


def test_config_shows_every_value_with_its_origin(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(TABLE)
    record = Record(project="x", options=("--port=80",), targets=(make_recorded(),))
    outside = make_outside(
        environment=lambda: {
            "LEANSCAFFOLD_INDEX_URL": "https://me:secret@index.example/simple",
            "LEANSCAFFOLD_MAXSIZE": "1",
        },
        read_settings=real_services().projects.read_settings,
        read_record=lambda _: record,
    )
    argv = ("config", str(tmp_path), "--extra", "a", "--extra", "b")
    shown = run(*argv, outside=outside)
    assert shown.exit_code == 0, shown.stderr
    lines = [" ".join(line.split()) for line in shown.stdout.splitlines()]
    assert "max-size 300MB pyproject.toml:3" in lines
    assert "extra a b --extra" in lines
    assert "port 80 leanscaffold.json" in lines
    assert "objective size default" in lines
    assert "index-url https://index.example/simple LEANSCAFFOLD_INDEX_URL" in lines
    assert "secret" not in shown.stdout
    assert "LEANSCAFFOLD_MAXSIZE is set" in shown.stdout

    document = json.loads(run(*argv, "--json", outside=outside).stdout)
    found = {one["name"]: one for one in document["settings"]}
    assert found["max-size"] | {"line": 3} == found["max-size"]
    assert (found["max-size"]["value"], found["max-size"]["origin"]) == ("300MB", "pyproject")
    assert (found["offline"]["value"], found["offline"]["origin"]) == (False, "default")
    assert found["extra"]["value"] == ["a", "b"]
    assert document["unused_variables"] == ["LEANSCAFFOLD_MAXSIZE"]


def test_a_wrong_setting_ends_every_command_that_reads_it(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(TABLE + 'max_size = "1GB"\n')
    result = run("plan", str(tmp_path), outside=real_services())
    assert (result.exit_code, code_of(result)) == (2, "config-invalid")
    assert "pyproject.toml:4: unknown setting 'max_size'" in result.stderr


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    for command in ("config", "doctor"):
        result = run(command, str(tmp_path / "nowhere"), outside=real_services())
        assert (result.exit_code, code_of(result)) == (10, "path-unreadable")


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    outside = make_outside(environment=lambda: {"LEANSCAFFOLD_MAX_SIZE": "huge"})
    result = run("generate", str(tmp_path), outside=outside)
    assert (result.exit_code, code_of(result)) == (2, "usage")
    assert "LEANSCAFFOLD_MAX_SIZE: cannot read 'huge'" in result.stderr
