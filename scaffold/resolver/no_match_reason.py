"""Say why a package has nothing to install in an environment, and what it does have."""

from packaging.version import Version

from scaffold.model.resolution import Reason
from scaffold.model.target import Arch, Environment, LibcFamily
from scaffold.resolver.releases import Release, accepts_python, final_releases, split_tags

_ARCH_OF_MACHINE = {arch.machine: arch for arch in Arch}


def describe_missing(
    *,
    name: str,
    parent: str,
    specifier: str,
    url: str,
    environment: Environment,
    python: Version,
    releases: tuple[Release, ...],
    admissible: tuple[Release, ...],
    locked: bool,
    known: bool,
    offline: bool,
) -> Reason:
    """Return the one reason that explains best why no file of ``name`` can be taken."""
    needed = f" (needed by {parent})" if parent else ""
    if url:
        text = f"{name}{needed} comes from a direct address that is no wheel for {environment}"
        return Reason(code="direct-url", text=text, package=name)
    if not known:
        text = (
            f"offline, nothing is known of {name}{needed}: plan once without --offline"
            if offline
            else f"the index knows no package named {name}{needed}"
        )
        return Reason(code="unknown-package", text=text, package=name)
    if not admissible:
        return _none_admissible(name, needed, specifier, releases, locked=locked)
    newest = admissible[0]
    if not any(accepts_python(f, python) for r in admissible for f in r.files):
        text = f"{name} {newest.version}{needed} does not support Python {environment.python}"
        return Reason(code="no-wheel", text=text, package=name, fact="requires-python")
    what = f"{name} {newest.version}{needed}"
    if offline and any("any" in split_tags(wheel.filename)[2] for wheel in newest.wheels):
        text = f"offline, nobody knows what {what} needs itself: plan once without --offline"
        return Reason(code="unknown-package", text=text, package=name)
    lacks = f"has no wheel for {_describe_lack(newest, environment)}"
    has_sdist = any(release.sdist for release in admissible)
    sdist = ", only an sdist" if has_sdist else " and no sdist to build one from"
    code = "locked-version-no-wheel" if locked else "no-wheel"
    return Reason(
        code=code,
        text=f"{what} {lacks}{sdist} (it has: {list_wheels(newest)})",
        package=name,
        file=newest.wheels[0].filename if newest.wheels else "",
        fact=_lacking_fact(newest, environment),
    )


def _none_admissible(
    name: str, needed: str, specifier: str, releases: tuple[Release, ...], *, locked: bool
) -> Reason:
    if locked:
        text = f"the locked {name}{needed} is not on the index, or is not what {specifier} asks"
        return Reason(code="version-conflict", text=text, package=name)
    finals = list(final_releases(releases))
    if not finals:
        text = f"{name}{needed} has only pre-releases or withdrawn files; ask for one by version"
        return Reason(code="yanked-only", text=text, package=name)
    newest = finals[0].version
    text = f"no release of {name}{needed} satisfies {specifier}; the newest is {newest}"
    return Reason(code="version-conflict", text=text, package=name)


def _describe_lack(release: Release, environment: Environment) -> str:
    """Name the one property that no wheel of the release has: libc, architecture or Python."""
    family, machine = environment.libc.family, environment.arch.machine
    suits_libc = [
        p for w in release.wheels for p in split_tags(w.filename)[2] if _family(p) is family
    ]
    if not suits_libc and release.wheels:
        return f"{family} ({environment.arch})"
    if not any(p.endswith(f"_{machine}") for p in suits_libc):
        return f"{environment.arch} ({family})"
    return f"Python {environment.python} ({environment.arch}, {environment.libc})"


def _lacking_fact(release: Release, environment: Environment) -> str:
    lack = _describe_lack(release, environment)
    return lack.partition(" (")[0]


def _family(platform: str) -> LibcFamily | None:
    if platform.startswith("musllinux"):
        return LibcFamily.MUSL
    if platform.startswith(("manylinux", "linux_")):
        return LibcFamily.GLIBC
    return None


def list_wheels(release: Release) -> str:
    """Return what a release has wheels for, such as ``glibc amd64, glibc arm64, any``."""
    found: set[tuple[str, str]] = set()
    for wheel in release.wheels:
        for platform in split_tags(wheel.filename)[2]:
            if len(release.wheels) == 1 and platform != "any":
                return "-".join(wheel.filename[:-4].rsplit("-", 3)[1:])
            if platform == "any":
                found.add(("any", ""))
            family = _family(platform)
            for machine, arch in _ARCH_OF_MACHINE.items():
                if family and platform.endswith(f"_{machine}"):
                    found.add((family.value, arch.value))
    return ", ".join(" ".join(pair).strip() for pair in sorted(found)) or "none for Linux"
