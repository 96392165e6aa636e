"""Write generated files: whole or not at all, and never over what the user wrote."""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from scaffold.errors import Detail, FileConflictError, PathUnreadableError

RECORD = "leanscaffold.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteReport:
    """What happened to each file, by name."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]


def digest(text: str) -> str:
    """Return the sha256 of a text as it is written."""
    return hashlib.sha256(text.encode()).hexdigest()


def read_recorded(root: Path) -> Mapping[str, str]:
    """Return {file name: sha256} as recorded when we last wrote; empty if there is no record."""
    try:
        document = json.loads((root / RECORD).read_text("utf-8"))
        files = document["files"]
        recorded = {str(name): str(value) for name, value in files.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    if seal(document) == document.get("digest"):
        recorded[RECORD] = digest((root / RECORD).read_text("utf-8"))
    return recorded


def seal(document: Mapping[str, object]) -> str:
    """Return the digest over a plan document, its own ``digest`` left out."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    return digest(json.dumps(rest, sort_keys=True, ensure_ascii=False))


def write_outputs(
    root: Path,
    files: Mapping[str, str],
    *,
    force: bool,
    recorded: Mapping[str, str],
    rename: Callable[[str, str], None] = os.replace,
) -> WriteReport:
    """Write all files or none.

    A file that exists and is neither what we recorded nor what we would write is the user's:
    without ``force`` FileConflictError names all such files and nothing is touched. A folder that
    cannot be written raises PathUnreadableError, and what was already renamed is put back.
    """
    changed = {name: text for name, text in files.items() if _read(root / name) != text}
    if not force:
        _refuse_conflicts(root, changed, recorded)
    _replace_all(root, changed, rename)
    return WriteReport(
        written=tuple(sorted(changed)), unchanged=tuple(sorted(set(files) - set(changed)))
    )


def _read(path: Path) -> str | None:
    """Return a file's text, None if there is none, and an empty mark for what is no text file."""
    if not os.path.lexists(path):
        return None
    try:
        return path.read_bytes().decode() if path.is_file() and not path.is_symlink() else "\0"
    except (OSError, UnicodeDecodeError):
        return "\0"


def _refuse_conflicts(root: Path, changed: Mapping[str, str], recorded: Mapping[str, str]) -> None:
    details = []
    for name in sorted(changed):
        now = _read(root / name)
        if now is None or (name in recorded and digest(now) == recorded[name]):
            continue
        why = "edited since it was written" if name in recorded else "not written by leanscaffold"
        details.append(Detail(file=name, text=why))
    if details:
        raise FileConflictError(
            f"{len(details)} file(s) in the way; nothing was written",
            details=details,
            hint="move them away, or overwrite them with --force",
        )


def _replace_all(root: Path, files: Mapping[str, str], rename: Callable[[str, str], None]) -> None:
    with tempfile.TemporaryDirectory(dir=_writable(root), prefix=".leanscaffold-") as scratch:
        for number, text in enumerate(files.values()):
            staged = Path(scratch, f"new-{number}")
            staged.write_bytes(text.encode())
            staged.chmod(0o644)
            with staged.open("rb") as handle:
                os.fsync(handle.fileno())
        done: list[tuple[Path, Path | None]] = []
        try:
            for number, name in enumerate(files):
                goal, kept = root / name, Path(scratch, f"old-{number}")
                if os.path.lexists(goal):
                    os.replace(goal, kept)  # noqa: PTH105 - paired with the injected rename
                    done.append((goal, kept))
                else:
                    done.append((goal, None))
                rename(str(Path(scratch, f"new-{number}")), str(goal))
        except BaseException as error:
            _put_back(done)
            if isinstance(error, OSError):
                raise PathUnreadableError(
                    f"cannot write to {root}: {error.strerror or error}",
                    hint="nothing was changed; check the folder's permissions and space",
                ) from error
            raise


def _put_back(done: list[tuple[Path, Path | None]]) -> None:
    for goal, kept in reversed(done):
        with contextlib.suppress(FileNotFoundError):
            goal.unlink()
        if kept is not None:
            os.replace(kept, goal)  # noqa: PTH105


def _writable(root: Path) -> Path:
    if not root.is_dir() or not os.access(root, os.W_OK | os.X_OK):
        raise PathUnreadableError(
            f"cannot write to {root}", hint="check that the folder exists and its permissions"
        )
    return root
