"""The real world behind the commands: files, network, clock, engine."""

from __future__ import annotations

import os
import platform
from datetime import UTC, date, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from scaffold.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from scaffold.config.option_sources import Given
    from scaffold.config.request import Request
    from scaffold.docker.build import Job, Watch
    from scaffold.docker.doctor import Finding
    from scaffold.engineless.images import ImageJob, Written
    from scaffold.init.services import WizardServices
    from scaffold.lint.context import Surroundings
    from scaffold.model.build import Built
    from scaffold.model.index import Index
    from scaffold.model.knowledge import Facts
    from scaffold.model.plan import Options, Plan
    from scaffold.model.project import Project
    from scaffold.model.target import Arch, Target
    from scaffold.model.verdict import Decision
    from scaffold.model.verification import Comparison, Expectation, Measured, Report
    from scaffold.planner.decide import PlannerServices
    from scaffold.project.repositories import Address, Checkout
    from scaffold.state.record import Record
    from scaffold.verify.compare_session import CompareRequest
    from scaffold.verify.session import VerifyRequest
    from scaffold.verify.trace import Traced, Tracing


from scaffold.cli import knowledge_services
from scaffold.cli.services import Services


def real_services() -> Services:
    """Return the real world: files, network, clock. Each edge is imported when it is first used."""
    return Services(
        today=_today,
        machine=_machine,
        load_facts=knowledge_services.load_facts,
        check_facts=knowledge_services.check_facts,
        environment=lambda: os.environ,
        read_settings=_read_settings,
        read_project=_read_project,
        open_index=_open_index,
        open_snapshot=knowledge_services.open_snapshot,
        load_package=knowledge_services.load_package,
        write_file=_write_file,
        own_knowledge=knowledge_services.own_knowledge,
        refresh_wheels=knowledge_services.refresh_wheels,
        write_knowledge=knowledge_services.write_knowledge,
        snapshot_names=knowledge_services.snapshot_names,
        snapshot_date=knowledge_services.snapshot_date,
        decide=_decide,
        make_plan=_make_plan,
        spell_plan=_spell_plan,
        write=_write,
        read_record=_read_record,
        digest_inputs=_digest_inputs,
        build=_build,
        write_images=_write_images,
        read_promises=_read_promises,
        prove=_prove,
        compare=_compare,
        trace=_trace,
        open_wizard=_open_wizard,
        check_up=_check_up,
        read_measured=_read_measured,
        keep_measured=_keep_measured,
        read_dockerfile=_read_dockerfile,
        replace_text=_replace_text,
        write_page=_write_page,
    )


def _today() -> date:
    return datetime.now(UTC).date()


def _machine() -> str:
    return platform.machine()


def _read_settings(path: Path) -> Sequence[Given]:
    from scaffold.config.option_sources import read_table  # noqa: PLC0415 - not for --help
    from scaffold.project.pyproject_file import load_pyproject  # noqa: PLC0415 - slow to import

    pyproject = load_pyproject(path) if path.is_dir() else None
    return read_table(pyproject) if pyproject else ()


def _read_project(path: Path, request: Request) -> Project:
    from scaffold.project.reader import read_project  # noqa: PLC0415 - slow to import
    from scaffold.project.workspace import find_member, refuse_roots  # noqa: PLC0415

    if not request.package and path.is_dir() and not request.allow_empty:
        refuse_roots(path)
    folder = find_member(path, request.package) if request.package else "."
    return read_project(
        path / folder,
        context=path,
        dockerfile=request.options.dockerfile,
        repositories=None if request.options.offline else partial(_fetch, path, request),
        extras=request.extras,
        groups=request.groups,
        requirements=request.requirements,
    )


def _fetch(folder: Path, request: Request, address: Address) -> Checkout:
    from scaffold.index.cache import find_cache_folder  # noqa: PLC0415 - rarely needed
    from scaffold.index.client import Http  # noqa: PLC0415 - rarely needed
    from scaffold.index.configuration import read_index_config  # noqa: PLC0415 - rarely needed
    from scaffold.project.archive_client import fetch_archive  # noqa: PLC0415 - rarely needed
    from scaffold.project.git_client import fetch_repository  # noqa: PLC0415 - rarely needed

    cache = find_cache_folder(os.environ)
    if not address.archive:
        return fetch_repository(address, cache=cache, environ=os.environ)
    given = {"PIP_CERT": request.certificates} if request.certificates else {}
    http = Http(read_index_config({**os.environ, **given}, project=folder))
    return fetch_archive(address, cache=cache, get=http.get)


def _open_index(folder: Path | None, project: Project, request: Request) -> Index:
    from scaffold.catalog.resources import snapshots  # noqa: PLC0415 - only with facts
    from scaffold.catalog.snapshot import Snapshot  # noqa: PLC0415 - slow to import
    from scaffold.config.request import index_options  # noqa: PLC0415 - not for --help
    from scaffold.index.layered_index import open_index  # noqa: PLC0415 - slow to import

    if request.certificates and not Path(request.certificates).is_file():
        raise UsageError(
            f"--ca: there is no file {request.certificates}", hint="give certificates in PEM format"
        )
    given = {"PIP_CERT": request.certificates} if request.certificates else {}
    return open_index(
        {**os.environ, **given},
        folder=folder,
        options=index_options(project, request),
        project=project,
        offline=request.options.offline,
        snapshot=Snapshot(*snapshots(*map(Path, request.knowledge))),
    )


def _write_file(path: Path, text: str, force: bool) -> None:  # noqa: FBT001 - of a port
    from scaffold.state.file_writer import write_outputs  # noqa: PLC0415 - one option only

    write_outputs(path.parent, {path.name: text}, force=force, recorded={})


def _decide(
    project: Project, targets: Sequence[Target], options: Options, edges: PlannerServices
) -> tuple[Decision, ...]:
    from scaffold.planner.decide import decide  # noqa: PLC0415 - slow to import

    return decide(project, targets, options, edges)


def _make_plan(
    project: Project, targets: Sequence[Target], decisions: Sequence[Decision], request: Request
) -> Plan:
    from scaffold.config.request import to_argv, without_secrets  # noqa: PLC0415 - not for --help
    from scaffold.planner.plan import make_plan  # noqa: PLC0415 - slow to import

    arguments = to_argv(without_secrets(request))
    return make_plan(project, targets, decisions, request.options, arguments=arguments)


def _spell_plan(plan: Plan) -> Mapping[str, str]:
    from scaffold.catalog.resources import assembler, templates  # noqa: PLC0415 - only with templates
    from scaffold.dockerfile.render import render  # noqa: PLC0415 - slow to import

    folder = templates()
    return render(plan, lambda name: (folder / name).read_text(encoding="utf-8"), program=assembler)


def _write(path: Path, files: Mapping[str, str], force: bool) -> Sequence[str]:  # noqa: FBT001 - of a port
    from scaffold.project.dockerignore import PROGRAM  # noqa: PLC0415 - slow to import
    from scaffold.state.file_writer import read_recorded, write_outputs  # noqa: PLC0415 - slow

    recorded = read_recorded(path)
    return write_outputs(path, files, force=force, recorded=recorded, retire=f"{PROGRAM}/").stale


def _read_record(path: Path) -> Record | None:
    from scaffold.state.record import read_record  # noqa: PLC0415 - not for --help

    return read_record(path)


@cache
def _open_wizard() -> WizardServices:
    from scaffold.init.services import real_wizard_services  # noqa: PLC0415 - slow, of one command

    return real_wizard_services()


def _digest_inputs(path: Path, names: Sequence[str]) -> Mapping[str, str]:
    from scaffold.state.record import digest_files  # noqa: PLC0415 - not for --help

    return digest_files(path, names)


def _build(job: Job, watch: Watch) -> tuple[Built, ...]:
    from scaffold.docker.build import build_images, real_edges  # noqa: PLC0415 - slow to import

    return build_images(job, watch, real_edges())


def _write_images(job: ImageJob, watch: Watch) -> Written:
    from scaffold.engineless.images import write_images  # noqa: PLC0415 - slow to import

    return write_images(job, watch)


def _read_promises(path: Path, arches: Sequence[Arch], facts: Facts) -> tuple[Expectation, ...]:
    from scaffold.state.record import read_expectations  # noqa: PLC0415 - one command only

    return read_expectations(path, arches, facts.bases)


def _prove(proving: VerifyRequest, watch: Watch, tell: Callable[[str], None]) -> tuple[Report, ...]:
    from scaffold.docker.build import real_edges  # noqa: PLC0415 - slow to import
    from scaffold.verify.session import verify_images  # noqa: PLC0415

    return verify_images(proving, watch, tell, real_edges())


def _compare(contest: CompareRequest, watch: Watch, tell: Callable[[str], None]) -> Comparison:
    from scaffold.docker.build import real_edges  # noqa: PLC0415 - slow to import
    from scaffold.verify.compare_session import compare_images  # noqa: PLC0415

    return compare_images(contest, watch, tell, real_edges)


def _check_up(path: Path) -> tuple[Finding, ...]:
    from scaffold.docker.doctor import check_up, real_doctor_services  # noqa: PLC0415 - one command only

    edges = real_doctor_services(
        os.environ, path, today=_today(), snapshot=knowledge_services.snapshot_date
    )
    return tuple(check_up(edges))


def _read_measured(path: Path) -> Mapping[Arch, Measured]:
    from scaffold.state.record import read_measured  # noqa: PLC0415 - not for --help

    return read_measured(path)


def _keep_measured(path: Path, reports: Sequence[Report], today: date) -> None:
    from scaffold.state.record import keep_measured  # noqa: PLC0415 - one option only

    keep_measured(path, reports, today)


def _read_dockerfile(path: Path) -> tuple[Path, str, Surroundings]:
    from scaffold.lint.build_context import (  # noqa: PLC0415 - one command only
        find_dockerfile,
        look_around,
        read_text,
    )

    file = find_dockerfile(path)
    return file, read_text(file), look_around(file)


def _replace_text(path: Path, text: str) -> None:
    from scaffold.lint.build_context import replace_text  # noqa: PLC0415 - one option only

    replace_text(path, text)


def _trace(tracing: Tracing, watch: Watch, tell: Callable[[str], None]) -> Traced:
    from scaffold.docker.build import real_edges  # noqa: PLC0415 - slow to import
    from scaffold.verify.trace import trace_project  # noqa: PLC0415

    return trace_project(tracing, watch, tell, real_edges())


def _write_page(path: Path, text: str, force: bool) -> None:  # noqa: FBT001 - of a port
    from scaffold.state.file_writer import write_page  # noqa: PLC0415 - one option only

    write_page(path, text, force=force)
