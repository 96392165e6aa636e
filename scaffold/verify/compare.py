"""Comparisons: copies of the project, built from nothing, measured and run; nothing stays."""

import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from docker.errors import APIError

from scaffold.docker.build import BuildServices, Job, Watch, build_images
from scaffold.docker.buildx import stopped_by_signals
from scaffold.docker.images import count_processors, inspect_layers, remove_image
from scaffold.docker.installed_packages import find_installed
from scaffold.dockerfile.baseline_dockerfile import pulled_images
from scaffold.model.build import BuildRequest, Built
from scaffold.model.errors import BuildError, EngineError
from scaffold.model.image import Contents
from scaffold.model.knowledge import PackageFact
from scaffold.model.options import DOCKERFILE
from scaffold.model.run import Rebuild, RunSpec
from scaffold.model.target import Arch
from scaffold.model.verification import (
    Check,
    CompareResult,
    Comparison,
    Layer,
    Status,
    Variant,
    VerifyOptions,
)
from scaffold.project.project_copy import copy_project
from scaffold.state.file_writer import read_recorded
from scaffold.verify.checks.imports import check_imports
from scaffold.verify.checks.libraries import check_libraries
from scaffold.verify.checks.start import check_memory, check_start
from scaffold.verify.session import (
    RunServices,
    VerifySession,
    build_one,
    import_all,
    make_trial,
    on_device,
    open_bench,
    rebuild_edited,
    run_often,
    run_services,
)

if TYPE_CHECKING:
    from docker import DockerClient


RUNS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareServices(RunServices):
    """Everything outside of a comparison.

    ``image`` builds a contender, and removes what it built at the end; ``rebuild`` builds it once
    more after an edit.
    """

    image: Callable[[Variant], AbstractContextManager[Built]]
    rebuild: Callable[[Variant, Contents], Rebuild | str]


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
    edges.tell(f"{contender.name}: building it without the cache")
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
    trial = make_trial(image, contents, promise, wishes, edges)
    count = wishes.runs or (RUNS if promise.arch in edges.native and trial.port else 1)
    runs = run_often(trial, count, edges, contender.name)
    start, memory = check_start(trial, runs, promise.brought), check_memory(trial, runs)
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
    modules, importing = import_all(trial, packages, edges, contender.name)
    yield check_imports(
        packages,
        modules,
        importing,
        planned=promise.packages,
        facts=edges.facts,
        contents=contents,
        brought=promise.brought,
    )
    yield check_libraries(
        contents, packages, promise.arch, facts=edges.facts, brought=promise.brought
    )


def _hint(text: str) -> tuple[str, ...]:
    return (f"hint: {text}",) if text else ()


def own_records(
    records: Sequence[Mapping[str, Any]], known: Collection[str], steps: Iterable[str], mark: str
) -> tuple[str, ...]:
    """Return the ids of our records, those that rest on others first.

    ``records`` are as the engine's API lists them, ``known`` the ids from before our builds,
    ``steps`` the names of our steps; ``mark`` is in the names of our cache mounts.
    """
    names = {_plain(step) for step in steps}
    commands = {name.partition(" RUN ")[2] for name in names} - {""}
    new = [record for record in records if record["ID"] not in known]
    own = {
        str(record["ID"])
        for record in new
        if _is_own(_plain(str(record.get("Description", ""))), names, commands, mark)
    }
    newest_first = sorted(new, key=lambda record: str(record.get("CreatedAt", "")))[::-1]
    return tuple(str(record["ID"]) for record in newest_first if record["ID"] in own)


def _is_own(description: str, names: Collection[str], commands: Iterable[str], mark: str) -> bool:
    if mark in description or description in names:
        return True
    return " from exec " in description and any(one in description for one in commands)


def _plain(text: str) -> str:
    return " ".join(text.split())


# BuildKit keeps cache mounts apart by it (BuildKit's documentation, "Built-in build args"):
# every contender downloads its packages itself, whoever was first.
_NAMESPACE = "BUILDKIT_CACHE_MOUNT_NS"
_WARM = """\
FROM {platform}{reference} AS base
FROM scratch
COPY --from=base /etc/passwd /
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareRequest:
    """What is to be compared. ``job`` is the user's project, of which only copies are built."""

    job: Job
    arch: Arch
    contenders: tuple[Variant, ...]
    wishes: VerifyOptions
    facts: Mapping[str, PackageFact]
    device: str = ""


def compare_images(
    contest: CompareRequest,
    watch: Watch,
    tell: Callable[[str], None],
    build: Callable[[Mapping[str, str]], BuildServices],
) -> Comparison:
    """Build and try every contender, one after the other.

    ``build`` returns the edges of a build in an environment. Containers, images, copies of the
    project and what was downloaded for the builds are gone afterwards, also after an interruption.
    Raises EngineError where no engine can be used; what goes wrong with a contender is an entry.
    """
    with ExitStack() as stack:
        stack.enter_context(stopped_by_signals())
        bench = stack.enter_context(open_bench(contest.wishes, build(os.environ)))
        known = {str(record["ID"]) for record in _records(bench.home)}
        steps: list[str] = []
        stack.callback(_forget, bench.home, known, steps, bench.mark)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leanscaffold-")))
        tell("pulling the bases, before the clock starts")
        _warm(contest, bench, folder, watch)
        stages = _Stages(contest, bench, folder, watch, build, steps=steps)
        services = run_services(bench, contest.facts, tell)
        edges = CompareServices(image=stages.image, rebuild=stages.rebuild, **services)
        return Comparison(
            project=contest.job.project,
            arch=contest.arch,
            entries=compare(contest.contenders, contest.wishes, edges),
            device=contest.device,
            emulated=contest.arch not in edges.native,
            notes=tuple(_notes(contest, bench.home)),
        )


class _Stages:
    """Copies of the project, one per contender, and their images."""

    def __init__(
        self,
        contest: CompareRequest,
        bench: VerifySession,
        folder: Path,
        watch: Watch,
        build: Callable[[Mapping[str, str]], BuildServices],
        *,
        steps: list[str],
    ) -> None:
        self._contest = contest
        self._bench = bench
        self._folder = folder
        self._watch = watch
        self._build = build
        self._steps = steps
        self._numbers = {one.name: n for n, one in enumerate(contest.contenders)}

    @contextmanager
    def image(self, contender: Variant) -> Iterator[Built]:
        """Yield an image, built without any cache, on the engine that runs it."""
        bench = self._own(contender)
        job = self._job(contender)
        stage_project(self._contest.job.folder, job.folder, contender)
        wishes = replace(job.wishes, fresh=True)
        with ExitStack() as stack:
            stack.callback(shutil.rmtree, job.folder, ignore_errors=True)
            stack.callback(remove_image, bench.home, job.wishes.tag)
            built = build_images(replace(job, wishes=wishes), self._watch, bench.build)[0]
            self._steps.extend(step.name for step in built.steps)
            stack.enter_context(on_device(job.wishes.tag, bench))
            yield built

    def rebuild(self, contender: Variant, contents: Contents) -> Rebuild | str:
        """Build it again after an edit, with what earlier builds left in the cache.

        The cache may hold the same step from another day, with other times in its files: what an
        edit moves is told apart from that by an unchanged build.
        """
        job, bench = self._job(contender), self._own(contender)
        tag = f"{job.wishes.tag}-unchanged"
        known = {one.digest: (one.on_disk, one.download) for one in contents.layers}
        try:
            wishes = replace(job.wishes, tag=tag)
            build_images(replace(job, wishes=wishes), self._watch, bench.build)
            cached = inspect_layers(bench.home, tag, known)
        except BuildError as error:
            return f"not tried: the same again cannot be built: {error.cause}"
        finally:
            remove_image(bench.home, tag)
        layers = tuple(
            Layer(digest=one.digest, on_disk=one.on_disk, download=one.download, made_by="")
            for one in cached
        )
        contents = replace(contents, layers=layers)
        return rebuild_edited(job, contender.promise, contents, bench, self._watch)

    def _job(self, contender: Variant) -> Job:
        job = self._contest.job
        number = self._numbers[contender.name]
        tag = f"leanscaffold-compare:{self._bench.mark}-{number}"
        wishes = replace(job.wishes, tag=tag, push=False, fresh=False)
        folder = self._folder / str(number)
        return replace(job, folder=folder, arches=(self._contest.arch,), wishes=wishes)

    def _own(self, contender: Variant) -> VerifySession:
        """Return the bench with cache mounts of the contender's own."""
        mount = f"{self._bench.mark}-{self._numbers[contender.name]}"
        inner = self._build({**self._bench.build.environ, _NAMESPACE: mount})

        def build(orders: Sequence[BuildRequest], watch: Watch) -> tuple[Built, ...]:
            named = [replace(one, arguments=(*one.arguments, _NAMESPACE)) for one in orders]
            return inner.build(named, watch)

        return replace(self._bench, build=replace(inner, build=build))


def stage_project(source: Path, goal: Path, contender: Variant) -> None:
    """Copy a project for a contender, without what an earlier ``generate`` left in it."""
    copy_project(source, goal)
    for name in () if contender.kept else read_recorded(source):
        (goal / name).unlink(missing_ok=True)
    for name, text in contender.files.items():
        path = goal / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _warm(contest: CompareRequest, bench: VerifySession, folder: Path, watch: Watch) -> None:
    """Have the engine pull every base: how fast a registry is says nothing about an image."""
    texts = [one.files[DOCKERFILE] for one in contest.contenders if not one.refused]
    images = dict.fromkeys(pair for text in texts for pair in pulled_images(text))
    for number, (reference, platform) in enumerate(images):
        warming = folder / f"base-{number}"
        warming.mkdir()
        spelled = f"--platform={platform} " if platform else ""
        (warming / DOCKERFILE).write_text(_WARM.format(platform=spelled, reference=reference))
        tag = f"leanscaffold-compare:{bench.mark}-base"
        wishes = replace(contest.job.wishes, fresh=False)
        job = replace(contest.job, folder=warming, wishes=wishes)
        try:
            # One that cannot be pulled fails again, with its reason, where it is needed.
            with suppress(BuildError):
                build_one(job, contest.arch, tag, bench, watch)
        finally:
            remove_image(bench.home, tag)


def _forget(
    client: "DockerClient", known: Collection[str], steps: Iterable[str], mark: str
) -> None:
    """Remove what our builds left in the engine's cache, which nobody can use again: gigabytes."""
    api: Any = client.api
    with suppress(APIError):
        for record in own_records(_records(client), known, steps, mark):
            # One by one: an engine takes several ids for conditions that all have to hold.
            api.prune_builds(filters={"id": record}, all=True)


def _records(client: "DockerClient") -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = client.api.df().get("BuildCache") or ()
    return found


def _notes(contest: CompareRequest, client: "DockerClient") -> Iterator[str]:
    version = client.version().get("Version", "?")
    yield f"Docker Engine {version}, {count_processors(client)} processors"
    yield "built without any cache, downloads of packages included; bases were pulled before"
    yield "run with a read-only root" + ("" if contest.wishes.network else ", without a network")
