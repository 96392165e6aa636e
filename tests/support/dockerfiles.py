"""A small reader of Dockerfiles, and plans to render: what the tests of the texts share."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from scaffold.dockerfile.render import render
from scaffold.model.knowledge import Base, Facts
from scaffold.model.options import Options
from scaffold.model.plan import Plan
from scaffold.model.project import Found, Origin, Project, Start
from scaffold.model.target import Arch, Budget, Target
from scaffold.planner.plan import make_plan
from tests.support.worlds import World
from tests.unit.planner.test_decide import decided, facts_of, slim

ORIGIN = Origin(file="main.py", line=1)
START = Found(value=Start(framework="fastapi", command=("python", "-m", "uvicorn")), origin=ORIGIN)
PROJECT = Project(
    name=Found(value="app", origin=ORIGIN),
    start=START,
    port=Found(value=8000, origin=ORIGIN),
    health=Found(value="/health", origin=ORIGIN),
)
WHEEL = "a-1-cp313-cp313-manylinux_2_17_aarch64.manylinux2014_aarch64.whl"


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its word and the rest, continued lines joined by one blank."""

    word: str
    rest: str

    def flags(self, name: str) -> list[str]:
        """Return the values of a flag such as ``mount``."""
        return re.findall(rf"--{name}=(\S+)", self.rest)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: what FROM says, and what follows."""

    image: str
    platform: str
    name: str
    steps: tuple[Instruction, ...]

    def runs(self) -> list[str]:
        """Return the shell commands of the stage."""
        return [step.rest for step in self.steps if step.word == "RUN"]


def plan_of(
    world: World,
    *texts: str,
    arches: tuple[Arch, ...] = (Arch.ARM64,),
    options: Options | None = None,
    facts: Facts | None = None,
    project: Project = PROJECT,
) -> Plan:
    options = options or Options()
    decisions = decided(
        world,
        *texts,
        facts=facts or facts_of(slim()),
        arches=arches,
        options=options,
        packages=project.packages,
    )
    targets = [Target(arch=arch, budget=Budget()) for arch in arches]
    return make_plan(project, targets, decisions, options)


def distroless() -> Base:
    """Return a base without pip, shell or package manager, from a registry of its own."""
    return replace(
        slim(),
        id="distroless",
        family="distroless",
        reference="distroless/python3:nonroot",
        registry="distroless",
        release="trixie",
        package_manager=None,
        shell=False,
        user="65532",
        interpreter="/usr/bin/python3.13",
        site_packages="/usr/local/lib/python3.13/dist-packages",
        pip=False,
        programs=(),
    )


def simple_plan(**changes: object) -> Plan:
    """Return a plan of one wheel for arm64, changed."""
    return replace(plan_of(World().add(WHEEL), "a"), **changes)  # type: ignore[arg-type]


def read_instructions(text: str) -> list[Instruction]:
    """Return the instructions; as in Docker, comment lines vanish even between continued ones."""
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"[ \t]*\\\n\s*", " ", kept)
    pairs = (line.partition(" ") for line in joined.splitlines() if line.strip())
    return [Instruction(word, rest.strip()) for word, _, rest in pairs]


def dockerfile(plan: Plan) -> list[Instruction]:
    return read_instructions(render(plan)["Dockerfile"])


def stages(found: list[Instruction]) -> Mapping[str, Stage]:
    """Return the stages by name; the last one is ``final``."""
    by_name: dict[str, Stage] = {}
    for at, step in enumerate(found):
        if step.word != "FROM":
            continue
        words = [word for word in step.rest.split() if not word.startswith("--")]
        ends = [i for i in range(at + 1, len(found)) if found[i].word == "FROM"]
        body = tuple(found[at + 1 : ends[0] if ends else len(found)])
        name = words[2] if len(words) > 2 else "final"
        platform = (step.flags("platform") or [""])[0]
        by_name[name] = Stage(words[0], platform, name, body)
    return by_name
