"""What a source distribution says of itself: its metadata, what it requires, what building takes.

Nothing in an archive is run: metadata, requires.txt and static setup files are parsed.
"""

import re
import tarfile
import tomllib
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from itertools import islice
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

from packaging.metadata import parse_email
from packaging.utils import canonicalize_name

from scaffold.index.elf import read_library
from scaffold.index.wrapped_programs import find_wrapped, starts_programs
from scaffold.model.index import CompiledLibrary, Metadata, SourceFacts
from scaffold.project.setup_files import SETUP_FILES, read_setup

_SECTION = re.compile(r"\[([^\]:]*)(?::(.*))?\]")


def parse_requires_txt(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (requirements as core metadata spells them, extras).

    A section ``[extra:marker]`` holds for its extra, its marker, or both.
    """
    requires: list[str] = []
    extras: dict[str, None] = {}
    conditions: list[str] = []
    for line in (raw.strip() for raw in text.splitlines()):
        if not line or line.startswith("#"):
            continue
        section = _SECTION.fullmatch(line)
        if section is None:
            requires.append(_with(line, conditions))
            continue
        extra, marker = section[1].strip(), (section[2] or "").strip()
        conditions = [f"({marker})"] if marker else []
        if extra:
            extras[extra] = None
            conditions.append(f'extra == "{canonicalize_name(extra)}"')
    return tuple(requires), tuple(extras)


def _with(line: str, conditions: list[str]) -> str:
    if not conditions:
        return line
    head, semicolon, own = line.partition(";")
    markers = [f"({own.strip()})"] if semicolon else []
    return f"{head.strip()} ; {' and '.join([*markers, *conditions])}"


LARGEST_METADATA = 4 << 20  # bytes; that of large packages has 100 kB
LARGEST_SDIST = 128 << 20  # bytes; a larger one is not read
_MOST_UNPACKED = 512 << 20  # bytes of an archive that are looked at
_LARGEST_TEXT = 2 << 20  # bytes of one file
_MOST_MEMBERS = 50_000
_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_NO_FIELD = re.compile(rb"^(?![!-9;-~]+[ \t]*:|[ \t]|\r?$)", re.MULTILINE)
_TELLING = re.compile(rb"^(?:Requires|Provides)", re.MULTILINE)  # what a dependency hangs on
_MINOR = re.compile(r"Programming Language :: Python :: (3\.\d+)")
# Backends that write all they know into PKG-INFO: what it does not name, they do not require.
_STATIC_BACKENDS = ("flit", "poetry", "hatchling", "pdm", "whey", "uv_build", "maturin")


@dataclass(frozen=True, slots=True, kw_only=True)
class SdistInside:
    """What one look into an sdist tells."""

    metadata: Metadata
    source: SourceFacts


def parse_metadata(data: bytes, *, sdist: bool = False) -> Metadata | None:
    """Return core metadata from METADATA or PKG-INFO text, None without name and version.

    An sdist's dependencies are certain from metadata 2.2 on, unless declared dynamic (PEP 643).
    """
    head = _HEADERS_END.split(data, maxsplit=1)[0]
    raw, unparsed = parse_email(head + b"\n\n")
    name, version = raw.get("name"), raw.get("version")
    if not name or not version:
        return None
    level = tuple(int(part) for part in re.findall(r"\d{1,6}", raw.get("metadata_version", "1.0")))
    dynamic = {field.lower() for field in raw.get("dynamic", [])}
    certain = level >= (2, 2) and "requires-dist" not in dynamic
    named = (_MINOR.fullmatch(text) for text in raw.get("classifiers", []))
    return Metadata(
        name=canonicalize_name(name),
        version=version,
        requires=tuple(raw.get("requires_dist", [])),
        extras=tuple(raw.get("provides_extra", [])),
        requires_python=raw.get("requires_python", ""),
        uncertain=sdist and not certain,
        pythons=tuple(match[1] for match in named if match),
        problem=_find_problem(head, unparsed),
    )


def _find_problem(head: bytes, unparsed: Mapping[str, object]) -> str:
    """Return why the fields cannot be believed to be all that a file requires."""
    for field in ("Requires-Dist", "Requires-Python", "Provides-Extra"):
        if field.lower() in unparsed:
            return f"its {field} cannot be read"
    wrong = _NO_FIELD.search(head)
    if wrong and _TELLING.search(head, wrong.start()):  # what follows is text, not fields
        line = head.count(b"\n", 0, wrong.start()) + 1
        return f"line {line} of it is not a field"
    return ""


def read_sdist(data: bytes, filename: str) -> SdistInside | None:
    """Return what an sdist says; None for one that is broken or has no PKG-INFO."""
    try:
        members = _list_zip(data) if filename.endswith(".zip") else _list_tar(data)
        texts, names, libraries = _read_members(members)
    except (tarfile.TarError, zlib.error, BadZipFile, EOFError, ValueError, OSError, RuntimeError):
        return None
    info = texts.get("PKG-INFO")
    metadata = parse_metadata(info, sdist=True) if info is not None else None
    if metadata is None:
        return None
    decoded = {path: text.decode("utf-8", "replace") for path, text in texts.items()}
    if metadata.uncertain:
        if metadata.problem:  # what it does say cannot be believed to be all
            metadata = replace(metadata, requires=(), extras=(), problem="")
        metadata = _complete(metadata, decoded, names)
    source = replace(
        scan_sources(decoded, names),
        libraries=tuple(libraries),
        starts=find_wrapped(
            info or b"", {path: text for path, text in decoded.items() if path.endswith(".py")}
        ),
    )
    return SdistInside(metadata=metadata, source=source)


_Member = tuple[str, int, Callable[[], IO[bytes] | None]]  # path, size in bytes, what opens it


def _read_members(
    members: Iterable[_Member],
) -> tuple[dict[str, bytes], tuple[str, ...], Sequence[CompiledLibrary]]:
    """Return the texts that matter, the names of all files, and the libraries."""
    texts: dict[str, bytes] = {}
    names: list[str] = []
    libraries: list[CompiledLibrary | None] = []
    for path, size, start in islice(members, _MOST_MEMBERS):
        names.append(path)
        if is_read(path) and size <= _LARGEST_TEXT:
            texts[path] = file.read() if (file := start()) else b""
        elif _is_module(path, size) and (file := start()):
            if starts_programs((text := file.read()).decode("utf-8", "replace")):
                texts[path] = text
        elif _is_library(path) and (file := start()):
            libraries.append(read_library(path, file))
    return texts, tuple(names), [one for one in libraries if one]


def _list_tar(data: bytes) -> Iterator[_Member]:
    with tarfile.open(fileobj=BytesIO(data), mode="r|*") as archive:
        for member in archive:
            if member.offset > _MOST_UNPACKED:
                break
            if member.isfile() and (path := _inside(member.name)):
                yield path, member.size, partial(archive.extractfile, member)


def _list_zip(data: bytes) -> Iterator[_Member]:
    with ZipFile(BytesIO(data)) as archive:
        for info in archive.infolist():
            if not info.is_dir() and (path := _inside(info.filename)):
                yield path, info.file_size, partial(archive.open, info)


def _is_module(path: str, size: int) -> bool:
    return path.endswith(".py") and size <= _LARGEST_TEXT and not _is_aside(path)


def _is_library(path: str) -> bool:
    name = PurePosixPath(path).name
    return _LIBRARY.search(name) is not None and not _is_aside(path)


def _inside(name: str) -> str:
    """Return the path below the archive's one folder, empty for what lies outside of it."""
    parts = PurePosixPath(name.removeprefix("./")).parts
    return "/".join(parts[1:]) if ".." not in parts else ""


def _complete(metadata: Metadata, texts: Mapping[str, str], names: tuple[str, ...]) -> Metadata:
    """Return the metadata with what the sdist requires, uncertain where it does not tell."""
    if metadata.requires:
        return replace(metadata, uncertain=False)
    folder = _egg_info(metadata.name, names)
    if folder:  # setuptools writes requires.txt unless nothing is required
        requires, extras = parse_requires_txt(texts.get(f"{folder}/requires.txt", ""))
        return replace(metadata, requires=requires, extras=extras, uncertain=False)
    static = _read_static(texts)
    if static is not None:
        return replace(metadata, requires=static, uncertain=False)
    return metadata


def _egg_info(name: str, names: tuple[str, ...]) -> str:
    """Return the folder of the project's egg-info, empty without one."""
    for path in names:
        folder, _, last = path.rpartition("/")
        stem = folder.rpartition("/")[2]
        if (
            last in {"PKG-INFO", "SOURCES.txt", "requires.txt"}
            and stem.endswith(".egg-info")
            and canonicalize_name(stem.removesuffix(".egg-info")) == name
        ):
            return folder
    return ""


def _read_static(texts: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return what setup files list as plain text, None where that is computed."""
    listed = list(_read_pyproject(texts.get("pyproject.toml", "")))
    if listed:
        return listed[0]
    here = [name for name in SETUP_FILES if name in texts]
    if not here:
        return None
    with TemporaryDirectory() as folder:
        for name, text in texts.items():
            if "/" not in name and (name in here or name.endswith((".txt", ".in"))):
                (Path(folder) / name).write_text(text, "utf-8")
        reading = read_setup(Path(folder))
    if reading.problems:
        return None
    return tuple(asked.text for asked in reading.asked)


def _read_pyproject(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the dependencies that pyproject.toml fixes; nothing where it leaves them open."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    project = table.get("project")
    if isinstance(project, dict) and "dependencies" not in (project.get("dynamic") or ()):
        listed = project.get("dependencies", [])
        if isinstance(listed, list) and all(isinstance(one, str) for one in listed):
            yield tuple(listed)
            return
    backend = str((table.get("build-system") or {}).get("build-backend", ""))
    if backend.startswith(_STATIC_BACKENDS):
        yield ()


_LANGUAGES = {
    ".c": "c", ".cc": "c++", ".cpp": "c++", ".cxx": "c++", ".pyx": "cython", ".rs": "rust",
    ".f": "fortran", ".f90": "fortran", ".i": "swig",
}  # fmt: skip
_HEADERS = {".h", ".hh", ".hpp", ".hxx"}
_SCRIPTS = {"setup.py", "setup.cfg", "pyproject.toml", "PKG-INFO", "meson.build", "CMakeLists.txt"}
# Folders whose sources no build of the package compiles.
_ASIDE = {"test", "tests", "testing", "doc", "docs", "example", "examples", "benchmark",
          "benchmarks", "bench", "fuzz", "ci", ".github", "wasm", "win32", "windows"}  # fmt: skip
# What setuptools is told of extensions, in setup.py as in pyproject.toml and setup.cfg.
_EXTENSIONS = re.compile(
    r"\bext_modules\b|\bcffi_modules\b|\brust_extensions\b|\bcythonize\s*\(|\bmypycify\s*\("
    r"|\bCMakeExtension\b|\bext-modules\b|\b(?:Pybind11|CUDA|Rust)?Extension\s*\("
)
_NATIVE_BACKENDS = ("maturin", "scikit_build_core", "mesonpy", "mesonpep517", "py_build_cmake",
                    "skbuild", "sipbuild", "setuptools_rust", "enscons")  # fmt: skip
# What a compiler is told to use all of the building machine's processor, and how CMake asks for it.
_TUNED = re.compile(r"-m(?:arch|cpu)=native|_AVAILABLE_ON_HOST\b")
_NATIVE_TOOLS = re.compile(
    r"^(cython|setuptools-rust|maturin|scikit-build(-core)?|meson-python|pybind11|nanobind|cffi"
    r"|milksnake|hatch-cython|hatch-mypyc|mypy|cmake|swig)\b",
    re.IGNORECASE,
)
_LIBRARY = re.compile(r"\.so(\.\d+)*$")
_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<([\w./+-]+)>", re.MULTILINE)
_QUOTED = re.compile(r"^[ \t]*#[ \t]*include[ \t]*\"([\w./+-]+)\"", re.MULTILINE)
_MODULES = (
    re.compile(r"pkg[-_]config[^\n]*?[\"'](?:--\w+[\"',\s]+[\"']?)*([a-z][\w.+-]+)[\"']"),
    re.compile(r"\bdependency\(\s*['\"]([\w.+-]+)['\"]"),
    re.compile(r"\bfind_package\(\s*([\w.+-]+)", re.IGNORECASE),
    re.compile(
        r"\bpkg_(?:check|search)_modules?\(\s*\w+[^)\w]+(?:REQUIRED\s+)?([\w.+-]+)", re.IGNORECASE
    ),
)
_OWN = {"python", "python3", "python3.x", "pybind11", "numpy", "threads", "openmp", "cython"}
# Headers of the C library, of compilers and of Python: every compiler's package brings them.
_STANDARD = re.compile(
    r"(?:sys|arpa|netinet|net|asm|bits|machine|linux|mach|rpc|numpy|pybind11|nanobind)/.*"
    r"|(?:std\w+|math|string|strings|time|errno|assert|ctype|limits|float|locale|signal|setjmp"
    r"|iso646|wchar|wctype|complex|tgmath|fenv|inttypes|uchar|threads|unistd|fcntl|pthread|poll"
    r"|dlfcn|dirent|grp|pwd|sched|semaphore|termios|syslog|netdb|endian|byteswap|alloca|malloc"
    r"|memory|getopt|glob|fnmatch|regex|spawn|utime|libgen|ifaddrs|resolv|search|mqueue|pty|utmp"
    r"|utmpx|shadow|crypt|ucontext|execinfo|elf|link|features|values|wait|langinfo|iconv|nl_types"
    r"|ftw|aio|sysexits|paths|lastlog|mntent|obstack|argp|error|err|fstab|ttyent|wordexp|cpio|tar"
    r"|[a-z0-9]*mmintrin|immintrin|x86intrin|x86gprintrin|cpuid|arm_neon|arm_acle|altivec|intrin"
    r"|omp|mm_malloc|config"
    # In CPython's include folder, 3.11 and 3.13.
    r"|Python|py\w*|\w*object|abstract|bltinmodule|ceval|codecs|compile|critical_section|datetime"
    r"|dynamic_annotations|errcode|exports|fileutils|graminit|import|intrcheck|lock|marshal|modsupport"
    r"|monitoring|objimpl|opcode|opcode_ids|osdefs|osmodule|patchlevel|structmember|structseq"
    r"|sysmodule|token|traceback|tracemalloc|typeslots|warnings)\.h"
    r"|[a-z_]+|ext/.*|experimental/.*|tr1/.*"
)
_FOREIGN = re.compile(
    r"(?:windows|winsock2?|ws2tcpip|io|direct|process|conio|tchar|winternl|psapi|shlobj|iphlpapi"
    r"|wincrypt|intrin|mach|libproc|tlhelp32|winioctl|ntstatus|winbase|windef|winnt)\.h"
    r"|(?:CoreFoundation|CoreServices|IOKit|Carbon|Cocoa|Security|mach-o|objc|libkern|os|Availab)"
    r"[\w./]*|TargetConditionals\.h|Availability\w*\.h|kvm\.h|procfs\.h|kstat\.h|libperfstat\.h",
    re.IGNORECASE,
)


def is_read(path: str) -> bool:
    """Tell whether the text of a file in an sdist matters."""
    pure = PurePosixPath(path)
    if pure.name in _SCRIPTS or path.endswith(".egg-info/requires.txt"):
        return True
    if "/" not in path and pure.suffix in {".txt", ".in", ".py"}:
        return True
    if _is_aside(path):
        return False
    return pure.suffix in _LANGUAGES or pure.suffix in _HEADERS


def scan_sources(texts: Mapping[str, str], names: Sequence[str]) -> SourceFacts:
    """Return what building takes; ``texts`` holds the files that ``is_read`` asks for."""
    pyproject = _load(texts.get("pyproject.toml", ""))
    sources = (name for name in names if not _is_aside(name))
    languages = {_LANGUAGES.get(PurePosixPath(name).suffix, "") for name in sources} - {""}
    if not _is_native(texts, pyproject, languages):
        return SourceFacts(native=False)
    system = pyproject.get("build-system") or {}
    backend = f"{system.get('build-backend', '')} {' '.join(map(str, system.get('requires', ())))}"
    backend += _setup_texts(texts)
    for word, language in _SIGNS.items():
        if word in backend:
            languages.add(language)
    if "meson.build" not in texts:
        languages.discard("meson")
    return SourceFacts(
        native=True,
        languages=tuple(sorted(languages)) or ("c",),
        headers=tuple(sorted(set(_headers(texts, names)))),
        modules=tuple(sorted(set(_modules(texts)))),
        tuned=any(
            _TUNED.search(texts[one]) for one in texts if PurePosixPath(one).name in _SCRIPTS
        ),
    )


_SIGNS = {
    "setuptools-rust": "rust", "setuptools_rust": "rust", "maturin": "rust",
    "scikit-build": "cmake", "scikit_build_core": "cmake", "skbuild": "cmake",
    "CMakeExtension": "cmake", "cmake": "cmake", "mesonpy": "meson", "meson-python": "meson",
    "cythonize": "cython", "Cython": "cython",
}  # fmt: skip


def _is_native(texts: Mapping[str, str], pyproject: dict[str, Any], languages: set[str]) -> bool:
    """Tell whether a build runs a compiler. What setup.py leaves open counts as one."""
    system = pyproject.get("build-system") or {}
    backend = str(system.get("build-backend", ""))
    if backend.startswith(_NATIVE_BACKENDS) or _EXTENSIONS.search(_setup_texts(texts)):
        return True
    poetry = (pyproject.get("tool") or {}).get("poetry") or {}
    if backend.startswith("poetry") and poetry.get("build"):
        return True
    if any(_NATIVE_TOOLS.match(str(one)) for one in system.get("requires", ())):
        return bool(languages) or not backend.startswith("setuptools")
    if not languages - {"swig"}:
        return False
    old = not backend or backend.startswith("setuptools")
    # What a backend that lies in the archive itself does with sources, it alone knows.
    return bool(system.get("backend-path")) or (old and "setup.py" in texts)


def _setup_texts(texts: Mapping[str, str]) -> str:
    """Return what setuptools reads, and the modules beside it that setup.py may import."""
    names = {"setup.py", "setup.cfg", "pyproject.toml"}
    setup = texts.get("setup.py", "")
    beside = {
        name
        for name in texts
        if "/" not in name and name.endswith(".py") and re.search(rf"\b{name[:-3]}\b", setup)
    }
    return "\n".join(texts[name] for name in sorted(names | beside) if name in texts)


def _load(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _is_aside(path: str) -> bool:
    return bool(_ASIDE & {part.lower() for part in path.split("/")[:-1]})


def _headers(texts: Mapping[str, str], names: Sequence[str]) -> Iterator[str]:
    """Yield headers that the sources include and the archive does not bring."""
    own = {PurePosixPath(name).name for name in names}
    for path, text in texts.items():
        if PurePosixPath(path).suffix not in {*_LANGUAGES, *_HEADERS}:
            continue
        for header in (*_INCLUDE.findall(text), *_QUOTED.findall(text)):
            known = _STANDARD.fullmatch(header) or _FOREIGN.fullmatch(header)
            if not known and PurePosixPath(header).name not in own:
                yield header


def _modules(texts: Mapping[str, str]) -> Iterator[str]:
    for path, text in texts.items():
        if PurePosixPath(path).name in {"setup.py", "meson.build", "CMakeLists.txt"}:
            for pattern in _MODULES:
                for name in pattern.findall(text):
                    if name.lower() not in _OWN and not name.startswith("-"):
                        yield name
