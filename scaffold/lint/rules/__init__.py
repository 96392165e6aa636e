"""Rules on Dockerfiles, one per file; its docstring is its documentation and its test."""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from scaffold.lint.context import Case
from scaffold.model.finding import Hit, Severity

_MODULE = re.compile(r"(ls\d{3})_(\w+)")
_BLOCK = re.compile(r"```dockerfile\n(.*?)```", re.DOTALL)


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
    check: Callable[[Case], Iterator[Hit]]


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return every rule, sorted by code."""
    return tuple(_load(found) for found in _modules())


def find_rule(word: str) -> Rule | None:
    """Return the rule of a code (``LS101``) or a name (``no-cache-dir``), in any case."""
    wanted = word.strip().lower()
    return next((_load(one) for one in _modules() if wanted in {one[1], _name(one)}), None)


def _modules() -> list[re.Match[str]]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return [found for name in names if (found := _MODULE.fullmatch(name))]


def _name(found: re.Match[str]) -> str:
    return found[2].replace("_", "-")


def _load(found: re.Match[str]) -> Rule:
    module = importlib.import_module(f"{__name__}.{found[0]}")
    summary, _, rest = (module.__doc__ or "").strip().partition("\n")
    why, _, examples = rest.partition("\nBad\n")
    bad, _, good = examples.partition("\nGood\n")
    return Rule(
        code=found[1].upper(),
        name=_name(found),
        severity=module.SEVERITY,
        summary=summary.strip(),
        why=why.strip().removeprefix("Why\n").strip(),
        bad=_block(bad),
        good=_block(good),
        check=module.check,
    )


def _block(text: str) -> str:
    found = _BLOCK.search(text)
    return found[1] if found else ""
