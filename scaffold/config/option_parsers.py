"""How people spell sizes, versions, swaps and the like on a command line: texts to values.

Every function raises UsageError that says what is accepted.
"""

import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from scaffold.model.addresses import without_credentials
from scaffold.model.errors import Detail, UsageError, did_you_mean
from scaffold.model.options import FetchedModel
from scaffold.model.target import Arch
from scaffold.resolver.tags import parse_arch
from scaffold.state.file_writer import RECORD

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)", re.IGNORECASE)
_UNITS = {
    "": 1,
    "b": 1,
    **{f"{prefix}b": 1000**power for power, prefix in enumerate("kmgt", start=1)},
    **{f"{prefix}ib": 1024**power for power, prefix in enumerate("kmgt", start=1)},
    **{prefix: 1000**power for power, prefix in enumerate("kmgt", start=1)},
}
_MEMORY_UNITS = _UNITS | {prefix: 1024**power for power, prefix in enumerate("kmgt", start=1)}
_SIZE_HINT = (
    "write a number and a unit: 500MB or 500M (10^6 bytes each), 500MiB (2^20), 1.5GiB; "
    "of memory, 512m is MiB, as docker reads it"
)
_PLAIN = 10**6  # a smaller number without a unit is hardly meant in bytes
_MINOR = re.compile(r"3\.[0-9]{1,2}")
_PROGRAM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?", re.IGNORECASE)
_REGISTRY = re.compile(r"[a-z][a-z0-9-]*")
_PREFIX = re.compile(r"[a-z0-9][a-z0-9._-]*(?::[0-9]{1,5})?(?:/[a-z0-9._-]+)*", re.IGNORECASE)
_HEALTH = re.compile(r"/[A-Za-z0-9._~/?=&%+,:@-]*")
_URL = re.compile(r"(?:https?|file)://[^\s\"'\\]+")
_LAST_PORT = 65535
_MODEL_PATH = re.compile(r"[\w.+-][\w.+/-]*[\w.+-]")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_COMPRESSION = re.compile(r"gzip|zstd(?::(?:[1-9]|1\d))?")


def parse_memory(text: str) -> int:
    """Return the bytes of memory meant by ``512m`` (MiB), ``512MB`` or ``2GiB``."""
    return parse_size(text, _MEMORY_UNITS)


def parse_size(text: str, units: Mapping[str, int] = _UNITS) -> int:
    """Return the bytes of ``500MB``, ``1.5GiB``, ``500M`` or ``1048576``. Raises UsageError."""
    match = _SIZE.fullmatch(text.strip())
    unit = units.get(match[2].lower()) if match else None
    if match is None or unit is None:
        raise UsageError(f"cannot read {text!r} as a size", hint=_SIZE_HINT)
    size = int(Decimal(match[1]) * unit)
    if 1 <= size < _PLAIN and not match[2]:
        raise UsageError(f"a size of {match[1]!r} has no unit", hint=_SIZE_HINT)
    if size < 1:
        raise UsageError(f"a size of {text!r} is too small", hint=_SIZE_HINT)
    return size


def spell_size(size: int) -> str:
    """Return bytes as ``parse_size`` reads them back, exactly: ``500MB``, ``1536MiB``."""
    for unit in ("GiB", "GB", "MiB", "MB", "KiB", "kB"):
        if size % _UNITS[unit.lower()] == 0:
            return f"{size // _UNITS[unit.lower()]}{unit}"
    return f"{size}B"


def parse_targets(texts: Iterable[str]) -> tuple[Arch, ...]:
    """Return the architectures of repeated, comma-separated spellings; each one once, in order."""
    spelled = [part for text in texts for part in text.split(",")]
    return tuple(dict.fromkeys(parse_arch(part) for part in spelled))


def parse_python(text: str) -> str:
    """Return a Python minor such as ``3.12``. Raises UsageError for anything else."""
    wanted = text.strip().removeprefix("python")
    if _MINOR.fullmatch(wanted):
        return wanted
    near = re.match(r"3\.[0-9]{1,2}(?=\.)", wanted)
    meant = f"a base image carries the newest release of a minor: write {near[0]}" if near else ""
    raise UsageError(
        explain_free_threaded(wanted) or f"invalid Python version {text!r}",
        hint=meant or "write a minor version, such as 3.12",
    )


def explain_free_threaded(text: str) -> str:
    """Return why a build without the global lock cannot be had, nothing where it names none."""
    if not re.search(r"3\.\d+(?:\.\d+)?t\b|free-?threaded", text):
        return ""
    return f"{text!r} is the free-threaded build: no base image has it"


def parse_model(text: str) -> FetchedModel:
    """Return the file that ``PATH=URL#sha256=HASH[&size=SIZE]`` names."""
    hint = "write PATH=URL#sha256=HASH[&size=SIZE]; `sha256sum FILE` tells the hash"
    path, _, rest = text.strip().partition("=")
    url, _, said = rest.partition("#")
    values = dict(one.partition("=")[::2] for one in said.split("&"))
    if not _MODEL_PATH.fullmatch(path) or ".." in path.split("/"):
        raise UsageError(f"{path!r} is not a path below the application's folder", hint=hint)
    if not _URL.fullmatch(url) or not url.startswith("http"):
        raise UsageError(f"{url!r} is not an address of a file", hint=hint)
    if without_credentials(url) != url:
        raise UsageError(
            f"the address of {path} has a password in it, which everybody who reads the "
            "Dockerfile would have",
            hint="leave it out, and set LEANSCAFFOLD_MODEL_TOKEN where it is built",
        )
    if not _SHA256.fullmatch(values.get("sha256", "")):
        raise UsageError(
            f"{path} has no SHA-256, so that its address may serve anything", hint=hint
        )
    if unknown_keys := sorted(set(values) - {"sha256", "size"}):
        raise UsageError(f"{unknown_keys[0]!r} of {path} is not known", hint=hint)
    size = parse_size(values["size"]) if "size" in values else 0
    return FetchedModel(path=path, url=url, sha256=values["sha256"], size=size)


def spell_model(model: FetchedModel) -> str:
    """Return a file to fetch as ``parse_model`` reads it back."""
    size = f"&size={spell_size(model.size)}" if model.size else ""
    return f"{model.path}={model.url}#sha256={model.sha256}{size}"


def parse_swap(text: str) -> tuple[str, str]:
    """Return (from, to) of ``opencv-python=opencv-python-headless``; ``to`` may carry a version."""
    source, _, wanted = (part.strip() for part in text.partition("="))
    hint = "write --swap PACKAGE=REQUIREMENT, such as opencv-python=opencv-python-headless"
    if not _NAME.fullmatch(source):
        raise UsageError(f"cannot read the swap {text!r}", hint=hint)
    try:
        requirement = Requirement(wanted)
    except InvalidRequirement as error:
        raise UsageError(f"invalid requirement {wanted!r}", hint=hint) from error
    return canonicalize_name(source), str(requirement)


def parse_registry(text: str) -> tuple[str, str]:
    """Return (name, prefix) of ``NAME=PREFIX``; the prefix without a slash at its end."""
    name, _, prefix = (part.strip() for part in text.partition("="))
    prefix = prefix.rstrip("/")
    if not _REGISTRY.fullmatch(name) or not _PREFIX.fullmatch(prefix):
        raise UsageError(
            f"cannot read the registry {text!r}",
            hint="write --registry NAME=PREFIX, such as default=registry.example:5000/mirror",
        )
    return name, prefix


def parse_command(text: str) -> tuple[str, ...]:
    """Return the argument list of a command as a shell would split it; no shell runs it later."""
    if any(ord(character) < ord(" ") for character in text):
        raise UsageError("a command is one line", hint="write --cmd 'python -m app'")
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(
            f"cannot split the command {text!r}: {str(error).lower()}",
            hint="close every quote, as in a shell",
        ) from error
    if not words or not words[0]:
        raise UsageError("the command is empty", hint="write --cmd 'python -m app'")
    return words


def parse_port(text: str) -> int:
    """Return a TCP port."""
    if re.fullmatch(r"[0-9]{1,5}", text.strip()) and 1 <= int(text) <= _LAST_PORT:
        return int(text)
    raise UsageError(f"invalid port {text!r}", hint=f"ports are whole numbers, 1 to {_LAST_PORT}")


def parse_output(text: str) -> str:
    """Return the name of a file that is written into the project, with / between folders."""
    name = text.strip().removeprefix("./")
    if name == RECORD:
        raise UsageError(
            f"{name} says what was written: it is always written", hint="name another file"
        )
    if not name or name.startswith("/") or "\\" in name or {"", "..", "."} & set(name.split("/")):
        raise UsageError(
            f"{text!r} is not a file in the project",
            hint="write it as from there: --leave Dockerfile",
        )
    return name


def parse_dockerfile(text: str) -> str:
    """Return the Dockerfile that a name means: itself, or the one in the folder of that name."""
    name = parse_output(text.strip().rstrip("/"))
    is_file = re.search("(docker|container)file", name.rpartition("/")[2], re.IGNORECASE)
    if name.endswith(".dockerignore"):
        raise UsageError(f"{name} would be an ignore file", hint="--output Dockerfile.lean")
    return name if is_file and not text.strip().endswith("/") else f"{name}/Dockerfile"


def parse_choice(text: str, choices: tuple[str, ...]) -> str:
    """Return one of ``choices``. Raises UsageError with the nearest."""
    wanted = text.strip().lower()
    if wanted in choices:
        return wanted
    raise unknown("choice", text, choices, hint=f"choices: {', '.join(choices)}")


def unknown(
    kind: str, name: str, known: Iterable[str], *, hint: str, place: Sequence[Detail] = ()
) -> UsageError:
    """Return the error for a name that nobody knows, with the nearest names that somebody does."""
    hint = f"{did_you_mean(name, known)} {hint}".strip()
    return UsageError(f"unknown {kind} {name!r}", hint=hint, details=place)


def _matching(pattern: re.Pattern[str], what: str, hint: str) -> Callable[[str], str]:
    """Return a parser of texts that are all of a pattern, without blanks around them."""

    def parse(text: str) -> str:
        if pattern.fullmatch(text.strip()):
            return text.strip()
        raise UsageError(f"invalid {what} {text!r}", hint=hint)

    return parse


PARSERS: Mapping[str, Callable[[str], object]] = {
    "targets": lambda text: parse_targets([text]),
    "size": parse_size,
    "memory": parse_memory,
    "text": str.strip,
    "name": _matching(_NAME, "name", "names are letters, digits, dots and dashes"),
    "path": str,
    "python": parse_python,
    "command": parse_command,
    "port": parse_port,
    "health": _matching(_HEALTH, "URL path", "write --health /health"),
    "swap": parse_swap,
    "url": _matching(_URL, "index URL", "write https://… or file://…"),
    "registry": parse_registry,
    "program": _matching(
        _PROGRAM,
        "program name",
        "give it as it is typed, without folder and arguments: --with ffmpeg",
    ),
    "output": parse_output,
    "dockerfile": parse_dockerfile,
    "compression": _matching(
        _COMPRESSION, "compression", "gzip, zstd or zstd:LEVEL, with a level from 1 to 19"
    ),
    "model": parse_model,
}
SPELLERS: Mapping[str, Callable[[Any], str]] = {
    "size": spell_size,
    "memory": spell_size,
    "command": shlex.join,
    "swap": "=".join,
    "registry": "=".join,
    "model": spell_model,
}
