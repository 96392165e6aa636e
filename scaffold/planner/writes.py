"""What an application writes where its user may not, or where it is lost with the container."""

import posixpath
from collections.abc import Iterator

from scaffold.model.codes import Code
from scaffold.model.project import Project, Use, When
from scaffold.model.resolution import Reason

_MOST = 4
# Folders of every Linux (Filesystem Hierarchy Standard 3.0): not for an application's user.
_OF_SYSTEM = frozenset(
    {
        *("bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "media"),
        *("mnt", "opt", "proc", "root", "run", "sbin", "srv", "sys", "tmp", "usr", "var"),
    }
)


def note_writes(project: Project, *, workdir: str, home: str) -> Iterator[Reason]:
    """Yield a note for each folder that is written to, with what to do about it."""
    folders: dict[str, list[Use]] = {}
    for use in _writes(project):
        path = posixpath.normpath(posixpath.join(workdir, use.value))
        if not path.startswith(f"{home}/"):
            folders.setdefault(_folder_of(path), []).append(use)
    for folder in list(folders):
        above = posixpath.dirname(folder)
        if above in folders and above != workdir:
            folders[above] += folders.pop(folder)
    for folder, uses in sorted(folders.items())[:_MOST]:
        yield _tell(folder, uses, workdir, home)


def list_written_folders(project: Project, *, workdir: str, home: str) -> tuple[str, ...]:
    """Return the folders that files are written into, the sources' own aside: for volumes.

    An engine makes a volume's folder root's where the image does not have it. What belongs to the
    system, and what may be a file itself, is none.
    """
    paths = (posixpath.normpath(posixpath.join(workdir, one.value)) for one in _writes(project))
    found = {posixpath.dirname(path) for path in paths if posixpath.splitext(path)[1]}
    free = {workdir, home, "/"}
    return tuple(
        sorted(
            folder
            for folder in found
            if folder not in free
            and not set("{}*?") & set(folder)
            and not folder.startswith(f"{home}/")
            and (folder.startswith(f"{workdir}/") or folder.split("/")[1] not in _OF_SYSTEM)
        )
    )


def _writes(project: Project) -> Iterator[Use]:
    return (use for use in project.uses if use.code == "writes-file" and use.when is not When.MAYBE)


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
            f"container; write below {home}, or into a folder of its own, such as {workdir}/data, "
            "and mount a volume there"
        )
    else:
        text = (
            f"{what}: mount a volume at {folder}, or it is lost with the container, and a "
            f"read-only root refuses it (verify: --writable {folder})"
        )
    return Reason(code=Code.WRITES_FILE, text=text, fact=folder)
