import json
from functools import partial
from pathlib import Path

from scaffold.model.target import Arch
from scaffold.model.verification import CompareResult, Comparison, Status
from scaffold.operations.services import Services
from tests.cli.outside import Seen, changed, code_of, make_outside
from tests.cli.outside import run as run_command
from tests.support.builders import (
    make_decision,
    make_fits,
    make_project,
    make_rejected,
    make_weighed,
)
from tools.paper.__main__ import main

TARGET = ("--target", "arm64")


run = partial(run_command, command=main)


def tried(*words: str, **changes: object) -> tuple[Seen, str]:
    seen = Seen()
    outside = make_outside(seen=seen, **changes)  # type: ignore[arg-type]
    result = run("paper", *TARGET, *words, outside=outside)
    assert result.exit_code == 0, result.stderr
    return seen, result.stdout


def test_the_papers_images_and_ours_are_tried_on_the_project_that_is_shipped() -> None:
    seen, out = tried()
    contest = seen.contests[0]
    names = [one.name for one in contest.contenders]
    assert names == [
        *("order-bad", "slim", "full", "alpine", "runs-apart", "lists-kept", "runs-merged"),
        *("two-stages", "leanscaffold"),
    ]
    assert contest.job.folder.name == "paper"
    assert out.startswith("# The paper, run again\n")
    assert "`python -m tools.paper --target=arm64`" in out


def test_only_the_orders_and_ours_are_built_again() -> None:
    seen, _ = tried()
    again = [one.name for one in seen.contests[0].contenders if one.rebuilds]
    assert again == ["order-bad", "slim", "leanscaffold"]


def test_everything_that_is_asked_for_has_to_be_in_every_image() -> None:
    seen, _ = tried("--port", "9000")
    assert {one.promise.port for one in seen.contests[0].contenders} == {9000}
    ours = seen.contests[0].contenders[-1]
    assert ours.promise.packages == {"numpy": "2.2.6"}


def test_the_swaps_make_one_more_of_ours_where_they_change_anything() -> None:
    plain, swapped = make_fits(), make_fits("bare-trixie")

    def decide(_: object, __: object, options: object, ___: object) -> object:
        chosen = swapped if getattr(options, "apply_swaps", False) else plain
        return (make_decision(chosen),)

    seen, out = tried(decide=decide)
    assert [one.name for one in seen.contests[0].contenders][-2:] == [
        "leanscaffold",
        "leanscaffold-swaps",
    ]
    assert "leanscaffold with --apply-swaps: bare-trixie" in out


def test_the_same_image_is_not_built_twice_though_its_packages_were_found_elsewhere() -> None:
    def decide(_: object, __: object, options: object, ___: object) -> object:
        origin = "cache" if getattr(options, "apply_swaps", False) else "index"
        return (make_decision(make_fits(packages=[make_weighed(origin=origin)])),)

    seen, _ = tried(decide=decide)
    assert [one.name for one in seen.contests[0].contenders][-2:] == ["two-stages", "leanscaffold"]


def test_where_nothing_of_ours_fits_the_papers_are_tried_all_the_same() -> None:
    def decide(*_: object) -> object:
        return (make_decision(None, make_rejected()),)

    seen, _ = tried(decide=decide)
    assert len(seen.contests[0].contenders) == 10
    assert seen.contests[0].contenders[-1].refused


def test_another_project_can_be_named_and_needs_requirements(tmp_path: Path) -> None:
    seen, out = tried(str(tmp_path), "--note", "On a board.")
    assert seen.contests[0].job.folder == tmp_path
    assert "On a board." in out
    assert f"paper {tmp_path}" in out
    outside = changed(
        make_outside(), read_project=lambda _, __: make_project(files=("pyproject.toml",))
    )
    result = run("paper", str(tmp_path), *TARGET, outside=outside)
    assert (result.exit_code, code_of(result)) == (2, "usage")
    assert "requirements.txt" in result.stderr


def test_json_has_the_same_rows() -> None:
    _, out = tried("--json")
    assert {one["lever"] for one in json.loads(out)["rows"]} == {
        *("order", "base", "layers", "lists", "stages")
    }


def test_it_is_for_one_target() -> None:
    result = run("paper", *TARGET, "--target", "amd64")
    assert (result.exit_code, code_of(result)) == (2, "usage")


def _where_nothing_runs() -> Services:
    def compare(contest: object, _: object, __: object) -> Comparison:
        names = [one.name for one in getattr(contest, "contenders", ())]
        entries = tuple(
            CompareResult(name=n, title="", runs=Status.FAILED, trouble="no") for n in names
        )
        return Comparison(project="p", arch=Arch.ARM64, entries=entries)

    return make_outside(compare=compare)


def test_it_fails_where_nothing_runs_at_all() -> None:
    result = run("paper", *TARGET, "--quiet", outside=_where_nothing_runs())
    assert (result.exit_code, result.stderr) == (1, "")
