"""Type stubs: only a type checker reads them, with one exception.

scientific-python's lazy_loader lets a package list its modules in a stub that it reads when it is
imported. A package whose sources name that function keeps its stubs.
"""

from pathlib import Path

from .walking import list_files

_READS_STUBS = b"attach_stub"


def find(folder: Path, spared: frozenset[str]) -> list[Path]:
    """Return the stubs that nothing reads at run time."""
    files = list(list_files(folder, spared))
    readers = {
        path.relative_to(folder).parts[0]
        for path in files
        if path.suffix == ".py" and _READS_STUBS in path.read_bytes()
    }
    return [
        path
        for path in files
        if (path.suffix == ".pyi" or path.name == "py.typed")
        and path.relative_to(folder).parts[0] not in readers
    ]
