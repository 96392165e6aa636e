"""The only module that knows where templates and knowledge lie."""

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


def assembler(name: str) -> str | None:
    """Return a source of what runs inside a build, by its path in the package, if it is there."""
    path = files("scaffold.assembler") / name
    return path.read_text(encoding="utf-8") if path.is_file() else None
