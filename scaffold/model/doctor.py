"""What ``doctor`` found on this machine."""

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How a part is. ``WEAK`` gets in the way at times; ``BROKEN`` of everything it is for."""

    WELL = "well"
    WEAK = "weak"
    BROKEN = "broken"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One part of the machine. ``remedy`` is the command, or the words, that mend it."""

    part: str
    health: Health
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFacts:
    """An engine that answers.

    ``where`` is its address, ``storage`` the folder of its images if that is on this machine.
    """

    version: str
    where: str
    platform: str
    storage: str = ""
