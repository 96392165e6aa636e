"""Programs of installed packages: who brings one, where it listens, which files are its pages."""

import ast
import tomllib
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any

from packaging.utils import canonicalize_name

from scaffold.catalog.resources import knowledge
from scaffold.model.project import Found, Origin, Use
from scaffold.project.entrypoint import Entry, started
from scaffold.project.entrypoint.apps import rank_file
from scaffold.project.entrypoint.ports import is_port
from scaffold.project.source_modules import Module


@cache
def _facts() -> dict[str, dict[str, Any]]:
    text = (knowledge() / "programs.toml").read_text(encoding="utf-8")
    rows: dict[str, dict[str, Any]] = tomllib.loads(text)["programs"]
    return rows


def list_programs(installed: AbstractSet[str]) -> frozenset[str]:
    """Return what packages bring that is called otherwise than they are."""
    return frozenset(
        name for name, row in _facts().items() if not installed.isdisjoint(row.get("packages", ()))
    )


def is_brought(name: str, installed: AbstractSet[str]) -> bool:
    """Tell whether one of the packages brings a program."""
    return canonicalize_name(name) in installed or name in list_programs(installed)


def open_program(name: str, words: Sequence[str]) -> tuple[tuple[str, ...], int | None]:
    """Return a program's arguments, opened to the outside, and the port it then listens on.

    The port is None for what does not serve.
    """
    row = _facts().get(name, {})
    when = row.get("when", ())
    if "port" not in row or (when and set(when).isdisjoint(words)):
        return tuple(words), None
    says = row.get("says", ())
    said = any(word.split("=")[0] in says for word in words)
    added = () if said else tuple(row.get("opens", "").split())
    return (*words, *added), _given_port(words, says) or row["port"]


def find_deaf(name: str, origin: Origin) -> tuple[Use, ...]:
    """Return that a program has no handler for SIGTERM, where that is known."""
    deaf = _facts().get(name, {}).get("deaf", False)
    return (Use(code="ignores-sigterm", value=name, origin=origin),) if deaf else ()


def start_page(modules: Iterable[Module], installed: AbstractSet[str]) -> Entry | None:
    """Return how a file starts that only describes what an installed program serves."""
    pages = {page: name for name in _facts() if name in installed for page in _pages(name)}
    for module in sorted(modules, key=rank_file) if pages else ():
        used = {called for called, _ in module.calls()} | set(module.names.values())
        used |= {f".{one.attr}" for one in module.of(ast.Attribute)}
        used |= {module.dotted(one) for one in module.of(ast.Attribute)}
        if name := next((pages[one] for one in pages if one in used), ""):
            words, port = open_program(name, (*_facts()[name]["when"][:1], module.file))
            origin = Origin(file=module.file, detail=f"{name} serves it")
            start = started(name, (name, *words), origin)
            return Entry(start=start, port=Found(value=port, origin=origin) if port else None)
    return None


def _pages(name: str) -> Sequence[str]:
    pages: Sequence[str] = _facts()[name].get("pages", ())
    return pages


def _given_port(words: Sequence[str], says: Sequence[str]) -> int | None:
    """Return the number of ``--port 80``, or of an address (``--dev-addr 0.0.0.0:80``)."""
    for word, after in zip(words, (*words[1:], ""), strict=True):
        name, equals, value = word.partition("=")
        host, _, number = (value if equals else after).rpartition(":")
        told = name in {"-p", "--port"} or (name in says and host)
        if told and number.isascii() and number.isdigit():
            return int(number) if is_port(int(number)) else None
    return None
