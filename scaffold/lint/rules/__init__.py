"""Rules on Dockerfiles, by topic; a rule's docstring is its documentation and its test."""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from inspect import getdoc
from textwrap import dedent

from scaffold.lint.context import Case
from scaffold.model.dockerfile import Hit, Severity

Check = Callable[[Case], Iterator[Hit]]
_FROM = "FROM python:3.13-slim-trixie"  # the first line of an example that has no other


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. ``summary`` is a sentence, ``why`` paragraphs, ``bad`` and ``good`` Dockerfiles."""

    code: str
    name: str
    severity: Severity
    summary: str
    why: str
    bad: str
    good: str
    check: Check


_RULES: dict[str, Rule] = {}


def rule(code: str, severity: Severity) -> Callable[[Check], Check]:
    """Make a function that yields hits a rule; its name is the rule's, its docstring the rest."""

    def register(check: Check) -> Check:
        summary, _, rest = (getdoc(check) or "").partition("\n")
        why, _, examples = rest.partition("\nBad:\n")
        bad, _, good = examples.partition("\nGood:\n")
        _RULES[code] = Rule(
            code=code,
            name=check.__name__.replace("_", "-"),
            severity=severity,
            summary=summary,
            why=why.strip(),
            bad=_read_example(bad),
            good=_read_example(good),
            check=check,
        )
        return check

    return register


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return every rule, sorted by code."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return tuple(_RULES[code] for code in sorted(_RULES))


def find_rule(word: str) -> Rule | None:
    """Return the rule of a code (``LS101``) or a name (``no-cache-dir``), in any case."""
    wanted = word.strip().lower()
    return next((one for one in all_rules() if wanted in {one.code.lower(), one.name}), None)


def _read_example(text: str) -> str:
    example = dedent(text).strip("\n").rstrip() + "\n"
    return example if re.search("^FROM ", example, re.MULTILINE) else f"{_FROM}\n{example}"
