"""All that commands touch besides their arguments, as one value; tests pass their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from scaffold.catalog.wheel_refresh import Refreshed
    from scaffold.config.option_sources import Given
    from scaffold.config.request import Request
    from scaffold.docker.build import Job, Watch
    from scaffold.docker.doctor import Finding
    from scaffold.engineless.images import ImageJob, Written
    from scaffold.init.services import WizardServices
    from scaffold.lint.context import Surroundings
    from scaffold.model.build import Built
    from scaffold.model.errors import Detail
    from scaffold.model.index import Index
    from scaffold.model.knowledge import Facts, PackageFact
    from scaffold.model.plan import Options, Plan
    from scaffold.model.project import Project
    from scaffold.model.target import Arch, Target
    from scaffold.model.verdict import Decision
    from scaffold.model.verification import Comparison, Expectation, Measured, Report
    from scaffold.planner.decide import PlannerServices
    from scaffold.state.record import Record
    from scaffold.verify.compare_session import CompareRequest
    from scaffold.verify.session import VerifyRequest
    from scaffold.verify.trace import Traced, Tracing


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The edges of every command.

    ``machine`` is this machine's architecture in any spelling. ``environment`` returns the
    process's variables, ``read_settings`` what a folder's pyproject.toml asks for. ``open_index``
    takes the project's folder (None outside of one), its lock and addresses, and those of the
    request.
    ``open_snapshot`` takes layers of knowledge; what it opens asks neither cache nor network.
    ``load_package`` takes a normalised name and layers. ``write_file`` writes one file whole, and
    over another only when told to. ``own_knowledge`` returns the folder that knowledge is written
    to, asked for or a checkout's; ``refresh_wheels`` makes a snapshot anew,
    ``write_knowledge`` writes it below a folder, all or none, and removes what is stale.
    ``snapshot_names`` lists what the bundled snapshot holds, ``snapshot_date`` is its ISO date.
    ``make_plan`` takes the request for its options and for what to run to get the plan again.
    ``spell_plan`` turns a plan into texts by file name. ``write`` puts texts into a folder, all or
    none, and returns the names of files of an earlier run that belong to no target any more;
    without ``force`` (its last argument) it raises FileConflictError for a file that is the user's.
    ``read_record`` returns what the last run left in a folder, ``digest_inputs`` the SHA-256 of
    files in it. ``build`` makes images and tells what happens meanwhile, ``write_images`` does so
    without an engine. ``read_promises`` returns what was planned for each target, ``prove`` builds
    and tries images, ``compare`` several of one project.
    ``keep_measured`` puts figures into the record, ``read_measured`` returns them.
    ``read_dockerfile`` returns the file that a path means, its text and what lies around it;
    ``replace_text`` writes it anew. ``write_page`` writes a report; without its last argument it
    raises FileConflictError for a file that is none. ``open_wizard`` returns what ``init`` has
    besides,
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
    refresh_wheels: Callable[[Path, Path | None, Callable[[str], None]], Refreshed]
    write_knowledge: Callable[[Path, Refreshed], None]
    snapshot_names: Callable[[], Sequence[str]]
    snapshot_date: Callable[[], str]
    decide: Callable[[Project, Sequence[Target], Options, PlannerServices], tuple[Decision, ...]]
    make_plan: Callable[[Project, Sequence[Target], Sequence[Decision], Request], Plan]
    spell_plan: Callable[[Plan], Mapping[str, str]]
    write: Callable[[Path, Mapping[str, str], bool], Sequence[str]]
    read_record: Callable[[Path], Record | None]
    digest_inputs: Callable[[Path, Sequence[str]], Mapping[str, str]]
    build: Callable[[Job, Watch], tuple[Built, ...]]
    write_images: Callable[[ImageJob, Watch], Written]
    read_promises: Callable[[Path, Sequence[Arch], Facts], tuple[Expectation, ...]]
    prove: Callable[[VerifyRequest, Watch, Callable[[str], None]], tuple[Report, ...]]
    compare: Callable[[CompareRequest, Watch, Callable[[str], None]], Comparison]
    trace: Callable[[Tracing, Watch, Callable[[str], None]], Traced]
    open_wizard: Callable[[], WizardServices]
    check_up: Callable[[Path], tuple[Finding, ...]]
    read_measured: Callable[[Path], Mapping[Arch, Measured]]
    keep_measured: Callable[[Path, Sequence[Report], date], None]
    read_dockerfile: Callable[[Path], tuple[Path, str, Surroundings]]
    replace_text: Callable[[Path, str], None]
    write_page: Callable[[Path, str, bool], None]

    @property
    def wizard(self) -> WizardServices:
        """Return what ``init`` has besides: slow to import."""
        return self.open_wizard()
