"""Which engine the tests use: the one that is there, one of their own, or none and why."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.engine.engine import Engine
from tests.engine.shell import EngineError, run

WISH = "LEANSCAFFOLD_ENGINE"
REQUIRED = "LEANSCAFFOLD_ENGINE_REQUIRED"
BUNDLES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


class NoEngineError(Exception):
    """There is no engine to test with; the text is one line that says why."""


def choose(
    environ: Mapping[str, str], *, why_not: Callable[[], str], start: Callable[[], Engine]
) -> Engine:
    """Return an engine, as LEANSCAFFOLD_ENGINE wishes: own, existing or none; or else any.

    ``why_not`` says why an own one cannot be started, and ``start`` starts it.
    """
    wish = environ.get(WISH, "")
    if wish not in ("", "own", "existing", "none"):
        raise EngineError(f"{WISH} is own, existing or none, not {wish!r}")
    if wish == "none":
        raise NoEngineError(f"{WISH}=none")
    if wish != "own":
        version = _running(environ)
        if version:
            return Engine(environ=dict(environ), version=version, registry=None)
        if wish == "existing":
            raise NoEngineError("no Docker Engine answers")
    reason = why_not()
    if reason:
        raise NoEngineError(reason)
    return start()


def ca_bundle(environ: Mapping[str, str]) -> Path | None:
    """Return the certificates that the machine's package clients trust, where they are special.

    The stand-ins do not have them, as the real images would not.
    """
    named = [environ[name] for name in BUNDLES if environ.get(name)]
    return next((Path(name) for name in named if Path(name).is_file()), None)


def _running(environ: Mapping[str, str]) -> str:
    try:
        return run(["docker", "version", "--format", "{{.Server.Version}}"], env=environ).strip()
    except EngineError:
        return ""
