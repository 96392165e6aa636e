"""From a request to a decision, and from a decision to files."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from scaffold.config.option_parsers import unknown
from scaffold.config.option_sources import set_by
from scaffold.config.request import choose_targets
from scaffold.model.codes import Code
from scaffold.model.errors import Detail, FileConflictError, UsageError
from scaffold.model.index import DistFile, Index, Metadata, Page, SourceFacts, WheelFacts
from scaffold.model.knowledge import OLD, UPGRADE, Base, Facts, describe_age
from scaffold.model.options import Options, Request
from scaffold.model.resolution import Reason
from scaffold.model.verdict import Decision
from scaffold.operations.request import refuse_other_member
from scaffold.operations.services import Services
from scaffold.planner.decide import PlannerServices
from scaffold.planner.entrypoint import find_server
from scaffold.planner.missing_modules import add_preinstalled
from scaffold.planner.vendor_indexes import leave_unreachable
from scaffold.project.dockerignore import input_files
from scaffold.project.elsewhere import refuse_unlisted
from scaffold.report.document import make_record
from scaffold.report.next_steps import beside_command
from scaffold.report.plan_result import PlanResult, idle_swaps, minor, planned_files, recall
from scaffold.report.progress import BEHIND
from scaffold.state.file_writer import RECORD, digest, find_unchanged
from scaffold.state.record import render_record


def decide_outcome(
    outside: Services,
    path: Path,
    request: Request,
    tell: Callable[[str], None],
    remarks: tuple[Reason, ...] = (),
) -> PlanResult:
    """Return what was decided for a folder, with these remarks on the request before all others.

    Raises any LeanscaffoldError on the way.
    """
    tell("reading the knowledge")
    facts = outside.knowledge.load_facts(request.knowledge)
    targets, assumed = choose_targets(
        request, facts.devices, outside.host.machine(), facts.no_containers.values()
    )
    remarks = (*remarks, *assumed)
    request = replace(request, options=name_base(request.options, facts.bases))
    check_base(request.options.base, facts, request.place("base"))
    check_python(request.options.python, facts, request.place("python"))
    if request.options.offline:
        text = (
            f"offline: what was released after {outside.knowledge.snapshot_date()} may not be known"
        )
        remarks = (*remarks, Reason(code=Code.FACTS_AGE, text=text))
    tell("reading the project")
    project = outside.projects.read_project(path, request)
    refuse_unlisted(project, allowed=request.allow_empty)
    project = add_preinstalled(project, facts)
    opened = outside.indexes.open_index(path, project, request)
    silent: tuple[Reason, ...] = ()
    if not request.options.offline:
        reached, silent = leave_unreachable(facts.accelerators, project, opened)
        if reached != project:
            project, opened = reached, outside.indexes.open_index(path, reached, request)
    index = ToldIndex(opened, tell)
    edges = PlannerServices(index=index, facts=facts, today=outside.host.today(), tell=index.tell)
    options = request.options
    if request.allow_empty and not project.asked and not project.lock:
        # Told to plan without packages: what the sources import comes by other means.
        imported = {use.value for use in project.uses if use.code == "imports"}
        imported |= {server.value} if (server := find_server(project, options)) else set()
        options = replace(options, provided=(*options.provided, *sorted(imported)))
    decisions = outside.planner.decide(project, targets, options, edges)
    told = " ".join(note.text for one in decisions for note in one.notes)
    remarks = (*remarks, *(one for one in silent if one.text.partition(" ")[0] not in told))
    outcome = PlanResult(
        project=project,
        request=request,
        targets=targets,
        decisions=decisions,
        remarks=(*remarks, *_old_facts(outside, decisions, offline=options.offline)),
    )
    outcome = replace(outcome, remarks=(*outcome.remarks, *idle_swaps(outcome)))
    return recall(outcome, outside.files.read_measured(path))


def _old_facts(
    outside: Services, decisions: Sequence[Decision], *, offline: bool
) -> Iterator[Reason]:
    """Yield, in one line, that what the decisions rest on is old."""
    today = outside.host.today()
    days = {
        f"what is known of {one.chosen.candidate.reference}": one.chosen.candidate.image.checked
        for one in decisions
        if one.chosen
    }
    if offline:
        days["what is known of releases"] = date.fromisoformat(outside.knowledge.snapshot_date())
    what, day = min(days.items(), key=lambda pair: pair[1], default=("", today))
    if (today - day).days > OLD:
        text = f"{what} is {describe_age(day, today)}: `{UPGRADE}`"
        yield Reason(code=Code.FACTS_OLD, text=text)


def name_base(options: Options, bases: Iterable[Base]) -> Options:
    """Return the options with the id or family of a base that is asked for as an image.

    ``python:3.14-slim`` is the family ``slim`` with Python 3.14, unless ``python`` says another;
    ``python:3.14-slim-trixie`` and ``debian:trixie-slim`` are bases. Other texts stay as they are.
    """
    image = options.base.removeprefix("docker.io/").removeprefix("library/")
    name, _, tag = image.partition(":")
    python, _, variant = tag.partition("-") if tag[:1].isdigit() else ("", "", tag)
    wanted = {image, f"{name}:{{python}}-{variant}"}
    official = [one for one in bases if not one.origin and ":" in image]
    for one in official:
        if one.reference in wanted:
            return replace(options, base=one.id, python=options.python or python)
    family = variant.removeprefix("latest") or "full"
    if name == "python" and family in {one.family for one in official}:
        return replace(options, base=family, python=options.python or python)
    return options


def check_base(base: str, facts: Facts, place: Sequence[Detail] = ()) -> None:
    """Raise UsageError for a base that is neither an id nor a family."""
    ids = [known.id for known in facts.bases]
    families = {known.family for known in facts.bases}
    if base and base not in families and base not in ids:
        hint = f"families: {', '.join(sorted(families))}; bases: {', '.join(ids)}"
        known = _image_names(facts.bases) if ":" in base else {*ids, *families}
        raise unknown("base", base, known, hint=hint, place=place)


def _image_names(bases: Iterable[Base]) -> Iterator[str]:
    """Yield the names of official images that are understood as a base, with their tags."""
    for base in bases:
        for image in () if base.origin else base.images:
            reference = base.reference_for(image)
            yield reference
            yield reference.removesuffix(base.release).rstrip("-")


def check_python(python: str, facts: Facts, place: Sequence[Detail] = ()) -> None:
    """Raise UsageError for a Python that no base image has."""
    known = {image.python for base in facts.bases for image in base.images}
    if python and python not in known:
        listed = ", ".join(sorted(known, key=minor))
        raise UsageError(
            f"no base image has Python {python}", hint=f"there are {listed}", details=place
        )


def write_files(
    outside: Services,
    path: Path,
    outcome: PlanResult,
    *,
    force: bool,
    tell: Callable[[str], None],
    named: Path | None = None,
) -> PlanResult:
    """Write everything and return the outcome with the hashes of what was written.

    ``named`` is the folder that the user named, where ``path`` is a copy of it.

    Raises FileConflictError, having written nothing, for a file that is the user's.
    """
    tell("writing the files")
    if not force:
        refuse_other_member(outside.files.read_record(path), path, outcome.request.package)
    files = spell_files(outside, path, outcome)
    kept = find_left(path, files, outcome.request)
    for name in kept:
        del files[name]
    unchanged = find_unchanged(path, files)
    try:
        left = set(outside.files.write(path, files, force)) - set(kept)
    except FileConflictError as error:
        raise _with_command(outside, error, named or path, outcome.request) from error
    *most, last = sorted(left) or [""]
    names = f"{', '.join(most)} and {last} are" if most else f"{last} is"
    text = f"{names} of an earlier run: delete {'them' if most else 'it'} if you like"
    stale = (Reason(code=Code.FILE_STALE, text=text),) if last else ()
    spared = (
        Reason(code=Code.FILE_LEFT, text=f"{name} stays as it is, as --leave says", file=name)
        for name in kept
    )
    hashes = {name: digest(text) for name, text in files.items()}
    remarks = (*outcome.remarks, *spared, *stale)
    return replace(outcome, files=hashes, unchanged=unchanged, remarks=remarks)


def compare_files(outside: Services, path: Path, outcome: PlanResult) -> PlanResult:
    """Return an outcome that fits with the hashes of the files that need not be written again."""
    if outside.files.read_record(path) is None:
        return replace(outcome, files=dict.fromkeys(planned_files(outcome)))
    files = spell_files(outside, path, outcome)
    unchanged = find_unchanged(path, files)
    hashes = {name: digest(files[name]) if name in unchanged else None for name in files}
    return replace(outcome, files=hashes, unchanged=unchanged)


def _with_command(
    outside: Services, error: FileConflictError, path: Path, request: Request
) -> FileConflictError:
    """Return an error of files in the way with the command that writes beside them."""
    names = {detail.file or "" for detail in error.details}
    record = outside.files.read_record(path)
    command = beside_command(names, request, str(path))
    if not command or (record and names & set(record.files)):
        return error
    hint = f"write beside them: {command} (or leave a file as it is with --leave FILE)"
    return type(error)(error.cause, hint=hint, details=error.details)


def find_left(path: Path, files: Mapping[str, str], request: Request) -> tuple[str, ...]:
    """Return which of these files are there and are to stay as they are."""
    return tuple(name for name in request.leave if name in files and (path / name).exists())


def spell_files(outside: Services, path: Path, outcome: PlanResult) -> dict[str, str]:
    """Return the texts of all files of an outcome that fits, by name; nothing is written."""
    request = outcome.request
    made = outside.planner.make_plan(outcome.project, outcome.targets, outcome.decisions, request)
    files = dict(outside.planner.spell_plan(made))
    for name in find_left(path, files, request):
        # Docker prefers it to .dockerignore: it would change a build that is not ours.
        ignore = f"{name}.dockerignore"
        if not (path / ignore).exists():
            files.pop(ignore, None)
    inputs = outside.projects.digest_inputs(path, input_files(outcome.project))
    table = set_by(outside.projects.read_settings(path), request)
    files[RECORD] = render_record(make_record(outcome, files, inputs, table))
    return files


class ToldIndex:
    """An index that tells how many packages it was asked for, behind what is being done."""

    def __init__(self, index: Index, tell: Callable[[str], None]) -> None:
        self._index = index
        self._tell = tell
        self._doing = ""
        self._read: set[str] = set()

    def tell(self, doing: str) -> None:
        """Tell what is being done from now on."""
        self._doing = doing
        self._tell(doing)

    def page(self, name: str, *, index: str = "") -> Page | None:
        """Return all files of a project."""
        self._count(name)
        return self._index.page(name, index=index)

    def prefetch(self, names: Sequence[str]) -> None:
        """Hint that these pages will be asked for soon."""
        self._index.prefetch(names)

    def metadata(self, name: str, version: str, file: DistFile) -> Metadata | None:
        """Return the metadata of one file."""
        self._count(name)
        return self._index.metadata(name, version, file)

    def prefetch_metadata(self, wanted: Sequence[tuple[str, str, DistFile]]) -> None:
        """Hint that the metadata of these files will be asked for soon."""
        self._index.prefetch_metadata(wanted)

    def source_facts(self, name: str, file: DistFile) -> SourceFacts | None:
        """Return what building an sdist takes."""
        self._count(name)
        return self._index.source_facts(name, file)

    def wheel_facts(
        self, wanted: Sequence[tuple[str, str, DistFile]], *, network: bool, large: bool = False
    ) -> tuple[WheelFacts | None, ...]:
        """Return the facts of wheels."""
        if network:
            self._tell(f"{self._doing}{BEHIND}looking into wheels: {len(wanted)}")
        return self._index.wheel_facts(wanted, network=network, large=large)

    def _count(self, name: str) -> None:
        self._read.add(name)
        self._tell(f"{self._doing}{BEHIND}packages read: {len(self._read)}, now {name}")
