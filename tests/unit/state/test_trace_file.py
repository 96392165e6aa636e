from dataclasses import replace

import pytest

from scaffold.model.image import Contents, ImageConfig, ImageFile
from scaffold.model.options import Options
from scaffold.model.run import Figures, Request, Trace, TracedRun, TraceResult
from scaffold.model.target import Arch
from scaffold.model.verdict import Size
from scaffold.model.verification import Status
from scaffold.planner.plan import plan_digest
from scaffold.planner.size_prediction import predict_traced, remark_trace, tracing
from scaffold.state.trace_file import (
    find_opened,
    find_read_sources,
    join_traces,
    parse_trace,
    render_trace,
    spell_opened,
    weigh_opened,
)
from scaffold.verify.checks.traced import check_traced
from tests.support.builders import make_base, make_image, make_pinned, make_project, make_weighed
from tests.support.dockerfiles import simple_plan

RUN = TracedRun(
    port=80,
    health="/h",
    requests=(Request(method="POST", path="/x", body=b"\xff"),),
    answers=(201,),
)
FIGURES = Figures(
    arch=Arch.ARM64,
    base="bare-trixie",
    closure="safe",
    tracer="fanotify",
    floor=30_000_000,
    app=1000,
    whole=(50_000_000, 20_000_000),
    kept=(36_000_000, 13_000_000),
    dropped={"": 10_000_000, "numpy": 4_000_000},
)
TRACE = Trace(
    python="3.13.1",
    packages={"numpy": "2.2.6"},
    runs=(RUN,),
    files=("site/numpy/__init__.py", "stdlib/os.py"),
    sources=("site/numpy/__init__.py",),
    figures=(FIGURES,),
)
BARE = make_base("bare-trixie", origin="slim-trixie", images=(make_image(),))
SIZE = Size(on_disk=49_000_000, download=19_000_000, error=1, download_error=1)


def test_a_keep_list_is_read_as_it_was_written_one_path_a_line() -> None:
    text = render_trace(TRACE)
    assert parse_trace(text) == TRACE
    assert '  "stdlib/os.py"\n' in text


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2}', '{"version": 1}'])
def test_what_is_no_keep_list_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_trace(text)


def test_an_added_trace_lists_what_either_does() -> None:
    other = replace(TRACE, files=("stdlib/re.py",), figures=(replace(FIGURES, arch=Arch.AMD64),))
    joined = join_traces(TRACE, other)
    assert joined.files == ("site/numpy/__init__.py", "stdlib/os.py", "stdlib/re.py")
    assert {one.arch for one in joined.figures} == {Arch.ARM64, Arch.AMD64}
    assert joined.runs == (RUN,)
    assert join_traces(replace(TRACE, packages={}), other) == other


CONTENTS = Contents(
    id="sha256:1",
    config=ImageConfig(),
    layers=(),
    files={
        file.path: file
        for file in (
            ImageFile(path="/l/site/a.py", size=10),
            ImageFile(path="/l/site/__pycache__/a.cpython-313.pyc", size=20),
            ImageFile(path="/l/re.pyc", size=5),
            ImageFile(path="/lib", kind="link", target="l"),
            ImageFile(path="/app/main.py", size=3),
        )
    },
)


def test_opened_are_the_regular_files_at_the_end_of_all_links() -> None:
    opened = find_opened(CONTENTS, ["/lib/re.pyc", "/l/re.pyc", "/proc/1", "/app/main.py"])
    assert opened == {"/l/re.pyc", "/app/main.py"}
    assert weigh_opened(CONTENTS, opened) == 8
    assert spell_opened(opened, "/l/site", workdir="/app") == ("stdlib/re.py",)


def test_a_source_that_was_read_beside_its_bytecode_is_known() -> None:
    assert find_read_sources(CONTENTS, ["/l/site/a.py"], "/l/site") == ("site/a.py",)
    compiled = ["/l/site/__pycache__/a.cpython-313.pyc"]
    assert find_read_sources(CONTENTS, compiled, "/l/site") == ()


def predict(options: Options, version: str = "2.2.6", arch: Arch = Arch.ARM64) -> Size:
    project = replace(make_project(), trace=TRACE, app_bytes=1000)
    packages = (replace(make_weighed(), pinned=make_pinned(version=version)),)
    traced = tracing(project, options, BARE, make_image(arch=arch))
    return predict_traced(SIZE, traced, packages)


def test_the_size_is_what_was_measured_with_the_trace() -> None:
    size = predict(Options())
    assert (size.on_disk, size.download) == FIGURES.kept
    assert size.error < 0.01 * size.on_disk


def test_a_package_of_another_release_brings_back_what_was_dropped_of_it() -> None:
    assert predict(Options(), version="2.3").on_disk == 40_000_000


def test_another_architecture_is_an_estimate_from_there() -> None:
    size = predict(Options(), arch=Arch.AMD64)
    assert size.on_disk == round(SIZE.on_disk * 36 / 50)
    assert size.error > 0.1 * size.on_disk


def test_without_a_trace_the_size_is_as_it_was() -> None:
    assert predict(Options(traced="none")) == SIZE


def test_what_is_stale_is_said() -> None:
    project = replace(make_project(), trace=replace(TRACE, python="3.12.1"))
    traced = tracing(project, Options(), BARE, make_image())
    found = {one.code: one.text for one in remark_trace(traced, (make_weighed(),))}
    assert "14.0 MB" in found["traced"]
    assert "Python's own library is of another release" in found["trace-stale"]


def test_the_label_changes_with_what_is_kept_and_not_with_figures() -> None:
    plan = replace(simple_plan(), trace=TRACE, base=BARE)
    same = replace(plan, trace=replace(TRACE, figures=()))
    other = replace(plan, trace=replace(TRACE, files=()))
    assert plan_digest(plan) == plan_digest(same) != plan_digest(other)


def test_a_run_that_comes_to_something_else_fails_the_proof() -> None:
    good = TraceResult(well=True, answers=(201,))
    assert check_traced((RUN,), (good,)).status is Status.PASSED
    for seen in (
        replace(good, answers=(500,)),
        replace(good, ended=True, code=1, log="ModuleNotFoundError: x"),
        TraceResult(refused="no"),
    ):
        assert check_traced((RUN,), (seen,)).status is Status.FAILED
