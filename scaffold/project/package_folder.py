"""The folder of one package of the project: its tables, its setup files, what lies in it."""

import ast
import configparser
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scaffold.model.errors import PathUnreadableError
from scaffold.project.pyproject_file import Pyproject, load_pyproject
from scaffold.project.setup_calls import setup_keywords
from scaffold.project.setup_files import SETUP_FILES
from scaffold.project.text_io import decode, read_bytes


@dataclass(frozen=True, slots=True)
class PackageFolder:
    """What lies in the folder of one package; ``files`` are relative to it."""

    root: Path
    folder: str
    files: tuple[str, ...]
    pyproject: Pyproject | None
    keywords: Mapping[str, ast.expr]
    cfg: configparser.ConfigParser

    def table(self, *keys: str) -> Mapping[str, Any]:
        """Return a table of its pyproject.toml, empty if it is not there."""
        return self.pyproject.table(*keys) if self.pyproject else {}

    def has(self, name: str) -> bool:
        """Tell whether a file lies in it."""
        return (self.root / self.folder / name).is_file()

    def option(self, section: str, name: str) -> str:
        """Return an option of its setup.cfg, or nothing."""
        return self.cfg.get(section, name, fallback="").strip()

    def holds(self, module: str, inside: str = ".") -> bool:
        """Tell whether a folder has a module or package of a name."""
        path = posixpath.normpath(posixpath.join(inside, module.replace(".", "/")))
        return f"{path}.py" in self.files or any(one.startswith(f"{path}/") for one in self.files)


def open_package(root: Path, folder: str, files: Sequence[str]) -> PackageFolder:
    """Return a folder with what its files say; what cannot be read was told elsewhere."""
    prefix = "" if folder == "." else f"{folder}/"
    below = tuple(one.removeprefix(prefix) for one in files if one.startswith(prefix))
    cfg = configparser.ConfigParser(interpolation=None)
    keywords: Mapping[str, ast.expr] = {}
    for name in SETUP_FILES:
        path = f"{prefix}{name}"
        if not (root / path).is_file():
            continue
        # What cannot be read was said where its dependencies were.
        try:
            text = decode(read_bytes(root, path))
            if name.endswith(".cfg"):
                cfg.read_string(text)
            else:
                keywords = setup_keywords(text)
        except (SyntaxError, ValueError, RecursionError, configparser.Error, PathUnreadableError):
            continue
    return PackageFolder(
        root, folder, below, load_pyproject(root, f"{prefix}pyproject.toml"), keywords, cfg
    )
