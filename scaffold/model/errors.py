"""Every error a user can meet: one class, one kebab-case code, one exit code.

They are printed in one place only (``scaffold.cli``), as text or as JSON.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

# Controls but tabs and line ends, invisible characters, marks of direction, other line ends.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One line below an error: where it is and what is wrong there."""

    text: str
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        """Return ``file:line: text``, as compilers and editors spell it."""
        if self.file is None:
            return self.text
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where}: {self.text}"


class LeanscaffoldError(Exception):
    """The base of all errors: a cause, the places it shows at, and what to do next."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, cause: str, *, hint: str = "", details: Sequence[Detail] = ()) -> None:
        super().__init__(cause)
        self.cause = cause
        self.hint = hint
        self.details = tuple(details)


class UsageError(LeanscaffoldError):
    """An option that makes no sense, such as an unknown device."""

    code = "usage"
    exit_code = 2


class NoTerminalError(UsageError):
    """Questions, and nobody at a terminal to answer them."""

    code = "no-terminal"


class ConfigInvalidError(LeanscaffoldError):
    """A setting in a file (pyproject.toml, .python-version) that cannot be used."""

    code = "config-invalid"
    exit_code = 2


class NothingFitsError(LeanscaffoldError):
    """No base image fits the project, the target and the budget."""

    code = "nothing-fits"
    exit_code = 3


class RequirementsInvalidError(LeanscaffoldError):
    """Requirement or lock files that cannot be read; all bad lines at once."""

    code = "requirements-invalid"
    exit_code = 4


class UnresolvableError(LeanscaffoldError):
    """Requirements that contradict each other, or name a package that does not exist."""

    code = "unresolvable"
    exit_code = 5


class KnowledgeInvalidError(LeanscaffoldError):
    """A fact file with a typo, a missing field or a broken reference."""

    code = "knowledge-invalid"
    exit_code = 6


class DataMissingError(LeanscaffoldError):
    """An installation without its data files."""

    code = "data-missing"
    exit_code = 6


class EngineError(LeanscaffoldError):
    """No engine that can build or run images for us."""

    code = "engine"
    exit_code = 7


class TraceError(LeanscaffoldError):
    """A run that cannot be traced, or of which a trace would be worth nothing."""

    code = "trace"


class EngineMissingError(EngineError):
    """No engine answers, or its address is wrong."""

    code = "engine-missing"


class EngineForbiddenError(EngineError):
    """The engine is there, but this user may not talk to it."""

    code = "engine-forbidden"


class EngineOldError(EngineError):
    """The engine or buildx is too old for what we emit."""

    code = "engine-old"


class DockerMissingError(EngineError):
    """No ``docker`` command on the path."""

    code = "docker-missing"


class BuildxMissingError(EngineError):
    """The engine's command line has no buildx."""

    code = "buildx-missing"


class BuilderError(EngineError):
    """The builder asked for does not exist, or cannot do what was asked of it."""

    code = "builder"


class OnePlatformError(BuilderError):
    """A builder that can build for one platform at a time only, as the engine's own often is."""

    code = "one-platform"


class BuildError(LeanscaffoldError):
    """A build that ended without an image; the details are the failing step's last lines."""

    code = "build-failed"
    exit_code = 8


class BaseUnavailableError(BuildError):
    """A base image that cannot be pulled, or not for this platform."""

    code = "base-unavailable"


class StepFailedError(BuildError):
    """A step of the Dockerfile that failed; the details are the last lines it printed."""

    code = "step-failed"


class EmulationMissingError(BuildError):
    """A step has to run a program of the target's, and the builder cannot."""

    code = "emulation-missing"


class PushError(BuildError):
    """A registry that does not take the image."""

    code = "push-failed"


class LayerLostError(BuildError):
    """Another build or removal took a layer from the engine while it stored the image."""

    code = "layer-lost"


class DiskFullError(BuildError):
    """No space left where the engine keeps its images."""

    code = "disk-full"


class FileConflictError(LeanscaffoldError):
    """A file that the user wrote stands where one of ours would go."""

    code = "file-exists"
    exit_code = 9


class PathUnreadableError(LeanscaffoldError):
    """A folder or file that cannot be read or written."""

    code = "path-unreadable"
    exit_code = 10


class TemplateInvalidError(LeanscaffoldError):
    """A project template that cannot be had, read or filled in."""

    code = "template-invalid"
    exit_code = 2


class TransientError(LeanscaffoldError):
    """Network or index trouble that a later try may not meet."""

    code = "index-unreachable"
    exit_code = 75


def clean(text: str) -> str:
    """Return text whose hidden characters are written out: a project must not drive a terminal."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character in "\t\n" or unicodedata.category(character) not in _HIDDEN:
        return character
    return character.encode("unicode_escape").decode()
