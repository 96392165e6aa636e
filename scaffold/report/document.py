"""The JSON document of a run, by ``schemas.Plan``, and the record that is kept of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from scaffold import __version__
from scaffold.config.request import to_argv, without_secrets
from scaffold.model.resolution import Weighed
from scaffold.model.target import Target
from scaffold.model.verdict import (
    Accepted,
    Candidate,
    Decision,
    Evaluation,
    Memory,
    Size,
    Workaround,
)
from scaffold.model.verification import Figures, Measured
from scaffold.report import schemas
from scaffold.report.plan_result import PlanResult, heaviest, in_reading_order, planned_layers
from scaffold.report.schemas import fill
from scaffold.state.file_writer import digest
from scaffold.state.record import Record, RecordedPackage, RecordedTarget

if TYPE_CHECKING:
    from scaffold.model.project import Found

VERSION = 1
Json = dict[str, Any]


def make_document(outcome: PlanResult) -> Json:
    """Return the document: the first target at the top level, and each one in ``targets``."""
    targets = [
        describe_target(
            target,
            decision,
            layers=[
                fill(schemas.Layer, one, name=one.name or None)
                for one in planned_layers(outcome, decision)
            ],
        )
        for target, decision in zip(outcome.targets, outcome.decisions, strict=True)
    ]
    project = outcome.project
    remarks = (*outcome.remarks, *outcome.project_notes)
    start = outcome.start
    measured = {arch.platform: _figures(one) for arch, one in outcome.measured.items()}
    return {
        "version": VERSION,
        "project": project.name.value,
        "requirement_files": list(project.files),
        "start": fill(schemas.Start, start.value, origin=str(start.origin)) if start else None,
        "port": _found(schemas.Port, outcome.port),
        "health": _found(schemas.Health, outcome.health),
        "remarks": [fill(schemas.Reason, remark) for remark in remarks],
        "files": dict(sorted(outcome.files.items())),
        **({"measured": measured} if measured else {}),
        **targets[0],
        "targets": targets,
    }


def make_record(
    outcome: PlanResult,
    files: Mapping[str, str],
    inputs: Mapping[str, str] | None = None,
    project_options: Sequence[str] = (),
) -> Record:
    """Return what ``leanscaffold.json`` keeps of an outcome that fits.

    ``files`` are the texts of the other files written, ``inputs`` the SHA-256 of what was read,
    ``project_options`` names the options that the project's pyproject.toml set.
    """
    port, health = outcome.port, outcome.health
    return Record(
        generator=f"leanscaffold {__version__}",
        project=outcome.project.name.value,
        options=to_argv(without_secrets(outcome.request)),
        project_options=tuple(project_options),
        inputs=dict(sorted((inputs or {}).items())),
        port=port.value if port else None,
        health=health.value if health else "",
        targets=tuple(
            _record_target(outcome, target, decision.chosen)
            for target, decision in zip(outcome.targets, outcome.decisions, strict=True)
            if decision.chosen
        ),
        files={name: digest(text) for name, text in sorted(files.items())},
    )


def _record_target(outcome: PlanResult, target: Target, chosen: Accepted) -> RecordedTarget:
    candidate, memory = chosen.candidate, _memory(chosen.candidate.memory)
    packages = sorted(candidate.packages, key=lambda one: one.pinned.name)
    measured = outcome.measured.get(target.arch)
    return RecordedTarget(
        target=target.arch,
        base=chosen.base.id,
        python=chosen.python,
        reference=candidate.reference,
        size=replace(chosen.size, packages=()),
        memory=memory["resident"] if memory else None,
        device=target.device.name if target.device else "",
        cores=target.device.cores if target.device else None,
        budget=target.budget,
        packages={
            one.pinned.name: RecordedPackage(
                version=one.pinned.version,
                installed=one.facts.installed if one.exact else None,
                trimmed=_trimmed(one, chosen),
            )
            for one in packages
        },
        measured=msgspec.convert(_figures(measured), Figures) if measured else None,
    )


def _figures(measured: Measured) -> Json:
    """Return what was measured, without what it is of: documents say that elsewhere."""
    fields: Json = msgspec.to_builtins(measured)
    return {name: one for name, one in fields.items() if name in Figures.__dataclass_fields__}


def _trimmed(item: Weighed, chosen: Accepted) -> dict[str, int]:
    rules = chosen.candidate.trimmed
    return {one.rule: one.bytes for one in rules if one.package == item.pinned.name}


def describe_target(
    target: Target, decision: Decision, layers: Sequence[Json] | None = None
) -> Json:
    """Return what was decided for one target, with its layers if there are any to tell."""
    chosen = decision.chosen
    resolved = chosen.candidate.resolution.notes if chosen else ()
    packages = heaviest(chosen.candidate.packages) if chosen else ()
    verdicts = in_reading_order(decision.verdicts, decision)
    return fill(
        schemas.Decision if layers is None else schemas.Target,
        decision,
        target=target.arch.platform,
        device=target.device,
        budget=target.budget,
        python=chosen.python if chosen else None,
        chosen=_chosen(chosen) if chosen else None,
        candidates=[_candidate(verdict, decision) for verdict in verdicts],
        packages=[_package(item, chosen) for item in packages],
        ways=[_way(way) for way in decision.ways],
        notes=(*decision.notes, *resolved),
        layers=layers,
    )


def _chosen(chosen: Accepted) -> Json:
    candidate, base = chosen.candidate, chosen.base
    return fill(
        schemas.Chosen,
        candidate,
        base=base.id,
        family=base.family,
        libc=base.libc,
        libc_version=".".join(map(str, base.libc_version)),
        digest=candidate.image.digest or None,
        python_release=candidate.image.release,
        eol=base.eol,
        size=_size(chosen.size),
        memory=_memory(candidate.memory),
        reasons=chosen.reasons,
    )


def _size(size: Size | None) -> Json | None:
    if size is None:
        return None
    names = schemas.Part.__struct_fields__
    return fill(
        schemas.Size, size, parts=[dict(zip(names, one, strict=True)) for one in size.parts]
    )


def _candidate(verdict: Evaluation, decision: Decision) -> Json:
    candidate: Candidate | None = verdict.candidate
    return fill(
        schemas.Candidate,
        verdict,
        base=verdict.base.id,
        verdict="fits" if isinstance(verdict, Accepted) else "rejected",
        chosen=verdict == decision.chosen,
        size=_size(verdict.size),
        build_class=candidate.build_class if candidate else None,
    )


def _package(item: Weighed, chosen: Accepted | None) -> Json:
    pinned = item.pinned
    return fill(
        schemas.Package,
        pinned,
        newest=pinned.newest or None,
        file=pinned.file.filename,
        installed_bytes=item.facts.installed,
        download_bytes=pinned.file.size,
        exact=item.exact,
        trimmed=_trimmed(item, chosen) if chosen else {},
    )


def _memory(memory: Memory | None) -> Json | None:
    return fill(schemas.Memory, memory) if memory and memory.telling else None


def _way(way: Workaround) -> Json:
    return fill(
        schemas.Way, way, risk=way.risk or None, size=_size(way.size), option=way.option or None
    )


def _found(kind: type[schemas.Document], found: "Found[Any] | None") -> Json | None:
    return fill(kind, value=found.value, origin=str(found.origin)) if found else None
