"""Answers kept while an interview is not finished: in the user's state, never in the project."""

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from platformdirs import user_state_path

_VERSION = 1


def find_state_folder(env: Mapping[str, str]) -> Path:
    """Return the folder for what is to be remembered, below the user's unless told otherwise."""
    base = env.get("XDG_STATE_HOME", "")
    if os.path.isabs(base):  # noqa: PTH117 - the base directory specification ignores relative ones
        return Path(base) / "leanscaffold"

    return user_state_path("leanscaffold")


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
        document = {"version": _VERSION, "project": str(_whole(project)), "answers": dict(answers)}
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
        name = sha256(str(_whole(project)).encode()).hexdigest()[:32]
        return self.folder() / "init" / f"{name}.json"


def _whole(project: Path) -> Path:
    return project.resolve()
