"""Requirement files as pip reads them: with nested files, variables, and all bad lines at once."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from scaffold.model.errors import Detail
from scaffold.model.project import Asked, Origin
from scaffold.project.pip_options import combine
from scaffold.project.requirement_lines import COMMENT, REMOTE, logical_lines, read_line
from scaffold.project.requirement_parser import (
    Reading,
    break_in,
    local_path,
    unique,
    without_passwords,
)
from scaffold.project.text_io import decode, decode_problem, read_bytes, relative

_LINE_END = re.compile("\r\n|\r|\n")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")


def read_requirements(
    root: Path, names: Sequence[str], *, environ: Mapping[str, str] | None = None
) -> Reading:
    """Return what requirement files ask for, with all files they name by ``-r`` and ``-c``.

    ``names`` are relative to ``root``. ``environ`` fills ``${VARIABLE}`` as pip does. Every bad
    line ends in ``problems``. A requirement without a name (a local folder) has an empty one.
    Raises PathUnreadableError for a file of ``names`` that cannot be read, and for a nested one
    that is there but may not be read.
    """
    walk = _Walk(root=root, environ=os.environ if environ is None else environ)
    for name in names:
        walk.read(_normal(name), constraint=False, chain=(), by=None)
    return walk.reading()


def _normal(name: str) -> str:
    return Path(os.path.normpath(name)).as_posix()


@dataclass(slots=True, kw_only=True)
class _Walk:
    """The state of one reading: it goes from file to file and gathers."""

    root: Path
    environ: Mapping[str, str]
    asked: list[Asked] = field(default_factory=list)
    constraints: list[Asked] = field(default_factory=list)
    problems: list[Detail] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    options: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    files: list[tuple[str, bool]] = field(default_factory=list)
    written: list[tuple[str, str]] = field(default_factory=list)

    def reading(self) -> Reading:
        return Reading(
            asked=tuple(self.asked),
            constraints=tuple(self.constraints),
            index=replace(combine(self.root, self.options), written=tuple(self.written)),
            files=unique(name for name, _ in self.files),
            notes=unique(self.notes),
            problems=tuple(sorted(self.problems, key=self._place)),
        )

    def _place(self, problem: Detail) -> tuple[int, int]:
        names = [name for name, _ in self.files]
        return names.index(problem.file or ""), problem.line or 0

    def read(
        self, name: str, *, constraint: bool, chain: tuple[str, ...], by: Origin | None
    ) -> None:
        if by is not None and not self._is_nested_file(name, chain, by):
            return
        if (name, constraint) in self.files:
            return
        data = read_bytes(self.root, name)
        self.files.append((name, constraint))
        try:
            text = decode(data)
        except ValueError as error:
            self.problems.append(decode_problem(name, data, error))
            return
        for line, content in self._lines(name, text):
            origin = Origin(file=name, line=line)
            try:
                self._line(content, origin, constraint=constraint, chain=(*chain, name))
            except ValueError as error:
                self.problems.append(Detail(text=str(error), file=name, line=line))

    def _is_nested_file(self, name: str, chain: tuple[str, ...], by: Origin) -> bool:
        wrong = ""
        if name in chain:
            circle = " → ".join((*chain[chain.index(name) :], name))
            wrong = f"files include each other in a circle: {circle}; remove one of the lines"
        elif (self.root / name).is_dir():
            wrong = f"asks for {name}, which is a folder, not a file"
        elif not os.path.lexists(self.root / name):
            wrong = f"asks for {name}, which does not exist"
        if wrong:
            self.problems.append(Detail(text=wrong, file=by.file, line=by.line))
        return not wrong

    def _lines(self, name: str, text: str) -> Iterator[tuple[int, str]]:
        physical = _LINE_END.split(text)
        for number, line in enumerate(physical, start=1):
            # The parser would end the line here, and what follows would pass for a requirement.
            if broken := break_in(line):
                physical[number - 1] = COMMENT.sub("", line) if break_in(line) else line
                if break_in(physical[number - 1]):
                    self.problems.append(Detail(text=f"{line!r} {broken}", file=name, line=number))
                    physical[number - 1] = ""
        yield from logical_lines(physical)

    def _line(
        self, content: str, origin: Origin, *, constraint: bool, chain: tuple[str, ...]
    ) -> None:
        missing = [name for name in _VARIABLE.findall(content) if not self.environ.get(name)]
        if missing:
            raise ValueError(
                f"the environment variable {missing[0]} is not set: set it before running"
            )
        expanded = _VARIABLE.sub(lambda found: self.environ[found[1]], content)
        try:
            asked = read_line(expanded, content, origin, root=self.root, constraint=constraint)
            if isinstance(asked, Mapping):
                self._note_written(asked, content, origin)
                self._take_options(asked, origin, chain)
                return
        except ValueError as error:
            raise ValueError(self._masked(str(error), content)) from error
        if constraint and (asked.editable or not asked.name or asked.extras):
            raise ValueError(f"{content} cannot be a constraint: write a name and versions only")
        (self.constraints if constraint else self.asked).append(asked)

    def _masked(self, message: str, content: str) -> str:
        """Return the message without the values of variables, which may be secrets."""
        for name in _VARIABLE.findall(content):
            message = message.replace(self.environ[name], f"${{{name}}}")
        return without_passwords(message)

    def _note_written(self, options: Mapping[str, Any], content: str, origin: Origin) -> None:
        """Remember how the addresses stand in the file whose variables were filled in."""
        if not _VARIABLE.search(content):
            return
        written = read_line(content, content, origin, root=self.root, constraint=False)
        if isinstance(written, Mapping):
            for filled, plain in zip(_addresses(options), _addresses(written), strict=True):
                self.written += [(filled, plain)] if filled != plain else []

    def _take_options(
        self, options: Mapping[str, Any], origin: Origin, chain: tuple[str, ...]
    ) -> None:
        self.options.append((origin.file, options))
        if "trusted_hosts" in options:
            self.notes.append(f"{origin}: --trusted-host is left to pip's configuration")
        for key in ("requirements", "constraints"):
            for asked in options.get(key, ()):
                if REMOTE.match(asked):
                    raise ValueError(f"{asked} is not fetched: save it next to this file instead")
                path = local_path(asked) if asked.startswith("file:") else asked
                nested = relative(self.root, (self.root / origin.file).parent / path)
                self.read(nested, constraint=key == "constraints", chain=chain, by=origin)


def _addresses(options: Mapping[str, Any]) -> list[str]:
    single = [options["index_url"]] if options.get("index_url") else []
    return [*single, *options.get("extra_index_urls", []), *options.get("find_links", [])]
