"""What a Dockerfile may say."""

import json
import re
from collections.abc import Iterator

from scaffold.lint.context import Case, line_of
from scaffold.lint.image_references import parse_image
from scaffold.lint.rules import rule
from scaffold.model.dockerfile import Edit, Hit, Instruction, Severity, Span, Stage
from scaffold.project.dockerfile_parser.scopes import (
    BUILT_IN,
    argument_pairs,
    is_old_form,
    names_in,
    pairs_of,
)


@rule("LS901", Severity.ERROR)
def not_a_dockerfile(case: Case) -> Iterator[Hit]:
    """The Dockerfile is invalid.

    An unknown instruction, an unterminated here-document, an empty instruction, or one before the
    first FROM: the build fails before its first step.

    Bad:
        RNU pip install flask
    Good:
        RUN pip install --no-cache-dir flask==3.1.2
    """
    for problem in case.dockerfile.problems:
        yield Hit(text=problem.text, span=problem.span)


@rule("LS902", Severity.NOTE)
def old_form(case: Case) -> Iterator[Hit]:
    """A deprecated form of an instruction.

    ``ENV name value`` sets one variable per line, with all following blanks as part of its value;
    ``MAINTAINER`` is replaced by a label. BuildKit warns about both.

    Bad:
        ENV PYTHONUNBUFFERED 1
    Good:
        ENV PYTHONUNBUFFERED=1
    """
    for step in case.dockerfile.instructions:
        whole = step.place(0, len(step.text))
        if step.keyword == "MAINTAINER" and step.text:
            span = Span(start=step.span.start, end=whole.end)
            name = json.dumps(step.text.strip("\"'"), ensure_ascii=False)
            plain = re.fullmatch(r"[^\\$\"`]*", step.text) is not None
            edit = Edit(span=span, text=f"LABEL org.opencontainers.image.authors={name}")
            yield Hit(
                text="MAINTAINER is old: LABEL org.opencontainers.image.authors",
                span=line_of(step),
                edits=(edit,) if plain else (),
            )
        elif step.keyword == "ENV" and is_old_form(step.text):
            ((name, value),) = pairs_of(step.text)
            plain = re.fullmatch(r"[^\s\\\"'`]+", value) is not None and name.isidentifier()
            yield Hit(
                text=f"the old form: ENV {name}=…",
                span=line_of(step),
                edits=(Edit(span=whole, text=f"{name}={value}"),) if plain else (),
            )


@rule("LS903", Severity.NOTE)
def blank_line_inside(case: Case) -> Iterator[Hit]:
    r"""An empty line inside an instruction.

    Docker ignores it and warns that it will become an error; readers take the rest for a new
    instruction. Use a comment instead.

    Bad:
        RUN mkdir /data && \

            chmod 700 /data
    Good:
        RUN mkdir /data && \
            chmod 700 /data
    """
    for span in case.dockerfile.blanks:
        text = "an empty line inside of an instruction"
        yield Hit(text=text, span=span, edits=(Edit(span=span, text=""),))


_FILLED_IN = {"ADD", "COPY", "EXPOSE", "USER", "VOLUME", "WORKDIR", "STOPSIGNAL", "LABEL"}

# What the official images set, and Docker itself.
_OF_BASE = {"PATH", "HOME", "HOSTNAME", "LANG", "GPG_KEY", "PYTHON_VERSION", "PYTHON_SHA256"}


@rule("LS904", Severity.ERROR)
def unknown_variable(case: Case) -> Iterator[Hit]:
    """A variable has no value here.

    An ARG above the first FROM is known only in FROM lines: inside a stage it is empty unless ``ARG
    name`` is repeated there. An empty variable turns ``/$DIR/*`` into the root of the file system.

    Bad:
        ARG APP=app
        FROM python:3.13-slim-trixie
        WORKDIR /$APP
    Good:
        ARG APP=app
        FROM python:3.13-slim-trixie
        ARG APP
        WORKDIR /$APP
    """
    head = {name for step in case.dockerfile.head for name, _ in argument_pairs(step.text)}
    escape = case.dockerfile.escape
    for stage in case.dockerfile.stages:
        for name, has_default, at in names_in(stage.written, escape):
            if name not in head | BUILT_IN and not has_default:
                where = stage.opening.place(at, at + len(name) + 1)
                yield Hit(text=f"no ARG above the first FROM declares {name}", span=where)
        for step in stage.steps if _is_known(case, stage) else ():
            yield from _of_step(case, step, head)


def _is_known(case: Case, stage: Stage) -> bool:
    """Tell whether the image's own variables are known."""
    root = case.root(stage)
    return root is not None and (root.image == "scratch" or parse_image(root.image).official)


def _of_step(case: Case, step: Instruction, head: set[str]) -> Iterator[Hit]:
    known = {*step.scope.environment, *step.scope.arguments} | BUILT_IN | _OF_BASE
    if step.keyword == "RUN":
        # The shell has variables of its own: only what is surely meant as an argument counts.
        assigned = {name for c in case.commands(step) for name, _ in c.assignments}
        known = {*known, *assigned}
        wanted = head
    elif step.keyword in _FILLED_IN and not step.heredocs:
        wanted = None
    else:
        return
    for name, has_default, at in names_in(step.text, case.dockerfile.escape):
        if name in known or has_default or (wanted is not None and name not in wanted):
            continue
        text = (
            f"{name} is declared above the first FROM only: ARG {name} in this stage, too"
            if name in head
            else f"nothing above sets {name}"
        )
        yield Hit(text=text, span=step.place(at, at + len(name) + 1))
