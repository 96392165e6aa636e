"""What the sources do that limits a base or a swap: programs, libraries, windows, imports."""

import ast
import posixpath
import re
import sys
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import replace

from scaffold.model.project import Start, Use, When
from scaffold.project.conditions import Place
from scaffold.project.devices import find_asked_devices
from scaffold.project.heavy_files import find_lacking_models
from scaffold.project.named_backends import find_backends, find_listed
from scaffold.project.paths import KnownValues
from scaffold.project.pipelines import find_pipelines
from scaffold.project.reached import Reached, find_reached, starts
from scaffold.project.settings import find_settings
from scaffold.project.source_modules import (
    Module,
    folders_above,
    imported_tops,
    is_brought,
    names_beside,
    project_names,
)
from scaffold.project.started_programs import RUNS, SHELLS, find_programs
from scaffold.project.syntax import (
    argument,
    first_of,
)
from scaffold.project.writes import find_writes

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
_DATABASES = frozenset({"dbm", "shelve", "_dbm", "_gdbm"})
_LOCALE = re.compile(r"[a-z]{2}([-_][A-Z]?[A-Za-z]{1,3})*")
_SHARED = re.compile(r"\.so\b")
_LONGEST_NAME = 500  # characters
_SONAME = re.compile(r"lib[\w+-]+\.so(\.\d+)*")
_FONT = re.compile(r"\.(?:ttf|ttc|otf)$")
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
_NAMING = (
    *("name", "model_name", "model", "repo_id", "pretrained_model_name_or_path"),
    *("source", "lang", "lang_code", "hub_ocr_model"),
)


_NO_START = Start(framework="", command=())


def find_uses(
    modules: Sequence[Module],
    files: Sequence[str],
    *,
    start: Start = _NO_START,
    reached: Reached | None = None,
    mounted: Collection[str] = (),
    known: KnownValues | None = None,
) -> tuple[Use, ...]:
    """Return what the modules do, each code and value once, where it stands first.

    Codes are those of ``Use``, ``needs-shell`` for what is started through a shell, and
    ``speaks-language`` for texts that name a language or a locale (``de``, ``pt-br``). What the
    ``start`` does not lead to, and what only runs on other systems, starts no programs and opens
    no libraries. ``mounted`` are its own modules that the image lacks, ``known`` what its names
    stand for.
    """
    command = start.command
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
    values = known or KnownValues(modules=modules, command=command)
    for module in modules:
        models = (
            ("names-model", path, node)
            for path, node in find_lacking_models(module, there, names, command)
            # A bare name elsewhere is most often joined to the folder of a download.
            if "/" in path or module.file == reached.first
        )
        writes = (("writes-file", *one) for one in find_writes(module, values, start.folder))
        taken = _taken(module, foreign, aliases)
        found = (
            (Use(code=code, value=value, origin=module.origin(node)), node)
            for code, value, node in (*_found(module, there, own), *writes, *taken, *models)
        )
        for use, node in found:
            place = reached.places[module.file].get(id(node))
            when = _when(use, place, module.file, reached)
            made = use.code == "writes-file" and use.value in folders  # mkdir of what is there
            if when is None or made:
                continue
            before = first.get((use.code, use.value))
            if before is None or _CERTAINTY[when] > _CERTAINTY[before.when]:
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


def _found(module: Module, files: Container[str], own: frozenset[str]) -> _Found:
    yield from _from_calls(module, files, own)
    yield from _imports(module, own)
    yield from _imports_inner(module, own)
    yield from _texts(module)
    yield from _rights(module)
    yield from (("needs-setting", name, node) for name, node in find_settings(module))
    yield from (("asks-device", device, node) for device, node in find_asked_devices(module))
    yield from (("calls", call, node) for call, node in find_pipelines(module))
    yield from find_backends(module)


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
    if called in RUNS or called in SHELLS:
        yield from find_programs(module, called, call, files)
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
