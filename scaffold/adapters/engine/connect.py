"""The connection to an engine: the one that the docker command would talk to."""

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from scaffold.core.build_trouble import FORBIDDEN_HINT, NO_ENGINE_HINT, OLD_HINT
from scaffold.errors import EngineError, EngineForbiddenError, EngineMissingError, EngineOldError

if TYPE_CHECKING:
    from docker import DockerClient

# API 1.41 is Docker Engine 20.10 (Docker's API version matrix), the first whose own Dockerfile
# frontend knows RUN --mount: it brings BuildKit 0.8 with the frontend 1.2, which moved
# mounts of binds, caches and secrets to its mainline (moby/buildkit, dockerfile/1.2.0 notes).
OLDEST_API = (1, 41)
_TIMEOUT = 60  # seconds without an answer


def connect(host: str | None = None, *, environ: Mapping[str, str] = os.environ) -> "DockerClient":
    """Return a client of the engine; the caller closes it.

    ``host`` is an address (``unix://…``, ``tcp://…``, ``ssh://user@host``) or the name of a docker
    context. Without it the engine is found as the docker command finds it: DOCKER_HOST, then
    DOCKER_CONTEXT, then the current context.

    Raises EngineMissingError, EngineForbiddenError or EngineOldError.
    """
    import docker  # noqa: PLC0415 - slow to import
    from docker.errors import DockerException  # noqa: PLC0415

    where = host or ""
    try:
        settings = find_engine(host, environ)
        where = str(settings.get("base_url", "")) or "the default socket"
        over_ssh = where.startswith("ssh://")
        client = docker.DockerClient(
            version="auto", timeout=_TIMEOUT, use_ssh_client=over_ssh, **settings
        )
        api = str(client.version()["ApiVersion"])
    except (DockerException, OSError, ValueError, KeyError) as error:
        raise explain(error, where) from error
    if tuple(map(int, api.split("."))) < OLDEST_API:
        client.close()
        raise EngineOldError(
            f"the engine at {where} only knows version {api} of the API", hint=OLD_HINT
        )
    return client


def find_engine(host: str | None, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return ``base_url`` and ``tls`` for the SDK. Raises EngineMissingError for a lost context."""
    from docker.context import ContextAPI  # noqa: PLC0415 - slow to import
    from docker.context.config import get_current_context_name  # noqa: PLC0415
    from docker.utils import kwargs_from_env  # noqa: PLC0415

    variables = dict(environ)
    if host and "://" in host:
        variables["DOCKER_HOST"] = host
    elif host:
        variables |= {"DOCKER_HOST": "", "DOCKER_CONTEXT": host}
    if variables.get("DOCKER_HOST"):
        return dict(kwargs_from_env(environment=variables))
    name = variables.get("DOCKER_CONTEXT") or None
    # For a context that it cannot find, the SDK would take the machine's own socket instead.
    if ContextAPI.get_context(name) is None:
        raise EngineMissingError(
            f"there is no docker context {name or get_current_context_name()!r}",
            hint="`docker context ls` shows those there are",
        )
    return dict(ContextAPI.kwargs_from_context(name, environment=variables))


def explain(error: BaseException, where: str) -> EngineError:
    """Return what kept the SDK from connecting, in our words."""
    causes = tuple(_causes(error))
    text = str(error)
    if any(isinstance(cause, PermissionError) for cause in causes) or "PermissionError" in text:
        return EngineForbiddenError(
            f"you may not talk to the Docker Engine at {where}", hint=FORBIDDEN_HINT
        )
    if any(isinstance(cause, ImportError) for cause in causes) or "paramiko" in text:
        return EngineMissingError(
            f"{where} cannot be reached: the SDK's SSH support is not installed",
            hint="pip install 'leanscaffold[ssh]'",
        )
    if "version" in text.lower() and "too old" in text.lower():
        return EngineOldError(f"the engine at {where} is too old: {text}", hint=OLD_HINT)
    return EngineMissingError(f"no Docker Engine answers at {where}", hint=NO_ENGINE_HINT)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        for argument in error.args:
            if isinstance(argument, BaseException):
                yield argument
        error = error.__cause__ or error.__context__
