"""What can be left out of installed packages: a rule for each kind of file, with its reason.

A file belongs to the first rule that covers it, by its path alone; so what a rule saves at most is
known from a wheel's directory. The rule then looks at the packages and may leave it.
"""

import re
from collections.abc import Iterable, Iterator

from .elf import is_elf
from .packages import TESTS, Packages, Parts, ending, top_of

LEVELS = ("none", "safe", "max")
EVERY = "*"  # in the place of a package's top-level name
# What compilers and linkers read stays in an image that has one.
FOR_COMPILERS = ("headers", "static", "sources")
# Files that a source may open by name: one that is named in its own package stays.
_OPENED = frozenset({"headers", "static", "sources", "stubs", "docs", "examples"})
_PIP = "pip"
_HEADERS = frozenset({".h", ".hh", ".hpp", ".hxx", ".h++", ".cuh", ".inl", ".inc", ".ipp", ".tcc"})
# Compilers that run at run time, for a GPU; packages that start one bring its headers.
_COMPILERS = ("nvrtc", "hiprtc", "nvcc")
_STATIC = frozenset({".a", ".o", ".lib", ".la"})
_SOURCES = frozenset(
    {".pyx", ".pxd", ".pxi", ".tp", ".c", ".cc", ".cpp", ".cxx", ".cu", ".f", ".f90", ".rs"}
)
_CATALOGUE = ".po"
_TEXTS = frozenset({".md", ".rst"})
_DOC_FOLDERS = frozenset({"doc", "docs"})
UNLOADED = "unloaded"
_LIBRARY = re.compile(r"lib[^/]+\.so(\.[\d.]+)?")
_READ = (".py", ".json", ".toml", ".yaml", ".yml", ".cfg", ".ini", ".xml")
_EXAMPLES = frozenset(
    {"examples", "example", "benchmarks", "benchmark", "samples", "demos", "demo"}
)
_TEST_CODE = re.compile(r"\w+_tests?\.[\w.-]*so")
_LOCALE_FOLDERS = frozenset({"locale", "locales", "locale-data", "translations"})
_LOCALE = re.compile(r"([a-z]{2,3})(?:[-_@][A-Za-z0-9]{2,8})*")


class Rule:
    """One kind of file that can go, from a ``level`` of trimming on.

    ``kind`` is what facts of wheels call it.
    """

    name: str
    level: str
    kind: str

    def covers(self, parts: Parts) -> bool:
        """Tell by a path's parts whether a file is of this kind."""
        raise NotImplementedError

    def find(self, packages: Packages, files: Iterable[Parts]) -> list[Parts]:
        """Return which of the files covered nothing needs."""
        raise NotImplementedError


class Pip(Rule):
    """The installer itself.

    Why: nothing is installed once the image is made. In a base it is 7 MB with its bundled wheel
    (``ensurepip``), and none of the bases that are put together have it; as a package it goes
    unless another one imports it or names it, or the project asks for it. Its metadata stays.
    """

    name = "pip"
    level = "safe"
    kind = ""

    def covers(self, parts: Parts) -> bool:
        """Tell by the top-level name."""
        return parts[0] == _PIP

    def find(self, packages: Packages, files: Iterable[Parts]) -> list[Parts]:
        """Return pip's files if no other package knows it."""
        found = list(files)
        others = (p for p in packages.files if p[0] != _PIP and p[-1].endswith(".py"))
        known = (packages.named(p) for p in others if found and TESTS.isdisjoint(p))
        used = any(_PIP in one.texts or (_PIP,) in {i[:1] for i in one.imports} for one in known)
        return [] if used else found


class Tests(Rule):
    """Packages' own tests.

    Why: they are a fifth of what scientific packages install, and nobody runs them on a device.
    Some are imported all the same (``numpy.testing`` was one user, a plug-in's base class is
    another), so an import scan starts from all that is no test and follows imports into test
    folders: what it reaches stays, with the data beside it, and only the rest goes.
    """

    name = "tests"
    level = "safe"
    kind = "tests"

    def covers(self, parts: Parts) -> bool:
        """Tell whether a file lies in a test folder, or is machine code that tests import.

        A top-level package called ``tests`` was installed by mistake, and is somebody's.
        """
        code = len(parts) > 1 and _TEST_CODE.fullmatch(parts[-1]) is not None
        return code or bool(home_of(parts, TESTS))

    def find(self, packages: Packages, files: Iterable[Parts]) -> list[Parts]:
        """Return what nothing outside of tests imports."""
        return find_unreached(packages, files, TESTS)


class Headers(Rule):
    """C and C++ headers.

    Why: only a compiler reads them, and the image has none; where the base has one, they stay.
    TensorFlow brings 268 MB of them.
    """

    name = "headers"
    level = "safe"
    kind = "headers"

    def covers(self, parts: Parts) -> bool:
        """Tell by its name; headers without an ending live in folders called include."""
        return ending(parts) in _HEADERS or ("include" in parts[:-1] and ending(parts) == "")

    def find(self, packages: Packages, files: Iterable[Parts]) -> list[Parts]:
        """Return the headers of packages that start no compiler of their own."""
        compile_themselves = {
            top
            for top in {parts[0] for parts in files}
            if any(text.startswith(_COMPILERS) for text in packages.texts(top))
        }
        return [parts for parts in files if parts[0] not in compile_themselves]


class Static(Rule):
    """Static libraries and object files.

    Why: only a linker reads them, and the image has none; where the base has one, they stay.
    """

    name = "static"
    level = "safe"
    kind = "static"

    def covers(self, parts: Parts) -> bool:
        """Tell by its ending."""
        return ending(parts) in _STATIC

    def find(self, packages: Packages, files: Iterable[Parts]) -> list[Parts]:
        """Return all of them."""
        del packages
        return list(files)


class Sources(Rule):
    """Sources that something was compiled from, where the result stands beside them.

    Why: nothing reads a ``.pyx`` or ``.c`` once there is an extension module, and gettext reads the
    ``.mo`` file, not the ``.po`` that translators edit.
    """

    name = "sources"
    level = "safe"
    kind = "sources"

    def covers(self, parts: Parts) -> bool:
        """Tell by its ending."""
        return ending(parts) in _SOURCES or ending(parts) == _CATALOGUE

    def find(self, packages: Packages, files: Iterable[Parts]) -> list[Parts]:
        """Return sources of packages that do not name such files, and compiled catalogues."""
        there = set(packages.files)
        return [parts for parts in files if _is_spent(packages, parts, there)]


class Stubs(Rule):
    """Type stubs.

    Why: only a type checker reads them. Two kinds of package do so themselves and keep theirs:
    those that list their modules in a stub for lazy_loader (scikit-image, librosa), and type
    checkers and editors' engines, whose sources say ``.pyi``.
    """

    name = "stubs"
    level = "safe"
    kind = "pyi"

    def covers(self, parts: Parts) -> bool:
        """Tell by its ending; ``py.typed`` says that there are stubs."""
        return ending(parts) == ".pyi" or parts[-1] == "py.typed"

    def find(self, packages: Packages, files: Iterable[Parts]) -> list[Parts]:
        """Return the stubs that nothing reads at run time."""
        readers = {
            top
            for top in {parts[0] for parts in files}
            if packages.says(top, ".pyi", "attach_stub")
        }
        return [parts for parts in files if parts[0] not in readers]


class Docs(Rule):
    """Documentation: manual pages, and texts that no source of their package names.

    Why: nobody reads it on a device. Some packages do (scikit-learn's data sets show their ``.rst``
    files), so a kind of file that a package's sources name stays with it, and so do licences, which
    are metadata.
    """

    name = "docs"
    level = "safe"
    kind = "docs"

    def covers(self, parts: Parts) -> bool:
        """Tell by ending or folder; code in a folder of that name is code."""
        if ending(parts) in {".py", ".so", ".pyd"} or ".so." in parts[-1]:
            return False
        return (
            ending(parts) in _TEXTS
            or not _DOC_FOLDERS.isdisjoint(parts[:-1])
            or parts[:2] in {("share", "man"), ("share", "info")}
        )

    def find(self, packages: Packages, files: Iterable[Parts]) -> list[Parts]:
        """Return what no source of the package seems to open."""
        return [parts for parts in files if not _is_named(packages, parts)]


class Unloaded(Rule):
    """Shared libraries that nothing loads.

    Why: wheels bring some for people who link with them (ONNX Runtime the whole runtime a second
    time). Such a library goes where its package is known to open libraries by their full names
    alone, and no machine code, no source and no table of any installed package says its name: up to
    ``.so``, since versions are often left to a pattern. What the application's own sources name
    stays.
    """

    name = UNLOADED
    level = "safe"
    kind = ""

    def covers(self, parts: Parts) -> bool:
        """Tell by its name, as linkers ask for it."""
        return _LIBRARY.fullmatch(parts[-1]) is not None

    def find(self, packages: Packages, files: Iterable[Parts]) -> list[Parts]:
        """Return those that only themselves say their name."""
        found = {
            parts: parts[-1].partition(".so")[0] for parts in files if parts in packages.unloaded
        }
        left = set(found.values())
        for parts in packages.files if left else ():
            path = packages.folder.joinpath(*parts)
            if path.name.endswith(_READ) or is_elf(path):
                data = path.read_bytes()
                names = (stem for stem in left if re.search(_named(stem), data))
                left -= {stem for stem in names if stem != found.get(parts)}
        return [parts for parts, stem in found.items() if stem in left]


class Examples(Rule):
    """Examples, benchmarks and samples (level ``max``).

    Why: nobody runs them on a device. The import scan is that of tests, but applications do open
    data of packages' examples by a path that no scan sees, so this goes only where asked for.
    """

    name = "examples"
    level = "max"
    kind = "examples"

    def covers(self, parts: Parts) -> bool:
        """Tell whether a file lies in such a folder of a package."""
        return bool(home_of(parts, _EXAMPLES))

    def find(self, packages: Packages, files: Iterable[Parts]) -> list[Parts]:
        """Return what nothing else imports."""
        return find_unreached(packages, files, _EXAMPLES)


class Locales(Rule):
    """Translations and formats of languages that the application does not name (level ``max``).

    Why: Babel brings 30 MB of them, Django 4 MB. English stays, the root of all locales, and each
    language that the application's own sources name in a text (``LANGUAGE_CODE = "de-at"``,
    ``Locale("fr")``). What a user's browser asks for is not known when the image is made: then a
    language is missing, which is why this is not the default.
    """

    name = "locales"
    level = "max"
    kind = "locales"

    def covers(self, parts: Parts) -> bool:
        """Tell whether a file belongs to one language other than English; code does not."""
        return ending(parts) not in {".py", ".so"} and language_of(parts) not in {"", "en"}

    def find(self, packages: Packages, files: Iterable[Parts]) -> list[Parts]:
        """Return what belongs to none of the application's languages."""
        return [parts for parts in files if language_of(parts) not in packages.languages]


def home_of(parts: Parts, names: frozenset[str]) -> Parts:
    """Return the outermost folder of such a name that a file lies in, empty if it lies in none."""
    for depth, part in enumerate(parts[:-1]):
        if part in names and depth > 0:
            return parts[: depth + 1]
    return ()


def find_unreached(
    packages: Packages, files: Iterable[Parts], names: frozenset[str]
) -> list[Parts]:
    """Return those files, below folders of such names or by themselves, that no import leads to."""
    inside = {parts: home_of(parts, names) or parts for parts in files}
    if not inside:
        return []
    modules = {_module_of(parts): parts for parts in inside if parts[-1].endswith((".py", ".so"))}
    bare = set(inside.values()) - set(modules)
    homes: set[Parts] = set()
    reached: set[Parts] = set()
    todo = [p for p in packages.files if p[-1].endswith(".py") and p not in inside]
    while todo:
        named = packages.named(todo.pop())
        found = {
            modules[name[:depth]]
            for name in named.imports
            for depth in range(1, len(name) + 1)
            if name[:depth] in modules
        }
        todo.extend(parts for parts in found - reached if parts[-1].endswith(".py"))
        reached |= found
        # A folder without an __init__ is imported for whatever lies in it.
        named_bare = (named.imports & bare) - homes
        homes |= named_bare
        new = {p for p, home in inside.items() if home in named_bare} - reached
        todo.extend(parts for parts in new if parts[-1].endswith(".py"))
        reached |= new
    homes |= {inside[parts] for parts in reached}
    # Data and machine code of a folder that is in use may be opened by any name.
    return [
        parts
        for parts, home in inside.items()
        if parts not in reached and (home not in homes or parts[-1].endswith(".py"))
    ]


def _module_of(parts: Parts) -> Parts:
    name = parts[-1].partition(".")[0]
    return parts[:-1] if name == "__init__" else (*parts[:-1], name)


def _is_spent(packages: Packages, parts: Parts, there: set[Parts]) -> bool:
    if ending(parts) == _CATALOGUE:
        return (*parts[:-1], f"{parts[-1][: -len(_CATALOGUE)]}.mo") in there
    if ending(parts) == ".cu":  # compiled at run time by some
        return not packages.says(parts[0], ".cu")
    return True


def _is_named(packages: Packages, parts: Parts) -> bool:
    if ending(parts) in _TEXTS and packages.says(parts[0], ending(parts), ending(parts)[1:]):
        return True
    folders = _DOC_FOLDERS.intersection(parts[:-1])
    return bool(folders) and any(
        part in folders for text in packages.texts(parts[0]) for part in text.split("/")
    )


def _named(stem: str) -> bytes:
    """Return a pattern of a library's name in machine code and texts, whatever its version."""
    return rb"%s(?![\w-])" % re.escape(stem.encode())


def language_of(parts: Parts) -> str:
    """Return the language of a file below a folder of locales, empty if there is none."""
    for depth, part in enumerate(parts[:-1]):
        if part in _LOCALE_FOLDERS:
            name = parts[depth + 1]
            is_file = depth + 2 == len(parts)
            if is_file and ending(parts) not in {".dat", ".json", ".mo"}:
                return ""
            match = _LOCALE.fullmatch(name.partition(".")[0] if is_file else name)
            return match[1] if match else ""
    return ""


RULES = (
    Pip(),
    Tests(),
    Headers(),
    Static(),
    Sources(),
    Stubs(),
    Docs(),
    Unloaded(),
    Examples(),
    Locales(),
)


def rules_of(level: str) -> tuple[Rule, ...]:
    """Return the rules of a level and those below it."""
    return tuple(rule for rule in RULES if LEVELS.index(rule.level) <= LEVELS.index(level))


def rule_of(parts: Parts) -> Rule | None:
    """Return the rule that a file belongs to, if there is one."""
    return next((rule for rule in RULES if rule.covers(parts)), None)


def find_spent(
    packages: Packages, level: str, spared: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, list[Parts]]]:
    """Yield each rule of a level with the files that can go.

    ``spared`` are pairs (rule, top-level name or EVERY) that a rule leaves alone.
    """
    left = frozenset(spared)
    belongs = {parts: rule.name for parts in packages.files if (rule := rule_of(parts))}
    for rule in rules_of(level):
        covered = [
            parts
            for parts, name in belongs.items()
            if name == rule.name and left.isdisjoint({(name, parts[0]), (name, EVERY)})
        ]
        found = rule.find(packages, covered)
        if rule.name in _OPENED and found:
            named = packages.file_names
            found = [p for p in found if p[-1] not in named.get(top_of(p), ())]
        yield rule.name, found
