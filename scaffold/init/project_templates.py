"""Project templates: ours, or anyone's cookiecutter template, made ready, asked and filled in."""

import logging
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from cookiecutter.exceptions import CookiecutterException
from cookiecutter.generate import generate_context, generate_files
from cookiecutter.prompt import prompt_for_config
from jinja2 import TemplateError

from scaffold.config.option_parsers import unknown
from scaffold.dockerfile.quoting import guard
from scaffold.init.question import TemplateQuestion
from scaffold.init.starters import FACTS
from scaffold.init.template_source import CONTEXT, Template
from scaffold.model.errors import Detail, TemplateInvalidError, UsageError

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
    """Return every variable with its defaults filled in; an answer is text, whatever is in it."""
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
