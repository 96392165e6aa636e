"""The pipeline of a proof, with its edges passed in: measure, look, run, judge."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from scaffold.docker.installed_packages import Installed, find_installed, find_modules
from scaffold.model.codes import Code
from scaffold.model.image import Contents, ImageConfig
from scaffold.model.knowledge import PackageFact
from scaffold.model.run import Importing, Rebuild, Run, RunSpec, TraceResult, TraceScenario
from scaffold.model.target import Arch
from scaffold.model.verification import Check, Expectation, Report, Status, Stored, VerifyOptions
from scaffold.verify.checks.config import check_config, check_secrets, find_program
from scaffold.verify.checks.imports import check_imports, check_installed
from scaffold.verify.checks.libraries import check_libraries
from scaffold.verify.checks.rebuild import NOT_TRIED, check_rebuild, check_update
from scaffold.verify.checks.size import check_size
from scaffold.verify.checks.start import check_memory, check_start
from scaffold.verify.checks.stop import check_stop
from scaffold.verify.checks.traced import check_traced
from scaffold.verify.checks.writes import check_writes

# An emulated processor is five to twenty times slower (seen: 5 x for an import of FastAPI).
EMULATION_PATIENCE = 5
EMULATION_GRACE = 3
PATIENCE = 60.0
ALIVE = 10.0
SETTLE = 2.0
GRACE = 10
_NEED_RUNS = (Code.START, Code.MEMORY, Code.STOP, Code.WRITES, Code.REBUILD, Code.UPDATE)
TMP = "/tmp"  # noqa: S108 - a path inside the image


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilds:
    """Two more builds: after an edit of a source file, and after a change of one package.

    Where one could not be made, there is the reason instead; None where no package is planned.
    """

    edited: Rebuild | str
    updated: Rebuild | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyServices:
    """Everything outside of a proof.

    ``inspect`` reads an image of the engine that built it, ``weigh`` asks that one for its own
    count, ``run`` and ``try_imports`` use the one that runs it, and so does ``exercise``.
    ``rebuild`` is None where nothing was built. ``native`` are the architectures that the engine's
    processor runs itself, ``processors`` how many it has.
    """

    inspect: Callable[[str], Contents]
    weigh: Callable[[str], Stored | None]
    run: Callable[[RunSpec], Run]
    try_imports: Callable[[RunSpec, Sequence[str], Sequence[str], float], Importing]
    rebuild: Callable[[Contents], Rebuilds] | None
    exercise: Callable[[RunSpec, TraceScenario, ImageConfig], TraceResult]
    native: frozenset[Arch]
    processors: int
    facts: Mapping[str, PackageFact]
    tell: Callable[[str], None]


def verify(
    image: str, promise: Expectation, wishes: VerifyOptions, edges: VerifyServices
) -> Report:
    """Try an image the way the device would run it, and return what was seen."""
    edges.tell(f"{promise.arch}: reading the image")
    contents = edges.inspect(image)
    packages = find_installed(contents)
    emulated = promise.arch not in edges.native
    trial = make_trial(
        image, contents, promise, wishes, native=edges.native, processors=edges.processors
    )
    checks = [
        check_size(contents, packages, promise, edges.weigh(image)),
        _imports(packages, trial, promise, edges),
        check_libraries(contents, packages, promise.arch, facts=edges.facts),
        *_exercising(contents, trial, promise, edges),
        *_running(contents, trial, wishes, edges),
        *_rebuilding(contents, wishes, edges),
        check_config(contents, promise),
        check_secrets(contents),
    ]
    return Report(
        arch=promise.arch,
        image=contents.id,
        layers=contents.layers,
        checks=tuple(checks),
        project=promise.project,
        device=promise.device,
        emulated=emulated,
        notes=tuple(_notes(trial, promise, emulated=emulated)),
    )


def verify_files(
    contents: Contents, promise: Expectation, facts: Mapping[str, PackageFact]
) -> Report:
    """Return what an image proves that no engine runs; what takes a run is left out, and named."""
    packages = find_installed(contents)
    return Report(
        arch=promise.arch,
        image=contents.id,
        layers=contents.layers,
        checks=(
            check_size(contents, packages, promise),
            check_installed(packages, promise.packages),
            check_libraries(contents, packages, promise.arch, facts=facts),
            *(
                Check(code=code, status=Status.LEFT_OUT, text="left out (--no-engine): needs a run")
                for code in (*((Code.TRACED,) if promise.runs else ()), *_NEED_RUNS)
            ),
            check_config(contents, promise),
            check_secrets(contents),
        ),
        project=promise.project,
        device=promise.device,
        notes=("nothing was run: that it starts and answers is not proven",),
    )


def make_trial(
    image: str,
    contents: Contents,
    promise: Expectation,
    wishes: VerifyOptions,
    *,
    native: frozenset[Arch],
    processors: int,
) -> RunSpec:
    """Return how the device would run an image: its user, its limits, its writable folders."""
    emulated = promise.arch not in native
    home = dict(contents.config.environment).get("HOME", "")
    folders = (TMP, home, *contents.config.volumes, *wishes.writable)
    usual = PATIENCE if promise.port is not None else ALIVE
    cores = min(promise.cores, processors) if promise.cores else None
    return RunSpec(
        image=image,
        arch=promise.arch,
        user=contents.config.user,
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


def _imports(
    packages: Sequence[Installed],
    trial: RunSpec,
    promise: Expectation,
    edges: VerifyServices,
) -> Check:
    modules = {module: package.name for package in packages for module in find_modules(package)}
    folders = tuple(dict.fromkeys(package.folder for package in packages))
    edges.tell(f"{promise.arch}: importing {len(modules)} modules")
    importing = edges.try_imports(trial, tuple(modules), folders, max(PATIENCE, trial.patience))
    return check_imports(packages, modules, importing, planned=promise.packages, facts=edges.facts)


def _exercising(
    contents: Contents, trial: RunSpec, promise: Expectation, edges: VerifyServices
) -> Iterator[Check]:
    """Yield whether what was traced still comes to the same; nothing without a trace."""
    if promise.runs:
        edges.tell(f"{trial.arch}: running what was traced")
        seen = [edges.exercise(trial, run.exercise, contents.config) for run in promise.runs]
        yield check_traced(promise.runs, seen)


def _running(
    contents: Contents, trial: RunSpec, wishes: VerifyOptions, edges: VerifyServices
) -> tuple[Check, ...]:
    emulated = trial.arch not in edges.native
    count = wishes.runs or (1 if emulated or wishes.quick or trial.port is None else 3)
    runs = []
    for number in range(count):
        edges.tell(f"{trial.arch}: running it ({number + 1} of {count})")
        runs.append(edges.run(trial))
        if runs[-1].start_seconds is None:
            break
    loose = None
    if not wishes.quick:
        edges.tell(f"{trial.arch}: running it with a writable root")
        loose = edges.run(replace(trial, read_only=False))
    signal = contents.config.stop_signal or "SIGTERM"
    return (
        check_start(trial, runs),
        check_memory(trial, runs),
        check_stop(trial, runs[0], signal),
        check_writes(trial, runs[0], loose),
    )


def _rebuilding(
    contents: Contents, wishes: VerifyOptions, edges: VerifyServices
) -> tuple[Check, ...]:
    if wishes.quick or edges.rebuild is None:
        why = NOT_TRIED["quick" if edges.rebuild is not None else "image"]
        return check_rebuild(contents, why), check_update(contents, why)
    edges.tell("building it again, after small changes")
    rebuilds = edges.rebuild(contents)
    return check_rebuild(contents, rebuilds.edited), check_update(contents, rebuilds.updated)


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
