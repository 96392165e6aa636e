"""What is sent to a device, and how it is to run there."""

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast
from uuid import uuid4

import pytest
from docker.errors import ImageNotFound

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge
from scaffold.cli.deploy import read_variables
from scaffold.docker.blob_store import LAYER, Store
from scaffold.docker.oci import CONFIG, MANIFEST, Image, dump, write_archive
from scaffold.engineless.deploy import Deployed, Deployment, RunCompose, deploy, run_settings
from scaffold.engineless.saved_images import count_known, read_saved, write_missing
from scaffold.model.errors import EngineError, UsageError
from scaffold.model.hardware import Group, Hardware, HostAccess, Rights
from scaffold.model.target import Arch

if TYPE_CHECKING:
    from docker import DockerClient

GPIO = Hardware(
    path="/dev/gpiochip0",
    variable="GPIOCHIP0",
    why="",
    group=Group(name="gpio", variable="GPIO_GID"),
)
BUS = Hardware(path="/run/dbus/system_bus_socket", variable="BUS", why="")
USB = Hardware(path="/dev/bus/usb", variable="USB", why="", rule="c 189:* rmw")


def tarred(data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo("data")
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def write_image(folder: Path, arch: str = "arm64", app: bytes = b"apps") -> Path:
    store = Store(folder / "store")
    layers = tuple(store.add(tarred(text * 2000), LAYER) for text in (b"base", b"pack", app))
    config = {
        "architecture": arch,
        "os": "linux",
        "config": {
            "Env": ["HOME=/home/app", "A=b"],
            "ExposedPorts": {"8000/tcp": {}},
            "Healthcheck": {"Test": ["CMD", "x"]},
            "Volumes": {"/var/lib/app": {}},
        },
        "rootfs": {"type": "layers", "diff_ids": [one.digest for one in layers]},
    }
    made = store.add(dump(config), CONFIG)
    manifest = {"config": made.describe(), "layers": [one.describe() for one in layers]}
    image = Image(
        arch=Arch.ARM64,
        tag="app:latest",
        manifest=store.add(dump(manifest), MANIFEST),
        config=made,
        layers=layers,
    )
    write_archive(folder / "app.tar", [image], store)
    return folder / "app.tar"


@pytest.mark.parametrize(
    ("images", "known"),
    [
        ([], 0),
        ([["a"], ["x", "b", "c"]], 1),
        ([["a", "b", "other"], ["a"]], 2),
        ([["a", "b", "c", "d"]], 3),
        ([["b", "c"]], 0),
    ],
)
def test_an_engine_has_a_layer_only_on_those_below_it(images: list[list[str]], known: int) -> None:
    assert count_known(["a", "b", "c"], images) == known


def test_what_the_device_has_does_not_travel(tmp_path: Path) -> None:
    archive = write_image(tmp_path)
    saved = read_saved(archive, [Arch.AMD64, Arch.ARM64])
    assert (saved.tag, len(saved.diffs)) == ("app:latest", 3)
    size = write_missing(archive, saved.layers[:2], tmp_path / "part.tar")
    assert size < archive.stat().st_size - 16_000
    with tarfile.open(archive) as whole, tarfile.open(tmp_path / "part.tar") as part:
        assert set(whole.getnames()) - set(part.getnames()) == set(saved.layers[:2])


def test_an_archive_for_another_processor_or_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is for arm64, the device runs amd64"):
        read_saved(write_image(tmp_path), [Arch.AMD64])
    (tmp_path / "no.tar").write_text("x")
    with pytest.raises(UsageError, match="not an archive of an image") as raised:
        read_saved(tmp_path / "no.tar", [Arch.AMD64])
    assert "\n" not in raised.value.cause
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_saved(tmp_path / "none.tar", [Arch.AMD64])


def test_an_archive_names_the_container_where_no_project_does(tmp_path: Path) -> None:
    saved = read_saved(write_image(tmp_path), [Arch.ARM64])
    assert saved.name == "app"
    assert replace(saved, tag="registry.example:5000/team/shop:1").name == "shop"


def test_it_runs_as_the_compose_file_says(tmp_path: Path) -> None:
    saved = read_saved(write_image(tmp_path), [Arch.ARM64])
    (tmp_path / ".env").write_text("# no\nGPIO_GID=997\nGPIOCHIP0='/dev/gpiochip4'\nTEXT=a=b\n")
    job = Deployment(
        archive=tmp_path / "app.tar",
        name="app",
        memory=512 << 20,
        cpus=3.5,
        access=HostAccess(
            hardware=(GPIO, BUS, USB),
            variables={"LG_WD": "/tmp", "TEXT": "ours"},  # noqa: S108 - in the container
            security=("systempaths=unconfined",),
        ),
        environment=read_variables(tmp_path / ".env"),
        patience=60,
    )
    found = run_settings(job, saved)
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert found["ports"] == {"8000/tcp": 8000}
    kept = ["app_home:/home/app", "app_var-lib-app:/var/lib/app"]
    assert found["volumes"] == [*kept, *(f"{one.path}:{one.path}:ro" for one in (BUS, USB))]
    assert found["device_cgroup_rules"] == [USB.rule]
    assert found["security_opt"] == ["no-new-privileges:true", "systempaths=unconfined"]
    assert found["devices"] == ["/dev/gpiochip4:/dev/gpiochip0"]
    assert found["group_add"] == ["997"]
    assert found["environment"]["TEXT"] == "a=b"
    assert found["environment"]["LG_WD"] == "/tmp"  # noqa: S108 - in the container
    assert (found["mem_limit"], found["nano_cpus"]) == (512 << 20, 3_500_000_000)
    assert list(found["tmpfs"].values()) == [f"size={64 << 20},mode=1777"]
    assert not {"runtime", "user", "network_mode", "shm_size"} & set(found)
    rights = Rights(user="0", capabilities=("NET_RAW",), network="host")
    granted = run_settings(
        replace(job, access=replace(job.access, rights=rights, shares="workers")), saved
    )
    assert (granted["user"], granted["network_mode"]) == ("0", "host")
    assert granted["cap_add"] == ["NET_RAW", "DAC_OVERRIDE"]
    assert granted["shm_size"] == 256 << 20
    assert "ports" not in granted
    cuda = load_facts(knowledge()).accelerators["cuda"]
    used = run_settings(replace(job, accelerator=cuda), saved)
    assert used["runtime"] == "nvidia"
    assert used["environment"] == {**cuda.variables, **found["environment"]}
    with pytest.raises(UsageError, match="group gpio") as raised:
        run_settings(replace(job, environment={}), saved)
    assert "stat -c GPIO_GID=%g /dev/gpiochip0" in raised.value.hint


class Killed(BaseException):
    """What happens to a client that is no more."""


class FakeEngine:
    """An engine in memory that keeps containers and images by name, as the SDK shows them.

    ``health`` is what the next container says of itself; ``partial`` whether it loads archives
    without layers that it has.
    """

    def __init__(self, *, partial: bool = True) -> None:
        self.named: dict[str, FakeContainer] = {}
        self.tags: dict[str, str] = {}
        self.known: dict[str, tuple[str, ...]] = {}
        self.loaded: list[set[str]] = []
        self.health = "healthy"
        self.partial = partial
        self.numbers = count()
        self.left = 10_000  # changes that the client lives to ask for
        self.interrupted = False
        self.timeout = 60
        self.api = self.images = self.containers = self

    def change(self) -> None:
        if not self.left:
            raise Killed
        self.left -= 1

    def load_image(self, file: IO[bytes], *, quiet: bool) -> list[dict[str, str]]:
        self.change()
        assert quiet
        with tarfile.open(fileobj=file) as tar:
            names = set(tar.getnames())
            saved = read_saved(Path(file.name), [Arch.ARM64])
        self.loaded.append(names)
        if self.interrupted:
            self.known["sha256:new"], self.tags[saved.tag] = saved.diffs, "sha256:new"
            raise KeyboardInterrupt
        if not set(saved.layers) <= names and not self.partial:
            return [{"error": "lacks a blob"}]
        identity = f"sha256:{next(self.numbers)}"
        self.known[identity] = saved.diffs
        self.tags[saved.tag] = identity
        return []

    def list(self, *, filters: Mapping[str, str] | None = None, **_: bool) -> list[Any]:
        if filters:
            return [one for one in self.named.values() if filters["label"] in one.labels]
        return [FakeImage(engine=self, id=one) for one in self.known]

    def get(self, name: str) -> Any:
        if name in self.named:
            return self.named[name]
        if name in self.tags or name in self.known:
            return FakeImage(engine=self, id=self.tags.get(name, name))
        raise ImageNotFound(name)

    def create(self, **settings: Any) -> "FakeContainer":
        self.change()
        made = FakeContainer(engine=self, name=settings["name"], health=self.health)
        self.named[made.name] = made
        return made

    def remove(self, image: str) -> None:
        if image not in self.known and image not in self.tags:
            raise ImageNotFound(image)
        self.change()
        gone = self.tags.pop(image, image)
        if image in self.known or gone not in self.tags.values():
            del self.known[gone]
            self.tags = {tag: one for tag, one in self.tags.items() if one != gone}


@dataclass(kw_only=True)
class FakeImage:
    engine: FakeEngine
    id: str

    @property
    def attrs(self) -> dict[str, Any]:
        return {"RootFS": {"Layers": self.engine.known[self.id]}}

    def tag(self, name: str, tag: str = "") -> None:
        self.engine.change()
        self.engine.tags[f"{name}:{tag}" if tag else name] = self.id


@dataclass(kw_only=True)
class FakeContainer:
    engine: FakeEngine
    name: str
    health: str
    running: bool = False
    id: str = field(default_factory=lambda: uuid4().hex)
    image: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def attrs(self) -> dict[str, Any]:
        health = {"Status": self.health}
        return {
            "Image": self.image,
            "State": {"Running": self.running, "ExitCode": 1, "Health": health},
        }

    def start(self) -> None:
        self.engine.change()
        self.running = True

    def stop(self) -> None:
        self.engine.change()
        self.running = False

    def restart(self) -> None:
        self.health = "healthy"

    def rename(self, name: str) -> None:
        self.engine.change()
        self.engine.named[name] = self.engine.named.pop(self.name)
        self.name = name

    def remove(self, *, force: bool = False) -> None:
        self.engine.change()
        assert force or not self.running
        del self.engine.named[self.name]

    def reload(self) -> None:
        pass

    def logs(self, tail: int) -> bytes:
        return b"what it said" * bool(tail)


def deploy_to(
    engine: FakeEngine,
    folder: Path,
    app: bytes,
    room: int | None = None,
    compose: RunCompose | None = None,
) -> Deployed:
    archive = write_image(folder, app=app)
    job = Deployment(
        archive=archive,
        name="app",
        memory=None,
        cpus=None,
        access=HostAccess(),
        environment={},
        patience=60,
        compose=compose,
    )
    return deploy(job, cast("DockerClient", engine), [Arch.ARM64], lambda _: None, lambda: room)


@pytest.mark.parametrize("partial", [True, False])
def test_an_edit_replaces_what_runs_and_sends_its_layer_alone(
    tmp_path: Path, *, partial: bool
) -> None:
    engine = FakeEngine(partial=partial)
    first = deploy_to(engine, tmp_path, b"apps")
    edited = [deploy_to(engine, tmp_path, text) for text in (b"edit", b"more")]
    assert not first.replaced
    assert all(one.replaced for one in edited)
    assert first.moved == first.whole
    assert (edited[0].moved < edited[0].whole) is partial
    assert [(one.name, one.running) for one in engine.named.values()] == [("app", True)]
    assert engine.tags == {"app:latest": "sha256:2", "app:previous": "sha256:1"}
    assert set(engine.known) == {"sha256:1", "sha256:2"}


def test_what_does_not_get_healthy_gives_way_to_the_old_one(tmp_path: Path) -> None:
    engine = FakeEngine()
    deploy_to(engine, tmp_path, b"apps")
    old = engine.named["app"]
    engine.health = "unhealthy"
    with pytest.raises(EngineError, match="it was unhealthy") as raised:
        deploy_to(engine, tmp_path, b"edit")
    assert [one.text for one in raised.value.details] == ["what it said"]
    assert engine.named == {"app": old}
    assert old.running
    assert engine.tags["app:latest"] == "sha256:0"


@pytest.mark.parametrize("earlier", [True, False])
def test_compose_starts_it_and_goes_back_to_the_file_and_image_before(
    tmp_path: Path, *, earlier: bool
) -> None:
    engine, memory = FakeEngine(), ["64m"]
    project = "com.docker.compose.project=site"

    def compose(words: Sequence[str], text: str, image: str) -> str:
        if words[0] == "config":
            services = {"web": {"image": image, "mem_limit": memory[0]}, "db": {"image": "db:1"}}
            return json.dumps({"name": "site", "services": services})
        web = json.loads(text)["services"]["web"]
        found = engine.named.pop("site-web-1", None)
        same = found and (found.image, found.labels["memory"]) == (
            engine.tags[image],
            web["mem_limit"],
        )
        if found and same and words[0] == "up":
            engine.named[found.name] = found
        elif words[0] == "up":
            labels = {project: "", **web.get("labels", {}), "memory": web["mem_limit"]}
            engine.named["site-web-1"] = FakeContainer(
                engine=engine,
                name="site-web-1",
                health="healthy" if web["mem_limit"] == "64m" else "unhealthy",
                running=True,
                image=engine.tags[image],
                labels=labels,
            )
        return ""

    if earlier:
        first = deploy_to(engine, tmp_path, b"apps", compose=compose)
        again = deploy_to(engine, tmp_path, b"edit", compose=compose)
        assert (first.replaced, again.replaced) == (False, True)
        assert again.container == "site-web-1"
        engine.named["site-web-1"].health = "unhealthy"  # since yesterday; it is started once more
        assert deploy_to(engine, tmp_path, b"edit", compose=compose).replaced
    before = {name: (one.image, one.labels["memory"]) for name, one in engine.named.items()}
    memory[0] = "1m"
    with pytest.raises(EngineError, match="it was unhealthy") as raised:
        deploy_to(engine, tmp_path, b"more", compose=compose)
    assert ("the previous one is running again" in raised.value.hint) is earlier
    after = {name: (one.image, one.labels["memory"]) for name, one in engine.named.items()}
    assert after == before


def test_a_first_one_that_is_not_well_leaves_nothing_behind(tmp_path: Path) -> None:
    engine = FakeEngine()
    engine.health = "unhealthy"
    with pytest.raises(EngineError, match="does not run there"):
        deploy_to(engine, tmp_path, b"apps")
    assert engine.named == {}


def test_what_does_not_fit_beside_the_old_one_is_not_sent(tmp_path: Path) -> None:
    engine = FakeEngine()
    deploy_to(engine, tmp_path, b"apps")
    with pytest.raises(EngineError, match=r"has 4\.1 kB free, and the new layers take"):
        deploy_to(engine, tmp_path, b"edit", room=4096)
    assert len(engine.loaded) == 1
    assert engine.named["app"].running
    assert deploy_to(engine, tmp_path, b"edit", room=1 << 20).replaced


def test_what_a_killed_run_stopped_runs_again_though_nothing_new_fits(tmp_path: Path) -> None:
    engine = FakeEngine()
    deploy_to(engine, tmp_path, b"apps")
    old = engine.named["app"]
    old.stop()
    old.rename("app-previous")
    with pytest.raises(EngineError, match="kB free"):
        deploy_to(engine, tmp_path, b"edit", room=4096)
    assert engine.named == {"app": old}
    assert old.running


@pytest.mark.parametrize("earlier", [True, False])
def test_an_interrupt_while_it_travels_leaves_the_old_one_and_nothing_behind(
    tmp_path: Path, *, earlier: bool
) -> None:
    engine = FakeEngine()
    if earlier:
        deploy_to(engine, tmp_path, b"apps")
    before = (dict(engine.named), dict(engine.tags), dict(engine.known))
    engine.interrupted = True
    with pytest.raises(KeyboardInterrupt):
        deploy_to(engine, tmp_path, b"edit")
    assert (engine.named, engine.tags, engine.known) == before
    assert all(one.running for one in engine.named.values())


@pytest.mark.parametrize("changes", range(12))
def test_a_deployment_that_is_killed_is_mended_by_the_next(tmp_path: Path, changes: int) -> None:
    engine = FakeEngine()
    deploy_to(engine, tmp_path, b"apps")
    engine.left = changes
    killed = True
    with suppress(Killed):
        deploy_to(engine, tmp_path, b"edit")
        killed = False
    engine.left = 10_000
    deploy_to(engine, tmp_path, b"edit")
    assert [(one.name, one.running) for one in engine.named.values()] == [("app", True)]
    assert (
        engine.known[engine.tags["app:latest"]]
        == read_saved(tmp_path / "app.tar", [Arch.ARM64]).diffs
    )
    # What was cut off was seen by nobody to run: it is not the image to go back to.
    assert set(engine.tags) == {"app:latest", "app:previous"}
    assert (engine.tags["app:previous"] == "sha256:0") is killed
    assert set(engine.known) == set(engine.tags.values())
