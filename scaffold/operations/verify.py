"""What is to be proven of a project, or of an image that is there."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from scaffold.config.option_sources import Given
from scaffold.config.request import choose_targets
from scaffold.model.build import BuildOptions
from scaffold.model.errors import UsageError
from scaffold.model.options import TRACED
from scaffold.model.verification import Expectation, VerifyOptions
from scaffold.operations.build import make_job
from scaffold.operations.request import combine_options
from scaffold.operations.services import Services
from scaffold.planner.hardware import find_access, find_brought
from scaffold.verify.session import VerifyRequest


def of_project(outside: Services, prepared: Any, wishes: VerifyOptions) -> VerifyRequest:
    """Return what is to be proven of a project whose files are up to date."""
    request, project = prepared.request, prepared.project
    provided = request.options.provided
    facts = outside.knowledge.load_facts(request.knowledge)
    targets, _ = choose_targets(replace(request, targets=prepared.arches), facts.devices, "")
    promises = outside.files.read_promises(prepared.folder, prepared.arches, facts)
    promises = tuple(
        replace(
            one,
            brought=find_brought(facts, target, provided, project),
            access=find_access(facts, project, target, one.packages, provided),
        )
        for one, target in zip(promises, targets, strict=True)
    )
    trace = project.trace
    origins = {base.id for base in facts.bases if base.origin}
    if trace is not None and request.options.traced != TRACED[-1]:
        promises = tuple(
            replace(one, runs=trace.runs) if one.base in origins else one for one in promises
        )
    return VerifyRequest(
        job=make_job(prepared, BuildOptions()),
        promises=promises,
        wishes=wishes,
        facts=facts.packages,
    )


def of_image(
    outside: Services,
    path: Path,
    given: Mapping[str, Given],
    wishes: VerifyOptions,
    tell: Callable[[str], None],
) -> VerifyRequest:
    """Return what is to be proven of an existing image: what was planned, or what is asked."""
    tell("reading the project")
    record = outside.files.read_record(path)
    request = combine_options(given, record)
    facts = outside.knowledge.load_facts(request.knowledge)
    targets, _ = choose_targets(
        request, facts.devices, outside.host.machine(), facts.no_containers.values()
    )
    if len(targets) > 1:
        raise UsageError("one image is for one target", hint="name it: --target arm64")
    target = targets[0]
    promise = Expectation(
        arch=target.arch,
        device=target.device.name if target.device else "",
        budget=target.budget,
        cores=target.device.cores if target.device else None,
    )
    if record is not None and target.arch in record.arches:
        promise = outside.files.read_promises(path, (target.arch,), facts)[0]
        promise = replace(promise, budget=target.budget)
    options = request.options
    promise = replace(
        promise,
        brought=find_brought(facts, target, options.provided),
        port=options.port if options.port is not None else promise.port,
        health=options.health or promise.health,
    )
    return VerifyRequest(job=None, promises=(promise,), wishes=wishes, facts=facts.packages)
