"""The only module that knows where templates and knowledge lie."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from scaffold.errors import DataMissingError


@cache
def root() -> Traversable:
    """Return the folder that holds ``templates`` and ``knowledge``: in the wheel, else a checkout.

    Raises DataMissingError when neither is there.
    """
    packaged = files("scaffold") / "_data"
    if packaged.is_dir():
        return packaged
    checkout = Path(__file__).resolve().parent.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / "knowledge").is_dir():
        return checkout
    raise DataMissingError(
        "leanscaffold was installed without its templates and knowledge",
        hint="install it again: pip install --force-reinstall leanscaffold",
    )


def knowledge() -> Traversable:
    """Return the folder of facts."""
    return root() / "knowledge"


def templates() -> Traversable:
    """Return the folder of templates."""
    return root() / "templates"
