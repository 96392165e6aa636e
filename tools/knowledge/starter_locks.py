"""The locks of the project templates: what pip installs, for every platform, by its hash."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from scaffold.catalog.snapshot import Snapshot
from scaffold.init.templates import create_project

# Each file that is asked with, and the lock made of it. The second reads the first's lock.
LOCKS = (("requirements.in", "requirements.txt"), ("requirements-dev.in", "requirements-dev.txt"))

Compile = Callable[[Path, str, str], None]


def lock_starter(folder: Path, compile_lock: Compile) -> Iterator[tuple[Path, str]]:
    """Yield the path and the new text of each lock of the template in ``folder``.

    The template is filled in first, so that the lock is of what its users get.
    """
    (inner,) = (path for path in folder.iterdir() if path.name.startswith("{{"))
    with tempfile.TemporaryDirectory() as temporary:
        project = Path(temporary) / "project"
        create_project(folder.name, project, {})
        for asked, lock in LOCKS:
            (project / lock).unlink(missing_ok=True)
            compile_lock(project, asked, lock)
            yield inner / lock, (project / lock).read_text("utf-8")


def compile_with_uv(project: Path, asked: str, lock: str, *, known: Path) -> None:
    """Write a lock of the newest versions that suit each other, with uv.

    ``known`` are constraints: what the bundled snapshot knows, so that a new project can be planned
    offline. The lock's first lines say the command that users have.
    """
    command = f"uv pip compile --universal --generate-hashes {asked} -o {lock}"
    options = ["--python-version", "3.11", "--upgrade", "--quiet", "--constraint", str(known)]
    argv = [sys.executable, "-m", *command.split(), *options, "--custom-compile-command", command]
    subprocess.run(argv, cwd=project, check=True)
    text = (project / lock).read_text("utf-8")
    (project / lock).write_text(text.replace(f"    #   -c {known}\n", ""), "utf-8")


def constraints(snapshot: Snapshot, names: Iterable[str]) -> str:
    """Return a constraint for each name of a snapshot: no newer than it knows."""
    projects = filter(None, map(snapshot.project, names))
    return "".join(
        f"{one.name}<={one.releases[0].metadata.version}\n" for one in projects if one.releases
    )


def changed_lines(before: str, after: str) -> tuple[str, ...]:
    """Return the pins that changed, ``-`` what was and ``+`` what is."""
    old, new = (
        {line.split(" ")[0] for line in text.splitlines() if "==" in line and line[0] != " "}
        for text in (before, after)
    )
    return (*(f"- {pin}" for pin in sorted(old - new)), *(f"+ {pin}" for pin in sorted(new - old)))
