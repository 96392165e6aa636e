"""Every ELF file finds its libraries in the image and is for its processor, imported or not."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scaffold.assembler.elf import Elf
from scaffold.assembler.libraries import Finder, is_musl_libc
from scaffold.docker.image_fs import real_path
from scaffold.docker.installed_packages import Installed, owners
from scaffold.index.elf import MACHINES
from scaffold.model.codes import CheckCode
from scaffold.model.image import Contents, is_database
from scaffold.model.knowledge import PackageFact
from scaffold.model.target import Arch
from scaffold.model.verification import Check, Status

CODE = CheckCode("""libraries (check): every machine code file finds its libraries
    `verify` reads all ELF files of the image and looks up each shared library they name, the way
    the loader does.
    → Add what brings the library (`--with PACKAGE`), or choose a base that ships it.""")
_SHOWN = 8
_OF_SYSTEM = ("/lib", "/usr/lib", "/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/")
_SMALL = {Arch.ARM_V7, Arch.ARM_V6, Arch.I386}
_MACHINES = {arch: (MACHINES[arch.machine], 32 if arch in _SMALL else 64) for arch in Arch}
_PROCESSORS = {machine for machine, _ in _MACHINES.values()}
# Modules of the standard library that need a terminal, a window or a rare database; bases leave
# their libraries out (the official slim image Tk's), and what needs them says so at its start.
_STDLIB_OPTIONAL = {
    *("_tkinter", "readline", "_curses", "_curses_panel", "_dbm", "_gdbm", "nis", "ossaudiodev")
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """An ELF file whose library is nowhere: ``owner`` is its package, empty for none."""

    owner: str
    path: str
    soname: str


def check_libraries(
    contents: Contents,
    packages: Sequence[Installed],
    arch: Arch,
    *,
    facts: Mapping[str, PackageFact],
    brought: Mapping[str, str],
) -> Check:
    """Return whether every library that an ELF file of the image names is in the image.

    What is ``brought`` at run time, by whom the mapping says, cannot be looked up here.
    """
    finder = _Image(contents)
    owned = owners(packages)
    elves = {path: file.elf for path, file in contents.files.items() if file.elf}
    foreign = list(_foreign(elves, packages, owned, arch))
    lacks = sorted(finder.lacks(elves, owned, arch), key=lambda one: (one.owner, one.soname))
    idle = finder.idle(elves, owned)
    outside = [lack for lack in lacks if lack.soname in brought]
    optional = [
        lack
        for lack in lacks
        if lack not in outside and (lack.path in idle or _is_optional(lack, facts))
    ]
    needed = [lack for lack in lacks if lack not in (*outside, *optional)]
    figures = (("elf_files", float(len(elves))),)
    remarks = tuple(
        f"{posixpath.basename(name)} needs {soname}, which "
        + ("the distribution leaves to other packages" if name in idle else "is optional")
        for name, soname in _pairs(optional)
    )
    remarks += tuple(
        f"{posixpath.basename(name)} needs {soname}, which {brought[soname]} brings: not checked"
        for name, soname in _pairs(outside)
    )
    if not needed and not foreign:
        text = f"{len(elves)} ELF files find every library they name"
        if outside:
            sonames = ", ".join(sorted({lack.soname for lack in outside}))
            text += f", but {sonames}, unchecked: {brought[outside[0].soname]} brings it"
        return Check(code=CODE, status=Status.PASSED, text=text, evidence=remarks, figures=figures)
    problems = [*foreign, *_group(needed)]
    return Check(
        code=CODE,
        status=Status.FAILED,
        text=problems[0],
        evidence=(*problems[1:_SHOWN], *_more(problems), *remarks),
        figures=figures,
        hint=_hint(foreign, needed),
    )


def _hint(foreign: Sequence[str], needed: Sequence[Lack]) -> str:
    if foreign:
        return "files of another processor got in: check what is copied, and the wheels' tags"
    names = {lack.owner for lack in needed}
    if "opencv-python" in names:
        return (
            "opencv-python-headless needs no windows: --swap opencv-python=opencv-python-headless"
        )
    return "`leanscaffold explain needs-library`; `leanscaffold generate` adds the system packages"


def _more(problems: Sequence[str]) -> tuple[str, ...]:
    rest = len(problems) - _SHOWN
    return (f"and {rest} more",) if rest > 0 else ()


def _pairs(lacks: Iterable[Lack]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((lack.owner or lack.path, lack.soname) for lack in lacks))


def _group(lacks: Sequence[Lack]) -> Iterator[str]:
    """Yield one sentence per owner and soname, with the first file that needs it."""
    for owner, soname in _pairs(lacks):
        files = [
            lack.path for lack in lacks if (lack.owner or lack.path, lack.soname) == (owner, soname)
        ]
        what = posixpath.basename(files[0])
        where = f" ({what})" if owner != files[0] else ""
        more = f" and {len(files) - 1} more files" if len(files) > 1 else ""
        yield f"{owner}{where}{more} needs {soname}, which no file of the image provides"


def _is_optional(lack: Lack, facts: Mapping[str, PackageFact]) -> bool:
    fact = facts.get(lack.owner)
    if fact is not None and lack.soname in fact.optional_needs:
        return True
    folder, name = posixpath.split(lack.path)
    return folder.endswith("/lib-dynload") and name.partition(".")[0] in _STDLIB_OPTIONAL


def _foreign(
    elves: Mapping[str, Elf], packages: Sequence[Installed], owned: Mapping[str, str], arch: Arch
) -> Iterator[str]:
    """Yield what is for another processor.

    A package may bring files for several (a debugger's agents); it is wrong where its wheel's tag
    says another one, or where nothing in it is for this one.
    """
    expected = _MACHINES[arch]
    right: set[str] = set()
    wrong: dict[str, list[str]] = {}
    for path, elf in sorted(elves.items()):
        owner = owned.get(path, "")
        if (elf.machine, elf.bits) == expected:
            right.add(owner)
        elif elf.machine in _PROCESSORS:
            wrong.setdefault(owner, []).append(path)
    tags = {package.name: package.tags for package in packages}
    for owner, paths in wrong.items():
        if owner and owner in right and _for_arch(tags.get(owner, ()), arch):
            continue
        machine = next(n for n, number in MACHINES.items() if number == elves[paths[0]].machine)
        more = f" and {len(paths) - 1} more files" if len(paths) > 1 else ""
        whose = f" ({owner})" if owner else ""
        yield f"{paths[0]}{whose}{more} is for {machine}, the image is for {arch}"


def _for_arch(tags: Sequence[str], arch: Arch) -> bool:
    """Tell whether a wheel's tags allow an architecture; without tags nobody knows."""
    ends = tuple(f"_{name}" for name in (arch.machine, "universal2"))
    return not tags or any(tag.endswith(("-any", *ends)) for tag in tags)


class _Image(Finder):
    """Finds libraries in an image as it was read from its archive."""

    def __init__(self, contents: Contents) -> None:
        self._files, self._texts = contents.files, contents.texts
        variables = dict(contents.config.environment)
        self.first = tuple(variables.get("LD_LIBRARY_PATH", "").split(":"))

    def read(self, path: str) -> Elf | None:
        """Return what an ELF file at a path says; None for anything else."""
        return self._files[real].elf if (real := self.real(path)) else None

    def names(self, folder: str) -> Iterable[str]:
        """Return the names in a folder, sorted."""
        paths = (posixpath.split(path) for path in self._files)
        return sorted(name for above, name in paths if above == folder)

    def text(self, path: str) -> str:
        """Return a text file that checks read, empty where there is none."""
        return self._texts.get(path, "")

    def lacks(
        self, elves: Mapping[str, Elf], owned: Mapping[str, str], arch: Arch
    ) -> Iterator[Lack]:
        """Yield what the files for this processor need and nothing provides."""
        machine = _MACHINES[arch]
        names = {
            name
            for path, elf in elves.items()
            if path in owned and (elf.machine, elf.bits) == machine
            # Packages load each other's libraries before somebody needs them.
            for name in (elf.soname, posixpath.basename(path))
        }
        for path, elf in sorted(elves.items()):
            if (elf.machine, elf.bits) != machine:
                continue
            for soname in elf.needed:
                if soname in names and path in owned:
                    continue
                if not self.find(soname, path, elf) and not _is_loader(soname):
                    yield Lack(owner=owned.get(path, ""), path=path, soname=soname)

    def idle(self, elves: Mapping[str, Elf], owned: Mapping[str, str]) -> frozenset[str]:
        """Return the distribution's files that no interpreter, package or application is linked to.

        Plugins of its packages lack what their users install besides (Subversion's wallets, in the
        full image). An image without a distribution's records holds only what was taken on purpose.
        """
        if not any(is_database(path) for path in self._files):
            return frozenset()
        seen: set[str] = set()
        queue = [path for path in elves if path in owned or not _is_of_system(path)]
        while queue:
            path = queue.pop()
            if path not in seen and path in elves:
                seen.add(path)
                found = (self.find(soname, path, elves[path]) for soname in elves[path].needed)
                queue += [self.real(one) for one in found]
        return frozenset(path for path in elves if _is_of_system(path)) - seen

    def real(self, path: str) -> str:
        """Return the path of the file at the end of all links, empty where there is nothing."""
        real = real_path(self._files, path) if path else ""
        file = self._files.get(real)
        if file is not None and file.kind == "hard-link" and file.target in self._files:
            return file.target
        return real


def _is_of_system(path: str) -> bool:
    """Tell whether a file is the distribution's, and no part of an interpreter of its own."""
    return path.startswith(_OF_SYSTEM) and "/python3" not in path


def _is_loader(soname: str) -> bool:
    """Tell whether a loader answers to a name itself, or the kernel does."""
    return is_musl_libc(soname) or soname.startswith("linux-vdso")
