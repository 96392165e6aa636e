"""What an earlier proof measured stands beside the prediction, as long as it is of that image."""

from dataclasses import replace
from datetime import date

from scaffold.model.target import Arch
from scaffold.model.verification import Measured
from scaffold.report.document import make_document
from scaffold.report.plan_result import PlanResult, recall
from tests.support.builders import make_decision, make_fits, make_outcome, make_weighed
from tests.unit.report.test_text import text_of

MEASURED = Measured(
    base="slim-trixie",
    python="3.13",
    packages={"numpy": "1.0"},
    on_disk=200_000_000,
    download=50_000_000,
    start_seconds=0.25,
    peak_memory=30_000_000,
    rebuild_seconds=7.25,
    checked=date(2026, 11, 25),
    passed=True,
)


def outcome() -> PlanResult:
    return make_outcome(make_decision(make_fits(packages=[make_weighed("numpy", "1.0")])))


def recalled(**changes: object) -> PlanResult:
    kept = replace(MEASURED, **changes)  # type: ignore[arg-type]
    return recall(outcome(), {Arch.ARM64: kept})


def test_measured_figures_stand_below_the_prediction() -> None:
    text = text_of(recalled(), width=200)
    assert "measured on 2026-11-25: 200 MB on disk (" in text
    assert "% of the prediction), starts in 0.25 s, 30 MB of memory at most" in text
    assert "verify --save" not in text


def test_what_was_emulated_or_failed_says_so() -> None:
    text = text_of(recalled(emulated=True, passed=False), width=200)
    assert "starts in 0.25 s, emulated" in text
    assert "; not all checks held" in text


def test_figures_of_another_image_are_not_shown_but_a_remark() -> None:
    for changes, says in (
        ({"base": "alpine-3.23"}, "before the base changed"),
        ({"python": "3.12"}, "before Python changed"),
        ({"packages": {"numpy": "0.9"}}, "before 1 package changed"),
        ({"packages": {"numpy": "1.0", "six": "1", "idna": "3"}}, "before 2 packages changed"),
    ):
        told = recalled(**changes)
        assert told.measured == {}
        assert says in told.remarks[-1].text
        assert "200 MB" not in text_of(told, width=200)


def test_figures_of_the_users_own_dockerfile_are_no_figures_of_the_plan() -> None:
    told = recalled(by_hand=True)
    assert told.measured == {}
    (remark,) = told.remarks
    assert remark.code == "measured-by-hand"
    assert "with your own Dockerfile: 200 MB on disk, 50 MB to download" in remark.text


def test_the_document_has_the_figures_by_platform() -> None:
    assert "measured" not in make_document(outcome())
    assert make_document(recalled())["measured"] == {
        "linux/arm64": {
            "on_disk": 200_000_000,
            "download": 50_000_000,
            "start_seconds": 0.25,
            "peak_memory": 30_000_000,
            "rebuild_seconds": 7.25,
            "dockerfile": "",
            "by_hand": False,
            "emulated": False,
            "passed": True,
            "checked": "2026-11-25",
        }
    }
