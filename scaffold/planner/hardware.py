"""What the device's own system has to give the container, and what belongs to another board."""

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache

from scaffold.model.codes import Code
from scaffold.model.hardware import Access, DeviceFiles, Group, Hardware, HardwareFact, HostAccess
from scaffold.model.knowledge import Facts
from scaffold.model.project import Origin, Project, Use, When
from scaffold.model.resolution import Reason
from scaffold.model.target import LIBRARY_FOLDERS, Device, Target
from scaffold.planner.companions import find_rights
from scaffold.resolver.support import join_words


def find_access(
    facts: Facts,
    project: Project,
    target: Target,
    installed: Mapping[str, str] | None = None,
    provided: Iterable[str] = (),
) -> HostAccess:
    """Return what the container needs; what the sources open goes before what packages do.

    ``installed`` maps packages to versions, ``provided`` what is there by other means.
    """
    files = facts.device_files
    found = {
        use.value: f"opened in {use.origin}" for use in project.uses if use.code == "opens-device"
    }
    kinds = {_kind(path, files) for path in found} - {""}
    variables: dict[str, str] = {}
    security: dict[str, None] = {}
    shares = ""
    bus = str(target.device.i2c if target.device else 1)
    for access, who, origin in _list_needed(facts.hardware, project, _board_of(target)):
        variables |= access.variables
        security |= dict.fromkeys(access.security)
        shares = shares or (f"what {who} shares, {origin}" if access.shares else "")
        for text in access.opens:
            path = text.replace("{lib}", LIBRARY_FOLDERS[target.arch]).replace("{i2c}", bus)
            if _kind(path, files) not in kinds:
                found.setdefault(path, f"what {who} opens, {origin}")
    rights, asks = find_rights(project, facts, installed or {}, frozenset(provided))
    return HostAccess(
        rights=rights,
        asks=asks,
        shares=shares,
        hardware=tuple(_describe_file(path, why, files) for path, why in sorted(found.items())),
        variables=variables,
        security=tuple(sorted(security)),
    )


def _board_of(target: Target) -> str:
    return target.device.board if target.device else ""


def _list_needed(
    rows: Mapping[str, HardwareFact], project: Project, board: str
) -> Iterator[tuple[Access, str, Origin]]:
    """Yield what is needed, by what, and where that is asked for or called."""
    for row in rows.values():
        if not row.fits(board):
            continue
        asked = next((one for one in project.asked if row.covers(one.name)), None)
        if asked is not None:
            yield row.access_on(board), asked.name, asked.origin
        elif (use := next(_calls(row, project), None)) is not None:
            called, _, argument = use.value.partition(" ")
            yield row.access_on(board), f"{called}({argument})", use.origin


def _calls(row: HardwareFact, project: Project) -> Iterator[Use]:
    if not row.call:
        return
    dotted, _, start = row.call.partition(" ")
    pattern = re.compile(re.escape(dotted).replace(r"\*", ".+"))
    for use in project.uses:
        called, _, argument = use.value.partition(" ")
        if use.code == "calls" and pattern.fullmatch(called) and argument.startswith(start):
            yield use


def _describe_file(path: str, why: str, files: Mapping[str, DeviceFiles]) -> Hardware:
    row = files.get(_kind(path, files))
    group = None
    if row is not None and row.group:
        group = Group(
            name=row.group,
            variable=f"{row.group.upper()}_GID",
            number=row.number,
            member=row.member,
        )
    return Hardware(
        path=path,
        variable=re.sub(r"[^A-Z0-9]+", "_", path.removeprefix("/dev/").upper()),
        why=why,
        group=group,
        rule=row.rule if row else "",
    )


def _kind(path: str, files: Mapping[str, DeviceFiles]) -> str:
    """Return how its name starts in the table, empty for what is not there or no device."""
    name = path.removeprefix("/dev/")
    return next((start for start in files if path != name and name.startswith(start)), "")


def list_mounted(facts: Facts, project: Project) -> dict[str, tuple[str, ...]]:
    """Return the sonames that each library loads which is mounted from the device's system."""
    return {
        posixpath.basename(path): access.needs
        for access, *_ in _list_needed(facts.hardware, project, "")
        for path in access.opens
        if ".so" in path
    }


def find_brought(
    facts: Facts, target: Target, provided: Iterable[str] = (), project: Project | None = None
) -> dict[str, str]:
    """Return who brings what at run time: libraries, and what errors say where they are missing.

    Where it is not known whether the device has an accelerator, its driver may be there.
    """
    found = {
        text: f"the driver of the {one.name}"
        for one in facts.accelerators.values()
        if target.accelerator in {"", one.id}
        for text in (*one.provides, *one.signs)
    }
    if project is not None:
        found |= dict.fromkeys(list_mounted(facts, project), "the device's system")
    return found | {name: "a mount (--provided)" for name in provided if ".so" in name}


def list_notes(facts: Facts, project: Project, target: Target) -> Iterator[Reason]:
    """Yield what has to be done besides for what the project asks for."""
    for access, *_ in _list_needed(facts.hardware, project, _board_of(target)):
        if access.note:
            yield Reason(code=Code.NEEDS_DEVICE_HALF, text=access.note)


def list_misfits(
    facts: Facts,
    target: Target,
    project: Project,
    packages: Mapping[str, Collection[str]],
    *,
    resolved: bool = True,
) -> Iterator[tuple[Reason, bool]]:
    """Yield why packages, and what the sources call, cannot work on the target's board.

    Each comes with whether the application fails for it. Where the device's board is not known,
    it is told what works on certain boards alone. ``packages`` are all that is installed, with
    what requires each, or, where nothing was ``resolved``, what is asked for: then what else may be
    there is not known. What others require alone is refused only if the sources import it; what
    is required by a package that stands in this very table is its affair.
    """
    board, asked = _board_of(target), {one.name for one in project.asked}
    for package, by in packages.items():
        known = {one for one in by if _list_rows(facts, one)}
        brought = [one for one in by if one not in known and package not in asked]
        if package not in asked and not brought:
            continue
        for row in _list_rows(facts, package):
            if row.unless and (not resolved or not {*row.unless}.isdisjoint({*asked, *packages})):
                continue
            if not row.fits(board):
                fails = not row.told and _is_needed(row, project, asked=not brought)
                yield _describe(row, package, target.device, brought, fails=fails), fails
            elif target.device is not None and not board and row.boards:
                yield _describe(row, package, target.device, brought, fails=False), False
    yield from _list_called(facts.hardware.values(), project, target.device)


@cache
def _list_rows(facts: Facts, package: str) -> tuple[HardwareFact, ...]:
    """Return what is known of a package; every candidate of a plan asks for nearly the same."""
    return tuple(row for row in facts.hardware.values() if row.covers(package))


def _list_called(
    rows: Iterable[HardwareFact], project: Project, device: Device | None
) -> Iterator[tuple[Reason, bool]]:
    for row in rows:
        use = None if row.fits(device.board if device else "") else next(_calls(row, project), None)
        if use is None or device is None:
            continue
        function, _, argument = use.value.partition(" ")
        text = f"{use.origin}: {argument or function} does not work on {device.name}: {row.why}"
        fails = use.when is When.START and not row.told
        code = Code.USELESS_ON_DEVICE if fails else Code.OTHER_BOARD
        yield Reason(code=code, text=text), fails


def _is_needed(row: HardwareFact, project: Project, *, asked: bool) -> bool:
    """Tell whether the sources need a package: they import it, or ask and are not known."""
    imports = [one for one in project.uses if one.code == "imports"]
    return (asked and not imports) or any(
        use.when is not When.MAYBE
        for use in imports
        if any(use.value == name or use.value.startswith(f"{name}.") for name in row.modules)
    )


def _describe(
    row: HardwareFact, package: str, device: Device | None, brought: Sequence[str], *, fails: bool
) -> Reason:
    where = f"on {device.name}" if device else "on this device"
    known = device is not None and device.board
    named = f"{package}, which {join_words(sorted(brought))} requires," if brought else package
    text = f"{named} {'does not work' if known else 'may not work'} {where}: {row.why}"
    if known and row.swap:
        text += f" (--swap {package}={row.swap})"
    code = Code.USELESS_ON_DEVICE if fails else Code.OTHER_BOARD
    return Reason(code=code, text=text, package=package)
