from dataclasses import replace
from datetime import date

from scaffold.model.resolution import Reason
from scaffold.model.target import Arch
from scaffold.model.verdict import Decision
from scaffold.model.verification import Figures
from scaffold.report.plan_diff import Change, TargetChange, compare_plans, find_stale, over_budget
from scaffold.state.record import Record, RecordedTarget
from tests.support.builders import (
    make_decision,
    make_fits,
    make_pinned,
    make_recorded,
    make_rejected,
    make_weighed,
)


def decision() -> Decision:
    """Return a decision for a minimal base, in which idna has a reason and numpy is older."""
    note = Reason(code="older-than-newest", package="numpy", text="2.5 needs more")
    idna = replace(make_weighed(), pinned=replace(make_pinned("idna"), required_by=("app",)))
    chosen = make_fits("bare-trixie", packages=[idna], notes=[note])
    no_wheel = Reason(code="no-wheel", text="no wheel")
    return make_decision(chosen, make_fits(), make_rejected("alpine-3.23", "3.13", no_wheel))


def record(*targets: RecordedTarget) -> Record:
    return Record(project="app", targets=targets)


def compare(before: RecordedTarget, after: RecordedTarget) -> tuple[TargetChange, ...]:
    return compare_plans(record(before), record(after), {after.target: decision()})


def test_the_same_plan_changes_nothing() -> None:
    (change,) = compare(make_recorded(a="1"), make_recorded(a="1"))
    assert change.is_empty


def test_packages_come_go_and_move_each_with_why() -> None:
    before = make_recorded(size=100, gone="1", numpy="2.5", same="1")
    (change,) = compare(before, make_recorded(size=90, idna="3", numpy="2.4", same="1"))
    assert change.packages == (
        Change(name="gone", before="1", after=""),
        Change(name="idna", before="", after="3", why="needed by app"),
        Change(name="numpy", before="2.5", after="2.4", why="2.5 needs more"),
    )
    assert (change.on_disk, change.download) == (
        (100_000_000, 90_000_000),
        (40_000_000, 36_000_000),
    )
    assert change.choice == ()


def test_another_base_says_what_speaks_against_the_one_before() -> None:
    for old, why in (
        ("alpine-3.23", "alpine-3.23: no wheel"),
        ("slim-trixie", "slim-trixie would still fit"),
        ("old-base", "old-base is not known any more"),
    ):
        (change,) = compare(make_recorded(base=old), make_recorded(base="bare-trixie"))
        assert change.choice[0] == Change(name="base", before=old, after="bare-trixie", why=why)
        assert [one.name for one in change.choice] == ["base", "image"]


def test_a_new_target_and_a_dropped_one_are_changes() -> None:
    first, second = compare(make_recorded(), make_recorded(Arch.AMD64))
    assert (first.target, first.choice[0].after) == ("linux/arm64", "")
    assert (second.target, second.choice[0].before) == ("linux/amd64", "")
    assert first.on_disk is None


def test_files_are_stale_for_inputs_options_and_what_is_gone() -> None:
    stale = find_stale(
        recorded={"a.txt": "1", "gone.txt": "1", "same.txt": "1"},
        now={"a.txt": "2", "new.txt": "1", "same.txt": "1"},
        options=(["--port=80", "--offline"], ["--port=90", "--offline"]),
        missing=["Dockerfile"],
    )
    assert [(one.code, one.file) for one in stale] == [
        ("file-missing", "Dockerfile"),
        ("input-changed", "a.txt"),
        ("input-gone", "gone.txt"),
        ("input-new", "new.txt"),
        ("options-changed", ""),
    ]
    assert stale[-1].text == "options: no longer --port=80, now --port=90"
    assert find_stale(recorded={}, now={}, options=([], []), missing=[]) == ()


def test_what_was_measured_counts_more_for_the_budget_than_what_was_predicted() -> None:
    plan = make_recorded(size=100)
    assert over_budget(record(plan)) == ()
    figures = Figures(
        on_disk=170_000_000, download=50_000_000, checked=date(2026, 11, 25), passed=True
    )
    (text,) = over_budget(record(replace(plan, measured=figures)))
    assert text == ("linux/arm64: 170.0 MB on disk (measured), 20.0 MB over the 150.0 MB allowed")
    assert len(over_budget(record(make_recorded(size=200)))) == 2
