"""What computes beside the processor, and which packages are of use with it or without it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from scaffold.model.target import Arch

NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceleratorRule:
    """What holds for some packages where an accelerator is present, or where it is absent.

    ``packages`` are normalised names or patterns. ``verdict`` is ``index`` (they come from
    ``index_url``), ``works`` (the default index's files are right), ``useless`` (they install and
    serve nothing) or ``unusable`` (what the default index has does not run there). ``arches``,
    ``capabilities`` and ``jetpacks`` limit it; empty is everywhere. ``plain_arches`` are those for
    which an older version on the default index has no code for the accelerator. ``swap`` is what
    does the same without it.
    """

    when: str  # present | absent
    packages: tuple[str, ...]
    verdict: str
    arches: tuple[Arch, ...] = ()
    capabilities: tuple[str, ...] = ()
    jetpacks: tuple[str, ...] = ()
    index_url: str = ""
    local: str = ""  # the local version of the files there, such as cpu
    pythons: tuple[str, ...] = ()  # the minors that there are files for; empty is any
    base: str = ""  # an image that has what the files load
    plain_arches: tuple[Arch, ...] = ()
    swap: str = ""
    why: str
    source: str
    checked: date

    def covers(self, package: str) -> bool:
        """Tell whether the rule is about a package."""
        return any(fnmatchcase(package, pattern) for pattern in self.packages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator:
    """One kind of accelerator.

    ``parts`` are patterns of packages that serve nothing without it. ``host`` is what the device's
    own system brings, outside of any image. ``runtime`` is the container runtime that it needs.
    """

    id: str
    name: str
    parts: tuple[str, ...] = ()
    host: str = ""
    runtime: str = ""
    devices: tuple[str, ...] = ()  # device files
    modules: tuple[str, ...] = ()  # imports that mean it
    rules: tuple[AcceleratorRule, ...] = ()
    source: str
    checked: date

    def is_part(self, package: str) -> bool:
        """Tell whether a package serves nothing without it."""
        return any(fnmatchcase(package, pattern) for pattern in self.parts)

    def list_parts(self, packages: Iterable[str]) -> tuple[str, ...]:
        """Return the packages that serve nothing without it."""
        return tuple(name for name in packages if self.is_part(name))
