"""What is declared of an option: how it is named, read and explained."""

from dataclasses import dataclass
from typing import Literal

PREFIX = "LEANSCAFFOLD_"

Kind = Literal["targets", "size", "memory", "text", "name", "path", "choice", "switch"]
SpeltKind = Literal[
    "python",
    "command",
    "port",
    "health",
    "swap",
    "url",
    "registry",
    "program",
    "output",
    "dockerfile",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One option.

    ``name`` is its key, as in ``max-size``. ``field`` is the attribute of Request that it fills,
    or of its Options if it begins with ``options.``; the attribute's default is the option's.
    ``section`` is the heading in ``--help``. ``beside`` says that paths are relative to the working
    directory on a command line, and to the project in its pyproject.toml; other paths are always
    relative to the project. ``completes`` names what a shell offers for it. ``-h`` shows what
    is ``frequent``, ``--help`` everything.
    """

    name: str
    field: str
    kind: Kind | SpeltKind
    help: str
    section: str = ""
    metavar: str = ""
    short: str = ""
    frequent: bool = False
    repeatable: bool = False
    choices: tuple[str, ...] = ()
    beside: bool = False
    completes: Literal["", "arch", "device", "base", "python", "file", "folder"] = ""

    @property
    def flag(self) -> str:
        """Return ``--max-size``."""
        return f"--{self.name}"

    @property
    def variable(self) -> str:
        """Return ``LEANSCAFFOLD_MAX_SIZE``."""
        return PREFIX + self.parameter.upper()

    @property
    def parameter(self) -> str:
        """Return ``max_size``, the name of a parameter of Python's."""
        return self.name.replace("-", "_")
