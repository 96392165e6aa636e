"""Project templates: ours, or anyone's cookiecutter template, made ready, asked and filled in."""

import json
import logging
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from cookiecutter.config import BUILTIN_ABBREVIATIONS
from cookiecutter.exceptions import CookiecutterException
from cookiecutter.generate import generate_context, generate_files
from cookiecutter.prompt import prompt_for_config
from cookiecutter.repository import determine_repo_dir
from jinja2 import TemplateError
from requests import RequestException

from scaffold.catalog.resources import templates
from scaffold.config.option_parsers import unknown
from scaffold.dockerfile.quoting import guard
from scaffold.init.question import Starter, TemplateQuestion
from scaffold.model.errors import Detail, TemplateInvalidError, UsageError

FACTS = "starter.toml"


def list_starters() -> tuple[Starter, ...]:
    """Return our project templates, in the order in which to offer them."""
    found = [read_starter(folder) for folder in _folder().iterdir() if _is_starter(folder)]
    return tuple(starter for _, starter in sorted(found, key=lambda row: (row[0], row[1].name)))


def find_starter(name: str) -> Traversable | None:
    """Return the folder of one of our templates, None where no template has that name."""
    return next((f for f in _folder().iterdir() if f.name == name and _is_starter(f)), None)


def read_starter(folder: Traversable) -> tuple[int, Starter]:
    """Return a template's place in the order and what it says of itself."""
    facts = tomllib.loads((folder / FACTS).read_text(encoding="utf-8"))
    starter = Starter(
        name=folder.name,
        title=facts["title"],
        summary=facts["summary"],
        devices=tuple(facts["devices"]),
        port=facts.get("port"),
        check=facts["check"],
        command=facts["command"],
    )
    return facts["order"], starter


def _folder() -> Traversable:
    return templates() / "project"


def _is_starter(folder: Traversable) -> bool:
    return folder.is_dir() and (folder / FACTS).is_file()


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


Answers = Mapping[str, str]
_PROJECT_NAME = {
    "pattern": "[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?",
    "hint": "letters, digits, and - _ . between them, such as garden-sensor",
}


def questions(
    template: Template, answers: Answers, *, trusted: bool = False
) -> tuple[TemplateQuestion, ...]:
    """Return all that a template asks, with the defaults that follow from the answers so far.

    Raises UsageError for an answer to no question, or none of its choices, and
    TemplateInvalidError, as ``create_project`` does.
    """
    context = _context(template, answers, trusted=trusted)
    raw = context["cookiecutter"]
    texts = raw.get("__prompts__", {})
    with _working(template, trusted=trusted):
        settled = _settle(template, context, answers)
    return tuple(
        TemplateQuestion(
            name=name,
            text=_text(texts.get(name), name),
            default=_spell(settled[name]),
            choices=_choices(value, settled[name]),
        )
        for name, value in raw.items()
        if not name.startswith("_") and not isinstance(value, dict)
    )


def fill(template: Template, answers: Answers, into: Path, *, trusted: bool) -> Path:
    """Write the project below a folder that is empty, and return the project's own folder."""
    context = _context(template, answers, trusted=trusted)
    with _working(template, trusted=trusted):
        settled = _settle(template, context, answers)
        if template.own:
            _check_answers(template, settled)
        context["cookiecutter"].update(settled)
        # Every file is the template's own: nothing of it is on disk yet.
        made = generate_files(
            repo_dir=template.folder, context=context, output_dir=into, accept_hooks=trusted
        )
    return Path(made)


def _context(template: Template, answers: Answers, *, trusted: bool) -> dict[str, Any]:
    _refuse_code(template, trusted=trusted)
    asked = [name for name in template.context() if not name.startswith("_")]
    for name in answers:
        if name not in asked:
            hint = f"it asks for {', '.join(asked) or 'nothing'}"
            raise unknown("question of the template", name, asked, hint=hint)
    try:
        context: dict[str, Any] = generate_context(
            context_file=str(template.folder / CONTEXT), extra_context=dict(answers)
        )
    except ValueError as error:
        raise UsageError(
            f"an answer does not suit the template: {error}", hint="take one of its choices"
        ) from error
    return context


def _settle(template: Template, context: Mapping[str, Any], answers: Answers) -> dict[str, Any]:
    """Return every variable with its defaults filled in, without asking anybody.

    An answer is text, whatever it looks like: only what the template says is filled in.
    """
    copied = deepcopy(dict(context))
    for name in answers:
        if isinstance(copied["cookiecutter"][name], str):
            escaped = "".join(f"\\U{ord(char):08x}" for char in answers[name])
            copied["cookiecutter"][name] = f'{{{{ "{escaped}" }}}}'
    settled = dict(prompt_for_config(copied, no_input=True))
    settled |= {"_template": template.source, "_output_dir": "", "_repo_dir": str(template.folder)}
    return settled


def _refuse_code(template: Template, *, trusted: bool) -> None:
    """Refuse what a template would run; a copy of ours has none."""
    if trusted or template.own:
        return
    hooks = template.folder / "hooks"
    found = sorted(f"hooks/{path.name}" for path in hooks.glob("*")) if hooks.is_dir() else []
    found += [f"extension {name}" for name in template.context().get("_extensions", [])]
    if found:
        raise TemplateInvalidError(
            f"the template {template.source} brings code that would run on this machine",
            details=[Detail(text=name) for name in found],
            hint="look at it; if you trust it, add --trust",
        )


@contextmanager
def _working(template: Template, *, trusted: bool) -> Iterator[None]:
    """Turn what goes wrong in a template into an error of ours."""
    logging.getLogger("cookiecutter").addHandler(logging.NullHandler())
    path = list(sys.path)
    if trusted:  # a template's own extensions lie beside it
        sys.path.append(str(template.folder))
    try:
        yield
    except (CookiecutterException, TemplateError, UnicodeDecodeError) as error:
        line = getattr(error, "lineno", None)
        file = getattr(error, "name", None) if line else None
        # An undefined variable is told by the error inside of cookiecutter's own.
        texts = (getattr(one, "message", "") for one in (error, getattr(error, "error", None)))
        text = ": ".join(filter(None, texts)) or str(error)
        raise TemplateInvalidError(
            f"the template {template.source} cannot be filled in",
            details=[Detail(text=text.splitlines()[0], file=file, line=line)],
            hint="tell its author; nothing was written",
        ) from error
    finally:
        sys.path[:] = path


def _check_answers(template: Template, settled: Mapping[str, Any]) -> None:
    """Refuse answers that would make no project of one of our templates."""
    facts = tomllib.loads((template.folder / FACTS).read_text("utf-8"))
    for name, rule in ({"name": _PROJECT_NAME} | facts.get("answers", {})).items():
        if not re.fullmatch(rule["pattern"], settled[name]):
            raise UsageError(f"{settled[name]!r} cannot be the {name}", hint=rule["hint"])
    for name, value in settled.items():
        if not name.startswith("_"):
            guard(value)


def _text(prompt: object, name: str) -> str:
    """Return a question for people; a choice's own may be a table, with texts for its answers."""
    if isinstance(prompt, dict):
        prompt = prompt.get("__prompt__")
    return str(prompt) if prompt else name.replace("_", " ")


def _choices(raw: object, settled: object) -> tuple[str, ...]:
    if isinstance(raw, bool):
        return ("yes", "no") if settled else ("no", "yes")
    return tuple(map(str, raw)) if isinstance(raw, list) else ()


def _spell(value: object) -> str:
    return {True: "yes", False: "no"}.get(value, "") if isinstance(value, bool) else str(value)
