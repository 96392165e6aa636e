"""Proofs: measure, inspect, run; what is built and run for them, and that nothing of it stays."""

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from scaffold.docker.apps import run_app, run_exercise, try_imports
from scaffold.docker.build import BuildServices, Job, Watch, build_images
from scaffold.docker.buildx import stopped_by_signals
from scaffold.docker.connect import connect
from scaffold.docker.containers import remove_marked
from scaffold.docker.images import (
    carry_image,
    count_processors,
    inspect_image,
    inspect_layers,
    native_arches,
    remove_image,
    weigh_image,
)
from scaffold.docker.installed_packages import Installed, find_installed, find_modules
from scaffold.model.build import Built
from scaffold.model.errors import BuildError
from scaffold.model.hardware import share_memory
from scaffold.model.image import Contents, ImageConfig
from scaffold.model.knowledge import PackageFact
from scaffold.model.plan import default_name
from scaffold.model.run import Importing, Rebuild, Run, RunSpec, TraceResult, TraceScenario
from scaffold.model.target import Arch
from scaffold.model.verification import Check, Expectation, Report, Stored, VerifyOptions
from scaffold.project.project_copy import copy_project
from scaffold.verify.checks import Ran, Seen, check_image
from scaffold.verify.checks.config import find_program
from scaffold.verify.checks.rebuild import NOT_TRIED, Rebuilds

if TYPE_CHECKING:
    from docker import DockerClient


# An emulated processor is five to twenty times slower (seen: 5 x for an import of FastAPI).
EMULATION_PATIENCE = 5
EMULATION_GRACE = 3
PATIENCE = 60.0
ALIVE = 10.0
SETTLE = 2.0
GRACE = 10
TMP = "/tmp"  # noqa: S108 - a path inside the image


@dataclass(frozen=True, slots=True, kw_only=True)
class RunServices:
    """What reads an image of the engine that built it, and runs it on the one that is to.

    ``native`` are the architectures that this engine's processor runs itself, ``processors`` how
    many it has.
    """

    inspect: Callable[[str], Contents]
    run: Callable[[RunSpec], Run]
    try_imports: Callable[[RunSpec, Sequence[str], Sequence[str], float], Importing]
    native: frozenset[Arch]
    processors: int
    facts: Mapping[str, PackageFact]
    tell: Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyServices(RunServices):
    """Everything outside of a proof.

    ``weigh`` asks the engine that built an image for its own count, ``exercise`` runs it on the
    other. ``rebuild`` is None where nothing was built.
    """

    weigh: Callable[[str], Stored | None]
    rebuild: Callable[[Contents], Rebuilds] | None
    exercise: Callable[[RunSpec, TraceScenario, ImageConfig], TraceResult]


def verify(
    image: str, promise: Expectation, wishes: VerifyOptions, edges: VerifyServices
) -> Report:
    """Try an image the way the device would run it, and return what was seen."""
    edges.tell(f"{promise.arch}: reading the image")
    contents = edges.inspect(image)
    seen = Seen(
        contents=contents,
        packages=find_installed(contents),
        promise=promise,
        facts=edges.facts,
        stored=edges.weigh(image),
    )
    emulated = promise.arch not in edges.native
    trial = make_trial(image, contents, promise, wishes, edges)
    checks = check_image(seen, _run(seen, trial, wishes, edges))
    return _report(seen, checks, _notes(trial, promise, emulated=emulated), emulated=emulated)


def verify_files(
    contents: Contents, promise: Expectation, facts: Mapping[str, PackageFact]
) -> Report:
    """Return what an image proves that no engine runs; what takes a run is left out, and named."""
    packages = find_installed(contents)
    seen = Seen(contents=contents, packages=packages, promise=promise, facts=facts)
    return _report(
        seen, check_image(seen), ["nothing was run: that it starts and answers is not proven"]
    )


def _report(
    seen: Seen, checks: tuple[Check, ...], notes: Sequence[str], *, emulated: bool = False
) -> Report:
    return Report(
        arch=seen.promise.arch,
        image=seen.contents.id,
        layers=seen.contents.layers,
        checks=checks,
        project=seen.promise.project,
        device=seen.promise.device,
        emulated=emulated,
        notes=tuple(notes),
    )


def make_trial(
    image: str, contents: Contents, promise: Expectation, wishes: VerifyOptions, edges: RunServices
) -> RunSpec:
    """Return how the device would run an image: its user, its limits, its writable folders."""
    emulated = promise.arch not in edges.native
    home = dict(contents.config.environment).get("HOME", "")
    folders = (TMP, home, *contents.config.volumes, *wishes.writable)
    usual = PATIENCE if promise.port is not None else ALIVE
    rights = promise.access.rights
    cores = min(promise.cores, edges.processors) if promise.cores else None
    return RunSpec(
        image=image,
        arch=promise.arch,
        user=rights.user or contents.config.user,
        capabilities=rights.capabilities,
        shared=share_memory(promise.budget.memory) if promise.access.shares else None,
        interpreter=find_interpreter(contents, promise),
        writable=tuple(dict.fromkeys(path for path in folders if path.rstrip("/"))),
        network=wishes.network,
        memory=promise.budget.memory,
        expected_memory=promise.memory,
        cpus=cores,
        port=promise.port,
        health=promise.health,
        own_health=contents.config.health,
        environment=wishes.environment,
        patience=wishes.timeout or usual * (EMULATION_PATIENCE if emulated else 1),
        settle=SETTLE * (EMULATION_GRACE if emulated else 1),
        grace=GRACE * (EMULATION_GRACE if emulated else 1),
    )


def find_interpreter(contents: Contents, promise: Expectation) -> str:
    """Return the path of the image's Python, as good as it can be known."""
    names = (promise.interpreter, "python3", "python", "/usr/local/bin/python3", "/usr/bin/python3")
    found = (find_program(contents, name) for name in names if name)
    return next((path for path in found if path), "python3")


def _run(seen: Seen, trial: RunSpec, wishes: VerifyOptions, edges: VerifyServices) -> Ran:
    """Import everything, run what was traced, start the app, and build it again."""
    contents, arch = seen.contents, trial.arch
    modules, importing = import_all(trial, seen.packages, edges, arch)
    if seen.promise.runs:
        edges.tell(f"{arch}: running what was traced")
    sightings = [edges.exercise(trial, run, contents.config) for run in seen.promise.runs]
    emulated = arch not in edges.native
    count = wishes.runs or (1 if emulated or wishes.quick or trial.port is None else 3)
    runs = run_often(trial, count, edges, arch)
    loose = None
    if not wishes.quick:
        edges.tell(f"{arch}: running it with a writable root")
        loose = edges.run(replace(trial, read_only=False))
    return Ran(
        trial=trial,
        modules=modules,
        importing=importing,
        sightings=sightings,
        runs=runs,
        loose=loose,
        signal=contents.config.stop_signal or "SIGTERM",
        rebuilds=_rebuild_twice(contents, wishes, edges),
    )


def import_all(
    trial: RunSpec, packages: Sequence[Installed], edges: RunServices, who: str
) -> tuple[dict[str, str], Importing]:
    """Import all modules of packages; return the package of each, and what came of it."""
    modules = {module: package.name for package in packages for module in find_modules(package)}
    folders = tuple(dict.fromkeys(package.folder for package in packages))
    edges.tell(f"{who}: importing {len(modules)} modules")
    patience = max(PATIENCE, trial.patience)
    return modules, edges.try_imports(trial, tuple(modules), folders, patience)


def run_often(trial: RunSpec, count: int, edges: RunServices, who: str) -> list[Run]:
    """Run an image so many times; what does not start is not started again."""
    runs: list[Run] = []
    while len(runs) < count and (not runs or runs[-1].start_seconds is not None):
        edges.tell(f"{who}: running it ({len(runs) + 1} of {count})")
        runs.append(edges.run(trial))
    return runs


def _rebuild_twice(contents: Contents, wishes: VerifyOptions, edges: VerifyServices) -> Rebuilds:
    if wishes.quick or edges.rebuild is None:
        why = NOT_TRIED["quick" if wishes.quick else "image"]
        return Rebuilds(edited=why, updated=why)
    edges.tell("building it again, after small changes")
    return edges.rebuild(contents)


def _notes(trial: RunSpec, promise: Expectation, *, emulated: bool) -> list[str]:
    root = f"user {trial.user or 'root'}, read-only root, writable: {', '.join(trial.writable)}"
    network = "network" if trial.network else "no network"
    memory = "" if trial.memory is None else f", {trial.memory / (1 << 20):.0f} MiB of memory"
    cpus = "" if trial.cpus is None else f", {trial.cpus:g} processors"
    notes = [f"run as {root}; {network}{memory}{cpus}"]
    if promise.cores and trial.cpus is not None and trial.cpus < promise.cores:
        notes.append(f"the device has {promise.cores} processors, this engine has fewer")
    if emulated:
        notes.append(
            f"{promise.arch} is emulated here: times are not the device's (--on measures there); "
            f"waiting {EMULATION_PATIENCE} times, the grace period {EMULATION_GRACE} times as long"
        )
    return notes


_TESTS = {"tests", "test", "conftest.py"}


def pick_source(contents: Contents, sources: Iterable[str]) -> str:
    """Return the source file to edit: the least deep one that the image holds, empty for none."""
    app = contents.config.workdir.rstrip("/")
    found = [
        path
        for path in sources
        if f"{app}/{path}" in contents.files and not _TESTS & set(path.split("/"))
    ]
    return min(found, key=lambda path: (path.count("/"), path), default="")


def pick_lightest(promise: Expectation) -> str:
    """Return the package that weighs least by its wheel, empty if there is none."""
    return min(
        promise.packages, key=lambda name: (promise.weights.get(name, 1 << 60), name), default=""
    )


def without_package(lock: str, package: str) -> str:
    """Return a lock's text without one package's line and those that continue it."""
    kept, dropping = [], False
    start = re.compile(rf"{re.escape(package)}\s*(==|@)", re.IGNORECASE)
    for line in lock.splitlines(keepends=True):
        if not dropping and start.match(line.replace("_", "-").replace(".", "-", 0)):
            dropping = True
        if not dropping:
            kept.append(line)
        dropping = dropping and line.rstrip().endswith("\\")
    return "".join(kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRequest:
    """What is to be proven: ``job`` builds the images, None where the wishes name one."""

    job: Job | None
    promises: tuple[Expectation, ...]
    wishes: VerifyOptions
    facts: Mapping[str, PackageFact]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifySession:
    """Where images are tried. ``home`` is the engine that builds, ``device`` the one that runs."""

    mark: str
    home: "DockerClient"
    device: "DockerClient"
    build: BuildServices


def verify_images(
    proving: VerifyRequest, watch: Watch, tell: Callable[[str], None], build: BuildServices
) -> tuple[Report, ...]:
    """Build and try the images of all promises.

    Containers and temporary images are gone afterwards, also after an interruption. Raises what a
    build raises, and EngineError.
    """
    with ExitStack() as stack:
        stack.enter_context(stopped_by_signals())
        bench = stack.enter_context(open_bench(proving.wishes, build))
        reports = []
        for promise in proving.promises:
            with _image(proving, promise, bench, watch) as image:
                edges = _edges(proving, promise, bench, watch, tell)
                reports.append(verify(image, promise, proving.wishes, edges))
        return tuple(reports)


@contextmanager
def open_bench(wishes: VerifyOptions, build: BuildServices) -> Iterator[VerifySession]:
    """Yield the engines, under a mark of this run; what carries it is removed at the end."""
    mark = uuid4().hex[:12]
    with ExitStack() as stack:
        home = stack.enter_context(connect(environ=build.environ))
        device = home
        if wishes.engine:
            device = stack.enter_context(connect(wishes.engine, environ=build.environ))
        stack.callback(remove_marked, device, mark)
        yield VerifySession(mark=mark, home=home, device=device, build=build)


@contextmanager
def _image(
    proving: VerifyRequest, promise: Expectation, bench: VerifySession, watch: Watch
) -> Iterator[str]:
    """Yield the name of the image, built if there is something to build, on the device's engine."""
    with ExitStack() as stack:
        if proving.job is None:
            image = proving.wishes.image
        else:
            job, slug = proving.job, promise.arch.slug
            if proving.wishes.keep:
                image = f"{job.wishes.tag or default_name(job.project)}:{slug}"
            else:
                image = f"leanscaffold-verify:{bench.mark}-{slug}"
                stack.callback(remove_image, bench.home, image)
            build_one(proving.job, promise.arch, image, bench, watch)
        stack.enter_context(on_device(image, bench))
        yield image


@contextmanager
def on_device(image: str, bench: VerifySession) -> Iterator[None]:
    """Have an image on the engine that runs it for as long as it is tried."""
    if bench.device is bench.home:
        yield
        return
    try:
        carry_image(bench.home, bench.device, image)
        yield
    finally:
        remove_image(bench.device, image)


def build_one(job: Job, arch: Arch, tag: str, bench: VerifySession, watch: Watch) -> Built:
    """Build the image of one architecture under a tag; nothing is pushed."""
    wishes = replace(job.wishes, tag=tag, push=False)
    return build_images(replace(job, arches=(arch,), wishes=wishes), watch, bench.build)[0]


def _edges(
    proving: VerifyRequest,
    promise: Expectation,
    bench: VerifySession,
    watch: Watch,
    tell: Callable[[str], None],
) -> VerifyServices:
    job = proving.job
    return VerifyServices(
        **run_services(bench, proving.facts, tell),
        weigh=lambda image: weigh_image(bench.home, image),
        exercise=lambda trial, exercise, config: run_exercise(
            bench.device, bench.mark, trial, exercise, config, tracer=""
        ),
        rebuild=None
        if job is None
        else lambda contents: _rebuild(job, promise, contents, bench, watch),
    )


def run_services(
    bench: VerifySession, facts: Mapping[str, PackageFact], tell: Callable[[str], None]
) -> dict[str, Any]:
    """Return the fields of RunServices for the engines of a session."""
    return {
        "inspect": partial(inspect_image, bench.home),
        "run": partial(run_app, bench.device, bench.mark),
        "try_imports": lambda trial, modules, folders, patience: try_imports(
            bench.device, bench.mark, trial, modules=modules, folders=folders, patience=patience
        ),
        "native": native_arches(bench.device),
        "processors": count_processors(bench.device),
        "facts": facts,
        "tell": tell,
    }


def _rebuild(
    job: Job, promise: Expectation, contents: Contents, bench: VerifySession, watch: Watch
) -> Rebuilds:
    """Build a copy of the project twice more; the user's own folder is never touched."""
    lock = f"requirements.{promise.arch.slug}.lock"
    package = pick_lightest(promise)

    def update(folder: Path) -> None:
        text = (folder / lock).read_text("utf-8")
        # A change of its own each time, or the cache has what it makes.
        changed = f"# changed {bench.mark}\n{without_package(text, package)}"
        (folder / lock).write_text(changed, encoding="utf-8")

    edited = rebuild_edited(job, promise, contents, bench, watch)
    if not package:
        return Rebuilds(edited=edited, updated=None)
    if not (job.folder / lock).is_file():
        return Rebuilds(edited=edited, updated=f"not tried: there is no {lock} to change")
    what = f"a change of {package}"
    updated = _once_more(job, promise, contents, bench, watch, what=what, change=update)
    return Rebuilds(edited=edited, updated=updated)


def rebuild_edited(
    job: Job, promise: Expectation, contents: Contents, bench: VerifySession, watch: Watch
) -> Rebuild | str:
    """Build a copy of the project after an edit of a source file, or say why that cannot be."""
    source = pick_source(contents, _sources(job.folder))
    if not source:
        return "not tried: no source file of the project is in the image"

    def edit(folder: Path) -> None:
        with (folder / source).open("a", encoding="utf-8") as file:
            # An edit of its own each time, or the cache has what it makes.
            file.write(f"\n# edited {bench.mark}\n")

    return _once_more(
        job, promise, contents, bench, watch, what=f"an edit of {source}", change=edit
    )


@contextmanager
def working_copy(folder: Path, *, history: bool = False) -> Iterator[Path]:
    """Yield a copy of a project that is gone afterwards; with ``history``, git knows it as well."""
    with tempfile.TemporaryDirectory(prefix="leanscaffold-") as temporary:
        copy = Path(temporary) / folder.resolve().name
        copy_project(folder, copy)
        if history and (folder / ".git").is_dir():
            (copy / ".git").symlink_to((folder / ".git").resolve())
        yield copy


def _once_more(
    job: Job,
    promise: Expectation,
    contents: Contents,
    bench: VerifySession,
    watch: Watch,
    *,
    what: str,
    change: Callable[[Path], None],
) -> Rebuild | str:
    tag = f"leanscaffold-verify:{bench.mark}-{promise.arch.slug}-again"
    with working_copy(job.folder) as copy, ExitStack() as stack:
        change(copy)
        stack.callback(remove_image, bench.home, tag)
        try:
            built = build_one(replace(job, folder=copy), promise.arch, tag, bench, watch)
        except BuildError as error:
            return f"not tried: the build after {what} failed: {error.cause}"
        known = {layer.digest: (layer.on_disk, layer.download) for layer in contents.layers}
        layers = inspect_layers(bench.home, tag, known)
    new = [(number, one) for number, one in enumerate(layers) if one.digest not in known]
    return Rebuild(
        what=what,
        seconds=built.seconds,
        ran=tuple(step.name for step in built.steps if not step.cached and _works(step.name)),
        changed=tuple(number for number, _ in new),
        moved=sum(layer.download for _, layer in new),
        layers=len(layers),
    )


def _works(step: str) -> bool:
    """Tell whether a step is an instruction that makes something, not BuildKit's own doing."""
    return step.startswith("[") and not step.startswith("[internal]") and " FROM " not in step


def _sources(folder: Path) -> Sequence[str]:
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
