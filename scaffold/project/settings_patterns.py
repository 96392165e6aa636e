"""Files that a project has as patterns alone, such as ``config.example.py``, or leaves out."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from scaffold.project.source_modules import Module, imported_tops, project_names

_MARK = re.compile(
    r"[._-](?:default|dist|example|rename|sample|template|tmpl)(?=\.\w+$|$)|^(?:example|sample)[._-]"
)


def find_patterns(files: Iterable[str]) -> dict[str, str]:
    """Return the names of files that only a pattern of is there, each with the pattern's path."""
    names = {file: file.rpartition("/")[2] for file in files}
    known = {*names.values(), ""}
    found = {_MARK.sub("", name): file for file, name in names.items()}
    return {name: file for name, file in found.items() if name not in known}


def find_mounted(root: Path, modules: Sequence[Module], files: Sequence[str]) -> dict[str, str]:
    """Return the modules of its own that a project imports and the image lacks, each with why.

    Only a pattern of them is there, or the ignore file leaves them out: both are to be mounted.
    """
    found = {
        name.removesuffix(".py"): f"{file} is its pattern"
        for name, file in find_patterns(files).items()
        if name.endswith(".py") and name.removesuffix(".py").isidentifier()
    }
    there = project_names(modules, files)
    for module in modules:
        for name in {top for top, _ in imported_tops(module.imports)} - there - found.keys():
            for file in (f"{name}.py", f"{name}/__init__.py"):
                if (root / module.root / file).is_file():
                    found[name] = f"the ignore file leaves out {file}"
    return found
