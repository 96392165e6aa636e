"""Reason codes that stand together for a question; each is explained in ``explanations``."""

from typing import Final

# Everything resolved, and only a limit that the user set, or would not wait for, stands in the way.
LIMITS: Final = frozenset({"over-budget", "over-download", "no-room-to-update", "compile-too-slow"})
