"""Say why a package has nothing to install in an environment, and what it does have."""

from collections.abc import Iterator
from functools import reduce
from operator import and_

from packaging.specifiers import SpecifierSet

from scaffold.model.codes import Code
from scaffold.model.index import Page
from scaffold.model.resolution import Reason
from scaffold.model.target import Arch, Environment, LibcFamily
from scaffold.resolver.cache import Requirement
from scaffold.resolver.provider import Provider, UnreadError
from scaffold.resolver.releases import (
    Release,
    accepts_python,
    best_wheel,
    final_releases,
    parse_specifier,
    parse_version,
    split_tags,
)

_ARCH_OF_MACHINE = {arch.machine: arch for arch in Arch}


def explain_missing(provider: Provider, need: Requirement) -> Iterator[Reason]:
    """Yield why no file of a name can be taken, the best explanation first."""
    name, offline, environment = need.name, provider.wanted.offline, provider.answers.environment
    python, locked, page = provider.answers.python, name in provider.locked, provider.page(name)
    needed = f" (needed by {need.parent})" if need.parent else ""
    if need.url:
        text = f"{name}{needed} comes from a direct address that is not a wheel for {environment}"
        if offline and not need.url.partition("#")[0].endswith(".whl"):
            text = f"offline, what {name}{needed} needs is not known: plan once without --offline"
        yield Reason(code=Code.DIRECT_URL, text=text, package=name)
    if page is None:
        text = (
            f"offline, nothing is known of {name}{needed}: plan once without --offline"
            if offline
            else f"the index knows no package named {name}{needed}"
        )
        yield Reason(code=Code.UNKNOWN_PACKAGE, text=text, package=name)
        return
    admissible = tuple(provider.admissible(name, [need]))
    public = _public_spelling(provider, need)
    if not admissible:
        yield _none_admissible(provider, need, page, needed, public)
        return
    newest = admissible[0]
    what = f"{name} {newest.version}{needed}"
    if provider.given_hashes(name, [need]):
        text = f"no file of {what} has the hash that is given for it"
        yield Reason(code=Code.HASH_MISMATCH, text=text, package=name)
    if public and newest.version.local:
        yield _without_local(name, needed, f"=={newest.version}", public)
    if not any(accepts_python(f, python) for r in admissible for f in r.files):
        text = f"{what} does not support Python {environment.python}"
        yield Reason(code=Code.NO_WHEEL, text=text, package=name, fact="requires-python")
    restriction, has_sdist = provider.restriction(name), any(one.sdist for one in admissible)
    sdist = None if newest.wheels or restriction or locked else newest.sdist
    unread = sdist is not None and provider.shelf.source(name, sdist) is None
    if offline and (unread or best_wheel(newest, environment, python) is not None):
        text = f"offline, it is not known what {what} needs itself: plan once without --offline"
        yield Reason(code=Code.UNKNOWN_PACKAGE, text=text, package=name)
    yield Reason(
        code=Code.LOCKED_VERSION_NO_WHEEL if locked else Code.NO_WHEEL,
        text=f"{what} {_lacks(name, newest, environment, restriction, has_sdist=has_sdist)}",
        package=name,
        file=newest.wheels[0].filename if newest.wheels else "",
        fact=_describe_lack(newest, environment).partition(" (")[0],
    )


def _public_spelling(provider: Provider, need: Requirement) -> str:
    """Return the version without its local part, if that has a wheel here; else an empty text."""
    pins = [one.version for one in parse_specifier(need.specifier) or () if "+" in one.version]
    for pin in pins:
        public = parse_version(pin.partition("+")[0])
        for release in provider.releases(need.name):
            if release.version == public and provider.answers.wheel(release) is not None:
                return str(public)
    return ""


def _lacks(
    name: str, newest: Release, environment: Environment, restriction: str, *, has_sdist: bool
) -> str:
    """Say which files a release lacks, and which an option keeps out."""
    if restriction.startswith("--no-binary") and not has_sdist:
        return (
            f"has no sdist, and {restriction} keeps its wheels out: add --only-binary={name} there"
        )
    sdist = ", only an sdist" if has_sdist else " and no sdist to build one from"
    if restriction.startswith("--only-binary") and has_sdist:
        sdist += f", which {restriction} keeps out: add --no-binary={name} there to build it"
    lack = _describe_lack(newest, environment)
    return f"has no wheel for {lack}{sdist} (it has: {list_wheels(newest)})"


def _other_system(page: Page, needed: str, specifier: str) -> Reason | None:
    """Return why every file that is asked for is one for another system, None if it is not so."""
    asked = parse_specifier(specifier)
    found: dict[str, None] = {}
    for text, system in page.elsewhere:
        version = parse_version(text)
        if asked is None or version is None or asked.contains(version, prereleases=True):
            found[system] = None
    if not found:
        return None
    systems = " and ".join(found)
    marker = _MARKERS.get(systems, 'sys_platform != "linux"')
    text = (
        f"{page.name}{needed} is only for {systems}: add a marker, {page.name}{specifier}; {marker}"
    )
    return Reason(code=Code.OTHER_SYSTEM, text=text, package=page.name, fact=systems)


_MARKERS = {
    "Windows": 'sys_platform == "win32"',
    "macOS": 'sys_platform == "darwin"',
    "PyPy": 'implementation_name == "pypy"',
}


def _without_local(name: str, needed: str, specifier: str, public: str) -> Reason:
    text = (
        f"{name}{specifier}{needed} has no wheel here; "
        f"{name}=={public}, without the +, has one: ask for that"
    )
    return Reason(code=Code.VERSION_CONFLICT, text=text, package=name, fact=public)


def _none_admissible(
    provider: Provider, need: Requirement, page: Page, needed: str, public: str
) -> Reason:
    name = need.name
    # Several specifier sets as one, in the order that packaging gives them.
    parsed = (parse_specifier(one) for one in provider.specifiers(name, [need]))
    specifier = str(reduce(and_, filter(None, parsed), SpecifierSet()))
    if reason := _other_system(page, needed, specifier):
        return reason
    if public:
        return _without_local(name, needed, specifier, public)
    if name in provider.locked:
        text = f"the locked {name}{needed} is not on the index, or is not what {specifier} asks"
        return Reason(code=Code.VERSION_CONFLICT, text=text, package=name)
    if provider.wanted.offline:
        text = f"offline, no release of {name}{needed} is known that satisfies {specifier}"
        text = f"{text}: plan once without --offline"
        return Reason(code=Code.UNKNOWN_PACKAGE, text=text, package=name)
    finals = list(final_releases(provider.releases(name)))
    if not finals:
        text = f"{name}{needed} has only pre-releases or withdrawn files; ask for one by version"
        return Reason(code=Code.YANKED_ONLY, text=text, package=name)
    newest = finals[0].version
    text = f"no release of {name}{needed} satisfies {specifier}; the newest is {newest}"
    return Reason(code=Code.VERSION_CONFLICT, text=text, package=name)


def _describe_lack(release: Release, environment: Environment) -> str:
    """Name the one property that no wheel of the release has: libc, architecture or Python."""
    family, machine = environment.libc.family, environment.arch.machine
    if any("any" in split_tags(wheel.filename)[2] for wheel in release.wheels):
        return f"Python {environment.python}"
    suits_libc = [
        p for w in release.wheels for p in split_tags(w.filename)[2] if _family(p) is family
    ]
    if not suits_libc and release.wheels:
        return f"{family} ({environment.arch})"
    if not any(p.endswith(f"_{machine}") for p in suits_libc):
        return f"{environment.arch} ({family})"
    return f"Python {environment.python} ({environment.arch}, {environment.libc})"


def _family(platform: str) -> LibcFamily | None:
    if platform.startswith("musllinux"):
        return LibcFamily.MUSL
    if platform.startswith(("manylinux", "linux_")):
        return LibcFamily.GLIBC
    return None


def _any(filename: str) -> str:
    """Return for which Pythons a wheel without machine code is."""
    interpreters, abis, _ = split_tags(filename)
    if abis == ("none",) and not any(tag.startswith(("py3", "cp3")) for tag in interpreters):
        return "any system, but only Python 2"
    if any(tag.startswith("py3") for tag in interpreters):
        return "any"
    return f"any system, for {', '.join(interpreters)}"


def list_wheels(release: Release) -> str:
    """Return what a release has wheels for, such as ``glibc amd64, glibc arm64, any``."""
    found: set[tuple[str, str]] = set()
    for wheel in release.wheels:
        for platform in split_tags(wheel.filename)[2]:
            if len(release.wheels) == 1 and platform != "any":
                return "-".join(wheel.filename[:-4].rsplit("-", 3)[1:])
            if platform == "any":
                found.add((_any(wheel.filename), ""))
            family = _family(platform)
            for machine, arch in _ARCH_OF_MACHINE.items():
                if family and platform.endswith(f"_{machine}"):
                    found.add((family.value, arch.value))
    return ", ".join(" ".join(pair).strip() for pair in sorted(found)) or "none for Linux"


def explain_unread(error: UnreadError, *, offline: bool) -> Reason:
    """Say that nobody knows what a contender requires, and what to do about it."""
    contender = error.contender
    what = f"{contender.name} {contender.version}"
    if offline:
        text = f"offline, it is not known what {what} requires: plan once without --offline"
    elif contender.wheel or error.why:
        why = f": {error.why}" if error.why else ""
        text = f"the metadata of {contender.file.filename} cannot be read{why}"
    else:
        text = (
            f"{what} has only an sdist here, whose requirements are not known before it is built: "
            "pin a version that has a wheel, or build it on this computer with --build-metadata"
        )
    return Reason(
        code=Code.REQUIREMENTS_UNKNOWN,
        text=text,
        package=contender.name,
        file=contender.file.filename,
    )
