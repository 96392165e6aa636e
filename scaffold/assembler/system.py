"""What is taken over of a base: its interpreter and standard library, and what programs expect."""

import posixpath
import re
from collections.abc import Iterable, Iterator

from .elf import read_elf
from .libraries import Loader
from .view import View

_FILES = (
    *("/etc/nsswitch.conf", "/etc/os-release", "/usr/lib/os-release", "/etc/ld.so.cache"),
    *("/etc/protocols", "/etc/services", "/etc/host.conf", "/etc/gai.conf", "/etc/localtime"),
    *("/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/openssl.cnf", "/etc/ssl/cert.pem"),
    *("/etc/debian_version", "/etc/alpine-release"),
)
_OPENSSL = re.compile(rb'OPENSSLDIR: "(/[^"\x00]+)"')
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
_LIBRARIES = ("libgcc_s.so.1",)  # glibc opens it when a thread is cancelled


def list_system(view: View) -> Iterator[str]:
    """Yield the files that are taken over from the base as they are."""
    for path in _FILES:
        if view.real(path) and view.file(path):
            yield path
    yield from view.walk("/usr/share/zoneinfo")


def list_unnamed_libraries(
    view: View, folders: tuple[str, ...], opened: Iterable[str] = ()
) -> Iterator[str]:
    """Yield libraries opened by name at run time: those which resolve names, and a few others.

    ``opened`` are file names of more of them.
    """
    wanted = {*_LIBRARIES, *opened}
    services = _name_services(view)
    for folder in folders:
        for name in view.names(folder):
            stem = name.removeprefix("libnss_").partition(".")[0]
            if name in wanted or (name.startswith("libnss_") and stem in services):
                yield f"{folder}/{name}"


def _name_services(view: View) -> set[str]:
    file = view.file("/etc/nsswitch.conf")
    lines = file.read_text("utf-8", "replace").splitlines() if file else []
    words = " ".join(line.partition("#")[0].partition(":")[2] for line in lines)
    return set(re.sub(r"\[[^]]*\]", " ", words).split()) or {"files", "dns"}


def find_openssl_folder(data: bytes) -> str:
    """Return the folder in which a build of OpenSSL looks for certificates, if it is one."""
    found = _OPENSSL.search(data)
    return found[1].decode() if found else ""


# Tools for people at a desk, installers, and the suites that test the interpreter itself.
_NEVER = frozenset(
    {
        *("test", "idlelib", "tkinter", "turtledemo", "lib2to3", "ensurepip", "pydoc_data"),
        *("site-packages", "dist-packages"),
    }
)
_NEVER_FILES = frozenset({"turtle.py", "antigravity.py", "this.py"})
_OF_TESTS = re.compile(
    r"(_test|_xx|xxlimited|xxsubtype|_ctypes_test|_testcapi|_tkinter)[A-Za-z0-9_]*\."
)
_LINKED = ("python", "python3")


def list_interpreter(view: View, interpreter: str) -> tuple[str, ...]:
    """Return the interpreter's file and the short names that lead to it."""
    folder = posixpath.dirname(interpreter)
    real = view.real(interpreter)
    names = [interpreter]
    names += [f"{folder}/{n}" for n in _LINKED if view.real(f"{folder}/{n}") == real]
    return tuple(names)


def list_stdlib(view: View, stdlib: str) -> Iterator[str]:
    """Yield the files of the standard library that an app can use."""
    for path in view.walk(stdlib):
        parts = path[len(stdlib) + 1 :].split("/")
        if not _is_dropped(parts):
            yield path


def _is_dropped(parts: list[str]) -> bool:
    top, name = parts[0], parts[-1]
    return (
        top in _NEVER
        or top.startswith("config-")
        or "__pycache__" in parts
        or any(part in {"test", "tests", "idle_test"} for part in parts[:-1])
        or (len(parts) == 1 and name in _NEVER_FILES)
        or (top == "lib-dynload" and _OF_TESTS.match(name) is not None)
        or name.endswith((".exe", ".a", ".h"))
    )


def is_loadable(view: View, loader: Loader, path: str) -> bool:
    """Tell whether an extension module's libraries are all there.

    Official images ship modules whose libraries they leave out; importing one fails there as well.
    """
    file = view.file(path)
    elf = read_elf(file) if file else None
    if elf is None:
        return True
    return all(
        loader.find(soname, view.real(path), elf) or soname.startswith(("libc.", "ld-"))
        for soname in elf.needed
    )
