"""What stays out of an image: the patterns of ``.dockerignore``, each with its reason."""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import groupby

from scaffold.catalog.resources import read_template
from scaffold.model.project import Project
from scaffold.model.target import Arch
from scaffold.project.secrets import NAME_GLOBS

_ENVIRONMENT = "a virtual environment of this machine: the image gets its own packages"
BUILD_LOCK = "requirements.build.lock"  # what builds the project's own packages
TRACE = "leanscaffold.trace.json"  # the keep-list of a traced app
# What we write ourselves. It does not count as the project's, or a second run would predict more.
OUTPUTS = (
    "Dockerfile",
    ".dockerignore",
    "Dockerfile.dockerignore",
    "leanscaffold.json",
    TRACE,
    BUILD_LOCK,
    *(f"requirements.{arch.slug}.lock" for arch in Arch),
)
PROGRAM = ".leanscaffold"  # folder of what puts an image's files together
ASSEMBLE = f"{PROGRAM}/assemble.py"
_FOLDERS = ("(?:", ".*/)?")  # of `**/`: before it, and inside of it
_MAYBE = {"(?:": 2, ".*": 1, "[^/]*": 1}
_LOOPS = {".*/)?", ".*", "[^/]*"}
_MOST_LOOPS = 3  # of which trying all ends takes no time


@cache
def list_patterns() -> tuple[tuple[str, str], ...]:
    """Return what stays out of every image: patterns, each with its reason."""
    rows, why = list[tuple[str, str]](), ""
    for line in read_template("dockerfile/ignored.txt").splitlines():
        if line.startswith("# "):
            why = line.removeprefix("# ")
        else:
            names = [f"**/{glob}" for glob in NAME_GLOBS]
            rows += [(one, why) for one in (names if line == "{names}" else [line])]
    return tuple(rows)


def is_output(path: str) -> bool:
    """Tell whether a path, relative to the project, is one that leanscaffold writes."""
    return path in OUTPUTS or path.startswith(f"{PROGRAM}/")


def ignored(path: str, patterns: Sequence[str]) -> bool:
    """Return whether Docker leaves a file or folder out.

    ``path`` is relative with forward slashes. As in Docker, a pattern also covers what lies below
    the folder that it matches, ``!`` takes an exclusion back, and the last pattern that matches
    decides. Source: Docker's reference of the .dockerignore file.
    """
    out = False
    for exception, matches in _rounds(tuple(patterns)):
        if exception == out and matches(path):
            out = not exception
    return out


def may_return(folder: str, patterns: Iterable[str]) -> bool:
    """Return whether an exception may take back something below an ignored folder."""
    parts = folder.split("/")
    for pattern in patterns:
        exception, bare = _split(pattern)
        if exception and all(
            _any_of([_translate(piece)])(part)
            for piece, part in zip(_until_any_depth(bare), parts, strict=False)
        ):
            return True
    return False


def patterns_for(
    keep: Sequence[str] = (), drop: Sequence[str] = (), own: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return the patterns that hold for a project.

    ``drop`` are folders to leave out besides (virtual environments with a name of their own),
    ``own`` the patterns of the user's ignore file, ``keep`` paths that the build or the app needs:
    each becomes an exception, after all else.
    """
    return tuple(pattern for pattern, _ in _reasoned(keep, drop, own))


def render_ignore(
    keep: Sequence[str], drop: Sequence[str] = (), only: Sequence[str] = (), own: Sequence[str] = ()
) -> str:
    """Return a ``.dockerignore`` with reasons; ``only`` are the folders of a workspace, if any."""
    lines = ["# Not part of the image, and not sent to the builder."]
    if only:
        lines += ["", "# other members of the workspace", "*", *(f"!{_escape(p)}" for p in only)]
    for why, rows in groupby(_reasoned(keep, drop, own), key=lambda row: row[1]):
        lines += ["", f"# {why}", *(pattern for pattern, _ in rows)]
    return "\n".join(lines) + "\n"


def parse_ignore(text: str) -> tuple[str, ...]:
    """Return the patterns of a ``.dockerignore``, as Docker reads it."""
    lines = text.removeprefix("\ufeff").split("\n")  # Docker knows no other line break
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def check_pattern(pattern: str) -> None:
    """Refuse what Docker refuses, such as ``[z-a]``. Raises ValueError with a sentence."""
    _translate(_split(pattern)[1])


def _reasoned(
    keep: Sequence[str], drop: Sequence[str], own: Sequence[str]
) -> Iterator[tuple[str, str]]:
    yield from list_patterns()
    for path in sorted(set(drop)):
        yield _escape(path), _ENVIRONMENT
    ours = {pattern for pattern, _ in list_patterns()}
    for at, pattern in enumerate(own):
        # Before the first exception, what is left out already need not be left out again.
        if pattern not in ours or any(one.startswith("!") for one in own[:at]):
            yield pattern, "of the project's own ignore file"
    for path in sorted(set(keep)):
        if path and path != "." and not path.startswith("../"):
            yield f"!{_escape(path)}", "needed by the build or by the app"


def _escape(path: str) -> str:
    # Docker strips blanks and takes ``#`` and ``!`` at a line's start for itself.
    escaped = re.sub(r"([*?\[\]\\])", r"\\\1", path)
    return f"\\{escaped}" if escaped[0] in "#!" else escaped


@lru_cache(16)
def _rounds(patterns: tuple[str, ...]) -> tuple[tuple[bool, Callable[[str], object]], ...]:
    """Return patterns in a row that all exclude, or all take back, as one question each."""
    split = [one for one in map(_split, patterns) if one[1]]
    return tuple(
        (exception, _any_of([_translate(bare) for _, bare in row]))
        for exception, row in groupby(split, key=lambda one: one[0])
    )


def _any_of(translated: Sequence[Sequence[str]]) -> Callable[[str], object]:
    """Return what is true for a path that one of the patterns is for, or for a folder above it."""
    slow = [tuple(pieces) for pieces in translated if _loops(pieces)]
    quick = "|".join("".join(pieces) for pieces in translated if not _loops(pieces))
    compiled = re.compile(f"(?:{quick})(?:/.*)?" if quick else "(?!)", re.DOTALL)
    if not slow:
        return compiled.fullmatch
    return lambda path: (
        compiled.fullmatch(path)
        or any(_walk(pieces, one) for pieces in slow for one in _and_parents(path))
    )


def _loops(pieces: Iterable[str]) -> bool:
    """Tell whether trying all ends of a pattern's loops would take a time that people notice."""
    return sum(piece in _LOOPS for piece in pieces) > _MOST_LOOPS


@cache
def _split(pattern: str) -> tuple[bool, str]:
    text = pattern.strip()
    exception = text.startswith("!")
    text = text[1:].strip() if exception else text
    if not text:
        return exception, ""
    return exception, posixpath.normpath(text).lstrip("/")


def _and_parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(len(parts), 0, -1)]


def _until_any_depth(pattern: str) -> list[str]:
    pieces = pattern.split("/")
    return next((pieces[:at] for at, piece in enumerate(pieces) if "**" in piece), pieces)


def _walk(pieces: Sequence[str], path: str) -> bool:
    """Tell whether pieces of a pattern match a whole path, in time linear in both."""
    states = _skip(pieces, {0})
    for char in path:
        after = set[int]()
        for at in states - {len(pieces)}:
            piece = pieces[at]
            if piece in _FOLDERS:
                inside = at + _FOLDERS[::-1].index(piece)
                after |= {inside, inside + 1} if char == "/" else {inside}
            elif piece == ".*" or (piece == "[^/]*" and char != "/"):
                after.add(at)
            elif piece != "[^/]*" and re.fullmatch(piece, char, re.DOTALL):
                after.add(at + 1)
        states = _skip(pieces, after)
    return len(pieces) in states


def _skip(pieces: Sequence[str], states: set[int]) -> set[int]:
    """Add where one is once what may be nothing is passed over."""
    for at, piece in enumerate(pieces):
        if at in states and piece in _MAYBE:
            states.add(at + _MAYBE[piece])
    return states


@cache
def _translate(pattern: str) -> tuple[str, ...]:
    """Return a pattern as pieces of a regular expression. Raises ValueError for a bad one.

    Docker matches in linear time; a regular expression with many loops does not.
    """
    out, at = list[str](), 0
    while at < len(pattern):
        rest = pattern[at:]
        if rest.startswith("**"):
            at += 3 if rest.startswith("**/") else 2
            out += _FOLDERS if at < len(pattern) else (".*",)
            continue
        if found := re.match(r"\[\^?(?:\\.|[^\]\\])+\]", rest):
            if re.fullmatch(r"\[\^?(?:-.*|.*[^\\]-)\]", found[0]):
                # Go's path.Match has no range that is open at one end.
                raise ValueError(f"{pattern!r} is not a pattern: '-' stands at an end of [...]")
            out.append("[" + re.sub(r"([\[&|~])", r"\\\1", found[0][1:]))
            at += len(found[0])
            continue
        step = 2 if rest[0] == "\\" and len(rest) > 1 else 1
        out.append({"*": "[^/]*", "?": "[^/]"}.get(rest[:step], re.escape(rest[step - 1])))
        at += step
    try:
        re.compile("".join(out))
    except re.error as error:
        raise ValueError(f"{pattern!r} is not a pattern: {error.msg}") from error
    return tuple(out)


def input_files(project: Project) -> tuple[str, ...]:
    """Return requirement and lock files, the trace, and the user's ignore file, relative."""
    ignore = [project.ignore_source] if project.ignore_source else []
    return (*project.files, *ignore, TRACE)
