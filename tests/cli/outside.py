"""The command line with edges that tests choose: nothing outside of memory is touched."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner, Result

from scaffold.cli import cli
from scaffold.docker.build import Job, Watch
from scaffold.engineless.images import ImageJob, Written
from scaffold.lint.context import Surroundings
from scaffold.model.build import BuildRequest, Built, Event, Progress, Step
from scaffold.model.options import Options, Request
from scaffold.model.plan import Plan
from scaffold.model.project import Project
from scaffold.model.run import Figures, Trace
from scaffold.model.target import Arch, Target
from scaffold.model.verdict import Decision
from scaffold.model.verification import CompareResult, Comparison, Expectation, Report, Status
from scaffold.operations.services import (
    Engine,
    Files,
    Host,
    Indexes,
    Knowledge,
    Planner,
    Projects,
    Services,
)
from scaffold.planner.decide import PlannerServices
from scaffold.verify.compare import CompareRequest
from scaffold.verify.trace import Traced, Tracing
from tests.cli.wizards import make_wizard
from tests.support.builders import make_decision, make_facts, make_fits, make_project, make_rejected
from tests.support.worlds import World

_PORTS: Mapping[str, Any] = {
    "host": Host,
    "knowledge": Knowledge,
    "indexes": Indexes,
    "projects": Projects,
    "planner": Planner,
    "files": Files,
    "engine": Engine,
}
ALONE = Surroundings(ignores=True)


@dataclass(slots=True)
class Seen:
    """What reached the edges."""

    requests: list[Request] = field(default_factory=list)
    targets: list[tuple[Target, ...]] = field(default_factory=list)
    options: list[Options] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)
    forced: bool = False
    offline: list[bool] = field(default_factory=list)
    snapshots: int = 0
    jobs: list[Job] = field(default_factory=list)
    image_jobs: list[ImageJob] = field(default_factory=list)
    contests: list[CompareRequest] = field(default_factory=list)
    kept: list[Report] = field(default_factory=list)
    tracings: list[Tracing] = field(default_factory=list)


def make_plan(
    project: Project, targets: Sequence[Target], decisions: Sequence[Decision], request: Request
) -> Plan:
    """Return a plan of the first decision's base."""
    chosen = decisions[0].chosen
    assert chosen
    return Plan(
        version=1,
        project=project,
        options=request.options,
        base=chosen.base,
        python=chosen.python,
        reference=chosen.candidate.reference,
        targets=(),
        command=(),
        health=None,
        port=None,
        uid=10001,
        home="/home/app",
        workdir="/app",
        starts_in="/app",
        environment=tuple((f"target{n}", target.arch) for n, target in enumerate(targets)),
        labels=(),
        bytecode=request.options.bytecode,
    )


def spell_plan(plan: Plan) -> Mapping[str, str]:
    """Return files that depend on the plan."""
    locks = {
        f"requirements.{arch.replace('/', '')}.lock": "numpy\n" for _, arch in plan.environment
    }
    return {"Dockerfile": f"FROM {plan.reference}\n", ".dockerignore": ".git\n", **locks}


def make_built(arch: Arch) -> Built:
    """Return a finished build."""
    order = BuildRequest(
        arch=arch, context="/p", dockerfile="/p/Dockerfile", tag=f"app:{arch.slug}"
    )
    steps = (
        Step(name="[build 2/4] RUN pip", seconds=2.5, bytes=1000),
        Step(name="[stage-1 1/5] COPY", seconds=0.0, cached=True),
    )
    return Built(
        order=order, image=f"sha256:{'a' * 64}", steps=steps, seconds=3.25, size=51_000_000
    )


def make_traced(tracing: Tracing) -> Traced:
    """Return a trace of what was asked for."""
    figures = Figures(
        arch=tracing.promise.arch,
        base=tracing.promise.base,
        closure=tracing.closure,
        tracer="fanotify",
        floor=34_500_000,
        app=1000,
        whole=(48_900_000, 20_000_000),
        kept=(36_000_000, 15_000_000),
        dropped={"": 11_000_000, "numpy": 1_900_000},
    )
    runs = tuple(one.came_to(None, (200,)) for one in tracing.exercises)
    files = ("site/numpy/__init__.py", "stdlib/os.py")
    trace = Trace(python="3.13.9", packages={}, runs=runs, files=files, figures=(figures,))
    return Traced(trace=trace, figures=figures)


def make_outside(
    *decisions: Decision, seen: Seen | None = None, world: World | None = None, **changes: object
) -> Services:
    """Return edges whose decisions are these, repeated for every target if there is only one."""
    seen = seen or Seen()
    decisions = decisions or (make_decision(make_fits(), make_rejected()),)

    def decide(
        project: Project, targets: Sequence[Target], options: Options, edges: PlannerServices
    ) -> tuple[Decision, ...]:
        edges.tell(f"deciding about {project.name.value}")
        seen.targets.append(tuple(targets))
        seen.options.append(options)
        return decisions if len(decisions) == len(targets) else decisions * len(targets)

    def read_project(path: Path, request: Request) -> Project:
        assert path.name is not None
        seen.requests.append(request)
        return make_project()

    def open_index(_: Path | None, __: Project, request: Request) -> World:
        seen.offline.append(request.options.offline)
        return world or World()

    def open_snapshot(_: Sequence[str]) -> World:
        seen.snapshots += 1
        return world or World()

    def build(job: Job, watch: Watch) -> tuple[Built, ...]:
        seen.jobs.append(job)
        watch(Progress(happening=Event.FINISHED, step="[build 2/4] RUN pip", seconds=2.5))
        return tuple(make_built(arch) for arch in job.arches)

    def write_images(job: ImageJob, _: Watch) -> Written:
        seen.image_jobs.append(job)
        return Written(built=tuple(make_built(arch) for arch in job.arches))

    def compare(contest: CompareRequest, _: Watch, tell: Callable[[str], None]) -> Comparison:
        seen.contests.append(contest)
        tell("comparing")
        entries = tuple(
            CompareResult(name=one.name, title=one.title, runs=Status.PASSED, on_disk=90_000_000)
            for one in contest.contenders
        )
        return Comparison(project=contest.job.project, arch=contest.arch, entries=entries)

    def trace(tracing: Tracing, _: Watch, tell: Callable[[str], None]) -> Traced:
        seen.tracings.append(tracing)
        tell("tracing")
        return make_traced(tracing)

    def write(_: Path, files: Mapping[str, str], force: bool) -> Sequence[str]:  # noqa: FBT001
        seen.written.update(files)
        seen.forced = force
        return ()

    outside = Services(
        host=Host(
            today=lambda: date(2026, 11, 24),
            machine=lambda: "x86_64",
            environment=dict,
        ),
        knowledge=Knowledge(
            load_facts=lambda _: make_facts(),
            load_package=lambda name, _: make_facts().packages.get(name),
            snapshot_names=lambda: sorted((world or World()).pages),
            snapshot_date=lambda: "2026-11-24",
            open_snapshot=open_snapshot,
        ),
        indexes=Indexes(
            open_index=open_index,
            list_contents=lambda _, __, ___, files: [None] * len(files),
        ),
        projects=Projects(
            read_settings=lambda _: (),
            read_project=read_project,
            read_dockerfile=lambda path: (
                path / "Dockerfile",
                "FROM scratch\n",
                replace(ALONE, folder=path),
            ),
            digest_inputs=lambda _, __: {},
        ),
        planner=Planner(
            decide=decide,
            make_plan=make_plan,
            spell_plan=spell_plan,
        ),
        files=Files(
            write=write,
            write_page=lambda path, text, _: seen.written.update({path.name: text}),
            replace_text=lambda path, text: seen.written.update({path.name: text}),
            read_record=lambda _: None,
            read_promises=lambda _, arches, __: tuple(Expectation(arch=arch) for arch in arches),
            read_measured=lambda _: {},
            keep_measured=lambda _, reports, __: seen.kept.extend(reports),
        ),
        engine=Engine(
            find_buildx=lambda: (0, 29),
            build=build,
            write_images=write_images,
            copy_project=nullcontext,
            prove=lambda proving, _, __: tuple(
                Report(arch=promise.arch, image="sha256:1", layers=(), checks=())
                for promise in proving.promises
            ),
            compare=compare,
            trace=trace,
            check_up=lambda _: (),
        ),
        wizard=make_wizard(),
    )
    return changed(outside, **changes)


def changed(outside: Services, **changes: object) -> Services:
    """Return services with other functions in their ports, by their names."""
    ports: dict[str, Any] = {}
    for name, kind in _PORTS.items():
        port = getattr(outside, name)
        now = {one.name: getattr(port, one.name) for one in fields(kind)}
        ports[name] = kind(**{one: changes.pop(one, edge) for one, edge in now.items()})
    return replace(outside, **ports, **changes)  # type: ignore[arg-type]


def run(
    *argv: str,
    outside: Services | None = None,
    env: Mapping[str, str] | None = None,
    command: click.Command = cli,
) -> Result:
    """Run a command line; ``stdout`` and ``stderr`` of the result are apart."""
    return CliRunner().invoke(command, list(argv), obj=outside or make_outside(), env=env)


def fail_with(error: BaseException) -> Callable[..., object]:
    """Return an edge that fails."""

    def fail(*_: object) -> object:
        raise error

    return fail


def code_of(result: Result) -> str:
    """Return the code of the error on stderr."""
    match = re.search(r"^error\[([a-z-]+)\]: ", result.stderr, re.MULTILINE)
    return match[1] if match else ""
