"""A folder whose files are up to date, and what is to be built of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from scaffold.config.option_sources import Given
from scaffold.config.request import index_options, parse_argv, parse_request, without_secrets
from scaffold.docker.build import Job, read_job_config
from scaffold.dockerfile.template_context import make_template_context
from scaffold.dockerfile.template_values import TemplateContext
from scaffold.engineless.images import ImageJob
from scaffold.index.cache import find_cache_folder
from scaffold.model.build import BuildOptions
from scaffold.model.codes import Code
from scaffold.model.errors import UsageError
from scaffold.model.options import Request
from scaffold.model.project import Project
from scaffold.model.resolution import Reason
from scaffold.model.target import Arch
from scaffold.operations.plan import decide_outcome, write_files
from scaffold.operations.request import combine_options, refuse_other_member
from scaffold.operations.services import Services
from scaffold.project.dockerignore import input_files
from scaffold.project.source_clients import EPOCH, dated, read_commit_time
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
    def rejected(self) -> PlanResult | None:
        """Return the outcome where nothing fits, so that there are no files to build."""
        return None if self.outcome is None or self.outcome.fits else self.outcome


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


def _recorded_arches(
    record: Record, request: Request, given: Mapping[str, Given]
) -> tuple[Arch, ...]:
    """Return what to build of what was generated; nothing if the options differ from then."""
    wanted = request.targets if "target" in given else record.arches
    earlier = parse_request(parse_argv(record.options))
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


def make_job(prepared: Prepared, wishes: BuildOptions) -> Job:
    """Return what is to be built of a prepared folder."""
    return Job(
        folder=prepared.folder,
        project=prepared.project.name.value,
        arches=prepared.arches,
        index=index_options(prepared.project, prepared.request),
        wishes=replace(
            wishes,
            certificates=prepared.request.certificates,
            compression=prepared.request.options.compression,
        ),
        dockerfile=prepared.request.options.dockerfile,
    )


def make_image_job(
    outside: Services, prepared: Prepared, job: Job, goal: str, base_from: str
) -> ImageJob:
    """Return what is to be built without an engine of a prepared folder."""
    edited = [one.file for one in prepared.remarks if one.code == Code.FILE_EDITED]
    if "Dockerfile" in edited:
        raise UsageError(
            "the Dockerfile was edited, and only an engine reads it",
            hint="leave out --to, or have it made again: `leanscaffold generate --force`",
        )

    def view() -> TemplateContext:
        outcome = prepared.outcome
        if outcome is None:
            outcome = decide_outcome(outside, job.folder, prepared.request, lambda _: None)
            write_files(outside, job.folder, outcome, force=False, tell=lambda _: None)
        plan = outside.planner.make_plan(
            outcome.project, outcome.targets, outcome.decisions, prepared.request
        )
        return make_template_context(plan)

    environ = outside.host.environment()
    moment = dated(environ, job.folder, read_commit_time).get(EPOCH)
    return ImageJob(
        folder=job.folder,
        project=job.project,
        arches=job.arches,
        goal=goal,
        base_from=base_from,
        wishes=job.wishes,
        index=read_job_config(job, environ),
        cache=find_cache_folder(environ),
        environ=environ,
        moment=int(moment) if moment else None,
        view=view,
    )
