"""The programs that the sources start, and the shells."""

import ast
import re
import shlex
from collections.abc import Container, Iterator

from scaffold.project.source_modules import (
    Module,
)
from scaffold.project.syntax import (
    READS,
    argument,
    texts_in,
)

RUNS = frozenset(
    {
        *(f"subprocess.{name}" for name in ("run", "Popen", "call", "check_call", "check_output")),
        "asyncio.create_subprocess_exec",
        "shutil.which",
        *(f"os.exec{kind}" for kind in ("l", "le", "lp", "lpe", "v", "ve", "vp", "vpe")),
        *("os.posix_spawn", "os.posix_spawnp", "pty.spawn"),
    }
)
SHELLS = frozenset(
    {
        "os.system",
        "os.popen",
        "subprocess.getoutput",
        "subprocess.getstatusoutput",
        "asyncio.create_subprocess_shell",
    }
)
_BUILTINS = frozenset({"cd", "echo", "exit", "export", "printf", "set", "test", "true", "[", "("})
_PYTHON = re.compile(r"python[0-9.]*")
_INSTALLERS = re.compile(r"pip[0-9.]*|uv")


def find_programs(
    module: Module, called: str, call: ast.Call, files: Container[str]
) -> Iterator[tuple[str, str]]:
    """Yield code and value of what a call starts: a program, a shell, an installer."""
    first = argument(call, "args", 0) or argument(call, "cmd", 0)
    if installer := _installer(module, call):
        yield "installs-packages", installer
        return
    if called in SHELLS or module.literal(argument(call, "shell")) is True:
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


def _installer(module: Module, call: ast.Call) -> str:
    """Return the program with which a call installs Python packages, or nothing."""
    given = [*call.args, *(module.named(one) for one in call.args)]
    words = [word for one in given for text in texts_in(one) for word in text.split()]
    before = words[: words.index("install")] if "install" in words else []
    names = (word.rpartition("/")[2] for word in before)
    return next((name for name in names if _INSTALLERS.fullmatch(name)), "")


def _is_own(word: str, files: Container[str]) -> bool:
    """Tell whether a program is a file of the project, which comes along."""
    return "/" in word and word.removeprefix("./") in files


def _first_word(module: Module, node: ast.expr | None) -> tuple[str, bool]:
    """Return the program's name and whether it is worth a word: Python itself is always there."""
    node = _leftmost(module, node)
    return module.text(node), module.dotted(node) != "sys.executable"


def _leftmost(module: Module, node: ast.expr | None, *, lists: bool = True) -> ast.expr | None:
    """Return what a sum or a list starts with, through names and the defaults of variables."""
    while node is not None:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            return ast.Constant(value=module.text(node.left).partition("%")[0])
        if isinstance(node, ast.BinOp):
            node = node.left
        elif isinstance(node, ast.Name) and node.id in module.values:
            node = module.values[node.id]
        elif lists and isinstance(node, ast.List | ast.Tuple) and node.elts:
            node = node.elts[0]
        elif lists and isinstance(node, ast.Starred):
            node = node.value
        elif isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            node = node.values[-1]
        elif isinstance(node, ast.Call) and module.called(node) in READS:
            node = argument(node, "default", 1)
        else:
            break
    return node


def _known_start(module: Module, node: ast.expr | None) -> str:
    """Return a string up to its first unknown part; an unknown program gives nothing."""
    node = _leftmost(module, node, lists=False)
    if isinstance(node, ast.JoinedStr) and node.values:
        start = module.text(node.values[0])
        return start if " " in start.strip(" ") or start.endswith(" ") else ""
    if isinstance(node, ast.List | ast.Tuple) and node.elts:
        return _known_start(module, node.elts[0])  # the others are the shell's own
    return module.text(node)


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
