"""What one run decided, and the questions that text and JSON both ask of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scaffold.model.codes import LIMITS, Code
from scaffold.model.errors import did_you_mean
from scaffold.model.options import Request
from scaffold.model.project import Found, Project, Start
from scaffold.model.resolution import Reason, Weighed
from scaffold.model.target import Arch, Target
from scaffold.model.verdict import Accepted, Decision, Evaluation, Rejected, Suggestion
from scaffold.model.verification import Measured
from scaffold.planner.entrypoint import choose_health, choose_port, choose_start
from scaffold.planner.layer_plan import PlannedLayer, price_layers, split_layers
from scaffold.planner.suggestions import nearest_miss
from scaffold.project.dockerignore import ASSEMBLE
from scaffold.report.terminal import format_size
from scaffold.state.file_writer import RECORD

_ABOUT_PYTHON = (Code.PYTHON_PRERELEASE, Code.PYTHON_NOT_ADMISSIBLE, Code.END_OF_LIFE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanResult:
    """One run: what was asked, what was decided for each target, and the files that came of it.

    ``files`` maps a name relative to the project to the SHA-256 of what was written, or to None
    where nothing was written yet; those ``unchanged`` were there before. ``measured``
    are figures of an earlier proof of what is chosen.
    """

    project: Project
    request: Request
    targets: tuple[Target, ...]
    decisions: tuple[Decision, ...]
    files: Mapping[str, str | None] = field(default_factory=dict)
    unchanged: frozenset[str] = frozenset()
    remarks: tuple[Reason, ...] = ()
    measured: Mapping[Arch, Measured] = field(default_factory=dict)

    @property
    def fits(self) -> bool:
        """Tell whether every target has a base."""
        return all(decision.chosen for decision in self.decisions)

    @property
    def start(self) -> Found[Start] | None:
        """How the application starts."""
        return choose_start(self.project, self.request.options)

    @property
    def port(self) -> Found[int] | None:
        """The port that it listens on."""
        return choose_port(self.project, self.request.options)

    @property
    def health(self) -> Found[str] | None:
        """The path that answers while it is well."""
        return choose_health(self.project, self.request.options)

    @property
    def project_notes(self) -> tuple[Reason, ...]:
        """What the project's files tell, whatever is decided."""
        told = (
            (Code.PRIVATE_IN_IMAGE, self.project.warnings),
            (Code.CHECKOUT_INCOMPLETE, self.project.unfetched),
            (Code.BUILD_STEP_LEFT, self.project.left_steps),
            (Code.PROJECT_NOTE, self.project.notes),
        )
        return tuple(Reason(code=code, text=text) for code, texts in told for text in texts)


def best_per_base(decision: Decision) -> tuple[Evaluation, ...]:
    """Return one verdict per base: the chosen, else what fits best, else what came furthest.

    The order is that of reading: the chosen one, what fits by size, then what does not.
    """
    best: dict[str, Evaluation] = {}
    for verdict in decision.verdicts:
        held = best.get(verdict.base.id)
        if held is None or _merit(verdict, decision) > _merit(held, decision):
            best[verdict.base.id] = verdict
    return in_reading_order(tuple(best.values()), decision)


def in_reading_order(
    verdicts: tuple[Evaluation, ...], decision: Decision
) -> tuple[Evaluation, ...]:
    """Return verdicts: the chosen one, what fits by size, then what does not, like by like."""

    def key(verdict: Evaluation) -> tuple[object, ...]:
        size = verdict.size
        return (
            verdict != decision.chosen,
            isinstance(verdict, Rejected),
            size.on_disk if size else 2**63,
            () if size else tuple(reason.text for reason in verdict.reasons),
            verdict.base.id,
            tuple(-part for part in minor(verdict.python)),
        )

    return tuple(sorted(verdicts, key=key))


def _merit(verdict: Evaluation, decision: Decision) -> tuple[object, ...]:
    """Rank a base's verdicts by how much they tell; a Python nobody can have tells least.

    Where nothing fits, the one that misses least is the one to look at.
    """
    tells = isinstance(verdict, Accepted) or verdict.reasons[0].code not in _ABOUT_PYTHON
    near = _misses_a_limit(verdict) and decision.chosen is None
    return (
        verdict == decision.chosen,
        isinstance(verdict, Accepted),
        verdict.size is not None,
        near,
        # As it is shown: of two that look alike, the newer Python is the one to name.
        -float(f"{verdict.size.on_disk:.3g}") if near and verdict.size else 0,
        tells,
        decision.chosen is not None and verdict.python == decision.chosen.python,
        -len(verdict.reasons),
        minor(verdict.python),
    )


def _misses_a_limit(verdict: Evaluation) -> bool:
    """Tell whether only a budget or a patience stands in the way."""
    return isinstance(verdict, Rejected) and {r.code for r in verdict.reasons} <= LIMITS


def minor(python: str) -> tuple[int, ...]:
    """Return (3, 13) for ``3.13``, so that versions sort."""
    return tuple(int(part) for part in python.split(".") if part.isdigit())


def heaviest(packages: tuple[Weighed, ...]) -> tuple[Weighed, ...]:
    """Return packages by what they weigh unpacked, the heaviest first."""
    return tuple(sorted(packages, key=lambda item: (-item.facts.installed, item.pinned.name)))


def find_nearest(decision: Decision) -> Rejected | None:
    """Return what misses limits and nothing else, by the least on disk; None if something fits."""
    return None if decision.chosen else nearest_miss(decision.verdicts)


def find_shortfall(decision: Decision, target: Target) -> tuple[int, int] | None:
    """Return (bytes over the budget on disk, over the download) of the base that misses least.

    None where something fits or nothing was weighed. Savings are counted from the same base.
    """
    budget, nearest = target.budget, find_nearest(decision)
    if not nearest or not nearest.size or (budget.on_disk is None and budget.download is None):
        return None
    return (
        max(0, nearest.size.on_disk - budget.on_disk) if budget.on_disk is not None else 0,
        max(0, nearest.size.download - budget.download) if budget.download is not None else 0,
    )


def tell_refusal(target: Target, decision: Decision) -> str:
    """Return that nothing fits a target, and by how much the nearest base misses."""
    alone = any(isinstance(verdict, Accepted) for verdict in decision.verdicts)
    what = "No base and Python fits all targets" if alone else "Nothing fits"
    over = [
        f"{format_size(excess)} {what}"
        for excess, what in zip(
            find_shortfall(decision, target) or (), ("on disk", "to download"), strict=False
        )
        if excess
    ]
    if over:
        return f"{what}: the nearest is {' and '.join(over)} over the limit"
    nearest = find_nearest(decision)
    return f"{what}: {nearest.reasons[0].text}" if nearest else what


def find_rescue(
    savings: Sequence[Suggestion], shortfall: tuple[int, int] | None
) -> tuple[Suggestion, ...]:
    """Return the fewest savings, largest first, that together make up for a shortfall.

    Nothing if all together do not. What they save is added up, so it may be a little less.
    """
    taken: dict[str, Suggestion] = {}
    for saving in savings:
        if shortfall is None or not saving.option or not saving.bytes:
            continue
        taken.setdefault(saving.option.partition("=")[0], saving)
        freed = [
            sum(part) for part in zip(*((s.bytes, s.download) for s in taken.values()), strict=True)
        ]
        if freed[0] >= shortfall[0] and freed[1] >= shortfall[1]:
            return tuple(taken.values())
    return ()


def older_because(fits: Accepted) -> dict[str, str]:
    """Return, by package, why its version is older than the newest."""
    notes = fits.candidate.resolution.notes
    return {note.package: note.text for note in notes if note.code == Code.OLDER_THAN_NEWEST}


def idle_swaps(outcome: PlanResult) -> tuple[Reason, ...]:
    """Return a remark for each swap asked for that changed nothing, with the nearest names.

    A swap that brings its own package back, such as one for another version, counts as used.
    """
    installed = {
        weighed.pinned.name
        for decision in outcome.decisions
        if decision.chosen
        for weighed in decision.chosen.candidate.packages
    }
    asked = {requirement.name for requirement in outcome.project.asked}
    remarks = []
    for source, wanted in outcome.request.options.swaps if installed else ():
        if source in asked or canonicalize_name(Requirement(wanted).name) in installed:
            continue
        meant = did_you_mean(source, asked | installed, 1)
        text = f"--swap {source}={wanted} changed nothing: {source} is not required; {meant}"
        text = text.removesuffix("; ")
        remarks.append(Reason(code=Code.SWAP_IDLE, text=text, package=source))
    return tuple(remarks)


def recall(outcome: PlanResult, kept: Mapping[Arch, Measured]) -> PlanResult:
    """Return the outcome with what was measured of the images that it chooses.

    Of another base, Python or packages, and of a Dockerfile that is the user's own, nothing is
    taken over, and a remark says so.
    """
    measured, remarks = {}, []
    for target, decision in zip(outcome.targets, outcome.decisions, strict=True):
        known = kept.get(target.arch)
        if known is None or decision.chosen is None:
            continue
        if known.by_hand:
            remarks.append(Reason(code=Code.MEASURED_BY_HAND, text=_of_your_own(target, known)))
            continue
        changed = _changed_since(known, decision.chosen)
        if not changed:
            measured[target.arch] = known
            continue
        text = (
            f"measured on {known.checked}, before {changed} changed: `leanscaffold verify --save`"
        )
        remarks.append(Reason(code=Code.MEASURED_STALE, text=f"{target.arch}: {text}"))
    return replace(outcome, measured=measured, remarks=(*outcome.remarks, *remarks))


def _of_your_own(target: Target, known: Measured) -> str:
    sizes = f"{format_size(known.on_disk)} on disk, {format_size(known.download)} to download"
    return (
        f"{target.arch}: measured on {known.checked} with your own Dockerfile: {sizes}; "
        "`leanscaffold lint` says what that costs"
    )


def _changed_since(known: Measured, chosen: Accepted) -> str:
    """Return what is not as it was measured, or nothing."""
    if known.base != chosen.base.id:
        return "the base"
    if known.python != chosen.python:
        return "Python"
    now = {item.pinned.name: item.pinned.version for item in chosen.candidate.packages}
    moved = {name for name, _ in dict(known.packages).items() ^ now.items()}
    return f"{len(moved)} package{'' if len(moved) == 1 else 's'}" if moved else ""


def planned_layers(outcome: PlanResult, decision: Decision) -> tuple[PlannedLayer, ...]:
    """Return the layers of one target's image from the bottom; nothing while a target has none."""
    chosen = [one.chosen for one in outcome.decisions if one.chosen is not None]
    if decision.chosen is None or not outcome.fits:
        return ()
    return price_layers(decision.chosen.size, split_layers(chosen))


def files_by_state(outcome: PlanResult) -> Iterator[tuple[str, str]]:
    """Yield «To write», «Written», «Unchanged», each with the names of such files, if any."""
    states: dict[str, list[str]] = {"To write": [], "Written": [], "Unchanged": []}
    for name, written in sorted(outcome.files.items()):
        there = "Unchanged" if name in outcome.unchanged else "Written"
        states[there if written else "To write"].append(name)
    yield from ((state, ", ".join(names)) for state, names in states.items() if names)


def planned_files(outcome: PlanResult) -> tuple[str, ...]:
    """Return the names of the files that ``generate`` writes for these targets, sorted."""
    locks = (f"requirements.{target.arch.slug}.lock" for target in outcome.targets)
    dockerfile = outcome.request.options.dockerfile
    own = (dockerfile, outcome.project.ignore_file, RECORD, ASSEMBLE)
    return tuple(sorted((*own, *locks)))
