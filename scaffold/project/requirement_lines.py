"""One line of a requirements file: a requirement, or options, as pip reads it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pip_requirements_parser as parser
from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename
from pip_requirements_parser import CommentLine, build_parser, get_line_parser, preprocess

from scaffold.model.addresses import mask_credentials
from scaffold.model.project import Asked, Origin
from scaffold.project.requirement_parser import (
    check_plain,
    check_versions,
    first_line,
    full_hash,
    local_path,
    read_requirement,
)
from scaffold.project.text_io import relative

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
        raise ValueError(f"{shorten(line)}: {said}; this option cannot be used here") from error
    except parser.PipError as error:
        raise ValueError(f"{shorten(line)}: {_first_sentence(error)}") from error
    except (ValueError, AssertionError) as error:
        raise ValueError(f"{shorten(line)}: {first_line(error)}") from error
    if requirement is None:
        return _checked_options(line, items[-1].options, parser.LEGACY_OPTIONS_DEST)
    if len(options.editables or ()) > 1:
        raise ValueError(f"{shorten(line)}: write one -e per line")
    if requirement.install_options or requirement.global_options:
        raise ValueError(f"{shorten(line)}: options for setup.py cannot be passed on: remove them")
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


def split_behind(line: str) -> tuple[str, Mapping[str, Sequence[str]], str]:
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
        raise ValueError(f"{shorten(line)}: belongs to a requirement, and there is none before it")
    if gone := [name for name in legacy if name in options]:
        raise ValueError(f"{shorten(line)}: pip no longer knows --{gone[0].replace('_', '-')}")
    for value in options.values():
        for text in value if isinstance(value, list) else [value]:
            check_plain(str(text))
    return options


def shorten(line: str) -> str:
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
