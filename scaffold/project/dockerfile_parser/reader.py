"""A reader of Dockerfiles: stages and instructions, each with its place in the text.

It never refuses a text: what Docker would not take is a ``Problem`` of the result. Libraries were
tried on a file with heredocs, ``COPY --link`` and a cache mount: one takes the documents'
lines for instructions, one stumbles over the flag, one drops the documents.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from scaffold.model.dockerfile import Dockerfile, Flag, Instruction, Problem, Span, Stage
from scaffold.project.dockerfile_parser.lines import Lines, Logical
from scaffold.project.dockerfile_parser.scopes import Scopes

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
        problems.append(Problem(text=f"{said[:40]!r} is no instruction", span=span))
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
