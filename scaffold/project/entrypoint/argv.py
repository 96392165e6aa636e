"""What a script that reads ``sys.argv`` by hand says of its arguments."""

import ast
import re
import shlex
from collections.abc import Sequence

from scaffold.project.entrypoint.argv_run import find_end
from scaffold.project.source_modules import Module, by_name
from scaffold.project.syntax import argument

_USAGE = re.compile(r"(?is)\busage:(.*?)(?:\n[ \t]*\n|$)")


def name_missing(command: Sequence[str], modules: Sequence[Module], serves: Sequence[str]) -> str:
    """Return a note on a script that ends at once with its arguments, empty where none does.

    Of the words that it compares its first argument with, the first of ``serves`` is proposed.
    """
    module, name, words = _find_script(command, modules)
    if module is None:
        return ""
    asking = None if words else _ends_docopt(module)
    ended = module.origin(asking) if asking else find_end(module, modules, words, name)
    if ended is None:
        return ""
    known = [] if words else _find_words(module)
    if not known:
        return f"{ended} ends for want of arguments: name the whole command with --cmd"
    first = next((one for one in serves if one in known), known[0])
    return (
        f"{ended} takes a command ({', '.join(known)}): "
        f"name one, as with --cmd {shlex.join((*command, first))!r}"
    )


def _find_script(
    command: Sequence[str], modules: Sequence[Module]
) -> tuple[Module | None, str, Sequence[str]]:
    """Return the module that a command runs, the function called of it, and its arguments."""
    named = by_name(modules)
    if command[1:2] == ("-m",):
        name = command[2]
        return named.get(f"{name}.__main__") or named.get(name), "", command[3:]
    if command[1:2] == ("-c",):
        called = re.search(r"\bfrom ([\w.]+) import (\w+)", command[2])
        module = named.get(called[1]) if called else None
        if called is None or module is None:
            return None, "", ()
        return module, module.names.get(called[2], f"{module.name}.{called[2]}"), command[3:]
    by_file = {one.file: one for one in modules}
    at = next((at for at, word in enumerate(command) if word in by_file), None)
    return (None, "", ()) if at is None else (by_file[command[at]], "", command[at + 1 :])


def _find_words(module: Module) -> Sequence[str]:
    """Return the words that a script compares its first argument with, but for options."""
    found: dict[str, None] = {}
    for node in module.of(ast.Compare):
        sides = [module.named(one) for one in (node.left, *node.comparators)]
        if any(isinstance(one, ast.Subscript) and _is_first(module, one) for one in sides):
            for side in sides:
                value = module.literal(side)
                for word in value if isinstance(value, list) else [value]:
                    if isinstance(word, str) and re.match(r"\w", word):
                        found[word] = None
    return [*found]


def _is_first(module: Module, node: ast.Subscript) -> bool:
    return module.dotted(node.value) == "sys.argv" and module.literal(node.slice) == 1


def _ends_docopt(module: Module) -> ast.Call | None:
    """Return the call of docopt whose usage has no line without arguments."""
    for name, call in module.calls():
        if name != "docopt.docopt":
            continue
        asked = argument(call, "doc", 0)
        own = isinstance(asked, ast.Name) and asked.id == "__doc__"
        text = (ast.get_docstring(module.tree) or "") if own else module.text(asked)
        lines = [line for used in _USAGE.findall(text) for line in used.splitlines()]
        if lines and all(_demands(line) for line in lines if line.strip()):
            return call
    return None


def _demands(line: str) -> bool:
    """Tell whether a line of usage has more than the program's name and what may be left out."""
    rest, before = line, ""
    while rest != before:
        rest, before = re.sub(r"\[[^\[\]]*\]", " ", rest), rest
    return len(rest.replace("...", " ").split()) > 1
