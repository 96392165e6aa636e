"""What a container gets of the device that it runs on: device files, sockets, libraries."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from functools import lru_cache

from scaffold.model.target import Sourced


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What something needs of the host.

    ``opens`` are device files, and sockets, folders and libraries of the host's system that are
    mounted. ``variables`` stand in the container's environment, ``security`` are ``security_opt``,
    ``note`` is what else has to be done, ``needs`` are sonames that what is mounted loads,
    ``shares`` tells that it takes more shared memory than a container has by default.
    """

    opens: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)
    security: tuple[str, ...] = ()
    note: str = ""
    needs: tuple[str, ...] = ()
    shares: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What a container is not given by default; empty for nothing of it.

    ``user`` is a number, ``network`` the engine's name for it, ``capabilities`` are without CAP_.
    """

    user: str = ""
    capabilities: tuple[str, ...] = ()
    network: str = ""

    def __bool__(self) -> bool:
        """Tell whether it asks for anything."""
        return self != Rights()

    @property
    def added(self) -> tuple[str, ...]:
        """Return what is to be given to a container that has no capability at all.

        Root without any cannot write into what belongs to the image's user.
        """
        return (*self.capabilities, "DAC_OVERRIDE") if self.user == "0" else self.capabilities

    @property
    def options(self) -> str:
        """Return the options of ``docker run``."""
        user = [f"--user {self.user}"] if self.user else []
        network = [f"--network {self.network}"] if self.network else []
        return " ".join((*user, *(f"--cap-add {one}" for one in self.capabilities), *network))

    def join(self, other: "Rights") -> "Rights":
        """Return both."""
        return Rights(
            user=self.user or other.user,
            capabilities=tuple(sorted({*self.capabilities, *other.capabilities})),
            network=self.network or other.network,
        )


def share_memory(memory: int | None) -> int:
    """Return the bytes of shared memory for what needs much: half of what there is, as on Linux."""
    return memory // 2 if memory else 1 << 30


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


@lru_cache(maxsize=65536)  # every candidate of a plan asks the same
def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether a name is like one of the patterns."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFiles(Sourced):
    """Device files whose names start alike.

    ``group`` may use them, with a ``number`` if Debian fixes it; ``member`` is one of them where
    the name is a folder's, whose own group is another. ``rule`` lets a container open
    those that come and go while it runs, whose folder is mounted.
    """

    group: str = ""
    number: int | None = None
    member: str = ""
    rule: str = ""


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
    """All that a container needs of the device's own system: ``hardware`` by path, each once.

    ``rights`` are what it is given besides, ``asks`` the sentences that say why, also of what is
    not given for the user has to decide. ``shares`` is why it needs more shared memory.
    """

    hardware: tuple[Hardware, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)
    security: tuple[str, ...] = ()
    rights: Rights = field(default_factory=Rights)
    asks: tuple[str, ...] = ()
    shares: str = ""

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
