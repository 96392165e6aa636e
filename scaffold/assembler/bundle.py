"""The modules of this package as one source file: what a project gets to build its image with.

Nobody has to unpack it: its modules stand in it as they are, so that a pull request shows what
changed, and a loader of twenty lines at its end imports them by name.
"""

import ast
import hashlib
from collections.abc import Callable, Iterator

PACKAGE = "assemble"
_HEAD = """\
# Puts the files of an image together, as the Dockerfile says. Needs nothing but Python.
# Written by leanscaffold {version}: `leanscaffold update` writes it again, so change nothing here.
# flake8: noqa
# flake8: noqa: PGH004
# fmt: off
# isort: skip_file
# mypy: ignore-errors
# pylint: skip-file
# SHA-256 of all below this line: {digest}
"""
_IMPORTS = """\
import sys
from importlib import import_module
from importlib.abc import InspectLoader
from importlib.util import spec_from_loader

SOURCES = {}"""
_LOADER = """
class Modules(InspectLoader):
    \"\"\"Imports what stands above.\"\"\"

    @staticmethod
    def find_spec(name, path=None, target=None):
        return spec_from_loader(name, Modules()) if name in SOURCES else None

    def is_package(self, name):
        return any(other.startswith(name + ".") for other in SOURCES)

    def get_source(self, name):
        return SOURCES[name]

    def get_code(self, name):
        return compile(SOURCES[name], f"<{name}>", "exec")


sys.meta_path.insert(0, Modules)
import_module("assemble.__main__").main(sys.argv[1:])
"""


def bundle(
    read: Callable[[str], str | None],
    version: str,
    *,
    cut: bool = True,
    traced: bool = True,
    stand_ins: bool = True,
) -> str:
    """Return the text of the file; ``read`` gives a source by its path here, None where none is.

    Without ``cut`` no base can be cut to measure with it, without ``traced`` no trace be applied,
    without ``stand_ins`` no library be replaced.
    """
    kept = {"base": cut, "traced": traced, "stand_ins": stand_ins}
    left_out = [name for name, needed in kept.items() if not needed]
    # Nothing imports the second: its text goes into the image.
    roots = ["__main__", *(("traced.finder",) if traced else ())]
    sources = dict(sorted(_collect(read, roots, left_out).items()))
    body = [_IMPORTS]
    body += [
        f"\nSOURCES[{'.'.join(filter(None, (PACKAGE, name)))!r}] = {_quote(text)}"
        for name, text in sources.items()
    ]
    text = "\n".join(body) + "\n\n" + _LOADER
    return _HEAD.format(version=version, digest=hashlib.sha256(text.encode()).hexdigest()) + text


def _quote(text: str) -> str:
    """Return a literal of a source that shows it as it is, where that can be."""
    return repr(text) if "'''" in text else f"r'''{text}'''"


def _collect(
    read: Callable[[str], str | None], roots: list[str], left_out: list[str]
) -> dict[str, str]:
    """Return {name: source} of these modules, all that they import, and the packages around."""
    found: dict[str, str] = {}
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in found or name.partition(".")[0] in left_out:
            continue
        path = name.replace(".", "/")
        package = read(f"{path}/__init__.py".lstrip("/"))
        text = package if package is not None else read(f"{path}.py")
        if text is None:
            continue
        found[name] = text
        home = name if package is not None else name.rpartition(".")[0]
        waiting += [name.rpartition(".")[0], *_imported(text, home)]
    return found


def _imported(source: str, home: str) -> Iterator[str]:
    """Yield what may be modules among the relative imports of a module in the package ``home``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = home.split(".")[: len(home.split(".")) - node.level + 1] if home else []
            module = ".".join([*folder, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{name.name}".lstrip(".") for name in node.names)
