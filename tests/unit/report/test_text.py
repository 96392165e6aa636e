import io
from dataclasses import replace

import pytest

from scaffold.model.knowledge import SystemPackage
from scaffold.model.options import Options, Request
from scaffold.model.resolution import Reason
from scaffold.report.plan_result import PlanResult, best_per_base, find_shortfall
from scaffold.report.terminal import align, format_bound, format_memory, format_size, show, styled
from scaffold.report.text import show_outcome
from tests.support.builders import (
    MB,
    make_base,
    make_candidate,
    make_decision,
    make_fits,
    make_outcome,
    make_project,
    make_rejected,
    make_saving,
    make_size,
    make_target,
    make_weighed,
)

LONG = "tensorflow 2.20.0 has no wheel for musl (arm64) and no sdist to build one from (has: any)"


def text_of(outcome: PlanResult, *, width: int | None = None, verbose: bool = False) -> str:
    stream = io.StringIO()
    show(stream, show_outcome(outcome, verbose=verbose), width=width)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (999_500, "1 MB"),
        (62_340_000, "62.3 MB"),
        (412 * MB, "412 MB"),
        (2_412 * MB, "2.41 GB"),
        (-62 * MB, "-62 MB"),
    ],
)
def test_a_size_has_three_digits_at_most(size: int, text: str) -> None:
    assert format_size(size) == text


def test_a_bound_is_a_percentage_and_memory_is_in_powers_of_two() -> None:
    assert format_bound(400 * MB, 10 * MB) == "400 MB ±3%"
    assert format_bound(400 * MB, 3 * MB) == "400 MB ±0.8%"
    assert format_bound(400 * MB, 1) == "400 MB ±0.1%"
    assert format_bound(400 * MB, 0) == "400 MB"
    assert [format_memory(1 << 32), format_memory(512 << 20)] == ["4 GiB", "512 MiB"]
    assert format_memory(8_000_000_000) == "8 GB"


def test_the_first_lines_say_what_for_and_what() -> None:
    lines = text_of(make_outcome(targets=(make_target(on_disk=500 * MB),))).splitlines()
    assert lines[0] == "camera · linux/arm64 · at most 500 MB on disk"
    assert lines[2].startswith("python:3.13-slim-trixie with Python 3.13: 412 MB ±1% on disk")


def test_the_size_is_told_in_each_of_its_meanings() -> None:
    text = " ".join(text_of(make_outcome()).split())
    assert "412 MB ±1% on disk, 148 MB ±1% to download" in text
    assert "453 MB ±2% in blocks of 4 KiB" in text
    assert "601 MB ±2% in containerd's store" in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal_and_no_reason_is_cut(width: int) -> None:
    reason = Reason(code="no-wheel", text=LONG, package="tensorflow")
    outcome = make_outcome(make_decision(make_fits(), make_rejected("alpine-3.23", "3.13", reason)))
    text = text_of(outcome, width=width)
    assert max(map(len, text.splitlines())) <= width
    assert f"{LONG} [no-wheel]" in " ".join(text.split())


def test_in_a_pipe_a_reason_is_one_line() -> None:
    reason = Reason(code="no-wheel", text=LONG, package="tensorflow")
    outcome = make_outcome(make_decision(make_fits(), make_rejected("alpine-3.23", "3.13", reason)))
    assert f"     {LONG} [no-wheel]" in text_of(outcome).splitlines()


def test_each_base_is_shown_once_with_its_best_python_and_all_with_verbose() -> None:
    outcome = make_outcome(
        make_decision(
            make_fits("slim-trixie", "3.13"),
            make_rejected("slim-trixie", "3.14"),
            make_rejected("alpine-3.23", "3.14", Reason(code="python-prerelease", text="rc")),
            make_rejected("alpine-3.23", "3.13"),
            make_rejected("alpine-3.23", "3.12"),
        )
    )
    shown = [(v.base.id, v.python) for v in best_per_base(outcome.decisions[0])]
    assert shown == [("slim-trixie", "3.13"), ("alpine-3.23", "3.13")]
    assert text_of(outcome).count("alpine-3.23") == 1
    assert text_of(outcome, verbose=True).count("alpine-3.23") == 3


def test_the_order_of_the_verdicts_does_not_change_what_is_shown() -> None:
    verdicts = (make_fits(), make_fits("a", size=make_size(500 * MB)), make_rejected("b"))
    one = make_decision(verdicts[0], *verdicts[1:])
    other = replace(one, verdicts=tuple(reversed(verdicts)))
    assert text_of(make_outcome(one)) == text_of(make_outcome(other))


def test_bases_that_fail_alike_share_their_reasons() -> None:
    other = Reason(code="needs-shell", text="no shell")
    bases = (make_rejected("alpine-3.23"), make_rejected("b", "3.13", other), make_rejected("z"))
    text = text_of(make_outcome(make_decision(make_fits(), *bases)))
    assert text.count("tensorflow 2.20.0 has no wheel for musl (arm64) [no-wheel]") == 1
    lines = text.splitlines()
    at = next(n for n, line in enumerate(lines) if "alpine-3.23" in line)
    assert lines[at + 1].split()[1] == "z"


def test_added_libraries_are_one_line_and_one_each_with_verbose() -> None:
    reasons = [
        Reason(code="needs-library", text=f"cv needs lib{n}.so: lib{n} is added", package="cv")
        for n in range(3)
    ]
    added = tuple(SystemPackage(name=f"lib{n}", on_disk=MB, download=MB) for n in range(3))
    outcome = make_outcome(make_decision(make_fits(reasons=reasons, run_packages=added)))
    text = text_of(outcome)
    assert "adds lib0, lib1, lib2 (3 MB), which cv needs [needs-library]" in text
    assert "lib1.so" not in text
    assert "cv needs lib1.so: lib1 is added" in text_of(outcome, verbose=True)


def test_many_reasons_are_shortened_with_a_word_on_how_to_see_them() -> None:
    reasons = [Reason(code="no-wheel", text=f"p{n} has no wheel") for n in range(8)]
    outcome = make_outcome(make_decision(make_fits(), make_rejected("alpine", "3.13", *reasons)))
    assert "and 2 more (--verbose)" in text_of(outcome)
    assert "p4 has no wheel" in text_of(outcome, verbose=True)


def test_the_heaviest_packages_come_first_and_older_ones_say_why() -> None:
    packages = [make_weighed(f"p{n}", installed=n * MB) for n in range(1, 11)]
    note = Reason(code="older-than-newest", text="p10 1 instead of 2: no wheel", package="p10")
    far = Reason(code="older-than-newest", text="p1 1 instead of 2: no wheel", package="p1")
    text = text_of(make_outcome(make_decision(make_fits(packages=packages, notes=[note, far]))))
    lines = text.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("10 packages, 55 MB"))
    assert lines[at + 2].split()[0] == "p10"
    assert lines[at + 3].strip() == note.text
    assert far.text in text
    assert "  p2 " not in text


def test_an_estimate_and_a_build_from_source_are_marked() -> None:
    item = make_weighed("serial", wheel=False)
    text = text_of(make_outcome(make_decision(make_fits(packages=[replace(item, exact=False)]))))
    assert "~30 MB" in text
    assert "built from source" in text


def test_where_nothing_fits_the_shortfall_and_the_saving_that_closes_it_are_named() -> None:
    over = make_rejected(
        "slim-trixie", "3.13", Reason(code="over-budget", text="x"), candidate=make_candidate()
    )
    decision = make_decision(None, over, savings=(make_saving(),))
    target = make_target(on_disk=400 * MB)
    assert find_shortfall(decision, target) == (12 * MB, 0)
    text = text_of(make_outcome(decision, targets=(target,)))
    assert "Nothing fits: the nearest is 12 MB on disk over the limit." in text
    assert "62 MB less on disk, 20 MB less to download: then it fits" in text
    tight = make_target(on_disk=300 * MB)
    assert "then it fits" not in text_of(make_outcome(decision, targets=(tight,)))


def test_savings_that_fit_only_together_say_so_and_give_the_command() -> None:
    over = make_rejected(
        "slim-trixie", "3.13", Reason(code="over-budget", text="x"), candidate=make_candidate()
    )
    savings = (make_saving("--swap a=b"), make_saving("--swap a=c"), make_saving("--bytecode none"))
    decision = make_decision(None, over, savings=savings)
    text = text_of(make_outcome(decision, targets=(make_target(on_disk=300 * MB),)))
    words = "--swap a=b and --bytecode none together: about 124 MB less on disk, then it should fit"
    assert words in text
    assert "leanscaffold generate . --target=arm64 --swap a=b --bytecode none" in text
    never = text_of(make_outcome(decision, targets=(make_target(on_disk=200 * MB),)))
    assert "together" not in never
    assert "leanscaffold generate . --target=arm64 --max-size=417MB  # with larger limits" in never


def test_of_bases_over_the_budget_the_python_that_misses_least_is_shown() -> None:
    over = Reason(code="over-budget", text="x")
    rows = [
        make_rejected("slim", python, over, candidate=make_candidate(size=make_size(size * MB)))
        for python, size in (("3.14", 430), ("3.12", 412), ("3.11", 412))
    ]
    decision = make_decision(None, *rows)
    assert [verdict.python for verdict in best_per_base(decision)] == ["3.12"]
    assert find_shortfall(decision, make_target(on_disk=400 * MB)) == (12 * MB, 0)


def test_a_narrow_terminal_gets_fewer_columns_and_whole_lines() -> None:
    outcome = make_outcome(make_decision(make_fits(), make_rejected("distroless-debian13")))
    wide, narrow = text_of(outcome, width=80), text_of(outcome, width=58)
    assert "Verdict" in wide
    row = next(line for line in narrow.splitlines() if "distroless" in line)
    assert row.split() == ["✗", "distroless-debian13", "3.13", "-", "-"]


def test_after_a_plan_the_next_step_is_the_command_that_writes() -> None:
    planned = make_outcome(files={"Dockerfile": None}, request=Request(max_size=500 * MB))
    assert "  leanscaffold generate . --max-size=500MB\n" in text_of(planned)
    secret = Request(index_url="https://me:pass@index.example/simple", max_size=500 * MB)
    text = text_of(make_outcome(files={"Dockerfile": None}, request=secret))
    assert "pass" not in text
    assert "  leanscaffold generate . --max-size=500MB with the same --index-url\n" in text


def test_another_command_has_no_port_until_one_is_named() -> None:
    request = Request(options=Options(command=("worker",)))
    assert "none: --port adds it and a health check" in text_of(make_outcome(request=request))


def test_a_base_that_is_cut_from_another_is_named_before_it() -> None:
    base = replace(make_base(), id="bare-trixie", origin="slim-trixie")
    cut = replace(make_fits(), candidate=make_candidate(base))
    text = text_of(make_outcome(make_decision(cut)))
    assert "bare-trixie, cut from python:3.13-slim-trixie, with Python 3.13: 412 MB" in text


def test_the_build_command_is_offered_only_for_what_was_written() -> None:
    written = make_outcome(files={"Dockerfile": "ab" * 32})
    assert text_of(written).splitlines()[-4:] == [
        "Next",
        "  leanscaffold build .",
        "  or: docker buildx build --platform linux/arm64 -t camera .",
        "  leanscaffold verify .  # builds and runs it within the device's limits",
    ]
    planned = make_outcome(files={"Dockerfile": None})
    assert "docker" not in text_of(planned).replace("Dockerfile", "")


def test_targets_that_fit_alone_but_not_together_say_so() -> None:
    text = text_of(make_outcome(make_decision(None, make_fits()), make_decision(None)))
    assert "No base and Python fits all targets." in text
    assert "Nothing fits." in text


def test_several_targets_are_built_by_one_command() -> None:
    fits = make_decision(make_fits())
    text = text_of(make_outcome(fits, fits, files={"Dockerfile": "ab" * 32}))
    assert "--platform linux/arm64,linux/amd64" in text


def test_what_a_project_says_cannot_drive_the_terminal() -> None:
    outcome = make_outcome(project=make_project(notes=("\x1b[2J[red]boo[/red]\x07",)))
    text = text_of(outcome)
    assert "\x1b" not in text
    assert "[red]boo[/red]" in text


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_are_for_terminals_only() -> None:
    terminal, pipe = _Terminal(), io.StringIO()
    show(terminal, [styled("x", "bold")], width=80)
    show(pipe, [styled("x", "bold")], width=80)
    assert terminal.getvalue() != "x\n"
    assert pipe.getvalue() == "x\n"


def test_columns_line_up_and_figures_stand_right() -> None:
    assert align([("a", "1"), ("bcd", "200")], right=(1,)) == ["a      1", "bcd  200"]
