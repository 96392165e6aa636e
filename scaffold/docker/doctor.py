"""Looking at all that a plan and a build need of this machine, with the edges passed in."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from scaffold.docker import connect as connection
from scaffold.docker.build_errors import explain_failure
from scaffold.docker.buildx import find_buildx
from scaffold.index.cache import find_cache_folder
from scaffold.index.client import Http
from scaffold.index.configuration import IndexConfig, read_index_config, redact
from scaffold.model.errors import LeanscaffoldError
from scaffold.model.knowledge import OLD, UPGRADE, describe_age
from scaffold.model.target import Arch


class Health(StrEnum):
    """How a part is. ``WEAK`` gets in the way at times; ``BROKEN`` of everything it is for."""

    WELL = "well"
    WEAK = "weak"
    BROKEN = "broken"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of the machine. ``remedy`` is the command, or the words, that mend it."""

    part: str
    health: Health
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFacts:
    """An engine that answers.

    ``where`` is its address, ``storage`` the folder of its images if that is on this machine.
    """

    version: str
    where: str
    platform: str
    storage: str = ""


_PAGE = "pip"  # every index that serves packages has it, or says that it has not


def find_engine(environ: Mapping[str, str] = os.environ) -> EngineFacts:
    """Return what the engine says of itself. Raises an EngineError."""
    where = str(connection.find_engine(None, environ).get("base_url", ""))
    with connection.connect(environ=environ) as client:
        info = client.info()
        local = not where or where.startswith(("unix://", "npipe://"))
        return EngineFacts(
            version=str(info.get("ServerVersion", "")),
            where=environ.get("DOCKER_HOST") or ("the local socket" if local else where),
            platform=f"{info.get('OSType', '')}/{info.get('Architecture', '')}",
            storage=str(info.get("DockerRootDir", "")) if local else "",
        )


def list_platforms(environ: Mapping[str, str]) -> Sequence[str]:
    """Return the platforms that the current builder runs. Raises an EngineError or BuildError."""
    done = subprocess.run(
        ["docker", "buildx", "inspect"],  # noqa: S607 - the user's own docker
        env=dict(environ),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise explain_failure(done.stderr.splitlines(), None)
    lines = (line.partition(":") for line in done.stdout.splitlines())
    named = [rest for name, _, rest in lines if name.strip() == "Platforms"]
    return [platform.strip(" *") for rest in named for platform in rest.split(",")]


def fetch_page(config: IndexConfig, url: str) -> None:
    """Ask an index for a page, once. Raises TransientError or ConfigInvalidError."""
    Http(config, retries=0).get(f"{url.rstrip('/')}/{_PAGE}/")


def free_space(path: Path) -> int | None:
    """Return the bytes that are free at a path, None where it does not exist."""
    try:
        return shutil.disk_usage(path).free
    except OSError:
        return None


_LITTLE, _TOO_LITTLE = 10 * 10**9, 2 * 10**9  # bytes free where images are built
_CACHE_NEEDS = 200 * 10**6
_STALE = 365  # days
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY")
# What devices of today run; who builds for the others knows.
_USUAL = (Arch.AMD64, Arch.ARM64, Arch.ARM_V7)
_EMULATORS = {Arch.ARM64: "arm64", Arch.ARM_V7: "arm", Arch.AMD64: "amd64"}
_CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorServices:
    """Everything outside.

    ``find_engine`` and ``find_buildx`` raise an EngineError where there is none; ``platforms`` are
    those that the current builder can run. ``fetch`` asks an index for one page and raises if it
    does not answer. ``free`` returns the bytes that are free at a path, None for no such path.
    ``cache`` is the folder of what was learnt, ``snapshot`` the day of the bundled knowledge.
    """

    environ: Mapping[str, str]
    today: date
    find_engine: Callable[[], EngineFacts]
    find_buildx: Callable[[], tuple[int, int]]
    platforms: Callable[[], Sequence[str]]
    index_config: Callable[[], IndexConfig]
    fetch: Callable[[IndexConfig, str], None]
    free: Callable[[Path], int | None]
    cache: Path
    snapshot: Callable[[], str]


def real_doctor_services(
    environ: Mapping[str, str], project: Path, *, today: date, snapshot: Callable[[], str]
) -> DoctorServices:
    """Return this machine, and the index that a project's settings name."""
    return DoctorServices(
        environ=environ,
        today=today,
        find_engine=lambda: find_engine(environ),
        find_buildx=lambda: find_buildx(environ),
        platforms=lambda: list_platforms(environ),
        index_config=lambda: read_index_config(environ, project=project),
        fetch=fetch_page,
        free=free_space,
        cache=find_cache_folder(environ),
        snapshot=snapshot,
    )


def check_up(edges: DoctorServices) -> Iterator[Finding]:
    """Yield one finding after the other: engine, buildx, emulation, index, proxy, disk, facts."""
    engine: EngineFacts | None = None
    try:
        engine = edges.find_engine()
        text = f"Docker Engine {engine.version}, {engine.platform}, at {engine.where}"
        yield Finding("engine", Health.WELL, text)
    except LeanscaffoldError as error:
        yield _broken("engine", error)
    buildx = False
    try:
        text = f"buildx {'.'.join(map(str, edges.find_buildx()))}"
        yield Finding("buildx", Health.WELL, text)
        buildx = True
    except LeanscaffoldError as error:
        yield _broken("buildx", error)
    yield (
        _check_emulation(edges)
        if engine and buildx
        else Finding("emulation", Health.UNTRIED, "no engine to build with")
    )
    yield from _check_index(edges)
    yield from _check_proxy(edges.environ)
    yield from _check_disk(edges, engine)
    yield _check_knowledge(edges)


def _broken(part: str, error: LeanscaffoldError) -> Finding:
    details = "".join(f"; {detail}" for detail in error.details[:1])
    return Finding(part, Health.BROKEN, f"{error.cause}{details}", error.hint)


def _check_emulation(edges: DoctorServices) -> Finding:
    try:
        platforms = edges.platforms()
    except LeanscaffoldError as error:
        return _broken("emulation", error)
    missing = [arch for arch in _USUAL if arch.platform not in platforms]
    if not missing:
        shown = ", ".join(arch.platform for arch in _USUAL)
        return Finding("emulation", Health.WELL, f"the builder runs {shown}")
    names = " and ".join(arch.platform for arch in missing)
    emulators = ",".join(_EMULATORS[arch] for arch in missing)
    return Finding(
        "emulation",
        Health.WEAK,
        f"the builder cannot run {names}: only packages without a wheel and `verify` need it",
        f"docker run --privileged --rm tonistiigi/binfmt --install {emulators}",
    )


def _check_index(edges: DoctorServices) -> Iterator[Finding]:
    try:
        config = edges.index_config()
    except LeanscaffoldError as error:
        yield _broken("index", error)
        return
    if not config.urls:
        yield Finding(
            "index",
            Health.BROKEN,
            "no index is configured",
            "pip config set global.index-url https://…",
        )
    origins = dict(config.origins)
    for url in config.urls:
        shown = config.hide(redact(url))
        origin = origins.get(redact(url), "")
        where = f"{shown} ({origin})" if origin else shown
        try:
            edges.fetch(config, url)
        except LeanscaffoldError as error:
            yield _broken("index", error)
        else:
            yield Finding("index", Health.WELL, f"{where} answers")
    for remark in config.remarks:
        yield Finding("index", Health.WEAK, remark)


def _check_proxy(environ: Mapping[str, str]) -> Iterator[Finding]:
    found = False
    for name in _PROXIES:
        text = (environ.get(name) or environ.get(name.lower()) or "").strip()
        if not text:
            continue
        found = True
        if urlsplit(text).scheme and urlsplit(text).hostname:
            yield Finding("proxy", Health.WELL, f"{name} is {redact(text)}")
        else:
            yield Finding(
                "proxy",
                Health.BROKEN,
                f"{name} is not an address: {redact(text)}",
                f"export {name}=http://proxy.example:3128",
            )
    for name in _CERTIFICATES:
        file = environ.get(name, "").strip()
        if file and not Path(file).exists():
            found = True
            yield Finding(
                "proxy",
                Health.BROKEN,
                f"{name} names {file}, and there is no such file",
                f"unset {name}",
            )
    if not found:
        yield Finding("proxy", Health.WELL, "none is set")


def _check_disk(edges: DoctorServices, engine: EngineFacts | None) -> Iterator[Finding]:
    if engine is not None and engine.storage:
        free = edges.free(Path(engine.storage))
        if free is not None:
            enough = free >= _LITTLE
            yield Finding(
                "disk",
                Health.WELL if enough else Health.WEAK if free >= _TOO_LITTLE else Health.BROKEN,
                f"{_gigabytes(free)} free for images in {engine.storage}",
                "" if enough else "docker builder prune",
            )
    folder = next(
        (path for path in (edges.cache, *edges.cache.parents) if edges.free(path) is not None),
        edges.cache,
    )
    free = edges.free(folder) or 0
    enough = free >= _CACHE_NEEDS
    yield Finding(
        "disk",
        Health.WELL if enough else Health.WEAK,
        f"{_gigabytes(free)} free for the cache in {edges.cache}",
        "" if enough else "export LEANSCAFFOLD_CACHE_DIR=/path/with/room",
    )


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.3g} GB"


def _check_knowledge(edges: DoctorServices) -> Finding:
    day = date.fromisoformat(edges.snapshot())
    age = (edges.today - day).days
    health = Health.WELL if age <= OLD else Health.WEAK if age <= _STALE else Health.BROKEN
    return Finding(
        "knowledge",
        health,
        describe_age(day, edges.today),
        "" if health is Health.WELL else UPGRADE,
    )
