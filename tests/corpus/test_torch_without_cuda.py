"""PyTorch for a board without a GPU, over real connections to two indexes on loopback."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_socket import enable_socket, socket_allow_hosts

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge
from scaffold.dockerfile.lockfile import render_lock
from scaffold.index.layered_index import open_index
from scaffold.model.knowledge import Accelerator
from scaffold.model.options import Options
from scaffold.model.project import Found, Origin, OwnImage, Project, Start
from scaffold.model.target import Arch, Budget, Target
from scaffold.model.verdict import Decision
from scaffold.planner.decide import PlannerServices, decide
from scaffold.planner.plan import make_plan
from tests.support.index_server import FakeIndex, Served, make_wheel
from tests.support.worlds import ask
from tests.unit.planner.test_decide import TODAY, slim

ARM = "cp313-cp313-manylinux_2_28_aarch64.whl"
PI = Target(arch=Arch.ARM64, budget=Budget(), accelerator="none")
WHERE = Origin(file="requirements.txt", line=1)


@pytest.fixture
def server(closed_network: None) -> Iterator[FakeIndex]:  # noqa: ARG001 - has to run before
    enable_socket()
    socket_allow_hosts(["127.0.0.1"])
    index = FakeIndex()
    yield index
    index.stop()


def add(server: FakeIndex, name: str, wheels: dict[str, bytes]) -> None:
    server.add_page(name, [server.add_file(file, body) for file, body in wheels.items()])


def add_vendor(server: FakeIndex, wheels: dict[str, bytes]) -> str:
    """Serve wheels as the vendor does: links with sums, without sizes, below another folder."""
    lines = []
    for file, body in wheels.items():
        href = f"/vendor/whl/cpu/{file.replace('+', '%2B')}"
        server.routes[href] = Served(body=body)
        lines.append(f'<a href="{href}#sha256={hashlib.sha256(body).hexdigest()}">{file}</a>')
    page = Served(body="\n".join(lines).encode(), kind="text/html")
    server.routes["/vendor/whl/cpu/torch/"] = page
    return f"http://{server.host}/vendor/whl/cpu"


def accelerators(url: str) -> dict[str, Accelerator]:
    """Return the shipped table with the vendor's index on loopback."""
    table = dict(load_facts(knowledge()).accelerators)
    rules = tuple(
        replace(rule, index_url=url) if rule.covers("torch") and rule.verdict == "index" else rule
        for rule in table["cuda"].rules
    )
    return table | {"cuda": replace(table["cuda"], rules=rules)}


def plan(
    server: FakeIndex,
    url: str,
    folder: Path,
    *texts: str,
    own: OwnImage | None = None,
    target: Target = PI,
) -> tuple[Project, Decision]:
    project = Project(
        name=Found(value="app", origin=WHERE),
        asked=ask(*texts),
        own_image=own,
        start=Found(value=Start(framework="script", command=("python", "m.py")), origin=WHERE),
    )
    facts = load_facts(knowledge())
    facts = replace(facts, bases=(slim(("3.13",)),), accelerators=accelerators(url))
    env = {"UV_DEFAULT_INDEX": server.url, "XDG_CACHE_HOME": str(folder / "cache")}
    with open_index(env, folder=folder, project=project) as index:
        edges = PlannerServices(index=index, facts=facts, today=TODAY, tell=lambda _: None)
        return project, decide(project, [target], Options(), edges)[0]


def serve_default(server: FakeIndex) -> None:
    cuda = "Requires-Dist: nvidia-cublas; platform_system == 'Linux'"
    old = "Requires-Dist: nvidia-cublas; platform_machine == 'x86_64'"
    add(
        server,
        "torch",
        {
            f"torch-92.15.0-{ARM}": make_wheel("torch", "92.15.0", cuda),
            f"torch-92.10.0-{ARM}": make_wheel("torch", "92.10.0", old),
        },
    )
    add(server, "demo-eyes", {"demo_eyes-1.0-py3-none-any.whl": eyes()})
    add(
        server,
        "nvidia-cublas",
        {"nvidia_cublas-99.0-py3-none-any.whl": make_wheel("nvidia_cublas", "99.0")},
    )


def eyes() -> bytes:
    return make_wheel("demo_eyes", "1.0", "Requires-Dist: torch>=2")


def test_the_vendors_wheel_is_taken_and_locked_by_its_address(
    server: FakeIndex, tmp_path: Path
) -> None:
    serve_default(server)
    wheel = make_wheel("torch", "92.15.0+cpu")
    url = add_vendor(server, {f"torch-92.15.0+cpu-{ARM}": wheel})
    project, decision = plan(server, url, tmp_path, "demo-eyes")
    plan_made = make_plan(project, [PI], [decision], Options())
    lock = render_lock(plan_made, plan_made.targets[0])
    digest = hashlib.sha256(wheel).hexdigest()
    assert f"torch @ {url}/torch-92.15.0%2Bcpu-{ARM} --hash=sha256:{digest}\n" in lock
    assert "demo-eyes==1.0 --hash" in lock
    assert "nvidia" not in lock
    asked = {path for path in server.paths() if path.startswith("/vendor")}
    assert not [path for path in asked if "torch" not in path]


def test_an_index_that_does_not_answer_leaves_the_newest_version_without_cuda(
    server: FakeIndex, tmp_path: Path
) -> None:
    serve_default(server)
    away = FakeIndex()
    away.stop()
    _, decision = plan(server, f"http://{away.host}/whl/cpu", tmp_path, "demo-eyes")
    assert decision.chosen
    pinned = {w.pinned.name: w.pinned.version for w in decision.chosen.candidate.packages}
    assert pinned == {"demo-eyes": "1.0", "torch": "92.10.0"}
    assert [note.code for note in decision.notes] == ["index-unreachable"]


@pytest.mark.parametrize("device", ["", "cuda"])
def test_the_index_that_the_authors_image_is_made_from_counts(
    server: FakeIndex, tmp_path: Path, device: str
) -> None:
    # rhasspy/wyoming-piper: pip install --extra-index-url …/whl/cpu
    serve_default(server)
    url = add_vendor(server, {f"torch-92.15.0+cpu-{ARM}": make_wheel("torch", "92.15.0+cpu")})
    own = OwnImage(
        image="debian:bookworm-slim", origin=Origin(file="Dockerfile"), urls=frozenset({url})
    )
    target = replace(PI, accelerator=device, accelerator_asked=bool(device))
    _, decision = plan(server, url, tmp_path, "torch", own=own, target=target)
    assert decision.chosen
    pinned = {w.pinned.name: w.pinned.version for w in decision.chosen.candidate.packages}
    assert pinned["torch"] == ("92.15.0" if device else "92.15.0+cpu")
