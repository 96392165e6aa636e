"""What can be left out of installed packages: one rule a file, each with its reason."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import headers, sources, static, stubs, tests


@dataclass(frozen=True, slots=True)
class Rule:
    """``find`` yields what to delete, given the folder of packages and the names to spare."""

    name: str
    level: str
    find: Callable[[Path, frozenset[str]], list[Path]]


RULES = (
    Rule("headers", "safe", headers.find),
    Rule("static", "safe", static.find),
    Rule("stubs", "safe", stubs.find),
    Rule("sources", "safe", sources.find),
    Rule("tests", "safe", tests.find),
)
