"""From a path in somebody's image back to the file of the project that was copied there."""

import fnmatch
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scaffold.model.dockerfile import Dockerfile, Instruction, Stage
from scaffold.project.dockerfile_parser.scopes import fill_in
from scaffold.project.dockerfile_parser.shell import commands_run_by

_DEPTH = 8

_FOR_DOCKER = frozenset({"docker", "container", "containers", "build", "deploy", "docker-files"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a Dockerfile copies. ``context`` is the folder that its build sees, in the project."""

    root: Path
    dockerfile: Dockerfile
    context: str = "."

    def project_path(self, path: str, stage: Stage, *, depth: int = 0) -> str | None:
        """Return the path in the project of an absolute one in the image of a stage, if sure."""
        path = posixpath.normpath(path)
        if not self.dockerfile_copies:
            return self._of_clone(path, stage)
        for step in reversed(self.dockerfile.steps(stage)):
            if step.keyword not in {"COPY", "ADD"} or depth > _DEPTH:
                continue
            for source, target, into in copies(step):
                alone = not into and target in {path, posixpath.dirname(path)}
                folder = into or (alone and self._is_made(target, stage))
                inner = self._inside(path, source, target, step, folder=folder, depth=depth)
                if inner is not None:
                    return inner
        return None

    @property
    def dockerfile_copies(self) -> bool:
        """Tell whether any stage copies files that the build is given."""
        return any(_given(self.dockerfile))

    def _of_clone(self, path: str, stage: Stage) -> str | None:
        """Return the path where nothing is copied: then the first repository is the project's."""
        into = next(filter(None, map(cloned_into, self.dockerfile.steps(stage))), None)
        rest = _below(path, into) if into else None
        return None if rest is None else self._from_context(rest, ".", folder=True)

    def _is_made(self, path: str, stage: Stage) -> bool:
        """Tell whether a step makes a folder of this path, or fills one."""
        into = set[str]()
        for step in self.dockerfile.steps(stage):
            ran = (one.argv for one in commands_run_by(step))
            if any(argv[:1] == ("mkdir",) and path in argv for argv in ran):
                return True
            if step.keyword in {"COPY", "ADD"}:
                for source, target, folder in copies(step):
                    here = self.root / self.context / source.lstrip("/")
                    if target == path and (folder or (not step.flag("from") and here.is_dir())):
                        return True
                    if target == path:
                        into.add(posixpath.basename(source))
        return len(into) > 1

    def _inside(
        self, path: str, source: str, target: str, step: Instruction, *, folder: bool, depth: int
    ) -> str | None:
        rest = _below(path, target)
        if rest is None:
            return None
        taken_from = step.flag("from")
        if taken_from is None:
            return self._from_context(rest, source, folder=folder)
        stage = self.dockerfile.find(taken_from)
        if stage is None:
            return None
        at = posixpath.join("/", source)
        found = self.project_path(posixpath.join(at, rest), stage, depth=depth + 1)
        if found is None and folder and rest == posixpath.basename(at):
            found = self.project_path(at, stage, depth=depth + 1)
        # A file that is put into a folder is not the folder.
        return None if found and not rest and folder and (self.root / found).is_file() else found

    def _from_context(self, rest: str, source: str, *, folder: bool) -> str | None:
        here = posixpath.normpath(posixpath.join(self.context, source.lstrip("/")))
        if here.startswith("../"):
            return None
        if any(sign in source for sign in "*?["):
            found = posixpath.join(posixpath.dirname(here), rest)
            same = "/" not in rest and fnmatch.fnmatch(found, here)
            return found if same and (self.root / found).exists() else None
        if (self.root / here).is_dir():
            found = posixpath.normpath(posixpath.join(here, rest))
            return found if (self.root / found).exists() else None
        wanted = posixpath.basename(here) if folder else ""
        return here if rest == wanted and (self.root / here).is_file() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tails:
    """A machine that no Dockerfile describes: a path is the project's file that ends it.

    ``copied`` is the image of the project's Dockerfile, where there is one: it is asked first.
    """

    root: Path
    copied: Copied | None = None

    def project_path(self, path: str, stage: Stage, *, depth: int = 0) -> str | None:
        """Return the longest end of a path that is a file of the project."""
        del stage
        if self.copied is not None:
            last = self.copied.dockerfile.stages[-1]
            if found := self.copied.project_path(path, last, depth=depth):
                return found
        parts = posixpath.normpath(path).strip("/").split("/")
        tails = ("/".join(parts[at:]) for at in range(len(parts)))
        return next((tail for tail in tails if (self.root / tail).is_file()), None)


def copies(step: Instruction) -> Iterator[tuple[str, str, bool]]:
    """Yield (source, target, the target is a folder) of what a COPY or ADD copies."""
    words = step.words if step.words is not None else step.text.split()
    filled = [fill_in(word, step.scope) for word in words]
    if len(filled) < 2 or any("$" in word for word in filled):  # noqa: PLR2004 - what and where
        return
    *sources, target = filled
    into = target.endswith(("/", ".")) or len(sources) > 1
    workdir = posixpath.join("/", step.scope.workdir)
    target = posixpath.normpath(posixpath.join(workdir, target.strip("\"'")))
    folder = into or target == posixpath.normpath(workdir)
    yield from ((source.strip("\"'"), target, folder) for source in reversed(sources))


def _given(dockerfile: Dockerfile) -> Iterator[str]:
    """Yield what the stages copy of the files that the build is given."""
    for step in (step for stage in dockerfile.stages for step in stage.steps):
        if step.keyword in {"COPY", "ADD"} and step.flag("from") is None and not step.heredocs:
            yield from (source for source, _, _ in copies(step) if "://" not in source)


def cloned_into(step: Instruction) -> str | None:
    """Return the folder that a RUN clones a repository into."""
    folder = posixpath.join("/", step.scope.workdir)
    for command in commands_run_by(step):
        words = [word for word in command.argv if not word.startswith("-")]
        if words[:1] == ["cd"] and words[1:]:
            folder = posixpath.join(folder, words[1])
        elif words[:2] == ["git", "clone"] and any("://" in word for word in words):
            last = words[-1]
            name = posixpath.basename(last).removesuffix(".git") if "://" in last else last
            return posixpath.normpath(posixpath.join(folder, name))
    return None


def find_context(root: Path, place: str, dockerfile: Dockerfile) -> str | None:
    """Return the folder that most of what is copied lies in: the project's, else the Dockerfile's.

    Outside of the folders for Docker's files one that finds everything beside it is that of another
    application: then None.
    """
    beside = posixpath.dirname(place) or "."
    wanted = [source.lstrip("/") for source in _given(dockerfile)]
    if not wanted:
        return "."
    there, here = _count(root / beside, wanted), _count(root, wanted)
    if beside != "." and not is_for_docker(beside) and there == len(wanted):
        return None
    # What a build makes first (a file with a version, a copy of a package) may be missing.
    return beside if there > here else "."


def is_for_docker(folder: str) -> bool:
    """Return whether a folder holds Docker's files and no application."""
    outer, _, inner = folder.partition("/")
    return outer.removeprefix(".") in _FOR_DOCKER or inner == "docker"


def _count(folder: Path, names: Sequence[str]) -> int:
    return sum(any(sign in name for sign in "*?[") or (folder / name).exists() for name in names)


def _below(path: str, folder: str) -> str | None:
    if path == folder:
        return ""
    prefix = folder.rstrip("/") + "/"
    return path.removeprefix(prefix) if path.startswith(prefix) else None
