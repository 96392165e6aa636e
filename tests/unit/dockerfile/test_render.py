"""What the generated Dockerfile says, read back with a small reader of instructions."""

import json
import shlex
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaffold.assembler.view import MOMENT as ASSEMBLED
from scaffold.dockerfile.lockfile import render_build_lock
from scaffold.dockerfile.quoting import UnsafeValueError, exec_form, quoted, shell_word
from scaffold.dockerfile.render import render
from scaffold.dockerfile.template_context import MOMENT
from scaffold.model.errors import UsageError
from scaffold.model.index import WheelFacts
from scaffold.model.knowledge import BuildClass, PackageFact, Recipe
from scaffold.model.options import Options
from scaffold.model.project import Found
from scaffold.model.resolution import Reason
from scaffold.model.target import Arch
from scaffold.model.verdict import Decision
from tests.support.builders import make_own
from tests.support.dockerfiles import (
    ORIGIN,
    PROJECT,
    WHEEL,
    distroless,
    dockerfile,
    plan_of,
    read_instructions,
    simple_plan,
    stages,
)
from tests.support.worlds import World, ask
from tests.unit.planner.test_decide import facts_of, slim

AMD64_WHEEL = "a-1-cp313-cp313-manylinux_2_17_x86_64.whl"
NEEDY = WheelFacts(installed=10, files=1, needs=("libGL.so.1",), elf="read")
SITE_PACKAGES = "/usr/local/lib/python3.13/site-packages"


def test_comments_say_where_port_health_and_command_come_from() -> None:
    text = render(simple_plan())["Dockerfile"]
    assert "# From main.py:1.\nEXPOSE 8000\n" in text
    assert "# /health is from main.py:1. " in text
    assert ", Python 3.13, for app: the smallest that fits.\n" in text
    assert "# From main.py:1. No shell" in text
    asked = Options(command=("python", "-m", "app"), port=9, health="/up", objective="balanced")
    text = render(plan_of(World().add(WHEEL), "a", options=asked))["Dockerfile"]
    assert "what --objective balanced prefers" in text
    for words in ("# From --port.\nEXPOSE 9\n", "# /up is from --health. ", "# From --cmd. No"):
        assert words in text


def test_wheels_are_installed_on_the_build_platform_for_the_target() -> None:
    build = stages(dockerfile(simple_plan()))["build"]
    assert (build.image, build.platform) == ("python:3.13-slim-trixie", "$BUILDPLATFORM")
    words = shlex.split(build.runs()[0])
    for flag in ("--require-hashes", "--no-deps", "--only-binary=:all:", "--no-compile"):
        assert flag in words
    assert words[words.index("--platform") + 1] == "manylinux2014_aarch64"
    assert words[words.index("--python-version") + 1] == "3.13"
    assert "--abi" not in words


def test_the_lock_is_mounted_and_the_source_is_not_in_the_build_stage() -> None:
    build = stages(dockerfile(simple_plan()))["build"]
    mounts = build.steps[0].flags("mount")
    assert "type=bind,source=requirements.arm64.lock,target=/tmp/requirements.lock" in mounts
    assert "type=cache,target=/root/.cache/pip" in mounts
    assert "type=secret,id=pip_conf,target=/etc/pip.conf" in mounts
    assert {step.word for step in build.steps} == {"RUN"}


def test_nothing_runs_on_the_target_when_every_package_has_a_wheel() -> None:
    for stage in stages(dockerfile(simple_plan())).values():
        assert stage.platform == "$BUILDPLATFORM" or not stage.runs(), stage.name


def test_only_a_package_without_a_wheel_brings_a_stage_on_the_target() -> None:
    plan = plan_of(World().add("a-1.tar.gz").add("b-1-py3-none-any.whl"), "a", "b")
    text = render(plan)["Dockerfile"]
    build = stages(read_instructions(text))["build"]
    assert build.platform == ""
    system, install = build.runs()[:2]
    assert (
        "--no-install-recommends build-essential cmake pkg-config && rm -rf /var/lib/apt/lists/* "
        in system
    )
    assert "--only-binary=:all: --no-binary=a " in install
    assert "--platform" not in install
    assert "--no-binary=b" not in install
    assert "# - a 1 has no wheel here" in text


def test_of_several_targets_only_the_one_that_compiles_runs_on_its_platform() -> None:
    world = World().add("a-1.tar.gz").add(AMD64_WHEEL)
    found = stages(dockerfile(plan_of(world, "a", arches=(Arch.ARM64, Arch.AMD64))))
    assert found["build-arm64"].platform == ""
    assert found["build-amd64"].platform == "$BUILDPLATFORM"
    assert found["build"].image == "build-${TARGETARCH}${TARGETVARIANT}"


def test_several_targets_share_one_file_with_a_stage_and_a_lock_each() -> None:
    world = World().add(WHEEL).add(AMD64_WHEEL)
    files = render(plan_of(world, "a", arches=(Arch.ARM64, Arch.AMD64)))
    assert {"requirements.arm64.lock", "requirements.amd64.lock"} <= set(files)
    found = read_instructions(files["Dockerfile"])
    assert [(step.word, step.rest) for step in found[:2]] == [
        ("ARG", "TARGETARCH"),
        ("ARG", "TARGETVARIANT"),
    ]
    for slug in ("arm64", "amd64"):
        install = stages(found)[f"build-{slug}"].steps[0]
        assert f"source=requirements.{slug}.lock" in install.flags("mount")[0]


def test_a_library_is_installed_in_one_step_with_its_lists_removed() -> None:
    plan = plan_of(World().add(WHEEL, facts=NEEDY), "a")
    text = render(plan)["Dockerfile"]
    (step,) = stages(read_instructions(text))["base"].runs()
    assert step.endswith("libgl1 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*")
    assert "# - a needs libGL.so.1" in text


def test_targets_that_need_different_libraries_get_a_base_each() -> None:
    world = World().add(WHEEL, facts=NEEDY).add(AMD64_WHEEL)
    found = stages(dockerfile(plan_of(world, "a", arches=(Arch.ARM64, Arch.AMD64))))
    assert "libgl1" in found["base-arm64"].runs()[0]
    assert found["base-amd64"].runs() == []
    assert found["base"].image == "base-${TARGETARCH}${TARGETVARIANT}"


def test_what_a_compiled_package_runs_with_is_added_and_explained() -> None:
    recipe = Recipe(
        build={"apt": ("gcc", "libpq-dev")},
        run={"apt": ("libpq5",)},
        tools=("rust", "ninja"),
        effort=BuildClass.MINUTES,
        source="a test",
        checked=date(2026, 11, 1),
    )
    fact = PackageFact(name="a", recipe=recipe, source="a test", checked=date(2026, 11, 1))
    facts = facts_of(slim(), packages=(fact,))
    text = render(plan_of(World().add("a-1.tar.gz"), "a", facts=facts))["Dockerfile"]
    by_name = stages(read_instructions(text))
    assert "libpq5" in by_name["base"].runs()[0]
    assert "cargo gcc libpq-dev ninja-build" in by_name["build"].runs()[0]
    assert "# - a is built from source and runs with libpq5\n" in text


def test_the_application_is_the_last_step_that_touches_files() -> None:
    found = dockerfile(simple_plan())
    assert (found[-1].word, found[-1].rest) == ("COPY", "--from=app /out/ /")
    assert not [step for step in found if step.word == "COPY" and "--from=" not in step.rest]


def test_the_application_looks_the_same_from_every_checkout() -> None:
    (made,) = stages(dockerfile(simple_plan()))["app"].runs()
    for settling in (
        "chmod -R u=rwX,go=rX .",
        "chown -Rh 10001:10001 .",
        'find . -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +',
        "rm -rf .leanscaffold requirements.arm64.lock",
        "compileall -q --invalidation-mode unchecked-hash -s /out -p / /out/app",
    ):
        assert settling in " ".join(made.split())
    assert MOMENT == ASSEMBLED
    given = [s.rest for s in stages(dockerfile(simple_plan()))["app"].steps if s.word == "ARG"]
    assert given == [f"SOURCE_DATE_EPOCH={MOMENT}"]
    bare = stages(dockerfile(simple_plan(bytecode="none")))["app"].runs()[0]
    assert "compileall" not in bare


def test_the_image_runs_as_a_numeric_user_who_owns_a_home() -> None:
    by_name = stages(dockerfile(simple_plan()))
    assert ("USER", "10001:10001") in [(s.word, s.rest) for s in by_name["final"].steps]
    root = by_name["root"].runs()[0]
    assert "app:x:10001:10001::/home/app:" in root
    assert "chown 10001:10001 /rootfs/home/app /rootfs/app" in root


def test_the_final_stage_starts_from_scratch_without_pip_and_runs_nothing() -> None:
    by_name = stages(dockerfile(simple_plan()))
    final = by_name["final"]
    assert (final.image, final.runs()) == ("scratch", [])
    removed = shlex.split(by_name["root"].runs()[0])
    for path in (f"{SITE_PACKAGES}/pip", "/usr/local/lib/python3.13/ensurepip"):
        assert f"/rootfs{path}" in removed


def test_setuptools_of_the_base_makes_room_for_a_locked_one_only() -> None:
    name = "setuptools-80-py3-none-any.whl"
    removed = stages(dockerfile(plan_of(World().add(name), "setuptools")))["root"].runs()[0]
    assert f"/rootfs{SITE_PACKAGES}/setuptools-*.dist-info" in removed
    assert "setuptools" not in stages(dockerfile(simple_plan()))["root"].runs()[0]


def test_a_base_without_pip_and_shell_is_only_copied_onto() -> None:
    plan = plan_of(
        World().add(WHEEL),
        "a",
        facts=facts_of(distroless()),
        options=Options(registries=(("distroless", "registry.example"),)),
    )
    by_name = stages(dockerfile(plan))
    final = by_name["final"]
    assert final.image == plan.reference
    assert "root" not in by_name
    assert by_name["build"].image == "python:3.13-slim-trixie"
    words = {step.word: step.rest for step in final.steps}
    assert words["USER"] == "65532:65532"
    assert words["ENTRYPOINT"] == "[]"
    assert json.loads(words["CMD"])[0] == plan.base.interpreter
    copies = [step.rest for step in final.steps if step.word == "COPY"]
    layers = [f"--from=layers /out/packages-{number}/ /" for number in (1, 2)]
    assert copies == [*layers, "--from=app /out/ /"]
    (made,) = by_name["layers"].runs()
    assert f"--site-packages={plan.base.site_packages} " in made
    assert "--base" not in made


def test_the_health_check_asks_the_path_without_a_proxy_or_a_shell() -> None:
    check = next(step for step in dockerfile(simple_plan()) if step.word == "HEALTHCHECK")
    command = json.loads(check.rest.partition("CMD ")[2])
    assert command[:2] == ["python", "-c"]
    assert "'http://127.0.0.1:8000/health'" in command[2]
    assert "ProxyHandler({})" in command[2]
    compile(command[2], "healthcheck", "exec")


def test_a_port_without_a_path_is_asked_whether_somebody_listens() -> None:
    plan = plan_of(World().add(WHEEL), "a", project=replace(PROJECT, health=None))
    check = next(step for step in dockerfile(plan) if step.word == "HEALTHCHECK")
    assert "create_connection(('127.0.0.1', 8000)" in json.loads(check.rest.partition("CMD ")[2])[2]


def test_without_a_port_there_is_no_health_check() -> None:
    plan = plan_of(World().add(WHEEL), "a", project=replace(PROJECT, port=None, health=None))
    assert not {"HEALTHCHECK", "EXPOSE"} & {step.word for step in dockerfile(plan)}


def test_bytecode_is_made_for_where_it_will_lie_or_left_out() -> None:
    (made,) = stages(dockerfile(simple_plan()))["layers"].runs()
    assert f"--site-packages={SITE_PACKAGES} --trim=safe --bytecode=only" in made
    left_out = render(simple_plan(bytecode="none"))["Dockerfile"]
    assert "--bytecode=none" in left_out
    assert "compileall" not in left_out


def test_package_files_are_installed_apart_from_the_lock_and_not_for_this_machine() -> None:
    (asked,) = ask("greet")
    local = replace(asked, path="libs/my greet-1.tar.gz")
    plan = plan_of(World().add(WHEEL), "a", project=replace(PROJECT, asked=(local,)))
    files = render(plan)
    build = stages(read_instructions(files["Dockerfile"]))["build"]
    copy = next(step for step in build.steps if step.word == "COPY")
    assert json.loads(copy.rest) == ["libs/my greet-1.tar.gz", "/src/0/"]
    assert "--platform any" in build.runs()[1]
    assert "greet" not in files["requirements.arm64.lock"]


def test_the_project_is_built_in_a_stage_that_an_edit_leaves_cached() -> None:
    (asked,) = ask("greet")
    packages = (make_own(".", root="src"), make_own("libs/core"))
    world = World().add(WHEEL).add("hatchling-1.0-py3-none-any.whl")
    project = replace(PROJECT, asked=(replace(asked, path="libs/core"),), packages=packages)
    plan = plan_of(world, "a", project=project)
    files = render(plan)
    made = stages(read_instructions(files["Dockerfile"]))
    (backend,) = made["backend"].runs()
    assert "--require-hashes" in backend
    assert "target=/src" not in backend
    (own,) = made["own"].runs()
    assert "--wheel-dir=/wheels/1 /build &&" in own
    assert "--wheel-dir=/wheels/2 /build/libs/core &&" in own
    assert "--no-build-isolation" in own
    (app,) = made["app"].runs()
    assert "cp -a /own/1/modules/. /out/app/src/" in app
    assert "cp -a /own/2/modules/. /out/app/libs/core/" in app
    assert "requirements.build.lock" in app
    assert files["requirements.build.lock"] == render_build_lock(plan)
    assert "code" not in made


def test_commands_of_the_project_name_the_interpreter_of_another_base() -> None:
    options = Options(registries=(("distroless", "registry.example"),))
    project = replace(PROJECT, packages=(make_own(),))
    plan = plan_of(
        World().add(WHEEL), "a", project=project, options=options, facts=facts_of(distroless())
    )
    (own,) = stages(read_instructions(render(plan)["Dockerfile"]))["own"].runs()
    assert "#!/usr/bin/python3.13" in own
    # A package without commands is no error.
    assert 'if [ -f "$file" ]; then sed -i' in own


def test_a_repository_is_built_at_its_commit_beside_the_lock() -> None:
    (asked,) = ask("sensorlib")
    commit = f"git+https://h/r.git@{'a' * 40}"
    project = replace(PROJECT, asked=(replace(asked, build_from=commit),))
    plan = plan_of(World().add(WHEEL), "a", project=project)
    files = render(plan)
    runs = stages(read_instructions(files["Dockerfile"]))["build"].runs()
    assert "git" in runs[1]
    assert f"'sensorlib @ {commit}'" in runs[2]
    assert "--platform any" in runs[2]
    assert "sensorlib" not in files["requirements.arm64.lock"]
    compiled = replace(asked, build_from=commit, build_tools=("c",))
    plan = plan_of(World().add(WHEEL), "a", project=replace(project, asked=(compiled,)))
    made = stages(read_instructions(render(plan)["Dockerfile"]))["build"]
    assert plan.targets[0].native
    assert "gcc" in made.runs()[0]
    assert "--platform any" not in made.runs()[2]


def test_machine_code_of_the_project_is_compiled_for_the_target_and_shown_to_the_assembly() -> None:
    project = replace(PROJECT, packages=(make_own(tools=("c",)),))
    text = render(plan_of(World().add(WHEEL), "a", project=project))["Dockerfile"]
    made = stages(read_instructions(text))
    assert "--platform" not in next(line for line in text.splitlines() if "AS backend" in line)
    assert "gcc" in made["backend"].runs()[0]
    assert "from=code,source=/code,target=/own" in made["layers"].runs()[0]
    assert "--own=/own" in made["layers"].runs()[0]


def test_a_version_from_version_control_is_an_argument_of_the_build() -> None:
    project = replace(PROJECT, packages=(make_own(versioned=True),))
    text = render(plan_of(World().add(WHEEL), "a", project=project))["Dockerfile"]
    assert "\nARG PACKAGE_VERSION=0.0.0\n" in text
    assert '"$SETUPTOOLS_SCM_PRETEND_VERSION" > /build/PKG-INFO; }' in text
    assert "ARG PACKAGE_VERSION" not in render(simple_plan())["Dockerfile"]


def test_the_ignore_file_takes_back_what_the_build_needs() -> None:
    (asked,) = ask("greet")
    local = replace(asked, path="dist/greet-1-py3-none-any.whl")
    plan = plan_of(World().add(WHEEL), "a", project=replace(PROJECT, asked=(local,)))
    files = render(plan)
    assert "\n!dist/greet-1-py3-none-any.whl\n" in files[".dockerignore"]
    build = stages(read_instructions(files["Dockerfile"]))["build"]
    assert "/src/0/greet-1-py3-none-any.whl" in build.runs()[1]


def test_no_frontend_is_pulled_whatever_the_project_is_called() -> None:
    named = replace(PROJECT, name=Found(value="syntax=evil/frontend", origin=ORIGIN))
    text = render(simple_plan(project=named))["Dockerfile"]
    assert text.startswith("# Made by leanscaffold")


def test_the_header_says_why_other_bases_were_refused() -> None:
    plan = simple_plan()
    target = plan.targets[0]
    note = Reason(code="smallest", text="the smallest that fits")
    decision = Decision(chosen=target.chosen, verdicts=(), notes=(note,))
    text = render(replace(plan, targets=(replace(target, decision=decision),)))["Dockerfile"]
    assert "# - the smallest that fits\n" in text
    assert "# linux/arm64: predicted " in text
    assert "# Made by:  leanscaffold generate --target arm64\n" in text


def test_the_same_plan_gives_the_same_bytes_and_no_line_ends_in_a_blank() -> None:
    first, second = (plan_of(World().add(WHEEL, sha256="a" * 64), "a") for _ in range(2))
    assert render(first) == render(second)
    for name, text in render(first).items():
        assert text.endswith("\n"), name
        assert not [line for line in text.splitlines() if line != line.rstrip()], name


@given(st.text(max_size=30))
def test_no_value_adds_an_instruction(text: str) -> None:
    plan = simple_plan(port=None, health=None)
    known = [step.word for step in dockerfile(plan)]
    hostile = replace(
        plan,
        command=("python", text),
        labels=(("title", text),),
        environment=(("NAME", text),),
        arguments=("--cmd", text),
        project=replace(plan.project, name=Found(value=text, origin=ORIGIN)),
    )
    try:
        found = dockerfile(hostile)
    except UnsafeValueError:
        return
    assert [step.word for step in found] == known
    command = next(step for step in found if step.word == "CMD")
    assert json.loads(command.rest) == ["python", text]


@pytest.mark.parametrize(
    "text", ["a\nUSER root", "a\rRUN x", "a\u2028b", "a\x85b", "\0", "a\u202eb", "\ud800"]
)
def test_line_breaks_and_what_disguises_a_line_are_refused(text: str) -> None:
    for spell in (lambda value: exec_form([value]), shell_word, quoted):
        with pytest.raises(UnsafeValueError):
            spell(text)


@pytest.mark.parametrize("text", ['say "hi"', "it's", "back\\slash", "$HOME", "a b", "größer 漢"])
def test_quotes_and_dollars_stay_what_they_are(text: str) -> None:
    assert json.loads(exec_form([text])) == [text]
    assert exec_form([text]).isascii()
    assert shlex.split(shell_word(text)) == [text]
    inside = quoted(text)[1:-1]
    assert inside.replace("\\$", "$").replace('\\"', '"').replace("\\\\", "\\") == text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reference": "evil AS build"}, "image name"),
        ({"builder": "a\nb"}, "image name"),
        ({"environment": (("A=1 B", "x"),)}, "variable name"),
        ({"command": ("python", "a\nUSER root")}, "line break"),
    ],
)
def test_a_value_that_is_no_single_word_is_an_error(changes: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        render(simple_plan(**changes))
    assert said in caught.value.cause
    assert caught.value.hint
