"""Small shared libraries in the place of large ones that are loaded and never called.

Why: OpenCV is linked with FFmpeg and OpenBLAS, so that both are in an image that reads pictures.
A stand-in has the symbols of the library, versions and all, so that whoever is linked with it
loads; its functions write a sentence that names what is missing and end the process. So it is for
``--trim max`` alone, where no source asks for what the library does. Written for amd64 and arm64.
"""

import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch, fnmatchcase
from pathlib import Path

from .elf import PT_LOAD, Elf, file_offset, is_elf, parse_elf, read_dynamic, read_text

_MOST_SYMBOLS = 1 << 20
_DT_STRTAB, _DT_SYMTAB, _DT_HASH, _DT_GNU_HASH = 5, 6, 4, 0x6FFFFEF5
_DT_STRSZ, _DT_SYMENT, _DT_SONAME = 10, 11, 14
_DT_VERSYM, _DT_VERDEF, _DT_VERDEFNUM = 0x6FFFFFF0, 0x6FFFFFFC, 0x6FFFFFFD
_PT_DYNAMIC, _PT_GNU_STACK, _READ, _RUN, _WRITE = 2, 0x6474E551, 4, 1, 2
_NOTYPE, _OBJECT, _FUNC, _COMMON, _TLS, _IFUNC = 0, 1, 2, 5, 6, 10
_PAGE = 0x10000  # the largest that kernels of these processors use
_SYMBOL = struct.Struct("<IBBHQQ")


@dataclass(frozen=True, slots=True)
class Symbol:
    """A dynamic symbol; ``version`` is its entry in the table of versions, hidden bit and all."""

    name: str
    info: int
    defined: bool
    size: int
    version: int = 1

    @property
    def kind(self) -> int:
        """Return what it is: a function, data."""
        return self.info & 15


@dataclass(frozen=True, slots=True)
class Symbols:
    """The dynamic symbols of a file, and the names of the versions that it defines by number."""

    all: tuple[Symbol, ...]
    versions: Mapping[int, str] = field(default_factory=dict)

    def names(self, *, defined: bool, kinds: Iterable[int] = range(16)) -> frozenset[str]:
        """Return the names of those that the file has, or asks others for."""
        return frozenset(s.name for s in self.all if s.defined is defined and s.kind in kinds)


# What each processor runs: write(2, text, length), then exit_group(1), with the text behind it.
def _end_x86(length: int) -> bytes:
    head = (
        b"\xf3\x0f\x1e\xfa\xbf\x02\0\0\0\x48\x8d\x35"  # a place to jump to; text relative to here
    )
    tail = b"\xba" + struct.pack("<I", length) + b"\xb8\x01\0\0\0\x0f\x05"
    tail += b"\xbf\x01\0\0\0\xb8\xe7\0\0\0\x0f\x05"
    return head + struct.pack("<I", len(tail)) + tail


def _end_arm(length: int) -> bytes:
    def move(register: int, value: int) -> int:
        return 0xD2800000 | value << 5 | register

    call, words_behind = 0xD4000001, 7
    text = 0x10000000 | words_behind << 5 | 1  # x1 = four bytes a word, from here
    after = (move(2, length), move(8, 64), call, move(0, 1), move(8, 94), call)
    return struct.pack("<9I", 0xD503245F, move(0, 2), text, *after)  # the first: a place to jump to


_ENDS = {62: _end_x86, 183: _end_arm}


def read_symbols(data: bytes, elf: Elf) -> Symbols:
    """Return the dynamic symbols of a 64-bit little-endian file.

    Raises struct.error, ValueError or LookupError for a table that is broken.
    """
    tags = dict(read_dynamic(data, elf.segments))
    at = {tag: file_offset(value, elf.segments) for tag, value in tags.items()}
    versions = dict(_read_versions(data, tags, at)) if _DT_VERDEF in tags else {}
    found = []
    for number in range(1, _count_symbols(data, at)):
        name, info, _, section, _, size = _SYMBOL.unpack_from(data, at[_DT_SYMTAB] + 24 * number)
        version = 1
        if _DT_VERSYM in at:
            (version,) = struct.unpack_from("<H", data, at[_DT_VERSYM] + 2 * number)
        if info >> 4:  # not local
            text = read_text(data, at[_DT_STRTAB] + name)
            found.append(Symbol(text, info, section != 0, size, version))
    return Symbols(tuple(found), versions)


def _count_symbols(data: bytes, at: Mapping[int, int]) -> int:
    """Return how many entries the table of symbols has; only hash tables tell."""
    if _DT_HASH in at:
        _, chains = struct.unpack_from("<II", data, at[_DT_HASH])
        return min(int(chains), _MOST_SYMBOLS)
    start = at[_DT_GNU_HASH]
    buckets, first, bloom = struct.unpack_from("<III", data, start)
    chains = start + 16 + 8 * bloom + 4 * min(buckets, _MOST_SYMBOLS)
    heads = struct.unpack_from(f"<{min(buckets, _MOST_SYMBOLS)}I", data, chains - 4 * buckets)
    last = int(max(heads, default=0))
    if last < first:
        return int(first)
    while not struct.unpack_from("<I", data, chains + 4 * (last - first))[0] & 1:
        last += 1
    return min(last + 1, _MOST_SYMBOLS)


def _read_versions(
    data: bytes, tags: Mapping[int, int], at: Mapping[int, int]
) -> Iterator[tuple[int, str]]:
    place = at[_DT_VERDEF]
    for _ in range(min(tags.get(_DT_VERDEFNUM, 0), 1 << 10)):
        _, _, number, _, _, names, following = struct.unpack_from("<HHHHIII", data, place)
        (name,) = struct.unpack_from("<I", data, place + names)
        yield number, read_text(data, at[_DT_STRTAB] + name)
        place += following


def write_stand_in(elf: Elf, symbols: Symbols, sentence: str) -> bytes:
    """Return a library with these symbols whose functions write the sentence and end the process.

    Data is zero. Raises ValueError for what has none: another processor, thread-local data.
    """
    end = _ENDS.get(elf.machine)
    own = [symbol for symbol in symbols.all if symbol.defined]
    if end is None or elf.bits != 64 or not elf.little:  # noqa: PLR2004
        raise ValueError("stand-ins are for amd64 and arm64")
    if any(symbol.kind == _TLS for symbol in own):
        raise ValueError("it has thread-local data")
    texts = _Texts()
    soname = texts.add(elf.soname)
    head = 64 + 4 * 56
    names = [texts.add(symbol.name) for symbol in own]
    versions = _write_versions(symbols.versions, texts)
    text = sentence.encode()
    code = end(len(text)) + text
    tables = {
        _DT_SYMTAB: bytes(24 * (len(own) + 1)),  # written when places are known
        _DT_HASH: _write_hash([symbol.name for symbol in own]),
        _DT_VERDEF: versions,
        _DT_VERSYM: struct.pack(f"<{len(own) + 1}H", 0, *(s.version for s in own))
        if versions
        else b"",
        _DT_STRTAB: bytes(texts.data),
    }
    out, places = bytearray(head), {}
    for tag, table in tables.items():
        places[tag] = _append(out, table) if table else 0
    run = _append(out, code)
    out += bytes(-len(out) % 16)
    shared = len(out)
    written = shared + -shared % _PAGE + shared % _PAGE  # another page, the same place in it
    entries = [(_DT_SONAME, soname)] if elf.soname else []
    entries += [(tag, place) for tag, place in places.items() if place]
    entries += [(_DT_STRSZ, len(texts.data)), (_DT_SYMENT, 24)]
    entries += [(_DT_VERDEFNUM, len(symbols.versions))] if versions else []
    dynamic = b"".join(struct.pack("<qQ", *entry) for entry in [*entries, (0, 0)])
    data = written + len(dynamic) + -len(dynamic) % 16
    for number, (name, symbol) in enumerate(zip(names, own, strict=True), 1):
        called = symbol.kind in {_FUNC, _IFUNC}
        info = symbol.info & 0xF0 | (_FUNC if called else _OBJECT)
        place = places[_DT_SYMTAB] + 24 * number
        _SYMBOL.pack_into(out, place, name, info, 0, 1, run if called else data, symbol.size)
        data += 0 if called else symbol.size + -symbol.size % 16
    out += dynamic
    _write_head(out, elf, shared, written, len(dynamic), data - written)
    return bytes(out)


class _Texts:
    """A table of texts that end with a NUL."""

    def __init__(self) -> None:
        self.data = bytearray(1)

    def add(self, text: str) -> int:
        at = len(self.data)
        self.data += text.encode() + b"\0"
        return at


def _append(out: bytearray, table: bytes) -> int:
    out += bytes(-len(out) % 16)
    at = len(out)
    out += table
    return at


def _hash(name: str) -> int:
    """Return the hash of a name by the System V ABI."""
    value = 0
    for byte in name.encode():
        value = (value << 4) + byte
        high = value & 0xF0000000
        value = (value ^ high >> 24) & ~high
    return value


def _write_hash(names: list[str]) -> bytes:
    size = max(len(names) // 2, 1)
    buckets, chains = [0] * size, [0] * (len(names) + 1)
    for number, name in enumerate(names, 1):
        bucket = _hash(name) % size
        chains[number], buckets[bucket] = buckets[bucket], number
    return struct.pack(f"<{2 + size + len(chains)}I", size, len(chains), *buckets, *chains)


def _write_versions(versions: Mapping[int, str], texts: _Texts) -> bytes:
    out = b""
    for position, (number, name) in enumerate(sorted(versions.items()), 1):
        following = 28 if position < len(versions) else 0
        base = int(number == 1)
        out += struct.pack("<HHHHIII", 1, base, number, 1, _hash(name), 20, following)
        out += struct.pack("<II", texts.add(name), 0)
    return out


def _write_head(  # noqa: PLR0917 - the fields of one header
    out: bytearray, elf: Elf, shared: int, written: int, dynamic: int, memory: int
) -> None:
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    header = struct.pack("<HHIQQQIHHHHHH", 3, elf.machine, 1, 0, 64, 0, 0, 64, 56, 4, 0, 0, 0)
    rows = (
        (PT_LOAD, _READ | _RUN, 0, 0, 0, shared, shared, _PAGE),
        (PT_LOAD, _READ | _WRITE, shared, written, written, dynamic, memory, _PAGE),
        (_PT_DYNAMIC, _READ | _WRITE, shared, written, written, dynamic, dynamic, 8),
        (_PT_GNU_STACK, _READ | _WRITE, 0, 0, 0, 0, 0, 16),
    )
    table = b"".join(struct.pack("<IIQQQQQQ", *row) for row in rows)
    out[: 64 + len(table)] = ident + header + table


@dataclass(slots=True)
class _Library:
    """An ELF file of the packages."""

    path: Path
    data: bytes
    elf: Elf


def replace_libraries(
    folder: Path, orders: Iterable[tuple[str, str, str, str, str]]
) -> Iterator[tuple[str, int, str]]:
    """Put stand-ins in the place of libraries; yield (path below it, bytes saved, why it stays).

    An order is a module, a name for the library, and with commas between patterns of its files, of
    the module's names that lead to it, and of those that do not all the same. A library stays where
    a source of another package takes such a name, or where machine code that stays asks for data of
    it. What only libraries that went needed goes with them.
    """
    libraries = dict(_list_libraries(folder))
    gone: set[str] = set()
    for module, name, patterns, used, unused in orders:
        found = {p for p in libraries if _matches(libraries[p], patterns)}
        user = _find_user(folder, module, used.split(","), unused.split(",")) if found else ""
        for inside in sorted(found):
            library = libraries[inside]
            if user:
                yield inside, 0, f"{user} uses {module}"
                continue
            try:
                small = _write_for(inside, libraries, gone | found, name)
            except (struct.error, ValueError, LookupError) as error:
                yield inside, 0, str(error)
                continue
            if len(small) < len(library.data):
                gone.add(inside)
                library.path.write_bytes(small)
                yield inside, len(library.data) - len(small), ""
    for inside in sorted(_find_orphans(libraries, gone)):
        libraries[inside].path.unlink()
        yield inside, len(libraries[inside].data), ""


def _matches(library: _Library, patterns: str) -> bool:
    return any(fnmatch(library.path.name, one) for one in patterns.split(","))


def _list_libraries(folder: Path) -> Iterator[tuple[str, _Library]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and is_elf(path):
            data = path.read_bytes()
            elf = parse_elf(data, sections=False)
            if elf is not None:
                yield path.relative_to(folder).as_posix(), _Library(path, data, elf)


def _find_user(folder: Path, module: str, used: list[str], unused: list[str]) -> str:
    """Return a source outside the module's own package that may call the library, if one does."""
    imports = re.compile(rf"^\s*import {re.escape(module)}\s*(#.*)?$", re.MULTILINE)
    named = re.compile(rf"\b{re.escape(module)}\b(?:\.([\w.]+))?")

    def calls(name: str) -> bool:
        """Tell it of what follows the module's name; nothing does where the module is passed on."""
        taken = not name or any(fnmatchcase(name, one) for one in used)
        return taken and not any(fnmatchcase(name, one) for one in unused)

    for path in sorted(folder.rglob("*.py")):
        inside = path.relative_to(folder)
        if inside.parts[0] not in {module, f"{module}.py"}:
            text = imports.sub("", path.read_text("utf-8", "replace"))
            if any(map(calls, named.findall(text))):
                return inside.as_posix()
    return ""


def _write_for(inside: str, libraries: Mapping[str, _Library], going: set[str], name: str) -> bytes:
    library = libraries[inside]
    symbols = read_symbols(library.data, library.elf)
    names = {library.elf.soname, library.path.name}
    data = symbols.names(defined=True, kinds=(_NOTYPE, _OBJECT, _COMMON))
    for other, user in libraries.items():
        if other in going or names.isdisjoint(user.elf.needed):
            continue
        asked = read_symbols(user.data, user.elf).names(defined=False) & data
        if asked:
            raise ValueError(f"{other} asks for its data {min(asked)}")
    sentence = (
        f"error: {name} was called, and {library.path.name} is not in this image: "
        "nothing seemed to use it (--trim max). Build it with --trim safe.\n"
    )
    return write_stand_in(library.elf, symbols, sentence)


def _find_orphans(libraries: Mapping[str, _Library], gone: set[str]) -> set[str]:
    """Return what only libraries that went needed, transitively."""
    by_name: dict[str, str] = {}
    for inside, one in libraries.items():
        by_name |= {one.path.name: inside, one.elf.soname or one.path.name: inside}
    below = _follow(gone, libraries, by_name) - gone
    needed = _follow(libraries.keys() - below - gone, libraries, by_name, stop=gone)
    users = [
        one
        for one in libraries.keys() - below - gone
        if any(by_name.get(name) in gone for name in libraries[one].elf.needed)
    ]
    asked = {
        name
        for one in users
        for name in read_symbols(libraries[one].data, libraries[one].elf).names(defined=False)
    }
    return {
        one
        for one in below - needed
        if asked.isdisjoint(
            read_symbols(libraries[one].data, libraries[one].elf).names(defined=True)
        )
    }


def _follow(
    starts: Iterable[str],
    libraries: Mapping[str, _Library],
    by_name: Mapping[str, str],
    *,
    stop: Iterable[str] = (),
) -> set[str]:
    seen, todo, ends = set(starts), list(starts), set(stop)
    while todo:
        for name in libraries[todo.pop()].elf.needed:
            inside = by_name.get(name, "")
            if inside and inside not in seen and inside not in ends:
                seen.add(inside)
                todo.append(inside)
    return seen
