import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from scaffold.model.knowledge import SystemPackage
from scaffold.model.options import Options, Request
from scaffold.model.resolution import Reason
from scaffold.model.target import Arch
from scaffold.model.verification import Measured
from scaffold.report.document import make_document, make_record
from scaffold.report.plan_result import PlanResult
from scaffold.report.schemas import Plan
from scaffold.report.terminal import to_json
from scaffold.state.file_writer import read_recorded, seal, write_outputs
from scaffold.state.record import render_record
from tests.support.builders import (
    make_candidate,
    make_decision,
    make_device,
    make_fits,
    make_outcome,
    make_pinned,
    make_project,
    make_rejected,
    make_saving,
    make_target,
    make_weighed,
)
from tools.docs.settings import make_schema

MEASURED = Measured(
    base="slim-trixie",
    python="3.13",
    packages={"numpy": "1.0", "tensorflow": "1.0"},
    on_disk=2,
    download=1,
    checked=date(2026, 11, 25),
    passed=True,
)
SCHEMA: dict[str, Any] = make_schema(Plan)
OVER = Reason(code="over-budget", text="too large", package="tensorflow", fact="12000000")


def rich_outcome() -> PlanResult:
    """Return an outcome in which every field of the document has something in it."""
    note = Reason(code="older-than-newest", text="numpy 1 instead of 2", package="numpy")
    chosen = make_fits(
        reasons=[Reason(code="needs-library", text="libgl1 is added", package="cv", file="cv.whl")],
        packages=[make_weighed("numpy", "1.0"), make_weighed("tensorflow", installed=10**9)],
        notes=[note],
        run_packages=(SystemPackage(name="libgl1", on_disk=5, download=2),),
        build_packages=("gcc",),
        build_tools=("cmake",),
    )
    over = make_rejected("full-trixie", "3.13", OVER, candidate=make_candidate())
    decision = make_decision(chosen, over, make_rejected(), savings=(make_saving(),), notes=(note,))
    target = replace(make_target(on_disk=3 * 10**9, download=1), device=make_device())
    return replace(
        make_outcome(decision),
        targets=(target,),
        files={"Dockerfile": "ab" * 32, "requirements.arm64.lock": None},
        remarks=(Reason(code="target-assumed", text="assumed"),),
        measured={Arch.ARM64: MEASURED},
    )


def outcomes() -> Iterator[PlanResult]:
    nothing = make_decision(None, make_rejected(), make_rejected("x", "", OVER))
    yield make_outcome()
    yield make_outcome(nothing)
    yield make_outcome(make_decision(make_fits()), make_decision(make_fits()), nothing)
    yield make_outcome(project=make_project(start=None, port=None, health=None, notes=("odd",)))
    yield make_outcome(make_decision(None))
    yield rich_outcome()
    unsized = make_pinned()
    file = msgspec.structs.replace(unsized.file, size=None)
    unsized = replace(unsized, file=file, newest="")
    packages = [replace(make_weighed(), pinned=unsized)]
    yield make_outcome(make_decision(make_fits(packages=packages)))


@pytest.mark.parametrize("outcome", list(outcomes()))
def test_a_document_satisfies_the_shipped_schema(outcome: PlanResult) -> None:
    validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    validator.validate(json.loads(to_json(make_document(outcome))))


def test_the_schema_is_valid_and_refuses_unknown_and_missing_fields() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    validator = Draft202012Validator(SCHEMA)
    document = make_document(rich_outcome())
    assert not validator.is_valid(document | {"extra": 1})
    for field in ("version", "candidates", "files", "targets"):
        assert not validator.is_valid({k: v for k, v in document.items() if k != field})
    document["candidates"][0]["verdict"] = "maybe"
    assert not validator.is_valid(document)


def test_every_object_of_the_schema_is_closed() -> None:
    def walk(schema: object) -> Iterator[dict[str, Any]]:
        if isinstance(schema, dict):
            if schema.get("type") == "object":
                yield schema
            for value in schema.values():
                yield from walk(value)
        elif isinstance(schema, list):
            for value in schema:
                yield from walk(value)

    objects = list(walk(SCHEMA))
    assert len(objects) > 10
    assert all(item["additionalProperties"] is not True for item in objects)


def test_the_document_says_what_was_chosen_in_bytes() -> None:
    document = make_document(rich_outcome())
    assert document["version"] == 1
    assert document["target"] == "linux/arm64"
    assert document["python"] == "3.13"
    chosen = document["chosen"]
    assert (chosen["base"], chosen["libc"]) == ("slim-trixie", "glibc")
    assert chosen["reference"] == "python:3.13-slim-trixie"
    assert chosen["size"]["on_disk"] == 412_000_000
    assert [(c["base"], c["verdict"]) for c in document["candidates"]] == [
        ("slim-trixie", "fits"),
        ("full-trixie", "rejected"),
        ("alpine-3.23", "rejected"),
    ]
    assert document["candidates"][1]["reasons"] == [
        {"code": "over-budget", "text": "too large", "package": "tensorflow", "fact": "12000000"}
    ]
    assert [p["name"] for p in document["packages"]] == ["tensorflow", "numpy"]
    assert document["packages"][0]["installed_bytes"] == 10**9
    assert document["start"]["origin"] == "main.py:5"


def test_several_targets_have_a_block_each_and_the_top_shows_the_first() -> None:
    document = make_document(
        make_outcome(make_decision(make_fits()), make_decision(None, make_rejected()))
    )
    assert [block["target"] for block in document["targets"]] == ["linux/arm64", "linux/amd64"]
    assert document["chosen"] == document["targets"][0]["chosen"]
    assert document["targets"][1]["chosen"] is None


def test_options_of_the_command_line_beat_what_the_sources_say() -> None:
    options = Options(command=("python", "x.py"), port=81, health="/up")
    document = make_document(make_outcome(request=Request(options=options)))
    assert document["start"] == {
        "framework": "command",
        "command": ["python", "x.py"],
        "origin": "--cmd",
    }
    assert document["port"] == {"value": 81, "origin": "--port"}
    assert document["health"] == {"value": "/up", "origin": "--health"}


def test_another_command_makes_the_port_found_in_the_sources_void() -> None:
    options = Options(command=("python", "x.py"))
    document = make_document(make_outcome(request=Request(options=options)))
    assert (document["port"], document["health"]) == (None, None)


def test_the_record_is_deterministic_sealed_and_ends_with_one_line_break() -> None:
    outcome, texts = rich_outcome(), {"Dockerfile": "FROM x\n", ".dockerignore": ".git\n"}
    record = render_record(make_record(outcome, texts))
    assert record == render_record(make_record(outcome, dict(reversed(texts.items()))))
    assert record.endswith("}\n")
    document = json.loads(record)
    assert document["digest"] == seal(document)
    assert document["digest"] != seal(document | {"python": "3.9"})


def test_the_record_holds_no_password_and_no_path_of_this_machine() -> None:
    request = Request(
        targets=(Arch.ARM64,),
        index_url="https://me:secret@index.example:8443/simple",
        extra_index_urls=("https://token@other.example/simple",),
        knowledge=("/home/me/facts", "facts"),
        requirements=("C:\\dev.txt", "dev.txt"),
    )
    record = render_record(make_record(make_outcome(request=request), {}))
    for words in ("secret", "token@", "/home/me", "C:"):
        assert words not in record
    assert json.loads(record)["options"] == [
        "--target=arm64",
        "--requirement=dev.txt",
        "--extra-index-url=https://other.example/simple",
        "--knowledge=facts",
        "--index-url=https://index.example:8443/simple",
    ]


def test_what_was_written_is_recognised_as_ours(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("project")
    texts = {"Dockerfile": "FROM x\n"}
    texts["leanscaffold.json"] = render_record(make_record(rich_outcome(), texts))
    write_outputs(folder, texts, force=False, recorded=read_recorded(folder))
    assert set(read_recorded(folder)) == {"Dockerfile", "leanscaffold.json"}
    write_outputs(folder, {"Dockerfile": "FROM y\n"}, force=False, recorded=read_recorded(folder))
    assert (folder / "Dockerfile").read_text() == "FROM y\n"
