"""``leanscaffold doctor`` and ``config``: what is broken here, and which options hold."""

from pathlib import Path

from scaffold.cli.request import GivenCall, require_folder, with_given
from scaffold.config.option_sources import overlay, raw_values, unused_variables
from scaffold.config.request import parse_request
from scaffold.docker.doctor import Health
from scaffold.operations.request import given_in
from scaffold.operations.services import Services
from scaffold.report.options import (
    list_rows,
    make_checkup_document,
    make_settings_document,
    show_checkup,
    show_settings,
)
from scaffold.report.terminal import print_result

_BROKEN = 1


def doctor(outside: Services, path: Path, *, as_json: bool) -> int:
    """Look at the engine, buildx, emulation, the index, proxies, disks and the knowledge's age."""
    require_folder(path)
    findings = outside.engine.check_up(path)
    print_result(lambda: make_checkup_document(findings), show_checkup(findings), as_json=as_json)
    return _BROKEN if any(one.health is Health.BROKEN for one in findings) else 0


@with_given
def config(call: GivenCall, *, as_json: bool) -> None:
    """Show the value of every option for the project in PATH, and where it comes from."""
    outside, given, path = call
    require_folder(path)
    record = outside.files.read_record(path)
    held = overlay(given.values(), given_in(record))
    rows = list_rows(parse_request(raw_values(held)), held)
    unused = unused_variables(outside.host.environment())
    print_result(
        lambda: make_settings_document(rows, unused), show_settings(rows, unused), as_json=as_json
    )
