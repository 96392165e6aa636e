"""The JSON document of a run, as ``plan.schema.json`` describes it: sizes are bytes, no dates."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from scaffold import __version__
from scaffold.config.request import to_argv, without_secrets
from scaffold.model.codes import Code
from scaffold.model.resolution import Reason, Weighed
from scaffold.model.target import Device, Target
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
from scaffold.report.plan_result import (
    PlanResult,
    heaviest,
    in_reading_order,
    planned_layers,
)
from scaffold.state.file_writer import digest
from scaffold.state.record import Record, RecordedPackage, RecordedTarget

if TYPE_CHECKING:
    from scaffold.model.project import Found

VERSION = 1
Json = dict[str, Any]


def make_document(outcome: PlanResult) -> Json:
    """Return the document: the first target at the top level, and each one in ``targets``."""
    blocks = [
        describe_target(target, decision)
        | {
            "layers": [
                _fields(one) | {"name": one.name or None}
                for one in planned_layers(outcome, decision)
            ]
        }
        for target, decision in zip(outcome.targets, outcome.decisions, strict=True)
    ]
    start = outcome.start
    measured = {arch.platform: _figures(one) for arch, one in outcome.measured.items()}
    return {
        "version": VERSION,
        "project": outcome.project.name.value,
        "requirement_files": list(outcome.project.files),
        "start": _start(start) if start else None,
        "port": _found(outcome.port),
        "health": _found(outcome.health),
        "remarks": [
            *(describe_reason(remark) for remark in outcome.remarks),
            *(
                describe_reason(Reason(code=Code.PRIVATE_IN_IMAGE, text=note))
                for note in outcome.project.warnings
            ),
            *(
                describe_reason(Reason(code=Code.PROJECT_NOTE, text=note))
                for note in outcome.project.notes
            ),
        ],
        "files": dict(sorted(outcome.files.items())),
        **({"measured": measured} if measured else {}),
        **blocks[0],
        "targets": blocks,
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
    return {
        name: one for name, one in _fields(measured).items() if name in Figures.__dataclass_fields__
    }


def _trimmed(item: Weighed, chosen: Accepted) -> dict[str, int]:
    rules = chosen.candidate.trimmed
    return {one.rule: one.bytes for one in rules if one.package == item.pinned.name}


def to_json(document: object) -> str:
    """Return canonical JSON: sorted keys, two spaces, ISO dates, one line break at the end."""
    text = json.dumps(
        document, indent=2, sort_keys=True, ensure_ascii=False, default=date.isoformat
    )
    return text + "\n"


def describe_target(target: Target, decision: Decision) -> Json:
    """Return what was decided for one target."""
    chosen = decision.chosen
    packages = heaviest(chosen.candidate.packages) if chosen else ()
    return {
        "target": target.arch.platform,
        "device": describe_device(target.device) if target.device else None,
        "budget": _fields(target.budget),
        "python": chosen.python if chosen else None,
        "chosen": describe_chosen(chosen) if chosen else None,
        "candidates": [
            _candidate(verdict, decision)
            for verdict in in_reading_order(decision.verdicts, decision)
        ],
        "packages": [_package(item, chosen) for item in packages],
        "savings": [_fields(saving) for saving in decision.savings],
        "ways": [_way(way) for way in decision.ways],
        "notes": [
            describe_reason(note)
            for note in (
                *decision.notes,
                *(chosen.candidate.resolution.notes if chosen else ()),
            )
        ],
    }


def describe_chosen(chosen: Accepted) -> Json:
    """Return the chosen base with what goes on it."""
    candidate = chosen.candidate
    return {
        "base": chosen.base.id,
        "family": chosen.base.family,
        "libc": str(chosen.base.libc),
        "libc_version": ".".join(map(str, chosen.base.libc_version)),
        "reference": candidate.reference,
        "digest": candidate.image.digest or None,
        "python_release": candidate.image.release,
        "eol": chosen.base.eol.isoformat() if chosen.base.eol else None,
        "size": describe_size(chosen.size),
        "run_packages": [_fields(one, "verified") for one in candidate.run_packages],
        "build_packages": list(candidate.build_packages),
        "build_tools": list(candidate.build_tools),
        "build_class": str(candidate.build_class),
        "memory": _memory(candidate.memory),
        "reasons": [describe_reason(reason) for reason in chosen.reasons],
    }


def describe_size(size: Size) -> Json:
    """Return a prediction in bytes."""
    return _fields(size, "packages", "models") | {
        "containerd": size.containerd,
        "containerd_error": size.containerd_error,
        "parts": [
            {"label": label, "on_disk": on_disk, "download": download}
            for label, on_disk, download in size.parts
        ],
    }


def describe_device(device: Device) -> Json:
    """Return a device's profile."""
    return _fields(device, "aliases", "accelerator", "capability", "jetpacks", "sockets")


def describe_reason(reason: Reason) -> Json:
    """Return a reason; only what it names."""
    return {key: value for key, value in _fields(reason).items() if value or key == "text"}


def _fields(value: object, *left_out: str) -> Json:
    fields: Json = msgspec.to_builtins(value)
    return {name: one for name, one in fields.items() if name not in left_out}


def _candidate(verdict: Evaluation, decision: Decision) -> Json:
    candidate: Candidate | None = verdict.candidate
    return {
        "base": verdict.base.id,
        "python": verdict.python,
        "verdict": "fits" if isinstance(verdict, Accepted) else "rejected",
        "chosen": verdict == decision.chosen,
        "reasons": [describe_reason(reason) for reason in verdict.reasons],
        "size": describe_size(verdict.size) if verdict.size else None,
        "build_class": str(candidate.build_class) if candidate else None,
    }


def _package(item: Weighed, chosen: Accepted | None) -> Json:
    pinned = item.pinned
    return {
        "name": pinned.name,
        "version": pinned.version,
        "newest": pinned.newest or None,
        "file": pinned.file.filename,
        "wheel": pinned.wheel,
        "extras": list(pinned.extras),
        "required_by": list(pinned.required_by),
        "installed_bytes": item.facts.installed,
        "download_bytes": pinned.file.size,
        "exact": item.exact,
        "trimmed": _trimmed(item, chosen) if chosen else {},
    }


def _memory(memory: Memory | None) -> Json | None:
    return _fields(memory, "telling") if memory and memory.telling else None


def _way(way: Workaround) -> Json:
    return _fields(way) | {
        "risk": way.risk or None,
        "size": describe_size(way.size) if way.size else None,
        "option": way.option or None,
    }


def _start(start: "Found[Any]") -> Json:
    return {
        "framework": start.value.framework,
        "command": list(start.value.command),
        "origin": str(start.origin),
    }


def _found(found: "Found[Any] | None") -> Json | None:
    return {"value": found.value, "origin": str(found.origin)} if found else None
