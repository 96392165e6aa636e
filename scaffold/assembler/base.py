"""A base cut to measure: interpreter, standard library, libraries, certificates, a user."""

import posixpath
import shutil
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .assembly import Order
from .bytecode import compile_folder
from .databases import DATABASES, is_database, uses_databases
from .elf import is_elf
from .libraries import Closure, Loader, find_closure
from .packages import Packages, read_owners
from .programs import add_shell, find_shell, known_names, list_programs
from .records import write_interpreter, write_records
from .system import (
    BUNDLE,
    find_openssl_folder,
    is_loadable,
    list_interpreter,
    list_stdlib,
    list_system,
    list_unnamed_libraries,
)
from .trimming import strip_folder
from .view import View, copy_paths

if TYPE_CHECKING:
    from .traced.dropping import Kept

# Where the application's machine code is seen while libraries are looked up.
_OWN = "/.own"


def cut_base(order: Order, base: Path) -> Generator[str, None, Order]:
    """Write what is needed of a base, and return what is to be done with the packages then."""
    own = ((_OWN, order.own),) if order.own else ()
    view = View(((order.site_packages, order.packages), *own, ("/", base)))
    loader = Loader(view)
    library = [
        path
        for path in list_stdlib(view, posixpath.dirname(order.site_packages))
        if is_loadable(view, loader, path)
    ]
    if _is_without_databases(order):
        yield from (f"left out: {path}" for path in library if is_database(path))
        library = [path for path in library if not is_database(path)]
    kept = _drop_untraced(order, view, library)
    yield from kept.lines if kept else ()
    order = _without_sources(order, kept)
    closure = _write_base(order, view, loader, library, kept)
    for missing in closure.missing:
        yield f"missing: {missing.soname}, which {missing.user} needs"
    return order


def _is_without_databases(order: Order) -> bool:
    """Tell whether nothing can miss them; what a trace leaves out goes by what was opened."""
    spared = any(rule == DATABASES for rule, _ in order.spare)
    alone = order.trim == "max" and order.trace is None and not spared
    return alone and not uses_databases(Packages(order.packages))


def _drop_untraced(order: Order, view: View, library: Sequence[str]) -> "Kept | None":
    if order.trace is None:
        return None
    from .traced.dropping import drop_untraced, read_trace

    traced = read_trace(order.trace, order.closure, order.imports, order.site_packages)
    return drop_untraced(traced, order.packages, view, library)


def _without_sources(order: Order, kept: "Kept | None") -> Order:
    """Return the order with all packages sourceless but those whose sources a traced run read."""
    if kept is None or kept.sources is None:
        return order
    packages = frozenset(read_owners(order.packages).values())
    return replace(order, sourceless=order.sourceless | (packages - kept.sources))


def _write_base(
    order: Order, view: View, loader: Loader, library: Sequence[str], kept: "Kept | None"
) -> Closure:
    """Write what is there without the project: interpreter, standard library, libraries, user."""
    out = order.out / "base"
    stdlib = posixpath.dirname(order.site_packages)
    interpreter = list_interpreter(view, order.interpreter)
    opened = kept.libraries if kept else ()
    unnamed = tuple(list_unnamed_libraries(view, loader.folders, opened))
    added = _list_added(order, view)
    brought = list(_list_elf_files(order))
    names = frozenset(posixpath.basename(path) for path in brought)
    sonames = frozenset(elf.soname for path in brought if (elf := loader.read(path)) and elf.soname)
    first = [path for path in library if kept is None or kept.opened(path)]
    late = [path for path in library if kept and kept.stdlib(path) and not kept.opened(path)]
    seeds = (*interpreter, *first, *brought, *unnamed, *added)
    closure = find_closure(loader, seeds, names | sonames)
    inside = (f"{order.site_packages}/", f"{_OWN}/")
    libraries = [path for path in closure.paths if not path.startswith(inside)]
    system = [path for path in list_system(view) if kept is None or kept.system(path)]
    taken = (*interpreter, *first, *unnamed, *libraries, *added, *system)
    copy_paths(view, taken, out)
    write_records(view, taken, out)
    write_interpreter(view, order.interpreter, out)
    if order.shell:
        add_shell(find_shell(view), out)
    # The interpreter looks for it, if only to know where it is itself.
    (out / stdlib.lstrip("/") / "lib-dynload").mkdir(parents=True, exist_ok=True)
    _finish_library(order, out)
    _link_certificates(view, (*interpreter, *libraries), out)
    _add_user(order, out)
    if kept:
        _write_library(order, view, loader, late, taken)
    return closure


def _write_library(
    order: Order, view: View, loader: Loader, late: Sequence[str], there: Sequence[str]
) -> None:
    """Write what stays of the standard library though nothing opened it, with its libraries.

    What that is depends on the packages: in a layer of its own, no update moves the base.
    """
    out = order.out / "library"
    out.mkdir(parents=True)
    needed = set(find_closure(loader, late, frozenset()).paths) - {*there}
    copy_paths(view, (*late, *sorted(needed)), out)
    write_records(view, (*there, *late, *needed), out, order.out / "base")
    _finish_library(order, out)
    _link_certificates(view, sorted(needed), out)


def _finish_library(order: Order, out: Path) -> None:
    """Compile and strip what was copied."""
    stdlib = posixpath.dirname(order.site_packages)
    if order.bytecode != "none":
        compile_folder(out / stdlib.lstrip("/"), stdlib, every=order.bytecode == "only")
    if order.trim != "none":
        list(strip_folder(out))


def _list_added(order: Order, view: View) -> tuple[str, ...]:
    """Return the files of programs that were asked for, and of the shell."""
    shell = (find_shell(view),) if order.shell else ()
    return (*shell, *list_programs(view, order.programs, known_names(order.known)))


def _list_elf_files(order: Order) -> Iterator[str]:
    """Yield the machine code of packages, as paths in the image."""
    places = [(order.site_packages, order.packages), *([(_OWN, order.own)] if order.own else [])]
    for place, folder in places:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and is_elf(path):
                yield posixpath.join(place, path.relative_to(folder).as_posix())


def _link_certificates(view: View, paths: Sequence[str], out: Path) -> None:
    """Put the bundle where this very build of OpenSSL looks: a base may have one file per name."""
    bundle = out / BUNDLE.lstrip("/")
    if not bundle.exists():
        return
    for path in paths:
        file = view.file(path)
        folder = find_openssl_folder(file.read_bytes()) if file else ""
        if folder:
            link = out / folder.lstrip("/") / "cert.pem"
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.exists() and not link.is_symlink():
                link.symlink_to(BUNDLE)


def _add_user(order: Order, out: Path) -> None:
    """Add the accounts that programs look up, a home, and the folders everybody writes to."""
    etc = out / "etc"
    etc.mkdir(parents=True, exist_ok=True)
    passwd = (
        "root:x:0:0:root:/root:/sbin/nologin",
        f"app:x:{order.uid}:{order.uid}::{order.home}:/sbin/nologin",
    )
    (etc / "passwd").write_text("\n".join(passwd) + "\n")
    (etc / "group").write_text(f"root:x:0:\napp:x:{order.uid}:\n")
    for name, mode in (("tmp", 0o1777), ("var/tmp", 0o1777), ("run", 0o755)):
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(mode)
    for path in (order.home, order.workdir):
        folder = out / path.lstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        if order.owners is None:
            shutil.chown(folder, order.uid, order.uid)
    if order.owners is not None:
        order.owners.write_text(f"{order.home} {order.uid}\n{order.workdir} {order.uid}\n")
