"""What every code of a reason or check means and what to do about it: texts as data."""

import sys
from collections.abc import Mapping

from scaffold.assembler import databases, duplicates, stripping
from scaffold.assembler.trim import RULES, Rule
from scaffold.model.codes import Code, Explanation


def _explain_rule(rule: Rule) -> Explanation:
    return _explain_text(rule.name, rule.level, sys.modules[rule.find.__module__].__doc__ or "")


def _explain_text(name: str, level: str, text: str) -> Explanation:
    """Return what a rule of trimming says of itself: its first sentence, and why."""
    title, _, why = " ".join(text.replace("``", "`").split()).partition(" Why: ")
    remedy = (
        f"It belongs to the level `{level}`; `--trim none` leaves everything in. A fact `keep` "
        "below knowledge/packages, or in a folder given by `--knowledge`, spares one package."
    )
    kept = f"Trimming, rule {name}: {why[:1].upper()}{why[1:]}"
    return Explanation(title=title.rstrip("."), meaning=kept, remedy=remedy)


EXPLANATIONS: Mapping[str, Explanation] = {
    **{str(code): code.explanation for code in Code},
    **{f"trim-{rule.name}": _explain_rule(rule) for rule in RULES},
    "trim-databases": _explain_text("databases", "max", databases.__doc__ or ""),
    "trim-duplicates": _explain_text("duplicates", "safe", duplicates.__doc__ or ""),
    "trim-symbols": _explain_text("symbols", "safe", stripping.__doc__ or ""),
}
