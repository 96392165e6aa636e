"""From decisions to a plan: command, port, user, environment, labels, and what is refused."""

from dataclasses import replace

import pytest

from scaffold.dockerfile.comments import header_lines
from scaffold.dockerfile.lockfile import render_build_lock
from scaffold.model.errors import RequirementsInvalidError, UsageError
from scaffold.model.knowledge import BuildClass
from scaffold.model.options import Options
from scaffold.model.plan import Plan
from scaffold.model.project import Found, Origin, Start, Use
from scaffold.model.target import Arch, Budget, CpuClass, Target
from scaffold.model.verdict import Decision
from scaffold.planner.entrypoint import EVERYWHERE
from scaffold.planner.plan import make_plan, plan_digest
from tests.support.builders import make_own
from tests.support.dockerfiles import ORIGIN, PROJECT, WHEEL, distroless, plan_of, simple_plan
from tests.support.worlds import World, ask
from tests.unit.planner.test_decide import facts_of

NO_START = replace(PROJECT, start=None)
TARGET = Target(arch=Arch.ARM64, budget=Budget())


def test_options_beat_what_the_project_says() -> None:
    options = Options(command=("python", "x.py"), port=9, health="/up")
    plan = plan_of(World().add(WHEEL), "a", options=options)
    assert plan.command == ("python", "x.py")
    assert plan.port == 9
    assert plan.health is not None
    assert (plan.health.port, plan.health.path) == (9, "/up")


def test_a_port_that_was_found_is_not_that_of_another_command() -> None:
    plan = plan_of(World().add(WHEEL), "a", options=Options(command=("python", "worker.py")))
    assert (plan.port, plan.health) == (None, None)


def test_a_project_that_does_not_say_how_it_starts_is_told_what_to_do() -> None:
    with pytest.raises(UsageError) as caught:
        plan_of(World().add(WHEEL), "a", project=NO_START)
    assert "--cmd" in caught.value.hint


@pytest.mark.parametrize(
    "options",
    [Options(port=0), Options(port=65536), Options(health="health"), Options(health="/a b")],
)
def test_a_port_or_path_that_cannot_be_is_an_error(options: Options) -> None:
    with pytest.raises(UsageError):
        plan_of(World().add(WHEEL), "a", options=options)


def test_a_health_path_without_a_port_is_an_error() -> None:
    with pytest.raises(UsageError) as caught:
        plan_of(
            World().add(WHEEL),
            "a",
            options=Options(health="/up"),
            project=replace(PROJECT, port=None),
        )
    assert "--port" in caught.value.hint


def test_a_plan_needs_a_choice_for_every_target() -> None:
    nothing = Decision(chosen=None, verdicts=())
    with pytest.raises(ValueError, match="choice for every target"):
        make_plan(PROJECT, [TARGET], [nothing], Options())
    with pytest.raises(ValueError, match="choice for every target"):
        make_plan(PROJECT, [], [], Options())


def test_targets_of_different_bases_make_no_plan() -> None:
    plan = simple_plan()
    here = plan.targets[0].decision
    assert here.chosen is not None
    candidate = here.chosen.candidate
    other = replace(candidate, base=replace(candidate.base, id="other"))
    there = replace(here, chosen=replace(here.chosen, candidate=other))
    amd64 = replace(TARGET, arch=Arch.AMD64)
    with pytest.raises(ValueError, match="share base and Python"):
        make_plan(PROJECT, [TARGET, amd64], [here, there], Options())
    with pytest.raises(ValueError, match="one target per architecture"):
        make_plan(PROJECT, [TARGET, TARGET], [here, here], Options())


def test_a_base_without_a_shell_keeps_its_own_user() -> None:
    options = Options(registries=(("distroless", "registry.example"),))
    plan = plan_of(World().add(WHEEL), "a", facts=facts_of(distroless()), options=options)
    assert (plan.uid, plan.home) == (65532, "/home/nonroot")
    assert plan.builder == "python:3.13-slim-trixie"
    assert (simple_plan().uid, simple_plan().home) == (10001, "/home/app")


def test_the_environment_is_sorted_and_knows_source_folders_and_frameworks() -> None:
    start = Start(framework="gradio", command=("python", "a.py"), environment=(("EXTRA", "1"),))
    project = replace(PROJECT, start=Found(value=start, origin=ORIGIN), source_paths=(".", "src"))
    plan = plan_of(World().add(WHEEL), "a", project=project)
    found = dict(plan.environment)
    assert found["PYTHONPATH"] == "/app/src"
    assert found["GRADIO_SERVER_NAME"] == EVERYWHERE
    assert found["GRADIO_SERVER_PORT"] == "8000"
    assert found["EXTRA"] == "1"
    assert found["PYTHONDONTWRITEBYTECODE"] == found["PYTHONUNBUFFERED"] == "1"
    assert list(plan.environment) == sorted(plan.environment)
    assert plan.stop_signal == "SIGINT"
    assert "PYTHONPATH" not in dict(simple_plan().environment)


def test_a_script_without_a_handler_is_stopped_as_by_ctrl_c() -> None:
    """As the first process of a container it would not hear SIGTERM."""
    origin = Origin(file="main.py", line=1)
    handler = Use(code="handles-signals", value="signal", origin=origin)
    for framework, uses, expected in (
        ("script", (), "SIGINT"),
        ("script", (handler,), ""),
        ("fastapi", (), ""),
        ("flask", (), "SIGINT"),
    ):
        start = Found(value=Start(framework=framework, command=("python", "a.py")), origin=origin)
        project = replace(PROJECT, start=start, uses=uses)
        assert plan_of(World().add(WHEEL), "a", project=project).stop_signal == expected


def test_a_program_that_is_deaf_to_sigterm_is_stopped_as_by_ctrl_c() -> None:
    origin = Origin(file="README.md", line=1)
    start = Found(value=Start(framework="script", command=("pserve", "a.ini")), origin=origin)
    deaf = Use(code="ignores-sigterm", value="pserve", origin=origin)
    for uses, expected in (((), ""), ((deaf,), "SIGINT")):
        project = replace(PROJECT, start=start, uses=uses)
        assert plan_of(World().add(WHEEL), "a", project=project).stop_signal == expected


def test_each_file_gives_one_platform_tag_and_pure_wheels_give_none() -> None:
    world = (
        World()
        .add(WHEEL)
        .add("b-1-cp39-abi3-manylinux_2_28_aarch64.whl")
        .add("c-1-cp313-cp313-manylinux_2_27_aarch64.manylinux_2_28_aarch64.whl")
        .add("d-1-py3-none-any.whl")
    )
    (target,) = plan_of(world, "a", "b", "c", "d").targets
    assert target.platforms == (
        "manylinux2014_aarch64",
        "manylinux_2_27_aarch64",
        "manylinux_2_28_aarch64",
    )


def test_the_label_is_a_digest_of_what_shapes_the_image() -> None:
    plan = simple_plan()
    label = dict(plan.labels)["leanscaffold.plan"]
    assert label == plan_digest(plan) == dict(simple_plan().labels)["leanscaffold.plan"]
    assert plan_digest(replace(plan, command=("python", "other.py"))) != label
    other = plan_of(World().add(WHEEL, sha256="b" * 64), "a")
    assert dict(other.labels)["leanscaffold.plan"] != label


def test_a_known_digest_of_the_base_becomes_a_label() -> None:
    plan = simple_plan()
    here = plan.targets[0].decision
    assert here.chosen is not None
    reference = f"python:3.13-slim-trixie@sha256:{'a' * 64}"
    candidate = replace(here.chosen.candidate, reference=reference)
    pinned = replace(here, chosen=replace(here.chosen, candidate=candidate))
    labels = dict(make_plan(PROJECT, [TARGET], [pinned], Options()).labels)
    assert labels["org.opencontainers.image.base.digest"] == f"sha256:{'a' * 64}"
    assert labels["org.opencontainers.image.base.name"] == "python:3.13-slim-trixie"


def test_bases_are_named_by_digest_where_that_is_asked_for_and_known() -> None:
    digest = f"sha256:{'0' * 64}"
    plan = simple_plan()

    def pinned(found: str, *, pin: bool = True) -> Plan:
        decisions = [plan.targets[0].decision]
        return make_plan(
            PROJECT, [TARGET], decisions, Options(pin=pin), find_digest=lambda _: found
        )

    assert pinned(digest).reference == pinned(digest).builder == f"{plan.reference}@{digest}"
    assert dict(pinned(digest).labels)["org.opencontainers.image.base.digest"] == digest
    assert {pinned("").reference, pinned(digest, pin=False).reference} == {plan.reference}
    said = [any("Renovate" in line for line in header_lines(one)) for one in (pinned(digest), plan)]
    assert said == [True, False]


def test_a_slow_processor_is_asked_less_often_and_given_more_time() -> None:
    plan = simple_plan()
    slow = make_plan(
        PROJECT, [replace(TARGET, cpu=CpuClass.SLOW)], [plan.targets[0].decision], Options()
    )
    assert plan.health is not None
    assert slow.health is not None
    assert slow.health.interval > plan.health.interval
    assert slow.health.timeout > plan.health.timeout


def test_local_packages_follow_markers_of_the_target_and_the_project_is_none() -> None:
    (asked,) = ask("greet")
    itself = replace(asked, path=".", editable=True)
    here = replace(asked, path="./libs/here", marker="platform_machine == 'aarch64'")
    not_here = replace(asked, path="libs/there", marker="platform_machine == 'x86_64'")
    packages = tuple(make_own(path) for path in (".", "libs/here", "libs/there"))
    file = replace(asked, path="wheels/greet-1-py3-none-any.whl")
    project = replace(PROJECT, asked=(itself, here, not_here, file), packages=packages)
    plan = plan_of(World().add(WHEEL), "a", project=project)
    assert [one.path for one in plan.packages] == [".", "libs/here"]
    assert plan.targets[0].local == ("wheels/greet-1-py3-none-any.whl",)


def test_what_builds_the_project_is_pinned_with_the_hashes_of_all_wheels_of_a_release() -> None:
    world = World().add(WHEEL).add("hatchling-1.0-py3-none-any.whl").add("uv_build-2.0.tar.gz")
    project = replace(PROJECT, packages=(make_own(".", requires=("hatchling",)),))
    plan = plan_of(world, "a", project=project)
    assert [(one.name, one.version) for one in plan.build_requires] == [("hatchling", "1.0")]
    assert "hatchling==1.0 --hash=sha256:" in render_build_lock(plan)
    unknown = replace(PROJECT, packages=(make_own(".", requires=("hatchling", "nowhere>=3")),))
    plan = plan_of(world, "a", project=unknown)
    assert plan.build_requires == ()
    assert render_build_lock(plan).splitlines()[1:] == ["hatchling", "nowhere>=3"]


def test_machine_code_of_the_project_asks_for_compilers_and_the_library_it_loads() -> None:
    project = replace(PROJECT, packages=(make_own(".", tools=("c", "c++")),))
    plan = plan_of(World().add(WHEEL), "a", project=project)
    assert plan.compilers == ("g++", "gcc", "libc6-dev")
    codes = {reason.code for reason in plan.targets[0].chosen.reasons}
    assert "own-extension" in codes
    assert plan.targets[0].chosen.candidate.build_class is BuildClass.MINUTES


def test_the_project_is_found_where_its_sources_lie() -> None:
    (asked,) = ask("greet")
    packages = (make_own("."), make_own("libs/a", root="libs/a/src"))
    project = replace(PROJECT, asked=(replace(asked, path="libs/a"),), packages=packages)
    plan = plan_of(World().add(WHEEL), "a", project=project)
    assert dict(plan.environment)["PYTHONPATH"] == "/app:/app/libs/a/src"


def test_local_packages_out_of_reach_are_named_with_file_and_line() -> None:
    first, second = ask("greet", "other")
    project = replace(
        PROJECT,
        asked=(replace(first, path="../greet"), replace(second, path="libs/$HOME\nUSER root")),
    )
    with pytest.raises(RequirementsInvalidError) as caught:
        plan_of(World().add(WHEEL), "a", project=project)
    assert [(d.file, d.line) for d in caught.value.details] == [
        ("requirements.txt", 1),
        ("requirements.txt", 2),
    ]
