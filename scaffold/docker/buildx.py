"""Running buildx: its progress, line by line, and its result."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from scaffold.docker.build_errors import (
    BUILDX_HINT,
    CONTAINER_BUILDER,
    NO_ENGINE_HINT,
    OLD_HINT,
    OLDEST_API,
    OLDEST_BUILDX,
    explain_failure,
)
from scaffold.docker.buildkit_progress import Log, PlainLog, RawLog, join_tries, own_steps
from scaffold.docker.buildx_arguments import (
    bake_argv,
    bake_targets,
    bake_text,
    build_argv,
    docker_argv,
    join_argv,
    raw_manifest_argv,
)
from scaffold.model.build import BuildRequest, Built, Progress, Step, zstd_level
from scaffold.model.errors import (
    BuildError,
    BuildxMissingError,
    Detail,
    DockerMissingError,
    EngineOldError,
    LayerLostError,
    LeanscaffoldError,
    UsageError,
)

# Before, messages for people came in between (docker/buildx, pull request 2252).
_RAW_SINCE = (0, 13)
_GRACE = 15.0  # seconds that an interrupted build has to end by itself
_VERSION = re.compile(r"\bv?(\d+)\.(\d+)\.\d+")

Watch = Callable[[Progress], None]


def find_buildx(environ: Mapping[str, str] = os.environ) -> tuple[int, int]:
    """Return buildx's version. Raises DockerMissingError, BuildxMissingError, EngineOldError.

    Where buildx is missing the error says whether an engine is, too: all is installed at once.
    """
    docker = shutil.which("docker", path=environ.get("PATH"))
    if docker is None:
        raise DockerMissingError(
            "there is no docker command on the PATH",
            hint="install Docker Engine or Docker Desktop (docs.docker.com/engine/install); the "
            "package docker-ce-cli is enough where the engine is elsewhere",
        )

    def ask(*words: str) -> str:
        done = subprocess.run(  # noqa: S603 - the user's own docker, with words of ours
            [docker, *words], env=dict(environ), capture_output=True, text=True, check=False
        )
        return "" if done.returncode else done.stdout.strip()

    told = ask("buildx", "version")
    match = _VERSION.search(told)
    if "buildx" not in told:
        engine = ask("version", "--format={{.Server.Version}}")
        details = [] if engine else [Detail(text=f"no Docker Engine answers: {NO_ENGINE_HINT}")]
        raise BuildxMissingError("docker has no buildx", hint=BUILDX_HINT, details=details)
    if match is None:  # built from source without a version: as new as can be
        return _RAW_SINCE
    version = int(match[1]), int(match[2])
    if version < OLDEST_BUILDX:
        raise EngineOldError(f"buildx {match[0]} is too old", hint=OLD_HINT)
    return version


def build(
    orders: Sequence[BuildRequest], watch: Watch, *, environ: Mapping[str, str] = os.environ
) -> tuple[Built, ...]:
    """Build all images, several of them in one bake, and return them in the order asked for.

    ``watch`` is told all that happens. ``Built.image`` is what buildx names: for a pushed image
    the digest that its tag now has, otherwise that of the image's configuration.

    An engine that loses a layer while it stores the image (moby/moby, issue 41595) is asked twice
    more. Raises an EngineError, or a BuildError with what the failing step printed last. On
    KeyboardInterrupt, SIGTERM or SIGHUP the build is stopped first, and no file is left behind.
    """
    raw = find_buildx(environ) >= _RAW_SINCE
    if orders and orders[0].push and zstd_level(orders[0].compression) is not None:
        _refuse_gzip_only(orders[0], environ)
    begin = time.monotonic()
    # Most often all steps are cached by now. But the cache, too, may name a layer that is gone.
    cached = [replace(order, fresh=False) for order in orders]
    fresh = [replace(order, fresh=True) for order in orders]
    with stopped_by_signals():
        result, steps = _persist((orders, cached, fresh), watch, environ, raw=raw)
    return _results(orders, result, steps, time.monotonic() - begin)


def _refuse_gzip_only(order: BuildRequest, environ: Mapping[str, str]) -> None:
    """Raise UsageError for a builder that pushes gzip whatever it is asked for: Docker's own."""
    named = (order.builder,) if order.builder else ()
    said = _ask((*docker_argv(order.engine), "buildx", "inspect", *named), environ)
    if not re.search(rb"^Driver:\s+docker$", said, re.MULTILINE):
        return
    status = _ask((*docker_argv(order.engine), "info", "--format={{json .DriverStatus}}"), environ)
    if b"io.containerd.snapshotter" not in status:
        raise UsageError(
            "the engine's own builder pushes gzip, whatever --compression says",
            hint=f"write it without an engine (--to {order.tag} instead of --push), or take a "
            f"builder that can: `{CONTAINER_BUILDER}`, and --builder lean",
        )


def _persist(
    tries: Sequence[Sequence[BuildRequest]], watch: Watch, environ: Mapping[str, str], *, raw: bool
) -> tuple[dict[str, Any], tuple[Step, ...]]:
    """Build, the next way if a layer is lost; return buildx's metadata and the steps of all."""
    log: Log = RawLog() if raw else PlainLog()
    try:
        result = _build_once(tries[0], log, watch, environ, raw=raw)
    except LayerLostError:
        if len(tries) == 1:
            raise
        result, later = _persist(tries[1:], watch, environ, raw=raw)
        return result, join_tries(log.steps(), later)
    return result, log.steps()


def _build_once(
    orders: Sequence[BuildRequest], log: Log, watch: Watch, environ: Mapping[str, str], *, raw: bool
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="leanscaffold-") as folder:
        metadata = Path(folder, "metadata.json")
        argv = _argv(orders, Path(folder), metadata, "rawjson" if raw else "plain")
        if _run(argv, log, watch, environ):
            raise _explain(log, orders[0].engine, environ)
        return dict(json.loads(metadata.read_text("utf-8")))


def _explain(log: Log, engine: str, environ: Mapping[str, str]) -> LeanscaffoldError:
    """Return why a build failed; what an engine says that is too old is nothing to go by."""
    error = explain_failure(log.said, log.failed())
    if type(error) is BuildError:
        argv = [*docker_argv(engine), "version", "--format", "{{.Server.APIVersion}}"]
        done = subprocess.run(  # noqa: S603 - a list, no shell
            argv, env=dict(environ), capture_output=True, text=True, check=False
        )
        api = re.fullmatch(r"(\d+)\.(\d+)", done.stdout.strip())
        if api and (int(api[1]), int(api[2])) < OLDEST_API:
            return EngineOldError(
                f"the engine only knows version {api[0]} of the API",
                hint=OLD_HINT,
                details=error.details,
            )
    return error


def join(
    tag: str, built: Sequence[Built], *, environ: Mapping[str, str] = os.environ
) -> tuple[Built, ...]:
    """Make one manifest list of pushed images; return its name. Raises EngineError, PushError."""
    order = built[0].order
    parts = [one.order.tag for one in built]
    argv = join_argv(tag, parts, engine=order.engine, builder=order.builder)
    _ask(argv, environ)
    manifest = _ask(raw_manifest_argv(tag, engine=order.engine, builder=order.builder), environ)
    digest = f"sha256:{hashlib.sha256(manifest).hexdigest()}"
    return tuple(replace(one, order=replace(one.order, tag=tag), image=digest) for one in built)


def _ask(argv: Sequence[str], environ: Mapping[str, str]) -> bytes:
    done = subprocess.run(  # noqa: S603 - a list, no shell
        argv, env=dict(environ), capture_output=True, check=False
    )
    if done.returncode:
        raise explain_failure(done.stderr.decode(errors="replace").splitlines(), None)
    return done.stdout


def _argv(
    orders: Sequence[BuildRequest], folder: Path, metadata: Path, progress: str
) -> tuple[str, ...]:
    if len(orders) == 1:
        return build_argv(orders[0], metadata=str(metadata), progress=progress)
    bake = folder / "docker-bake.json"
    bake.write_text(bake_text(orders), "utf-8")
    return bake_argv(orders, file=str(bake), metadata=str(metadata), progress=progress)


def _run(argv: Sequence[str], log: Log, watch: Watch, environ: Mapping[str, str]) -> int:
    # The bake file is ours, so what it reads need not be allowed one by one (buildx 0.20 notes).
    # buildx would ask git about the context, and git runs what a checkout's own settings name.
    env = {**environ, "BUILDX_BAKE_ENTITLEMENTS_FS": "0", "BUILDX_GIT_INFO": "0"}
    env.pop("BUILDX_GIT_LABELS", None)
    with subprocess.Popen(  # noqa: S603 - a list, no shell: each option is one word with its value
        argv,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stderr is not None  # noqa: S101 - a pipe was asked for
        try:
            for line in process.stderr:
                for happening in log.read(line):
                    watch(happening)
            return process.wait()
        except BaseException:
            _stop(process)
            raise


def _stop(process: "subprocess.Popen[str]") -> None:
    """End buildx the way Ctrl-C does, so that the engine stops too; by force if need be."""
    for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        with suppress(ProcessLookupError):
            process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            # Nobody reads what it still has to say, which must not keep it from ending.
            process.communicate(timeout=_GRACE)
            return


@contextmanager
def stopped_by_signals() -> Iterator[Callable[[], None]]:
    """Turn SIGTERM and SIGHUP into KeyboardInterrupt, so that everything is cleaned up.

    Who closes a terminal sends several; only the first counts, for cleaning up is not to be
    interrupted. What is yielded is called where cleaning up begins: from then on none counts. A
    signal that is ignored (`nohup`) stays so. Elsewhere than in the main thread, Python cannot:
    then nothing changes.
    """
    ending = False

    def end() -> None:
        nonlocal ending
        ending = True

    def interrupt(_: int, __: FrameType | None) -> None:
        if not ending:
            end()
            raise KeyboardInterrupt

    kept: dict[signal.Signals, Any] = {}
    try:
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                with suppress(ValueError):
                    kept[number] = signal.signal(number, interrupt)
        yield end
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _results(
    orders: Sequence[BuildRequest],
    result: Mapping[str, Any],
    steps: tuple[Step, ...],
    seconds: float,
) -> tuple[Built, ...]:
    if len(orders) == 1:
        image = _digest(result, pushed=orders[0].push)
        return (Built(order=orders[0], image=image, steps=steps, seconds=seconds),)
    targets = bake_targets(orders)
    by_order = {
        order: Built(
            order=order,
            image=_digest(result.get(name, {}), pushed=order.push),
            steps=own_steps(steps, name, targets),
            seconds=seconds,
        )
        for name, group in targets.items()
        for order in group
    }
    return tuple(by_order[order] for order in orders)


def _digest(result: Mapping[str, Any], *, pushed: bool) -> str:
    digest = str(result.get("containerimage.digest", ""))
    return digest if pushed else str(result.get("containerimage.config.digest", digest))
