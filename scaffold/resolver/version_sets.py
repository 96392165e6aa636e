"""Sets of one project's versions, as nab-resolver asks for them."""

from dataclasses import dataclass
from typing import Any, NamedTuple


class Relation(NamedTuple):
    """How the members of one set stand to those of another; both hold for an empty set."""

    is_subset: bool
    is_disjoint: bool


@dataclass(frozen=True, slots=True)
class VersionSet:
    """Some of a project's versions, each known by its place on a list.

    Bit ``i`` of ``bits`` stands for the version at place ``i``. A negative number is a set of all
    but some: it holds versions that are not on the list yet, too.
    """

    bits: int

    @classmethod
    def empty(cls) -> "VersionSet":
        """Return the set without versions."""
        return cls(0)

    @classmethod
    def full(cls) -> "VersionSet":
        """Return the set of all versions."""
        return cls(-1)

    @classmethod
    def singleton(cls, version: int) -> "VersionSet":
        """Return the set of the version at a place."""
        return cls(1 << version)

    @property
    def is_empty(self) -> bool:
        """Tell whether the set has no versions."""
        return not self.bits

    def __contains__(self, version: int) -> bool:
        """Tell whether the version at a place is in the set."""
        return bool(self.bits >> version & 1)

    def __and__(self, other: Any) -> "VersionSet":
        """Return what is in both."""
        return VersionSet(self.bits & other.bits)

    def __or__(self, other: Any) -> "VersionSet":
        """Return what is in either."""
        return VersionSet(self.bits | other.bits)

    def __invert__(self) -> "VersionSet":
        """Return what is not in the set."""
        return VersionSet(~self.bits)

    def __sub__(self, other: Any) -> "VersionSet":
        """Return what is in this set alone."""
        return VersionSet(self.bits & ~other.bits)

    def is_subset(self, other: "VersionSet") -> bool:
        """Tell whether all of it is in the other."""
        return not self.bits & ~other.bits

    def is_superset(self, other: "VersionSet") -> bool:
        """Tell whether all of the other is in it."""
        return not other.bits & ~self.bits

    def is_disjoint(self, other: "VersionSet") -> bool:
        """Tell whether the two share no version."""
        return not self.bits & other.bits

    def relation(self, other: "VersionSet") -> Relation:
        """Return how it stands to the other."""
        return Relation(self.is_subset(other), self.is_disjoint(other))
