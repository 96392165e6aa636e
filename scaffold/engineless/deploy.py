"""Bring an image to a device: send the layers that it lacks, start it, wait, or go back."""

import json
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from docker.errors import APIError, ImageNotFound, NotFound
from docker.types import LogConfig

from scaffold.docker.containers import read_log, read_state
from scaffold.docker.oci import open_layer
from scaffold.engineless.saved_images import Saved, count_known, read_saved, write_missing
from scaffold.model.errors import Detail, EngineError, UsageError
from scaffold.model.hardware import HostAccess, groups_of, share_memory
from scaffold.model.image import in_blocks
from scaffold.model.knowledge import Accelerator
from scaffold.model.target import Arch, mega
from scaffold.planner.companions import name_volume

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

_ALIVE = 5.0  # seconds that an app without a health check has to run
_PAUSE = 0.5
_LOG_SHOWN = 20
_MEBI = 1 << 20
_TMP_SHARE, _TMP_MOST = 8, 256 * _MEBI  # as the compose file has it
_STARTED = "io.leanscaffold.compose"  # a label: the compose file that a container was started by
_BEGUN = "before"  # a tag: what ran before a deployment that is under way, or was cut off
_REFUSED = "fix what is reported above and deploy again; the running container was not changed"

# Runs ``docker compose`` for the device: arguments, a text instead of the file if not empty, IMAGE.
RunCompose = Callable[[Sequence[str], str, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What is to run on a device; ``memory`` in bytes and ``cpus`` are limits, None for none.

    ``environment`` is what .env says: variables of the app, and of the device's files.
    """

    archive: Path
    name: str
    environment: Mapping[str, str]
    patience: float  # seconds until it has to be healthy
    memory: int | None = None
    cpus: float | None = None
    access: HostAccess = field(default_factory=HostAccess)
    accelerator: Accelerator | None = None  # one that its packages use
    compose: RunCompose | None = None  # starts it, instead of the engine by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """How it ended: bytes that travelled of those that the image has, and how long it took."""

    container: str
    image: str
    moved: int
    whole: int
    seconds: float
    replaced: bool


def run_settings(job: Deployment, saved: Saved) -> dict[str, Any]:
    """Return how the engine runs it, as the compose file says. Raises UsageError."""
    run = saved.config["config"]
    variables = dict(text.split("=", 1) for text in run.get("Env") or () if "=" in text)
    ports = {port: int(port.partition("/")[0]) for port in run.get("ExposedPorts") or ()}
    if "PORT" in job.environment and len(ports) == 1:
        ports = dict.fromkeys(ports, int(job.environment["PORT"]))
    groups = []
    for group, path in groups_of(job.access.hardware):
        number = job.environment.get(group.variable, group.number)
        if number is None:
            raise UsageError(
                f"the number of the device's group {group.name} is not known",
                hint=f"write into .env what `stat -c {group.variable}=%g {path}` says there",
            )
        groups.append(str(number))
    # By names: what a container without a name for it leaves is lost with the next.
    kept = {"home": variables["HOME"]} if "HOME" in variables else {}
    kept |= {name_volume(path): path for path in run.get("Volumes") or {}}
    used, rights = job.accelerator, job.access.rights
    tmp = min(_TMP_MOST, job.memory // _TMP_SHARE) if job.memory else _TMP_MOST
    return {
        "name": job.name,
        "image": saved.tag,
        "detach": True,
        "init": True,
        "environment": {
            **(used.variables if used else {}),
            **job.access.variables,
            **job.environment,
        },
        **({"runtime": used.runtime} if used and used.runtime else {}),
        **({"network_mode": rights.network} if rights.network else {"ports": ports}),
        **({"user": rights.user} if rights.user else {}),
        "cap_add": list(rights.added),
        **({"shm_size": share_memory(job.memory)} if job.access.shares else {}),
        "restart_policy": {"Name": "unless-stopped" if run.get("Healthcheck") else "on-failure"},
        "read_only": True,
        "tmpfs": {"/tmp": f"size={tmp},mode=1777"},  # noqa: S108 - a path inside the image
        "volumes": [
            *(f"{job.name}_{name}:{path}" for name, path in kept.items()),
            *(f"{one.path}:{one.path}:ro" for one in job.access.hardware if one.mounted),
        ],
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true", *job.access.security],
        "device_cgroup_rules": list(job.access.rules),
        "devices": [
            f"{job.environment.get(one.variable, one.path)}:{one.path}"
            for one in job.access.hardware
            if not one.mounted
        ],
        "group_add": groups,
        "log_config": LogConfig(type="local"),
        **({"mem_limit": job.memory} if job.memory else {}),
        **({"nano_cpus": int(job.cpus * 1e9)} if job.cpus else {}),
    }


class _Compose:
    """What a compose file starts, with the file itself as a label to go back to."""

    def __init__(self, run: RunCompose, client: "DockerClient", saved: Saved) -> None:
        self._run, self._client, self._tag = run, client, saved.tag
        found = json.loads(run(["config", "--format", "json"], "", saved.tag))
        self._mine = [one for one in found["services"].values() if one.get("image") == saved.tag]
        if not self._mine:
            raise UsageError(
                f"no service of the compose file runs the image {saved.tag}",
                hint="write `image: ${IMAGE}` there, or leave out --compose",
            )
        self._text = json.dumps(found)
        self._project = f"com.docker.compose.project={found['name']}"
        for one in self._mine:
            one["labels"] = {**one.get("labels", {}), _STARTED: self._text.replace("$", "$$")}
        self._labelled = json.dumps(found)
        self.replaces = frozenset(one.id for one in self._list())
        before = [one.labels for one in self._list() if _STARTED in one.labels]
        self._before = before[0][_STARTED] if before else self._text if self.replaces else ""

    def _list(self) -> "list[Container]":
        return self._client.containers.list(all=True, filters={"label": self._project})

    def start(self) -> "list[Container]":
        """Start what is in the file, and return the containers of the image."""
        self._up(self._labelled)
        image = _image_id(self._client, self._tag)
        found = [one for one in self._list() if one.attrs["Image"] == image]
        for one in found:
            if one.id in self.replaces:  # nothing changed, but it may be unhealthy since long
                one.restart()
        return found

    def restore(self) -> None:
        """Start the image that has the tag now, by the file that started what ran before."""
        if self._before:
            self._up(self._before)
        else:
            self._run(["down"], self._text, self._tag)

    def _up(self, text: str) -> None:
        self._run(["up", "--detach", "--no-build"], text, self._tag)


def deploy(
    job: Deployment,
    client: "DockerClient",
    arches: Iterable[Arch],
    tell: Callable[[str], None],
    measure_room: Callable[[], int | None] = lambda: None,
) -> Deployed:
    """Run an image on an engine in place of the one of that name, and go back if it is not well.

    ``measure_room`` returns the bytes that are free there, None where nobody can tell. Raises
    UsageError before anything moves, EngineError with the log's end after going back.
    """
    begun = time.monotonic()
    saved = read_saved(job.archive, arches)
    composed = _Compose(job.compose, client, saved) if job.compose else None
    begin = composed.start if composed else partial(_run, client, run_settings(job, saved))
    repository = saved.tag.rpartition(":")[0]
    # Of a run that was cut off the image by the tag is one that nobody saw run.
    tagged = _image_id(client, saved.tag)
    before = _image_id(client, f"{repository}:{_BEGUN}") or tagged
    old = _find(client, job.name)
    images = [one.attrs.get("RootFS", {}).get("Layers") or () for one in client.images.list()]
    known = min(count_known(saved.diffs, images), len(saved.layers) - 1)
    spare = f"{job.name}-previous"
    if (left := _find(client, spare)) is not None:
        # Of a run that was killed, or whose link broke: what ran before is what is known to run.
        if old is not None:
            old.remove(force=True)
        left.rename(job.name)
        left.start()
        old = left
    _check_room(job.archive, saved.layers[known:], measure_room())
    try:
        if before:
            client.images.get(before).tag(repository, _BEGUN)
        tell("sending what the device lacks")
        moved = _send(job.archive, saved, known, client)
        tell("starting it")
        if old is not None:
            old.stop()
            old.rename(spare)
        names = _start(begin, job.patience, tell, back=bool(before if composed else old))
    except BaseException:  # Ctrl-C, too
        with _image_gone(client, saved.tag, before):
            if composed:
                composed.restore()
            _restore(client, job.name, old)
            _untag(client, f"{repository}:{_BEGUN}")
        raise
    if old is not None:
        old.remove()
    if before and before != _image_id(client, saved.tag):
        _keep_previous(client, before, repository)
    _untag(client, f"{repository}:{_BEGUN}")
    if tagged not in {"", before, _image_id(client, saved.tag)}:
        _remove(client, tagged)
    return Deployed(
        container=", ".join(names),
        image=_image_id(client, saved.tag),
        moved=moved,
        whole=job.archive.stat().st_size,
        seconds=time.monotonic() - begun,
        replaced=old is not None or bool(composed and composed.replaces),
    )


@contextmanager
def _image_gone(client: "DockerClient", tag: str, before: str) -> Iterator[None]:
    """Give a tag back to the image that had it before, and remove the other at the end."""
    sent = _image_id(client, tag)
    if before:
        client.images.get(before).tag(tag)
    yield
    if sent not in {"", before}:
        _remove(client, sent)


def _run(client: "DockerClient", settings: Mapping[str, Any]) -> "list[Container]":
    new = client.containers.create(**settings)
    new.start()
    return [new]


def _start(
    begin: "Callable[[], list[Container]]",
    patience: float,
    tell: Callable[[str], None],
    *,
    back: bool,
) -> list[str]:
    """Run containers until all are well; return their names. Raises EngineError with a log."""
    log: list[str] = []
    why, names = "", []
    try:
        for new in begin():
            names.append(str(new.name))
            why = why or _wait(new, patience, tell)
            log = log or (read_log(new).splitlines() if why else [])
    except APIError as error:
        why = str(error.explanation or error)
    except EngineError as error:
        why, log = error.cause, [one.text for one in error.details]
    if why:
        runs = "the previous one is running again; " if back else ""
        raise EngineError(
            f"the new image does not run there: {why}",
            hint=f"{runs}`leanscaffold verify --on` tries an image beside it",
            details=[Detail(text=line) for line in log[-_LOG_SHOWN:]],
        )
    return names


def _restore(client: "DockerClient", name: str, old: "Container | None") -> None:
    """Remove what was started, and start the old container under its name."""
    if old is not None:
        old.reload()
    if old is None or old.name != name:
        if (new := _find(client, name)) is not None:
            new.remove(force=True)
        if old is not None:
            old.rename(name)
    if old is not None:
        old.start()


def _keep_previous(client: "DockerClient", image: str, repository: str) -> None:
    """Keep one image before this one by a name, and remove the one before that."""
    last = _image_id(client, f"{repository}:previous")
    client.images.get(image).tag(repository, "previous")
    if last not in {"", image}:
        _remove(client, last)


def _wait(container: "Container", patience: float, tell: Callable[[str], None]) -> str:
    """Return why a container is not well, empty if it is."""
    tell("waiting until it is healthy")
    begun = time.monotonic()
    while True:
        state = read_state(container)
        passed = time.monotonic() - begun
        health = (state.get("Health") or {}).get("Status")
        if not state["Running"] or state.get("Restarting"):
            return f"it ended with {state['ExitCode']} after {passed:.0f} s"
        if health == "healthy" or (health is None and passed > min(_ALIVE, patience)):
            return ""
        if health == "unhealthy" or passed > patience:
            return f"it was {health} after {passed:.0f} s"
        time.sleep(_PAUSE)


def _check_room(archive: Path, layers: Sequence[str], room: int | None) -> None:
    """Raise EngineError where new layers do not fit beside what a device has."""
    if room is None:
        return
    needed = 0
    with tarfile.open(archive) as tar:
        for name in layers:
            packed = tar.getmember(name)
            needed += in_blocks(packed.size)  # an engine keeps it until it is unpacked
            with open_layer(cast("IO[bytes]", tar.extractfile(packed))) as layer:
                needed += sum(in_blocks(one.size) for one in layer)
    if needed > room:
        raise EngineError(
            f"the device has {mega(room)} free, and the new layers take "
            f"{mega(needed)} beside the old image",
            hint="`docker image prune` there, or a smaller image; nothing was changed",
        )


def _send(archive: Path, saved: Saved, known: int, client: "DockerClient") -> int:
    """Load an image, without the layers that the engine has if it takes that; return the bytes."""
    needed = saved.layers[known:]
    sent, error = 0, ""
    with tempfile.TemporaryDirectory(prefix="leanscaffold-") as folder:
        parts = [one for one in saved.layers[:known] if one not in needed]
        for left_out in (parts, []) if parts else ([],):
            goal = Path(folder) / "part.tar" if left_out else archive
            sent += write_missing(archive, left_out, goal) if left_out else goal.stat().st_size
            error = _load(client, goal)
            if not error and _has(client, saved):
                return sent
    raise EngineError(
        f"the device does not accept the image: {error or 'no reason'}", hint=_REFUSED
    )


def _load(client: "DockerClient", archive: Path) -> str:
    """Load an archive, and return what the engine has against it."""
    before = client.api.timeout
    client.api.timeout = 3600
    try:
        with archive.open("rb") as file:
            loading: Any = client.api
            rows = list(loading.load_image(file, quiet=True))
    except APIError as error:
        return str(error.explanation or error)
    finally:
        client.api.timeout = before
    return next((str(row["error"]) for row in rows if "error" in row), "")


def _has(client: "DockerClient", saved: Saved) -> bool:
    try:
        return tuple(client.images.get(saved.tag).attrs["RootFS"]["Layers"]) == saved.diffs
    except ImageNotFound:
        return False


def _remove(client: "DockerClient", image: str) -> None:
    with suppress(APIError):  # something else uses it
        client.images.remove(image)


def _untag(client: "DockerClient", tag: str) -> None:
    with suppress(ImageNotFound):
        client.images.remove(tag)


def _image_id(client: "DockerClient", tag: str) -> str:
    with suppress(ImageNotFound):
        return str(client.images.get(tag).id)
    return ""


def _find(client: "DockerClient", name: str) -> "Container | None":
    with suppress(NotFound):
        return client.containers.get(name)
    return None
