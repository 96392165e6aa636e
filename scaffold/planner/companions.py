"""What installed packages and the sources' calls need besides, which no package index has."""

import posixpath
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scaffold.model.codes import Code
from scaffold.model.hardware import Rights
from scaffold.model.knowledge import Companion, Facts
from scaffold.model.project import Project, Use, When
from scaffold.model.resolution import Reason, Weighed

STARTS = "runs-program"
_FETCH = ", or have the build fetch it: --fetch-model PATH=URL#sha256=HASH"
# Not what serves a download, handles one, or tells where it lies.
_DOWNLOADS = re.compile(
    r"(?!(?:serve|send|handle|on|is|has|can|allow|stop|cancel|pause|resume)_)(\w+_)?download"
    r"(?!_(?:url|path|dir|folder|name|link|size|range|func|progress))(_\w+)?"
    r"|fetch_\w+|from_pretrained"
)


def find_companions(
    project: Project,
    facts: Facts,
    installed: Mapping[str, str],
    provided: frozenset[str],
    system: Iterable[str] = (),
) -> Iterator[tuple[Reason, bool]]:
    """Yield what is needed besides, each with whether the application fails without it.

    ``installed`` are normalised names; what is ``provided`` by other means counts as installed.
    ``system`` are programs and packages of the distribution that the image has.
    """
    told: set[Use] = set()
    for companion, uses, lacking in _list_applying(project, facts, installed, provided, system):
        told.update(use for use, _ in uses)
        for use, argument in lacking:
            certain = use is None or _is_certain(use)
            yield _tell(companion, use, argument), companion.refuse and certain
    for use in _list_called(project):
        if use not in told and _DOWNLOADS.fullmatch(_function(use).rpartition(".")[2]):
            yield _downloads(use), False
    yield from _lacking_models(project, told)


def find_rights(
    project: Project, facts: Facts, installed: Mapping[str, str], provided: frozenset[str]
) -> tuple[Rights, tuple[str, ...]]:
    """Return what the container has to be given, and the sentences that say why."""
    rights, asks = Rights(), []
    for companion, _, lacking in _list_applying(project, facts, installed, provided):
        if companion.code == Code.NEEDS_RIGHTS and lacking:
            rights = rights.join(companion.rights)
            asks += [_tell(companion, use, argument).text for use, argument in lacking]
    return rights, tuple(asks)


def _list_called(project: Project) -> list[Use]:
    return [use for use in project.uses if use.code == "calls" and use.when is not When.MAYBE]


def _list_applying(
    project: Project,
    facts: Facts,
    installed: Mapping[str, str],
    provided: frozenset[str],
    system: Iterable[str] = (),
) -> Iterator[tuple[Companion, list[tuple[Use, str]], list[tuple[Use | None, str]]]]:
    """Yield each companion that applies, with the uses it is about and those that lack it.

    A use comes with the call's first argument; it is None where the package alone counts.
    """
    there = {*installed, *(canonicalize_name(name) for name in provided)}
    besides = there.union(map(canonicalize_name, system))
    called = [_function(use) for use in _list_called(project)]
    for name, companion in sorted(facts.companions.items()):
        if name in provided or (companion.package and companion.package in provided):
            continue
        if companion.code == STARTS or not _is_there(companion.package, installed, there):
            continue
        uses = sorted(_matching(companion, project), key=lambda one: not _is_certain(one[0]))
        if not uses and (companion.is_used or not companion.package):
            continue
        lacking = []
        for use, argument in _told_of(companion, uses):
            unless = {one.replace("{0}", argument) for one in companion.unless}
            calls = {one.removesuffix("()") for one in unless if one.endswith("()")}
            given = posixpath.basename(argument) in provided or not calls.isdisjoint(called)
            if not given and besides.isdisjoint(map(canonicalize_name, unless - calls)):
                lacking.append((use, argument))
        yield companion, uses, lacking


def _is_certain(use: Use) -> bool:
    """Tell whether the start does it; a text that names something need not be what is opened."""
    return use.when is When.START and use.code != "names-backend"


def _is_there(package: str, installed: Mapping[str, str], there: Container[str]) -> bool:
    """Tell whether a package is installed, in one of the versions if some are named."""
    if not package or package in there:
        return True
    wanted = Requirement(package)
    version = installed.get(wanted.name, "")
    return bool(wanted.specifier and version) and wanted.specifier.contains(
        version, prereleases=True
    )


def _lacking_models(project: Project, told: Iterable[Use]) -> Iterator[tuple[Reason, bool]]:
    """Yield one note on the model files that the project lacks and that nothing else tells of."""
    known = {posixpath.basename(use.value.partition(" ")[2]) for use in told}
    known |= {posixpath.basename(use.value) for use in project.uses if use.code == "writes-file"}
    lacking = [
        use
        for use in project.uses
        if use.code == "names-model" and use.when is not When.MAYBE
        if posixpath.basename(use.value) not in known
    ]
    if lacking:
        more = f" (and {len(lacking) - 1} more)" if lacking[1:] else ""
        text = (
            f"{lacking[0].origin} names {lacking[0].value}{more}, which the project lacks: "
            "put it there, or mount it"
        )
        yield Reason(code=Code.MODEL_MISSING, text=text), False


def _told_of(
    companion: Companion, uses: Sequence[tuple[Use, str]]
) -> Sequence[tuple[Use | None, str]]:
    """Return the uses that a note each is written for: one, where all would say the same."""
    same = "{0}" not in companion.text + companion.way + "".join(companion.unless)
    return (uses[:1] if same else uses) or ((None, ""),)


def list_started(project: Project, facts: Facts) -> tuple[Use, ...]:
    """Return a use for each program that functions of packages are known to start."""
    return tuple(
        replace(use, code=STARTS, value=argument.partition(" ")[0].rpartition("/")[2])
        for companion in facts.companions.values()
        if companion.code == STARTS
        for use, argument in _matching(companion, project)
        if argument
    )


def _matching(companion: Companion, project: Project) -> Iterator[tuple[Use, str]]:
    """Yield the uses that a companion is about, each with the call's first argument."""
    if companion.call:
        yield from _calling(companion, project)
    elif companion.takes or companion.device:
        for use in project.uses:
            device = use.code == "asks-device" and fnmatchcase(use.value, companion.device)
            taken = use.code == "takes" and any(fnmatchcase(use.value, n) for n in companion.takes)
            if (device or taken) and use.when is not When.MAYBE:
                yield use, ""
    elif companion.module:
        for use in project.uses:
            if use.code == "imports" and use.value == companion.module:
                yield use, ""


def _calling(companion: Companion, project: Project) -> Iterator[tuple[Use, str]]:
    dotted, _, start = companion.call.partition(" ")
    pattern = re.compile(re.escape(dotted).replace(r"\*", ".+"))
    codes = {"calls", "names-backend"}
    if companion.code == Code.NEEDS_COMPANION:  # also to read what the project has
        codes.add("calls-own")
    for use in project.uses:
        called, _, argument = use.value.partition(" ")
        if use.code not in codes or not pattern.fullmatch(called):
            continue
        if argument.startswith(start) and re.fullmatch(companion.argument, argument):
            yield use, argument


# What a text says of a first argument, where the call has none that is a literal.
_UNNAMED = re.compile(r"(model|set|weights)(?: for| of)? \{0\}")


def _tell(companion: Companion, use: Use | None, argument: str) -> Reason:
    what = companion.text
    if not argument:
        what = _UNNAMED.sub(r"\1", what)
    what = what.replace("{0}", argument or "data")
    where = f"{use.origin}: " if use is not None else ""
    given = f"run it with `{companion.rights.options}`" if companion.rights else ""
    way = ", or ".join(one for one in (given, companion.way) if one)
    way += _FETCH if companion.code == Code.DOWNLOADS_DATA and argument else ""
    return Reason(code=companion.code, text=f"{where}{what}; {way}", package=companion.package)


def _function(use: Use) -> str:
    return use.value.partition(" ")[0]


def _downloads(use: Use) -> Reason:
    function, _, argument = use.value.partition(" ")
    text = (
        f"{use.origin}: {function} downloads {argument or 'data'} when it is called; "
        f"add it to the project's folder, or mount a volume for it{_FETCH}"
    )
    return Reason(code=Code.DOWNLOADS_DATA, text=text)


def find_sibling_libraries(packages: Sequence[Weighed]) -> dict[str, frozenset[str]]:
    """Return the sonames that other wheels bring, by the package that needs them.

    The loader finds them along RPATH or RUNPATH in the folder of the other wheel, or has them
    loaded already: a package imports what it requires before it opens its own libraries, and a
    package that opens libraries of what it requires has loaded its own by then.
    """
    folders: dict[str, dict[str, str]] = {}
    for weighed in packages:
        for path in weighed.facts.brings or ():
            folder, _, soname = path.rpartition("/")
            folders.setdefault(soname, {})[weighed.pinned.name] = folder
    requires = {w.pinned.name: frozenset(w.pinned.requires) for w in packages}
    found: dict[str, frozenset[str]] = {}
    for weighed in packages:
        name, sought = weighed.pinned.name, set(weighed.facts.sought)
        found[name] = frozenset(
            soname
            for soname in weighed.facts.needs
            for owner, folder in folders.get(soname, {}).items()
            if (soname, folder) in sought
            or _leads_to(name, owner, requires)
            or _leads_to(owner, name, requires)
        )
    return found


def _leads_to(start: str, end: str, requires: Mapping[str, frozenset[str]]) -> bool:
    """Tell whether a package requires another, directly or by way of others."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for name in requires.get(waiting.pop(), frozenset()) - seen:
            if name == end:
                return True
            seen.add(name)
            waiting.append(name)
    return False


_MOST = 4
# Folders of every Linux (Filesystem Hierarchy Standard 3.0): not for an application's user.
_OF_SYSTEM = frozenset(
    {
        *("bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "media"),
        *("mnt", "opt", "proc", "root", "run", "sbin", "srv", "sys", "tmp", "usr", "var"),
    }
)
# Where it has an application keep folders of its own.
_FOR_APPLICATIONS = (
    *("/etc/opt/", "/media/", "/mnt/", "/opt/", "/srv/", "/var/cache/", "/var/lib/", "/var/local/"),
    *("/var/log/", "/var/opt/", "/var/spool/"),
)


def note_writes(project: Project, *, workdir: str, home: str) -> Iterator[Reason]:
    """Yield a note for each folder that is written to, with what to do about it."""
    folders: dict[str, list[Use]] = {}
    sources = _list_source_folders(project, workdir)
    for use in _writes(project):
        path = posixpath.normpath(posixpath.join(workdir, use.value))
        if not path.startswith(f"{home}/"):
            # A name without an ending is a folder's.
            folder = posixpath.dirname(path) if posixpath.splitext(path)[1] else path
            folders.setdefault(folder, []).append(use)
    for folder in list(folders):
        above = posixpath.dirname(folder)
        if above in folders and above not in sources:
            folders[above] += folders.pop(folder)
    for folder, uses in sorted(folders.items())[:_MOST]:
        yield _tell_write(folder, uses, workdir, home, beside=folder in sources)


def list_written_folders(project: Project, *, workdir: str, home: str) -> tuple[str, ...]:
    """Return the folders that files are written into, the sources' own aside: for volumes.

    An engine makes a volume's folder root's where the image does not have it. What belongs to the
    system, and what may be a file itself, is none.
    """
    volumes = list_volumes(project, workdir=workdir)
    paths = (posixpath.normpath(posixpath.join(workdir, one.value)) for one in _writes(project))
    found = {posixpath.dirname(path) for path in paths if posixpath.splitext(path)[1]}
    free = {*_list_source_folders(project, workdir), home, "/"}
    kept = {
        folder
        for folder in found
        if folder not in free
        and not set("{}*?") & set(folder)
        and not folder.startswith(f"{home}/")
        and (
            folder.startswith((f"{workdir}/", *_FOR_APPLICATIONS))
            or folder.split("/")[1] not in _OF_SYSTEM
        )
    }
    return tuple(sorted(kept | set(volumes)))


def list_volumes(project: Project, *, workdir: str) -> tuple[str, ...]:
    """Return the volumes of the authors' container, where they lie in this one."""
    return tuple(posixpath.normpath(posixpath.join(workdir, one)) for one in project.volumes)


def name_volume(path: str) -> str:
    """Return what a volume at a path is called: ``var-lib-app``."""
    return re.sub(r"\W+", "-", path.strip("/"))


def _writes(project: Project) -> Iterator[Use]:
    return (use for use in project.uses if use.code == "writes-file" and use.when is not When.MAYBE)


def _list_source_folders(project: Project, workdir: str) -> set[str]:
    """Return the folders that surely hold sources: no volume may hide them."""
    start = project.start.value.folder if project.start else "."
    return {workdir, posixpath.normpath(posixpath.join(workdir, start))}


def _tell_write(folder: str, uses: list[Use], workdir: str, home: str, *, beside: bool) -> Reason:
    first = uses[0]
    more = f" (and {len(uses) - 1} more)" if len(uses) > 1 else ""
    path = posixpath.normpath(posixpath.join(workdir, first.value))
    what = f"{first.origin} writes {path}{more}"
    if beside:
        text = (
            f"{what}, next to the sources: this fails with a read-only root, and the file is lost "
            f"with the container; write below {home}, or to a separate folder, such as "
            f"{workdir}/data, and mount a volume there"
        )
    else:
        text = (
            f"{what}: mount a volume at {folder}; without one it is lost with the container, and "
            f"fails with a read-only root (verify: --writable {folder})"
        )
    return Reason(code=Code.WRITES_FILE, text=text, fact=folder)
