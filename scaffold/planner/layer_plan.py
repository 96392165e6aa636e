"""Which packages share a layer, and what a device pulls when one of them changes.

A layer that changes has to be pulled as a whole, and on engines with the classic store all layers
above it as well: they are known by everything below them. So what is heavy or rarely released lies
at the bottom, what is light and often released on top, just below the application.

Where a package belongs depends on that package alone, never on the others or on sums: a new version
of one moves the layers that hold it before and after, and no other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scaffold.model.verdict import Accepted, Size

HEAVY = 20_000_000  # bytes installed: a layer of its own
MIDDLE = 3_000_000
QUICK = 60  # days between releases; half of the packages of the examples are quicker
_MOST_HEAVY = 8  # and three layers of groups, one on top, the base, the application


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLayer:
    """One layer to be: ``name`` is ``base``, ``models``, ``application`` or empty.

    ``packages`` is what is in it. Bytes on disk and to download. ``pulled_classic`` is what a
    device with the classic store downloads when this layer changes; one with containerd's store
    downloads the layer alone.
    """

    name: str
    packages: tuple[str, ...]
    on_disk: int
    download: int
    pulled_classic: int


def split_layers(chosen: Sequence[Accepted]) -> tuple[tuple[str, ...], ...]:
    """Return the packages of each layer but the top one, which gets all others, from the bottom.

    Several targets share a split: of a package's weights and paces the largest counts. Beyond the
    most layers that an image should have, the lightest of the heavy count as middle-weight.
    """
    weights: dict[str, int] = {}
    quick: dict[str, bool] = {}
    for weighed in (w for fits in chosen for w in fits.candidate.packages):
        name = weighed.pinned.name
        weights[name] = max(weights.get(name, 0), weighed.facts.installed)
        pace = weighed.pinned.pace  # of what nobody knows, the middle is assumed
        quick[name] = quick.get(name, False) or (pace is not None and pace <= QUICK)
    heavy = sorted(
        (name for name, weight in weights.items() if weight >= HEAVY),
        key=lambda name: (-weights[name], name),
    )[:_MOST_HEAVY]
    alone = [(name,) for name in sorted(heavy, key=lambda name: (quick[name], name))]
    rest = sorted(set(weights) - set(heavy))
    middle = [name for name in rest if weights[name] >= MIDDLE]
    groups = (
        tuple(name for name in middle if not quick[name]),
        tuple(name for name in middle if quick[name]),
        tuple(name for name in rest if weights[name] < MIDDLE and not quick[name]),
    )
    return (*alone, *(group for group in groups if group))


def price_layers(size: Size, split: Sequence[Sequence[str]]) -> tuple[PlannedLayer, ...]:
    """Return the layers from the bottom, with what a change of each makes a device pull."""
    parts = {label: (on_disk, download) for label, on_disk, download in size.parts}
    weights = {name: (on_disk, download) for name, on_disk, download in size.packages}
    listed = {name for names in split for name in names}
    groups = [tuple(names) for names in split]
    groups.append(tuple(sorted(set(weights) - listed)))
    system = parts.get("system packages", (0, 0))
    base = parts.get("base", (0, 0))
    rows: list[tuple[str, tuple[str, ...], int, int]] = [
        ("base", (), base[0] + system[0], base[1] + system[1])
    ]
    for names in filter(None, groups):
        known = [weights.get(name, (0, 0)) for name in names]
        rows.append(("", names, sum(one[0] for one in known), sum(one[1] for one in known)))
    whole, models = parts.get("application", (0, 0)), size.models
    if models[0]:
        rows.append(("models", (), *models))
    rows.append(("application", (), whole[0] - models[0], max(whole[1] - models[1], 0)))
    return tuple(_price(rows))


def _price(rows: Sequence[tuple[str, tuple[str, ...], int, int]]) -> Iterator[PlannedLayer]:
    above = sum(download for *_, download in rows)
    for name, packages, on_disk, download in rows:
        yield PlannedLayer(
            name=name, packages=packages, on_disk=on_disk, download=download, pulled_classic=above
        )
        above -= download
