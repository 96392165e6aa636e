"""What is inside a wheel, by its directory and its sources; nothing of it is run."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import PurePosixPath
from zipfile import ZipFile, ZipInfo

from scaffold.assembler.duplicates import may_link
from scaffold.assembler.trim import rule_of
from scaffold.catalog.snapshot import KINDS
from scaffold.index.elf import read_elf_facts
from scaffold.index.metadata import LARGEST_METADATA, parse_metadata
from scaffold.model.image import count_blocks
from scaffold.model.index import Metadata, WheelFacts, is_pure
from scaffold.model.project import Start, When
from scaffold.project.source_loader import LARGEST_SOURCE, parse_modules
from scaffold.project.source_modules import runs_on_import
from scaffold.project.uses import find_uses


def classify(path: str) -> str:
    """Return the one kind of file that a path inside a wheel is of."""
    *folders, name = path.split("/")
    if folders and folders[0].endswith(".dist-info"):
        return "dist-info"
    rule = rule_of((*folders, name))
    if rule is not None and rule.kind:
        return rule.kind
    suffixes = PurePosixPath(name).suffixes
    return "so" if ".so" in suffixes else "py" if suffixes[-1:] == [".py"] else "other"


def read_contents(wheel: ZipFile, filename: str) -> WheelFacts:
    """Return sizes by kind from a wheel's directory."""
    sizes = dict.fromkeys(KINDS, 0)
    files = [info for info in wheel.infolist() if not info.is_dir()]
    for info in files:
        sizes[classify(info.filename)] += info.file_size
    return WheelFacts(
        installed=sum(sizes.values()),
        files=len(files),
        kinds=tuple((kind, size) for kind, size in sizes.items() if size),
        elf="none" if is_pure(filename) and not sizes["so"] else "unread",
        blocks=count_blocks((info.filename, info.file_size) for info in files),
        brings=list_libraries(info.filename for info in files),
        modules=_list_modules(info.filename for info in files),
        inner=_list_inner(info.filename for info in files),
        served=sum(info.file_size for info in files if "/static/" in info.filename),
        duplicates=_count_duplicates(files),
    )


def read_wheel(wheel: ZipFile, filename: str) -> WheelFacts:
    """Return sizes by kind, and what the machine code says."""
    facts = read_contents(wheel, filename)
    return (
        facts
        if facts.elf == "none"
        else replace(facts, elf="read", **asdict(read_elf_facts(wheel)))
    )


def _count_duplicates(files: Iterable[ZipInfo]) -> int:
    """Return the bytes of files that are the same as another, as far as assembling links them.

    Only those of one layer are linked: what a wheel puts beside its packages (``share/``) is not.
    """
    linked = [
        (info.CRC, info.file_size, info.external_attr >> 16)
        for info in files
        if ".data/" not in installed_path(info.filename)
        and may_link(info.filename.rpartition("/")[2], info.file_size)
        and classify(info.filename) in {"so", "other"}
    ]
    return sum(size for _, size, _ in linked) - sum(size for _, size, _ in set(linked))


def list_libraries(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the shared libraries among a wheel's files, with their paths below site-packages."""
    names = ((path, path.rpartition("/")[2]) for path in paths)
    return tuple(
        sorted(
            installed_path(path)
            for path, name in names
            if ".so" in name and (name.endswith(".so") or ".so." in name)
        )
    )


def _list_modules(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the names that a wheel's files can be imported as."""
    tops = {installed_path(path).partition("/")[::2] for path in paths}
    names = {
        top if below else top.partition(".")[0]
        for top, below in tops
        if below or top.endswith((".py", ".so", ".pyd"))
    }
    return tuple(sorted(name for name in names if name.isidentifier()))


_MOST_INNER = 500  # names; of larger packages many make their modules when they are imported


def _list_inner(paths: Iterable[str]) -> tuple[str, ...] | None:
    """Return ``a.c`` for every module c at any depth below a, None where these are many.

    A package may put folders of its own on its path (``a/_api/c`` is ``a.c`` then).
    """
    names: set[str] = set()
    for path in filter(lambda one: "/" in one, map(installed_path, paths)):
        top, *folders, last = path.split("/")
        below = [*folders, last.partition(".")[0]] if last.endswith((".py", ".so")) else folders
        names.update(f"{top}.{name}" for name in below if name.isidentifier())
    return tuple(sorted(names)) if len(names) <= _MOST_INNER else None


def installed_path(path: str) -> str:
    """Return where a wheel's file comes to lie below site-packages."""
    head, _, rest = path.partition("/")
    scheme, _, below = rest.partition("/")
    return below if head.endswith(".data") and scheme in {"purelib", "platlib"} else path


# Modules that are named for a system other than Linux: others import them there only.
_OF_OTHERS = re.compile(r"(?i)(?:^|[/_])(?:macos|osx|darwin|win(?:32|dows)?|cygwin)(?:_|\.py$|/)")


def read_sources(wheel: ZipFile) -> dict[str, bytes]:
    """Return the sources of a wheel by path, without those for other systems."""
    return {
        info.filename: wheel.read(info)
        for info in wheel.infolist()
        if info.filename.endswith(".py")
        and info.file_size <= LARGEST_SOURCE
        and not _OF_OTHERS.search(info.filename)
    }


def list_refused(texts: Mapping[str, bytes]) -> Iterator[str]:
    """Yield the modules that do nothing but raise: what a release renamed or dropped."""
    modules, _ = parse_modules({path: text for path, text in texts.items() if b"\nraise " in text})
    for module in modules:
        kinds = {type(node) for node in module.tree.body}
        if ast.Raise in kinds and kinds <= {
            ast.Raise,
            ast.Expr,
            ast.Assign,
            ast.Import,
            ast.ImportFrom,
        }:
            path = installed_path(module.file).removesuffix(".py").removesuffix("/__init__")
            yield path.replace("/", ".")


# A call that opens a library, or a library's name: without them nothing has to be parsed.
_MAY_OPEN = re.compile(rb"\b(?:CDLL|PyDLL|LoadLibrary|find_library|dlopen)\b|\.so(?:\.\d+)*[\"']")


def list_opened(texts: Mapping[str, bytes]) -> Iterator[tuple[str, str, bool]]:
    """Yield the libraries that a wheel's modules open by name, where, and whether at import.

    What a module survives the lack of, and parts of the C library, are left out.
    """
    if not any(map(_MAY_OPEN.search, texts.values())):
        return
    modules, _ = parse_modules(texts)
    by_file = {module.file: module for module in modules}
    tops = {installed_path(name).partition("/")[0].removesuffix(".py") for name in texts}
    found: dict[str, tuple[str, str, bool]] = {}
    starts = [Start(framework="", command=(top,)) for top in sorted(tops)]
    for use in (use for one in starts for use in find_uses(modules, (*texts,), start=one)):
        if use.code == "finds-library" and use.when is not When.MAYBE:
            module, line = by_file[use.origin.file], use.origin.line or 0
            sure = use.when is When.START or runs_on_import(module, line)
            found[use.value] = (use.value, str(use.origin), sure)
    yield from (one for name, one in found.items() if not _OF_LIBC.fullmatch(name))


# The C library's, and what an import of tkinter stands for: a package does without.
_OF_LIBC = re.compile(r"(lib)?(c|m|dl|pthread|rt|util|resolv)(\.so\S*)?|libtk\S+")


def wheel_metadata(wheel: ZipFile) -> Metadata | None:
    """Return the metadata of an open wheel, None where it has none."""
    text = read_metadata(wheel)
    return None if text is None else parse_metadata(text)


def read_metadata(wheel: ZipFile) -> bytes | None:
    """Return the text of METADATA, None where a wheel has none or too large a one."""
    for name in wheel.namelist():
        folder, _, rest = name.partition("/")
        if rest == "METADATA" and folder.endswith(".dist-info"):
            fits = wheel.getinfo(name).file_size <= LARGEST_METADATA
            return wheel.read(name) if fits else None
    return None
