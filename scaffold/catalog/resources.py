"""The only module that knows where templates and knowledge lie."""

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffold.model.errors import DataMissingError

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def root() -> Traversable:
    """Return the folder of ``templates`` and ``knowledge``. Raises DataMissingError without one."""
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


def read_template(name: str) -> str:
    """Return the text of a template by its name: the path below the folder, with ``/``."""
    return (templates() / name).read_text(encoding="utf-8")


def make_environment(
    *, autoescape: bool, finalize: Callable[[Any], Any] | None = None
) -> "Environment":
    """Return what renders templates by their names; a value that is not there is an error."""
    import jinja2  # noqa: PLC0415 - slow to import, and not needed to decide

    return jinja2.Environment(
        loader=jinja2.FunctionLoader(read_template),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=finalize,
        autoescape=autoescape,  # noqa: S701 - a Dockerfile is no HTML
    )


def assembler(name: str) -> str | None:
    """Return a source of what runs inside a build, by its path in the package, if it is there."""
    path = files("scaffold.assembler") / name
    return path.read_text(encoding="utf-8") if path.is_file() else None
