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

from scaffold import __version__
from scaffold.docker.blob_store import Blob, Store
from scaffold.docker.build import make_orders, pip_environment
from scaffold.docker.oci import (
    CONFIG,
    MANIFEST,
    BaseImage,
    Image,
    Layout,
    Source,
    dump,
    platform_of,
    write_archive,
    write_layout,
)
from scaffold.docker.registry import Registries, push_images
from scaffold.dockerfile.template_values import BuildStage, TemplateContext
from scaffold.engineless.attestation import attest, describe_origin
from scaffold.engineless.base_files import keep_layers, make_root, unpack_base
from scaffold.engineless.debian import Client, find_packages, lay_packages
from scaffold.engineless.layers import Entry, digest_entries, write_layer
from scaffold.engineless.own_packages import build_own, read_sources
from scaffold.engineless.pip import Tools, fetch_wheels, install_packages
from scaffold.engineless.steps import (
    assemble,
    compile_app,
    digest_program,
    fetch_models,
    find_python,
    list_app,
    list_fetched,
    list_models,
    refuse,
)
from scaffold.engineless.wheels import add_to_bundle, open_bundle
from scaffold.index.configuration import IndexConfig
from scaffold.model.build import BuildOptions, BuildRequest, Built, Event, Progress, Step
from scaffold.model.errors import UsageError
from scaffold.model.target import Arch

_SECOND = 10**9  # in nanoseconds
_HASHED = 1 << 24  # bytes of a file from which on its size and time stand for its contents
_NO_BYTECODE = (
    "no bytecode: there is no CPython {python} on this machine to compile it; every start "
    "compiles what it imports. `uv python install {python}` gets one"
)
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_NOTED = "org.opencontainers."


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageJob:
    """What is built from, for whom, and where it goes.

    ``goal`` is ``oci:DIR``, a path that ends with .tar, or a name in a registry. ``base_from`` is
    ``oci:DIR`` or a tar, empty for the registry that the plan names; ``bundle`` is one that
    ``write_bundle`` wrote. ``moment`` is the time of the
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
    bundle: str = ""
    apt_sources: Path | None = None  # instead of those of the base
    list_contents: Callable[[Path], Mapping[str, Any]] | None = None  # SPDX, to attest
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
    """Write the images of a job where they go. Raises UsageError, BuildError, LeanscaffoldError."""
    begun = time.monotonic()
    check_goal(job.goal)
    view = recall_view(job)
    refuse(view)
    store = Store(job.cache / "images")
    store.sweep()
    source = _open_source(job)
    python = find_python(view.python) if view.app_compiled else ""
    pip = pip_environment(job.index, job.environ)
    if job.bundle:
        pip["PIP_NO_INDEX"] = "1"
    tools = Tools(pip=pip, python=python, store=store)
    timer = _Timer(watch)
    with closing(source):
        bench = _Bench(job=job, view=view, source=source, store=store, tools=tools, timer=timer)
        images = [bench.build(order) for order in _orders(job)]
    with timer.step(f"writing {job.goal}"):
        _write(job, images, store)
    seconds = time.monotonic() - begun
    return Written(
        built=tuple(
            _describe(order, one, timer.steps, seconds)
            for order, one in zip(_orders(job), images, strict=True)
        ),
        notes=() if python or not view.app_compiled else (_NO_BYTECODE.format(python=view.python),),
    )


def _open_source(job: ImageJob) -> Source:
    if place := job.bundle or job.base_from:
        return Layout(Path(place.removeprefix("oci:")))
    return Registries(job.environ, cert=job.wishes.certificates)


def write_bundle(job: ImageJob, watch: Callable[[Progress], None]) -> None:
    """Write all that the images of a job are made of, but the project, into one archive.

    Raises what ``write_images`` raises.
    """
    view = recall_view(job)
    refuse(view)
    sources = [name for one in view.builds for name in (*one.pure, *one.repositories)]
    sources += [one.source for build in view.builds for one in build.local]
    sources += [one.root.removeprefix("/out") for one in view.own]
    for what, names in (
        ("packages of the distribution", [name for base in view.bases for name in base.system]),
        ("what builds packages from sources", sources),
    ):
        if names:
            raise UsageError(
                f"a bundle does not have {what}: {', '.join(dict.fromkeys(names))}",
                hint="`leanscaffold build --to app.tar` where there is a network; take the image",
            )
    store, timer = Store(job.cache / "images"), _Timer(watch)
    tools = Tools(pip=pip_environment(job.index, job.environ), python="", store=store)
    images: list[Image] = []
    wheels: dict[str, str] = {}
    with closing(_open_source(job)) as source, store.scratch() as work:
        for arch in job.arches:
            with timer.step(f"{arch.platform} base {view.reference}"):
                base = source.find(view.reference, arch)
                keep_layers(view.reference, base, source, store)
            config = store.add(dump(base.config), CONFIG)
            rows = [one.describe() for one in base.layers]
            text = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config.describe()}
            images.append(
                Image(
                    arch=arch,
                    tag=view.reference,
                    manifest=store.add(dump({**text, "layers": rows}), MANIFEST),
                    config=config,
                    layers=base.layers,
                )
            )
            build = next(one for one in view.builds if one.platform == arch.platform)
            with timer.step(f"{arch.platform} packages"):
                files = work / arch.slug
                wheels |= fetch_wheels(view, build, job.folder, files, tools)
        fetch_models(view, store, job.environ, job.wishes.certificates)
        wheels |= {f"fetched-{one.sha256}": f"sha256:{one.sha256}" for one in view.fetched}
    with timer.step(f"writing {job.goal}"):
        write_archive(Path(job.goal), images, store)
        add_to_bundle(Path(job.goal), wheels, msgspec.json.encode(view), store)


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
    held = hashlib.sha256()
    for name in ("Dockerfile", "leanscaffold.json"):
        file = job.folder / name
        held.update(file.read_bytes() if file.exists() else b"")
    place = job.cache / "views" / held.hexdigest()
    if job.bundle:
        said = open_bundle(Path(job.bundle), Store(job.cache / "images"))
        return msgspec.convert(said, type=TemplateContext)
    try:
        return msgspec.json.decode(place.read_bytes(), type=TemplateContext)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    """All that the images of one job are made with."""

    job: ImageJob
    view: TemplateContext
    source: Source
    store: Store
    tools: Tools
    timer: _Timer

    def build(self, order: BuildRequest) -> Image:
        """Return the image of one target, its blobs in the store."""
        view, store, arch = self.view, self.store, order.arch
        with self.timer.step(f"{arch.platform} base {view.reference}"):
            base = self.source.find(view.reference, arch)
        fixed = self.fixed_layers(arch, base)
        moment = view.moment if self.job.moment is None else self.job.moment
        if view.fetched:
            with self.timer.step(f"{arch.platform} files to fetch"):
                fetch_models(view, store, self.job.environ, self.job.wishes.certificates)
        with self.timer.step(f"{arch.platform} application"):
            layers = (*fixed, *self.app_layers(moment))
        config = store.add(dump(make_config(view, arch, base, layers, moment)), CONFIG)
        notes = {key: value for key, value in view.labels if key.startswith(_NOTED)}
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config.describe(),
            "layers": [one.describe() for one in layers],
            **({"annotations": notes} if notes else {}),
        }
        image = Image(
            arch=arch,
            tag=order.tag,
            manifest=store.add(dump(manifest), MANIFEST),
            config=config,
            layers=layers,
            annotations=notes,
        )
        if not self.job.list_contents:
            return image
        with self.timer.step(f"{arch.platform} attestations"):
            build = next(one for one in view.builds if one.platform == arch.platform)
            lock = self.job.folder / build.lock if build.wheels else None
            origin = describe_origin(view.reference, base, lock, arch)
            return attest(image, origin, self.job.list_contents, store)

    def app_layers(self, moment: int) -> tuple[Blob, ...]:
        """Return the layers of the application: its models if there are any, and what is edited."""
        view, tools = self.view, self.tools
        made = Path(self.job.goal.removeprefix("oci:")).resolve()
        entries = list_app(view, self.job.folder, moment, made)
        models = list_models(view, entries)
        heavy = {one.path for one in models if one.source}
        rest = [one for one in entries if one.path not in heavy]

        sources = read_sources(view, self.job.folder, made, self.job.environ)

        def compiled(work: Path) -> list[Entry]:
            whole = {one.path: one for one in rest}
            if sources:
                own = build_own(view, sources, work, tools, moment)
                whole |= {one.path: one for one in own if one.path not in heavy}
            app = list(whole.values())
            return [*app, *compile_app(view, app, work / "compiled", tools, moment)]

        how = (tools.python, view.compile, view.app_compiled, view.own, sources and sources.key)

        def whole(found: list[Entry]) -> Blob:
            return self.app_layer(found, (), lambda _: found)

        fetched = list_fetched(view, self.store)
        apart = [whole(one) for one in (fetched, models if view.models else []) if one]
        return (*apart, self.app_layer(rest, how, compiled))

    def app_layer(
        self, entries: Sequence[Entry], how: tuple[object, ...], make: Callable[[Path], list[Entry]]
    ) -> Blob:
        """Return the layer of what is made of entries, by an earlier build if of the same."""
        compression = self.job.wishes.compression
        key = f"app {compression} {digest_entries(entries, hashed=_HASHED)} {how}"
        if known := self.store.recall(key):
            return known[0]
        with self.store.scratch() as work:
            blob = write_layer(make(work), self.store, compression)
        self.store.note(key, [asdict(blob)])
        return blob

    def fixed_layers(self, arch: Arch, base: BaseImage) -> tuple[Blob, ...]:
        """Return the layers below: they change with base, lock, plan or assembler only."""
        view, store, folder = self.view, self.store, self.job.folder
        build = next(one for one in view.builds if one.platform == arch.platform)
        read = [folder / path for path, _ in build.files]
        read += [folder / build.lock] if build.wheels or build.pure else []
        read += [folder / one.source for one in build.local]
        made_from = [
            *(base.digest, __version__, digest_program(), self.tools.python),
            *(view.python, view.moment),
            self.job.wishes.compression,
            *(hashlib.sha256(path.read_bytes()).hexdigest() for path in read),
            *(view.assembly, view.root_dropped, view.accounts, view.root_touched, view.layers),
            *(view.uid, view.home, view.workdir, view.interpreter, view.pip_wheels),
            *(view.assembled, view.cut, build.selection, self.added(build.platform)),
            *(build.pure, build.repositories),
            self.job.apt_sources.read_text("utf-8") if self.job.apt_sources else "",
        ]
        key = f"fixed {hashlib.sha256(json.dumps(made_from).encode()).hexdigest()}"
        if known := self.store.recall(key):
            return known
        layers = self.make_layers(build, base)
        store.note(key, [asdict(one) for one in layers])
        return layers

    def added(self, platform: str) -> tuple[str, ...]:
        """Return the packages of the distribution that the base of a target gets."""
        names = {"base", f"base-{platform.removeprefix('linux/').replace('/', '')}"}
        return next((one.system for one in self.view.bases if one.name in names), ())

    def make_layers(self, build: BuildStage, base: BaseImage) -> tuple[Blob, ...]:
        """Do the steps of the Dockerfile's stages up to the application, side by side."""
        view, store, step, name = self.view, self.store, self.timer.step, build.platform
        with store.scratch() as work, ThreadPoolExecutor() as pool:

            def install() -> None:
                with step(f"{name} packages"):
                    folder, files = self.job.folder, work / "files"
                    fetch_wheels(view, build, folder, files, self.tools)
                    install_packages(view, build, folder, work, self.tools)

            packages = pool.submit(install)
            with step(f"{name} files of the base"):
                keep_layers(view.reference, base, self.source, store)
                under = known = unpack_base(base, store) if view.assembled else None
            if under and (names := self.added(name)):
                with step(f"{name} packages of the distribution"):
                    client = Client(store=store, certificates=self.job.wishes.certificates)
                    arch, own = next(a for a in Arch if a.platform == name), self.job.apt_sources
                    debs = find_packages(under, names, arch, client, own)
                    under = lay_packages(under, debs, client, work / "root")
            layers, how = [], (store, self.job.wishes.compression)
            if under and not view.cut:
                layers.append(pool.submit(write_layer, list(make_root(under, view, work)), *how))
            packages.result()
            with step(f"{name} putting it together"):
                roots = (under.folder, known.folder) if under and known and view.cut else None
                made = assemble(view, roots, work, self.tools)
            order = ["base", *view.layers] if under and view.cut else view.layers
            with step(f"{name} layers"):
                layers += [pool.submit(write_layer, made[one], *how) for one in order]
                found = tuple(one.result() for one in layers)
        return found if view.assembled else (*base.layers, *found)


def make_config(
    view: TemplateContext, arch: Arch, base: BaseImage, layers: Sequence[Blob], moment: int
) -> dict[str, Any]:
    """Return the configuration, as OCI spells what the Dockerfile's last stage says."""
    under = {} if view.assembled else dict(base.config.get("config") or {})
    below = [_PATH] if view.assembled else under.get("Env") or ()  # what BuildKit begins with
    named = {text.partition("=")[0]: text for text in below}
    named |= {name: f"{name}={value}" for name, value in view.environment}
    run = {
        **{key: under[key] for key in ("ExposedPorts", "Volumes") if under.get(key)},
        "User": view.owner,
        **({"ExposedPorts": {f"{view.port}/tcp": {}}} if view.port is not None else {}),
        "Env": list(named.values()),
        "Cmd": list(view.command),
        "ArgsEscaped": True,  # of Windows only; BuildKit writes it everywhere
        **({"Healthcheck": _health(view)} if view.health else {}),
        **({"Volumes": {path: {} for path in view.volumes}} if view.volumes else {}),
        "WorkingDir": view.starts_in,
        "Labels": {**(under.get("Labels") or {}), **dict(view.labels)},
        **({"StopSignal": view.stop_signal} if view.stop_signal else {}),
    }
    created = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    past = [] if view.assembled else list(base.config.get("history") or ())
    fresh = layers[len(base.layers) :] if past else layers
    made = [*(["base"] if view.assembled else []), *view.layers]
    made += [*(["fetched"] if view.fetched else []), *(["models"] if view.models else [])]
    made += ["application"]
    history = [
        {"created": created, "created_by": f"leanscaffold: {name}", "comment": "leanscaffold"}
        for name, _ in zip(made, fresh, strict=False)
    ]
    return {
        "created": created,
        **platform_of(arch),
        "config": run,
        "rootfs": {"type": "layers", "diff_ids": [one.diff for one in layers]},
        "history": [*past, *history],
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
        push_images(images, job.goal, store, job.environ, cert=job.wishes.certificates)


def _describe(order: BuildRequest, image: Image, steps: Sequence[Step], seconds: float) -> Built:
    files = [one.files for one in image.layers]
    return Built(
        order=order,
        image=image.manifest.digest if order.push else image.config.digest,
        steps=tuple(steps),
        seconds=seconds,
        size=sum(files) if all(files) else None,
    )
