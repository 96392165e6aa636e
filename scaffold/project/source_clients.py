"""Repositories and archives that a project asks for, and what git says of its own folder."""

import hashlib
import io
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol

from packaging.version import InvalidVersion, Version

from scaffold.model.errors import ConfigInvalidError, TransientError
from scaffold.project.repositories import Address, Checkout, FetchError

_PATIENCE = 120.0  # seconds
# A hook that runs us sets them; they name another repository.
_ELSEWHERE = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_EXTERNAL_DIFF"})
_PROTOCOLS = "file:git:http:https:ssh"
# A checkout's own settings can name programs for git to run: none of them is.
_HARMLESS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.pager": "cat",
    "core.alternateRefsCommand": "true",
    "log.showSignature": "false",
    "gpg.program": "false",
    "gpg.ssh.program": "false",
    "gpg.x509.program": "false",
    "diff.external": "",
    "submodule.recurse": "false",
}
_SETTINGS = [word for name, value in _HARMLESS.items() for word in ("-c", f"{name}={value}")]


def fetch_repository(address: Address, *, cache: Path, environ: Mapping[str, str]) -> Checkout:
    """Return a repository as it is at a branch, tag or commit, and which commit that is.

    A commit that was fetched before is not asked for again. Nothing of it is run. Raises
    FetchError with what git said.
    """
    of = cache / "git" / hashlib.sha256(address.repository.encode()).hexdigest()[:24]
    if address.is_commit and (of / address.revision).is_dir():
        return Checkout(commit=address.revision, folder=of / address.revision)
    if shutil.which("git", path=environ.get("PATH")) is None:
        raise FetchError("git is not installed here")
    try:
        of.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=of))
    except OSError as error:
        raise FetchError(f"{error.filename}: {error.strerror}") from error
    try:
        commit = _check_out(address, made, environ)
        shutil.rmtree(made / ".git")
        goal = of / commit
        if not goal.is_dir():
            made.rename(goal)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return Checkout(commit=commit, folder=goal)


def _check_out(address: Address, folder: Path, environ: Mapping[str, str]) -> str:
    def git(*words: str) -> str:
        return _git(words, folder, environ)

    git("clone", "--quiet", "--filter=blob:none", "--no-checkout", "--", address.repository, ".")
    wanted = address.revision or "HEAD"
    # A branch is known by the name of the remote's.
    for name in (wanted, f"origin/{wanted}"):
        try:
            commit = git(
                "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
            )
        except FetchError:
            continue
        git("checkout", "--quiet", "--detach", commit)
        return commit
    raise FetchError(f"it has no branch, tag or commit {wanted}")


def _git(words: tuple[str, ...], folder: Path, environ: Mapping[str, str]) -> str:
    try:
        # A link could lead out of the folder: it is read as the text that it is.
        done = run_git(
            ("-c", "core.symlinks=false", *words),
            folder,
            environ,
            protocols=_PROTOCOLS,
            patience=_PATIENCE,
        )
    except subprocess.TimeoutExpired as error:
        raise FetchError("git did not answer in time") from error
    except OSError as error:
        raise FetchError(f"git cannot be started: {error.strerror}") from error
    if done.returncode:
        said = [line.strip().rstrip(".") for line in done.stderr.splitlines() if line.strip()]
        # What follows the first fatal error is advice; what precedes it may be the helper's reason.
        end = next((at for at, line in enumerate(said) if line.startswith("fatal: ")), len(said))
        why = (line.removeprefix("fatal: ") for line in said[max(end - 1, 0) : end + 1])
        raise FetchError("; ".join(why) or "git failed")
    return done.stdout.strip()


def run_git(
    words: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    *,
    protocols: str = "",
    patience: float,
) -> "subprocess.CompletedProcess[str]":
    """Run git in a folder of anybody's: nothing that its settings name is started.

    Without ``protocols`` no other repository is asked. ``patience`` is in seconds. Raises OSError
    or TimeoutExpired.
    """
    env = {
        **{name: value for name, value in environ.items() if name not in _ELSEWHERE},
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": protocols,
        "GIT_NO_LAZY_FETCH": "0" if protocols else "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "LC_ALL": "C",
    }
    return subprocess.run(  # noqa: S603 - fixed commands; addresses follow a ``--``
        ["git", "--no-pager", *_SETTINGS, *words],  # noqa: S607 - the one on the PATH
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=patience,
    )


# buildx hands it to the build (reproducible-builds.org, "SOURCE_DATE_EPOCH").
EPOCH = "SOURCE_DATE_EPOCH"
# What the Dockerfile of a package with a version from version control asks for.
VERSION = "PACKAGE_VERSION"
_DESCRIBED = re.compile(r"[^0-9]*([0-9].*)-([0-9]+)-g([0-9a-f]+)")
_TIME_PATIENCE = 10.0  # seconds; a network drive may think


def dated(
    environ: Mapping[str, str], folder: Path, commit_time: Callable[[Path], str]
) -> Mapping[str, str]:
    """Return the environment of a build: with the time of the last commit, unless it has one."""
    seconds = environ.get(EPOCH) or commit_time(folder)
    return {**environ, EPOCH: seconds} if seconds else environ


def versioned(
    environ: Mapping[str, str], folder: Path, tagged_version: Callable[[Path], str]
) -> Mapping[str, str]:
    """Return the environment of a build: with the version that tags give, unless it has one."""
    version = environ.get(VERSION) or tagged_version(folder)
    return {**environ, VERSION: version} if version else environ


def read_tagged_version(folder: Path) -> str:
    """Return the version after the last tag, as setuptools-scm counts by default.

    At the tag it is the tag's own, n commits later the next one's n-th development version. Empty
    where there is no git, no tag, or none that is a version.
    """
    found = _DESCRIBED.fullmatch(
        _run_git(folder, "describe", "--tags", "--long", "--match=*[0-9]*")
    )
    try:
        version = Version(found[1]) if found else None
    except InvalidVersion:
        return ""
    if found is None or version is None:
        return ""
    if found[2] == "0":
        return str(version)
    *first, last = version.release
    if version.pre is not None:
        kind, number = version.pre
        bumped = f"{version.base_version}{kind}{number + 1}"
    else:
        bumped = ".".join(map(str, (*first, last + 1)))
    return f"{bumped}.dev{found[2]}+g{found[3]}"


def read_commit_time(folder: Path) -> str:
    """Return when a folder was last committed, in Unix time; empty without git or a commit."""
    found = _run_git(folder, "log", "-1", "--format=%ct", "--", ".")
    return found if found.isdigit() else ""


def _run_git(folder: Path, *words: str) -> str:
    """Return what git says, empty where it cannot say it."""
    try:
        done = run_git(words, folder, os.environ, patience=_TIME_PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


_LARGEST = 256 << 20  # bytes, of an archive and of what is in it


class Answer(Protocol):
    """What a server answered."""

    @property
    def missing(self) -> bool:
        """Tell whether there is no such file."""

    @property
    def body(self) -> bytes:
        """Return the file."""


class Get(Protocol):
    """How a file is fetched: ``Http.get`` or a test's own."""

    def __call__(self, url: str, *, limit: int) -> Answer:
        """Return a file of at most so many bytes. Raises TransientError, ConfigInvalidError."""
        ...


def fetch_archive(address: Address, *, cache: Path, get: Get) -> Checkout:
    """Return what is in an archive, and its SHA-256 for a commit. Raises FetchError."""
    try:
        answer = get(address.repository, limit=_LARGEST)
    except (TransientError, ConfigInvalidError) as error:
        raise FetchError(error.cause) from error
    if answer.missing:
        raise FetchError("there is no such file")
    digest = hashlib.sha256(answer.body).hexdigest()
    if address.revision not in {"", digest}:
        raise FetchError(f"its sha256 is {digest}, which is not what is asked for")
    goal = cache / "archives" / digest
    try:
        if not goal.is_dir():
            goal.parent.mkdir(parents=True, exist_ok=True)
            made = Path(tempfile.mkdtemp(dir=goal.parent))
            try:
                _unpack(answer.body, made)
                made.rename(goal)
            finally:
                shutil.rmtree(made, ignore_errors=True)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, ValueError) as error:
        raise FetchError("it is not an archive that can be read") from error
    except OSError as error:
        raise FetchError(f"{error.filename}: {error.strerror}") from error
    return Checkout(commit=digest, folder=goal)


def _unpack(data: bytes, folder: Path) -> None:
    """Write the plain files of an archive, without the one folder that they all lie in."""
    left = _LARGEST
    for name, content in _members(data):
        left -= len(content)
        parts = PurePosixPath(name).parts[1:]
        if left < 0:
            raise ValueError("too large")
        if parts and not PurePosixPath(name).is_absolute() and ".." not in parts:
            path = folder.joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _members(data: bytes) -> Iterator[tuple[str, bytes]]:
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                if not info.is_dir() and info.file_size <= _LARGEST:
                    yield info.filename, archive.read(info)
        return
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isreg() else None
            if file is not None and member.size <= _LARGEST:
                yield member.name, file.read()
