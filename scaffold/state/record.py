"""What ``leanscaffold.json`` says about the run that wrote it, and whether it still holds."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scaffold.model.errors import LeanscaffoldError
from scaffold.model.plan import DOCKERFILE
from scaffold.model.target import Arch
from scaffold.resolver.tags import parse_arch
from scaffold.state.file_writer import RECORD, digest_content


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An earlier run: its options as an argument list, its targets, what it read and wrote.

    ``files`` and ``inputs`` map names to SHA-256. ``edited`` are files of ours that somebody
    changed since, ``missing`` those that are gone. ``document`` is all of it, as it was written.
    ``project_options`` names the options that the project's pyproject.toml set.
    """

    project: str
    options: tuple[str, ...]
    arches: tuple[Arch, ...]
    inputs: Mapping[str, str]
    files: Mapping[str, str] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)
    edited: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    project_options: tuple[str, ...] = ()

    @property
    def lasting(self) -> tuple[str, ...]:
        """Return the options that hold until somebody names others, as an argument list.

        Those of the project's pyproject.toml hold only as long as it says so.
        """
        flags = {f"--{name}" for name in self.project_options}
        return tuple(word for word in self.options if word.partition("=")[0] not in flags)


def read_record(root: Path) -> Record | None:
    """Return the record of the folder's last run; None where there is none that can be read."""
    try:
        document = json.loads((root / RECORD).read_text("utf-8"))
        files = {str(name): str(value) for name, value in document["files"].items()}
        now = digest_files(root, files)
        return Record(
            project=str(document["project"]),
            options=tuple(map(str, document["options"])),
            arches=tuple(
                parse_arch(str(target["target"]).removeprefix("linux/"))
                for target in document["targets"]
            ),
            inputs={str(name): str(value) for name, value in document.get("inputs", {}).items()},
            files=files,
            document=document,
            edited=tuple(sorted(n for n, value in files.items() if n in now and now[n] != value)),
            missing=tuple(sorted(set(files) - set(now))),
            project_options=tuple(map(str, document.get("project_options", ()))),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, LeanscaffoldError):
        return None


def dockerfile_of(options: Iterable[str]) -> str:
    """Return the file that a record's options say to build by."""
    named = (word.removeprefix("--output=") for word in options if word.startswith("--output="))
    return next(named, DOCKERFILE)


def digest_files(root: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of each of these files that can be read, by name."""
    digests = {}
    for name in names:
        try:
            digests[name] = digest_content((root / name).read_bytes())
        except OSError:
            continue
    return digests
