"""What a container gets of the device that it runs on: device files, sockets, libraries."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What something needs of the host.

    ``opens`` are device files, and sockets, folders and libraries of the host's system that are
    mounted. ``variables`` stand in the container's environment, ``security`` are ``security_opt``,
    ``note`` is what else has to be done, ``needs`` are sonames that what is mounted loads.
    """

    opens: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)
    security: tuple[str, ...] = ()
    note: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HardwareFact(Access):
    """What packages, or a call, need of the host, and on which boards they work.

    ``packages`` are normalised names or patterns, ``modules`` what sources import of them. ``call``
    is a dotted name, in which ``*`` stands for anything, perhaps with a blank and the start of the
    first argument. ``boards`` are patterns of ``Device.board`` on which it works, empty for any;
    ``fails_on`` those on which it does not, unless a package of ``unless`` is there, too;
    ``why`` that is and ``swap`` what does the same there. ``told``: it is no reason to refuse.
    ``on`` replaces the access by pattern of the board; the first that matches counts.
    """

    packages: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    call: str = ""
    boards: tuple[str, ...] = ()
    fails_on: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    told: bool = False
    why: str = ""
    swap: str = ""
    on: Mapping[str, Access] = field(default_factory=dict, hash=False)
    source: str
    checked: date

    def covers(self, package: str) -> bool:
        """Tell whether it is about a package."""
        return matches(package, self.packages)

    def fits(self, board: str) -> bool:
        """Tell whether it works on a board; what is not known counts as yes."""
        if not board:
            return True
        return not matches(board, self.fails_on) and (
            not self.boards or matches(board, self.boards)
        )

    def access_on(self, board: str) -> Access:
        """Return what it needs there."""
        return next((one for name, one in self.on.items() if fnmatchcase(board, name)), self)


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether a name is like one of the patterns."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFiles:
    """Device files whose names start alike.

    ``group`` may use them, with a ``number`` if Debian fixes it; ``member`` is one of them where
    the name is a folder's, whose own group is another. ``rule`` lets a container open
    those that come and go while it runs, whose folder is mounted.
    """

    group: str = ""
    number: int | None = None
    member: str = ""
    rule: str = ""
    source: str
    checked: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Who may use a kind of device files: the group's name, and its number where Debian fixes it.

    ``variable`` is what the user sets to another number, ``member`` a file of it, if known.
    """

    name: str
    variable: str
    number: int | None = None
    member: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """A device file that the container needs: its path inside, and why.

    ``variable`` is what the user sets to the path on the host, where it is another. ``rule`` is
    for files that come and go while the container runs.
    """

    path: str
    variable: str
    why: str
    group: Group | None = None
    rule: str = ""

    @property
    def mounted(self) -> bool:
        """Tell a socket, folder or library of the host's system from a device that stays."""
        return bool(self.rule) or not self.path.startswith("/dev/")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAccess:
    """All that a container needs of the device's own system: ``hardware`` by path, each once."""

    hardware: tuple[Hardware, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)
    security: tuple[str, ...] = ()

    @property
    def rules(self) -> tuple[str, ...]:
        """Return the rules for device files that come and go."""
        return tuple(dict.fromkeys(one.rule for one in self.hardware if one.rule))


def groups_of(hardware: tuple[Hardware, ...]) -> Iterator[tuple[Group, str]]:
    """Yield each group once, with a device file that belongs to it."""
    first: dict[Group, str] = {}
    for one in hardware:
        if one.group is not None:
            first.setdefault(one.group, one.group.member or one.path)
    yield from sorted(first.items(), key=lambda row: row[0].name)
