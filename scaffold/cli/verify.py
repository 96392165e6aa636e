"""``leanscaffold verify``: build, run the way the device would, and tell what holds."""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from scaffold.cli.options import take_options
from scaffold.cli.plan import show_result
from scaffold.cli.request import GivenCall, with_given
from scaffold.docker.image_archive import read_archive_file
from scaffold.model.build import Progress
from scaffold.model.errors import UsageError
from scaffold.model.verification import Report, VerifyOptions
from scaffold.operations.build import Prepared, make_image_job, prepare
from scaffold.operations.services import Services
from scaffold.operations.verify import of_image, of_project
from scaffold.report.progress import saying, talking, watching
from scaffold.report.terminal import print_result
from scaffold.report.verify import make_report_document, show_reports
from scaffold.verify.session import VerifyRequest, verify_files

_FAILED = 1


def read_proof_wishes(values: dict[str, Any]) -> VerifyOptions:
    """Take the options of a proof out of a command's values. Raises UsageError."""
    pairs = [text.partition("=") for text in values.pop("environment")]
    wishes = take_options(VerifyOptions, values)
    for name, equals, _ in pairs:
        if not equals or not name:
            raise UsageError(f"--env: {name!r} has no value", hint="--env NAME=VALUE")
    for folder in wishes.writable:
        if not folder.startswith("/"):
            raise UsageError(
                f"--writable: {folder!r} is not an absolute path", hint="--writable /data"
            )
    return replace(wishes, environment=tuple((name, value) for name, _, value in pairs))


@with_given
def verify(
    call: GivenCall,
    /,
    *,
    no_engine: bool,
    base_from: str | None,
    save: bool,
    force: bool,
    verbose: bool,
    as_json: bool,
    quiet: bool,
    **values: Any,
) -> int:
    """Build the project in PATH and prove that the image is what the plan says."""
    outside, given, path = call
    wishes = read_proof_wishes(values)
    if save and wishes.image:
        raise UsageError(
            "--save keeps figures of what the plan builds, and --image is built already",
            hint="leave one of them out",
        )
    if no_engine and (wishes.engine or save):
        raise UsageError(
            f"--no-engine and {'--save' if save else '--on'} exclude each other",
            hint="leave one of them out",
        )
    if base_from and not no_engine:
        raise UsageError("--base-from is only for --no-engine", hint="add --no-engine")
    prepared = None
    with ExitStack() as stack:

        def copy(folder: Path) -> Path:
            return folder if save else stack.enter_context(outside.engine.copy_project(folder))

        with talking(quiet=quiet) as tell:
            if wishes.image:
                proving = of_image(outside, path, given, wishes, tell)
            else:
                prepared = prepare(outside, path, given, force=force, tell=tell, copy=copy)
                if prepared.rejected:
                    return show_result(prepared.rejected, folder=path, as_json=as_json)
                proving = of_project(outside, prepared, wishes)
        with watching(quiet=quiet) as watch:
            if no_engine:
                reports = _prove_files(outside, prepared, proving, base_from or "", watch)
            else:
                reports = outside.engine.prove(proving, watch, saying(quiet=quiet))
    if save:
        outside.files.keep_measured(path, reports, outside.host.today())
    return _show(reports, as_json=as_json, verbose=verbose)


def _prove_files(
    outside: Services,
    prepared: Prepared | None,
    proving: VerifyRequest,
    base_from: str,
    watch: Callable[[Progress], None],
) -> tuple[Report, ...]:
    """Return what the files of images prove: written here without an engine, or archives."""
    reports = []
    with tempfile.TemporaryDirectory(prefix="leanscaffold-") as folder:
        for promise in proving.promises:
            archive = proving.wishes.image
            if prepared is not None and proving.job is not None:
                archive = f"{folder}/{promise.arch.slug}.tar"
                job = replace(proving.job, arches=(promise.arch,))
                outside.engine.write_images(
                    make_image_job(outside, prepared, job, archive, base_from), watch
                )
            contents = read_archive_file(Path(archive))
            reports.append(verify_files(contents, promise, proving.facts))
    return tuple(reports)


def _show(reports: Sequence[Report], *, as_json: bool, verbose: bool) -> int:
    print_result(
        lambda: make_report_document(reports),
        show_reports(reports, verbose=verbose),
        as_json=as_json,
    )
    return 0 if reports and all(report.passed for report in reports) else _FAILED
