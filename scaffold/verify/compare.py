"""The pipeline of a comparison, with its edges passed in: build, measure, run, the next one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from statistics import median

from scaffold.docker.installed_packages import find_installed, find_modules
from scaffold.model.build import Built
from scaffold.model.errors import BuildError, EngineError
from scaffold.model.image import Contents
from scaffold.model.knowledge import PackageFact
from scaffold.model.run import Importing, Rebuild, Run, RunSpec
from scaffold.model.target import Arch
from scaffold.model.verification import Check, CompareResult, Status, Variant, VerifyOptions
from scaffold.verify.checks.imports import check_imports
from scaffold.verify.checks.libraries import check_libraries
from scaffold.verify.checks.start import check_memory, check_start
from scaffold.verify.verify import PATIENCE, make_trial

RUNS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareServices:
    """Everything outside of a comparison.

    ``image`` builds a contender, and removes what it built at the end; ``rebuild`` builds it once
    more after an edit. The others are those of a proof.
    """

    image: Callable[[Variant], AbstractContextManager[Built]]
    rebuild: Callable[[Variant, Contents], Rebuild | str]
    inspect: Callable[[str], Contents]
    run: Callable[[RunSpec], Run]
    try_imports: Callable[[RunSpec, Sequence[str], Sequence[str], float], Importing]
    native: frozenset[Arch]
    processors: int
    facts: Mapping[str, PackageFact]
    tell: Callable[[str], None]


def compare(
    contenders: Sequence[Variant], wishes: VerifyOptions, edges: CompareServices
) -> tuple[CompareResult, ...]:
    """Try one contender after the other, never two at a time, and return what became of each.

    One that cannot be built or run is an entry with its reason. ``wishes.quick`` leaves out the
    search for what a start alone may not meet. Raises EngineError where nothing can be built.
    """
    return tuple(_try(contender, wishes, edges) for contender in contenders)


def _try(contender: Variant, wishes: VerifyOptions, edges: CompareServices) -> CompareResult:
    entry = CompareResult(name=contender.name, title=contender.title)
    if contender.refused:
        return replace(entry, trouble=contender.refused)
    edges.tell(f"{contender.name}: building it, every step anew")
    try:
        with edges.image(contender) as built:
            entry = replace(entry, build_seconds=built.seconds)
            return _measure(entry, contender, wishes, edges, image=built.order.tag)
    except BuildError as error:
        lines = tuple(str(detail) for detail in error.details)
        return replace(
            entry,
            runs=Status.FAILED,
            trouble=f"it cannot be built: {error.cause}",
            code=error.code,
            evidence=(*lines, *_hint(error.hint)),
        )


def _measure(
    entry: CompareResult,
    contender: Variant,
    wishes: VerifyOptions,
    edges: CompareServices,
    *,
    image: str,
) -> CompareResult:
    """Return the entry of an image that was built, whatever an engine makes of it."""
    try:
        edges.tell(f"{contender.name}: reading the image")
        contents = edges.inspect(image)
        entry = replace(
            entry,
            on_disk=sum(layer.on_disk for layer in contents.layers),
            download=sum(layer.download for layer in contents.layers),
        )
        if contender.rebuilds:
            entry = _rebuilt(entry, contender, contents, edges)
        return _run(entry, contender, contents, wishes, edges, image=image)
    except EngineError as error:
        return replace(
            entry,
            runs=Status.FAILED,
            trouble=error.cause,
            code=error.code,
            evidence=_hint(error.hint),
        )


def _rebuilt(
    entry: CompareResult, contender: Variant, contents: Contents, edges: CompareServices
) -> CompareResult:
    edges.tell(f"{contender.name}: building it again, after an edit")
    rebuild = edges.rebuild(contender, contents)
    if isinstance(rebuild, str):
        return replace(entry, remarks=(*entry.remarks, f"rebuild {rebuild}"))
    return replace(entry, rebuild_seconds=rebuild.seconds, rebuild_moved=rebuild.moved)


def _run(
    entry: CompareResult,
    contender: Variant,
    contents: Contents,
    wishes: VerifyOptions,
    edges: CompareServices,
    *,
    image: str,
) -> CompareResult:
    promise = contender.promise
    trial = make_trial(
        image, contents, promise, wishes, native=edges.native, processors=edges.processors
    )
    runs = []
    count = wishes.runs or (RUNS if promise.arch in edges.native and trial.port else 1)
    for number in range(count):
        edges.tell(f"{contender.name}: running it ({number + 1} of {count})")
        runs.append(edges.run(trial))
        if runs[-1].start_seconds is None:
            break
    start, memory = check_start(trial, runs), check_memory(trial, runs)
    others = () if wishes.quick else tuple(_look(contender, contents, trial, edges))
    times = [run.start_seconds for run in runs if run.start_seconds is not None]
    peaks = [run.peak_memory for run in runs if run.peak_memory is not None]
    bad = next((check for check in (memory, start) if check.status is Status.FAILED), None)
    decisive = bad or start
    return replace(
        entry,
        runs=decisive.status,
        trouble="" if decisive.status is Status.PASSED else decisive.text,
        evidence=() if decisive.status is Status.PASSED else decisive.evidence,
        start_seconds=median(times) if times else None,
        peak_memory=max(peaks, default=None),
        checks=(start, memory, *others),
        remarks=(
            *entry.remarks,
            *(f"{c.code}: {c.text}" for c in others if c.status is not Status.PASSED),
        ),
    )


def _look(
    contender: Variant, contents: Contents, trial: RunSpec, edges: CompareServices
) -> Iterator[Check]:
    """Yield what is wrong inside that a start alone may not meet."""
    promise = contender.promise
    packages = find_installed(contents)
    modules = {module: package.name for package in packages for module in find_modules(package)}
    folders = tuple(dict.fromkeys(package.folder for package in packages))
    edges.tell(f"{contender.name}: importing {len(modules)} modules")
    importing = edges.try_imports(trial, tuple(modules), folders, max(PATIENCE, trial.patience))
    yield check_imports(packages, modules, importing, planned=promise.packages, facts=edges.facts)
    yield check_libraries(contents, packages, promise.arch, facts=edges.facts)


def _hint(text: str) -> tuple[str, ...]:
    return (f"hint: {text}",) if text else ()
