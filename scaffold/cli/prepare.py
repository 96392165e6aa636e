"""What ``build`` and ``verify`` do first: files that are up to date, by generating if need be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from scaffold.cli.plan import decide_outcome, write_files
from scaffold.cli.request import given_in, read_options, refuse_other_member
from scaffold.cli.services import Services
from scaffold.config.option_sources import Given, overlay, request_of
from scaffold.config.request import parse_request, without_secrets
from scaffold.model.codes import Code
from scaffold.model.options import Request
from scaffold.model.project import Project
from scaffold.model.resolution import Reason
from scaffold.model.target import Arch
from scaffold.project.dockerignore import input_files
from scaffold.report.plan_result import PlanResult
from scaffold.state.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A folder whose files can be built. ``request`` has what was recorded as its defaults.

    ``outcome`` is there only if something was decided anew; where that fits nothing, no file was
    written. ``folder`` is where the files are.
    """

    folder: Path
    project: Project
    arches: tuple[Arch, ...]
    request: Request
    remarks: tuple[Reason, ...] = ()
    outcome: PlanResult | None = None

    @property
    def fits(self) -> bool:
        """Tell whether there are files to build."""
        return self.outcome is None or self.outcome.fits


def prepare(
    outside: Services,
    path: Path,
    given: Mapping[str, Given],
    *,
    force: bool,
    tell: Callable[[str], None],
    copy: Callable[[Path], Path] = lambda path: path,
) -> Prepared:
    """Return a folder with files that suit what is asked, written anew only where they do not.

    ``given`` is what is asked of each setting, by its name; what was recorded fills the gaps. A
    Dockerfile that the user edited is built as it is. ``copy`` returns the folder to write into, if
    anything has to be written. Raises what ``generate`` raises.
    """
    tell("reading the project")
    record = outside.files.read_record(path)
    if not force and (member := given.get("package")):
        refuse_other_member(record, path, str(member.raw))
    request = combine_options(given, record)
    project = outside.projects.read_project(path, request)
    if record is not None and not force:
        arches = _recorded_arches(record, request, given)
        stale = record.inputs != outside.projects.digest_inputs(path, input_files(project))
        # One that --leave names is the user's for good: what else is stale is made anew around it.
        dockerfile = request.options.dockerfile
        edited = dockerfile in record.edited and dockerfile not in request.leave
        if arches and not record.missing and (edited or not stale):
            remarks = tuple(_remarks(record, stale=stale and bool(record.inputs)))
            return Prepared(
                folder=path, project=project, arches=arches, request=request, remarks=remarks
            )
    outcome = decide_outcome(outside, path, request, tell)
    folder = path
    if outcome.fits:
        folder = copy(path)
        outcome = write_files(outside, folder, outcome, force=force, tell=tell, named=path)
    return Prepared(
        folder=folder,
        project=outcome.project,
        arches=tuple(target.arch for target in outcome.targets),
        request=request,
        remarks=outcome.remarks,
        outcome=outcome,
    )


def combine_options(given: Mapping[str, Given], record: Record | None) -> Request:
    """Return the request of what is given, with recorded options for all it does not name.

    A device named now replaces the recorded targets as well.
    """
    return request_of(overlay(given.values(), given_in(record)))


def _recorded_arches(
    record: Record, request: Request, given: Mapping[str, Given]
) -> tuple[Arch, ...]:
    """Return what to build of what was generated; nothing if the options differ from then."""
    wanted = request.targets if "target" in given else record.arches
    earlier = parse_request(read_options(record.options))
    now = without_secrets(replace(request, targets=()))
    if now != replace(earlier, targets=()) or not set(wanted) <= set(record.arches):
        return ()
    return wanted


def _remarks(record: Record, *, stale: bool) -> list[Reason]:
    remarks = [
        Reason(code=Code.FILE_EDITED, text=f"{name} was edited: built as it is", file=name)
        for name in record.edited
    ]
    if stale:
        text = (
            "the requirements changed since, and the Dockerfile is yours: the old lock was built; "
            "`leanscaffold update --leave Dockerfile` renews it"
        )
        remarks.append(Reason(code=Code.LOCK_STALE, text=text))
    return remarks
