"""``leanscaffold verify`` without an engine: what is kept, and what makes no sense."""

from scaffold.model.target import Arch
from tests.cli.outside import Seen, code_of, make_outside, run


def test_figures_are_kept_only_when_asked_for() -> None:
    for words, arches in (((), []), (("--save",), [Arch.ARM64])):
        seen = Seen()
        # The reports of these edges have no checks, which is no pass.
        outside = make_outside(seen=seen)
        assert run("verify", "--target", "arm64", *words, outside=outside).exit_code == 1
        assert [report.arch for report in seen.kept] == arches


def test_figures_of_an_image_that_was_not_built_now_are_not_kept() -> None:
    seen = Seen()
    result = run("verify", "--save", "--image", "app:1", outside=make_outside(seen=seen))
    assert result.exit_code == 2
    assert code_of(result) == "usage"
    assert "--image" in result.stderr
    assert seen.kept == []


def test_without_an_engine_options_of_a_run_make_no_sense() -> None:
    for words in (("--no-engine", "--on", "ssh://pi"), ("--no-engine", "--save")):
        result = run("verify", *words, outside=make_outside(seen=Seen()))
        assert (result.exit_code, code_of(result)) == (2, "usage")
    result = run("verify", "--base-from", "b.tar", outside=make_outside(seen=Seen()))
    assert "--no-engine" in result.stderr
