"""A Dockerfile as read: instructions and stages by their place, and what a rule found there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from scaffold.model.knowledge import BuildClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of the text: offsets in characters, the end excluded."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A flag of an instruction, such as ``--from=build``; ``value`` is without quotes."""

    name: str
    value: str
    span: Span

    @property
    def source(self) -> str:
        """Return the stage or image that ``--from`` or a mount takes files from, or nothing."""
        if self.name == "mount":
            parts = dict(part.partition("=")[::2] for part in self.value.split(","))
            return parts.get("from", "")
        return self.value if self.name == "from" else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heredoc:
    """A document that follows an instruction; ``span`` is its body with the last line break."""

    name: str
    body: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of a shell command: what the program gets, and where it stands.

    ``literal`` says that nothing in it is filled in when it runs.
    """

    text: str
    span: Span
    literal: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One simple command. ``operator`` is what joins it to the next: ``&&``, ``||``, ``|``, ``;``.

    ``assignments`` are variables set for it alone; a command may be nothing but these.
    """

    words: tuple[Word, ...]
    assignments: tuple[tuple[str, str], ...]
    operator: str
    span: Span

    @property
    def argv(self) -> tuple[str, ...]:
        """Return the texts of its words."""
        return tuple(word.text for word in self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What holds where an instruction stands: variables, folder, user and shell of its stage.

    ``environment`` is what ENV set, ``arguments`` what ARG declared, None without a value.
    Values that nobody can know before a build stay as they are written.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, str | None] = field(default_factory=dict)
    workdir: str = ""
    user: str = ""
    shell: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction. ``span`` covers it with its heredocs, without the last line break.

    ``text`` is what follows the flags, lines joined; ``origins`` has the offset in the file of
    each of its characters. ``words`` is the exec form's list, None for the shell form. ``inner``
    is what ONBUILD holds back. ``ignored`` are the rules that a comment switches off.
    """

    keyword: str
    span: Span
    text: str
    origins: tuple[int, ...]
    flags: tuple[Flag, ...] = ()
    heredocs: tuple[Heredoc, ...] = ()
    words: tuple[str, ...] | None = None
    inner: "Instruction | None" = None
    ignored: tuple[str, ...] = ()
    scope: Scope = field(default_factory=Scope)

    def flag(self, name: str) -> str | None:
        """Return the value of a flag, None where it is not given."""
        return next((flag.value for flag in self.flags if flag.name == name), None)

    def place(self, start: int, end: int) -> Span:
        """Return where in the file a part of ``text`` stands."""
        if not self.origins or start >= len(self.origins):
            return self.span
        last = min(max(end, start + 1), len(self.origins)) - 1
        return Span(start=self.origins[start], end=self.origins[last] + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A place that Docker would refuse, with the reason."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage. ``image`` is what FROM names with variables filled in, ``written`` as it stands.

    ``parent`` is the number of the stage that it continues, None where it starts from an image.
    """

    number: int
    name: str
    image: str
    written: str
    platform: str
    parent: int | None
    opening: Instruction
    steps: tuple[Instruction, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """Return what its own steps copy or mount from, as it is written."""
        return tuple(flag.source for step in self.steps for flag in step.flags if flag.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dockerfile:
    """A whole file. ``head`` are the arguments before the first stage.

    ``blanks`` are empty lines inside of instructions, which Docker is about to refuse.
    """

    text: str
    escape: str = "\\"
    head: tuple[Instruction, ...] = ()
    stages: tuple[Stage, ...] = ()
    problems: tuple[Problem, ...] = ()
    blanks: tuple[Span, ...] = ()

    @property
    def instructions(self) -> tuple[Instruction, ...]:
        """Return everything in the order of the file."""
        inside = (one for stage in self.stages for one in (stage.opening, *stage.steps))
        return (*self.head, *inside)

    def chain(self, stage: Stage | None) -> tuple[Stage, ...]:
        """Return a stage after those that it continues, the first of them first."""
        stages = list[Stage]()
        while stage is not None:
            stages.insert(0, stage)
            stage = None if stage.parent is None else self.stages[stage.parent]
        return tuple(stages)

    def steps(self, stage: Stage | None) -> tuple[Instruction, ...]:
        """Return the steps of a stage after those of the stages that it continues."""
        return tuple(step for one in self.chain(stage) for step in one.steps)

    def find(self, name: str | None, *, before: int | None = None) -> Stage | None:
        """Return the nearest stage of a name or number, of those above the number ``before``."""
        above = self.stages[:before] if name else ()
        if name and name.isdigit():
            return next((one for one in above if one.number == int(name)), None)
        return next((one for one in reversed(above) if name and one.name == name.lower()), None)

    def needed(self, stages: Iterable[Stage]) -> tuple[Stage, ...]:
        """Return stages with those that they continue, copy from or mount, in their order."""
        waiting, found = list(stages), set[int]()
        while waiting:
            stage = waiting.pop()
            if stage.number not in found:
                found.add(stage.number)
                waiting += [] if stage.parent is None else [self.stages[stage.parent]]
                named = (self.find(name, before=stage.number) for name in stage.sources)
                waiting += [one for one in named if one is not None]
        return tuple(self.stages[number] for number in sorted(found))

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset, both from 1."""
        line = self.text.count("\n", 0, offset) + 1
        return line, offset - self.text.rfind("\n", 0, offset)


class Severity(StrEnum):
    """An error breaks the build, the app or a secret; a warning costs; a note may be meant so."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A replacement of a piece of the text."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a finding costs this project: bytes on disk and to download, None where unknown.

    ``moved`` are bytes that are pushed and pulled again with every edit of the application,
    ``seconds`` what building that again took when it was measured. ``compiling`` says how long a
    compiler works on packages without a wheel.
    """

    on_disk: int | None = None
    download: int | None = None
    moved: int | None = None
    seconds: float | None = None
    compiling: BuildClass | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What a rule yields; the rule's own code and severity are added by who runs it."""

    text: str
    span: Span
    cost: Cost | None = None
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A hit with the rule behind it. Lines and columns are from 1, the end excluded."""

    code: str
    name: str
    severity: Severity
    text: str
    line: int
    column: int
    end_line: int
    end_column: int
    cost: Cost | None = None
    edits: tuple[Edit, ...] = ()

    @property
    def fixable(self) -> bool:
        """Tell whether ``--fix`` mends it."""
        return bool(self.edits)
