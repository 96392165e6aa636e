"""All that commands touch besides their arguments, as one value; tests pass their own."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scaffold.errors import Detail, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from scaffold.adapters.record import Record
    from scaffold.building import Job, Watch
    from scaffold.comparing import Contest
    from scaffold.config import Request
    from scaffold.core.ports import Index
    from scaffold.flow import Edges
    from scaffold.model.build import Built
    from scaffold.model.checkup import Finding
    from scaffold.model.comparison import Comparison
    from scaffold.model.knowledge import Facts, PackageFact
    from scaffold.model.plan import Options, Plan
    from scaffold.model.project import Project
    from scaffold.model.promise import Promise
    from scaffold.model.report import Measured, Report
    from scaffold.model.target import Arch, Target
    from scaffold.model.verdict import Decision
    from scaffold.origins import Given
    from scaffold.proving import Proving
    from scaffold.refresh.running import Order
    from scaffold.refresh.snapshots import Refreshed
    from scaffold.rules.case import Surroundings
    from scaffold.tracing import Traced, Tracing
    from scaffold.wizard.edges import WizardEdges


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The edges of every command.

    ``machine`` is this machine's architecture in any spelling. ``environment`` returns the
    process's variables, ``read_settings`` what a folder's pyproject.toml asks for. ``open_index``
    takes the project's folder (None outside of one), its lock and addresses, and those of the
    request.
    ``open_snapshot`` takes layers of knowledge; what it opens asks neither cache nor network.
    ``load_package`` takes a normalised name and layers. ``write_file`` writes one file whole, and
    over another only when told to. ``own_knowledge`` returns the folder that knowledge is written
    to, asked for or a checkout's; ``refresh`` makes knowledge anew, ``read_statement`` returns the
    SQL for an export of the public data set, ``write_knowledge`` writes texts below a folder, all
    or none, and removes what is stale. ``snapshot_names`` lists what the bundled snapshot holds,
    ``snapshot_date`` is its ISO date.
    ``make_plan`` takes the request for its options and for what to run to get the plan again.
    ``spell_plan`` turns a plan into texts by file name. ``write`` puts texts into a folder, all or
    none, and returns the names of files of an earlier run that belong to no target any more;
    without ``force`` (its last argument) it raises FileConflictError for a file that is the user's.
    ``read_record`` returns what the last run left in a folder, ``digest_inputs`` the SHA-256 of
    files in it. ``build`` makes images and tells what happens meanwhile. ``read_promises`` returns
    what was planned for each target, ``prove`` builds and tries images, ``compare`` several of one
    project. ``keep_measured`` puts figures into the record, ``read_measured`` returns them.
    ``read_dockerfile`` returns the file that a path means, its text and what lies around it;
    ``replace_text`` writes it anew. ``write_page`` writes a report; without its last argument it
    raises FileConflictError for a file that is none. ``wizard`` is what ``init`` has besides,
    ``check_up`` looks at the machine for a project.
    """

    today: Callable[[], date]
    machine: Callable[[], str]
    load_facts: Callable[[Sequence[str]], Facts]
    check_facts: Callable[[Facts], Iterable[Detail]]
    environment: Callable[[], Mapping[str, str]]
    read_settings: Callable[[Path], Sequence[Given]]
    read_project: Callable[[Path, Request], Project]
    open_index: Callable[[Path | None, Project, Request], Index]
    open_snapshot: Callable[[Sequence[str]], Index]
    load_package: Callable[[str, Sequence[str]], PackageFact | None]
    write_file: Callable[[Path, str, bool], None]
    own_knowledge: Callable[[Path | None], Path]
    refresh: Callable[[Order, Callable[[str], None]], tuple[Refreshed, ...]]
    read_statement: Callable[[], str]
    write_knowledge: Callable[[Path, Mapping[str, str], Sequence[str]], None]
    snapshot_names: Callable[[], Sequence[str]]
    snapshot_date: Callable[[], str]
    decide: Callable[[Project, Sequence[Target], Options, Edges], tuple[Decision, ...]]
    make_plan: Callable[[Project, Sequence[Target], Sequence[Decision], Request], Plan]
    spell_plan: Callable[[Plan], Mapping[str, str]]
    write: Callable[[Path, Mapping[str, str], bool], Sequence[str]]
    read_record: Callable[[Path], Record | None]
    digest_inputs: Callable[[Path, Sequence[str]], Mapping[str, str]]
    build: Callable[[Job, Watch], tuple[Built, ...]]
    read_promises: Callable[[Path, Sequence[Arch], Facts], tuple[Promise, ...]]
    prove: Callable[[Proving, Watch, Callable[[str], None]], tuple[Report, ...]]
    compare: Callable[[Contest, Watch, Callable[[str], None]], Comparison]
    trace: Callable[[Tracing, Watch, Callable[[str], None]], Traced]
    wizard: WizardEdges
    check_up: Callable[[Path], tuple[Finding, ...]]
    read_measured: Callable[[Path], Mapping[Arch, Measured]]
    keep_measured: Callable[[Path, Sequence[Report], date], None]
    read_dockerfile: Callable[[Path], tuple[Path, str, Surroundings]]
    replace_text: Callable[[Path, str], None]
    write_page: Callable[[Path, str, bool], None]


def real_outside() -> Outside:
    """Return the real world: files, network, clock. Each edge is imported when it is first used."""
    from scaffold.wizard.edges import real_wizard_edges  # noqa: PLC0415 - not for --help

    return Outside(
        today=_today,
        machine=_machine,
        load_facts=_load_facts,
        check_facts=_check_facts,
        environment=lambda: os.environ,
        read_settings=_read_settings,
        read_project=_read_project,
        open_index=_open_index,
        open_snapshot=_open_snapshot,
        load_package=_load_package,
        write_file=_write_file,
        own_knowledge=_own_knowledge,
        refresh=_refresh,
        read_statement=_read_statement,
        write_knowledge=_write_knowledge,
        snapshot_names=_snapshot_names,
        snapshot_date=_snapshot_date,
        decide=_decide,
        make_plan=_make_plan,
        spell_plan=_spell_plan,
        write=_write,
        read_record=_read_record,
        digest_inputs=_digest_inputs,
        build=_build,
        read_promises=_read_promises,
        prove=_prove,
        compare=_compare,
        trace=_trace,
        wizard=real_wizard_edges(),
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


def _load_facts(layers: Sequence[str]) -> Facts:
    from scaffold.facts.load import load_facts  # noqa: PLC0415 - slow to import
    from scaffold.resources import knowledge  # noqa: PLC0415 - only with facts

    return load_facts(knowledge(), *map(Path, layers))


def _check_facts(facts: Facts) -> Iterable[Detail]:
    from scaffold.facts.check import check_facts  # noqa: PLC0415 - one command only

    for problem in check_facts(facts, today=_today()):
        yield Detail(file=problem.fact, text=f"{problem.text} ({problem.code})")


def _read_settings(path: Path) -> Sequence[Given]:
    from scaffold.adapters.pyproject_file import load_pyproject  # noqa: PLC0415 - slow to import
    from scaffold.origins import read_table  # noqa: PLC0415 - not for --help

    pyproject = load_pyproject(path) if path.is_dir() else None
    return read_table(pyproject) if pyproject else ()


def _read_project(path: Path, request: Request) -> Project:
    from scaffold.adapters.project import read_project  # noqa: PLC0415 - slow to import

    return read_project(
        path,
        extras=request.extras,
        groups=request.groups,
        requirements=request.requirements,
    )


def _open_index(folder: Path | None, project: Project, request: Request) -> Index:
    from scaffold.adapters.index import open_index  # noqa: PLC0415 - slow to import
    from scaffold.config import index_options  # noqa: PLC0415 - not for --help
    from scaffold.facts.snapshot import Snapshot  # noqa: PLC0415 - slow to import
    from scaffold.resources import snapshots  # noqa: PLC0415 - only with facts

    if request.certificates and not Path(request.certificates).is_file():
        raise UsageError(
            f"--ca: there is no file {request.certificates}", hint="give certificates in PEM format"
        )
    given = {"PIP_CERT": request.certificates} if request.certificates else {}
    return open_index(
        {**os.environ, **given},
        project=folder,
        options=index_options(project, request),
        lock=project.lock,
        offline=request.options.offline,
        snapshot=Snapshot(*snapshots(*map(Path, request.knowledge))),
    )


def _open_snapshot(layers: Sequence[str]) -> Index:
    from scaffold.adapters.snapshot_index import SnapshotIndex  # noqa: PLC0415 - slow to import
    from scaffold.facts.snapshot import Snapshot  # noqa: PLC0415 - slow to import
    from scaffold.resources import snapshots  # noqa: PLC0415 - only with facts

    return SnapshotIndex(Snapshot(*snapshots(*map(Path, layers))))


def _load_package(name: str, layers: Sequence[str]) -> PackageFact | None:
    from scaffold.facts.load import load_package  # noqa: PLC0415 - slow to import
    from scaffold.resources import knowledge  # noqa: PLC0415 - only with facts

    return load_package(name, knowledge(), *map(Path, layers))


def _write_file(path: Path, text: str, force: bool) -> None:  # noqa: FBT001 - of a port
    from scaffold.adapters.outputs import write_outputs  # noqa: PLC0415 - one option only

    write_outputs(path.parent, {path.name: text}, force=force, recorded={})


def _own_knowledge(into: Path | None) -> Path:
    from scaffold.resources import knowledge  # noqa: PLC0415 - only with facts

    if into is not None:
        return into
    bundled = knowledge()
    if isinstance(bundled, Path) and (bundled.parent / "pyproject.toml").is_file():
        return bundled
    raise UsageError(
        "the installed knowledge is not written to",
        hint="name a folder of your own: --into DIR, and use it with --knowledge DIR",
    )


def _refresh(order: Order, tell: Callable[[str], None]) -> tuple[Refreshed, ...]:
    from scaffold.refresh.running import refresh  # noqa: PLC0415 - one command only

    return refresh(order, tell)


def _read_statement() -> str:
    from scaffold.resources import templates  # noqa: PLC0415 - one command only

    return (templates() / "sql" / "index_files.sql").read_text(encoding="utf-8")


def _write_knowledge(folder: Path, files: Mapping[str, str], stale: Sequence[str]) -> None:
    from scaffold.adapters.outputs import write_outputs  # noqa: PLC0415 - one command only

    folder.mkdir(parents=True, exist_ok=True)
    write_outputs(folder, files, force=True, recorded={})
    for name in stale:
        (folder / name).unlink(missing_ok=True)


def _snapshot_names() -> Sequence[str]:
    from scaffold.resources import knowledge  # noqa: PLC0415 - only with facts

    folder = knowledge() / "snapshots" / "wheels"
    files = folder.iterdir() if folder.is_dir() else ()
    return sorted(
        file.name.removesuffix(".jsonl") for file in files if file.name.endswith(".jsonl")
    )


def _snapshot_date() -> str:
    from scaffold.facts.snapshot import Snapshot  # noqa: PLC0415 - slow to import
    from scaffold.resources import knowledge  # noqa: PLC0415 - only with facts

    return Snapshot(knowledge() / "snapshots" / "wheels").head().date


def _decide(
    project: Project, targets: Sequence[Target], options: Options, edges: Edges
) -> tuple[Decision, ...]:
    from scaffold.flow import decide  # noqa: PLC0415 - slow to import

    return decide(project, targets, options, edges)


def _make_plan(
    project: Project, targets: Sequence[Target], decisions: Sequence[Decision], request: Request
) -> Plan:
    from scaffold.config import to_argv, without_secrets  # noqa: PLC0415 - not for --help
    from scaffold.core.plan import make_plan  # noqa: PLC0415 - slow to import

    arguments = to_argv(without_secrets(request))
    return make_plan(project, targets, decisions, request.options, arguments=arguments)


def _spell_plan(plan: Plan) -> Mapping[str, str]:
    from scaffold.core.render import render  # noqa: PLC0415 - slow to import
    from scaffold.resources import assembler, templates  # noqa: PLC0415 - only with templates

    folder = templates()
    return render(
        plan, lambda name: (folder / name).read_text(encoding="utf-8"), program=assembler()
    )


def _write(path: Path, files: Mapping[str, str], force: bool) -> Sequence[str]:  # noqa: FBT001 - of a port
    from scaffold.adapters.outputs import read_recorded, write_outputs  # noqa: PLC0415 - slow

    return write_outputs(path, files, force=force, recorded=read_recorded(path)).stale


def _read_record(path: Path) -> Record | None:
    from scaffold.adapters.record import read_record  # noqa: PLC0415 - not for --help

    return read_record(path)


def _digest_inputs(path: Path, names: Sequence[str]) -> Mapping[str, str]:
    from scaffold.adapters.record import digest_files  # noqa: PLC0415 - not for --help

    return digest_files(path, names)


def _build(job: Job, watch: Watch) -> tuple[Built, ...]:
    from scaffold.building import build_images, real_edges  # noqa: PLC0415 - slow to import

    return build_images(job, watch, real_edges())


def _read_promises(path: Path, arches: Sequence[Arch], facts: Facts) -> tuple[Promise, ...]:
    from scaffold.adapters.promises import read_promises  # noqa: PLC0415 - one command only

    return read_promises(path, arches, facts.bases)


def _prove(proving: Proving, watch: Watch, tell: Callable[[str], None]) -> tuple[Report, ...]:
    from scaffold.building import real_edges  # noqa: PLC0415 - slow to import
    from scaffold.proving import prove_images  # noqa: PLC0415

    return prove_images(proving, watch, tell, real_edges())


def _compare(contest: Contest, watch: Watch, tell: Callable[[str], None]) -> Comparison:
    from scaffold.building import real_edges  # noqa: PLC0415 - slow to import
    from scaffold.comparing import compare_images  # noqa: PLC0415

    return compare_images(contest, watch, tell, real_edges)


def _check_up(path: Path) -> tuple[Finding, ...]:
    from scaffold.checkup import check_up, real_checkup_edges  # noqa: PLC0415 - one command only

    edges = real_checkup_edges(os.environ, path, today=_today(), snapshot=_snapshot_date)
    return tuple(check_up(edges))


def _read_measured(path: Path) -> Mapping[Arch, Measured]:
    from scaffold.adapters.measured import read_measured  # noqa: PLC0415 - not for --help

    return read_measured(path)


def _keep_measured(path: Path, reports: Sequence[Report], today: date) -> None:
    from scaffold.adapters.measured import keep_measured  # noqa: PLC0415 - one option only

    keep_measured(path, reports, today)


def _read_dockerfile(path: Path) -> tuple[Path, str, Surroundings]:
    from scaffold.adapters.surroundings import (  # noqa: PLC0415 - one command only
        find_dockerfile,
        look_around,
        read_text,
    )

    file = find_dockerfile(path)
    return file, read_text(file), look_around(file)


def _replace_text(path: Path, text: str) -> None:
    from scaffold.adapters.surroundings import replace_text  # noqa: PLC0415 - one option only

    replace_text(path, text)


def _trace(tracing: Tracing, watch: Watch, tell: Callable[[str], None]) -> Traced:
    from scaffold.building import real_edges  # noqa: PLC0415 - slow to import
    from scaffold.tracing import trace_project  # noqa: PLC0415

    return trace_project(tracing, watch, tell, real_edges())


def _write_page(path: Path, text: str, force: bool) -> None:  # noqa: FBT001 - of a port
    from scaffold.adapters.page_file import write_page  # noqa: PLC0415 - one option only

    write_page(path, text, force=force)
