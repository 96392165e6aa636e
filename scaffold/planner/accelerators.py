"""Which packages are of use with what a device computes with, and where their files lie."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from scaffold.model.codes import Code
from scaffold.model.knowledge import NONE, Accelerator, AcceleratorRule
from scaffold.model.project import Project, Use, When
from scaffold.model.resolution import Reason
from scaffold.model.target import Device, Target

_REFUSED = frozenset({"useless", "unusable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What holds for one package on one target."""

    package: str
    accelerator: Accelerator
    rule: AcceleratorRule


def find_advice(
    accelerators: Mapping[str, Accelerator], target: Target, package: str
) -> Advice | None:
    """Return what is known of a package there; None where nothing is, or no accelerator is named.

    On a device with an accelerator that nobody asked for, whose files the default index lacks, the
    package is taken as on a device without, if it is of use there.
    """
    if not target.accelerator:
        return None
    found = _find_rule(accelerators, target, package, target.accelerator)
    unused = found is not None and found.rule.verdict == "unusable" and not target.accelerator_asked
    if unused:
        plain = _find_rule(accelerators, target, package, NONE)
        found = found if plain is not None and plain.rule.verdict == "useless" else plain
    return found


def find_used(
    accelerators: Mapping[str, Accelerator], target: Target, packages: Iterable[str]
) -> Accelerator | None:
    """Return the target's accelerator if it was asked for or a package uses it, None otherwise."""
    own = accelerators.get(target.accelerator)
    if own is None or target.accelerator_asked:
        return own
    for package in packages:
        advice = _find_rule({own.id: own}, target, package, own.id)
        if own.is_part(package) or (advice is not None and advice.rule.verdict == "works"):
            return own
    return None


def _find_rule(
    accelerators: Mapping[str, Accelerator], target: Target, package: str, used: str
) -> Advice | None:
    for accelerator in accelerators.values():
        when = "present" if accelerator.id == used else "absent"
        for rule in accelerator.rules:
            if rule.when == when and rule.covers(package) and _applies(rule, target):
                return Advice(package=package, accelerator=accelerator, rule=rule)
    return None


def _applies(rule: AcceleratorRule, target: Target) -> bool:
    device = target.device
    if rule.arches and target.arch not in rule.arches:
        return False
    if not rule.capabilities:
        return True
    return device is not None and device.capability in rule.capabilities


def list_refusals(
    accelerators: Mapping[str, Accelerator],
    target: Target,
    packages: Iterable[str],
    *,
    musl: bool = False,
    bound: Collection[str] = (),
) -> Iterator[Reason]:
    """Yield why packages cannot do there what they are for, with what can.

    Those that are ``bound`` come from the vendor's index.
    """
    for package in packages:
        driven = next((one for one in accelerators.values() if one.is_part(package)), None)
        if musl and driven is not None:
            text = f"{package} is for the {driven.name}, whose driver library is built for glibc"
            code = Code.ACCELERATOR_FILES_MISSING
            yield Reason(code=code, text=text, package=package, fact=driven.id)
            continue
        advice = find_advice(accelerators, target, package)
        if advice is not None and advice.rule.verdict in _REFUSED and package not in bound:
            useless = advice.rule.verdict == "useless"
            yield Reason(
                code=Code.USELESS_ON_DEVICE if useless else Code.ACCELERATOR_FILES_MISSING,
                text=describe(advice, target),
                package=package,
                fact=advice.accelerator.id,
            )


def describe(advice: Advice, target: Target) -> str:
    """Return a refusal as a sentence: what, why, and what to do instead."""
    rule, where = advice.rule, _name_place(target.device)
    added = target.device.sockets if target.device and not target.accelerator_asked else ()
    if rule.verdict == "useless" and advice.accelerator.id in added:
        text = (
            f"{advice.package} needs the {advice.accelerator.name}, which can be added {where} "
            f"(--accelerator {advice.accelerator.id} if it is present)"
        )
    elif rule.verdict == "useless":
        text = f"{advice.package} cannot be used {where}: {rule.why}"
    else:
        text = f"{advice.package} does not run on the {advice.accelerator.name} {where}: {rule.why}"
    if rule.index_url or rule.base:
        text += f". {_name_remedy(rule)}"
    return f"{text} (--swap {advice.package}={rule.swap})" if rule.swap else text


def _name_place(device: Device | None) -> str:
    return f"on {device.name}" if device else "on this device"


def _name_remedy(rule: AcceleratorRule) -> str:
    parts = [f"JetPack {', '.join(rule.jetpacks)}"] if rule.jetpacks else []
    parts += [f"wheels of {rule.index_url}"] if rule.index_url else []
    parts += [f"Python {', '.join(rule.pythons)}"] if rule.pythons else []
    parts += [f"base {rule.base}"] if rule.base else []
    return f"Works with: {', '.join(parts)} (not tried on a device)"


def list_unused(
    accelerators: Mapping[str, Accelerator],
    target: Target,
    packages: Iterable[str],
    *,
    bound: Collection[str] = (),
) -> Iterator[Reason]:
    """Yield a note where a device's own accelerator stays unused by what could use it."""
    own = accelerators.get(target.accelerator)
    if own is None or target.accelerator_asked:
        return
    for package in packages:
        advice = _find_rule(accelerators, target, package, target.accelerator)
        if advice is not None and advice.rule.verdict == "unusable" and package not in bound:
            remedy = _name_remedy(advice.rule) if advice.rule.index_url or advice.rule.base else ""
            text = f"the {own.name} stays unused: {package}: {advice.rule.why}"
            yield Reason(
                code=Code.ACCELERATOR_UNUSED,
                text=f"{text}. {remedy}" if remedy else text,
                package=package,
                fact=own.id,
            )
            return


def list_unknown(
    accelerators: Mapping[str, Accelerator], target: Target, packages: Collection[str]
) -> Iterator[Reason]:
    """Yield a note for each package of which nobody knows what it does on the device.

    ``packages`` are those that the project asks for itself: others do without what they require
    for a GPU alone, or are listed themselves.
    """
    told = {one.package for one in list_unused(accelerators, target, packages)}
    for package in packages:
        advice = None if package in told else find_advice(accelerators, target, package)
        if advice is not None and advice.rule.verdict == "unknown":
            yield Reason(
                code=Code.ACCELERATOR_UNKNOWN,
                text=f"{package} {_name_place(target.device)}: {advice.rule.why}",
                package=package,
                fact=advice.accelerator.id,
            )


def list_asked(
    accelerators: Mapping[str, Accelerator],
    target: Target,
    uses: Iterable[Use],
    packages: Collection[str],
    *,
    bound: Collection[str] = (),
) -> Iterator[Reason]:
    """Yield a note for each accelerator that the sources insist on and the image cannot use."""
    asked = [use for use in uses if use.code == "asks-device" and use.when is not When.MAYBE]
    for own in accelerators.values():
        found = [
            (use, effect)
            for use in asked
            for pattern, effect in own.asks.items()
            if fnmatchcase(use.value, pattern)
        ]
        if not found:
            continue
        use, effect = found[0]
        if own.id != target.accelerator:
            where = f"and there is no {own.name} {_name_place(target.device)}: {effect}"
            where = where if target.accelerator else f"and without an {own.name} {effect}"
        elif any(list_unused(accelerators, target, packages, bound=bound)):
            where = f"and the {own.name} stays unused: {effect}"
        else:
            continue
        package, _, number = use.value.rpartition(":")
        shown = f"device {number}" if package in packages else f'"{use.value}"'
        text = f"{use.origin} asks for {shown} alone, {where}"
        yield Reason(code=Code.ACCELERATOR_ASKED, text=text, fact=own.id)


def choose_indexes(
    accelerators: Mapping[str, Accelerator],
    target: Target,
    project: Project,
    packages: Sequence[str],
) -> tuple[tuple[str, str], ...]:
    """Return the packages that have a better index than the default, with its address.

    What the user settled stays: a lock, hashes, an address, or an index for the package.
    """
    if project.index.no_index:
        return ()
    settled = {a.name for a in project.asked if a.hashes or a.url or a.path or a.index}
    settled |= {one.name for one in (project.lock.packages if project.lock else ())}
    settled |= {name for name, _ in project.index.vendor_urls}
    found: list[tuple[str, str]] = []
    for package in packages:
        advice = find_advice(accelerators, target, package)
        if advice is not None and advice.rule.verdict == "index" and package not in settled:
            found.append((package, advice.rule.index_url))
    return tuple(found)


def choose_omitted(
    accelerators: Mapping[str, Accelerator],
    target: Target,
    project: Project,
    packages: Sequence[str],
) -> tuple[tuple[str, str], ...]:
    """Return pairs (name, pattern) of what packages require and do without on this target.

    What the project asks for itself, or has in its lock, stays.
    """
    kept = {one.name for one in project.asked}
    kept |= {one.name for one in (project.lock.packages if project.lock else ())}
    found = []
    for package in packages:
        advice = find_advice(accelerators, target, package)
        for pattern in advice.rule.omits if advice is not None else ():
            names = [name for name in packages if fnmatchcase(name, pattern)]
            if names and kept.isdisjoint(names):
                found.append((package, pattern))
    return tuple(found)


def bind_configured(
    accelerators: Mapping[str, Accelerator], target: Target, project: Project
) -> Project:
    """Return the project whose packages come from the vendor's index that the user configured.

    What the default index has of them, perhaps newer, does not run on the accelerator.
    """
    known = (project.index.index_url, *project.index.extra_index_urls)
    urls = {urlsplit(url).hostname: url for url in known if url}
    own = accelerators.get(target.accelerator)
    bound = tuple(
        (package, urls[host])
        for rule in (own.rules if own else ())
        if rule.when == "present" and rule.verdict == "unusable" and _applies(rule, target)
        for host in [urlsplit(rule.index_url).hostname]
        if host and host in urls
        for package in rule.packages
    )
    return with_indexes(project, bound) if bound else project


def with_indexes(project: Project, urls: tuple[tuple[str, str], ...]) -> Project:
    """Return the project whose packages come from these indexes and no others."""
    return replace(project, index=replace(project.index, vendor_urls=urls))


def without_parts(project: Project, patterns: tuple[str, ...]) -> Project:
    """Return the project in which no such package may be needed."""
    return replace(project, index=replace(project.index, without=patterns))


def unusable_parts(
    accelerators: Mapping[str, Accelerator], target: Target, packages: Iterable[str]
) -> tuple[str, ...]:
    """Return the patterns of parts that an older version could do without on this target."""
    patterns: dict[str, None] = {}
    for package in packages:
        advice = find_advice(accelerators, target, package)
        if advice is not None and target.arch in advice.rule.plain_arches:
            patterns |= dict.fromkeys(advice.accelerator.parts)
    return tuple(patterns)
