"""``leanscaffold update``: plan again, show what changes, rewrite what is ours."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from scaffold.cli.request import GivenCall, with_given
from scaffold.config.option_sources import Given, request_of
from scaffold.config.request import parse_argv, parse_request, to_argv, without_secrets
from scaffold.model.errors import NOTHING_FITS, UsageError
from scaffold.model.options import Request
from scaffold.operations.plan import decide_outcome, find_left, spell_files
from scaffold.operations.request import combine_options
from scaffold.operations.services import Services
from scaffold.project.dockerignore import input_files
from scaffold.report.document import make_document, make_record
from scaffold.report.plan_diff import (
    Stale,
    Update,
    compare_plans,
    find_stale,
    make_update_document,
    over_budget,
    show_update,
)
from scaffold.report.plan_result import PlanResult
from scaffold.report.progress import talking
from scaffold.report.summary import show_result_text
from scaffold.report.terminal import bullet, print_result, show, to_json
from scaffold.state.file_writer import RECORD, digest
from scaffold.state.record import Record

_STALE = 1
_OTHER_BASE = (
    "the Dockerfile stays as you wrote it, and the lock is now for another base: change its FROM "
    "lines to suit, or write it again with --force"
)


@with_given
def update(call: GivenCall, *, check: bool, force: bool, as_json: bool, quiet: bool) -> int:
    """Plan the project in PATH again after its dependencies or options changed."""
    outside, given, path = call
    record = outside.files.read_record(path)
    if record is None:
        raise UsageError(
            f"nothing was generated in {path}: there is no leanscaffold.json that can be read",
            hint=f"leanscaffold generate {path}, or leanscaffold init {path}",
        )
    with talking(quiet=quiet) as tell:
        tell("reading the project")
        request = combine_options(given, record)
        request = replace(request, leave=_left(given, record, force=force))
        stale = _find_stale(outside, path, record, request)
        if check and not stale:
            found = Update(project=record.project, over=over_budget(record), kept=record.edited)
            return _show(found, as_json=as_json, check=check)
        outcome = decide_outcome(outside, path, request, tell)
        if outcome.fits:
            found = _compare(outside, path, record, outcome, stale, force=force)
            if not check and found.needed:
                found = _write(outside, path, outcome, found, force=force)
            return _show(found, as_json=as_json, check=check)
    _show_nothing_fits(outcome, path, stale, as_json=as_json)
    return _STALE if check else NOTHING_FITS


def _left(given: Mapping[str, Given], record: Record, *, force: bool) -> tuple[str, ...]:
    """Return the files that stay: what is named now, and without force what was named before."""
    now = request_of(given).leave
    before = () if force else parse_request(parse_argv(record.lasting)).leave
    return tuple(dict.fromkeys((*before, *now)))


def _show_nothing_fits(
    outcome: PlanResult, path: Path, stale: tuple[Stale, ...], *, as_json: bool
) -> None:
    if as_json:
        lost = (
            f"{target.arch.platform}: no base image fits"
            for target, decision in zip(outcome.targets, outcome.decisions, strict=True)
            if decision.chosen is None
        )
        found = Update(project=outcome.project.name.value, stale=stale, over=tuple(lost))
        document = make_update_document(found) | {"plan": make_document(outcome)}
        click.echo(to_json(document), nl=False)
    else:
        show(sys.stdout, [*(bullet(one.text) for one in stale), ""] if stale else [])
        show(sys.stdout, show_result_text(outcome, folder=str(path)))


def _find_stale(
    outside: Services, path: Path, record: Record, request: Request
) -> tuple[Stale, ...]:
    project = outside.projects.read_project(path, request)
    return find_stale(
        recorded=record.inputs,
        now=outside.projects.digest_inputs(path, input_files(project)),
        options=(record.options, to_argv(without_secrets(request))),
        missing=record.missing,
    )


def _compare(
    outside: Services,
    path: Path,
    record: Record,
    outcome: PlanResult,
    stale: tuple[Stale, ...],
    *,
    force: bool,
) -> Update:
    """Return what a new plan changes. Without ``force``, what is edited and would not change stays.

    The record of a run changes with every figure in it: alone it is no change.
    """
    files = spell_files(outside, path, outcome)
    spared = find_left(path, files, outcome.request)
    changed = [
        name
        for name, text in files.items()
        if name != RECORD
        and name not in spared
        and (
            name in record.missing
            or record.files.get(name) != digest(text)
            or (force and name in record.edited)
        )
    ]
    dockerfile = outcome.request.options.dockerfile
    there = _read(path / dockerfile)
    mine = [name for name in spared if _read(path / name) != files[name]]
    arches = (target.arch for target in outcome.targets)
    decisions = dict(zip(arches, outcome.decisions, strict=True))
    targets = compare_plans(record, make_record(outcome, {}), decisions)
    remarks = [remark.text for remark in outcome.remarks]
    if dockerfile in spared and any(one.choice for one in targets):
        remarks.append(_OTHER_BASE)
    return Update(
        project=record.project,
        stale=stale,
        targets=targets,
        changed=tuple(sorted(changed)) if not stale else tuple(sorted({*changed, RECORD})),
        kept=tuple(sorted({*mine, *(() if force else set(record.edited) - set(changed))})),
        texts=(there, files[dockerfile]) if there and dockerfile in changed else None,
        remarks=tuple(remarks),
    )


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, ValueError):
        return ""


def _write(
    outside: Services, path: Path, outcome: PlanResult, found: Update, *, force: bool
) -> Update:
    files = spell_files(outside, path, outcome)
    texts = {name: text for name, text in files.items() if name not in found.kept}
    left = set(outside.files.write(path, texts, force)) - set(found.kept)
    stale = tuple(f"{name} is of an earlier run: delete it if you like" for name in sorted(left))
    return replace(found, written=True, remarks=(*found.remarks, *stale))


def _show(found: Update, *, as_json: bool, check: bool) -> int:
    print_result(lambda: make_update_document(found), show_update(found), as_json=as_json)
    return _STALE if check and (found.needed or found.over) else 0
