"""What an application writes where its user may not, or where it is lost with the container."""

import posixpath
from collections.abc import Iterator

from scaffold.model.codes import Code
from scaffold.model.project import Project, Use, When
from scaffold.model.resolution import Reason

_MOST = 4


def note_writes(project: Project, *, workdir: str, home: str) -> Iterator[Reason]:
    """Yield a note for each folder that is written to, with what to do about it."""
    folders: dict[str, list[Use]] = {}
    for use in project.uses:
        if use.code == "writes-file" and use.when is not When.MAYBE:
            path = posixpath.normpath(posixpath.join(workdir, use.value))
            if not path.startswith(f"{home}/"):
                folders.setdefault(_folder_of(path), []).append(use)
    for folder in list(folders):
        above = posixpath.dirname(folder)
        if above in folders and above != workdir:
            folders[above] += folders.pop(folder)
    for folder, uses in sorted(folders.items())[:_MOST]:
        yield _tell(folder, uses, workdir, home)


def _folder_of(path: str) -> str:
    """Return a file's folder, or the path itself where its name has no ending: a folder's."""
    return posixpath.dirname(path) if posixpath.splitext(path)[1] else path


def _tell(folder: str, uses: list[Use], workdir: str, home: str) -> Reason:
    first = uses[0]
    more = f" (and {len(uses) - 1} more)" if len(uses) > 1 else ""
    path = posixpath.normpath(posixpath.join(workdir, first.value))
    what = f"{first.origin} writes {path}{more}"
    if folder == workdir:
        text = (
            f"{what}, beside the sources: a read-only root refuses it, and it is lost with the "
            f"container; write below {home} or into a folder of its own that is a volume"
        )
    else:
        text = (
            f"{what}: mount a volume at {folder}, or it is lost with the container, and a "
            f"read-only root refuses it (verify: --writable {folder})"
        )
    return Reason(code=Code.WRITES_FILE, text=text, fact=folder)
