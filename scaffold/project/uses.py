"""What the sources do that limits a base or a swap: programs, libraries, windows, imports."""

import ast
import re
import shlex
import sys
from collections.abc import Iterator, Sequence

from scaffold.model.project import Use
from scaffold.project.source_modules import (
    Module,
    argument,
    imported_tops,
    project_names,
)

_RUNS = frozenset(
    {
        *(f"subprocess.{name}" for name in ("run", "Popen", "call", "check_call", "check_output")),
        "asyncio.create_subprocess_exec",
        "shutil.which",
        *(f"os.exec{kind}" for kind in ("l", "le", "lp", "lpe", "v", "ve", "vp", "vpe")),
    }
)
_SHELLS = frozenset(
    {
        "os.system",
        "os.popen",
        "subprocess.getoutput",
        "subprocess.getstatusoutput",
        "asyncio.create_subprocess_shell",
    }
)
_OPENS = frozenset(
    {
        "ctypes.CDLL",
        "ctypes.PyDLL",
        "ctypes.cdll.LoadLibrary",
        "ctypes.pydll.LoadLibrary",
        "ctypes.util.find_library",
    }
)
# OpenCV's functions that raise in its headless builds.
_WINDOWS = frozenset(
    f"cv2.{name}"
    for name in re.findall(
        r"\w+",
        "addText createButton createTrackbar destroyAllWindows destroyWindow displayOverlay "
        "displayStatusBar getTrackbarPos getWindowImageRect getWindowProperty imshow moveWindow "
        "namedWindow pollKey resizeWindow selectROI selectROIs setMouseCallback setTrackbarMax "
        "setTrackbarMin setTrackbarPos setWindowProperty setWindowTitle startWindowThread waitKey "
        "waitKeyEx",
    )
)
_BUILTINS = frozenset({"cd", "echo", "exit", "export", "printf", "set", "test", "true", "[", "("})
_DATABASES = frozenset({"dbm", "shelve", "_dbm", "_gdbm"})
_LOCALE = re.compile(r"[a-z]{2}([-_][A-Z]?[A-Za-z]{1,3})*")
_PYTHON = re.compile(r"python[0-9.]*")


def find_uses(modules: Sequence[Module], files: Sequence[str]) -> tuple[Use, ...]:
    """Return what the modules do, each code and value once, where it stands first.

    Codes are those of ``Use``, ``needs-shell`` for what is started through a shell, and
    ``speaks-language`` for texts that name a language or a locale (``de``, ``pt-br``).
    """
    own = project_names(modules, files)
    first: dict[tuple[str, str], Use] = {}
    for module in modules:
        found = (*_from_calls(module, files), *_imports(module, own), *_languages(module))
        for use in found:
            first.setdefault((use.code, use.value), use)
    return tuple(first.values())


def _from_calls(module: Module, files: Sequence[str]) -> Iterator[Use]:
    for called, call in module.calls():
        if called in _RUNS or called in _SHELLS:
            for code, value in _programs(module, called, call, files):
                yield Use(code=code, value=value, origin=module.origin(call))
        elif called in _OPENS:
            library = module.text(call.args[0] if call.args else None)
            if library and library.removeprefix("./") not in files:
                yield Use(code="finds-library", value=library, origin=module.origin(call))
        elif called in _WINDOWS:
            yield Use(code="shows-window", value=called, origin=module.origin(call))


def _programs(
    module: Module, called: str, call: ast.Call, files: Sequence[str]
) -> Iterator[tuple[str, str]]:
    first = argument(call, "args", 0) or argument(call, "cmd", 0)
    if called in _SHELLS or module.literal(argument(call, "shell")) is True:
        yield "needs-shell", "sh"
        commands = _shell_commands(_known_start(module, first))
        yield from (("runs-program", name) for name in commands)
        return
    if isinstance(first, ast.Starred):
        first = first.value
    word, known = _first_word(module, first)
    name = word.rpartition("/")[2]
    if name in {"sh", "ash", "dash"} or (word.endswith(".sh") and _is_own(word, files)):
        yield "needs-shell", "sh"
    elif _is_own(word, files):
        return
    elif known and not _PYTHON.fullmatch(name):
        yield "runs-program", name
        if name == "bash":
            yield "needs-shell", "sh"


def _is_own(word: str, files: Sequence[str]) -> bool:
    """Tell whether a program is a file of the project, which comes along."""
    return "/" in word and word.removeprefix("./") in files


def _first_word(module: Module, node: ast.expr | None) -> tuple[str, bool]:
    """Return the program's name and whether it is worth a word: Python itself is always there."""
    node = _leftmost(module, node)
    return module.text(node), module.dotted(node) != "sys.executable"


def _leftmost(module: Module, node: ast.expr | None, *, lists: bool = True) -> ast.expr | None:
    """Return what a sum or a list starts with, through names; a loop, for they may be many."""
    while node is not None:
        if isinstance(node, ast.BinOp):
            node = node.left
        elif isinstance(node, ast.Name) and node.id in module.values:
            node = module.values[node.id]
        elif lists and isinstance(node, ast.List | ast.Tuple) and node.elts:
            node = node.elts[0]
        elif lists and isinstance(node, ast.Starred):
            node = node.value
        else:
            break
    return node


def _known_start(module: Module, node: ast.expr | None) -> str:
    """Return a string up to its first unknown part; an unknown program gives nothing."""
    node = _leftmost(module, node, lists=False)
    if isinstance(node, ast.JoinedStr) and node.values:
        start = module.text(node.values[0])
        return start if " " in start.strip(" ") or start.endswith(" ") else ""
    value = module.literal(node)
    return " ".join(str(item) for item in value) if isinstance(value, list) else module.text(node)


def _shell_commands(text: str) -> list[str]:
    """Return the programs at the start of a shell line's commands; one empty name for unknown."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    names, starts = [], True
    try:
        for word in lexer:
            if set(word) <= set(";&|()"):
                starts = True
            elif starts and not re.fullmatch(r"\w+=.*", word):
                names.append(word.rpartition("/")[2])
                starts = False
    except ValueError:
        pass
    if not names:
        return [""]
    return [name for name in names if name not in _BUILTINS and not _PYTHON.fullmatch(name)]


def _languages(module: Module) -> Iterator[Use]:
    for node in module.nodes:
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and _LOCALE.fullmatch(text):
            yield Use(code="speaks-language", value=text, origin=module.origin(node))


def _imports(module: Module, own: frozenset[str]) -> Iterator[Use]:
    only_for_types = {
        id(inner)
        for node in module.nodes
        if isinstance(node, ast.If) and module.dotted(node.test) == "typing.TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }
    named = [
        (module.text(call.args[0]).partition(".")[0], call)
        for called, call in module.calls()
        if called == "importlib.import_module" and call.args
    ]
    for top, node in (*imported_tops(module.nodes), *named):
        if top == "signal" and top not in own:
            yield Use(code="handles-signals", value=top, origin=module.origin(node))
        if top in _DATABASES and top not in own:
            yield Use(code="opens-database", value=top, origin=module.origin(node))
        foreign = top and top not in sys.stdlib_module_names and top not in own
        if foreign and id(node) not in only_for_types:
            yield Use(code="imports", value=top, origin=module.origin(node))
