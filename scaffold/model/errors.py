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

    def __init_subclass__(cls, *, code: str = "", exit_code: int | None = None) -> None:
        super().__init_subclass__()
        cls.code = code or cls.code
        cls.exit_code = cls.exit_code if exit_code is None else exit_code


class UsageError(LeanscaffoldError, code="usage", exit_code=2):
    """An option that makes no sense, such as an unknown device."""


class NoTerminalError(UsageError, code="no-terminal"):
    """Questions, and nobody at a terminal to answer them."""


class ConfigInvalidError(LeanscaffoldError, code="config-invalid", exit_code=2):
    """A setting in a file (pyproject.toml, .python-version) that cannot be used."""


class NothingFitsError(LeanscaffoldError, code="nothing-fits", exit_code=3):
    """No base image fits the project, the target and the budget."""


class RequirementsInvalidError(LeanscaffoldError, code="requirements-invalid", exit_code=4):
    """Requirement or lock files that cannot be read; all bad lines at once."""


class UnresolvableError(LeanscaffoldError, code="unresolvable", exit_code=5):
    """Requirements that contradict each other, or name a package that does not exist."""


class KnowledgeInvalidError(LeanscaffoldError, code="knowledge-invalid", exit_code=6):
    """A fact file with a typo, a missing field or a broken reference."""


class DataMissingError(LeanscaffoldError, code="data-missing", exit_code=6):
    """An installation without its data files."""


class EngineError(LeanscaffoldError, code="engine", exit_code=7):
    """No engine that can build or run images for us."""


class TraceError(LeanscaffoldError, code="trace"):
    """A run that cannot be traced, or of which a trace would be worth nothing."""


class EngineMissingError(EngineError, code="engine-missing"):
    """No engine answers, or its address is wrong."""


class EngineForbiddenError(EngineError, code="engine-forbidden"):
    """The engine is there, but this user may not talk to it."""


class EngineOldError(EngineError, code="engine-old"):
    """The engine or buildx is too old for what we emit."""


class DockerMissingError(EngineError, code="docker-missing"):
    """No ``docker`` command on the path."""


class BuildxMissingError(EngineError, code="buildx-missing"):
    """The engine's command line has no buildx."""


class BuilderError(EngineError, code="builder"):
    """The builder asked for does not exist, or cannot do what was asked of it."""


class OnePlatformError(BuilderError, code="one-platform"):
    """A builder that can build for one platform at a time only, as the engine's own often is."""


class BuildError(LeanscaffoldError, code="build-failed", exit_code=8):
    """A build that ended without an image; the details are the failing step's last lines."""


class BaseUnavailableError(BuildError, code="base-unavailable"):
    """A base image that cannot be pulled, or not for this platform."""


class StepFailedError(BuildError, code="step-failed"):
    """A step of the Dockerfile that failed; the details are the last lines it printed."""


class EmulationMissingError(BuildError, code="emulation-missing"):
    """A step has to run a program of the target's, and the builder cannot."""


class PushError(BuildError, code="push-failed"):
    """A registry that does not take the image."""


class LayerLostError(BuildError, code="layer-lost"):
    """Another build or removal took a layer from the engine while it stored the image."""


class DiskFullError(BuildError, code="disk-full"):
    """No space left where the engine keeps its images."""


class FileConflictError(LeanscaffoldError, code="file-exists", exit_code=9):
    """A file that the user wrote stands where one of ours would go."""


class PathUnreadableError(LeanscaffoldError, code="path-unreadable", exit_code=10):
    """A folder or file that cannot be read or written."""


class TemplateInvalidError(LeanscaffoldError, code="template-invalid", exit_code=2):
    """A project template that cannot be had, read or filled in."""


class TransientError(LeanscaffoldError, code="index-unreachable", exit_code=75):
    """Network or index trouble that a later try may not meet."""


def clean(text: str) -> str:
    """Return text whose hidden characters are written out: a project must not drive a terminal."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character in "\t\n" or unicodedata.category(character) not in _HIDDEN:
        return character
    return character.encode("unicode_escape").decode()
