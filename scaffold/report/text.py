"""What people read after ``plan`` and ``generate``: the choice, its reasons, and what is next."""

import shlex
from collections.abc import Sequence

from scaffold.model.codes import OF_FILES, Code
from scaffold.model.resolution import Reason, list_notes
from scaffold.model.target import Target
from scaffold.model.verdict import Accepted, Decision, Suggestion
from scaffold.planner.layer_plan import PlannedLayer
from scaffold.planner.size_by_kind import list_left_out
from scaffold.report.candidates import show_candidates, show_ways
from scaffold.report.next_steps import show_next
from scaffold.report.plan_result import (
    PlanResult,
    files_by_state,
    find_rescue,
    find_shortfall,
    heaviest,
    older_because,
    planned_layers,
    tell_refusal,
)
from scaffold.report.terminal import (
    Content,
    align,
    bullet,
    format_bound,
    format_memory,
    format_size,
    indented,
    labelled,
    styled,
)


def show_measured(outcome: PlanResult, target: Target, decision: Decision) -> Content:
    """Yield what an earlier proof measured, beside what is predicted."""
    measured = outcome.measured.get(target.arch)
    if measured is None or decision.chosen is None:
        return
    size = decision.chosen.size
    parts = [
        f"{format_size(measured.on_disk)} on disk ({_off(measured.on_disk, size.on_disk)})",
        f"{format_size(measured.download)} to download ({_off(measured.download, size.download)})",
    ]
    if measured.start_seconds is not None:
        emulated = ", emulated" if measured.emulated else ""
        parts.append(f"starts in {measured.start_seconds:.2f} s{emulated}")
    if measured.peak_memory is not None:
        parts.append(f"{format_size(measured.peak_memory)} of memory at most")
    passed = "" if measured.passed else "; not all checks held"
    yield indented(f"measured on {measured.checked}: {', '.join(parts)}{passed}", 2)
    yield ""


def _off(measured: int, predicted: int) -> str:
    return f"{measured / predicted - 1:+.1%} of the prediction"


_HEAVIEST = 8
_NAMED = 4
_NONE = "-"


def show_outcome(outcome: PlanResult, *, folder: str = ".", verbose: bool = False) -> Content:
    """Yield the whole result. ``folder`` is the project's, as the user named it."""
    for target, decision in zip(outcome.targets, outcome.decisions, strict=True):
        yield from _show_target(outcome, target, decision, verbose=verbose)
    yield from _show_start(outcome)
    yield from _show_files(outcome)
    yield from show_next(outcome, folder)


def _show_target(
    outcome: PlanResult, target: Target, decision: Decision, *, verbose: bool
) -> Content:
    yield styled(headline(outcome, target), "bold")
    yield ""
    yield from _show_choice(target, decision)
    yield from show_measured(outcome, target, decision)
    yield from show_candidates(decision, verbose=verbose)
    if decision.chosen:
        yield from _show_packages(decision.chosen)
        yield from _show_layers(planned_layers(outcome, decision))
        yield from _show_trimming(
            decision.chosen, outcome.request.options.bytecode, verbose=verbose
        )
    yield from show_ways(decision)
    yield from _show_notes(outcome, decision)
    yield from _show_savings(target, decision)


def _name_base(chosen: Accepted) -> str:
    reference = chosen.candidate.reference
    return f"{chosen.base.id}, cut from {reference}," if chosen.base.origin else reference


def headline(outcome: PlanResult, target: Target) -> str:
    """Return what was decided about: project, target, device and budget."""
    budget = target.budget
    parts = [outcome.project.name.value, target.arch.platform]
    if target.device:
        parts.append(target.device.name)
    if budget.on_disk is not None:
        parts.append(f"at most {format_size(budget.on_disk)} on disk")
    if budget.download is not None:
        parts.append(f"at most {format_size(budget.download)} to download")
    if budget.storage is not None:
        replaced = "" if budget.keeps_old else ", old image removed first"
        parts.append(f"{format_size(budget.storage)} of storage{replaced}")
    if budget.memory is not None:
        parts.append(f"{format_memory(budget.memory)} of memory")
    return " · ".join(parts)


def _show_choice(target: Target, decision: Decision) -> Content:
    """Yield the chosen base with its sizes, or how much the nearest one misses by."""
    chosen = decision.chosen
    if chosen:
        size = chosen.size
        yield styled(
            f"{_name_base(chosen)} with Python {chosen.python}: "
            f"{format_bound(size.on_disk, size.error)} on disk, "
            f"{format_bound(size.download, size.download_error)} to download",
            "bold green",
        )
        yield indented(
            f"{format_bound(size.in_blocks, size.in_blocks_error)} in blocks of 4 KiB, as a "
            f"device's file system counts; {format_bound(size.containerd, size.containerd_error)} "
            "in containerd's store, which keeps the download, too",
            2,
            "dim",
        )
        for note in decision.notes:
            if note.code in OF_FILES:
                yield bullet(note.text)
        yield from _show_memory(target, chosen)
        if size.parts:
            shares = sorted(size.parts, key=lambda part: -part[1])
            yield indented(
                " + ".join(f"{label} {format_size(share)}" for label, share, _ in shares if share),
                2,
                "dim",
            )
    else:
        yield styled(f"{tell_refusal(target, decision)}.", "bold red")
    yield ""


def _show_memory(target: Target, chosen: Accepted) -> Content:
    memory, allowed = chosen.candidate.memory, target.budget.memory
    if memory is None or not memory.measured or not memory.telling:
        return
    of = "" if allowed is None else f" of {format_memory(allowed)}"
    rest = memory.of - memory.measured
    lighter = f", {rest} lighter packages not counted" if rest else ""
    text = (
        f"about {format_size(memory.resident)} of memory{of} when everything is imported{lighter}"
    )
    yield indented(text, 2, "dim")


def _show_packages(chosen: Accepted) -> Content:
    packages = heaviest(chosen.candidate.packages)
    if not packages:
        return
    older = older_because(chosen)
    total = sum(item.facts.installed for item in packages)
    count = f"{len(packages)} package{'' if len(packages) == 1 else 's'}"
    shown = packages[:_HEAVIEST]
    rest = "; the heaviest:" if len(packages) > len(shown) else ":"
    yield styled(f"{count}, {format_size(total)} unpacked{rest}", "bold")
    rows = [
        (
            f"  {item.pinned.name}",
            item.pinned.version,
            f"{'' if item.exact else '~'}{format_size(item.facts.installed)}",
            _NONE if item.pinned.file.size is None else format_size(item.pinned.file.size),
            "" if item.pinned.wheel else "built from source",
        )
        for item in shown
    ]
    header: tuple[str, ...] = ("  Package", "Version", "Installed", "Download", "")
    first, *lines = align([header, *rows], right=(2, 3))
    yield styled(first, "dim")
    for item, line in zip(shown, lines, strict=True):
        yield styled(line)
        if item.pinned.name in older:
            yield indented(older.pop(item.pinned.name), 5, "yellow")
    for text in older.values():
        yield indented(text, 2, "yellow")
    yield ""


def _show_layers(layers: Sequence[PlannedLayer]) -> Content:
    """Yield what a change of each layer makes a device pull, the top one first."""
    if not layers:
        return
    yield styled("What an update pulls, by the layer that changes", "bold")
    rows = [
        (f"  {format_size(layer.download)}", format_size(layer.pulled_classic), name_layer(layer))
        for layer in reversed(layers)
    ]
    first, *lines = align([("  Alone", "With all above", "Layer"), *rows], right=(0, 1))
    yield styled(first, "dim")
    for line in lines:
        yield styled(line)
    yield indented("engines with the classic store pull a layer with all above it", 2, "dim")
    yield ""


def name_layer(layer: PlannedLayer) -> str:
    """Return what is in a layer: its name, or its first packages."""
    names = layer.packages[:_NAMED]
    more = len(layer.packages) - len(names)
    return layer.name or ", ".join(names) + (f" and {more} more" if more else "")


def _show_trimming(chosen: Accepted, bytecode: str, *, verbose: bool) -> Content:
    trimmed = list_left_out(chosen.candidate, bytecode=bytecode)
    if not trimmed:
        return
    total = sum(one.bytes for one in trimmed)
    if not verbose:
        yield styled(f"{format_size(total)} of that is left out (-v says what)", "dim")
        yield ""
        return
    yield styled(f"Left out of packages, {format_size(total)}:", "bold")
    rules = {one.rule: 0 for one in trimmed}
    for one in trimmed:
        rules[one.rule] += one.bytes
    rows = []
    for rule, size in sorted(rules.items(), key=lambda pair: -pair[1]):
        most = sorted((one for one in trimmed if one.rule == rule), key=lambda one: -one.bytes)
        names = ", ".join(f"{one.package} {format_size(one.bytes)}" for one in most[:_HEAVIEST])
        rows.append((f"  {rule}", format_size(size), names))
    yield from map(styled, align(rows, right=(1,)))
    yield indented("leanscaffold explain trim-RULE says why", 2, "dim")
    yield ""


def collect_notes(
    outcome: PlanResult, decision: Decision
) -> tuple[tuple[Reason, ...], tuple[str, ...]]:
    """Return the notes on a decision, each text once, and what the device's profile warns of."""
    resolved = decision.chosen.candidate.resolution.notes if decision.chosen else ()
    start = outcome.project.start
    lacks = start.value.lacks if start and not outcome.request.options.command else ()
    notes: list[Reason] = [
        *(Reason(code=Code.ARGUMENT_MISSING, text=text) for text in lacks),
        *(list_notes(decision.chosen.reasons) if decision.chosen else ()),
        *(note for note in decision.notes if not decision.chosen or note.code not in OF_FILES),
        *(note for note in resolved if note.code != Code.OLDER_THAN_NEWEST),
        *outcome.remarks,
        *outcome.project_notes,
    ]
    device = next((target.device for target in outcome.targets if target.device), None)
    once = {note.text: note for note in reversed(notes)}
    return tuple(reversed(once.values())), device.caveats if device else ()


def _show_notes(outcome: PlanResult, decision: Decision) -> Content:
    notes, caveats = collect_notes(outcome, decision)
    if not notes and not caveats:
        return
    yield styled("Notes", "bold")
    for text in dict.fromkeys([*(note.text for note in notes), *caveats]):
        yield bullet(text)
    yield ""


def _show_savings(target: Target, decision: Decision) -> Content:
    savings = decision.savings
    if not savings:
        return
    shortfall = find_shortfall(decision, target)
    yield styled("Would make it smaller" if decision.chosen else "Would help", "bold")
    for saving in savings:
        yield indented(saving.option or saving.code, 2, "cyan")
        yield indented(_describe_saving(saving, shortfall), 4)
        yield indented(saving.text, 4, "dim")
    rescue = find_rescue(savings, shortfall)
    if len(rescue) > 1:
        freed = format_size(sum(saving.bytes for saving in rescue))
        names = " and ".join(saving.option for saving in rescue)
        yield indented(f"{names} together: about {freed} less on disk, then it should fit", 2)
    yield ""


def _describe_saving(saving: Suggestion, shortfall: tuple[int, int] | None) -> str:
    less = (
        f"{format_size(saving.bytes)} less on disk, {format_size(saving.download)} less to download"
        if saving.bytes
        else "clears a package that stands in the way"
    )
    return f"{less}: then it fits" if find_rescue([saving], shortfall) else less


def _show_start(outcome: PlanResult) -> Content:
    start, port, health = outcome.start, outcome.port, outcome.health
    rows = []
    if start:
        command = start.value.line
        rows.append(("Starts with", command, str(start.origin)))
    else:
        rows.append(("Starts with", "nothing was found: give --cmd", ""))
    if port:
        rows.append(("Port", str(port.value), str(port.origin)))
    elif outcome.request.options.command:
        rows.append(("Port", "none: --port adds it and a health check", ""))
    asked = outcome.request.options.health_command
    if asked:
        rows.append(("Health", shlex.join(asked), "--health-cmd"))
    elif health:
        rows.append(("Health", health.value, str(health.origin)))
    rows += [("Python", found.value, str(found.origin)) for found in outcome.project.pythons]
    width = max(len(label) for label, _, _ in rows)
    for label, text, note in rows:
        yield labelled(label, text, note, width=width)
    yield ""


def _show_files(outcome: PlanResult) -> Content:
    for state, names in files_by_state(outcome):
        yield styled(state, "bold")
        yield indented(names, 2)
        yield ""
