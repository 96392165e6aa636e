"""The Python API: what the commands of the same names do, with typed results.

Options are keywords with the names that ``[tool.leanscaffold]`` in pyproject.toml has, underscores
for hyphens: ``plan("app", target="arm64", max_size="500MB")``. Sizes are texts with a unit or
numbers of bytes; repeatable options take one text or several. As on the command line, variables
``LEANSCAFFOLD_*``, pyproject.toml and leanscaffold.json fill what is not given. Progress is told
to ``tell``, a line at a time.

Every function raises a ``scaffold.model.errors.LeanscaffoldError``: its ``code`` is one of
docs/troubleshooting.md, ``cause`` says what is wrong, ``hint`` what to do, ``details`` name files
and lines.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from scaffold.config.option_parsers import unknown
from scaffold.model.errors import NothingFitsError
from scaffold.model.options import SETTINGS
from scaffold.model.verification import Report, VerifyOptions
from scaffold.operations.build import prepare
from scaffold.operations.lint import LintResult, choose_rules, lint_file
from scaffold.operations.plan import decide_outcome, write_files
from scaffold.operations.request import take_given, take_request
from scaffold.operations.services import Services, real_services
from scaffold.operations.verify import of_project
from scaffold.report.plan_result import PlanResult

Tell = Callable[[str], None]


def plan(
    path: str | Path = ".",
    *,
    anew: bool = False,
    tell: Tell = lambda _: None,
    services: Services | None = None,
    **options: object,
) -> PlanResult:
    """Return the decision for the project in a folder; nothing is written.

    ``fits`` of the result tells whether every target has a base; ``anew`` leaves out what
    leanscaffold.json recorded.
    """
    outside = services or real_services()
    values = {**_values(path, options), "anew": anew}
    request, remarks = take_request(outside, values)
    return decide_outcome(outside, values["path"], request, tell, remarks)


def generate(
    path: str | Path = ".",
    *,
    force: bool = False,
    anew: bool = False,
    tell: Tell = lambda _: None,
    services: Services | None = None,
    **options: object,
) -> PlanResult:
    """Write the Dockerfile, the locks and the record; ``files`` of the result are what was written.

    Nothing is written where nothing fits. Raises FileConflictError, having written nothing, for a
    file that is the user's, unless ``force`` is given.
    """
    outside = services or real_services()
    values = {**_values(path, options), "anew": anew}
    request, remarks = take_request(outside, values)
    outcome = decide_outcome(outside, values["path"], request, tell, remarks)
    if not outcome.fits:
        return outcome
    return write_files(outside, values["path"], outcome, force=force, tell=tell)


def lint(
    path: str | Path = ".",
    *,
    fix: bool = False,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    alone: bool = False,
    online: bool = False,
    anew: bool = False,
    tell: Tell = lambda _: None,
    services: Services | None = None,
    **options: object,
) -> LintResult:
    """Return what is wrong with a Dockerfile, or the one in a folder; ``fix`` writes it mended.

    ``select`` and ``ignore`` are rules, such as ``LS101``. ``alone`` leaves out the project beside
    the file, ``online`` asks the index about its packages, ``anew`` is as in ``plan``.
    """
    outside = services or real_services()
    values = {**_values(path, options), "anew": anew}
    request, remarks = take_request(outside, values)
    request = replace(request, options=replace(request.options, offline=not online))
    rules = choose_rules(tuple(select), tuple(ignore))
    return lint_file(
        outside, values["path"], request, rules, tell=tell, remarks=remarks, fix=fix, alone=alone
    )


def verify(
    path: str | Path = ".",
    *,
    how: VerifyOptions | None = None,
    force: bool = False,
    tell: Tell = lambda _: None,
    services: Services | None = None,
    **options: object,
) -> tuple[Report, ...]:
    """Build the images of a project, run them under their devices' limits, return a report each.

    A report's ``passed`` tells whether every check holds. Needs an engine; where files are
    missing or stale, a copy of the project gets them. Raises NothingFitsError where nothing fits.
    """
    outside = services or real_services()
    values = _values(path, options)
    given = take_given(outside, values)
    with ExitStack() as stack:

        def copy(folder: Path) -> Path:
            return stack.enter_context(outside.engine.copy_project(folder))

        prepared = prepare(outside, values["path"], given, force=force, tell=tell, copy=copy)
        if prepared.rejected:
            raise NothingFitsError(
                "no base image fits the project, the target and the budget",
                hint="scaffold.plan() returns the reasons",
            )
        asked = of_project(outside, prepared, how or VerifyOptions())
        return outside.engine.prove(asked, lambda _: None, tell)


def _values(path: str | Path, options: Mapping[str, object]) -> dict[str, Any]:
    """Return the options as the command line has them. Raises UsageError for an unknown one."""
    known = {setting.parameter: setting for setting in SETTINGS}
    values: dict[str, Any] = {"path": Path(path)}
    for name, value in options.items():
        if name not in known:
            raise unknown("option", name, known, hint=f"options: {', '.join(known)}")
        setting = known[name]
        if value is None:
            continue
        if setting.kind == "switch":
            values[name] = bool(value)
        elif setting.repeatable:
            several = value if isinstance(value, list | tuple) else (value,)
            values[name] = tuple(str(one) for one in several)
        elif setting.kind in ("size", "memory") and isinstance(value, int):
            values[name] = f"{value}B"
        else:
            values[name] = str(value)
    return values
