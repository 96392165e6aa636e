"""Every module of every installed package imports, and everything planned is installed."""

import posixpath
import sys
from collections.abc import Iterator, Mapping, Sequence

from packaging.utils import canonicalize_name

from scaffold.docker.installed_packages import Installed, optional_names, required_names
from scaffold.model.codes import CheckCode
from scaffold.model.image import Contents
from scaffold.model.knowledge import PackageFact
from scaffold.model.run import Importing, ImportTry
from scaffold.model.verification import Check, Status

CODE = CheckCode("""imports (check): every installed module imports
    `verify` imports each installed module in the image, in a process of its own. What fails in the
    plain image of the same packages too is named and does not fail the check.
    → The evidence names module and error. A package that needs another one at run time is missing
    that requirement; `--trim none` tells whether trimming took a file.""")
# The standard library's modules of other systems.
_ELSEWHERE = {
    "_winapi",
    "_winreg",
    "winreg",
    "msvcrt",
    "winsound",
    "nt",
    "_scproxy",
    "_osx_support",
}
_LACKING = (
    "look for the library or module named: a package may need a system package, another base, or "
    "an extra of its requirement"
)
_KILLED = "a killed process needed more memory than there is: see the memory check"


def check_imports(
    packages: Sequence[Installed],
    owned: Mapping[str, str],
    importing: Importing,
    *,
    planned: Mapping[str, str],
    facts: Mapping[str, PackageFact],
    contents: Contents,
    brought: Mapping[str, str],
) -> Check:
    """Return whether all imports; ``owned`` maps modules to packages, ``planned`` to versions.

    A module need not import here that misses what is ``brought`` at run time.
    """
    lacking = list(_not_installed(packages, planned))
    if importing.broken and not lacking:
        return Check(
            code=CODE,
            status=Status.NOT_VERIFIED,
            text="the image's interpreter could not be asked",
            evidence=(importing.broken,),
            hint="leanscaffold runs the image's own Python: is it where the plan says?",
        )
    by_name = {package.name: package for package in packages}
    failed: list[str] = []
    excused: list[str] = []
    for one in importing.tries:
        if not one.error:
            continue
        package = owned.get(one.module, "")
        reason = (
            name_brought(one.error, brought)
            or _excuse(one, by_name.get(package), facts.get(package))
            or _left_to_others(one, package, packages, facts.get(package), contents)
        )
        line = f"{one.module} ({package}): {one.error}" if package else f"{one.module}: {one.error}"
        if reason:
            excused.append(f"{one.module} does not import, and need not: {reason}")
        else:
            failed.append(line)
    if importing.broken:
        lacking.append(importing.broken)
    return _conclude(packages, importing, [*lacking, *failed], excused)


def check_installed(packages: Sequence[Installed], planned: Mapping[str, str]) -> Check:
    """Return whether all that is planned is installed, where nothing can be imported."""
    if lacking := list(_not_installed(packages, planned)):
        return _conclude(packages, Importing(tries=()), lacking, ())
    return Check(
        code=CODE,
        status=Status.LEFT_OUT,
        text=f"left out (--no-engine): importing {len(packages)} packages, installed as planned",
        figures=(("packages", float(len(packages))),),
    )


def _conclude(
    packages: Sequence[Installed],
    importing: Importing,
    failed: Sequence[str],
    excused: Sequence[str],
) -> Check:
    modules = len(importing.tries)
    figures = (
        ("packages", float(len(packages))),
        ("modules", float(modules)),
        ("import_seconds", sum(one.seconds for one in importing.tries)),
    )
    if failed:
        rest = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        return Check(
            code=CODE,
            status=Status.FAILED,
            text=f"{failed[0]}{rest}",
            evidence=(*failed[1:], *excused),
            figures=figures,
            hint=_KILLED if any(one.crash == "SIGKILL" for one in importing.tries) else _LACKING,
        )
    noun = "package" if len(packages) == 1 else "packages"
    text = (
        f"{len(packages)} {noun}, {modules} modules import"
        if packages
        else "no packages are installed, and none is planned"
    )
    return Check(
        code=CODE, status=Status.PASSED, text=text, evidence=tuple(excused), figures=figures
    )


def name_brought(text: str, brought: Mapping[str, str]) -> str:
    """Return who brings what an error says is missing here, empty where it says nothing of it."""
    found = next((name for name in brought if name in text), "")
    return f"{brought[found]} brings what it misses here ({found})" if found else ""


def _not_installed(packages: Sequence[Installed], planned: Mapping[str, str]) -> Iterator[str]:
    versions = {package.name: package.version for package in packages}
    for name, version in sorted(planned.items()):
        if name not in versions:
            yield f"{name} {version} is planned but not in the image"
        elif version and versions[name] != version:
            yield f"{name} is {versions[name]} in the image, planned was {version}"


def _left_to_others(
    one: ImportTry,
    name: str,
    packages: Sequence[Installed],
    fact: PackageFact | None,
    contents: Contents,
) -> str:
    """Return why a package need not import without its program: only another package brings it.

    Where the project uses it itself, the plan has added the program or refused the base.
    """
    there = {posixpath.basename(path) for path in contents.files if "bin/" in path}
    lacking = [program for program in (fact.programs if fact else ()) if program not in there]
    users = sorted(other.name for other in packages if name in required_names(other))
    if one.absent or not lacking or not users:
        return ""
    return f"it starts {lacking[0]}, which is not in the image, and is there for {users[0]}"


def _excuse(one: ImportTry, package: Installed | None, fact: PackageFact | None) -> str:
    """Return why a module need not import here, empty if it must."""
    if fact is not None and one.module in fact.unimportable:
        return fact.unimportable[one.module]
    top = one.absent.partition(".")[0]
    if not top or package is None:
        return ""
    if top in _ELSEWHERE:
        return f"{top} is of another operating system"
    if top in sys.stdlib_module_names:
        return ""
    if canonicalize_name(top) in optional_names(package):
        return f"{package.name} wants {top} with an extra only"
    return ""
