"""Files that the application reads or imports, and that the image lacks."""

import ast
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise
from pathlib import Path

from scaffold.model.project import Found, Start
from scaffold.project.entrypoint.apps import is_aside
from scaffold.project.entrypoint.arguments import list_started
from scaffold.project.reached import IMPORTED, Reached, starts
from scaffold.project.settings_patterns import find_patterns
from scaffold.project.source_modules import Module, imported_tops
from scaffold.project.syntax import (
    argument,
)

_CONFIGURES = re.compile(r"[^/]+\.(?:ini|conf|cfg|ya?ml|toml|json)")


def name_configurations(
    start: Start, modules: Sequence[Module], files: Sequence[str]
) -> Iterator[str]:
    """Yield a note on each file of settings that the application reads and the project lacks.

    It lies there as a pattern (``config.ini.dist``), or is the default of an option.
    """
    known = {file.rpartition("/")[2] for file in files} | {""}
    patterns = find_patterns(files)
    given = " ".join(start.command)
    words = {word.partition("=")[0] for word in start.command}
    told = set[str]()
    for path in _list_settings(start):
        if path not in files:
            yield f"the command names {path}, which the project lacks: mount it, or put it there"
    for module in modules:
        for text, node in module.texts:
            name = text.rpartition("/")[2]
            wanted = name in patterns and name not in told and _CONFIGURES.fullmatch(name)
            if wanted and name not in given:
                told.add(name)
                yield (
                    f"{module.origin(node)} names {name}, which the project lacks "
                    f"({patterns[name]} is its pattern): mount it, or put it there"
                )
    for module in list_started(start.command, modules):
        for _, call in module.calls():
            options = [text for one in call.args if (text := module.text(one)).startswith("-")]
            option = next((one for one in options if one.startswith("--")), "")
            default = module.text(argument(call, "default"))
            name = default.rpartition("/")[2]
            configures = re.search("conf|settings", option) and _CONFIGURES.fullmatch(name)
            if configures and name not in known | told and not set(options) & words:
                yield (
                    f"{module.origin(call)} reads {default}, which the project lacks: mount it, or "
                    f"name another with {option}"
                )


def _list_settings(start: Start) -> Iterator[str]:
    """Yield the files of settings that a command names below the project."""
    for before, word in pairwise(start.command):
        beside = not word.startswith(("/", "-", "$")) and not before.startswith("--out")
        if beside and _CONFIGURES.fullmatch(word.rpartition("/")[2]):
            yield posixpath.normpath(posixpath.join(start.folder, word))


def name_left_out(root: Path, start: Found[Start], files: AbstractSet[str]) -> Iterator[str]:
    """Yield a note on a file of the project that its start runs and its ignore file leaves out."""
    code = [one for word in start.value.command for one in IMPORTED.findall(word)]
    for word in code or start.value.command:
        name = word.partition(":")[0]
        path = name if name.endswith(".py") else name.replace(".", "/")
        below = posixpath.normpath(posixpath.join(start.value.folder, path))
        ends = ("",) if name.endswith(".py") else (".py", "/__init__.py", "/__main__.py")
        places = [f"{above}{below}{end}" for above in ("", "src/") for end in ends]
        if word[:1] not in {"-", "/"} and files.isdisjoint(places):
            for file in (one for one in places if (root / one).is_file()):
                yield (
                    f"{start.origin} starts {name}, which the image lacks (the ignore file leaves "
                    f"out {file}): let it through"
                )
                return


def name_mounted(
    modules: Sequence[Module], mounted: Mapping[str, str], reached: Reached
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return notes on the modules that the image lacks: those that every start imports, and others.

    ``mounted`` says why of each.
    """
    found: dict[str, tuple[bool, str]] = {}
    for module in modules if mounted else ():
        for top, node in (*imported_tops(module.imports), *_imported_by_name(module)):
            if top in mounted and not is_aside(module):
                place = reached.places[module.file].get(id(node))
                sure = (
                    module.file in reached.starting
                    and place is not None
                    and starts(place, main=module.file == reached.first)
                )
                note = (
                    f"{module.origin(node)} imports {top}, which the image lacks "
                    f"({mounted[top]}): mount it, or put it there"
                )
                if top not in found or (sure and not found[top][0]):
                    found[top] = (sure, note)
    sure_ones = tuple(note for sure, note in found.values() if sure)
    return sure_ones, tuple(note for sure, note in found.values() if not sure)


def _imported_by_name(module: Module) -> Sequence[tuple[str, ast.AST]]:
    """Return the texts of a module that imports something by a name that is a text."""
    imports = {"importlib.import_module", "__import__"}
    return module.texts if any(called in imports for called, _ in module.calls()) else ()
