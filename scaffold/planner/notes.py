"""Reasons that stand in no base's way and that everybody has to read: the first screen has them."""

from collections.abc import Iterable

from scaffold.model.codes import NOTES
from scaffold.model.resolution import Reason


def list_notes(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return those of the reasons that belong on the first screen, each text once."""
    found = {reason.text: reason for reason in reasons if reason.code in NOTES}
    return tuple(found.values())
