"""What a resolution found, or why there is none."""

from collections.abc import Iterable
from dataclasses import dataclass

from scaffold.model.codes import NOTES
from scaffold.model.index import DistFile, SourceFacts, WheelFacts
from scaffold.model.target import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why something was decided. ``code`` is kebab-case; ``text`` a sentence for people.

    ``package`` and ``file`` name what it is about, ``fact`` the fact behind it (a soname, a base
    id, a file tag), as far as there is one.
    """

    code: str
    text: str
    package: str = ""
    file: str = ""
    fact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """One package of a resolution: the file that gets installed.

    ``wheel`` is False for an sdist, which has to be built. ``required_by`` are names, empty for
    what the project asks for itself. ``newest`` is the newest final release on the index.
    ``hashes`` are the hashes the lock file allows (``sha256:…``); the file's own is among them.
    ``pace`` is how many days lie between its releases, None where nobody knows. ``pythons`` are the
    minors that its classifiers name, ``requires`` the names that it requires here.
    """

    name: str
    version: str
    file: DistFile
    wheel: bool
    extras: tuple[str, ...] = ()
    required_by: tuple[str, ...] = ()
    newest: str = ""
    pace: int | None = None
    hashes: tuple[str, ...] = ()
    index_url: str = ""
    origin: str = "index"
    direct: bool = False  # of an index that only its name is asked of: locked by its address
    pythons: tuple[str, ...] = ()
    wheel_pythons: tuple[str, ...] = ()  # of an sdist: for which its release has wheels, here
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """All packages for one environment, sorted by name. ``notes`` say what was surprising.

    ``system`` are (name, version, package): what the base's distribution brings itself.
    """

    environment: Environment
    packages: tuple[Pinned, ...]
    system: tuple[tuple[str, str, str], ...] = ()
    notes: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Why an environment has no resolution; at least one reason."""

    environment: Environment
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A pinned package with the facts of its file. ``exact`` is False where sizes are estimates.

    ``trimmed`` are the bytes that assembling leaves out; ``facts.installed`` is without them.
    ``code_trimmed`` of these are whole files of machine code. ``sourceless`` says that bytecode
    takes the place of its sources. ``source`` is what building an sdist takes, None where nobody
    has read it.
    """

    pinned: Pinned
    facts: WheelFacts
    exact: bool = True
    trimmed: int = 0
    code_trimmed: int = 0
    sourceless: bool = False
    source: SourceFacts | None = None

    @property
    def elf_unread(self) -> bool:
        """Tell whether nobody knows which libraries its machine code loads."""
        promised = self.pinned.file.filename.endswith("-any.whl")  # to have none
        pure = promised and "so" not in dict(self.facts.kinds)
        return self.pinned.wheel and not pure and self.facts.elf == "unread"

    @property
    def compiled(self) -> bool:
        """Tell whether a compiler has to run for it."""
        return not self.pinned.wheel and (self.source is None or self.source.native)


def list_notes(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return those of the reasons that belong on the first screen, each text once."""
    found = {reason.text: reason for reason in reasons if reason.code in NOTES}
    return tuple(found.values())
