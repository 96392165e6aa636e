"""What a rule sees: the file, the facts, and the project where there is one."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from scaffold.lint.image_references import Reference, find_base, parse_image
from scaffold.model.dockerfile import (
    Command,
    Dockerfile,
    Instruction,
    Scope,
    Span,
    Stage,
    Word,
)
from scaffold.model.knowledge import Base, BuildClass, Facts, Image, ImageFamily
from scaffold.model.project import Project
from scaffold.model.target import Arch, Target
from scaffold.model.verdict import Accepted, Candidate, Evaluation, Suggestion
from scaffold.model.verification import Measured
from scaffold.project.dockerfile_parser.reader import walk
from scaffold.project.dockerfile_parser.scopes import fill_in
from scaffold.project.dockerfile_parser.shell import commands_of, without_prefix

_SHELL_WORDS = {"RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"}
# Docker's own images, whose sources (docker-library, read 2026-11-28) set neither USER, ENTRYPOINT
# nor SHELL. What ARG may put in the place of the name is no proof.
_PLAIN = re.compile(
    r"(?:[\w.-]+/)*library/(?:{0})(?![\w./-])|(?:{0})(?![\w./-])".format(
        "python|debian|ubuntu|alpine|buildpack-deps"
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What is known of the project on a target: on the file's own base, and on the best one.

    ``here`` is None where the file's base is none that we know. ``measured`` is what `verify` kept
    of this very file on this target, if it did.
    """

    project: Project
    target: Target
    here: Evaluation | None
    best: Accepted | None = None
    savings: tuple[Suggestion, ...] = ()
    measured: Measured | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The folder that the build gets: is there a ``.dockerignore``, and what passes it.

    ``secrets`` are files that look like secrets and are not ignored, ``burden`` the bytes of what
    nobody needs in an image and is not ignored either (histories, virtual environments, caches),
    ``texts`` the configuration files of servers, by their path, ``contexts`` the images and stages
    that a bake file defines by a name.
    """

    ignores: bool
    folder: Path = Path()
    secrets: tuple[str, ...] = ()
    burden: tuple[tuple[str, int], ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    contexts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One Dockerfile to look at."""

    dockerfile: Dockerfile
    facts: Facts
    today: date
    around: Surroundings | None = None
    decided: Decided | None = None
    shells: Mapping[int, tuple[Command, ...]] = field(default_factory=dict)

    @property
    def final(self) -> Stage | None:
        """Return the stage that becomes the image."""
        return self.dockerfile.stages[-1] if self.dockerfile.stages else None

    @property
    def arch(self) -> Arch:
        """Return the target's architecture; without a project, the one most people build for."""
        return self.decided.target.arch if self.decided else Arch.AMD64

    @property
    def candidate(self) -> Candidate | None:
        """Return the project on the file's own base, if it came so far as to be weighed."""
        return self.decided.here.candidate if self.decided and self.decided.here else None

    @property
    def weight(self) -> tuple[int, int] | None:
        """Return the image's bytes on disk and to download: measured, or else as predicted."""
        measured = self.decided.measured if self.decided else None
        if measured is not None:
            return measured.on_disk, measured.download
        size = self.candidate.size if self.candidate else None
        return (size.on_disk, size.download) if size else None

    def commands(self, instruction: Instruction) -> tuple[Command, ...]:
        """Return the commands of an instruction, ``sudo`` and ``env`` before them left out."""
        return self.shells.get(instruction.span.start, ())

    def chain(self, stage: Stage | None) -> tuple[Stage, ...]:
        """Return a stage after those that it continues, the first of them first."""
        return self.dockerfile.chain(stage)

    def image_steps(self) -> tuple[Instruction, ...]:
        """Return the steps whose layers are in the image, in order."""
        return self.dockerfile.steps(self.final)

    def runs(self, *stages: Stage) -> Iterator[Instruction]:
        """Yield every RUN of some stages, or of all."""
        for stage in stages or self.dockerfile.stages:
            yield from (step for step in stage.steps if step.keyword == "RUN")

    def image_runs(self) -> Iterator[Instruction]:
        """Yield every RUN whose layer is in the image."""
        return (step for step in self.image_steps() if step.keyword == "RUN")

    def continued(self, stage: Stage) -> tuple[Stage, ...]:
        """Return a stage and those that continue it, directly or not."""
        return tuple(one for one in self.dockerfile.stages if stage in self.chain(one))

    def starts_plainly(self, stage: Stage) -> bool:
        """Tell whether a stage's image is known to be root's, without ENTRYPOINT and SHELL."""
        root = self.root(stage)
        image = root.image if root else ""
        windows = "windowsservercore" in image or "nanoserver" in image
        return root is not None and not windows and _PLAIN.match(root.written) is not None

    def last(self, *keywords: str) -> Instruction | None:
        """Return the last instruction of this kind that holds for the image."""
        found = [step for step in self.image_steps() if step.keyword in keywords]
        return found[-1] if found else None

    def root(self, stage: Stage | None) -> Stage | None:
        """Return the stage whose FROM names the image that a stage starts from."""
        chain = self.chain(stage)
        return chain[0] if chain else None

    def base(self, stage: Stage | None) -> tuple[Base, Image] | None:
        """Return the known base of a stage, None for one that nobody knows."""
        root = self.root(stage)
        found = parse_image(root.image) if root else None
        return find_base(self.facts, found, self.arch) if found else None

    def family(self, stage: Stage | None) -> ImageFamily | None:
        """Return what the name of a stage's image says, None for one that nobody knows."""
        root = self.root(stage)
        return self.facts.find_family(root.image) if root else None


def shells_of(dockerfile: Dockerfile) -> dict[int, tuple[Command, ...]]:
    """Return the commands of every instruction that runs one, by where it starts."""
    return {
        one.span.start: tuple(
            _fill_words(without_prefix(command), one.scope) for command in commands_of(one)
        )
        for one in walk(dockerfile.instructions)
        if one.keyword in _SHELL_WORDS
    }


_VARIABLE = re.compile(r"\$(?:\{\w+\}|\w+)")


def _fill_words(command: Command, scope: Scope) -> Command:
    """Return a command whose ``$OPTIONS`` are the words that ARG or ENV has, if they say it."""
    words = [
        Word(text=piece, span=word.span, literal=word.literal)
        for number, word in enumerate(command.words)
        for piece in (
            fill_in(word.text, scope).split()
            if number and not word.literal and _VARIABLE.fullmatch(word.text)
            else (word.text,)
        )
    ]
    return replace(command, words=tuple(words))


def compiling(candidate: Candidate) -> BuildClass | None:
    """Return how long a compiler works on a candidate's packages, None where it has none to."""
    return None if candidate.build_class is BuildClass.WHEELS else candidate.build_class


def line_of(instruction: Instruction) -> Span:
    """Return the span of an instruction's first word, where a finding on all of it points."""
    start = instruction.span.start
    return Span(start=start, end=start + len(instruction.keyword))


def outer_bases(case: Case) -> Iterator[tuple[Stage, Reference, Span]]:
    """Yield (stage, image, place) of each FROM that names an image known before the build."""
    for stage in case.dockerfile.stages:
        if stage.parent is None and stage.image and stage.image.lower() != "scratch":
            image = parse_image(stage.image)
            given = case.around is not None and stage.image in case.around.contexts
            if not image.variable and not given:
                yield stage, image, image_span(stage)


def image_span(stage: Stage) -> Span:
    """Return where the image's name stands."""
    return stage.opening.place(0, len(stage.written))


def words_of(step: Instruction) -> tuple[str, ...]:
    """Return the words of a COPY or ADD, variables filled in; documents are left out."""
    words = step.words
    if words is None:
        try:
            words = tuple(shlex.split(step.text))
        except ValueError:
            words = tuple(step.text.split())
    return tuple(fill_in(word, step.scope) for word in words if not word.startswith("<<"))


def sources_of(step: Instruction) -> tuple[str, ...]:
    """Return what is copied."""
    words = words_of(step)
    return words if step.heredocs and len(words) == 1 else words[:-1]


def goal_of(step: Instruction) -> str:
    """Return where it goes, as it is written."""
    words = words_of(step)
    return words[-1] if words else ""
