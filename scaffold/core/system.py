"""What installing distribution packages costs, counting what several of them share only once."""

from collections.abc import Iterable

from scaffold.model.knowledge import Distribution, Facts, SystemPackage
from scaffold.model.target import Arch


def system_cost(
    release: str,
    packages: Iterable[str],
    facts: Facts,
    *,
    arch: Arch = Arch.AMD64,
    alone: bool = False,
) -> tuple[int, int, tuple[str, ...]]:
    """Return (bytes on disk, bytes to download, all names) of packages with all they pull in.

    ``release`` is a ``Base.distribution_key``. The result is what comes on top of the slim
    image of that release. An architecture without figures of its own is counted as amd64. A
    package that the release's table lacks counts with what libraries.toml says of it, which for
    several such packages is an upper bound: what they share is counted for each. ``alone`` counts
    the packages without what they pull in: for a base that takes over single libraries.
    """
    wanted = sorted(set(packages))
    table = distribution(release, arch, facts)
    names: tuple[str, ...] = ()
    on_disk = download = 0
    if table is not None:
        names = tuple(n for n in wanted if n in table.packages) if alone else table.closure(wanted)
        on_disk, download = table.weigh(names)
    written = _written(release, facts)
    others = [name for name in wanted if name not in names]
    for name in others:
        if name in written:
            on_disk += written[name].on_disk
            download += written[name].download
    return on_disk, download, tuple(sorted((*names, *others)))


def distribution(release: str, arch: Arch, facts: Facts) -> Distribution | None:
    """Return the table of a release for an architecture, or else the one for amd64."""
    own = facts.distributions.get(f"{release}-{arch.slug}")
    return own if own is not None else facts.distributions.get(release)


def _written(release: str, facts: Facts) -> dict[str, SystemPackage]:
    """Return the packages of a release that libraries.toml has figures for, the largest of each."""
    found: dict[str, SystemPackage] = {}
    for library in facts.libraries.values():
        package = library.packages.get(release)
        if package is not None and (
            package.name not in found or found[package.name].on_disk < package.on_disk
        ):
            found[package.name] = package
    return found
