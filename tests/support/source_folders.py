"""Projects of a few lines, read as sources."""

from collections.abc import Mapping
from pathlib import Path

from scaffold.project.entrypoint.source_facts import SourceFacts, read_sources
from tests.support.folders import write

FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"
FLASK = "from flask import Flask\napp = Flask(__name__)\n"


def facts(root: Path, files: Mapping[str, str], *installed: str) -> SourceFacts:
    write(root, files)
    return read_sources(root, files=sorted(files), installed=frozenset(installed))


def command(root: Path, files: Mapping[str, str], *installed: str) -> str:
    start = facts(root, files, *installed).start
    assert start is not None
    return " ".join(start.value.command)


def origin(root: Path, files: Mapping[str, str], *installed: str) -> str:
    start = facts(root, files, *installed).start
    assert start is not None
    return str(start.origin)


def port(root: Path, files: Mapping[str, str], *installed: str) -> tuple[int, str] | None:
    found = facts(root, files, *installed).port
    return None if found is None else (found.value, str(found.origin))


def health(root: Path, files: Mapping[str, str], *installed: str) -> str | None:
    found = facts(root, files, *installed).health
    return None if found is None else found.value


def uses(root: Path, source: str, *codes: str) -> list[tuple[str, str, int | None]]:
    found = facts(root, {"main.py": source}).uses
    return [(use.code, use.value, use.origin.line) for use in found if use.code in codes]
