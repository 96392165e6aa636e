"""What files the sources write, as far as the paths are known."""

import ast
import builtins
import posixpath
import re
import sys
from collections.abc import Iterator

from scaffold.project.paths import KnownValues, PathReader
from scaffold.project.source_modules import Module
from scaffold.project.syntax import READS, argument, items_of, method_of, owner_of

# Functions of the standard library and where they get the path, each with the mode's place if
# there is one.
_WRITE_OPENS = {
    "io.open": ("file", 0),
    "codecs.open": ("filename", 0),
    "gzip.open": ("filename", 0),
}
_WRITES = {
    "sqlite3.connect": ("database", 0),
    "shelve.open": ("filename", 0),
    "dbm.open": ("file", 0),
    "logging.basicConfig": ("filename", None),
    "logging.FileHandler": ("filename", 0),
    "logging.handlers.RotatingFileHandler": ("filename", 0),
    "logging.handlers.TimedRotatingFileHandler": ("filename", 0),
    "logging.handlers.WatchedFileHandler": ("filename", 0),
    "os.makedirs": ("name", 0),
    "os.mkdir": ("path", 0),
    "urllib.request.urlretrieve": ("filename", 1),
}
# What other functions are called that write the file they are given, and what files are databases
# and logs, which no function only reads.
_SAVES = re.compile(r"save\w*|savefig|dump|to_\w+|imwrite|imsave|write_\w+|export\w*")
_STORES = re.compile(r"\w*(DB|Database|Store|Storage|Cache|FileHandler)|Persist\w*")
_KEPT = re.compile(r"\.(db3?|sqlite3?|duckdb|lmdb|log|tdb)", re.IGNORECASE)
# Names of settings for what an application writes, and for what it reads of others.
_OF_DATA = re.compile(
    r"(?i)(?:^|[\W_])(?:log|db|database|sqlite|store|storage|history)(?![a-z])"
    r"|(?:log|db|database)_?-?(?:file|path|name)"
)
_OF_SERVER = re.compile(r"(?:access|error)_?log")
_OF_OTHERS = re.compile(r"(?i)input|read|source|watch|tail|access|auth|syslog|parse")
_GETS = frozenset({"get", "getenv"})
_FIELD = re.compile(r"\{\w*\}")
# An ending alone (".jpg") names a format.
_NAMED = re.compile(r"(?:[^\s{}*?<>]*/)?[^\s{}*?<>/]+\.\w{1,8}")
_METHODS = frozenset({"write_text", "write_bytes", "touch", "mkdir", "open"})
# A pattern for such addresses names no file.
_SQLITE = re.compile(r"sqlite(?:\+\w+)?:///(?P<path>[^?*()|\\^$]*)")
_MODES = re.compile(r"[wax]|\+")
_FOLDER = re.compile(r"(?i)(?:\w*_)?(?:dir|folder|directory|root|base)")
# Written to by every user in every image of ours, or no files.
_FREE = ("/tmp/", "/dev/", "/proc/", "/sys/", "/var/tmp/", "/run/secrets/")  # noqa: S108


_TEXTS: tuple[type[ast.expr], ...] = (ast.Constant, ast.JoinedStr, ast.BinOp)


def find_writes(
    module: Module, known: KnownValues, folder: str = "."
) -> Iterator[tuple[str, ast.AST]]:
    """Yield (path, node) of what is written: a path is absolute, or relative to the root.

    ``folder`` of the project is where the application runs.
    """
    reader = PathReader(module, known, folder)
    found: list[tuple[str | None, ast.AST]] = [
        *((_write_of_call(module, reader, called, call), call) for called, call in module.calls()),
        *((_of_address(reader, node), node) for node in module.of(*_TEXTS)),
        *((_of_settings(module, reader, node), node) for node in module.of(ast.Dict)),
        *((_of_default(reader, name, value), node) for name, value, node in _defaults(module)),
    ]
    for path, node in found:
        if path and not f"{path}/".startswith(_FREE) and path != ".":
            yield path, node


def _write_of_call(module: Module, reader: PathReader, called: str, call: ast.Call) -> str | None:
    if called in _WRITES:
        node = argument(call, *_WRITES[called])
        return reader.path(node)
    own = isinstance(call.func, ast.Name) and call.func.id == "open" and "open" not in module.names
    if called in _WRITE_OPENS or own:
        mode = module.text(argument(call, "mode", 1))
        return reader.path(argument(call, "file", 0)) if _MODES.search(mode) else None
    if method_of(call) in _METHODS:
        mode = module.text(argument(call, "mode", 0)) if method_of(call) == "open" else "w"
        return reader.path(owner_of(call), whole=True) if _MODES.search(mode) else None
    return _of_foreign_call(called, reader, call)


def _of_foreign_call(called: str, reader: PathReader, call: ast.Call) -> str | None:
    """Return the file that a package's function is given, if its name or the file's tells."""
    if called.partition(".")[0] in sys.stdlib_module_names or (
        isinstance(call.func, ast.Name) and hasattr(builtins, call.func.id)
    ):
        return None
    if any(_FOLDER.fullmatch(ast.unparse(node).rpartition(".")[2]) for node in call.args):
        return None  # a name in that folder
    name = method_of(call) or called.rpartition(".")[2]
    saves, stores = _SAVES.fullmatch(name), _STORES.fullmatch(name)
    given = [(node, "") for node in call.args]
    given += [(keyword.value, keyword.arg or "") for keyword in call.keywords]
    for position, (node, keyword) in enumerate(given):
        path = reader.path(node)
        if path is None:
            continue
        named = _NAMED.fullmatch(_FIELD.sub("x", path))
        kept = _KEPT.fullmatch(posixpath.splitext(path)[1])
        if named and (saves or (position == 0 and (kept or stores))):
            return path
        if stores and keyword in {"path", "directory", "persist_directory"}:
            return path
    return None


def _of_address(reader: PathReader, node: ast.expr) -> str | None:
    """Return the file of a ``sqlite:///`` address."""
    text = reader.text(node)
    match = _SQLITE.fullmatch(text) if text else None
    path = match["path"] if match else ""
    # Of "sqlite:///{}".format(…) only the rest is known.
    return reader.settle(path) if path and not _FIELD.match(path) else None


def _of_settings(module: Module, reader: PathReader, node: ast.Dict) -> str | None:
    """Return the file of a database in Django's settings, or of a handler in logging's."""
    pairs = {module.text(key): value for key, value in items_of(node)}
    engine = module.text(pairs.get("ENGINE"))
    if module.text(pairs.get("class")).endswith("FileHandler"):
        return reader.path(pairs.get("filename"))
    return reader.path(pairs.get("NAME")) if engine.endswith("sqlite3") else None


def _defaults(module: Module) -> Iterator[tuple[str, ast.expr | None, ast.AST]]:
    """Yield (name, value, node) of settings: constants, fields of classes, options, variables."""
    for called, call in module.calls():
        name = method_of(call) or called
        texts = [text for node in call.args if (text := module.text(node))]
        if name in {"add_argument", "option"}:
            yield " ".join(texts), argument(call, "default"), call
        elif called in READS or (name in _GETS and len(call.args) > 1):
            default = argument(call, "fallback") or argument(call, "default", 1)
            yield texts[0] if texts else "", default, call
    for target, value, node in module.given:
        given: ast.expr | None = value
        if isinstance(value, ast.Call) and module.called(value).endswith("Field"):
            given = argument(value, "default", 0)
        yield target.id if isinstance(target, ast.Name) else "", given, node


def _of_default(reader: PathReader, name: str, value: ast.expr | None) -> str | None:
    """Return the database or the log that a setting names, if its own name says that, too."""
    ours = _OF_DATA.search(name) and not _OF_OTHERS.search(name)
    if value is None or not (ours or _OF_SERVER.fullmatch(name)):
        return None
    path = reader.path(value)
    kept = path and _NAMED.fullmatch(path) and _KEPT.fullmatch(posixpath.splitext(path)[1])
    return path if kept else None
