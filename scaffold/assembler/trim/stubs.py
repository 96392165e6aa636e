"""Type stubs.

Why: only a type checker reads them. Two kinds of package do so themselves and keep theirs: those
that list their modules in a stub for lazy_loader (scikit-image, librosa), and type checkers and
editors' engines, whose sources say ``.pyi``.
"""

from collections.abc import Iterable

from .scan import Packages, Parts, ending


def covers(parts: Parts) -> bool:
    """Tell by its ending; ``py.typed`` says that there are stubs."""
    return ending(parts) == ".pyi" or parts[-1] == "py.typed"


def find(packages: Packages, files: Iterable[Parts]) -> list[Parts]:
    """Return the stubs that nothing reads at run time."""
    readers = {
        top
        for top in packages.texts
        if packages.says(top, ".pyi") or "attach_stub" in packages.texts[top]
    }
    return [parts for parts in files if parts[0] not in readers]
