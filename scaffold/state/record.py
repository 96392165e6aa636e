"""``leanscaffold.json``: what a run was asked, read, chose, predicted, wrote and measured."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from scaffold.model.errors import ConfigInvalidError, Detail
from scaffold.model.knowledge import Base
from scaffold.model.options import DOCKERFILE
from scaffold.model.target import Arch, Budget
from scaffold.model.verdict import Size
from scaffold.model.verification import Expectation, Figures, Measured, Report
from scaffold.state.file_writer import RECORD, digest_content, read_recorded, seal, write_outputs

VERSION = 2
_WIDTH = 120
_PLACE = re.compile(r"(?P<cause>.*?) - at `\$\.?(?P<field>.*)`", re.DOTALL)
_HINT = "correct it there, or write it again: leanscaffold generate --anew --force"
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedPackage:
    """A package that was chosen. Bytes.

    ``installed`` is what its wheel unpacks to, None where that was guessed and not read;
    ``trimmed`` what each rule of trimming was to take out of it.
    """

    version: str
    installed: int | None = None
    trimmed: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedTarget:
    """What was chosen and predicted for one target.

    ``device`` is the name of its device, ``cores`` its processors, ``memory`` the bytes that
    importing everything takes, where that could be estimated.
    """

    target: Arch
    base: str
    python: str
    reference: str
    size: Size
    memory: int | None = None
    device: str = ""
    cores: int | None = None
    budget: Budget = field(default_factory=Budget)
    packages: Mapping[str, RecordedPackage] = field(default_factory=dict)
    measured: Figures | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An earlier run.

    ``options`` are its options as an argument list, ``project_options`` names those that the
    project's pyproject.toml set. ``inputs`` and ``files`` map what was read and written to
    SHA-256. ``edited`` are files of ours that somebody changed since, ``missing`` those that are
    gone: both are found when the record is read.
    """

    version: int = VERSION
    generator: str = ""
    project: str
    options: tuple[str, ...] = ()
    project_options: tuple[str, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    port: int | None = None
    health: str = ""
    targets: tuple[RecordedTarget, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    edited: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def arches(self) -> tuple[Arch, ...]:
        """Return the architectures it was made for."""
        return tuple(one.target for one in self.targets)

    @property
    def lasting(self) -> tuple[str, ...]:
        """Return the options that hold until others are named, without those of pyproject.toml."""
        flags = {f"--{name}" for name in self.project_options}
        return tuple(word for word in self.options if word.partition("=")[0] not in flags)


def render_record(record: Record) -> str:
    """Return the text of a record: what is empty is left out, a package and a file have a line."""
    document = _without_empty(msgspec.to_builtins(replace(record, edited=(), missing=())))
    return _lay_out(document | {"digest": seal(document)}) + "\n"


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        filled = {name: _without_empty(one) for name, one in value.items()}
        return {name: one for name, one in filled.items() if one not in (None, "", [], {}, ())}
    return [_without_empty(one) for one in value] if isinstance(value, list | tuple) else value


def _lay_out(value: Any, indent: str = "", taken: int = 0) -> str:
    """Return JSON in which short lists and objects, and short values in a row, are one line."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or (len(line) + taken <= _WIDTH and indent):
        return line
    inner, rows = f"{indent}  ", [""]
    named = isinstance(value, dict)
    for name, one in value.items() if isinstance(value, dict) else (("", each) for each in value):
        head = f"{json.dumps(name, ensure_ascii=False)}: " if named else ""
        text = head + _lay_out(one, inner, len(inner) + len(head) + 1)
        joined = f"{rows[-1]}, {text}"
        if rows[-1] and not {"{", "}", "\n"} & set(joined) and len(inner + joined) <= _WIDTH:
            rows[-1] = joined
        else:
            rows.append(text)
    opening, closing = "{}" if named else "[]"
    return f"{opening}\n{inner}" + f",\n{inner}".join(rows[1:]) + f"\n{indent}{closing}"


def read_record(root: Path) -> Record | None:
    """Return the record of a folder's last run, None without one. Raises ConfigInvalidError."""
    path = root / RECORD
    if not path.is_file():
        return None
    try:
        document = json.loads(path.read_bytes().decode())
        if not isinstance(document, dict):
            raise _invalid("it is not an object")
        version = document.get("version")
        if version == 1:
            document = _from_version_1(document)
        elif version != VERSION:
            raise _invalid(f"version: {version!r} is none that this leanscaffold knows")
        record = msgspec.convert(document, Record)
    except msgspec.ValidationError as error:
        match = _PLACE.fullmatch(str(error))
        text = f"{match['field']}: {match['cause']}" if match else str(error)
        raise _invalid(text) from error
    except (LookupError, TypeError, AttributeError) as error:
        raise _invalid(f"it is not a plan of version 1: {error}") from error
    except json.JSONDecodeError as error:
        raise _invalid(f"not JSON: {error.msg}", error.lineno) from error
    except (OSError, ValueError, RecursionError) as error:
        raise _invalid(f"cannot be read: {error}") from error
    now = digest_files(root, record.files)
    return replace(
        record,
        edited=tuple(sorted(n for n, old in record.files.items() if n in now and now[n] != old)),
        missing=tuple(sorted(set(record.files) - set(now))),
    )


def _invalid(text: str, line: int | None = None) -> ConfigInvalidError:
    return ConfigInvalidError(
        f"{RECORD} cannot be used", details=[Detail(text=text, file=RECORD, line=line)], hint=_HINT
    )


def _from_version_1(old: Json) -> Json:
    """Return a record of version 1, which was the whole plan, as one of today."""
    same = ("project", "generator", "options", "project_options", "inputs", "files")
    return {
        **{name: old[name] for name in same if name in old},
        **{name: old[name]["value"] for name in ("port", "health") if old.get(name)},
        "targets": [
            _target_of_version_1(one, old.get("measured", {}).get(one["target"]))
            for one in old["targets"]
        ],
    }


def _target_of_version_1(old: Json, measured: Json | None) -> Json:
    chosen, device = old["chosen"], old["device"] or {}
    size = chosen["size"]
    parts = [[part["label"], part["on_disk"], part["download"]] for part in size["parts"]]
    return {
        "target": old["target"].removeprefix("linux/"),
        **{name: chosen[name] for name in ("base", "reference")},
        "python": old["python"],
        "size": {**size, "parts": parts},
        "memory": (chosen.get("memory") or {}).get("resident"),
        "device": device.get("name", ""),
        "cores": device.get("cores"),
        "budget": old["budget"],
        "packages": {
            one["name"]: {
                "version": one["version"],
                "installed": one["installed_bytes"] if one["exact"] else None,
                "trimmed": one.get("trimmed", {}),
            }
            for one in old["packages"]
        },
        "measured": measured,
    }


def dockerfile_of(options: Iterable[str]) -> str:
    """Return the file that a record's options say to build by."""
    named = (word.removeprefix("--output=") for word in options if word.startswith("--output="))
    return next(named, DOCKERFILE)


def package_of(options: Iterable[str]) -> str:
    """Return the member of a workspace that a record's options name, empty for the root."""
    named = (word.removeprefix("--package=") for word in options if word.startswith("--package="))
    return next(named, "")


def digest_files(root: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of each of these files that can be read, by name."""
    digests = {}
    for name in names:
        try:
            digests[name] = digest_content((root / name).read_bytes())
        except (OSError, ValueError):
            continue
    return digests


def read_expectations(
    root: Path, arches: Iterable[Arch], bases: Iterable[Base]
) -> tuple[Expectation, ...]:
    """Return what was planned for each architecture, in order. Raises ConfigInvalidError."""
    record = _need_record(root)
    by_id = {base.id: base for base in bases}
    found = {one.target: _expectation(record, one, by_id.get(one.base)) for one in record.targets}
    missing = [arch for arch in arches if arch not in found]
    if missing:
        raise _invalid(f"targets: nothing was planned for {missing[0]}")
    return tuple(found[arch] for arch in arches)


def _need_record(root: Path) -> Record:
    record = read_record(root)
    if record is None:
        raise ConfigInvalidError(f"there is no {RECORD}", hint="`leanscaffold generate` writes it")
    return record


def _expectation(record: Record, target: RecordedTarget, base: Base | None) -> Expectation:
    packages = target.packages.items()
    return Expectation(
        arch=target.target,
        project=record.project,
        base=target.base,
        device=target.device,
        packages={name: one.version for name, one in packages},
        weights={name: one.installed for name, one in packages if one.installed is not None},
        trimmed={name: one.trimmed for name, one in packages if one.trimmed},
        size=target.size,
        memory=target.memory,
        budget=target.budget,
        cores=target.cores,
        port=record.port,
        health=record.health,
        interpreter=base.interpreter.format(python=target.python) if base else "",
    )


def read_measured(root: Path) -> dict[Arch, Measured]:
    """Return what was measured of each target; nothing where no record can be read."""
    try:
        record = read_record(root)
    except ConfigInvalidError:
        return {}
    return {
        one.target: Measured(
            base=one.base,
            python=one.python,
            packages={name: package.version for name, package in one.packages.items()},
            **asdict(one.measured),
        )
        for one in (record.targets if record else ())
        if one.measured
    }


def keep_measured(root: Path, reports: Iterable[Report], today: date) -> None:
    """Write the figures into the record, over those of an earlier proof of the same target.

    Raises FileConflictError for a record that somebody edited, ConfigInvalidError where there is
    none.
    """
    record = _need_record(root)
    dockerfile = dockerfile_of(record.options)
    built = digest_files(root, [dockerfile]).get(dockerfile, "")
    by_hand = built != record.files.get(dockerfile)
    figures = {
        report.arch: replace(_measure(report, today), dockerfile=built, by_hand=by_hand)
        for report in reports
    }
    targets = (
        replace(one, measured=figures.get(one.target, one.measured)) for one in record.targets
    )
    text = render_record(replace(record, targets=tuple(targets)))
    write_outputs(root, {RECORD: text}, force=False, recorded=read_recorded(root))


def _measure(report: Report, today: date) -> Figures:
    start, memory = report.figure("start_seconds"), report.figure("peak_memory_bytes")
    rebuild = report.figure("rebuild_seconds")
    return Figures(
        on_disk=report.on_disk,
        download=report.download,
        start_seconds=None if start is None else round(start, 3),
        peak_memory=None if memory is None else int(memory),
        rebuild_seconds=None if rebuild is None else round(rebuild, 3),
        emulated=report.emulated,
        passed=report.passed,
        checked=today,
    )
