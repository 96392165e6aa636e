"""What is said of operating system packages: what is added, what cannot be, what is not known."""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from scaffold.model.codes import Code
from scaffold.model.knowledge import Base, Facts, SystemPackage
from scaffold.model.project import Project
from scaffold.model.resolution import Reason, Weighed
from scaffold.model.target import LibcFamily
from scaffold.planner.os_lacks import (
    Lack,
    choose_versions,
)
from scaffold.planner.source_usage import (
    describe_elsewhere,
    is_closed,
)


def note_installs(project: Project, provided: AbstractSet[str]) -> Iterator[Reason]:
    """Yield a note on packages that the sources install when they run."""
    for use in project.uses:
        if use.code == "installs-packages" and use.value not in provided:
            text = (
                f"{use.origin} installs packages with {use.value} when it runs, which an image "
                "without it and with a read-only root refuses: add them to the requirements"
            )
            yield Reason(code=Code.INSTALLS_PACKAGES, text=text)


def note_repositories(project: Project) -> Iterator[Reason]:
    """Yield a note on each requirement that is built from a repository."""
    for one in project.asked:
        if one.build_from:
            compiled = f" with a compiler ({', '.join(one.build_tools)})" if one.build_tools else ""
            text = (
                f"{one.name} is built from {one.build_from}{compiled} when the image is built; its "
                "size is not known before the build"
            )
            yield Reason(code=Code.FROM_REPOSITORY, text=text, package=one.name)


def note_own_extensions(project: Project) -> Iterator[Reason]:
    """Yield a note on each package of the project that has code to compile."""
    for one in project.packages:
        if one.tools:
            text = (
                f"{one.name} has code to compile ({', '.join(one.tools)}; {one.origin}), which is "
                f"built with the image; its size is not known before the build, so the prediction "
                f"covers the range of such code elsewhere"
            )
            yield Reason(code=Code.OWN_EXTENSION, text=text, package=one.name)


def note_distribution(base: Base, name: str, version: str, package: str) -> Reason:
    """Return a note on a package that the distribution brings."""
    text = f"{name} {version} is {base.distribution.title()}'s own: {package}"
    return Reason(code=Code.FROM_DISTRIBUTION, text=text, package=name, fact=package)


def check_glibc(base: Base, packages: Sequence[Weighed]) -> Iterator[Reason]:
    """Trust symbol versions, not tags: some wheels need a newer glibc than their name says."""
    if base.libc is not LibcFamily.GLIBC:
        return
    for weighed in packages:
        floor = weighed.facts.glibc
        if floor is not None and floor > base.libc_version:
            have = ".".join(map(str, base.libc_version))
            text = (
                f"{weighed.pinned.name} {weighed.pinned.version} needs glibc "
                f"{floor[0]}.{floor[1]}, {base.id} has {have}"
            )
            yield Reason(
                code=Code.GLIBC_TOO_OLD,
                text=text,
                package=weighed.pinned.name,
                file=weighed.pinned.file.filename,
                fact=base.id,
            )


def note_versions(facts: Facts, base: Base, packages: Sequence[Weighed]) -> Iterator[Reason]:
    """Yield a note where a base has none of the versions that a wheel has builds for."""
    for weighed in packages:
        lacking = [
            soname
            for several, taken in choose_versions(facts, base, weighed)
            for soname in sorted(several)
            if not taken
        ]
        if lacking:
            text = (
                f"{weighed.pinned.name} has builds for {', '.join(lacking)}, and {base.id} has "
                "none of them: code that uses these libraries fails"
            )
            yield Reason(
                code=Code.MAY_NEED_LIBRARY,
                text=text,
                package=weighed.pinned.name,
                file=weighed.pinned.file.filename,
                fact=lacking[0],
            )


def explain_lack(facts: Facts, base: Base, lack: Lack) -> Reason:
    """Return why a base cannot have a library or program."""
    what = "program" if lack.program else "library"
    code = Code.NEEDS_PROGRAM if lack.program else Code.NEEDS_LIBRARY
    closed = is_closed(base)
    elsewhere = describe_elsewhere(facts, lack.id)
    if not elsewhere and base.package_manager == "apt" and (named := name_by_policy(lack.id)):
        elsewhere = f" (by Debian's rule for names it is that of {named})"
    why = f"no package of {base.id} is known to have it{elsewhere}"
    driven = next((one for one in facts.accelerators.values() if lack.id in one.provides), None)
    if driven is not None:
        why = (
            f"the driver of the {driven.name} brings it: --accelerator {driven.id} says that the "
            "device has one"
        )
    elif base.origin:
        why = f"{base.id} has only the libraries that binaries link to"
        if lack.program:
            out = f", `--provided {lack.id}` leaves it out" if lack.likely else ""
            why = f"{base.id} has no programs; `--with {lack.id}` adds it{out}"
    elif closed:
        why = f"{base.id} has no package manager"
    elif lack.sought:
        why = f"find_library asks ldconfig or a compiler for it, and {base.id} has neither"
    return Reason(
        code=code if closed else Code.LIBRARY_UNAVAILABLE,
        text=f"{_wants(lack)} the {what} {lack.id}: {why}",
        package=lack.package,
        file=lack.file,
        fact=lack.id,
    )


def name_by_policy(soname: str) -> str:
    """Return what Debian's policy (8.1) calls the package of a library, empty for no soname."""
    found = re.fullmatch(r"(lib[\w.+-]*?)(?:\.so\.([\d.]+)|-([\d.]+)\.so)", soname)
    if found is None:
        return ""
    name = found[1].lower().replace("_", "-")
    return f"{name}{'-' if name[-1].isdigit() else ''}{found[2] or found[3]}"


def _wants(lack: Lack) -> str:
    if lack.likely:
        return (
            f"no source names {lack.id}, but {lack.package} installs it: a dependency likely needs"
        )
    return f"{lack.package} {'asks for' if lack.package.startswith('--') else 'needs'}"


def explain_addition(base: Base, lack: Lack, package: SystemPackage, *, known: bool) -> Reason:
    """Return that a package is added, and for whom."""
    code = Code.NEEDS_PROGRAM if lack.program else Code.NEEDS_LIBRARY
    text = f"{_wants(lack)} {lack.id}, which {base.id} lacks: {package.name} is added"
    text += f" (`--provided {lack.id}` leaves it out)" if lack.likely else ""
    if not known:
        text += ", if the distribution has it, and its size is not counted: nothing is known of it"
    return Reason(
        code=code if known and not lack.likely else Code.MAY_NEED_PROGRAM,
        text=text,
        package=lack.package,
        file=lack.file,
        fact=lack.id,
    )
