"""Figures of a proof, kept in ``leanscaffold.json`` beside the plan that it proved."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from scaffold.model.errors import ConfigInvalidError, LeanscaffoldError
from scaffold.model.target import Arch
from scaffold.model.verification import Measured, Report
from scaffold.resolver.tags import parse_arch
from scaffold.state.file_writer import RECORD, read_recorded, seal, write_outputs
from scaffold.state.record import digest_files, dockerfile_of

KEY = "measured"


def read_measured(root: Path) -> dict[Arch, Measured]:
    """Return what was kept for each target; nothing where there is no record that can be read."""
    try:
        document = json.loads((root / RECORD).read_text("utf-8"))
        targets = {target["target"]: target for target in document["targets"]}
        return {
            parse_arch(platform.removeprefix("linux/")): _read(kept, targets[platform])
            for platform, kept in document.get(KEY, {}).items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, LeanscaffoldError):
        return {}


def _read(kept: Mapping[str, Any], target: Mapping[str, Any]) -> Measured:
    return Measured(
        **_identify(target),
        on_disk=int(kept["on_disk"]),
        download=int(kept["download"]),
        checked=date.fromisoformat(kept["checked"]),
        passed=bool(kept["passed"]),
        emulated=bool(kept["emulated"]),
        start_seconds=kept["start_seconds"],
        peak_memory=kept["peak_memory"],
        rebuild_seconds=kept.get("rebuild_seconds"),
        dockerfile=kept.get("dockerfile", ""),
        by_hand=kept.get("by_hand", False),
    )


def keep_measured(root: Path, reports: Iterable[Report], today: date) -> None:
    """Write the figures into the record, over those of an earlier proof of the same target.

    Raises FileConflictError for a record that somebody edited, ConfigInvalidError where there is
    none.
    """
    try:
        document = json.loads((root / RECORD).read_text("utf-8"))
        planned = {target["target"]: target for target in document["targets"]}
        kept = dict(document.get(KEY, {}))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigInvalidError(
            f"{RECORD} cannot keep what was measured", hint="`leanscaffold generate` writes it"
        ) from error
    dockerfile = dockerfile_of(document["options"])
    built = digest_files(root, [dockerfile]).get(dockerfile, "")
    by_hand = built != document["files"].get(dockerfile)
    for report in reports:
        platform = report.arch.platform
        if platform in planned:
            figures = _measure(report, planned[platform], today)
            kept[platform] = describe_measured(replace(figures, dockerfile=built, by_hand=by_hand))
    document[KEY] = kept
    document["digest"] = seal(document)
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    write_outputs(root, {RECORD: text}, force=False, recorded=read_recorded(root))


def describe_measured(measured: Measured) -> dict[str, Any]:
    """Return the figures as documents have them; what they are of, the document says elsewhere."""
    return {
        "on_disk": measured.on_disk,
        "download": measured.download,
        "start_seconds": measured.start_seconds,
        "peak_memory": measured.peak_memory,
        "rebuild_seconds": measured.rebuild_seconds,
        "emulated": measured.emulated,
        "passed": measured.passed,
        "dockerfile": measured.dockerfile,
        "by_hand": measured.by_hand,
        "checked": measured.checked.isoformat(),
    }


def _measure(report: Report, target: Mapping[str, Any], today: date) -> Measured:
    start, memory = report.figure("start_seconds"), report.figure("peak_memory_bytes")
    rebuild = report.figure("rebuild_seconds")
    return Measured(
        **_identify(target),
        on_disk=report.on_disk,
        download=report.download,
        start_seconds=None if start is None else round(start, 3),
        peak_memory=None if memory is None else int(memory),
        rebuild_seconds=None if rebuild is None else round(rebuild, 3),
        emulated=report.emulated,
        passed=report.passed,
        checked=today,
    )


def _identify(target: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was planned for a target, by which an image is told from another."""
    return {
        "base": target["chosen"]["base"],
        "python": target["python"],
        "packages": {one["name"]: one["version"] for one in target["packages"]},
    }
