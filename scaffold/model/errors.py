"""Every error a user can meet: one class, one kebab-case code, one exit code.

They are printed in one place only (``scaffold.cli``), as text or as JSON. A class's docstring says
to users when it occurs and what helps, in Markdown with links from docs/.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

# Controls but tabs and line ends, invisible characters, marks of direction, other line ends.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
FITS = 0
NOTHING_FITS = 3
INTERNAL = 70
INTERRUPTED = 130

EXIT_CODES = {
    FITS: "done; a base image fits",
    1: "a check failed or could not run, or another error",
    2: "an option, argument or setting is invalid",
    NOTHING_FITS: "no base image fits the project, the target and the limits",
    4: "requirement or lock files cannot be read",
    5: "the requirements contradict each other, or a package does not exist",
    6: "the knowledge is invalid or missing",
    7: "no usable container engine",
    8: "the build failed",
    9: "a file that you wrote or edited is in the way (--force overwrites it)",
    10: "a folder or file cannot be read or written",
    INTERNAL: "a bug in leanscaffold",
    75: "the index cannot be reached; try again later",
    INTERRUPTED: "interrupted",
}


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
    """An option or argument is invalid, such as an unknown device.

    `leanscaffold COMMAND --help` lists every option. `leanscaffold devices` lists the devices,
    and `leanscaffold config` shows where each value comes from.
    """


class NoTerminalError(UsageError, code="no-terminal"):
    """`init` asks questions, and there is no terminal.

    Use options instead: `leanscaffold init . --yes --device raspberry-pi-5`, or use `generate`.
    """


class ConfigInvalidError(LeanscaffoldError, code="config-invalid", exit_code=2):
    """A setting in a file (pyproject.toml, .python-version, pip.conf, uv.toml) is invalid.

    Correct the line that the message names. [Configuration](configuration.md) has a sample with
    every setting.
    """


class NothingFitsError(LeanscaffoldError, code="nothing-fits", exit_code=3):
    """No base image fits the project, the target and the limits.

    `leanscaffold plan -v` shows why each base is rejected; `leanscaffold explain CODE` says
    what helps with one reason. Common ways out are a larger `--max-size`, another `--python`, a
    swap that the plan proposes, or a 64-bit system ([32-bit Arm](arm32.md)).
    """


class RequirementsInvalidError(LeanscaffoldError, code="requirements-invalid", exit_code=4):
    """Requirement or lock files cannot be read.

    Correct the lines that the message names; all of them are listed at once. A lock that is out
    of date is written again by its own tool, such as `uv lock` or `poetry lock`.
    """


class UnresolvableError(LeanscaffoldError, code="unresolvable", exit_code=5):
    """The requirements contradict each other, or name a package that does not exist.

    Loosen one of the two requirements that the message names. If a package is on a private
    index, name it: [private index and proxy](private-index.md).
    """


class KnowledgeInvalidError(LeanscaffoldError, code="knowledge-invalid", exit_code=6):
    """A fact file has a typo, a missing field or a broken reference.

    `leanscaffold knowledge check --knowledge DIR` lists all problems; [The
    knowledge](../knowledge/README.md) describes the fields.
    """


class DataMissingError(LeanscaffoldError, code="data-missing", exit_code=6):
    """The installation lacks its data files.

    Install it again: `pip install --force-reinstall leanscaffold`.
    """


class EngineError(LeanscaffoldError, code="engine", exit_code=7):
    """The container engine cannot do what was asked.

    `leanscaffold doctor` checks the engine, buildx and emulation, and says how to fix each.
    `build --to app.tar` needs [no engine](engineless.md).
    """


class TraceError(LeanscaffoldError, code="trace"):
    """A run cannot be traced, or its trace would be incomplete.

    Follow the hint; `--tracer hook` needs no privileges in the engine.
    """


class EngineMissingError(EngineError, code="engine-missing"):
    """No engine answers, or its address is wrong.

    Start Docker (`systemctl start docker`, or Docker Desktop), or name another engine:
    `DOCKER_HOST=ssh://user@host` or `docker context use NAME`. `build --to app.tar` needs [no
    engine](engineless.md).
    """


class EngineForbiddenError(EngineError, code="engine-forbidden"):
    """The user has no permission to use the engine.

    Add yourself to the group docker (`sudo usermod -aG docker $USER`, then log in again), or run
    Docker in rootless mode.
    """


class EngineOldError(EngineError, code="engine-old"):
    """The engine or buildx is too old.

    Update Docker Engine to 20.10 and buildx to 0.10, or newer.
    """


class DockerMissingError(EngineError, code="docker-missing"):
    """There is no ``docker`` command on the PATH.

    Install Docker Engine or Docker Desktop. If the engine runs on another machine, the package
    docker-ce-cli is enough. `build --to app.tar` needs [no engine](engineless.md).
    """


class BuildxMissingError(EngineError, code="buildx-missing"):
    """The docker command has no buildx.

    Install the package docker-buildx-plugin (Docker's) or docker-buildx (Debian's and
    Ubuntu's).
    """


class BuilderError(EngineError, code="builder"):
    """The builder does not exist, or cannot do what was asked.

    `docker buildx ls` lists the builders. `docker buildx create --name lean --driver
    docker-container` makes one that exports caches; use it with `--builder lean`.
    """


class OnePlatformError(BuilderError, code="one-platform"):
    """The builder builds for only one platform at a time, like the default builder of many engines.

    `docker buildx create --name lean --driver docker-container`, then `--builder lean`; or
    build for one `--target` at a time.
    """


class BuildError(LeanscaffoldError, code="build-failed", exit_code=8):
    """The build ended without an image.

    The last lines of the failing step are below the error. If the Dockerfile was edited by hand,
    `leanscaffold generate --force` writes it again.
    """


class BaseUnavailableError(BuildError, code="base-unavailable"):
    """The base image cannot be pulled, or does not exist for this platform.

    Check whether `docker pull` of it works. `--registry default=PREFIX` pulls base images from a
    mirror, `--base` uses another base ([private index and proxy](private-index.md)).
    """


class StepFailedError(BuildError, code="step-failed"):
    """A step of the Dockerfile failed.

    Read the last lines that it printed. For certificates, passwords and proxies see [private index
    and proxy](private-index.md). If files do not match their hashes, `leanscaffold generate` locks
    what the index has now.
    """


class EmulationMissingError(BuildError, code="emulation-missing"):
    """A step runs a program of the target's architecture, and the builder cannot.

    `docker run --privileged --rm tonistiigi/binfmt --install all` installs emulation; or build
    on a machine of the target's architecture with `--builder NAME`.
    """


class PushError(BuildError, code="push-failed"):
    """The registry does not accept the image.

    Run `docker login REGISTRY`, and check that `--tag` names a repository you may write to.
    """


class LayerLostError(BuildError, code="layer-lost"):
    """The engine lost a layer because another build or removal ran while it stored the image.

    Run the command again; if that does not help, `docker builder prune`.
    """


class DiskFullError(BuildError, code="disk-full"):
    """No space is left on the disk where the engine keeps its images.

    `docker system df` shows what takes the space, `docker builder prune` frees the build cache.
    """


class FileConflictError(LeanscaffoldError, code="file-exists", exit_code=9):
    """A file that you wrote or edited is in the way.

    `--output Dockerfile.lean` writes another file next to yours, `--leave Dockerfile` writes only
    the other files, `--force` overwrites it.
    """


class PathUnreadableError(LeanscaffoldError, code="path-unreadable", exit_code=10):
    """A folder or file cannot be read or written.

    Check its path, its permissions and the free space on its disk.
    """


class TemplateInvalidError(LeanscaffoldError, code="template-invalid", exit_code=2):
    """A project template cannot be found, read or filled in.

    `leanscaffold init --help` lists the bundled templates; a template of your own is a folder,
    an archive or a URL.
    """


class TransientError(LeanscaffoldError, code="index-unreachable", exit_code=75):
    """The index or the network does not answer.

    Try again later, or plan with `--offline` from the lock, the cache and the bundled
    knowledge. Proxies and certificates: [private index and proxy](private-index.md).
    """


def clean(text: str) -> str:
    """Return text whose hidden characters are written out: a project must not drive a terminal."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character in "\t\n" or unicodedata.category(character) not in _HIDDEN:
        return character
    return character.encode("unicode_escape").decode()


def nearest(word: str, known: Iterable[str], most: int = 3) -> list[str]:
    """Return the names that a mistyped one may stand for: those that contain it, then by edits.

    An option's dashes do not count.
    """
    word = word.strip().lower().lstrip("-")
    limit = max(1, len(word) // 3)
    ranks = {
        name: 0.5 if len(word) > 2 and word in plain else _edits(word, plain)  # noqa: PLR2004
        for name in sorted(set(known), reverse=True)  # of a family the newest first
        for plain in (name.lower().lstrip("-"),)
    }
    near = [name for name, rank in ranks.items() if word and rank <= limit]
    return sorted(near, key=lambda name: (ranks[name], len(name)))[:most]


def _edits(one: str, other: str) -> int:
    """Return how many letters are added, left out, changed or swapped with their neighbour."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one):
        earlier, before, row = before, row, [i + 1]
        for j, b in enumerate(other):
            least = min(before[j] + (a != b), before[j + 1] + 1, row[j] + 1)
            if i and j and (a, one[i - 1]) == (other[j - 1], b):
                least = min(least, earlier[j - 1] + 1)
            row.append(least)
    return row[-1]


def did_you_mean(word: str, known: Iterable[str], most: int = 3) -> str:
    """Return the question that names the nearest, empty where none is near."""
    near = nearest(word, known, most)
    rest = f" or {near[-1]}" if len(near) > 1 else ""
    return f"did you mean {', '.join(near[:-1] or near)}{rest}?" if near else ""
