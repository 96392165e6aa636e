"""All that an interview touches besides what a plan does, as one value; tests pass their own."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from platformdirs import user_state_path

from scaffold.init.create import check_destination, create_project, place_project
from scaffold.init.project_templates import questions
from scaffold.init.prompts import Ask, ask_on_terminal
from scaffold.init.question import Starter, TemplateQuestion
from scaffold.init.starters import list_starters
from scaffold.init.template_source import open_template
from scaffold.model.errors import Detail
from scaffold.state.file_writer import find_conflicts, read_recorded

_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedAnswers:
    """The answers of unfinished interviews, one file per project folder, for its user's eyes."""

    folder: Callable[[], Path]

    def load(self, project: Path) -> dict[str, str]:
        """Return what was answered for a project; nothing where nothing can be read."""
        try:
            document = json.loads(self._path(project).read_text("utf-8"))
            if document["version"] != _VERSION:
                return {}
            return {str(name): str(value) for name, value in document["answers"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def keep(self, project: Path, answers: Mapping[str, str]) -> None:
        """Keep answers, if the folder lets us: to lose them is no reason to stop."""
        path = self._path(project)
        document = {
            "version": _VERSION,
            "project": str(project.resolve()),
            "answers": dict(answers),
        }
        draft = path.with_name(f".{uuid4().hex}")
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft.write_text(json.dumps(document, indent=2), encoding="utf-8")
            draft.replace(path)

    def forget(self, project: Path) -> None:
        """Remove what was kept."""
        with suppress(OSError):
            self._path(project).unlink(missing_ok=True)

    def _path(self, project: Path) -> Path:
        name = sha256(str(project.resolve()).encode()).hexdigest()[:32]
        return self.folder() / "init" / f"{name}.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class WizardServices:
    """The edges of ``init``.

    ``interactive`` tells whether somebody sits at a terminal, ``ask`` asks them. ``kept`` holds the
    answers of interviews that were broken off. ``starters`` lists our project templates;
    ``template_questions`` returns what a template asks, given answers by name and whether its own
    code may run; ``create`` makes a project in a new folder. ``place`` puts that into the user's
    folder, over files of theirs only if its last argument is True, and returns what it put there;
    ``check_place`` raises FileConflictError where it would need that. ``conflicts`` returns which
    files in a folder are the user's.
    """

    interactive: Callable[[], bool]
    ask: Ask
    kept: SavedAnswers
    starters: Callable[[], Sequence[Starter]]
    template_questions: Callable[[str, Mapping[str, str], bool], Sequence[TemplateQuestion]]
    create: Callable[[str, Path, Mapping[str, str], bool], object]
    place: Callable[[Path, Path, bool], Sequence[str]]
    check_place: Callable[[Path], None]
    conflicts: Callable[[Path, Mapping[str, str]], Sequence[Detail]]


def _template_questions(
    source: str,
    answers: Mapping[str, str],
    trusted: bool,  # noqa: FBT001 - of a port
) -> Sequence[TemplateQuestion]:
    with open_template(source) as template:
        # Ours take their name from the folder, and the rest is for the user to edit.
        return () if template.own else questions(template, answers, trusted=trusted)


WIZARD = WizardServices(
    interactive=lambda: sys.stdin.isatty() and sys.stdout.isatty(),
    ask=ask_on_terminal,
    kept=SavedAnswers(folder=lambda: user_state_path("leanscaffold")),
    starters=list_starters,
    template_questions=_template_questions,
    create=lambda source, path, answers, trusted: create_project(
        source, path, answers, trusted=trusted
    ),
    place=lambda made, path, force: place_project(made, path, force=force),
    check_place=check_destination,
    conflicts=lambda path, files: find_conflicts(path, files, read_recorded(path)),
)
