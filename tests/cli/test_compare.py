import json
from pathlib import Path

from scaffold.model.target import Arch
from scaffold.model.verification import CompareResult, Comparison, Status
from scaffold.state.record import Record
from tests.cli.outside import Seen, code_of, make_outside, run
from tests.support.builders import make_decision, make_fits, make_recorded, make_rejected

TARGET = ("--target", "arm64")
BOTH = make_decision(make_fits(), make_fits("alpine-3.23"))


def compare(*words: str, decision: object = BOTH) -> Seen:
    seen = Seen()
    result = run("compare", *TARGET, *words, outside=make_outside(decision, seen=seen))  # type: ignore[arg-type]
    assert result.exit_code == 0, result.stderr
    return seen


def names(seen: Seen) -> list[str]:
    return [one.name for one in seen.contests[0].contenders]


def test_the_chosen_base_then_other_families_then_the_plain_one() -> None:
    assert names(compare()) == ["slim-trixie", "alpine-3.23", "plain"]


def test_bases_are_repeatable_and_may_be_separated_by_commas() -> None:
    assert names(compare("--bases", "alpine,slim")) == ["alpine-3.23", "slim-trixie", "plain"]
    assert names(compare("--bases", "alpine", "--bases", "slim-trixie"))[0] == "alpine-3.23"
    assert names(compare("--base", "alpine")) == ["alpine-3.23", "plain"]


def test_a_misspelt_base_is_an_error_with_the_nearest() -> None:
    result = run("compare", *TARGET, "--bases", "slimm")
    assert (result.exit_code, code_of(result)) == (2, "usage")
    assert "did you mean slim" in result.stderr


def test_a_base_that_the_plan_refuses_is_a_contender_with_the_reason() -> None:
    decision = make_decision(make_fits(), make_rejected())
    first = compare("--bases", "alpine", decision=decision).contests[0].contenders[0]
    assert "no wheel for musl" in first.refused


def test_where_nothing_fits_the_plain_one_is_still_tried() -> None:
    seen = compare(decision=make_decision(None, make_rejected()))
    (plain,) = seen.contests[0].contenders
    assert plain.files["Dockerfile"].startswith("FROM python:3.13-slim\n")


def test_every_contender_has_its_own_base_and_packages() -> None:
    first, second, plain = compare().contests[0].contenders
    assert first.files["Dockerfile"] != second.files["Dockerfile"]
    assert (first.promise.base, second.promise.base) == ("slim-trixie", "alpine-3.23")
    assert first.promise.packages == {"numpy": "2.2.6"}
    assert (plain.promise.port, plain.promise.health) == (8000, "/health")


def test_a_recorded_base_does_not_keep_others_out() -> None:
    seen = Seen()
    record = Record(project="app", options=("--base=slim",), targets=(make_recorded(),))
    outside = make_outside(BOTH, seen=seen, read_record=lambda _: record)
    assert run("compare", *TARGET, outside=outside).exit_code == 0
    assert seen.options[0].base == ""
    assert len(names(seen)) == 3


def test_nothing_is_written_into_the_project() -> None:
    assert compare().written == {}


def test_two_targets_are_an_error() -> None:
    result = run("compare", *TARGET, "--target", "amd64")
    assert (result.exit_code, code_of(result)) == (2, "usage")
    assert "--target arm64" in result.stderr


def test_wishes_for_the_runs_reach_the_contest() -> None:
    seen = compare("--runs", "5", "--env", "A=b", "--network", "--ca", "ca.pem")
    contest = seen.contests[0]
    assert (contest.wishes.runs, contest.wishes.network) == (5, True)
    assert contest.wishes.environment == (("A", "b"),)
    assert contest.job.wishes.certificates == "ca.pem"


def test_dockerfiles_of_the_users_are_compared_too(tmp_path: Path) -> None:
    mine = tmp_path / "Dockerfile.mine"
    mine.write_text("FROM mine\n")
    last = compare("--dockerfile", str(mine)).contests[0].contenders[-1]
    assert (last.name, last.files["Dockerfile"], last.kept) == (str(mine), "FROM mine\n", True)


def test_json_and_a_picture_come_of_the_same_run(tmp_path: Path) -> None:
    picture = tmp_path / "table.svg"
    result = run("compare", *TARGET, "--json", "--svg", str(picture), outside=make_outside(BOTH))
    document = json.loads(result.stdout)
    assert [one["name"] for one in document["images"]] == ["slim-trixie", "alpine-3.23", "plain"]
    assert "alpine-3.23" in picture.read_text()


def test_it_fails_where_no_image_runs_and_quiet_says_nothing() -> None:
    entry = CompareResult(name="a", title="", runs=Status.FAILED, trouble="it ended")
    comparison = Comparison(project="p", arch=Arch.ARM64, entries=(entry,))
    outside = make_outside(BOTH, compare=lambda _, __, ___: comparison)
    result = run("compare", *TARGET, "--quiet", outside=outside)
    assert (result.exit_code, result.stderr) == (1, "")
    assert "None of them runs." in result.stdout
