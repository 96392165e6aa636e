"""What plans and their files touch: a project's folder, the planner, what is written."""

import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from scaffold.catalog.resources import assembler, snapshots
from scaffold.catalog.snapshot import Snapshot
from scaffold.config.option_sources import Given, read_table
from scaffold.config.request import index_options, to_argv, without_secrets
from scaffold.docker.registry import Registries
from scaffold.dockerfile.render import render
from scaffold.index.cache import find_cache_folder
from scaffold.index.client import Http
from scaffold.index.configuration import read_index_config
from scaffold.index.layered_index import LayeredIndex, open_index
from scaffold.index.metadata_builder import build_folder_metadata, build_metadata
from scaffold.lint.build_context import find_dockerfile, look_around, read_text, replace_text
from scaffold.lint.context import Surroundings
from scaffold.model.errors import UsageError
from scaffold.model.index import Metadata
from scaffold.model.options import Request
from scaffold.model.plan import Plan
from scaffold.model.project import Project
from scaffold.model.target import Target
from scaffold.model.verdict import Decision
from scaffold.operations.services import Files, Indexes, Planner, Projects
from scaffold.planner.decide import decide
from scaffold.planner.plan import make_plan
from scaffold.project.dockerignore import PROGRAM
from scaffold.project.pyproject_file import load_pyproject
from scaffold.project.reader import read_project
from scaffold.project.repositories import Address, Checkout
from scaffold.project.source_clients import fetch_archive, fetch_repository
from scaffold.project.workspace import find_member, refuse_roots
from scaffold.state.file_writer import read_recorded, write_outputs, write_page
from scaffold.state.record import (
    digest_files,
    keep_measured,
    read_expectations,
    read_measured,
    read_record,
)


def _read_settings(path: Path) -> Sequence[Given]:
    pyproject = load_pyproject(path) if path.is_dir() else None
    return read_table(pyproject) if pyproject else ()


def _read_project(path: Path, request: Request) -> Project:
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
        build=partial(_build_own, request=request) if request.build_metadata else None,
    )


def _build_own(root: Path, request: Request) -> Metadata:
    given = {"PIP_CERT": request.certificates} if request.certificates else {}
    config = read_index_config({**os.environ, **given}, project=root)
    return build_folder_metadata(root, config)


def _fetch(folder: Path, request: Request, address: Address) -> Checkout:
    cache = find_cache_folder(os.environ)
    if not address.archive:
        return fetch_repository(address, cache=cache, environ=os.environ)
    given = {"PIP_CERT": request.certificates} if request.certificates else {}
    http = Http(read_index_config({**os.environ, **given}, project=folder))
    return fetch_archive(address, cache=cache, get=http.get)


def _make_plan(
    project: Project, targets: Sequence[Target], decisions: Sequence[Decision], request: Request
) -> Plan:
    arguments = to_argv(without_secrets(request))

    def find_digest(reference: str) -> str:
        if request.options.offline:
            return ""
        with closing(Registries(os.environ, cert=request.certificates)) as registries:
            return registries.find_digest(reference)

    return make_plan(
        *(project, targets, decisions, request.options),
        arguments=arguments,
        find_digest=find_digest,
    )


def _spell_plan(plan: Plan) -> Mapping[str, str]:
    return render(plan, program=assembler)


def _write(path: Path, files: Mapping[str, str], force: bool) -> Sequence[str]:  # noqa: FBT001 - of a port
    recorded = read_recorded(path)
    return write_outputs(path, files, force=force, recorded=recorded, retire=f"{PROGRAM}/").stale


def _read_dockerfile(path: Path) -> tuple[Path, str, Surroundings]:
    file = find_dockerfile(path)
    return file, read_text(file), look_around(file)


def _open_index(folder: Path | None, project: Project, request: Request) -> LayeredIndex:
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
        build=build_metadata if request.build_metadata else None,
    )


INDEXES = Indexes(
    open_index=_open_index,
    list_contents=lambda folder, project, request, files: _open_index(
        folder, project, request
    ).contents(files),
)

PROJECTS = Projects(
    read_settings=_read_settings,
    read_project=_read_project,
    read_dockerfile=_read_dockerfile,
    digest_inputs=digest_files,
)
PLANNER = Planner(decide=decide, make_plan=_make_plan, spell_plan=_spell_plan)
FILES = Files(
    write=_write,
    write_page=lambda path, text, force: write_page(path, text, force=force),
    replace_text=replace_text,
    read_record=read_record,
    read_promises=lambda path, arches, facts: read_expectations(path, arches, facts.bases),
    read_measured=read_measured,
    keep_measured=keep_measured,
)
