"""Write generated files: all of them or none, and never over what the user wrote."""

import contextlib
import glob
import hashlib
import json
import os
import platform
import shlex
import stat
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from uuid import uuid4

from scaffold.model.errors import Detail, FileConflictError, PathUnreadableError, UsageError

RECORD = "leanscaffold.json"
_MODE = 0o644
_DRAFT = ".tmp"
_ABANDONED = 60.0  # seconds after which no run elsewhere is at work on a draft


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteReport:
    """What happened to each file, by name, sorted.

    ``stale`` are files of an earlier run that belong to this one no longer and are as it wrote
    them; they are left alone.
    """

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    stale: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """What stands at a path: a regular file's bytes and mode, or else what kind of thing it is."""

    content: bytes | None
    mode: int
    kind: str


def digest(text: str) -> str:
    """Return the SHA-256 of a text as it is written, in hexadecimal."""
    return digest_content(text.encode())


def digest_content(content: bytes) -> str:
    """Return the SHA-256 of a file, the same however the lines of a text end."""
    if b"\0" not in content:
        content = content.replace(b"\r\n", b"\n")
    return hashlib.sha256(content).hexdigest()


def seal(document: Mapping[str, object]) -> str:
    """Return the digest over a plan document, its own ``digest`` left out."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    return digest(json.dumps(rest, sort_keys=True, ensure_ascii=False))


def read_recorded(root: Path) -> Mapping[str, str]:
    """Return {file name: sha256} of what we wrote last, as leanscaffold.json has it.

    The record itself is among them while its seal holds. An edited or unreadable record is not,
    so that ``write_outputs`` takes it, like any other file of the user's, for a conflict. After a
    run that was killed its own record lies beside: the two SHA-256 of a file stand with a space
    between.
    """
    recorded = _read_hashes(root / RECORD, sealed=False)
    for path in sorted(root.glob(f".{RECORD}.*{_DRAFT}")):
        for name, value in _read_hashes(path, sealed=True).items():
            recorded[name] = f"{recorded[name]} {value}" if name in recorded else value
    return recorded


def _read_hashes(path: Path, *, sealed: bool) -> dict[str, str]:
    """Return what a record says of files, and of itself; nothing of a broken seal if ``sealed``."""
    try:
        if not path.is_file():
            return {}
        text = path.read_bytes().decode()
        document = json.loads(text)
        files = document.get("files", {}).items()
        holds = seal(document) == document.get("digest")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    if sealed and not holds:
        return {}
    recorded = {str(name): value for name, value in files if isinstance(value, str)}
    return {**recorded, RECORD: digest(text)} if holds else recorded


def write_outputs(
    root: Path,
    files: Mapping[str, str],
    *,
    force: bool,
    recorded: Mapping[str, str],
    rename: Callable[[str, str], None] = os.replace,
    retire: str = "",
) -> WriteReport:
    """Write all files or none.

    A file that exists and is neither as ``recorded`` nor as it would become is the user's:
    without ``force`` FileConflictError names all such files and nothing is touched. Folders and
    devices are never replaced, and nothing is written through a folder that is a symbolic link; of
    a symbolic link, ``force`` replaces the link and not what it points to. A folder that cannot be
    written raises PathUnreadableError, and everything is as it was before. What is stale below the
    folder ``retire`` is removed, and so is what a run left that was killed.
    """
    for name in files:
        if not _is_plain(name):
            raise ValueError(f"{name!r} is not a plain file name")
    found = {name: _look(root, name) for name in files}
    texts = {name: text.encode() for name, text in files.items()}
    changed = {
        name: texts[name]
        for name in sorted(files)
        if (there := found[name]) is None or there.content != texts[name]
    }
    _refuse_conflicts(changed, found, recorded, force=force)
    if changed:
        _replace_all(root, changed, found, rename)
    stale = {
        name
        for name in set(recorded) - set(files)
        if _is_plain(name)
        and (old := _look(root, name))
        and old.content is not None
        and not _edited(old, recorded[name])
    }
    removed = {name for name in stale if retire and name.startswith(retire)}
    _retire(root, removed)
    _remove_abandoned(root, {*files, *filter(_is_plain, recorded)})
    return WriteReport(
        written=tuple(changed),
        unchanged=tuple(sorted(set(files) - set(changed))),
        stale=tuple(sorted(stale - removed)),
    )


def _retire(root: Path, names: Iterable[str]) -> None:
    """Remove files, and the folders that are empty then."""
    _remove(root / name for name in names)
    folders = {folder for name in names for folder in PurePosixPath(name).parents[:-1]}
    for folder in sorted(folders, key=lambda one: -len(one.parts)):
        with contextlib.suppress(OSError):
            (root / folder).rmdir()


def _remove_abandoned(root: Path, names: Iterable[str]) -> None:
    """Remove what a killed run left beside these files."""
    for goal in (root / name for name in names):
        for path in goal.parent.glob(f".{glob.escape(goal.name)}.*{_DRAFT}"):
            with contextlib.suppress(OSError):
                if _is_ended(path) or time.time() - path.lstat().st_mtime > _ABANDONED:
                    path.unlink()


def _is_ended(draft: Path) -> bool:
    """Tell whether the process that made a draft ran on this computer and is gone."""
    place, _, process = draft.name.split(".")[-2].rpartition("-")[0].partition("-")
    if os.name == "posix" and place == _place() and process.isdecimal():
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            return True
        except (OSError, OverflowError):
            return False
    return False


def _place() -> str:
    """Return what tells the processes of this computer, or of this container, from others'."""
    space = ""
    with contextlib.suppress(OSError):
        space = str(Path("/proc/self/ns/pid").readlink())
    return digest(f"{platform.node()} {space}")[:8]


def find_conflicts(
    root: Path, files: Mapping[str, str], recorded: Mapping[str, str]
) -> tuple[Detail, ...]:
    """Return the files that ``write_outputs`` would refuse to replace without ``force``."""
    found = {name: _look(root, name) for name in files}
    changed = (
        (name, there)
        for name, there in sorted(found.items())
        if there is not None and there.content != files[name].encode()
    )
    reasons = ((name, _why_not(name, there, recorded)) for name, there in changed)
    return tuple(Detail(file=name, text=why) for name, why in reasons if why)


def find_unchanged(root: Path, files: Mapping[str, str]) -> frozenset[str]:
    """Return the files that already stand in the folder with exactly these texts."""
    return frozenset(
        name
        for name, text in files.items()
        if (there := _look(root, name)) and there.content == text.encode()
    )


def _is_plain(name: str) -> bool:
    """Tell whether a recorded name stays inside of the project."""
    return not set("\\\0") & set(name) and not {"", ".", ".."} & set(name.split("/"))


def _look(root: Path, name: str) -> _Found | None:
    path = root / name
    for folder in PurePosixPath(name).parents[:-1]:
        if (root / folder).is_symlink():
            return _Found(None, 0, f"in {folder}, a symbolic link")
    try:
        mode = path.lstat().st_mode
        if stat.S_ISREG(mode):
            return _Found(path.read_bytes(), stat.S_IMODE(mode), "a file")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise PathUnreadableError(
            f"cannot read {path}: {error.strerror or error}", hint="check its permissions"
        ) from error
    kinds = {stat.S_IFLNK: "a symbolic link", stat.S_IFDIR: "a folder"}
    return _Found(None, 0, kinds.get(stat.S_IFMT(mode), "a device or socket"))


def _refuse_conflicts(
    changed: Mapping[str, bytes],
    found: Mapping[str, _Found | None],
    recorded: Mapping[str, str],
    *,
    force: bool,
) -> None:
    details: list[Detail] = []
    forcible = True
    for name in changed:
        there = found[name]
        if there is None:
            continue
        replaceable = there.content is not None or there.kind == "a symbolic link"
        if not replaceable or not force:
            why = _why_not(name, there, recorded)
            details += [Detail(file=name, text=why)] if why else []
            forcible = forcible and replaceable
    if details:
        count = "a file is" if len(details) == 1 else f"{len(details)} files are"
        raise FileConflictError(
            f"{count} in the way; nothing was written",
            details=details,
            hint=f"leave it as it is with --leave {shlex.quote(str(details[0].file))}, or "
            "overwrite it with --force"
            if forcible
            else "move what is yours away; a folder is not overwritten even with --force",
        )


def _why_not(name: str, there: _Found, recorded: Mapping[str, str]) -> str:
    """Return why a file is not ours to replace, or an empty text if it is."""
    if there.content is None:
        return f"this is {there.kind}"
    if name not in recorded:
        return "not written by leanscaffold, or edited since"
    if _edited(there, recorded[name]):
        return "edited since leanscaffold wrote it"
    return ""


def _edited(there: _Found, recorded: str) -> bool:
    return there.content is not None and digest_content(there.content) not in recorded.split()


def _replace_all(
    root: Path,
    texts: Mapping[str, bytes],
    found: Mapping[str, _Found | None],
    rename: Callable[[str, str], None],
) -> None:
    """Stage every file beside its goal, then rename them in; undo all of it on any failure."""
    staged: dict[str, Path] = {}
    kept: dict[str, Path | None] = {}
    folders = dict.fromkeys(root / one for name in texts for one in PurePosixPath(name).parents)
    made = [folder for folder in folders if not folder.exists()]
    try:
        for name, text in texts.items():
            staged[name] = _stage(root, name, text, _MODE)
            if (there := found[name]) and there.content is not None:
                staged[name].chmod(there.mode)
        for name, path in staged.items():
            kept[name] = _keep(root, name, found[name])
            rename(str(path), str(root / name))
        _sync(root)
    except BaseException as error:
        _put_back(root, kept)
        _remove(staged.values())
        for folder in sorted(made, key=lambda one: len(one.parts), reverse=True):
            with contextlib.suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            raise PathUnreadableError(
                f"cannot write to {root}: {error.strerror or error}",
                hint="nothing was changed; check the folder's permissions and the space left",
            ) from error
        raise
    _remove([path for path in kept.values() if path is not None])


def _stage(root: Path, name: str, content: bytes, mode: int) -> Path:
    """Write a temporary file to disk; the process's umask applies, as to any file it makes."""
    path = _draft(root, name)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _draft(root: Path, name: str) -> Path:
    """Return a name beside a file's goal, in the same folder, so that a rename is enough."""
    goal = root / name
    for folder in reversed(PurePosixPath(name).parents[:-1]):
        (root / folder).mkdir(exist_ok=True)
    return goal.with_name(f".{goal.name}.{_place()}-{os.getpid()}-{uuid4().hex}{_DRAFT}")


def _keep(root: Path, name: str, there: _Found | None) -> Path | None:
    """Keep what a rename is about to replace; None where there is nothing."""
    if there is None:
        return None
    if there.content is None:
        kept = _draft(root, name)
        kept.symlink_to((root / name).readlink())
        return kept
    kept = _stage(root, name, there.content, _MODE)
    kept.chmod(there.mode)
    return kept


def _put_back(root: Path, kept: Mapping[str, Path | None]) -> None:
    for name, path in reversed(list(kept.items())):
        with contextlib.suppress(OSError):
            if path is None:
                (root / name).unlink(missing_ok=True)
            else:
                path.replace(root / name)


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _sync(root: Path) -> None:
    """Make the renames last through a power cut, where folders can be synced."""
    with contextlib.suppress(OSError):
        handle = os.open(root, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


MARK = b'<meta name="generator" content="leanscaffold report">'
_HEAD = 2000


def write_page(path: Path, text: str, *, force: bool) -> None:
    """Write a page whole. Raises FileConflictError without ``force``, UsageError for no folder."""
    real = path.resolve() if path.is_symlink() else path
    if not real.parent.is_dir():
        raise UsageError(f"--html: there is no folder {real.parent}", hint="make it first")
    recorded = {}
    try:
        content = real.read_bytes() if real.is_file() else b""
    except OSError as error:
        raise PathUnreadableError(
            f"cannot read {real}: {error.strerror or error}", hint="check its permissions"
        ) from error
    if MARK in content[:_HEAD]:
        recorded[real.name] = digest_content(content)
    write_outputs(real.parent, {real.name: text}, force=force, recorded=recorded)
