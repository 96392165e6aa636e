"""Our project templates, and what each says of itself."""

import tomllib
from importlib.resources.abc import Traversable

from scaffold.catalog.resources import templates
from scaffold.init.question import Starter

FACTS = "starter.toml"


def list_starters() -> tuple[Starter, ...]:
    """Return our project templates, in the order in which to offer them."""
    found = [read_starter(folder) for folder in _folder().iterdir() if _is_starter(folder)]
    return tuple(starter for _, starter in sorted(found, key=lambda row: (row[0], row[1].name)))


def find_starter(name: str) -> Traversable | None:
    """Return the folder of one of our templates, None where no template has that name."""
    return next((f for f in _folder().iterdir() if f.name == name and _is_starter(f)), None)


def read_starter(folder: Traversable) -> tuple[int, Starter]:
    """Return a template's place in the order and what it says of itself."""
    facts = tomllib.loads((folder / FACTS).read_text(encoding="utf-8"))
    starter = Starter(
        name=folder.name,
        title=facts["title"],
        summary=facts["summary"],
        devices=tuple(facts["devices"]),
        port=facts.get("port"),
        check=facts["check"],
        command=facts["command"],
    )
    return facts["order"], starter


def _folder() -> Traversable:
    return templates() / "project"


def _is_starter(folder: Traversable) -> bool:
    return folder.is_dir() and (folder / FACTS).is_file()
