"""A reader of Dockerfiles: stages and instructions, each with its place in the text.

It never refuses a text: what Docker would not take is a ``Problem`` of the result. Libraries were
tried on a file with heredocs, ``COPY --link`` and a cache mount: one takes the documents'
lines for instructions, one stumbles over the flag, one drops the documents.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from scaffold.model.dockerfile import Dockerfile, Flag, Heredoc, Instruction, Problem, Span, Stage
from scaffold.project.dockerfile_parser.scopes import Scopes

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_DIRECTIVE = re.compile(r"#\s*([A-Za-z]+)\s*=\s*(\S.*?)\s*")
_IGNORE = re.compile(r"#\s*leanscaffold:\s*ignore=([A-Za-z0-9_,\s-]+)")
_WORDS_WITH_DOCUMENTS = {"RUN", "COPY", "ADD"}
_DOCUMENT = re.compile(r"<<(-?)(?:\"([^\"\s]+)\"|'([^'\s]+)'|([A-Za-z_][\w.-]*))")
_CONTINUED_KEYWORD = re.compile(r"\s*(?:ONBUILD\s+)?([A-Za-z]+)", re.IGNORECASE)


@dataclass(slots=True)
class Logical:
    """One instruction's text without continuations, with the offset of each character."""

    start: int
    end: int
    text: str = ""
    origins: list[int] = field(default_factory=list)
    heredocs: tuple[Heredoc, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(slots=True)
class Lines:
    """A Dockerfile, cut into logical lines. ``problems`` and ``blanks`` fill while it is read."""

    text: str
    escape: str = "\\"
    problems: list[Problem] = field(default_factory=list)
    blanks: list[Span] = field(default_factory=list)

    def read(self) -> Iterator[Logical]:
        """Yield every logical line that is no comment."""
        lines = [(found.start(), found[0]) for found in _LINE.finditer(self.text)]
        self.escape = _find_escape(lines)
        at, ignored = 0, list[str]()
        while at < len(lines):
            offset, line = lines[at]
            body = _content(line, offset)
            if not body.strip():
                at, ignored = at + 1, []
            elif body.lstrip().startswith("#"):
                ignored += _ignored(body)
                at += 1
            else:
                logical = Logical(start=offset + _indent(line, offset), end=offset)
                at = self._join(lines, at, logical, ignored)
                at = self._attach(lines, at, logical)
                logical.ignored = tuple(dict.fromkeys(ignored))
                ignored = []
                yield logical

    def _join(
        self, lines: list[tuple[int, str]], at: int, logical: Logical, ignored: list[str]
    ) -> int:
        """Add a line and those that continue it; return the number of the line after them."""
        continues, parts = True, list[str]()
        while continues and at < len(lines):
            offset, line = lines[at]
            body = _content(line, offset)
            at += 1
            if logical.origins and body.lstrip().startswith("#"):
                ignored += _ignored(body)
                continue
            if logical.origins and not body.strip():
                self.blanks.append(Span(start=offset, end=offset + len(line)))
                continue
            bare = body.rstrip(" \t")
            continues = bare.endswith(self.escape) and not bare.endswith(self.escape * 2)
            kept = bare[:-1] if continues else body
            skip = len(line) - len(line.lstrip("\ufeff")) if offset == 0 else 0
            lead = 0 if logical.origins else len(kept) - len(kept.lstrip())
            parts.append(kept[lead:])
            logical.origins += range(offset + skip + lead, offset + skip + len(kept))
            logical.end = offset + skip + len(body)
        logical.text = "".join(parts)
        return at

    def _attach(self, lines: list[tuple[int, str]], at: int, logical: Logical) -> int:
        """Read the documents that an instruction announces; return the next line's number."""
        keyword = _CONTINUED_KEYWORD.match(logical.text)
        if keyword is None or keyword[1].upper() not in _WORDS_WITH_DOCUMENTS:
            return at
        found = []
        for dash, name in _announced(logical.text, self.escape):
            first = at
            while at < len(lines) and not _closes(lines[at], name, dash=dash):
                at += 1
            start = lines[first][0] if first < len(lines) else len(self.text)
            end = lines[at][0] if at < len(lines) else len(self.text)
            span = Span(start=start, end=end)
            found.append(Heredoc(name=name, body=self.text[start:end], span=span))
            if at < len(lines):
                logical.end = lines[at][0] + len(_content(lines[at][1], lines[at][0]))
                at += 1
            else:
                logical.end = max(logical.end, len(self.text.rstrip("\r\n")))
                where = Span(start=logical.start, end=logical.start + 1)
                self.problems.append(Problem(text=f"nothing ends the document {name}", span=where))
        logical.heredocs = tuple(found)
        return at


def _content(line: str, offset: int) -> str:
    body = line.removesuffix("\n").removesuffix("\r")
    return body.lstrip("\ufeff") if offset == 0 else body


def _indent(line: str, offset: int) -> int:
    skipped = len(line) - len(line.lstrip("\ufeff")) if offset == 0 else 0
    body = _content(line, offset)
    return skipped + len(body) - len(body.lstrip())


def _find_escape(lines: list[tuple[int, str]]) -> str:
    """Return the escape character that a directive on top names, a backslash without one."""
    for offset, line in lines:
        found = _DIRECTIVE.fullmatch(_content(line, offset).strip())
        if found is None:
            break
        if found[1].lower() == "escape" and found[2] in {"\\", "`"}:
            return found[2]
    return "\\"


def _ignored(comment: str) -> list[str]:
    found = _IGNORE.search(comment)
    return [word.lower() for word in re.split(r"[,\s]+", found[1]) if word] if found else []


def _closes(line: tuple[int, str], name: str, *, dash: bool) -> bool:
    body = line[1].removesuffix("\n").removesuffix("\r")
    return (body.lstrip("\t") if dash else body) == name


def _announced(text: str, escape: str) -> Iterator[tuple[bool, str]]:
    """Yield (tabs are stripped, name) of each heredoc outside quotes."""
    at, quote = 0, ""
    while at < len(text):
        char = text[at]
        if char == escape and quote != "'":
            at += 2
            continue
        if quote or char in "'\"":
            quote = "" if char == quote else quote or char
        elif text.startswith("<<", at):
            found = _DOCUMENT.match(text, at)
            if found and not text.startswith("<<<", at) and text[at - 1 : at] != "<":
                yield bool(found[1]), next(filter(None, found.groups()[1:]))
                at = found.end()
                continue
            at += 1
        at += 1


KEYWORDS = frozenset(
    {
        *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK"),
        *("LABEL", "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME"),
        "WORKDIR",
    }
)
_WITH_FLAGS = {"FROM", "COPY", "ADD", "RUN", "HEALTHCHECK"}
_WITH_LISTS = {"RUN", "CMD", "ENTRYPOINT", "SHELL", "COPY", "ADD", "VOLUME", "HEALTHCHECK"}
_KEYWORD = re.compile(r"([A-Za-z]+)(?=\s|$)")
_FLAG = re.compile(
    r"\s*(--([A-Za-z][\w-]*)(?:=((?:\"(?:\\.|[^\"\\])*\"|'[^']*'|\\.|[^\s\"'\\])*))?)(?=\s|$)"
)
_FROM = re.compile(r"(\S+)(?:\s+(?:as)\s+(\S+))?\s*", re.IGNORECASE)


def read_dockerfile(text: str) -> Dockerfile:
    """Return what stands in a Dockerfile; every text gives one."""
    lines = Lines(text)
    problems: list[Problem] = []
    found = [
        instruction
        for logical in lines.read()
        if (instruction := _read(logical, problems)) is not None
    ]
    template = next((one for one in problems if one.text.startswith(("'{%", "'{{"))), None)
    if template is not None:  # of Jinja, whose branches are not all there at once
        text_ = "this is a template: what it makes is a Dockerfile"
        return Dockerfile(
            text=text,
            escape=lines.escape,
            head=(),
            stages=(),
            problems=(replace(template, text=text_),),
            blanks=(),
        )
    head, stages = _cut(found, problems, lines.escape)
    return Dockerfile(
        text=text,
        escape=lines.escape,
        head=head,
        stages=stages,
        problems=tuple(sorted((*problems, *lines.problems), key=lambda one: one.span.start)),
        blanks=tuple(lines.blanks),
    )


def _read(logical: Logical, problems: list[Problem]) -> Instruction | None:
    span = Span(start=logical.start, end=logical.end)
    keyword = _KEYWORD.match(logical.text)
    word = keyword[1].upper() if keyword else ""
    if keyword is None or word not in KEYWORDS:
        said = logical.text.split(maxsplit=1)[0] if logical.text.split() else ""
        problems.append(Problem(text=f"{said[:40]!r} is not an instruction", span=span))
        return None
    instruction = _fill(word, keyword.end(), logical, span)
    if word == "ONBUILD" and instruction.text:
        at = len(logical.text) - len(logical.text[keyword.end() :].lstrip())
        held = replace_logical(logical, at)
        instruction = replace(instruction, inner=_read(held, problems))
    if not instruction.text and not instruction.heredocs:
        problems.append(Problem(text=f"{word} says nothing", span=span))
    return instruction


def replace_logical(logical: Logical, at: int) -> Logical:
    """Return the rest of a logical line."""
    origins = logical.origins[at:]
    return Logical(
        start=origins[0] if origins else logical.start,
        end=logical.end,
        text=logical.text[at:],
        origins=origins,
        heredocs=logical.heredocs,
    )


def _fill(word: str, at: int, logical: Logical, span: Span) -> Instruction:
    flags = []
    while word in _WITH_FLAGS and (found := _FLAG.match(logical.text, at)):
        where = Span(
            start=logical.origins[found.start(1)], end=logical.origins[found.end(1) - 1] + 1
        )
        value = re.sub(r"[\"']", "", found[3] or "")
        flags.append(Flag(name=found[2].lower(), value=value, span=where))
        at = found.end()
    rest = logical.text[at:]
    lead = len(rest) - len(rest.lstrip())
    text = rest.strip()
    return Instruction(
        keyword=word,
        span=span,
        text=text,
        origins=tuple(logical.origins[at + lead : at + lead + len(text)]),
        flags=tuple(flags),
        heredocs=logical.heredocs,
        words=_list_of(_listed(word, text)) if word in _WITH_LISTS else None,
        ignored=logical.ignored,
    )


def _listed(word: str, text: str) -> str:
    """Return where a list would stand: the command of a health check is behind CMD."""
    if word != "HEALTHCHECK":
        return text
    found = re.match(r"CMD\s+", text, re.IGNORECASE)
    return text[found.end() :] if found else ""


def _list_of(text: str) -> tuple[str, ...] | None:
    if not text.startswith("["):
        return None
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(read, list) or not all(isinstance(word, str) for word in read):
        return None
    return tuple(read)


def _cut(
    found: Sequence[Instruction], problems: list[Problem], escape: str
) -> tuple[tuple[Instruction, ...], tuple[Stage, ...]]:
    """Cut the instructions at each FROM."""
    starts = [number for number, one in enumerate(found) if one.keyword == "FROM"]
    first = starts[0] if starts else len(found)
    problems += [
        Problem(text=f"{one.keyword} stands before the first FROM", span=one.span)
        for one in found[:first]
        if one.keyword != "ARG"
    ]
    if not starts:
        problems.append(Problem(text="there is no FROM", span=Span(start=0, end=0)))
    head = tuple(one for one in found[:first] if one.keyword == "ARG")
    scopes = Scopes(escape)
    head = tuple(scopes.before_stages(head))
    ends = [*starts[1:], len(found)][: len(starts)]
    stages = list[Stage]()
    for start, end in zip(starts, ends, strict=True):
        stages.append(_stage(found[start:end], stages, scopes))
    return head, tuple(stages)


def _stage(found: Sequence[Instruction], before: Sequence[Stage], scopes: Scopes) -> Stage:
    opening, *steps = found
    read = _FROM.fullmatch(opening.text)
    written = read[1] if read else opening.text
    image = scopes.fill_head(written)
    parent = next((s.number for s in reversed(before) if s.name and s.name == image.lower()), None)
    platform = scopes.fill_head(opening.flag("platform") or "")
    return Stage(
        number=len(before),
        name=(read[2] or "").lower() if read else "",
        image=image,
        written=written,
        platform=platform,
        parent=parent,
        opening=opening,
        steps=tuple(scopes.of_stage(steps, len(before), parent)),
    )


def walk(instructions: Sequence[Instruction]) -> Iterator[Instruction]:
    """Yield instructions, and what ONBUILD holds back in its place."""
    for one in instructions:
        yield one.inner if one.inner is not None else one
