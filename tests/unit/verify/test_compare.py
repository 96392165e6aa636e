import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from scaffold.model.build import BuildRequest, Built
from scaffold.model.errors import BuildError, Detail, EngineError, StepFailedError
from scaffold.model.image import Contents, ImageConfig
from scaffold.model.run import Importing, Rebuild, Run, RunSpec
from scaffold.model.target import Arch
from scaffold.model.verification import (
    CompareResult,
    Expectation,
    Layer,
    Status,
    Variant,
    VerifyOptions,
)
from scaffold.verify.compare import CompareServices, compare, own_records, stage_project

WELL = Run(start_seconds=0.5, answer="HTTP 200", peak_memory=40 << 20, listens=("00000000",))
SERVER = Expectation(arch=Arch.AMD64, port=8000, health="/health")


@dataclass(slots=True)
class Seen:
    trials: list[RunSpec] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def contender(name: str = "bare", **changes: object) -> Variant:
    found = Variant(name=name, title="t", promise=SERVER, files={"Dockerfile": "FROM x\n"})
    return replace(found, **changes)  # type: ignore[arg-type]


def make_contents() -> Contents:
    layers = (
        Layer(digest="a", on_disk=30, download=10, made_by="base"),
        Layer(digest="b", on_disk=12, download=5, made_by="app"),
    )
    return Contents(id="sha256:1", config=ImageConfig(arch="amd64", user="1:1"), layers=layers)


def make_edges(
    seen: Seen,
    *,
    runs: Sequence[Run | EngineError] = (WELL,),
    broken: dict[str, BuildError] | None = None,
    rebuild: Rebuild | str = "not tried: no source",
    native: frozenset[Arch] = frozenset({Arch.AMD64}),
) -> CompareServices:
    @contextmanager
    def image(one: Variant) -> Iterator[Built]:
        if broken and one.name in broken:
            raise broken[one.name]
        seen.held.append(one.name)
        assert len(seen.held) - len(seen.removed) == 1, "two images at a time"
        order = BuildRequest(arch=Arch.AMD64, context="", dockerfile="", tag=f"x:{one.name}")
        try:
            yield Built(order=order, image="sha256:1", steps=(), seconds=7.5)
        finally:
            seen.removed.append(one.name)

    def run(trial: RunSpec) -> Run:
        seen.trials.append(trial)
        result = runs[(len(seen.trials) - 1) % len(runs)]
        if isinstance(result, EngineError):
            raise result
        return result

    return CompareServices(
        image=image,
        rebuild=lambda _, __: rebuild,
        inspect=lambda _: make_contents(),
        run=run,
        try_imports=lambda _, __, ___, ____: Importing(),
        native=native,
        processors=2,
        facts={},
        tell=lambda _: None,
    )


def try_one(edges: CompareServices, one: Variant | None = None, **wishes: object) -> CompareResult:
    wished = replace(VerifyOptions(), **wishes)  # type: ignore[arg-type]
    return compare([one or contender()], wished, edges)[0]


def test_everything_is_measured_of_an_image_that_runs() -> None:
    runs = [replace(WELL, start_seconds=s, peak_memory=p) for s, p in ((1, 9), (5, 7), (2, 8))]
    edges = make_edges(Seen(), runs=runs, rebuild=Rebuild(what="an edit", seconds=0.25, moved=600))
    entry = try_one(edges)
    assert (entry.runs, entry.trouble) == (Status.PASSED, "")
    assert (entry.on_disk, entry.download) == (42, 15)
    assert (entry.build_seconds, entry.rebuild_seconds, entry.rebuild_moved) == (7.5, 0.25, 600)
    assert (entry.start_seconds, entry.peak_memory) == (2, 9)


def test_a_contender_that_cannot_be_built_is_a_row_and_the_next_one_is_tried() -> None:
    error = StepFailedError("pip failed", details=[Detail(text="no wheel")], hint="compile it")
    seen = Seen()
    first, second = compare(
        [contender("alpine"), contender("bare")],
        VerifyOptions(),
        make_edges(seen, broken={"alpine": error}),
    )
    assert (first.runs, first.built) == (Status.FAILED, False)
    assert "pip failed" in first.trouble
    assert first.evidence == ("no wheel", "hint: compile it")
    assert second.runs is Status.PASSED
    assert seen.removed == ["bare"]


def test_an_app_that_does_not_start_keeps_its_sizes_and_says_why() -> None:
    crash = Run(ended=True, exit_code=1, log="ImportError: libxcb.so.1")
    seen = Seen()
    entry = try_one(make_edges(seen, runs=[crash]))
    assert entry.runs is Status.FAILED
    assert "exit code 1" in entry.trouble
    assert "log: ImportError: libxcb.so.1" in entry.evidence
    assert (entry.on_disk, entry.start_seconds) == (42, None)
    assert len(seen.trials) == 1, "what does not start is not started again"


def test_an_app_that_is_killed_for_its_memory_does_not_run() -> None:
    entry = try_one(make_edges(Seen(), runs=[Run(ended=True, exit_code=137, out_of_memory=True)]))
    assert entry.runs is Status.FAILED
    assert "memory" in entry.trouble


def test_a_command_that_lacks_a_service_is_not_verified() -> None:
    lost = Run(ended=True, exit_code=1, log="Connection refused")
    command = contender(promise=Expectation(arch=Arch.AMD64))
    assert try_one(make_edges(Seen(), runs=[lost]), command).runs is Status.NOT_VERIFIED


def test_an_engine_that_cannot_run_an_image_is_a_row_with_what_was_known_by_then() -> None:
    entry = try_one(make_edges(Seen(), runs=[EngineError("no qemu", hint="install it")]))
    assert (entry.runs, entry.trouble, entry.on_disk) == (Status.FAILED, "no qemu", 42)
    assert entry.evidence == ("hint: install it",)


def test_an_engine_that_can_build_nothing_ends_the_comparison() -> None:
    @contextmanager
    def image(_: Variant) -> Iterator[Built]:
        raise EngineError("there is no docker command")
        yield

    with pytest.raises(EngineError):
        try_one(replace(make_edges(Seen()), image=image))


def test_what_the_plan_refuses_is_not_built() -> None:
    seen = Seen()
    entry = try_one(make_edges(seen), contender(refused="no wheel for musl"))
    assert (entry.runs, entry.trouble) == (Status.NOT_VERIFIED, "no wheel for musl")
    assert seen.held == []


def test_a_rebuild_that_was_not_tried_is_a_remark() -> None:
    entry = try_one(make_edges(Seen()))
    assert entry.rebuild_seconds is None
    assert entry.remarks == ("rebuild not tried: no source",)


def test_a_package_that_is_planned_and_not_in_the_image_is_a_remark() -> None:
    lacking = contender(promise=replace(SERVER, packages={"pandas": ""}))
    entry = try_one(make_edges(Seen()), lacking)
    assert any("pandas" in remark for remark in entry.remarks)


@pytest.mark.parametrize(
    ("promise", "native", "runs", "count"),
    [
        (SERVER, {Arch.AMD64}, None, 3),
        (SERVER, {Arch.AMD64}, 5, 5),
        (SERVER, {Arch.ARM64}, None, 1),
    ],
)
def test_starts_are_counted_as_asked_or_three_or_one_under_emulation(
    promise: Expectation, native: set[Arch], runs: int | None, count: int
) -> None:
    seen = Seen()
    edges = make_edges(seen, native=frozenset(native))
    try_one(edges, contender(promise=promise), runs=runs)
    assert len(seen.trials) == count


def test_an_image_is_removed_though_somebody_interrupts() -> None:
    seen = Seen()

    def interrupt(_: RunSpec) -> Run:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        try_one(replace(make_edges(seen), run=interrupt))
    assert seen.removed == ["bare"]


def make_project(folder: Path) -> Path:
    source = folder / "source"
    (source / ".git").mkdir(parents=True)
    (source / ".leanscaffold").mkdir()
    for name in (".git/HEAD", "main.py", "Dockerfile", ".leanscaffold/a.py", ".dockerignore"):
        (source / name).write_text(f"old {name}")
    files = {"Dockerfile": "1", ".leanscaffold/a.py": "2"}
    (source / "leanscaffold.json").write_text(json.dumps({"files": files}))
    return source


def stage(folder: Path, *, kept: bool) -> tuple[set[str], Path]:
    source, goal = make_project(folder), folder / "goal"
    contender = Variant(
        name="n",
        title="t",
        promise=Expectation(arch=Arch.AMD64),
        files={"Dockerfile": "new", ".leanscaffold/b/c.py": "new"},
        kept=kept,
    )
    before = {path: path.read_text() for path in source.rglob("*") if path.is_file()}
    stage_project(source, goal, contender)
    after = {path: path.read_text() for path in source.rglob("*") if path.is_file()}
    assert after == before, "the user's own folder was touched"
    return {str(p.relative_to(goal)) for p in goal.rglob("*") if p.is_file()}, goal


def test_a_copy_has_the_sources_and_the_contenders_files_but_none_of_an_earlier_run(
    tmp_path: Path,
) -> None:
    names, goal = stage(tmp_path, kept=False)
    assert names >= {"main.py", "Dockerfile", ".leanscaffold/b/c.py", ".dockerignore"}
    assert not names & {".git/HEAD", ".leanscaffold/a.py"}
    assert (goal / "Dockerfile").read_text() == "new"


def test_a_dockerfile_of_the_users_keeps_what_an_earlier_run_left(tmp_path: Path) -> None:
    names, _ = stage(tmp_path, kept=True)
    assert ".leanscaffold/a.py" in names


STEPS = ("[stage-0 4/5] RUN if x;   then pip install", "[stage-0 5/5] COPY . .")


def record(name: str, description: str, at: int) -> dict[str, object]:
    return {"ID": name, "Description": description, "CreatedAt": f"2026-11-24T13:0{at}:00Z"}


RECORDS = [
    record("theirs", "mount / from exec /bin/sh -c make", 1),
    record("old", "mount / from exec /bin/sh -c if x; then pip install", 1),
    record("run", "mount / from exec /bin/sh -c if x; then pip install", 2),
    record("copy", "[stage-0 5/5] COPY . .", 3),
    record("mount", 'cached mount /c from exec /bin/sh -c y with id "abc-0//c"', 4),
    record("base", "pulled from somewhere", 2),
]


def test_ours_are_new_and_of_our_steps_or_mounts_and_the_newest_goes_first() -> None:
    assert own_records(RECORDS, {"old"}, STEPS, "abc") == ("mount", "copy", "run")


def test_what_was_there_before_stays_though_it_is_the_same_step() -> None:
    known = {str(one["ID"]) for one in RECORDS}
    assert own_records(RECORDS, known, STEPS, "abc") == ()


def test_without_steps_only_mounts_are_ours() -> None:
    assert own_records(RECORDS, set(), (), "abc") == ("mount",)
