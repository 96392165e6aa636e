"""What a program expects of a system besides its libraries: names, certificates, time zones."""

import re
from collections.abc import Iterable, Iterator

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
