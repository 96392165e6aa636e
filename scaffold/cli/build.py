"""``leanscaffold build`` and ``bundle``: files that are up to date, then an image of them."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from scaffold.cli.knowledge import KNOWLEDGE
from scaffold.cli.options import take_options
from scaffold.cli.plan import decide_outcome, show_result, write_files
from scaffold.cli.request import combine_options, read_options, refuse_other_member, with_given
from scaffold.cli.services import Engine, Services
from scaffold.config.option_sources import Given
from scaffold.config.request import index_options, parse_request, without_secrets
from scaffold.docker.build import Job, build_images, read_job_config, real_edges, split_tag
from scaffold.docker.doctor import Finding, check_up, real_doctor_services
from scaffold.docker.images import read_archive_file
from scaffold.dockerfile.template_context import TemplateContext, make_template_context
from scaffold.engineless.images import ImageJob, write_bundle, write_images
from scaffold.index.cache import find_cache_folder
from scaffold.model.build import BuildOptions
from scaffold.model.codes import Code
from scaffold.model.errors import UsageError
from scaffold.model.options import Request
from scaffold.model.project import Project
from scaffold.model.resolution import Reason
from scaffold.model.target import Arch
from scaffold.project.dockerignore import input_files
from scaffold.project.source_clients import EPOCH, dated, read_commit_time
from scaffold.report.plan_result import PlanResult
from scaffold.report.progress import make_build_document, show_built, talking, watching
from scaffold.report.sbom import list_image, make_spdx
from scaffold.report.terminal import format_size, print_result
from scaffold.state.record import Record
from scaffold.verify.compare import compare_images
from scaffold.verify.session import verify_images, working_copy
from scaffold.verify.trace import trace_project


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


@with_given
def build(
    outside: Services,
    given: Mapping[str, Given],
    /,
    path: Path,
    *,
    force: bool,
    as_json: bool,
    quiet: bool,
    goal: str | None,
    base_from: str | None,
    apt_sources: Path | None,
    bundle: str | None,
    **values: Any,
) -> int:
    """Build the project in PATH into the local engine, push it, or write it without an engine."""
    wishes = take_options(BuildOptions, values)
    if wishes.attest and not (wishes.push or goal):
        raise UsageError(
            "--attest needs a registry or an archive: docker keeps no attestations",
            hint="add --push, or --to registry.example/app:1",
        )
    if wishes.tag:
        split_tag(wishes.tag)
    check_goal(goal or "", base_from or "", bundle or "", wishes)
    if apt_sources and not goal:
        raise UsageError("--apt-sources is only for --to", hint="add --to app.tar")
    with talking(quiet=quiet) as tell:
        prepared = prepare(outside, path, given, force=force, tell=tell)
    if prepared.outcome is not None and not prepared.fits:
        return show_result(prepared.outcome, folder=path, as_json=as_json, verbose=False)
    remarks = prepared.remarks
    with watching(quiet=quiet) as watch:
        if goal:
            job = make_image_job(
                outside, prepared, make_job(prepared, wishes), goal, base_from or ""
            )
            written = outside.engine.write_images(
                replace(
                    job,
                    bundle=bundle or "",
                    apt_sources=apt_sources,
                    list_contents=_list_contents if wishes.attest else None,
                ),
                watch,
            )
            built, notes = written.built, written.notes
            remarks = (*remarks, *(Reason(code=Code.NO_BYTECODE, text=text) for text in notes))
        else:
            built = outside.engine.build(make_job(prepared, wishes), watch)
    print_result(
        lambda: make_build_document(built, remarks),
        show_built(built, remarks, goal or ""),
        as_json=as_json,
    )
    return 0


def _list_contents(archive: Path) -> Mapping[str, Any]:
    contents = read_archive_file(archive)
    return make_spdx(list_image(contents, contents.id))


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


def check_goal(goal: str, base_from: str, bundle: str, wishes: BuildOptions) -> None:
    """Raise UsageError for options that do not go together with ``--to``."""
    given = {
        "--push": wishes.push,
        "--builder": wishes.builder,
        "--cache-from": wishes.cache_from,
        "--cache-to": wishes.cache_to,
    }
    if goal and (clash := [name for name, value in given.items() if value]):
        raise UsageError(f"--to and {clash[0]} exclude each other", hint="--to needs no builder")
    for name, value in (("--base-from", base_from), ("--from", bundle)):
        if value and not goal:
            raise UsageError(f"{name} is only for --to", hint="add --to app.tar")
    if base_from and bundle:
        raise UsageError("--base-from and --from exclude each other", hint="a bundle has the base")


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


@with_given
def bundle(
    outside: Services,
    given: Mapping[str, Given],
    /,
    path: Path,
    *,
    goal: str,
    base_from: str | None,
    quiet: bool,
) -> int:
    """Write a bundle and return the exit code."""
    with talking(quiet=quiet) as tell:
        prepared = prepare(outside, path, given, force=False, tell=tell)
    if prepared.outcome is not None and not prepared.fits:
        return show_result(prepared.outcome, folder=path, as_json=False, verbose=False)
    job = make_image_job(
        outside, prepared, make_job(prepared, BuildOptions()), goal, base_from or ""
    )
    with watching(quiet=quiet) as watch:
        write_bundle(replace(job, goal=goal), watch)
    click.echo(f"Written to {goal}, {format_size(Path(goal).stat().st_size)}")
    click.echo(f"  there: leanscaffold build . --to app.tar --from {Path(goal).name}")
    return 0


def _check_up(path: Path) -> tuple[Finding, ...]:
    today = datetime.now(UTC).date()
    date = KNOWLEDGE.snapshot_date
    return tuple(check_up(real_doctor_services(os.environ, path, today=today, snapshot=date)))


ENGINE = Engine(
    build=lambda job, watch: build_images(job, watch, real_edges()),
    write_images=write_images,
    copy_project=lambda path: working_copy(path, history=True),
    prove=lambda asked, watch, tell: verify_images(asked, watch, tell, real_edges()),
    compare=lambda asked, watch, tell: compare_images(asked, watch, tell, real_edges),
    trace=lambda asked, watch, tell: trace_project(asked, watch, tell, real_edges()),
    check_up=_check_up,
)
