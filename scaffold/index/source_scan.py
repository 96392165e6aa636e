"""What building an sdist takes, told by its files: a compiler, headers, other programs' modules."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from scaffold.model.index import SourceFacts

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
_NATIVE_TOOLS = re.compile(
    r"^(cython|setuptools-rust|maturin|scikit-build(-core)?|meson-python|pybind11|nanobind|cffi"
    r"|milksnake|hatch-cython|hatch-mypyc|mypy|cmake|swig)\b",
    re.IGNORECASE,
)
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
    languages = set(_languages(names))
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
    old = not backend or backend.startswith("setuptools")
    return old and bool(languages - {"swig"}) and "setup.py" in texts


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


def _languages(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        language = _LANGUAGES.get(PurePosixPath(name).suffix)
        if language and not _is_aside(name):
            yield language


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
