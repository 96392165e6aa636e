"""``leanscaffold lint`` as a user calls it, on files of the tests' own."""

import json
import shutil
import stat
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from scaffold.cli import cli
from scaffold.model.target import Arch
from scaffold.model.verification import Measured
from scaffold.operations.services import real_services
from scaffold.report.schemas import Findings
from scaffold.state.file_writer import digest
from tests.cli.outside import changed
from tools import WRITTEN
from tools.docs.settings import make_schema

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = make_schema(Findings)
SARIF = json.loads((ROOT / "tests/data/sarif-used.schema.json").read_text("utf-8"))
BAD = "FROM python:3.13-slim\nCOPY . .\nRUN pip install -r requirements.txt\nCMD python main.py\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return the paper's project with a Dockerfile as many are."""
    folder = tmp_path / "paper"
    shutil.copytree(ROOT / "examples/paper", folder, ignore=WRITTEN)
    (folder / "Dockerfile").write_text(BAD, "utf-8")
    return folder


def lint(*args: object) -> Result:
    """Run the command with the real edges on a fixed day."""
    outside = changed(real_services(), today=lambda: date(2026, 11, 24))
    return CliRunner().invoke(cli, ["lint", *map(str, args)], obj=outside)


def measured_of(dockerfile: str) -> Measured:
    """Return what `verify` kept of a Dockerfile."""
    return Measured(
        base="slim-trixie",
        python="3.13",
        packages={},
        on_disk=3_000_000_000,
        download=1_000_000_000,
        checked=date(2026, 11, 24),
        passed=True,
        rebuild_seconds=48.25,
        dockerfile=digest(dockerfile),
        by_hand=True,
    )


def document(result: Result) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(result.stdout)
    return loaded


def test_each_finding_has_its_place_rule_and_what_it_costs_this_project(project: Path) -> None:
    result = lint(project, "--target", "arm64", "--select", "LS101,LS301,LS802")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0].startswith(f"{project}/Dockerfile:1:6: error LS802 missing-library: opencv-py")
    assert lines[2].startswith(f"{project}/Dockerfile:2:1: warning LS301 sources-before-packages: ")
    assert lines[3].endswith("to download again with every edit")
    assert "costs" in lines[5]
    assert lines[-1] == "1 error, 2 warnings; --fix mends 1"


def test_what_was_measured_of_the_project_is_told_in_seconds(project: Path) -> None:
    outside = changed(
        real_services(),
        read_measured=lambda path: {Arch.ARM64: measured_of(BAD)} if path == project else {},
    )
    argv = ["lint", str(project), "--target", "arm64", "--select", "LS301"]
    text = CliRunner().invoke(cli, argv, obj=outside).stdout
    assert "with every edit, 48.2 s of installing again with every edit, as measured" in text
    found = document(CliRunner().invoke(cli, [*argv, "--json"], obj=outside))
    Draft202012Validator(SCHEMA).validate(found)
    assert found["findings"][0]["cost"]["seconds"] == 48.25
    argv[-1] = "LS804,LS805"
    text = CliRunner().invoke(cli, [*argv, "--max-size", "2GB"], obj=outside).stdout
    assert "measured 3000 MB on disk, 2000 MB allowed" in text
    assert "instead of 3000 MB, as measured" in text


def test_a_swap_of_the_plan_is_none_of_a_dockerfile_written_by_hand(project: Path) -> None:
    # The plan's own file installs what was swapped in, and lacks nothing.
    (project / "Dockerfile").unlink()
    swap = ("--swap", "opencv-python=opencv-python-headless")
    argv = ["generate", str(project), "--target", "arm64", "--base", "slim-trixie", *swap]
    made = CliRunner().invoke(cli, [*argv, "--offline", "--quiet"], obj=real_services())
    assert made.exit_code == 0, made.output
    assert document(lint(project, "--select", "LS802", "--json"))["findings"] == []
    (project / "Dockerfile").write_text(BAD, "utf-8")
    found = document(lint(project, "--select", "LS802", "--json"))
    assert [one["code"] for one in found["findings"]] == ["LS802"]


def test_of_several_targets_the_first_is_judged_and_the_others_are_named(project: Path) -> None:
    argv = ["lint", str(project), "--target", "arm64,amd64", "--json"]
    found = document(CliRunner().invoke(cli, argv, obj=real_services()))
    assert found["target"] == "linux/arm64"
    assert found["notes"] == ["--target amd64 judges it for that one"]


def test_what_was_measured_of_another_dockerfile_is_not_told_of_this_one(project: Path) -> None:
    outside = changed(
        real_services(), read_measured=lambda _: {Arch.ARM64: measured_of("FROM x\n")}
    )
    argv = ["lint", str(project), "--target", "arm64", "--select", "LS301,LS805"]
    text = CliRunner().invoke(cli, argv, obj=outside).stdout
    assert ", as measured" not in text
    assert "another Dockerfile was measured on 2026-11-24: `leanscaffold verify --save`" in text
    # Nor of what is left of it when it was mended.
    outside = changed(outside, read_measured=lambda _: {Arch.ARM64: measured_of(BAD)})
    text = CliRunner().invoke(cli, [*argv[:-1], "LS101,LS805", "--fix"], obj=outside).stdout
    assert "LS805" in text
    assert ", as measured" not in text


def test_what_has_to_be_compiled_costs_time_with_every_build_and_edit(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("psutil==7.1.3\nspidev\n", "utf-8")
    (tmp_path / "Dockerfile").write_text(BAD, "utf-8")
    found = document(lint(tmp_path, "--target", "arm64", "--select", "LS801,LS301", "--json"))
    costs = {one["code"]: one["cost"]["compiling"] for one in found["findings"]}
    assert costs == {"LS801": "minutes", "LS301": "minutes"}
    text = lint(tmp_path, "--target", "arm64", "--select", "LS801,LS301").stdout
    assert "costs minutes of compiling with every build" in text
    assert ", minutes of compiling with every edit" in text


def test_a_clean_file_exits_0(project: Path) -> None:
    (project / "Dockerfile").write_text("FROM scratch\nUSER 1\n", "utf-8")
    result = lint(project, "--alone")
    assert (result.exit_code, result.stdout) == (0, "nothing found\n")


def test_json_satisfies_its_schema(project: Path) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    found = document(lint(project, "--target", "arm64", "--json"))
    Draft202012Validator(SCHEMA).validate(found)
    assert (found["project"], found["target"]) == ("paper", "linux/arm64")
    costs = {one["code"]: one["cost"] for one in found["findings"]}
    assert costs["LS101"]["on_disk"] > 200_000_000
    assert costs["LS301"]["moved"] > costs["LS101"]["on_disk"]
    alone = document(lint(project, "--alone", "--format", "json"))
    Draft202012Validator(SCHEMA).validate(alone)
    assert alone["target"] is None


def test_sarif_is_what_the_standard_says(project: Path) -> None:
    log = document(lint(project, "--target", "arm64", "--format", "sarif"))
    Draft202012Validator(SARIF).validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["results"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_annotations_of_github_have_one_line_each_and_escape_what_they_must(project: Path) -> None:
    (project / "a,b").mkdir()
    (project / "a,b/Dockerfile").write_text("FROM python\nCMD ['50%']\n", "utf-8")
    lines = lint(project / "a,b", "--alone", "--format", "github").stdout.splitlines()
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines)
    assert all("a%2Cb/Dockerfile,line=" in line for line in lines)


def test_fix_rewrites_the_lines_it_mends_and_shows_the_difference(project: Path) -> None:
    file = project / "Dockerfile"
    file.chmod(0o640)
    result = lint(project, "--alone", "--fix")
    assert result.exit_code == 1
    assert "\n-CMD python main.py\n" in result.stdout
    assert '\n+CMD ["python", "main.py"]\n' in result.stdout
    assert file.read_text("utf-8") == (
        "FROM python:3.13-slim\nCOPY . .\nRUN pip install --no-cache-dir -r requirements.txt\n"
        'CMD ["python", "main.py"]\n'
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    names = {path.name for path in (ROOT / "examples/paper").iterdir()}
    assert {path.name for path in project.iterdir()} == {*names, "Dockerfile"}
    before = file.stat().st_mtime_ns
    again = lint(project, "--alone", "--fix")
    assert "+++" not in again.stdout
    assert file.stat().st_mtime_ns == before


def test_fix_follows_a_link_and_leaves_it_one(project: Path) -> None:
    real = project / "docker" / "file"
    real.parent.mkdir()
    (project / "Dockerfile").rename(real)
    (project / "Dockerfile").symlink_to("docker/file")
    lint(project, "--alone", "--fix", "--json")
    assert (project / "Dockerfile").is_symlink()
    assert "--no-cache-dir" in real.read_text("utf-8")


def test_the_difference_goes_to_stderr_where_stdout_is_for_programs(project: Path) -> None:
    result = lint(project, "--alone", "--fix", "--json")
    assert document(result)["version"] == 1
    assert "+CMD [" in result.stderr


def test_without_a_list_the_packages_of_the_file_itself_are_judged(tmp_path: Path) -> None:
    text = "FROM python:3.13-alpine3.24\nRUN pip install --no-cache-dir tensorflow\n"
    (tmp_path / "Dockerfile").write_text(text, "utf-8")
    found = document(lint(tmp_path, "--target", "arm64", "--select", "LS801", "--json"))
    assert [one["line"] for one in found["findings"]] == [1]
    assert "tensorflow" in found["findings"][0]["text"]


def test_a_project_that_cannot_be_read_is_left_out_and_the_file_judged_alone(
    project: Path,
) -> None:
    (project / "requirements.txt").write_text("this is ! no requirement\n", "utf-8")
    found = document(lint(project, "--json"))
    assert found["notes"]
    assert found["project"] is None
    assert "LS301" in {one["code"] for one in found["findings"]}


def test_a_budget_is_minded(project: Path) -> None:
    args = (project, "--target", "arm64", "--select", "LS804", "--json")
    assert document(lint(*args))["findings"] == []
    (over,) = document(lint(*args, "--max-size", "1GB"))["findings"]
    assert over["cost"]["on_disk"] > 1_000_000_000


def test_files_under_other_names_are_named(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile.prod").write_text("FROM python\n", "utf-8")
    result = lint(tmp_path)
    assert result.exit_code == 2
    assert "Dockerfile.prod" in result.stderr
    assert lint(tmp_path / "Dockerfile.prod", "--alone").exit_code == 1


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["--select", "LS999"], 2, "unknown rule 'LS999'"),
        (["--ignore", "no-cash-dir"], 2, "no-cache-dir"),
        (["--format", "xml"], 2, "'xml'"),
        (["--target", "z80"], 2, "z80"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    project: Path, args: list[str], code: int, said: str
) -> None:
    result = lint(project, *args)
    assert result.exit_code == code
    assert said in result.stderr


def test_what_is_no_text_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(b"FROM a\n\xff\xfe\n")
    result = lint(tmp_path)
    assert result.exit_code == 10
    assert "Dockerfile" in result.stderr
    assert lint(tmp_path / "nothing").exit_code == 2


def test_a_rule_is_explained_by_its_code_and_by_its_name() -> None:
    for word in ("LS601", "ls601", "packages-left-behind"):
        text = CliRunner().invoke(cli, ["explain", word]).stdout
        assert text.startswith("LS601 packages-left-behind (error): ")
        assert "Bad\n    FROM" in text
    told = json.loads(CliRunner().invoke(cli, ["explain", "LS601", "--json"]).stdout)
    assert told["severity"] == "error"


def test_packages_of_which_too_little_is_known_are_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(BAD, "utf-8")
    (tmp_path / "requirements.txt").write_text("nobody-knows-a\nnobody-knows-b\n", "utf-8")
    told = lint(tmp_path, "--target", "arm64").stdout
    known = "too little is known here of nobody-knows-a, nobody-knows-b (`lint --online` asks"
    assert told.count("--online") == 1
    assert known in told
