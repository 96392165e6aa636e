"""The pipeline of a build, with its edges passed in: secrets, buildx, the engine's own count."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from scaffold.docker.build_requests import apart, make_orders
from scaffold.docker.build_secrets import build_secrets, proxy_arguments
from scaffold.docker.buildx import build as run_buildx
from scaffold.docker.buildx import join, stopped_by_signals
from scaffold.docker.connect import connect
from scaffold.index.configuration import IndexConfig, read_index_config
from scaffold.model.build import BuildOptions, BuildRequest, Built, Progress, Secret
from scaffold.model.errors import OnePlatformError
from scaffold.model.plan import DOCKERFILE
from scaffold.model.project import IndexOptions
from scaffold.model.target import Arch
from scaffold.project.git_time import (
    VERSION,
    dated,
    read_commit_time,
    read_tagged_version,
    versioned,
)

Watch = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A folder with a Dockerfile of ours in it, and what is to be built from it.

    ``index`` are the addresses of the index that requirement files or options name.
    """

    folder: Path
    project: str
    arches: tuple[Arch, ...]
    index: IndexOptions
    wishes: BuildOptions
    dockerfile: str = DOCKERFILE


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildServices:
    """Everything outside.

    ``join`` makes a manifest list of pushed images, ``look_up`` returns id and size of a tag in
    the engine named first.
    """

    environ: Mapping[str, str]
    index_config: Callable[[Job, Mapping[str, str]], IndexConfig]
    secrets: Callable[[IndexConfig], AbstractContextManager[tuple[Secret, ...]]]
    build: Callable[[Sequence[BuildRequest], Watch], tuple[Built, ...]]
    join: Callable[[str, Sequence[Built]], tuple[Built, ...]]
    look_up: Callable[[str, str], tuple[str, int]]


def build_images(job: Job, watch: Watch, edges: BuildServices) -> tuple[Built, ...]:
    """Build all images of a job, and return them in the order of its architectures.

    Raises UsageError, an EngineError or a BuildError.
    """
    config = edges.index_config(job, edges.environ)
    with stopped_by_signals(), edges.secrets(config) as secrets:
        orders = make_orders(
            job.wishes,
            job.arches,
            project=job.project,
            context=str(job.folder.resolve()),
            dockerfile=str(job.folder.resolve() / job.dockerfile),
            secrets=secrets,
            arguments=(
                *proxy_arguments(edges.environ),
                *_version_argument(job.folder / job.dockerfile),
            ),
        )
        try:
            built = edges.build(orders, watch)
        except OnePlatformError:
            if len(orders) == 1 or not job.wishes.push:
                raise
            # Such a builder can push them one by one, and the registry's list names them all.
            built = edges.join(orders[0].tag, edges.build(apart(orders), watch))
    return tuple(one if one.order.push else _counted(one, edges) for one in built)


def real_edges(environ: Mapping[str, str] = os.environ) -> BuildServices:
    """Return the real world."""
    return BuildServices(
        environ=environ,
        index_config=read_job_config,
        secrets=build_secrets,
        build=lambda orders, watch: run_buildx(
            orders, watch, environ=_with_history(environ, Path(orders[0].context))
        ),
        join=lambda tag, built: join(tag, built, environ=environ),
        look_up=lambda engine, tag: _look_up(engine, tag, environ),
    )


def _with_history(environ: Mapping[str, str], folder: Path) -> Mapping[str, str]:
    """Return the environment of a build with what version control says of the project."""
    return versioned(dated(environ, folder, read_commit_time), folder, read_tagged_version)


def _version_argument(dockerfile: Path) -> tuple[str, ...]:
    """Return the build argument that a Dockerfile asks for to know the project's version."""
    text = dockerfile.read_text("utf-8", "replace") if dockerfile.is_file() else ""
    return (VERSION,) if f"\nARG {VERSION}=" in text else ()


def read_job_config(job: Job, environ: Mapping[str, str]) -> IndexConfig:
    """Return the index configuration of a job; certificates given for the build come first."""
    config = read_index_config(environ, project=job.folder, options=job.index)
    certificates = job.wishes.certificates
    return replace(config, cert=certificates) if certificates else config


def _counted(built: Built, edges: BuildServices) -> Built:
    """Name an image as its engine does: engines differ in which of its digests is the id."""
    image, size = edges.look_up(built.order.engine, built.order.tag)
    return replace(built, image=image, size=size)


def _look_up(engine: str, tag: str, environ: Mapping[str, str]) -> tuple[str, int]:
    with connect(engine or None, environ=environ) as client:
        image = client.images.get(tag)
        return str(image.id), int(image.attrs["Size"])
