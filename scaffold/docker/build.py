"""A build: what is ordered, its secrets, and the pipeline: buildx, the engine's own count."""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, urlsplit, urlunsplit

from requests.utils import get_netrc_auth

from scaffold.docker.buildx import build as run_buildx
from scaffold.docker.buildx import join, stopped_by_signals
from scaffold.docker.buildx_arguments import PROXY_ARGUMENTS
from scaffold.docker.connect import connect
from scaffold.index.configuration import IndexConfig, read_index_config
from scaffold.model.build import BuildOptions, BuildRequest, Built, Progress, Secret
from scaffold.model.errors import ConfigInvalidError, OnePlatformError, UsageError
from scaffold.model.options import DOCKERFILE
from scaffold.model.plan import default_name
from scaffold.model.project import IndexOptions
from scaffold.model.target import Arch
from scaffold.project.source_clients import (
    VERSION,
    dated,
    read_commit_time,
    read_tagged_version,
    versioned,
)

# The grammar of image names (distribution/reference): a registry's host may have a port, path
# components are in lower case, a tag has 128 characters at most.
_HOST = r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d+)?/"
_PART = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"(?P<name>(?:{_HOST})?{_PART}(?:/{_PART})*)(?::(?P<tag>\w[\w.-]{{0,127}}))?")


def make_orders(
    wishes: BuildOptions,
    arches: Sequence[Arch],
    *,
    project: str,
    context: str,
    dockerfile: str,
    secrets: tuple[Secret, ...] = (),
    arguments: tuple[str, ...] = (),
) -> tuple[BuildRequest, ...]:
    """Return one order per architecture.

    Several images that are loaded get the architecture into their tags; those that are pushed
    share one, as a manifest list. Raises UsageError for a tag that is none or can be nobody's own
    in a registry, and for a cache that several images would overwrite in turn.
    """
    name, tag = split_tag(wishes.tag or default_name(project))
    if wishes.push and "/" not in name:
        raise UsageError(
            f"{name} cannot be pushed: it names neither a registry nor an account",
            hint=f"--tag registry.example/team/{name}, or --tag ACCOUNT/{name}",
        )
    several = len(arches) > 1 and not wishes.push
    if several and any("{arch}" not in goal for goal in wishes.cache_to):
        raise UsageError(
            "several images would overwrite one cache in turn",
            hint="put {arch} into it: --cache-to 'type=local,dest=cache/{arch}'",
        )
    return tuple(
        BuildRequest(
            arch=arch,
            context=context,
            dockerfile=dockerfile,
            tag=_tag(name, tag, arch, several=several),
            secrets=secrets,
            builder=wishes.builder,
            push=wishes.push,
            cache_from=tuple(text.replace("{arch}", arch.slug) for text in wishes.cache_from),
            cache_to=tuple(text.replace("{arch}", arch.slug) for text in wishes.cache_to),
            fresh=wishes.fresh,
            arguments=arguments,
            engine=wishes.engine,
            compression=wishes.compression,
            attest=wishes.attest,
        )
        for arch in arches
    )


def apart(orders: Sequence[BuildRequest]) -> tuple[BuildRequest, ...]:
    """Return orders that share a tag with one each: the architecture is added to it."""
    return tuple(replace(order, tag=f"{order.tag}-{order.arch.slug}") for order in orders)


def split_tag(reference: str) -> tuple[str, str]:
    """Return an image's name and its tag, which may be empty. Raises UsageError."""
    match = _NAME.fullmatch(reference)
    if match is None:
        raise UsageError(
            f"invalid image name {reference!r}",
            hint="lower case, such as app, app:1.2 or registry.example/team/app:1.2",
        )
    return match["name"], match["tag"] or ""


def _tag(name: str, tag: str, arch: Arch, *, several: bool) -> str:
    if several:
        tag = f"{tag}-{arch.slug}" if tag else arch.slug
    return f"{name}:{tag or 'latest'}"


CERTIFICATES = "ca"
SETTINGS = "pip_conf"
BEARER = "model_token"
BEARER_VARIABLE = "LEANSCAFFOLD_MODEL_TOKEN"
_LARGEST = 500 * 1024  # bytes of a secret that BuildKit takes (moby/buildkit, session/secrets)
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_DEFAULT_TIMEOUT = 15.0  # seconds; pip's own

Credentials = Callable[[str], tuple[str, str] | None]


def read_netrc(url: str) -> tuple[str, str] | None:
    """Return the user and password that netrc has for a URL's host; pip looks there too."""
    found = get_netrc_auth(url)
    return (str(found[0]), str(found[1])) if found else None


@contextmanager
def build_secrets(
    config: IndexConfig, *, credentials: Credentials = read_netrc, token: str = ""
) -> Iterator[tuple[Secret, ...]]:
    """Give the secrets that a build with these index settings needs, and remove them afterwards.

    ``credentials`` returns user and password for an address that has none; ``token`` is for files
    that the build fetches. The files are for this
    user only. Raises ConfigInvalidError for certificates that cannot be read or are too many.
    """
    texts = {
        CERTIFICATES: read_certificates(Path(config.cert)) if config.cert else "",
        SETTINGS: spell_settings(config, credentials),
        BEARER: token,
    }
    with TemporaryDirectory(prefix="leanscaffold-") as folder:
        yield tuple(
            Secret(id=name, path=str(_write_private(Path(folder, name), text)))
            for name, text in texts.items()
            if text
        )


def proxy_arguments(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the proxy variables that are set; a build may use their values."""
    return tuple(name for name in PROXY_ARGUMENTS if environ.get(name))


def read_certificates(path: Path) -> str:
    """Return all certificates of a file, or of the files in a folder: each once, nothing else.

    Raises ConfigInvalidError where there are none, or more than a build can be given.
    """
    try:
        files = [f for f in sorted(path.iterdir()) if f.is_file()] if path.is_dir() else [path]
        texts = [file.read_text("utf-8", "replace") for file in files]
    except OSError as error:
        raise ConfigInvalidError(
            f"the certificates in {path} cannot be read: {error.strerror or error}",
            hint="correct --ca, PIP_CERT, REQUESTS_CA_BUNDLE or SSL_CERT_FILE",
        ) from error
    found = dict.fromkeys(match[0] for text in texts for match in _PEM.finditer(text))
    if not found:
        raise ConfigInvalidError(
            f"there is no certificate in {path}",
            hint="a file of PEM blocks is needed: openssl x509 -inform der -in FILE -out ca.pem",
        )
    bundle = "\n".join(found) + "\n"
    if len(bundle) > _LARGEST:
        raise ConfigInvalidError(
            f"the certificates in {path} are {len(bundle)} bytes, a build secret holds {_LARGEST}",
            hint="name a file with your own certificates only: --ca FILE",
        )
    return bundle


def spell_settings(config: IndexConfig, credentials: Credentials) -> str:
    """Return pip's settings for the build, empty where pip's own would do the same."""
    said = [_spell_setting(name, values) for name, values in _settings(config, credentials).items()]
    return "\n".join(["[global]", *said, ""]) if said else ""


def pip_environment(config: IndexConfig, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a pip that is to do the same here: these settings, no others."""
    kept = {k: v for k, v in environ.items() if not k.startswith("PIP_") or k == "PIP_CACHE_DIR"}
    lines = _settings(config, read_netrc).items()
    own = {f"PIP_{name.upper().replace('-', '_')}": " ".join(values) for name, values in lines}
    own |= {"PIP_CERT": config.cert} if config.cert else {}
    return {**kept, **own, "PIP_CONFIG_FILE": os.devnull}


def _settings(config: IndexConfig, credentials: Credentials) -> dict[str, list[str]]:
    origins = [origin for _, origin in config.origins]
    own = config.index_url and origins[:1] != ["pip's default"]
    lines = {
        "index-url": [_with_credentials(config.index_url, credentials)] if own else [],
        "extra-index-url": [_with_credentials(u, credentials) for u in config.extra_index_urls],
        "trusted-host": list(config.trusted_hosts),
        "proxy": [config.proxy] if config.proxy else [],
        "timeout": [f"{config.timeout:g}"] if config.timeout != _DEFAULT_TIMEOUT else [],
    }
    return {name: values for name, values in lines.items() if values}


def _spell_setting(name: str, values: Sequence[str]) -> str:
    for value in values:
        if any(character.isspace() for character in value):
            raise ConfigInvalidError(
                f"pip's {name} has a blank or line break in it",
                hint="correct pip's or uv's configuration: blanks in an address are written %20",
            )
    return f"{name} = " + "\n    ".join(values)


def _with_credentials(url: str, credentials: Credentials) -> str:
    parts = urlsplit(url)
    found = None if parts.username else credentials(url)
    if found is None:
        return url
    user, password = (quote(part, safe="") for part in found)
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{parts.netloc}"))


def _write_private(path: Path, text: str) -> Path:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return path


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
    """Everything outside: ``join`` makes a manifest list, ``look_up`` gives a tag's id and size."""

    environ: Mapping[str, str]
    index_config: Callable[[Job, Mapping[str, str]], IndexConfig]
    secrets: Callable[[IndexConfig], AbstractContextManager[tuple[Secret, ...]]]
    build: Callable[[Sequence[BuildRequest], Watch], tuple[Built, ...]]
    join: Callable[[str, Sequence[Built]], tuple[Built, ...]]
    look_up: Callable[[str, str], tuple[str, int]]


def build_images(job: Job, watch: Watch, edges: BuildServices) -> tuple[Built, ...]:
    """Build all images, by architecture. Raises UsageError, an EngineError or a BuildError."""
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
    """Return the real world; builds are told what version control says of the project."""

    def build(orders: Sequence[BuildRequest], watch: Watch) -> tuple[Built, ...]:
        folder = Path(orders[0].context)
        known = versioned(dated(environ, folder, read_commit_time), folder, read_tagged_version)
        return run_buildx(orders, watch, environ=known)

    return BuildServices(
        environ=environ,
        index_config=read_job_config,
        secrets=partial(build_secrets, token=environ.get(BEARER_VARIABLE, "")),
        build=build,
        join=lambda tag, built: join(tag, built, environ=environ),
        look_up=lambda engine, tag: _look_up(engine, tag, environ),
    )


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
