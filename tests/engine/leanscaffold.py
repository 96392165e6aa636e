"""The command as its users start it: a process of its own, with an environment of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.engine.engine import Engine

# What tells pip, uv or requests of other indexes or certificates than those of a test.
_STRANGE = ("PIP_", "UV_", "SSL_CERT", "REQUESTS_CA", "CURL_CA", "XDG_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    def document(self) -> dict[str, Any]:
        """Return the JSON on stdout."""
        assert self.out, self.err
        loaded: dict[str, Any] = json.loads(self.out)
        return loaded


def environment(engine: Engine, home: Path) -> dict[str, str]:
    """Return an environment that knows the engine, and no index but pip's default."""
    return plain_environment(engine.environ, home)


def plain_environment(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """Return an environment with home and cache of its own, and no index but pip's default.

    What one test fetches must not be what another one, offline, then knows.
    """
    kept = {k: v for k, v in environ.items() if not k.startswith(_STRANGE)}
    temporary = home / "tmp"
    temporary.mkdir(exist_ok=True)
    return {
        **kept,
        "HOME": str(home),
        "LEANSCAFFOLD_CACHE_DIR": str(home / "cache"),
        "TMPDIR": str(temporary),
        "PIP_CONFIG_FILE": "/dev/null",
    }


def leanscaffold(*words: str, env: Mapping[str, str], module: str = "scaffold") -> Ended:
    """Run a command line to its end."""
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        env=dict(env),
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(code=done.returncode, out=done.stdout, err=done.stderr)


@contextmanager
def started(*words: str, env: Mapping[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """Start a command line that can be interrupted; whatever happens, it does not outlive this."""
    # What runs in a shell's background hears no Ctrl-C, nor do its children.
    hearing = ("env", "--default-signal=INT") if sys.platform == "linux" else ()
    with subprocess.Popen(
        [*hearing, sys.executable, "-m", "scaffold", *words],
        env=dict(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
