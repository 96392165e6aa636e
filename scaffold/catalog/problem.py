"""What a check of facts finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that cannot be true. ``fact`` says where, such as ``bases/slim-trixie``."""

    code: str
    fact: str
    text: str

    def __str__(self) -> str:
        """Return ``bases/slim-trixie: text (code)``."""
        return f"{self.fact}: {self.text} ({self.code})"
