"""A template made ready in a folder of its own: ours, a folder, an archive or a repository."""

import json
import logging
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from cookiecutter.config import BUILTIN_ABBREVIATIONS
from cookiecutter.exceptions import CookiecutterException
from cookiecutter.repository import determine_repo_dir
from requests import RequestException

from scaffold.config.option_parsers import unknown
from scaffold.init.starters import find_starter, list_starters
from scaffold.model.errors import Detail, TemplateInvalidError

CONTEXT = "cookiecutter.json"
_LEFTOVERS = ("__pycache__", "*.pyc", "*.pyo", ".git")
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template that lies ready, in a folder of its own. ``source`` is as the user named it."""

    source: str
    folder: Path
    own: bool

    def context(self) -> dict[str, Any]:
        """Return what is in its ``cookiecutter.json``."""
        loaded: dict[str, Any] = json.loads((self.folder / CONTEXT).read_text("utf-8"))
        return loaded


@contextmanager
def open_template(source: str) -> Iterator[Template]:
    """Give a copy of a template, which is gone afterwards.

    ``source`` is the name of one of ours, or else a folder, a zip archive or the address of a
    repository. A folder that has the name of one of ours is written ``./name``. Compiled leftovers
    are not copied: no project is to inherit them. Raises UsageError for an unknown name,
    TemplateInvalidError for a template that cannot be had or read.
    """
    with tempfile.TemporaryDirectory(prefix="leanscaffold-template-") as temporary:
        folder = Path(temporary) / "template"
        starter = find_starter(source)
        if starter is not None:
            _copy_resource(starter, folder)
        else:
            found = _find(source, Path(temporary) / "fetched")
            shutil.copytree(
                found, folder, ignore=shutil.ignore_patterns(*_LEFTOVERS), symlinks=True
            )
        template = Template(source=source, folder=folder, own=starter is not None)
        _check(template)
        yield template


def _copy_resource(source: Traversable, goal: Path) -> None:
    goal.mkdir()
    for entry in source.iterdir():
        if entry.is_dir():
            if entry.name != "__pycache__":
                _copy_resource(entry, goal / entry.name)
        elif not entry.name.endswith((".pyc", ".pyo")):
            (goal / entry.name).write_bytes(entry.read_bytes())


def _find(source: str, temporary: Path) -> Path:
    local = Path(source).expanduser()
    if local.is_dir():
        if not (local / CONTEXT).is_file():
            raise TemplateInvalidError(
                f"{source} has no {CONTEXT}", hint="name the folder that holds it"
            )
        return local
    if local.exists():
        return _fetch(str(local), temporary)
    if _NAME.fullmatch(source):
        names = [starter.name for starter in list_starters()]
        hint = f"there are {', '.join(names)}; anything else is a folder, a zip or an address"
        raise unknown("template", source, names, hint=hint)
    return _fetch(_address(source), temporary)


def _address(source: str) -> str:
    """Say that an address is git's where nothing in it does: cookiecutter looks for the word."""
    plain = re.match(r"[a-z]+://", source) and "git" not in source
    return f"git+{source}" if plain and not source.lower().endswith(".zip") else source


def _fetch(source: str, temporary: Path) -> Path:
    """Clone a repository or unpack an archive below ``temporary``."""
    # What it logs is in the error as well.
    logging.getLogger("cookiecutter").addHandler(logging.NullHandler())
    try:
        found, unpacked = determine_repo_dir(
            source,
            abbreviations=BUILTIN_ABBREVIATIONS,
            clone_to_dir=temporary,
            checkout=None,
            no_input=True,
        )
    except subprocess.CalledProcessError as error:
        raise _unavailable(source, (error.output or b"").decode(errors="replace")) from error
    except (CookiecutterException, RequestException, OSError, ValueError) as error:
        raise _unavailable(source, str(error) or type(error).__name__) from error
    if not unpacked:
        return Path(found)
    # An archive is unpacked where nobody would clean up.
    kept = temporary / "archive"
    shutil.move(found, kept)
    shutil.rmtree(Path(found).parent, ignore_errors=True)
    return kept


def _unavailable(source: str, said: str) -> TemplateInvalidError:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return TemplateInvalidError(
        f"cannot get the template {source.removeprefix('git+')}",
        details=[Detail(text=line) for line in lines[-_SHOWN:]],
        hint="name a folder or zip archive with a cookiecutter.json, or what git can clone",
    )


def _check(template: Template) -> None:
    try:
        context = template.context()
    except (OSError, ValueError) as error:
        raise TemplateInvalidError(
            f"cannot read {CONTEXT} of the template {template.source}: {error}",
            hint="it is JSON: correct it, or name another template",
        ) from error
    if not isinstance(context, dict):
        raise TemplateInvalidError(
            f"{CONTEXT} of the template {template.source} is not a JSON object",
            hint="it maps names to defaults",
        )
    nested = {"template", "templates"} & set(context)
    if nested:
        inner = context[nested.pop()]
        paths = (
            [one.get("path", "") for one in inner.values()] if isinstance(inner, dict) else inner
        )
        raise TemplateInvalidError(
            f"{template.source} is a collection of templates",
            details=[Detail(text=str(path)) for path in paths],
            hint="get it first, and name the folder of one of them",
        )
