from typing import Any

from scaffold.state.plan_diff import Change, compare_plans, find_stale, over_budget


def target(
    base: str = "slim-trixie", python: str = "3.13", size: int = 100, **versions: str
) -> dict[str, Any]:
    """Return a target's block of a document; ``size`` in MB."""
    return {
        "target": "linux/arm64",
        "python": python,
        "budget": {"on_disk": 150_000_000, "download": 60_000_000, "memory": None},
        "chosen": {
            "base": base,
            "reference": f"python:{python}-{base}",
            "size": {"on_disk": size * 1_000_000, "download": size * 400_000},
        },
        "candidates": [
            {"base": "slim-trixie", "verdict": "fits", "reasons": []},
            {"base": "alpine-3.23", "verdict": "rejected", "reasons": [{"text": "no wheel"}]},
        ],
        "packages": [
            {"name": name, "version": version, "required_by": ["app"] if name == "idna" else []}
            for name, version in versions.items()
        ],
        "notes": [{"code": "older-than-newest", "package": "numpy", "text": "2.5 needs more"}],
    }


def document(*targets: dict[str, Any]) -> dict[str, Any]:
    return {"targets": list(targets)}


def test_the_same_plan_changes_nothing() -> None:
    (change,) = compare_plans(document(target(a="1")), document(target(a="1")))
    assert change.is_empty


def test_packages_come_go_and_move_each_with_why() -> None:
    before = document(target(size=100, gone="1", numpy="2.5", same="1"))
    after = document(target(size=90, idna="3", numpy="2.4", same="1"))
    (change,) = compare_plans(before, after)
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
        (change,) = compare_plans(document(target(old)), document(target("bare-trixie")))
        assert change.choice[0] == Change(name="base", before=old, after="bare-trixie", why=why)
        assert [one.name for one in change.choice] == ["base", "image"]


def test_a_new_target_and_a_dropped_one_are_changes() -> None:
    other = target() | {"target": "linux/amd64"}
    first, second = compare_plans(document(target()), document(other))
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
    plan = document(target(size=100))
    assert over_budget(plan, {}) == ()
    (text,) = over_budget(plan, {"linux/arm64": (170_000_000, 50_000_000)})
    assert text == ("linux/arm64: 170.0 MB on disk (measured), 20.0 MB over the 150.0 MB allowed")
    assert len(over_budget(document(target(size=200)), {})) == 2
    assert over_budget(document(target() | {"chosen": None}), {}) == ()
