"""From a text to logical lines: continuations joined, comments left out, heredocs attached."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from scaffold.model.dockerfile import Heredoc, Problem, Span

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_DIRECTIVE = re.compile(r"#\s*([A-Za-z]+)\s*=\s*(\S.*?)\s*")
_IGNORE = re.compile(r"#\s*leanscaffold:\s*ignore=([A-Za-z0-9_,\s-]+)")
_WORDS_WITH_DOCUMENTS = {"RUN", "COPY", "ADD"}
_DOCUMENT = re.compile(r"<<(-?)(?:\"([^\"\s]+)\"|'([^'\s]+)'|([A-Za-z_][\w.-]*))")
_KEYWORD = re.compile(r"\s*(?:ONBUILD\s+)?([A-Za-z]+)", re.IGNORECASE)


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
        continues = True
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
            logical.text += kept[lead:]
            logical.origins += range(offset + skip + lead, offset + skip + len(kept))
            logical.end = offset + skip + len(body)
        return at

    def _attach(self, lines: list[tuple[int, str]], at: int, logical: Logical) -> int:
        """Read the documents that an instruction announces; return the next line's number."""
        keyword = _KEYWORD.match(logical.text)
        if keyword is None or keyword[1].upper() not in _WORDS_WITH_DOCUMENTS:
            return at
        found = []
        for dash, name, expands in _announced(logical.text, self.escape):
            first = at
            while at < len(lines) and not _closes(lines[at], name, dash=dash):
                at += 1
            start = lines[first][0] if first < len(lines) else len(self.text)
            end = lines[at][0] if at < len(lines) else len(self.text)
            found.append(
                Heredoc(
                    name=name,
                    body=self.text[start:end],
                    span=Span(start=start, end=end),
                    expands=expands,
                )
            )
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


def _announced(text: str, escape: str) -> Iterator[tuple[bool, str, bool]]:
    """Yield (tabs are stripped, name, variables are filled in) of each heredoc outside quotes."""
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
                yield bool(found[1]), next(filter(None, found.groups()[1:])), found[4] is not None
                at = found.end()
                continue
            at += 1
        at += 1
