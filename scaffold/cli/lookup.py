"""The commands that look things up: ``devices``, ``explain`` and ``wheels``."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

from packaging.utils import InvalidName, canonicalize_name

from scaffold.config.option_parsers import unknown
from scaffold.config.request import find_device
from scaffold.lint.rules import find_rule
from scaffold.model.errors import TransientError, UsageError
from scaffold.model.index import Index, Page
from scaffold.model.knowledge import OLD, UPGRADE, describe_age
from scaffold.model.options import Options, Request
from scaffold.model.project import Found, Origin, Project
from scaffold.operations.services import Services
from scaffold.report import schemas
from scaffold.report.devices import show_device, show_devices
from scaffold.report.explain import (
    EXPLANATIONS,
    describe_rule,
    show_explanation,
    show_package,
    show_rule,
)
from scaffold.report.schemas import fill
from scaffold.report.terminal import print_result
from scaffold.report.wheels import draw_page, show_support, to_document
from scaffold.resolver.support import PackageSupport, find_package_support
from scaffold.resolver.wheel_matrix import KnownWheel, Matrix, make_matrix


def explain(
    outside: Services, subject: str, knowledge: tuple[str, ...], *, offline: bool, as_json: bool
) -> None:
    """Say what a reason CODE means, what a RULE of `lint` is for, or what is known of a PACKAGE."""
    code = subject.strip().lower()
    explanation = EXPLANATIONS.get(code)
    rule = find_rule(subject) if explanation is None else None
    if rule is not None:
        print_result(lambda: describe_rule(rule), show_rule(rule), as_json=as_json)
    elif explanation is None:
        _explain_package(outside, subject, knowledge, offline=offline, as_json=as_json)
    else:
        document = {"version": 1, "code": code, **asdict(explanation)}
        print_result(lambda: document, show_explanation(code, explanation), as_json=as_json)


def _explain_package(
    outside: Services, subject: str, knowledge: tuple[str, ...], *, offline: bool, as_json: bool
) -> None:
    name = normalise(subject)
    facts = outside.knowledge.load_facts(knowledge)
    fact = facts.packages.get(name)
    known = find_page(outside, name, knowledge, offline=offline)
    page = known[0] if known else None
    if fact is None and page is None:
        names = [*EXPLANATIONS, *facts.packages, *outside.knowledge.snapshot_names()]

        raise unknown(
            "reason code or package", subject, names, hint="codes stand in brackets in a plan"
        )
    matrix = make_matrix(page) if page else None
    wheels = known_wheels(outside, page, matrix) if page and matrix else ()
    document: dict[str, Any] = {
        "version": 1,
        "package": name,
        "facts": asdict(fact) if fact else None,
        "newest": matrix.newest if matrix else None,
        "sdist": matrix.sdist if matrix else None,
        "origin": page.origin if page else None,
        "wheels": [asdict(wheel) for wheel in wheels],
    }
    print_result(lambda: document, show_package(name, facts, matrix, wheels), as_json=as_json)


def wheels(
    outside: Services,
    packages: tuple[str, ...],
    html: Path | None,
    knowledge: tuple[str, ...],
    *,
    force: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Say whether each PACKAGE works on Alpine and on a Raspberry Pi, and show its wheels."""
    names = dict.fromkeys(map(normalise, packages))
    found = [_look_up(outside, name, knowledge, offline=offline) for name in names]
    if html:
        outside.files.write_page(html, draw_page(found), force)
    print_result(
        lambda: {"version": 1, "packages": [to_document(one) for one in found]},
        show_support(found),
        as_json=as_json,
    )


def _look_up(
    outside: Services, name: str, layers: tuple[str, ...], *, offline: bool
) -> PackageSupport:
    known = find_page(outside, name, layers, offline=offline)
    if known is None:
        raise unknown(
            "package", name, outside.knowledge.snapshot_names(), hint="check the spelling"
        )
    return find_package_support(*known, lambda one: outside.knowledge.load_package(one, layers))


def devices(
    outside: Services, name: str | None, knowledge: tuple[str, ...], *, as_json: bool
) -> None:
    """List the device profiles, or show one with its caveats and source."""
    facts = outside.knowledge.load_facts(knowledge)
    known = facts.devices
    device = find_device(name, known, facts.no_containers.values()) if name else None
    found = [device] if device else [known[key] for key in sorted(known)]
    print_result(
        lambda: {"version": 1, "devices": [fill(schemas.Device, item) for item in found]},
        show_device(device) if device else show_devices(known),
        as_json=as_json,
    )


def normalise(name: str) -> str:
    """Return a package's name as indexes spell it (PEP 503). Raises UsageError for no name."""
    try:
        return canonicalize_name(name.strip(), validate=True)
    except InvalidName as error:
        raise UsageError(
            f"invalid package name {name!r}", hint="names are letters, digits, dots, - and _"
        ) from error


def find_page(
    outside: Services, name: str, layers: Sequence[str], *, offline: bool
) -> tuple[Page, Index] | None:
    """Return the page of a normalised name and the index that knows it, or None if none does.

    Offline, or where the index does not answer, it is the snapshot's, and its origin is dated.
    Raises TransientError where that knows nothing, either.
    """
    snapshot = outside.knowledge.open_snapshot(layers)
    known = snapshot.page(name)
    if known is None or not offline:
        index = _open(outside, offline=offline)
        try:
            page = index.page(name)
        except TransientError:
            if known is None:
                raise
        else:
            if page is not None:
                return page, index
    if known is None:
        return None
    today, day = outside.host.today(), date.fromisoformat(outside.knowledge.snapshot_date())
    renew = f": `{UPGRADE}`" if (today - day).days > OLD else ""
    return replace(known, origin=f"snapshot {describe_age(day, today)}{renew}"), snapshot


def known_wheels(outside: Services, page: Page, matrix: Matrix) -> tuple[KnownWheel, ...]:
    """Return what is known, without network, of the wheels for the newest Python of each place."""
    files = {file.filename: file for file in page.files}
    places = []
    for row in matrix.rows:
        cells = [cell for cell in row.cells if cell.version and not cell.pure]
        if cells:
            places.append((row.libc, row.arch, cells[-1].version, files[cells[-1].file]))
    wanted = [(page.name, version, file) for _, _, version, file in places]
    found = _open(outside, offline=True).wheel_facts(wanted, network=False)
    return tuple(
        KnownWheel(libc=libc, arch=arch, version=version, facts=facts)
        for (libc, arch, version, _), facts in zip(places, found, strict=True)
        if facts is not None
    )


def _open(outside: Services, *, offline: bool) -> Index:
    project = Project(name=Found(value="lookup", origin=Origin(file="command line")))
    return outside.indexes.open_index(None, project, Request(options=Options(offline=offline)))
