"""Files of settings that a project has as patterns alone, such as ``config.example.py``."""

import re
from collections.abc import Iterable

_MARK = re.compile(
    r"[._-](?:default|dist|example|rename|sample|template|tmpl)(?=\.\w+$|$)|^(?:example|sample)[._-]"
)


def find_patterns(files: Iterable[str]) -> dict[str, str]:
    """Return the names of files that only a pattern of is there, each with the pattern's path."""
    names = {file: file.rpartition("/")[2] for file in files}
    known = {*names.values(), ""}
    found = {_MARK.sub("", name): file for file, name in names.items()}
    return {name: file for name, file in found.items() if name not in known}


def find_pattern_modules(files: Iterable[str]) -> dict[str, str]:
    """Return the modules of settings that only a pattern of is there, each with its path."""
    return {
        name.removesuffix(".py"): file
        for name, file in find_patterns(files).items()
        if name.endswith(".py") and name.removesuffix(".py").isidentifier()
    }
