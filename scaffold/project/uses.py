"""What the sources do that limits a base or a swap: programs, libraries, windows, imports."""

import ast
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

from scaffold.model.project import Use, When
from scaffold.project.conditions import Place
from scaffold.project.reached import Reached, find_places, find_reached, starts
from scaffold.project.source_modules import (
    Module,
    argument,
    imported_tops,
    names_beside,
    project_names,
)
from scaffold.project.writes import find_writes

_RUNS = frozenset(
    {
        *(f"subprocess.{name}" for name in ("run", "Popen", "call", "check_call", "check_output")),
        "asyncio.create_subprocess_exec",
        "shutil.which",
        *(f"os.exec{kind}" for kind in ("l", "le", "lp", "lpe", "v", "ve", "vp", "vpe")),
        *("os.posix_spawn", "os.posix_spawnp", "pty.spawn"),
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
# Modules of the standard library that not every image or Python has: PEP 594, 632, Windows.
_NOT_EVERYWHERE = frozenset(
    re.findall(
        r"\w+",
        "aifc asynchat asyncore audioop cgi cgitb chunk crypt distutils imghdr imp lib2to3 mailcap "
        "msilib msvcrt nis nntplib ossaudiodev pipes smtpd sndhdr spwd sunau telnetlib uu winreg "
        "winsound xdrlib",
    )
)
_GRAPHICAL = frozenset({"tkinter", "_tkinter", "turtle", "idlelib"})
_TK = "libtk8.6.so"
_BUILTINS = frozenset({"cd", "echo", "exit", "export", "printf", "set", "test", "true", "[", "("})
_DATABASES = frozenset({"dbm", "shelve", "_dbm", "_gdbm"})
_LOCALE = re.compile(r"[a-z]{2}([-_][A-Z]?[A-Za-z]{1,3})*")
_SHARED = re.compile(r"\.so\b")
_LONGEST_NAME = 500  # characters
_PYTHON = re.compile(r"python[0-9.]*")
_CALENDAR = re.compile(r"calendar\.Locale\w+Calendar")
_VARIABLE = re.compile(r"LANG|LC_[A-Z]+")


# What ends a program, of each kind, where what it asks for is missing.
_FAILURES = {
    "imports": ("ImportError", "ModuleNotFoundError"),
    "runs-program": ("FileNotFoundError", "OSError", "IOError", "EnvironmentError"),
    "finds-library": ("OSError", "ImportError", "ModuleNotFoundError"),
    "sets-locale": ("Error",),
    "writes-file": ("OSError", "PermissionError", "IOError"),
}
# These tell of the whole project, whatever runs of it.
_ALWAYS = frozenset(
    {
        "speaks-language",
        "names-library",
        "handles-signals",
        "opens-database",
        "shows-window",
        "imports",
    }
)
_CERTAINTY = {When.MAYBE: 0, When.CALL: 1, When.START: 2}
_NAMING = ("name", "model_name", "model", "repo_id", "pretrained_model_name_or_path")


def find_uses(
    modules: Sequence[Module],
    files: Sequence[str],
    *,
    command: Sequence[str] = (),
    framework: str = "",
) -> tuple[Use, ...]:
    """Return what the modules do, each code and value once, where it stands first.

    Codes are those of ``Use``, ``needs-shell`` for what is started through a shell, and
    ``speaks-language`` for texts that name a language or a locale (``de``, ``pt-br``). ``command``
    starts the application: what it does not lead to, and what only runs on other systems, starts
    no programs and opens no libraries.
    """
    own = project_names(modules, files).union(
        *(names_beside(word, files) for word in command if word.endswith(".py") and word in files)
    )
    places = find_places(modules)
    reached = find_reached(modules, places, command=command, framework=framework)
    first: dict[tuple[str, str], Use] = {}
    for module in modules:
        for use, node in _found(module, files, own):
            place = places[module.file].get(id(node))
            when = _when(use, place, module.file, reached)
            if when is None:
                continue
            known = first.get((use.code, use.value))
            if known is None or _CERTAINTY[when] > _CERTAINTY[known.when]:
                first[use.code, use.value] = replace(use, when=when)
    return tuple(first.values())


def _when(use: Use, place: Place | None, file: str, reached: Reached) -> When | None:
    """Return how certain it is that the application does it; None where it never does."""
    if place is None:  # on other systems, or for a type checker only
        return When.MAYBE if use.code in _ALWAYS - {"imports"} else None
    if file not in reached.all:
        return When.MAYBE if use.code in _ALWAYS else None
    asked = place.asked and use.code != "writes-file"  # what is not there yet is written
    if asked or place.survives(*_FAILURES.get(use.code, ())):
        return When.MAYBE if use.code in _FAILURES else When.CALL
    main = file == reached.first
    if use.code == "imports" and place.main and not main:
        return When.MAYBE
    at_start = file in reached.starting and starts(place, main=main)
    return When.START if at_start else When.CALL


def _found(
    module: Module, files: Sequence[str], own: frozenset[str]
) -> Iterator[tuple[Use, ast.AST]]:
    """Yield each use with the node that it stands in."""
    yield from _from_calls(module, files, own)
    yield from _imports(module, own)
    yield from _texts(module)
    for path, node in find_writes(module):
        yield Use(code="writes-file", value=path, origin=module.origin(node)), node


def _from_calls(
    module: Module, files: Sequence[str], own: frozenset[str]
) -> Iterator[tuple[Use, ast.AST]]:
    for called, call in module.calls():
        for code, value in _of_call(module, called, call, files):
            yield Use(code=code, value=value, origin=module.origin(call)), call
        top = called.partition(".")[0]
        if top in module.names.values() or any(
            source.startswith(f"{top}.") for source in module.names.values()
        ):
            yield from _foreign_call(module, called, call, files, own)


def _of_call(
    module: Module, called: str, call: ast.Call, files: Sequence[str]
) -> Iterator[tuple[str, str]]:
    if called in _RUNS or called in _SHELLS:
        yield from _programs(module, called, call, files)
    elif called in _OPENS or called.endswith(".dlopen"):
        library = module.text(call.args[0] if call.args else None)
        if library and library.removeprefix("./") not in files and not _is_foreign(library):
            yield "finds-library", library
    elif called in _WINDOWS:
        yield "shows-window", called
    elif called == "locale.setlocale" or _CALENDAR.fullmatch(called):
        node = argument(call, "locale", 1)
        value = module.literal(node)
        names = value if isinstance(value, list) else [value]
        name = ".".join(one for one in names if isinstance(one, str))
        if name or node is None:
            yield "sets-locale", name
        elif value == "":
            yield from (("sets-locale", name) for name in _set_by_variables(module))


def _set_by_variables(module: Module) -> Iterator[str]:
    """Yield the locales that a module puts into its environment."""
    for node in module.nodes:
        if isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Subscript):
            variable = module.text(target.slice)
            if module.dotted(target.value) == "os.environ" and _VARIABLE.fullmatch(variable):
                yield module.text(node.value)


def _is_foreign(library: str) -> bool:
    """Tell whether a library has the name of one of another system."""
    return library.lower().endswith((".dll", ".dylib", ".pyd", ".framework"))


def _foreign_call(
    module: Module, called: str, call: ast.Call, files: Sequence[str], own: frozenset[str]
) -> Iterator[tuple[Use, ast.AST]]:
    """Yield the call of a function that a package brings, with its first argument if it is known.

    A file of the project that the argument names is there, so nothing has to come for it.
    """
    top = called.partition(".")[0]
    if top in sys.stdlib_module_names or top in own:
        return
    named = (argument(call, name) for name in _NAMING)
    first = call.args[0] if call.args else next((one for one in named if one is not None), None)
    text = module.text(first)
    if text.removeprefix("./") not in files:
        words = called if not text or " " in text else f"{called} {text}"
        yield Use(code="calls", value=words, origin=module.origin(call)), call


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


def _texts(module: Module) -> Iterator[tuple[Use, ast.AST]]:
    for node in module.nodes:
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and _LOCALE.fullmatch(text):
            yield Use(code="speaks-language", value=text, origin=module.origin(node)), node
        elif isinstance(text, str) and _SHARED.search(text) and len(text) < _LONGEST_NAME:
            yield Use(code="names-library", value=text, origin=module.origin(node)), node


def _imports(module: Module, own: frozenset[str]) -> Iterator[tuple[Use, ast.AST]]:
    named = [
        (module.text(call.args[0]).partition(".")[0], call)
        for called, call in module.calls()
        if called == "importlib.import_module" and call.args
    ]
    for top, node in (*imported_tops(module.nodes), *named):
        if top in own:
            continue
        if top == "signal":
            yield Use(code="handles-signals", value=top, origin=module.origin(node)), node
        if top in _DATABASES:
            yield Use(code="opens-database", value=top, origin=module.origin(node)), node
        if top in _GRAPHICAL:
            yield Use(code="finds-library", value=_TK, origin=module.origin(node)), node
        if top and (top in _NOT_EVERYWHERE or top not in sys.stdlib_module_names):
            yield Use(code="imports", value=top, origin=module.origin(node)), node
