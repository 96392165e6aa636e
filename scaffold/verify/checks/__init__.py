"""The checks of an image, in the order in which they are shown: what each takes of what is seen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from scaffold.docker.installed_packages import Installed
from scaffold.model.codes import CheckCode, Code
from scaffold.model.image import Contents
from scaffold.model.knowledge import PackageFact
from scaffold.model.run import Importing, Run, RunSpec, TraceResult
from scaffold.model.verification import Check, Expectation, Status, Stored
from scaffold.verify.checks import config, imports, libraries, rebuild, size, start, stop, writes
from scaffold.verify.checks.config import check_config, check_secrets
from scaffold.verify.checks.imports import check_imports, check_installed
from scaffold.verify.checks.libraries import check_libraries
from scaffold.verify.checks.rebuild import Rebuilds, check_rebuild, check_update
from scaffold.verify.checks.size import check_size
from scaffold.verify.checks.start import check_memory, check_start
from scaffold.verify.checks.stop import check_stop
from scaffold.verify.checks.traced import check_traced
from scaffold.verify.checks.writes import check_writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the image's files show. ``stored`` is what the engine says that it keeps of it."""

    contents: Contents
    packages: Sequence[Installed]
    promise: Expectation
    facts: Mapping[str, PackageFact]
    stored: Stored | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What its runs showed. ``modules`` maps what was imported to its package.

    ``loose`` is the run with a writable root, ``sightings`` those of the promise's traced runs.
    """

    trial: RunSpec
    modules: Mapping[str, str]
    importing: Importing
    sightings: Sequence[TraceResult]
    runs: Sequence[Run]
    loose: Run | None
    signal: str
    rebuilds: Rebuilds


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageCheck:
    """A check; ``files`` needs no run, and stands in for ``run`` where nothing was run."""

    code: CheckCode | Code
    files: Callable[[Seen], Check] | None = None
    run: Callable[[Seen, Ran], Check] | None = None
    applies: Callable[[Expectation], bool] = lambda _: True


CHECKS = (
    ImageCheck(
        code=size.CODE,
        files=lambda seen: check_size(seen.contents, seen.packages, seen.promise, seen.stored),
    ),
    ImageCheck(
        code=imports.CODE,
        files=lambda seen: check_installed(seen.packages, seen.promise.packages),
        run=lambda seen, ran: check_imports(
            seen.packages,
            ran.modules,
            ran.importing,
            planned=seen.promise.packages,
            facts=seen.facts,
            contents=seen.contents,
            brought=seen.promise.brought,
        ),
    ),
    ImageCheck(
        code=libraries.CODE,
        files=lambda seen: check_libraries(
            seen.contents,
            seen.packages,
            seen.promise.arch,
            facts=seen.facts,
            brought=seen.promise.brought,
        ),
    ),
    ImageCheck(
        code=Code.TRACED,
        run=lambda seen, ran: check_traced(seen.promise.runs, ran.sightings),
        applies=lambda promise: bool(promise.runs),
    ),
    ImageCheck(
        code=start.CODE,
        run=lambda seen, ran: check_start(ran.trial, ran.runs, seen.promise.brought),
    ),
    ImageCheck(code=start.MEMORY_CODE, run=lambda _, ran: check_memory(ran.trial, ran.runs)),
    ImageCheck(code=stop.CODE, run=lambda _, ran: check_stop(ran.trial, ran.runs[0], ran.signal)),
    ImageCheck(
        code=writes.CODE, run=lambda _, ran: check_writes(ran.trial, ran.runs[0], ran.loose)
    ),
    ImageCheck(
        code=rebuild.CODE, run=lambda seen, ran: check_rebuild(seen.contents, ran.rebuilds.edited)
    ),
    ImageCheck(
        code=rebuild.UPDATE_CODE,
        run=lambda seen, ran: check_update(seen.contents, ran.rebuilds.updated),
    ),
    ImageCheck(code=config.CODE, files=lambda seen: check_config(seen.contents, seen.promise)),
    ImageCheck(code=config.SECRETS_CODE, files=lambda seen: check_secrets(seen.contents)),
)


def check_image(seen: Seen, ran: Ran | None = None) -> tuple[Check, ...]:
    """Return every check; without runs, those that need one are left out, and say so."""
    return tuple(_try(one, seen, ran) for one in CHECKS if one.applies(seen.promise))


def _try(one: ImageCheck, seen: Seen, ran: Ran | None) -> Check:
    if one.run is not None and ran is not None:
        return one.run(seen, ran)
    if one.files is not None:
        return one.files(seen)
    text = "left out (--no-engine): needs a run"
    return Check(code=one.code, status=Status.LEFT_OUT, text=text)
