"""The only module that knows where templates and knowledge lie."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from scaffold.model.errors import DataMissingError


@cache
def root() -> Traversable:
    """Return the folder that holds ``templates`` and ``knowledge``: in the wheel, else a checkout.

    Raises DataMissingError when neither is there.
    """
    packaged = files("scaffold") / "_data"
    if packaged.is_dir():
        return packaged
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").is_file() and (checkout / "knowledge").is_dir():
        return checkout
    raise DataMissingError(
        "leanscaffold was installed without its templates and knowledge",
        hint="install it again: pip install --force-reinstall leanscaffold",
    )


def knowledge() -> Traversable:
    """Return the folder of facts."""
    return root() / "knowledge"


def snapshots(*layers: Path) -> tuple[Traversable, ...]:
    """Return the folders of the bundled snapshot and of those that layers of knowledge bring."""
    own = (layer / "snapshots" / "wheels" for layer in layers)
    return (knowledge() / "snapshots" / "wheels", *(folder for folder in own if folder.is_dir()))


def templates() -> Traversable:
    """Return the folder of templates."""
    return root() / "templates"


def assembler() -> dict[str, str]:
    """Return the sources of what runs inside a build, by the path that they get in a project."""
    return dict(_sources(files("scaffold.assembler"), ".leanscaffold/assemble"))


def _sources(folder: Traversable, path: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _sources(entry, f"{path}/{entry.name}")
        elif entry.name.endswith(".py"):
            yield f"{path}/{entry.name}", entry.read_text(encoding="utf-8")
