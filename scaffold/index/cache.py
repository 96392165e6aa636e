"""What was learnt from an index, kept on disk between runs.

Entries are written whole or not at all; a broken entry counts as absent, and a folder that cannot
be written to only makes the next run slower.
"""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")

_LAYOUT = "v9"


def find_cache_folder(env: Mapping[str, str]) -> Path:
    """Return the folder to keep things in: $LEANSCAFFOLD_CACHE_DIR, else below the user's."""
    if chosen := env.get("LEANSCAFFOLD_CACHE_DIR"):
        return Path(chosen)
    base = env.get("XDG_CACHE_HOME", "")
    if os.path.isabs(base):  # noqa: PTH117 - the base directory specification ignores relative ones
        return Path(base) / "leanscaffold"
    home = env.get("HOME") or str(Path("~").expanduser())
    return Path(home) / ".cache" / "leanscaffold"


class Cache:
    """Typed values by kind (a folder) and key (any text; its hash is the file's name)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _LAYOUT

    def load(self, kind: str, key: str, form: type[T]) -> T | None:
        """Return a value, or None where there is none or it cannot be read as ``form``."""
        try:
            return msgspec.msgpack.decode(self._path(kind, key).read_bytes(), type=form)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None

    def save(self, kind: str, key: str, value: object) -> None:
        """Keep a value, if the folder lets us."""
        path = self._path(kind, key)
        data = msgspec.msgpack.encode(value)
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                Path(draft).replace(path)
            except OSError:
                Path(draft).unlink(missing_ok=True)
                raise

    def _path(self, kind: str, key: str) -> Path:
        digest = sha256(key.encode()).hexdigest()
        return self._folder / kind / digest[:2] / digest[2:]
