"""What the sources do that limits a base or a swap: programs, libraries, windows, imports."""

import ast
import posixpath
import re
import shlex
import sys
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import replace

from scaffold.model.project import Use, When
from scaffold.project.devices import find_asked_devices
from scaffold.project.heavy_files import find_lacking_models
from scaffold.project.named_backends import find_backends, find_listed
from scaffold.project.pipelines import find_pipelines
from scaffold.project.reached import Place, Reached, find_reached, starts
from scaffold.project.source_modules import (
    Module,
    folders_above,
    imported_tops,
    is_brought,
    names_beside,
    project_names,
)
from scaffold.project.syntax import (
    READS,
    argument,
    first_of,
    is_empty,
    method_of,
    names_of,
    owner_of,
    texts_in,
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
_HANDLERS = frozenset({"signal.signal", "signal.sigwait", "signal.pthread_sigmask"})
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
_SONAME = re.compile(r"lib[\w+-]+\.so(\.\d+)*")
_FONT = re.compile(r"\.(?:ttf|ttc|otf)$")
_PYTHON = re.compile(r"python[0-9.]*")
_INSTALLERS = re.compile(r"pip[0-9.]*|uv")
_CALENDAR = re.compile(r"calendar\.Locale\w+Calendar")
_VARIABLE = re.compile(r"LANG|LC_[A-Z]+")

# What ends a program, of each kind, where what it asks for is missing.
_FAILURES = {
    "imports": ("ImportError", "ModuleNotFoundError"),
    "imports-inner": ("ImportError", "ModuleNotFoundError"),
    "runs-program": ("FileNotFoundError", "OSError", "IOError", "EnvironmentError"),
    "finds-library": ("OSError", "ImportError", "ModuleNotFoundError"),
    "opens-font": ("OSError", "IOError"),
    "sets-locale": ("Error",),
    "needs-setting": ("KeyError", "ImproperlyConfigured", "UndefinedValueError", "EnvError"),
    "writes-file": ("OSError", "PermissionError", "IOError"),
    "asks-device": ("RuntimeError", "AssertionError", "ValueError"),
}
# These tell of the whole project, whatever runs of it.
_ALWAYS = frozenset(
    {
        *("speaks-language", "names-library", "handles-signals", "opens-database"),
        *("shows-window", "takes", "imports"),
    }
)
# What packages may do that are brought along is as little told as of those that are installed.
_OF_PACKAGES = frozenset({*_FAILURES, "needs-shell"})
_CERTAINTY = {When.MAYBE: 0, When.CALL: 1, When.START: 2}
_NAMING = ("name", "model_name", "model", "repo_id", "pretrained_model_name_or_path")


def find_uses(
    modules: Sequence[Module],
    files: Sequence[str],
    *,
    command: Sequence[str] = (),
    reached: Reached | None = None,
    folder: str = ".",
    mounted: Collection[str] = (),
) -> tuple[Use, ...]:
    """Return what the modules do, each code and value once, where it stands first.

    Codes are those of ``Use``, ``needs-shell`` for what is started through a shell, and
    ``speaks-language`` for texts that name a language or a locale (``de``, ``pt-br``). ``command``
    starts the application in ``folder``: what it does not lead to, and what only runs on other
    systems, starts no programs and opens no libraries. ``mounted`` are its own modules that the
    image lacks.
    """
    own = project_names(modules, files).union(
        *(names_beside(word, files) for word in command if word.endswith(".py") and word in files),
        mounted,
        {"__main__"},
    )
    folders = frozenset[str]().union(*map(folders_above, files))
    there = folders | frozenset(files)
    reached = reached or find_reached(modules, command=command)
    first: dict[tuple[str, str], Use] = {}
    foreign = {top for module in modules for top, _ in imported_tops(module.imports)}
    foreign -= own | sys.stdlib_module_names
    aliases = {
        f"{module.name}.{name}": source
        for module in modules
        for name, source in module.names.items()
        if source.partition(".")[0] in foreign
    }
    names = frozenset(posixpath.basename(file) for file in files)
    for module in modules:
        models = (
            ("names-model", path, node)
            for path, node in find_lacking_models(module, there, names, command)
            # A bare name elsewhere is most often joined to the folder of a download.
            if "/" in path or module.file == reached.first
        )
        taken = _taken(module, foreign, aliases)
        found = (
            (Use(code=code, value=value, origin=module.origin(node)), node)
            for code, value, node in (*_found(module, there, own, folder), *taken, *models)
        )
        for use, node in found:
            place = reached.places[module.file].get(id(node))
            when = _when(use, place, module.file, reached)
            made = use.code == "writes-file" and use.value in folders  # mkdir of what is there
            if when is None or made:
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
    main = file == reached.first
    at_start = file in reached.starting and starts(place, main=main)
    if use.code in _OF_PACKAGES and not at_start and is_brought(file):
        return None
    asked = place.asked and use.code != "writes-file"  # what is not there yet is written
    # A backend for a GPU is imported where it is chosen.
    asked = asked or (use.code == "asks-device" and file not in reached.starting)
    if asked or place.survives(*_FAILURES.get(use.code, ())):
        return When.MAYBE if use.code in _FAILURES else When.CALL
    if use.code == "imports" and place.main and not main:
        return When.MAYBE
    return When.START if at_start else When.CALL


# The code of a use, its value, and the node that it stands in.
_Found = Iterator[tuple[str, str, ast.AST]]


def _found(module: Module, files: Container[str], own: frozenset[str], folder: str) -> _Found:
    yield from _from_calls(module, files, own)
    yield from _imports(module, own)
    yield from _imports_inner(module, own)
    yield from _texts(module)
    yield from _rights(module)
    yield from (("needs-setting", name, node) for name, node in find_settings(module))
    yield from (("writes-file", path, node) for path, node in find_writes(module, folder))
    yield from (("asks-device", device, node) for device, node in find_asked_devices(module))
    yield from (("calls", call, node) for call, node in find_pipelines(module))
    yield from find_backends(module)


# What every container has, or a shell in it.
_GIVEN = frozenset({"HOME", "PATH", "PWD", "USER", "LANG", "TERM", "HOSTNAME", "SHELL"})
_READERS = frozenset({"environ.Env", "environs.Env", "decouple.config", "decouple.Config"})
# django-environ's methods whose variable has a name of its own.
_NAMED_SETTINGS = {"db": "DATABASE_URL", "cache": "CACHE_URL", "email_url": "EMAIL_URL",
                   "search_url": "SEARCH_URL", "db_url": "DATABASE_URL"}  # fmt: skip


def find_settings(module: Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield the variables that a module reads of its environment and has no default for."""
    found: list[tuple[str, ast.AST]] = [
        (module.text(node.slice), node)
        for node in module.of(ast.Subscript)
        if isinstance(node.ctx, ast.Load) and module.dotted(node.value) == "os.environ"
    ]
    found += [(_setting_of_call(module, *one), one[1]) for one in module.calls()]
    asked = {
        module.text(node.left)
        for node in module.of(ast.Compare)
        if isinstance(node.ops[0], ast.In) and module.dotted(node.comparators[0]) == "os.environ"
    }
    free = _GIVEN | asked
    where_set = {
        id(node)
        for test in module.of(ast.If)
        if found and _asks_for_variable(module, test.test)
        for statement in test.body
        for node in ast.walk(statement)
    }
    yield from (
        (name, node)
        for name, node in found
        if name and name not in free and id(node) not in where_set
    )
    for one in module.tree.body:
        if isinstance(one, ast.ClassDef) and any(
            module.dotted(base) == "pydantic_settings.BaseSettings" for base in one.bases
        ):
            yield from _fields(module, one)


def _asks_for_variable(module: Module, test: ast.expr | None) -> bool:
    """Tell whether a condition holds only where a variable of the environment is set."""
    test = module.named(test)
    if isinstance(test, ast.BoolOp):
        every = all if isinstance(test.op, ast.Or) else any
        return every(_asks_for_variable(module, one) for one in test.values)
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.In):
        return module.dotted(test.comparators[0]) == "os.environ"
    if not isinstance(test, ast.Call):
        return False
    default = argument(test, "default", 1)
    return is_empty(default) and module.called(test) in READS


def _setting_of_call(module: Module, called: str, call: ast.Call) -> str:
    """Return the variable that django-environ, environs or decouple is asked for, or nothing."""
    method = method_of(call)
    made = module.named(owner_of(call) or call.func)
    known = module.called(made) in _READERS
    if called != "decouple.config" and (not known or method == "read_env"):
        return ""
    name = module.text(first_of(call))
    if isinstance(made, ast.Call) and any(one.arg == name for one in made.keywords):
        return ""  # django-environ's scheme has its default
    if argument(call, "default", 1 if method in {"", "db", "cache"} else None) is not None:
        return ""
    return name if call.args else _NAMED_SETTINGS.get(method, "")


def _fields(module: Module, settings: ast.ClassDef) -> Iterator[tuple[str, ast.AST]]:
    """Yield the variables of pydantic's settings that have no default, with their prefix."""
    prefix = ""
    for node in ast.walk(settings):
        if isinstance(node, ast.keyword | ast.Assign | ast.Dict):
            prefix = _prefix_of(module, node) or prefix
    for one in settings.body:
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            optional = one.value is not None or "ClassVar" in ast.unparse(one.annotation)
            if not optional and one.target.id != "model_config":
                yield f"{prefix}{one.target.id}".upper(), one


def _prefix_of(module: Module, node: ast.AST) -> str:
    if isinstance(node, ast.keyword) and node.arg == "env_prefix":
        return module.text(node.value)
    if isinstance(node, ast.Assign) and "env_prefix" in names_of(node):
        return module.text(node.value)
    return module.text(module.item(node, "env_prefix"))


def _from_calls(module: Module, files: Container[str], own: frozenset[str]) -> _Found:
    foreign = module.tops - sys.stdlib_module_names - own
    for called, call in module.calls():
        found = [*_of_call(module, called, call, files)]
        if called.partition(".")[0] in foreign:
            found += _foreign_call(module, called, call, files)
        yield from ((code, value, call) for code, value in found)


def _of_call(
    module: Module, called: str, call: ast.Call, files: Container[str]
) -> Iterator[tuple[str, str]]:
    if called in _RUNS or called in _SHELLS:
        yield from _programs(module, called, call, files)
    elif called in _OPENS or called.endswith(".dlopen"):
        library = module.text(first_of(call))
        foreign = library.lower().endswith((".dll", ".dylib", ".pyd", ".framework"))
        if library and library.removeprefix("./") not in files and not foreign:
            yield "finds-library", library
    elif called in _WINDOWS:
        yield "shows-window", called
    elif called in _HANDLERS or called.endswith(".add_signal_handler"):
        name = module.dotted(first_of(call))
        if name == "signal.SIGTERM" or not name.startswith("signal.SIG"):
            yield "handles-signals", called
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
    for target, value, _ in module.given:
        variable = module.text(target.slice) if isinstance(target, ast.Subscript) else ""
        environ = module.dotted(getattr(target, "value", None)) == "os.environ"
        if environ and _VARIABLE.fullmatch(variable):
            yield module.text(value)


def _foreign_call(
    module: Module, called: str, call: ast.Call, files: Container[str]
) -> Iterator[tuple[str, str]]:
    """Yield the call of a function that a package brings, with its first argument if it is known.

    A file or folder of the project that the argument names is there: nothing has to come for it,
    but what reads it may need more (``calls-own``).
    """
    named = (argument(call, name) for name in _NAMING)
    text = module.text(first_of(call) or next(filter(None, named), None))
    if text.removeprefix("./").rstrip("/") in files:
        yield "calls-own", called
        return
    if _SONAME.fullmatch(text):  # discord.opus.load_opus("libopus.so.0")
        yield "finds-library", text
    if _FONT.search(text):  # PIL.ImageFont.truetype("DejaVuSans.ttf", 12)
        yield "opens-font", text
    yield "calls", called if not text or " " in text else f"{called} {text}"


def _programs(
    module: Module, called: str, call: ast.Call, files: Container[str]
) -> Iterator[tuple[str, str]]:
    first = argument(call, "args", 0) or argument(call, "cmd", 0)
    if installer := _installer(module, call):
        yield "installs-packages", installer
        return
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


def _texts(module: Module) -> _Found:
    for text, node in module.texts:
        if _LOCALE.fullmatch(text):
            yield "speaks-language", text, node
        elif _SHARED.search(text) and len(text) < _LONGEST_NAME:
            yield "names-library", text, node


_RIGHTS = frozenset(
    {
        *(f"socket.{name}" for name in ("AF_BLUETOOTH", "AF_CAN", "AF_PACKET", "PF_CAN")),
        *(f"socket.{name}" for name in ("IP_ADD_MEMBERSHIP", "SOCK_RAW", "SO_BROADCAST")),
        *(f"multiprocessing.shared_memory.{name}" for name in ("SharedMemory", "ShareableList")),
    }
)
_RIGHTS_OF = frozenset({"multiprocessing", "os", "socket"})


def _rights(module: Module) -> _Found:
    """Yield what takes a container with more rights or memory, or the device's network."""
    if _RIGHTS_OF.isdisjoint(module.tops):
        return
    for node in (*module.of(ast.Attribute), *module.of(ast.Name)):
        if (name := module.dotted(node)) in _RIGHTS:
            yield "calls", name, node
    for test in module.of(ast.Compare):
        asked = module.called(test.left)
        if asked in {"os.geteuid", "os.getuid"} and module.literal(test.comparators[0]) == 0:
            yield "calls", "os.geteuid", test


def _imports(module: Module, own: frozenset[str]) -> _Found:
    named = [
        (module.text(first_of(call)).partition(".")[0], call)
        for called, call in module.calls()
        if called == "importlib.import_module"
    ]
    for top, node in (*imported_tops(module.imports), *named, *find_listed(module)):
        if top in own:
            continue
        if top in _DATABASES:
            yield "opens-database", top, node
        if top in _GRAPHICAL:
            yield "finds-library", _TK, node
        if top and (top in _NOT_EVERYWHERE or top not in sys.stdlib_module_names):
            yield "imports", top, node


def _imports_inner(module: Module, own: Container[str]) -> _Found:
    """Yield the modules below a package that imports name: ``a.b`` of ``from a.b.c import d``."""
    for node in module.imports:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [str(node.module)]
        for top, *below in (name.split(".") for name in names):
            if below and top not in own and top not in sys.stdlib_module_names:
                yield "imports-inner", f"{top}.{below[0]}", node


def _taken(module: Module, foreign: set[str], aliases: Mapping[str, str]) -> _Found:
    """Yield what the module names of packages; the package's own name where it is passed on."""
    below = {id(node.value) for node in module.of(ast.Attribute)}
    named: list[tuple[ast.AST, Sequence[str]]] = [
        (node, [module.dotted(node)])
        for node in (*module.of(ast.Attribute), *module.of(ast.Name))
        if id(node) not in below
    ]
    for line in module.of(ast.ImportFrom):
        taken = [f"{line.module}.{alias.name}" for alias in line.names if not line.level]
        own = line.level or str(line.module).partition(".")[0] not in foreign
        everything = own and any(alias.name == "*" for alias in line.names)
        named.append((line, list(aliases.values()) if everything else taken))
    for called, call in module.calls():
        if "import" in called:
            named.append((call, [module.text(first_of(call))]))
    full: dict[str, str] = {}
    for node, names in named:
        for name in names:
            if name not in full:
                words = name.split(".")
                starts = (".".join(words[:end]) for end in range(2, len(words) + 1))
                own_name = next((one for one in starts if one in aliases), "")
                there = aliases[own_name] + name.removeprefix(own_name) if own_name else name
                full[name] = there if there.partition(".")[0] in foreign else ""
            if full[name]:
                yield "takes", full[name], node
