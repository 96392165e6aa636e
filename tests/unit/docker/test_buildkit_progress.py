import base64
import json
from pathlib import Path

import pytest

from scaffold.docker.buildkit_progress import Log, PlainLog, RawLog, own_steps
from scaffold.model.build import Event, Progress, Step

DATA = Path(__file__).parents[2] / "data" / "buildx"
T = "2026-01-02T03:04:{}.123456789Z"


def feed(log: Log, name: str) -> list[Progress]:
    lines = (DATA / f"{name}.txt").read_text("utf-8").splitlines(keepends=True)
    return [happening for line in lines for happening in log.read(line)]


def vertex(**row: object) -> str:
    return json.dumps({"vertexes": [{"digest": "d", "name": "[1/2]  RUN \n a", **row}]})


def test_a_whole_bake_is_read_with_times_and_what_came_from_the_cache() -> None:
    log = RawLog()
    happened = feed(log, "bake-done")
    steps = {step.name: step for step in log.steps()}
    assert not log.said
    assert log.failed() is None
    assert steps["[amd64 internal] load build definition from Dockerfile"].bytes == 5176
    pip = next(s for s in log.steps() if s.name.startswith("[arm64 build-arm64 2/4] RUN"))
    assert 5 < pip.seconds < 30
    assert not pip.cached
    assert steps["[amd64 root 2/3] COPY --from=base / /rootfs/"].cached
    finished = [h.step for h in happened if h.happening is Event.FINISHED]
    assert finished[-1].startswith("[arm64] resolving provenance")
    assert any(h.happening is Event.PRINTED and "numpy" in h.text for h in happened)


def test_steps_of_a_bake_belong_to_their_target_and_lose_its_name() -> None:
    log = RawLog()
    feed(log, "bake-done")
    own = own_steps(log.steps(), "amd64", ["amd64", "arm64"])
    names = [step.name for step in own]
    assert "exporting to image" in names
    assert "[internal] load local bake definitions" in names
    assert "[stage-5 4/5] WORKDIR /app" in names
    assert not any("arm64 " in name.partition("]")[0] for name in names if "FROM" not in name)


def test_a_step_that_only_looks_like_another_targets_is_kept() -> None:
    steps = (Step(name="[arm64x 1/2] RUN", seconds=1), Step(name="[stage 1/1] RUN", seconds=1))
    assert own_steps(steps, "amd64", ["amd64", "arm64"]) == steps


def test_spans_of_a_step_that_overlap_count_once() -> None:
    log = RawLog()
    log.read(vertex(started=T.format("10"), completed=T.format("14")))
    log.read(vertex(started=T.format("12"), completed=T.format("16")))
    log.read(vertex(started=T.format("20"), completed=T.format("21")))
    assert log.steps() == (Step(name="[1/2] RUN a", seconds=7.0),)


def test_a_step_begins_and_ends_once_for_each_time_it_runs() -> None:
    log = RawLog()
    lines = [
        vertex(),
        vertex(started=T.format("10")),
        vertex(started=T.format("10")),
        vertex(started=T.format("10"), completed=T.format("11"), cached=True),
        vertex(started=T.format("10"), completed=T.format("11"), cached=True),
    ]
    happened = [h for line in lines for h in log.read(line)]
    assert [h.happening for h in happened] == [Event.STARTED, Event.FINISHED]
    assert (happened[1].seconds, happened[1].cached, happened[1].failed) == (1.0, True, False)


def test_a_step_that_targets_share_is_told_once() -> None:
    log = RawLog()
    log.read(vertex(started=T.format("10"), completed=T.format("12")))
    assert log.read(vertex(started=T.format("11"), completed=T.format("12")))[-1].again
    news = log.read(vertex(started=T.format("20"), completed=T.format("25")))[-1]
    assert (news.seconds, news.again) == (7.0, False)
    failed = log.read(vertex(started=T.format("30"), completed=T.format("30"), error="no"))[-1]
    assert (failed.failed, failed.again) == (True, False)


def test_bytes_are_the_most_that_each_transfer_told() -> None:
    log = RawLog()
    log.read(vertex(started=T.format("10")))
    for name, key, current in (
        ("transferring", "context:", 10),
        ("transferring", "context:", 30),
        ("downloading", "layer", 5),
        ("extracting", "layer-x", 1000),
    ):
        status = {"vertex": "d", "id": key, "name": name, "current": current}
        log.read(json.dumps({"statuses": [status]}))
    assert log.steps()[0].bytes == 35


@pytest.mark.parametrize(
    "line",
    [
        "{broken",
        "[1, 2]",
        '"text"',
        "WARN: something",
        "null",
    ],
)
def test_a_line_that_is_no_status_is_kept_as_said(line: str) -> None:
    log = RawLog()
    assert log.read(line + "\n") == ()
    assert log.said == [line]


@pytest.mark.parametrize(
    "message",
    [
        {"vertexes": None},
        {"vertexes": [1], "logs": "x", "statuses": [{"vertex": 1, "current": "x"}]},
        {"logs": [{"vertex": "unknown", "data": "aGk="}, {"vertex": "d", "data": "!"}]},
        {"vertexes": [{"digest": "e", "started": "yesterday"}]},
    ],
)
def test_a_status_of_another_shape_does_no_harm(message: object) -> None:
    log = RawLog()
    log.read(vertex(started=T.format("10")))
    assert log.read(json.dumps(message)) == ()


def test_of_a_progress_bar_only_the_last_state_is_kept() -> None:
    log = RawLog()
    log.read(vertex(started=T.format("10"), error="exit code: 1"))
    for text in ("10%\r5", "0%\r100%\n", "err", "or: no\n\n"):
        data = base64.b64encode(text.encode()).decode()
        log.read(json.dumps({"logs": [{"vertex": "d", "data": data}]}))
    failed = log.failed()
    assert failed is not None
    assert failed.output == ("100%", "error: no")


def test_the_step_that_failed_is_found_and_not_those_it_took_down() -> None:
    log = RawLog()
    told = {}
    for name, error in (("a", "context canceled: context canceled"), ("b", "exit code: 3")):
        times = {"started": T.format("10"), "completed": T.format("11")}
        row = {"digest": name, "name": name, **times, "error": error}
        ended = log.read(json.dumps({"vertexes": [row]}))[-1]
        told[name] = (ended.failed, ended.again)
    assert told == {"a": (False, True), "b": (True, False)}
    failed = log.failed()
    assert failed is not None
    assert failed.name == "b"


def test_an_older_buildx_is_read_from_its_plain_lines() -> None:
    log = PlainLog()
    happened = feed(log, "plain-done")
    steps = {step.name: step for step in log.steps()}
    assert steps["[2/3] COPY sh /x"] == Step(name="[2/3] COPY sh /x", seconds=0.0, cached=True)
    assert steps["[3/3] RUN sleep 1.5; echo hello"].seconds == 1.8
    assert log.failed() is None
    printed = [h.text for h in happened if h.happening is Event.PRINTED]
    assert "hello\n" in printed


def test_plain_lines_tell_which_step_failed_and_what_it_printed() -> None:
    log = PlainLog()
    feed(log, "plain-failed")
    failed = log.failed()
    assert failed is not None
    assert failed.name.startswith("[2/2] RUN echo hello")
    assert failed.output[-1] == "ModuleNotFoundError: No module named 'nothing_like_it'"
    assert "exit code: 1" in failed.error
