"""A Dockerfile on disk, and the folder that its build gets."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from scaffold.lint.context import Surroundings, sources_of
from scaffold.model.errors import Detail, PathUnreadableError, UsageError
from scaffold.project.dockerfile_parser.reader import read_dockerfile
from scaffold.project.dockerignore import ignored, is_output, may_return, parse_ignore
from scaffold.project.secrets import looks_secret
from scaffold.state.file_writer import write_outputs

_NAMES = ("Dockerfile", "Containerfile")
# What lies in projects and is of no use in an image, and what goes by a name of its own.
_BURDENS = {".git", ".hg", ".svn", ".venv", "venv", "node_modules", ".tox", ".nox", ".mypy_cache"}
_MOST_SECRETS = 8
_CONTEXTS = re.compile(r'\bcontexts"?\s*[=:]\s*\{([^}]*)\}')
_NAMED = re.compile(r'"?([\w./:-]+)"?\s*[=:]\s*"')
_MOST_TEXT = 100_000


def find_dockerfile(path: Path) -> Path:
    """Return the Dockerfile that a path means, itself or in a folder. Raises UsageError."""
    if not path.is_dir():
        if not path.exists():
            raise UsageError(f"there is no {path}", hint="name a Dockerfile, or a folder with one")
        return path
    for name in _NAMES:
        if (path / name).is_file():
            return path / name
    others = sorted(
        entry.name
        for entry in path.iterdir()
        if entry.name.lower().startswith("dockerfile") or entry.suffix.lower() == ".dockerfile"
    )
    hint = f"name one: {', '.join(others)}" if others else "name the file: leanscaffold lint FILE"
    raise UsageError(f"{path} has no Dockerfile", hint=hint)


def read_text(path: Path) -> str:
    """Return a file's text, line breaks as they are. Raises PathUnreadableError."""
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise PathUnreadableError(
            f"{path} is not UTF-8 text",
            hint="save it as UTF-8",
            details=[Detail(text=f"byte {error.start}: {error.reason}", file=str(path))],
        ) from error
    except OSError as error:
        raise PathUnreadableError(
            f"cannot read {path}: {error.strerror or error}", hint="check its permissions"
        ) from error


def replace_text(path: Path, text: str) -> None:
    """Write a file anew, whole or not at all, with the mode that it had; links are followed."""
    real = path.resolve()
    mode = real.stat().st_mode
    write_outputs(real.parent, {real.name: text}, force=True, recorded={})
    real.chmod(mode & 0o7777)


def find_context(file: Path, text: str) -> Path:
    """Return the folder that a build gets: the nearest that has all that is copied.

    That is the Dockerfile's own or one above it, within the repository; its own where none has it.
    """
    wanted = [
        path for path in _list_copied(text) if not set(path) & set("$*?[") and path.strip("./")
    ]
    own = file.resolve().parent
    for folder in (own, *own.parents) if wanted else ():
        if all((folder / path.lstrip("/")).exists() for path in wanted):
            return file.parent if folder == own else folder
        if (folder / ".git").exists() or not any((one / ".git").exists() for one in folder.parents):
            break
    return file.parent


def _list_copied(text: str) -> Iterator[str]:
    for step in read_dockerfile(text).instructions:
        flags = {flag.name: flag.value for flag in step.flags}
        if step.keyword in {"COPY", "ADD"} and "from" not in flags and not step.heredocs:
            yield from (one for one in sources_of(step) if "://" not in one and "@" not in one)
        for flag in step.flags if step.keyword == "RUN" else ():
            parts = dict(part.partition("=")[::2] for part in flag.value.split(","))
            if flag.name == "mount" and parts.get("type", "bind") == "bind" and "from" not in parts:
                yield parts.get("source") or parts.get("src") or "."


def look_around(file: Path) -> Surroundings:
    """Return what a build of a Dockerfile gets from its folder."""
    folder = find_context(file, read_text(file))
    own = file.with_name(f"{file.name}.dockerignore")
    common = folder / ".dockerignore"
    source = own if own.is_file() else common
    patterns = parse_ignore(read_text(source)) if source.is_file() else ()
    texts: dict[str, str] = {}
    for name in sorted(folder.glob("*gunicorn*.py"))[:_MOST_SECRETS]:
        if name.is_file() and name.stat().st_size < _MOST_TEXT:
            texts[name.name] = name.read_text("utf-8", errors="replace")
    places = {file.resolve().parent, folder.resolve()}
    bakes = [one for place in places for end in ("*.hcl", "*bake*.json") for one in place.glob(end)]
    contexts = {
        name
        for bake in bakes
        if bake.is_file() and bake.stat().st_size < _MOST_TEXT
        for one in _CONTEXTS.findall(bake.read_text("utf-8", errors="replace"))
        for name in _NAMED.findall(one)
    }
    secrets: list[str] = []
    burden: list[tuple[str, int]] = []
    for path, entry in _walk(folder, "", patterns):
        if entry.is_dir(follow_symlinks=False):
            burden.append((f"{path}/", _weigh(Path(entry.path))))
        elif len(secrets) < _MOST_SECRETS:
            secrets.append(path)
    return Surroundings(
        folder=folder,
        ignores=source.is_file(),
        texts=texts,
        contexts=frozenset(contexts),
        secrets=tuple(sorted(secrets)),
        burden=tuple(sorted(burden, key=lambda pair: (-pair[1], pair[0]))),
    )


def _walk(
    root: Path, folder: str, patterns: tuple[str, ...]
) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    """Yield burdens and secrets that no pattern holds back; what cannot be read is left out."""
    try:
        entries = sorted(os.scandir(root / folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        out = ignored(path, patterns)
        if not entry.is_dir(follow_symlinks=False):
            if not out and looks_secret(f"/{path}") and not is_output(path):
                yield path, entry
        elif entry.name in _BURDENS or (Path(entry.path) / "pyvenv.cfg").is_file():
            if not out:
                yield path, entry
        elif not out or may_return(path, patterns):
            yield from _walk(root, path, patterns)


def _weigh(folder: Path) -> int:
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(where, name)).st_size  # noqa: PTH118 - many files
            except OSError:
                continue
    return total
