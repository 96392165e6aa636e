"""All that commands touch besides their arguments, as one value; tests pass their own."""

from __future__ import annotations

import importlib
import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import date
    from pathlib import Path

    from scaffold.config.option_sources import Given
    from scaffold.docker.build import Job, Watch
    from scaffold.docker.doctor import Finding
    from scaffold.engineless.images import ImageJob, Written
    from scaffold.init.services import WizardServices
    from scaffold.lint.context import Surroundings
    from scaffold.model.build import Built
    from scaffold.model.index import Contents, DistFile, Index
    from scaffold.model.knowledge import Facts, PackageFact
    from scaffold.model.options import Options, Request
    from scaffold.model.plan import Plan
    from scaffold.model.project import Project
    from scaffold.model.target import Arch, Target
    from scaffold.model.verdict import Decision
    from scaffold.model.verification import Comparison, Expectation, Measured, Report
    from scaffold.planner.decide import PlannerServices
    from scaffold.state.record import Record
    from scaffold.verify.compare import CompareRequest
    from scaffold.verify.session import VerifyRequest
    from scaffold.verify.trace import Traced, Tracing


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The machine that runs us. ``machine`` is its architecture in any spelling."""

    today: Callable[[], date]
    machine: Callable[[], str]
    environment: Callable[[], Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """The facts. Layers are folders of knowledge above the bundled one.

    ``load_package`` takes a normalised name. ``snapshot_names`` lists what the bundled snapshot
    holds, ``snapshot_date`` is its ISO date; ``open_snapshot`` asks neither cache nor network.
    """

    load_facts: Callable[[Sequence[str]], Facts]
    load_package: Callable[[str, Sequence[str]], PackageFact | None]
    snapshot_names: Callable[[], Sequence[str]]
    snapshot_date: Callable[[], str]
    open_snapshot: Callable[[Sequence[str]], Index]


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexes:
    """Package indexes.

    ``open_index`` takes the project's folder (None outside of one), its lock and addresses, and
    those of the request.
    ``list_contents`` says what is inside wheels, None where that is not known.
    """

    open_index: Callable[[Path | None, Project, Request], Index]
    list_contents: Callable[[Path, Project, Request, Sequence[DistFile]], Sequence[Contents | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Projects:
    """What a project's folder holds.

    ``read_settings`` returns what its pyproject.toml asks for, ``digest_inputs`` the SHA-256 of
    files in it, ``read_dockerfile`` the file that a path means, its text and what lies around it.
    """

    read_settings: Callable[[Path], Sequence[Given]]
    read_project: Callable[[Path, Request], Project]
    read_dockerfile: Callable[[Path], tuple[Path, str, Surroundings]]
    digest_inputs: Callable[[Path, Sequence[str]], Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Decisions, and the texts of a plan by file name.

    ``make_plan`` takes the request for its options and for what to run to get the plan again.
    """

    decide: Callable[[Project, Sequence[Target], Options, PlannerServices], tuple[Decision, ...]]
    make_plan: Callable[[Project, Sequence[Target], Sequence[Decision], Request], Plan]
    spell_plan: Callable[[Plan], Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What is written, and read again later.

    ``write`` puts texts into a folder, all or none, and returns the names of files of an earlier
    run that belong to no target any more. Without ``force``, the last argument of what writes, a
    file that is the user's raises FileConflictError; a report is ours. ``read_record`` returns
    what the last run left in a folder, ``read_promises`` what was planned for each target;
    ``keep_measured`` puts figures into the record.
    """

    write: Callable[[Path, Mapping[str, str], bool], Sequence[str]]
    write_page: Callable[[Path, str, bool], None]
    replace_text: Callable[[Path, str], None]
    read_record: Callable[[Path], Record | None]
    read_promises: Callable[[Path, Sequence[Arch], Facts], tuple[Expectation, ...]]
    read_measured: Callable[[Path], Mapping[Arch, Measured]]
    keep_measured: Callable[[Path, Sequence[Report], date], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What builds images, runs them, and looks at the machine for both.

    ``write_images`` needs no engine, nor does ``copy_project``, which gives a copy of a folder to
    write into. ``find_buildx`` raises what ``build`` would without it. The last argument of
    ``prove``, ``compare`` and ``trace`` takes lines of progress.
    """

    find_buildx: Callable[[], object]
    build: Callable[[Job, Watch], tuple[Built, ...]]
    write_images: Callable[[ImageJob, Watch], Written]
    copy_project: Callable[[Path], AbstractContextManager[Path]]
    prove: Callable[[VerifyRequest, Watch, Callable[[str], None]], tuple[Report, ...]]
    compare: Callable[[CompareRequest, Watch, Callable[[str], None]], Comparison]
    trace: Callable[[Tracing, Watch, Callable[[str], None]], Traced]
    check_up: Callable[[Path], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """All ports. ``wizard`` is what ``init`` has besides."""

    host: Host
    knowledge: Knowledge
    indexes: Indexes
    projects: Projects
    planner: Planner
    files: Files
    engine: Engine
    wizard: WizardServices


class _Late:
    """A port whose module is imported when something of it is first used."""

    def __init__(self, place: str) -> None:
        self._place = place

    def __getattr__(self, name: str) -> Any:
        module, _, port = self._place.partition(":")
        return getattr(getattr(importlib.import_module(module), port), name)


def real_services() -> Services:
    """Return the real world: files, network, clock, engine."""
    late: Any = _Late
    return Services(
        host=Host(
            today=lambda: datetime.now(UTC).date(),
            machine=platform.machine,
            environment=lambda: os.environ,
        ),
        knowledge=late("scaffold.operations.knowledge_services:KNOWLEDGE"),
        indexes=late("scaffold.operations.planning_services:INDEXES"),
        projects=late("scaffold.operations.planning_services:PROJECTS"),
        planner=late("scaffold.operations.planning_services:PLANNER"),
        files=late("scaffold.operations.planning_services:FILES"),
        engine=late("scaffold.operations.engine_services:ENGINE"),
        wizard=late("scaffold.init.services:WIZARD"),
    )
