"""Images without an engine: every target's layers, configuration and manifest, then one output."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from scaffold.docker.build_requests import make_orders
from scaffold.docker.build_secrets import pip_environment
from scaffold.docker.oci import (
    CONFIG,
    MANIFEST,
    BaseImage,
    Blob,
    Image,
    Layout,
    Source,
    Store,
    dump,
    platform_of,
    write_archive,
    write_layout,
)
from scaffold.docker.registry import Registries, push_images
from scaffold.dockerfile.template_context import TemplateContext
from scaffold.engineless.base_files import make_root, unpack_base
from scaffold.engineless.layers import Entry, write_layer
from scaffold.engineless.steps import (
    Tools,
    assemble,
    compile_app,
    digest_entries,
    digest_program,
    find_python,
    install_packages,
    list_app,
    refuse,
)
from scaffold.index.configuration import IndexConfig
from scaffold.model.build import BuildOptions, BuildRequest, Built, Event, Progress, Step
from scaffold.model.errors import UsageError
from scaffold.model.target import Arch

_SECOND = 10**9  # in nanoseconds
_NOTED = "org.opencontainers."


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageJob:
    """What is built from, for whom, and where it goes.

    ``goal`` is ``oci:DIR``, a path that ends with .tar, or a name in a registry. ``base_from`` is
    ``oci:DIR`` or a tar, empty for the registry that the plan names. ``moment`` is the time of the
    application's files, None for that of the plan. ``view`` returns the plan.
    """

    folder: Path
    project: str
    arches: tuple[Arch, ...]
    goal: str
    base_from: str
    wishes: BuildOptions
    index: IndexConfig
    cache: Path
    environ: Mapping[str, str]
    moment: int | None
    view: Callable[[], TemplateContext]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Images that were written, and what is to be known about them."""

    built: tuple[Built, ...]
    notes: tuple[str, ...] = ()


class _Timer:
    """Tells of steps while they run, and keeps how long they took."""

    def __init__(self, watch: Callable[[Progress], None]) -> None:
        self._watch = watch
        self.steps: list[Step] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        begun = time.monotonic()
        self._watch(Progress(happening=Event.STARTED, step=name))
        yield
        seconds = time.monotonic() - begun
        self.steps.append(Step(name=name, seconds=round(seconds, 3)))
        self._watch(Progress(happening=Event.FINISHED, step=name, seconds=seconds))


def write_images(job: ImageJob, watch: Callable[[Progress], None]) -> Written:
    """Build the images of a job and write them where they go.

    Raises UsageError for what needs an engine, a BuildError or a LeanscaffoldError of the network.
    """
    begun = time.monotonic()
    check_goal(job.goal)
    view = recall_view(job)
    refuse(view)
    store = Store(job.cache / "images")
    source: Source = (
        Layout(Path(job.base_from.removeprefix("oci:")))
        if job.base_from
        else Registries(cert=job.wishes.certificates)
    )
    python = find_python(view.python) if view.app_compiled else ""
    tools = Tools(pip=pip_environment(job.index, job.environ), python=python)
    timer = _Timer(watch)
    with ThreadPoolExecutor() as pool, closing(source):
        images = [
            _build(job, view, order, source, store, tools, timer, pool) for order in _orders(job)
        ]
    with timer.step(f"writing {job.goal}"):
        _write(job, images, store)
    seconds = time.monotonic() - begun
    return Written(
        built=tuple(
            _describe(order, one, timer.steps, seconds)
            for order, one in zip(_orders(job), images, strict=True)
        ),
        notes=()
        if python or not view.app_compiled
        else (
            f"no bytecode: there is no CPython {view.python} on this machine to compile it; "
            f"every start compiles what it imports. `uv python install {view.python}` gets one",
        ),
    )


def check_goal(goal: str) -> None:
    """Raise UsageError for what is neither a folder, an archive nor a name in a registry."""
    if goal.startswith("oci:") and goal != "oci:":
        return
    if not goal.endswith(".tar") and "/" not in goal:
        raise UsageError(
            f"--to {goal} is neither an archive, a layout nor a name in a registry",
            hint="--to app.tar, --to oci:DIR or --to registry.example/team/app:1",
        )


def recall_view(job: ImageJob) -> TemplateContext:
    """Return the plan that the files in the folder were written from, decided again if unknown."""
    names = ("Dockerfile", "leanscaffold.json")
    files = [job.folder / name for name in names]
    held = hashlib.sha256()
    for file in files:
        held.update(file.read_bytes() if file.exists() else b"")
    place = job.cache / "views" / held.hexdigest()
    try:
        return msgspec.json.decode(place.read_bytes(), type=TemplateContext)
    except (OSError, msgspec.DecodeError):
        view = job.view()
        with Store(job.cache).draft(place) as draft:
            draft.write_bytes(msgspec.json.encode(view))
        return view


def _orders(job: ImageJob) -> tuple[BuildRequest, ...]:
    registry = not job.goal.startswith("oci:") and not job.goal.endswith(".tar")
    wishes = replace(job.wishes, tag=job.goal, push=True) if registry else job.wishes
    context = str(job.folder.resolve())
    return make_orders(
        wishes, job.arches, project=job.project, context=context, dockerfile="Dockerfile"
    )


def _build(
    job: ImageJob,
    view: TemplateContext,
    order: BuildRequest,
    source: Source,
    store: Store,
    tools: Tools,
    timer: _Timer,
    pool: ThreadPoolExecutor,
) -> Image:
    name = order.arch.platform
    with timer.step(f"{name} base {view.reference}"):
        base = source.find(view.reference, order.arch)
    fixed = _fixed_layers(job, view, order.arch, base, source, store, tools, timer, pool)
    moment = view.moment if job.moment is None else job.moment
    with timer.step(f"{name} application"):
        entries = list_app(view, job.folder, moment, Path(job.goal.removeprefix("oci:")).resolve())
        key = f"app {digest_entries(entries)} {tools.python} {view.compile} {view.app_compiled}"
        top = _cached_app(key, store, view, entries, tools, moment)
    layers = (*fixed, top)
    config = store.add(dump(make_config(view, order.arch, base, layers, moment)), CONFIG)
    notes = {key: value for key, value in view.labels if key.startswith(_NOTED)}
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config.describe(),
        "layers": [one.describe() for one in layers],
        **({"annotations": notes} if notes else {}),
    }
    return Image(
        arch=order.arch,
        tag=order.tag,
        manifest=store.add(dump(manifest), MANIFEST),
        config=config,
        layers=layers,
        annotations=notes,
    )


def _cached_app(
    key: str,
    store: Store,
    view: TemplateContext,
    entries: Sequence[Entry],
    tools: Tools,
    moment: int,
) -> Blob:
    noted = store.noted(f"layer {key}")
    if noted and store.path(noted["digest"]).exists():
        return Blob(**noted)
    with store.scratch() as work:
        blob = write_layer([*entries, *compile_app(view, entries, work, tools, moment)], store)
    store.note(f"layer {key}", asdict(blob))
    return blob


def _fixed_layers(
    job: ImageJob,
    view: TemplateContext,
    arch: Arch,
    base: BaseImage,
    source: Source,
    store: Store,
    tools: Tools,
    timer: _Timer,
    pool: ThreadPoolExecutor,
) -> tuple[Blob, ...]:
    """Return the layers below the application: they change with base, lock or plan only."""
    build = next(one for one in view.builds if one.platform == arch.platform)
    lock = (job.folder / build.lock).read_bytes() if build.wheels else b""
    files = [
        hashlib.sha256((job.folder / path).read_bytes()).hexdigest() for path, _ in build.files
    ]
    made_from = [
        *(base.digest, hashlib.sha256(lock).hexdigest(), files, digest_program(), tools.python),
        *(view.assembly, view.root_dropped, view.accounts, build.selection, view.python),
    ]
    key = f"fixed {hashlib.sha256(json.dumps(made_from).encode()).hexdigest()}"
    noted = store.noted(key)
    if noted and all(store.path(one["digest"]).exists() for one in noted):
        return tuple(Blob(**one) for one in noted)
    with store.scratch() as work:
        whole = view.assembled and not view.cut
        with timer.step(f"{arch.platform} files of the base"):
            under = unpack_base(view.reference, base, source, store) if view.assembled else None
            kept = () if view.assembled else _keep_layers(view.reference, base, source, store)
        with timer.step(f"{arch.platform} packages"):
            install_packages(view, build, job.folder, work, tools)
        with timer.step(f"{arch.platform} putting it together"):
            made = assemble(view, under.folder if under and view.cut else None, work, tools)
            if under and whole:
                made["base"] = list(make_root(under, view, work))
        order = [*(["base"] if view.assembled else []), *view.layers]
        with timer.step(f"{arch.platform} layers"):
            found = tuple(pool.map(lambda name: write_layer(made[name], store), order))
    layers = (*kept, *found)
    store.note(key, [asdict(one) for one in layers])
    return layers


def _keep_layers(reference: str, base: BaseImage, source: Source, store: Store) -> tuple[Blob, ...]:
    for layer in base.layers:
        if not store.path(layer.digest).exists():
            store.fetch(layer, source.open(reference, layer))
    return base.layers


def make_config(
    view: TemplateContext, arch: Arch, base: BaseImage, layers: Sequence[Blob], moment: int
) -> dict[str, Any]:
    """Return the configuration of the image specification: what the Dockerfile's last stage says."""
    under = {} if view.assembled else dict(base.config.get("config") or {})
    named = {text.partition("=")[0]: text for text in under.get("Env") or ()}
    named |= {name: f"{name}={value}" for name, value in view.environment}
    run = {
        **{key: under[key] for key in ("ExposedPorts", "Volumes") if under.get(key)},
        "User": view.owner,
        **({"ExposedPorts": {f"{view.port}/tcp": {}}} if view.port is not None else {}),
        "Env": list(named.values()),
        "Cmd": list(view.command),
        **({"Healthcheck": _health(view)} if view.health else {}),
        "WorkingDir": view.workdir,
        "Labels": {**(under.get("Labels") or {}), **dict(view.labels)},
        **({"StopSignal": view.stop_signal} if view.stop_signal else {}),
    }
    created = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    below = [] if view.assembled else list(base.config.get("history") or ())
    fresh = layers[len(base.layers) :] if below else layers
    made = [*(["base"] if view.assembled else []), *view.layers, "application"]
    history = [
        {"created": created, "created_by": f"leanscaffold: {name}", "comment": "leanscaffold"}
        for name, _ in zip(made, fresh, strict=False)
    ]
    return {
        "created": created,
        **platform_of(arch),
        "config": run,
        "rootfs": {"type": "layers", "diff_ids": [one.diff for one in layers]},
        "history": [*below, *history],
    }


def _health(view: TemplateContext) -> dict[str, Any]:
    health = view.health
    if health is None:
        return {}
    return {
        "Test": ["CMD", *view.probe],
        "Interval": health.interval * _SECOND,
        "Timeout": health.timeout * _SECOND,
        "StartPeriod": health.start_period * _SECOND,
        "Retries": health.retries,
    }


def _write(job: ImageJob, images: Sequence[Image], store: Store) -> None:
    if job.goal.startswith("oci:"):
        write_layout(Path(job.goal.removeprefix("oci:")), images, store)
    elif job.goal.endswith(".tar"):
        write_archive(Path(job.goal), images, store)
    else:
        push_images(images, job.goal, store, cert=job.wishes.certificates)


def _describe(order: BuildRequest, image: Image, steps: Sequence[Step], seconds: float) -> Built:
    files = [one.files for one in image.layers]
    return Built(
        order=order,
        image=image.manifest.digest if order.push else image.config.digest,
        steps=tuple(steps),
        seconds=seconds,
        size=sum(files) if all(files) else None,
    )
