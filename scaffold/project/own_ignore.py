"""The ignore file that the user keeps, and the name of ours beside it."""

from dataclasses import dataclass
from pathlib import Path

from scaffold.model.errors import ConfigInvalidError, Detail
from scaffold.model.plan import DOCKERFILE
from scaffold.project.dockerignore import check_pattern, parse_ignore
from scaffold.project.text_io import decode, decode_problem, read_bytes
from scaffold.state.file_writer import digest_content, read_recorded

IGNORE = ".dockerignore"


@dataclass(frozen=True, slots=True)
class OwnIgnore:
    """The user's patterns and the file that has them; ``ours`` is the name of the file to write.

    Docker prefers ``Dockerfile.dockerignore`` to ``.dockerignore``: ours has the user's patterns in
    it, and theirs stays as it is.
    """

    ours: str = IGNORE
    theirs: str = ""
    patterns: tuple[str, ...] = ()


def read_own_ignore(context: Path, dockerfile: str = DOCKERFILE) -> OwnIgnore:
    """Return what the user leaves out of builds in a folder. Raises ConfigInvalidError."""
    apart = f"{dockerfile}{IGNORE}"
    recorded = read_recorded(context)
    for name in dict.fromkeys((apart, f"{DOCKERFILE}{IGNORE}", IGNORE)):
        if not (context / name).is_file():
            continue
        data = read_bytes(context, name)
        if digest_content(data) != recorded.get(name):
            return OwnIgnore(apart, name, _read_patterns(name, data))
    # One for all builds would bind those of the user's own Dockerfile.
    return OwnIgnore(IGNORE if dockerfile == DOCKERFILE else apart)


def _read_patterns(name: str, data: bytes) -> tuple[str, ...]:
    problems, text = [], ""
    try:
        text = decode(data)
    except ValueError as error:
        problems.append(decode_problem(name, data, error))
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            for pattern in parse_ignore(line):
                check_pattern(pattern)
        except ValueError as error:
            problems.append(Detail(text=str(error), file=name, line=number))
    if problems:
        raise ConfigInvalidError(
            f"{name} cannot be used", hint="correct it and run again", details=problems
        )
    return parse_ignore(text)
