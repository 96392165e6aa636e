"""Scripts that a Dockerfile writes itself: by ``echo``, ``printf``, or as a heredoc."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scaffold.model.dockerfile import Dockerfile, Instruction
from scaffold.project.dockerfile_parser.scopes import fill_in
from scaffold.project.dockerfile_parser.shell import read_commands

_INTO = re.compile(r"\s*(>>?)\s*[\"']?([^\s\"'&|;<>()]+)")
_WRITES = re.compile(r"\bcat\b[^&|;]*?>\s*(\S+)|\btee\s+(?!-)(\S+)")
_ESCAPES = {r"\n": "\n", r"\t": "\t", r"\\": "\\"}


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a step writes to a path at a line of the Dockerfile, behind what is there or not."""

    path: str
    text: str
    line: int
    behind: bool = False


def find_written_scripts(dockerfile: Dockerfile, steps: Sequence[Instruction]) -> Mapping[str, str]:
    """Return files' texts by paths in the image, at the lines of the Dockerfile that write them."""
    found: dict[str, str] = {}
    for step in steps:
        for piece in (*_documents(dockerfile, step), *_lines(dockerfile, step)):
            before = found.get(piece.path, "") if piece.behind else ""
            room = max(piece.line - 1 - before.count("\n"), 0)
            found[piece.path] = before + "\n" * room + piece.text
    return found


def _path(step: Instruction, name: str) -> str:
    return posixpath.normpath(posixpath.join("/", step.scope.workdir, fill_in(name, step.scope)))


def _documents(dockerfile: Dockerfile, step: Instruction) -> Iterator[_Piece]:
    if len(step.heredocs) != 1:
        return
    document = step.heredocs[0]
    target = ""
    if step.keyword in {"COPY", "ADD"}:
        target = step.text.split()[-1]
    elif step.keyword == "RUN" and (into := _WRITES.search(step.text)):
        target = into[1] or into[2]
    if target and not target.endswith("/"):
        line = dockerfile.position(document.span.start)[0]
        yield _Piece(_path(step, target.strip("\"'")), document.body, line)


def _lines(dockerfile: Dockerfile, step: Instruction) -> Iterator[_Piece]:
    if step.keyword != "RUN" or step.words is not None:
        return
    for command in read_commands(step.text, range(len(step.text))):
        into = _INTO.match(step.text, command.span.end)
        text = _printed(command.argv) if into else None
        if into and text is not None:
            line = dockerfile.position(step.origins[command.span.start])[0]
            yield _Piece(_path(step, into[2]), text, line, behind=into[1] == ">>")


def _printed(argv: Sequence[str]) -> str | None:
    """Return what ``echo`` or ``printf`` writes."""
    if argv[:1] == ("echo",):
        words = [*argv[1:]]
        options = []
        while words and re.fullmatch(r"-[neE]+", words[0]):
            options.append(words.pop(0))
        end = "" if any("n" in one for one in options) else "\n"
        return _unescaped(" ".join(words)) + end
    if argv[:1] == ("printf",) and argv[1:]:
        values = [*argv[2:]]
        form = re.sub(r"%s", lambda _: values.pop(0) if values else "", _unescaped(argv[1]))
        return None if values else form
    return None


def _unescaped(text: str) -> str:
    return re.sub(r"\\[nt\\]", lambda found: _ESCAPES[found[0]], text)
