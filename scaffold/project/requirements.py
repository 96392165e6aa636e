"""Requirement files as pip reads them: with nested files, variables, and all bad lines at once."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pip_requirements_parser as parser
from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename
from pip_requirements_parser import CommentLine, build_parser, get_line_parser, preprocess

from scaffold.model.addresses import mask_credentials
from scaffold.model.errors import Detail, PathUnreadableError
from scaffold.model.project import Asked, IndexOptions, Origin
from scaffold.project.requirement_parser import (
    Reading,
    break_in,
    check_plain,
    check_versions,
    first_line,
    full_hash,
    local_path,
    read_requirement,
    unique,
)
from scaffold.project.text_io import decode, decode_problem, read_bytes, relative

REMOTE = re.compile(
    r"(?:https?|ftp|(?:git|hg|svn|bzr)(?:\+\w+)?)://|(?:git|hg|svn|bzr)\+", re.IGNORECASE
)
COMMENT = re.compile(r"(^|\s+)#.*$")
# What PEP 508 and pip read alike: no address, no path, no option, no text that only ``===`` allows.
_PLAIN = re.compile(r"[A-Za-z0-9][^@/\\;]*(?:;[^@/\\]*)?")
_UNUSUAL = re.compile(r" -|===|\.(?:whl|zip|tar|t[a-z]z)\b")
_WITH_VARIABLE = re.compile(r"\S*\$\{[A-Z0-9_]+\}[^\s;]*")
_SHOWN = 80
_ARCHIVE = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")


def logical_lines(physical: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the logical lines: continued ones joined, comments gone, with their numbers."""
    if not any(line.rstrip().endswith("\\") for line in physical):
        for number, line in enumerate(physical, start=1):
            if text := COMMENT.sub("", line).strip():
                yield number, text
        return

    for item in preprocess("\n".join(physical)):
        if not isinstance(item, CommentLine):
            yield item[0], item[1]


def read_line(
    line: str, written: str, origin: Origin, *, root: Path, constraint: bool
) -> Asked | Mapping[str, Any]:
    """Return a line's requirement, or a mapping for a line of options.

    ``line`` has its variables filled in, ``written`` has not. Raises ValueError with a sentence
    for everything that pip would refuse, or the parser drops.
    """
    plain = _read_plain(line, origin, root) if line == written else None
    if plain is not None:
        return plain
    parsed = _parse(line, origin, constraint=constraint)
    return parsed if isinstance(parsed, Mapping) else _asked(parsed, written, origin, root)


def _read_plain(line: str, origin: Origin, root: Path) -> Asked | None:
    """Return the requirement of a plain PEP 508 line, else None: the library is slow to import."""
    if _PLAIN.fullmatch(line) is None or _UNUSUAL.search(line) is not None:
        return None
    try:
        return read_requirement(line, origin, root=root, folder=root)
    except ValueError:
        return None


def _parse(line: str, origin: Origin, *, constraint: bool) -> Any:
    """Return the parser's requirement, or a mapping of options. Raises ValueError."""
    try:
        string, options, words = _split(line)
        parsed = parser.ParsedLine(
            requirement_line=parser.RequirementLine(line, origin.line, origin.file),
            requirement_string=string,
            options=options,
            is_constraint=constraint,
            arguments=words,
        )
        items = list(parser.handle_line(parsed))
        is_requirement = parsed.is_requirement
        requirement = parser.build_req_from_parsedreq(items[0]) if is_requirement else None
    except parser.OptionParsingError as error:
        said = str(error.msg).partition("error: ")[2].strip() or str(error.msg).strip()
        raise ValueError(f"{_shown(line)}: {said}; this option cannot be used here") from error
    except parser.PipError as error:
        raise ValueError(f"{_shown(line)}: {_first_sentence(error)}") from error
    except (ValueError, AssertionError) as error:
        raise ValueError(f"{_shown(line)}: {first_line(error)}") from error
    if requirement is None:
        return _checked_options(line, items[-1].options, parser.LEGACY_OPTIONS_DEST)
    if len(options.editables or ()) > 1:
        raise ValueError(f"{_shown(line)}: write one -e per line")
    if requirement.install_options or requirement.global_options:
        raise ValueError(f"{_shown(line)}: options for setup.py cannot be passed on: remove them")
    return requirement


def _split(line: str) -> tuple[str, Any, Sequence[str]]:
    """Return a line's requirement, options and stray words.

    The library makes an option parser per line, which is most of its time; a line without a dash
    after a space has no options.
    """
    if line.startswith("-") or " -" in line:
        string, options, words = get_line_parser()(line)
        return string, options, words
    return line, _no_options(), ()


@cache
def _no_options() -> Any:
    return build_parser().get_default_values()


# What a line may say behind its requirement of how that is built, and the value.
_BEHIND = re.compile(
    r"""\s(?:--(?:config-settings?|(?P<kind>no|only)-binary)(?:=|\s+)|-C\s*=?)"""
    r"""(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>\S+))(?=\s|$)"""
)


def _split_behind(line: str) -> tuple[str, Mapping[str, Sequence[str]], str]:
    """Return a line without such options, these, and words behind them, which pip ignores."""
    if line.startswith("-") or " -" not in line:
        return line, {}, ""
    found: dict[str, list[str]] = {}
    for match in _BEHIND.finditer(line):
        key = f"{match['kind']}_binary" if match["kind"] else "config_settings"
        value = match["double"] or match["single"] or (match["bare"] or "").rstrip(";")
        found.setdefault(key, []).append(value)
    start = next((match.start() for match in _BEHIND.finditer(line)), len(line))
    words, dash, options = _BEHIND.sub("", line[start:]).partition(" -")
    return line[:start] + dash + options, found, words.strip()


def find_ignored(line: str) -> str:
    """Return what pip ignores of a line that it takes: options and words behind a requirement.

    Behind an option these are words. A marker behind an option is among them.
    """
    if not (line.startswith("-") or " -" in line):
        return ""
    string, options, words = _split(line)
    if not string and not options.editables:
        return " ".join(words)
    chosen = parser.get_options_by_dest(optparse_options=options, skip_editable=not string)
    if not words and not {*chosen} - {*parser.SUPPORTED_OPTIONS_REQ_DEST}:
        return ""
    behind = re.sub(r"^-\S+", "", line) if not string else line
    return behind[behind.index(" -") :].strip() if " -" in behind else " ".join(words)


def _checked_options(
    line: str, options: Mapping[str, Any], legacy: Sequence[str]
) -> Mapping[str, Any]:
    if not options:
        raise ValueError(f"{_shown(line)}: belongs to a requirement, and there is none before it")
    if gone := [name for name in legacy if name in options]:
        raise ValueError(f"{_shown(line)}: pip no longer knows --{gone[0].replace('_', '-')}")
    for value in options.values():
        for text in value if isinstance(value, list) else [value]:
            check_plain(str(text))
    return options


def _shown(line: str) -> str:
    """Return a line as messages show it: an endless one (hashes) is cut."""
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."


def _first_sentence(error: Exception) -> str:
    said = first_line(error).replace("Invalid requirement: :", "").strip(" :")
    return re.sub(r"^Invalid requirement: ", "", said) or "not a requirement"


def _asked(parsed: Any, content: str, origin: Origin, root: Path) -> Asked:
    """Return the parser's requirement as ours. Raises ValueError with a sentence."""
    requirement, link = parsed.req, parsed.link
    extras = {*parsed.extras, *(requirement.extras if requirement is not None else ())}
    address = str(link.url) if link is not None else ""
    url = address if REMOTE.match(address) else ""
    path = "" if url or not address else _local(address, origin, root)
    name = requirement.name if requirement is not None else _name_in(url or path)
    specifier = str(requirement.specifier) if requirement is not None else ""
    check_versions(SpecifierSet(specifier))
    check_plain(name, specifier, url, path, *extras)
    hashes = tuple(full_hash(value) for value in parsed.hash_options)
    if hashes and not any(one.startswith("sha256:") for one in hashes):
        raise ValueError(
            f"{requirement} has no sha256, the only hash that indexes name: write one with "
            "`pip hash`, or lock again"
        )
    return Asked(
        name=canonicalize_name(name) if name else "",
        specifier=specifier,
        extras=tuple(sorted(canonicalize_name(extra) for extra in extras)),
        marker=str(parsed.marker or ""),
        url=url,
        path=path,
        editable=bool(parsed.is_editable),
        hashes=hashes,
        written_url=_written_url(content) if url else "",
        text=mask_credentials(
            content
            if parsed.is_editable
            else re.split(r"\s+--?\w", content, maxsplit=1)[0].rstrip("; ")
        ),
        origin=origin,
    )


def _written_url(content: str) -> str:
    """Return the address in a line that has variables in it, or nothing."""
    found = _WITH_VARIABLE.search(re.sub(r"^[^@/]*@\s*", "", content))
    return found[0].removeprefix("--editable=") if found else ""


def _local(address: str, origin: Origin, root: Path) -> str:
    """Return a local address relative to the project, or to the file, where that is there."""
    path = local_path(address) if address.lower().startswith("file:") else address.partition("#")[0]
    beside = (root / origin.file).parent / path
    check_plain(path)
    if not (root / path).exists() and beside.exists():
        return relative(root, beside)
    return relative(root, root / path)


def _name_in(address: str) -> str:
    """Return the name that an sdist's file name starts with, or nothing."""
    filename = urlsplit(address).path.rpartition("/")[2]
    if not filename.endswith(_ARCHIVE):
        return ""
    try:
        return str(parse_sdist_filename(filename)[0])
    except InvalidSdistFilename:
        return ""


def combine(root: Path, lines: Sequence[tuple[Origin, Mapping[str, Any]]]) -> IndexOptions:
    """Return what all lines of options amount to, a later one over an earlier one.

    Each line is given with its place; a relative --find-links starts at the file.
    """
    index_url, no_index, pre = "", False, False
    extra: list[str] = []
    links: list[str] = []
    binary: dict[str, set[str]] = {"only_binary": set(), "no_binary": set()}
    places: dict[str, str] = {}
    for origin, options in lines:
        index_url = options.get("index_url") or index_url
        no_index = no_index or bool(options.get("no_index"))
        pre = pre or bool(options.get("pre"))
        extra += options.get("extra_index_urls", [])
        links += (_find_links(root, origin.file, link) for link in options.get("find_links", []))
        for key, other in (("only_binary", "no_binary"), ("no_binary", "only_binary")):
            for value in options.get(key, []):
                before = set(binary[key])
                _restrict(value, binary[key], binary[other])
                flag = f"--{key.replace('_', '-')}="
                places |= {f"{flag}{name}": str(origin) for name in binary[key] - before}
    return IndexOptions(
        index_url=index_url,
        extra_index_urls=unique(extra),
        find_links=unique(links),
        no_index=no_index,
        pre=pre,
        only_binary=tuple(sorted(binary["only_binary"])),
        no_binary=tuple(sorted(binary["no_binary"])),
        restricted_at=tuple(places.items()),
    )


def _find_links(root: Path, file: str, link: str) -> str:
    beside = (root / file).parent / link
    return relative(root, beside) if "://" not in link and beside.exists() else link


def _restrict(value: str, target: set[str], other: set[str]) -> None:
    """Apply one value of --only-binary or --no-binary: each name is in one of the two."""
    for name in filter(None, value.split(",")):
        if name == ":none:":
            target.clear()
        elif name == ":all:":
            other.clear()
            target.clear()
            target.add(name)
        else:
            other.discard(canonicalize_name(name))
            target.add(canonicalize_name(name))


_LINE_END = re.compile("\r\n|\r|\n")
# The project itself, with or without extras.
_SELF = re.compile(r"(?m)^\s*(?:-e\s*|--editable[ =])?\.(?:\[[\w, -]*\])?/?\s*(?:#.*)?$")
# What pip-compile and uv write above what they compiled, with the command.
_COMPILED = re.compile(
    r"(?m)\A(?:#.*\n)*?#.*autogenerated by (?:pip-compile|uv).*\n(?:#.*\n)*?#.*"
    r"(?:pyproject\.toml|setup\.(?:py|cfg))"
)
_DEEPEST = 50  # files that include one another; people's have three
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
        walk.read(Path(os.path.normpath(name)).as_posix(), constraint=False, chain=(), by=None)
    return walk.reading()


def read_written(
    root: Path,
    name: str,
    lines: Sequence[tuple[int, str]],
    *,
    environ: Mapping[str, str] | None = None,
) -> Reading:
    """Return what lines of a requirements file ask for that stand in another file, with numbers."""
    walk = _Walk(root=root, environ=os.environ if environ is None else environ)
    walk.files.append((name, False))
    walk.take(name, lines)
    return walk.reading()


def installs_whole(root: Path, name: str) -> bool:
    """Tell whether a file installs the project itself (``-e .``), or was compiled from its list."""
    try:
        text = decode(read_bytes(root, name))
    except (ValueError, PathUnreadableError):
        return False
    return bool(_SELF.search(text)) or bool(_COMPILED.search(text))


@dataclass(slots=True, kw_only=True)
class _Walk:
    """The state of one reading: it goes from file to file and gathers."""

    root: Path
    environ: Mapping[str, str]
    asked: list[Asked] = field(default_factory=list)
    constraints: list[Asked] = field(default_factory=list)
    problems: list[Detail] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    options: list[tuple[Origin, Mapping[str, Any]]] = field(default_factory=list)
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
        self.take(name, self._lines(name, text), constraint=constraint, chain=chain)

    def take(
        self,
        name: str,
        lines: Iterable[tuple[int, str]],
        *,
        constraint: bool = False,
        chain: tuple[str, ...] = (),
    ) -> None:
        """Read logical lines of a file, given with their numbers."""
        for line, content in lines:
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
        elif len(chain) > _DEEPEST:
            wrong = f"is the last of {_DEEPEST} files that include one another: put them together"
        elif (self.root / name).is_dir():
            wrong = f"asks for {name}, which is a folder, not a file"
        elif not os.path.lexists(self.root / name):
            wrong = f"asks for {name}, which does not exist"
        if wrong:
            self.problems.append(by.problem(wrong))
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
            expanded, behind, _ = _split_behind(expanded)
            written, _, dropped = _split_behind(content)
            asked = read_line(expanded, written, origin, root=self.root, constraint=constraint)
            if ignored := find_ignored(written) or dropped:
                option = isinstance(asked, Mapping)
                self._note_ignored(mask_credentials(ignored), option=option, origin=origin)
            if isinstance(asked, Mapping):
                self._note_written(asked, content, origin)
                self._take_options(asked, origin, chain)
                return
        except ValueError as error:
            raise ValueError(self._masked(str(error), content)) from error
        if constraint and (asked.editable or not asked.name or asked.extras):
            raise ValueError(f"{content} cannot be a constraint: write a name and versions only")
        if behind:
            asked = self._take_behind(asked, behind, origin)
        (self.constraints if constraint else self.asked).append(asked)

    def _take_behind(
        self, asked: Asked, behind: Mapping[str, Sequence[str]], origin: Origin
    ) -> Asked:
        """Take what a line says behind its requirement of how that is built."""
        settings = tuple(behind.get("config_settings", ()))
        check_plain(*settings)
        if settings and (asked.path or asked.url):
            raise ValueError("--config-settings reach only what is built from an sdist of an index")
        if wrong := [one for one in settings if not one.partition("=")[0] or "=" not in one]:
            raise ValueError(f"--config-settings {wrong[0]}: write KEY=VALUE")
        names = {
            key: [asked.name if one == ":all:" else one for one in values]
            for key, values in behind.items()
            if key != "config_settings"
        }
        self.options.append((origin, names))
        return replace(asked, config_settings=settings)

    def _note_ignored(self, ignored: str, *, option: bool, origin: Origin) -> None:
        """Say what pip does not read of a line, and what follows from it."""
        behind = "an option, so it installs nothing of it" if option else "a requirement"
        if not option and ";" in ignored:
            behind += ", so no marker limits it (a marker stands before options)"
        text = f"pip ignores {_shown(ignored)} behind {behind}: write it on a line of its own"
        self.notes.append(f"{origin}: {text}")

    def _masked(self, message: str, content: str) -> str:
        """Return the message without the values of variables, which may be secrets."""
        for name in _VARIABLE.findall(content):
            message = message.replace(self.environ[name], f"${{{name}}}")
        return mask_credentials(message)

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
        self.options.append((origin, options))
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
