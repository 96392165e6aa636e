"""What the generated files say, read back with a small reader of instructions."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaffold.core.plan import make_plan
from scaffold.core.render import UnsafeValueError, exec_form, render
from scaffold.errors import UsageError
from scaffold.model.index import WheelFacts
from scaffold.model.knowledge import Facts
from scaffold.model.plan import Options, Plan
from scaffold.model.project import Found, Origin, Project, Start
from scaffold.model.target import Arch, Budget, Target
from scaffold.resources import templates
from tests.core.test_decide import decided, facts_of, slim
from tests.core.worlds import World

ORIGIN = Origin(file="main.py", line=1)
START = Found(value=Start(framework="fastapi", command=("python", "-m", "uvicorn")), origin=ORIGIN)


def load(name: str) -> str:
    return (templates() / name).read_text("utf-8")


def plan_of(
    world: World,
    *texts: str,
    arches: tuple[Arch, ...] = (Arch.ARM64,),
    options: Options | None = None,
    facts: Facts | None = None,
    project: Project | None = None,
) -> Plan:
    options = options or Options()
    decisions = decided(
        world, *texts, facts=facts or facts_of(slim()), arches=arches, options=options
    )
    project = project or Project(
        name=Found(value="app", origin=ORIGIN),
        start=START,
        port=Found(value=8000, origin=ORIGIN),
        health=Found(value="/health", origin=ORIGIN),
    )
    targets = [Target(arch=arch, budget=Budget()) for arch in arches]
    return make_plan(project, targets, decisions, options)


def instructions(text: str) -> list[tuple[str, str]]:
    """Return (instruction, rest) pairs; comments dropped, continued lines joined."""
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", kept)
    pairs = (line.partition(" ") for line in joined.splitlines() if line.strip())
    return [(word, rest.strip()) for word, _, rest in pairs]


def dockerfile(plan: Plan) -> list[tuple[str, str]]:
    return instructions(render(plan, load)["Dockerfile"])


def stages(found: list[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    """Return the instructions per stage, by the words of FROM."""
    by_stage: dict[str, list[tuple[str, str]]] = {}
    current = ""
    for word, rest in found:
        if word == "FROM":
            current = rest
            by_stage[current] = []
        elif current:
            by_stage[current].append((word, rest))
    return by_stage


WHEEL = "a-1-cp313-cp313-manylinux_2_17_aarch64.manylinux2014_aarch64.whl"


def test_wheels_are_installed_on_the_build_platform_for_the_target() -> None:
    found = dockerfile(plan_of(World().add(WHEEL), "a"))
    build = stages(found)["--platform=$BUILDPLATFORM python:3.13-slim-trixie AS build"]
    assert [word for word, _ in build] == ["RUN", "RUN"]
    assert "--platform manylinux_2_17_aarch64" in build[0][1]
    assert "--require-hashes" in build[0][1]
    assert "source=requirements.arm64.lock" in build[0][1]
    assert "--no-compile" in build[0][1]


def test_nothing_runs_on_the_target_when_every_package_has_a_wheel() -> None:
    by_stage = stages(dockerfile(plan_of(World().add(WHEEL), "a")))
    for name, body in by_stage.items():
        if "--platform=$BUILDPLATFORM" not in name:
            assert "RUN" not in {word for word, _ in body}, name


def test_only_a_package_without_a_wheel_brings_a_stage_on_the_target() -> None:
    by_stage = stages(dockerfile(plan_of(World().add("a-1.tar.gz"), "a")))
    build = by_stage["python:3.13-slim-trixie AS build"]
    assert "apt-get install -y --no-install-recommends gcc libc6-dev" in build[0][1]
    assert "rm -rf /var/lib/apt/lists/*" in build[0][1]
    assert "--no-binary=a" in build[1][1]


def test_a_library_is_installed_in_one_step_with_its_lists_removed() -> None:
    inside = WheelFacts(installed=10, files=1, needs=("libGL.so.1",), elf="read")
    by_stage = stages(dockerfile(plan_of(World().add(WHEEL, facts=inside), "a")))
    (step,) = by_stage["python:3.13-slim-trixie AS base"]
    assert "libgl1" in step[1]
    assert "rm -rf /var/lib/apt/lists/*" in step[1]


def test_the_application_is_the_last_step_and_owned_by_a_numeric_user() -> None:
    found = dockerfile(plan_of(World().add(WHEEL), "a"))
    assert found[-1] == ("COPY", "--chown=10001:10001 . /app/")
    assert ("USER", "10001:10001") in found


def test_the_final_stage_starts_from_scratch_and_pip_is_gone() -> None:
    by_stage = stages(dockerfile(plan_of(World().add(WHEEL), "a")))
    assert list(by_stage)[-1] == "scratch"
    root = by_stage["--platform=$BUILDPLATFORM python:3.13-slim-trixie AS root"]
    assert "site-packages/pip " in root[1][1]


def test_the_health_check_and_the_command_are_in_exec_form() -> None:
    found = dict(dockerfile(plan_of(World().add(WHEEL), "a")))
    assert json.loads(found["CMD"]) == ["python", "-m", "uvicorn"]
    check = json.loads(found["HEALTHCHECK"].partition("CMD ")[2])
    assert check[:2] == ["python", "-c"]
    assert "http://127.0.0.1:8000/health" in check[2]
    compile(check[2], "healthcheck", "exec")
    assert found["EXPOSE"] == "8000"


def test_without_a_port_there_is_no_health_check() -> None:
    project = Project(name=Found(value="app", origin=ORIGIN), start=START)
    found = dict(dockerfile(plan_of(World().add(WHEEL), "a", project=project)))
    assert not {"HEALTHCHECK", "EXPOSE"} & set(found)


def test_several_targets_share_one_file_with_a_stage_and_a_lock_each() -> None:
    world = World().add(WHEEL).add("a-1-cp313-cp313-manylinux_2_17_x86_64.whl")
    plan = plan_of(world, "a", arches=(Arch.ARM64, Arch.AMD64))
    files = render(plan, load)
    assert {"requirements.arm64.lock", "requirements.amd64.lock"} <= set(files)
    found = instructions(files["Dockerfile"])
    assert ("FROM", "build-${TARGETARCH}${TARGETVARIANT} AS build") in found
    assert ("ARG", "TARGETARCH") in found[:2]


def test_no_frontend_is_pulled_and_the_same_plan_gives_the_same_bytes() -> None:
    plan = plan_of(World().add(WHEEL), "a")
    assert render(plan, load) == render(plan, load)
    assert "syntax=" not in render(plan, load)["Dockerfile"]


def test_the_lock_pins_every_file_by_hash() -> None:
    lock = render(plan_of(World().add(WHEEL, sha256="a" * 64), "a"), load)[
        "requirements.arm64.lock"
    ]
    assert f"a==1 \\\n    --hash=sha256:{'a' * 64}\n" in lock


def test_bytecode_can_be_left_out() -> None:
    plan = plan_of(World().add(WHEEL), "a", options=Options(bytecode="none"))
    assert "compileall" not in render(plan, load)["Dockerfile"]


def test_a_project_that_does_not_say_how_it_starts_is_told_what_to_do() -> None:
    project = Project(name=Found(value="app", origin=ORIGIN))
    with pytest.raises(UsageError) as caught:
        plan_of(World().add(WHEEL), "a", project=project)
    assert "--cmd" in caught.value.hint


@given(st.text(max_size=30))
def test_no_value_adds_an_instruction(text: str) -> None:
    plan = plan_of(World().add(WHEEL), "a")
    known = [word for word, _ in dockerfile(plan)]
    hostile = replace(
        plan,
        command=("python", text),
        labels=(("title", text),),
        environment=(("NAME", text),),
        project=replace(plan.project, name=Found(value=text, origin=ORIGIN)),
    )
    try:
        found = dockerfile(hostile)
    except UnsafeValueError:
        return
    assert [word for word, _ in found] == known
    assert json.loads(dict(found)["CMD"]) == ["python", text]


@pytest.mark.parametrize("text", ["a\nUSER root", "a\rRUN x", "a\u2028b", "\0"])
def test_line_breaks_and_control_characters_are_refused(text: str) -> None:
    with pytest.raises(UnsafeValueError):
        exec_form((text,))
