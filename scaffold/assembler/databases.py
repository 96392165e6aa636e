"""The standard library's doors to Berkeley DB and gdbm, with those libraries (level ``max``).

Why: Berkeley DB alone is 1.9 MB beside an interpreter of 30. Only ``dbm`` opens such files, and
only ``shelve`` asks for ``dbm``: where no package and no source of the application imports either,
nobody does. Without them ``dbm`` still has its own two kinds of files. Files that an older image
has written with them could not be read any more, which is why this is not the default.
"""

import posixpath
import re

from .packages import Packages

DATABASES = "databases"
_MODULES = frozenset({"_dbm", "_gdbm"})
_ASKED_BY = frozenset({"dbm", "shelve", *_MODULES})
_WORD = re.compile(rb"\0(?:_?g?dbm|shelve)\0")


def is_database(path: str) -> bool:
    """Tell whether a file of the standard library is one of these extension modules."""
    folder, _, name = path.rpartition("/")
    return posixpath.basename(folder) == "lib-dynload" and name.partition(".")[0] in _MODULES


def uses_databases(packages: Packages) -> bool:
    """Tell whether a package imports one of them, in whatever function, or names it in a text."""
    for parts in packages.files:
        path = packages.folder.joinpath(*parts)
        if path.suffix == ".py":
            if any(name[0] in _ASKED_BY for name in packages.named(parts).imports if name):
                return True
        elif path.suffix == ".so" and _WORD.search(path.read_bytes()):
            return True
    return False
