"""Where the options of a request come from, and which one holds.

The command line comes before the environment, that before ``[tool.leanscaffold]`` in the project's
pyproject.toml, that before what leanscaffold.json recorded. The first that names an option decides
about it alone: lists are not added up.
"""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from scaffold.config.option_parsers import unknown
from scaffold.config.request import parse_request, parse_value, refuse_options, to_argv, value_of
from scaffold.model.codes import Code
from scaffold.model.errors import ConfigInvalidError, Detail, UsageError
from scaffold.model.options import BY_NAME, PREFIX, SETTINGS, TABLE, Request, Setting
from scaffold.model.resolution import Reason
from scaffold.project.pyproject_file import Pyproject
from scaffold.resolver.tags import near_arches
from scaffold.state.file_writer import RECORD

_ON = {"1", "true", "yes", "on"}
_OFF = {"0", "false", "no", "off"}
# Variables of ours that are no options of a request.
_OTHER_VARIABLES = {"LEANSCAFFOLD_CACHE_DIR"}


class Source(StrEnum):
    """Who said it, first the one that is heard first."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    PYPROJECT = "pyproject"
    RECORDED = "recorded"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one source says of one setting.

    ``raw`` is a text, a tuple of texts, or for a switch a bool. ``place`` is where it stands, for
    people: a flag, a variable's name, or a file; ``line`` is the line in that file, from 1.
    """

    setting: Setting
    raw: str | tuple[str, ...] | bool
    source: Source
    place: str = ""
    line: int | None = None

    @property
    def where(self) -> str:
        """Return ``pyproject.toml:12``, a flag or a variable's name."""
        return self.place if self.line is None else f"{self.place}:{self.line}"


def read_flags(values: Mapping[str, Any]) -> tuple[Given, ...]:
    """Return what was asked for of options as click has them: None and empty are not asked."""
    return tuple(
        Given(setting=setting, raw=raw, source=Source.FLAG, place=setting.flag)
        for setting in SETTINGS
        if (raw := values.get(setting.parameter)) is not None and raw != ()
    )


def read_recorded(values: Mapping[str, Any]) -> tuple[Given, ...]:
    """Return what leanscaffold.json recorded, as click has options. Raises ConfigInvalidError."""
    given = [replace(one, source=Source.RECORDED, place=RECORD) for one in read_flags(values)]
    wrong: list[Detail] = []
    for one in given:
        try:
            _check(one.setting, one.raw)
        except UsageError as error:
            text = f"{one.setting.flag}: {error.cause} ({error.hint})"
            wrong.append(Detail(text=text, file=RECORD))
    if wrong:
        raise ConfigInvalidError(
            f"{RECORD} holds options that cannot be used",
            details=wrong,
            hint="correct them there, or write it again: leanscaffold generate --force",
        )
    return tuple(given)


def read_environment(environment: Mapping[str, str]) -> tuple[Given, ...]:
    """Return the settings among a process's variables; an empty variable says nothing.

    Several values are written as words in a shell. Raises UsageError that names every variable
    that cannot be used.
    """
    given: list[Given] = []
    errors: list[tuple[str, UsageError]] = []
    for setting in SETTINGS:
        text = environment.get(setting.variable, "")
        if not text.strip():
            continue
        try:
            raw = _from_text(setting, text)
            _check(*_settle(setting, raw))
        except UsageError as error:
            errors.append((setting.variable, error))
        else:
            source = Source.ENVIRONMENT
            given.append(Given(setting=setting, raw=raw, source=source, place=setting.variable))
    refuse_options(errors)
    return tuple(given)


def unused_variables(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names that look like variables of ours and are none."""
    known = {setting.variable for setting in SETTINGS} | _OTHER_VARIABLES
    return tuple(sorted(n for n in environment if n.startswith(PREFIX) and n not in known))


def read_table(pyproject: Pyproject) -> tuple[Given, ...]:
    """Return what ``[tool.leanscaffold]`` sets. Raises ConfigInvalidError with the lines."""
    given: list[Given] = []
    wrong: list[Detail] = []
    for name, value in pyproject.table(*TABLE).items():
        line = pyproject.line(*TABLE, name)
        try:
            setting = BY_NAME.get(name)
            if setting is None:
                raise unknown("setting", name, BY_NAME, hint="`leanscaffold config` lists them")
            raw = _from_toml(setting, value, pyproject.folder)
            _check(*_settle(setting, raw))
        except UsageError as error:
            text = f"{error.cause} ({error.hint})"
            text = text if name not in BY_NAME else f"{name}: {text}"
            wrong.append(Detail(text=text, file=pyproject.file, line=line))
        else:
            source = Source.PYPROJECT
            given.append(
                Given(setting=setting, raw=raw, source=source, place=pyproject.file, line=line)
            )
    if wrong:
        raise ConfigInvalidError(
            f"[{'.'.join(TABLE)}] holds settings that cannot be used",
            details=wrong,
            hint="correct the lines; `leanscaffold config --help` tells what each option accepts",
        )
    return tuple(given)


def set_by(given: Sequence[Given], request: Request) -> tuple[str, ...]:
    """Return the names of the settings whose value in a request is what this source says."""
    said = parse_request(raw_values(overlay(given)))
    return tuple(
        one.setting.name
        for one in given
        if value_of(said, one.setting) == value_of(request, one.setting)
    )


def overlay(*sources: Iterable[Given]) -> dict[str, Given]:
    """Return what holds, by the setting's name; the first source that names a setting wins.

    A device outdoes targets that a later source names: they are of another device. It may be named
    as the target.
    """
    held: dict[str, Given] = {}
    for source in sources:
        named = {one.setting.name: one for one in source}
        if "target" in named and "device" not in named:
            one = named.pop("target")
            setting, raw = _settle(one.setting, one.raw)
            named[setting.name] = replace(one, setting=setting, raw=raw)
        if "device" in held and "target" not in held:
            named.pop("target", None)
        held = {**named, **held}
    return held


def _settle(
    setting: Setting,
    raw: str | tuple[str, ...] | bool,  # noqa: FBT001 - of a switch
) -> tuple[Setting, str | tuple[str, ...] | bool]:
    """Return a single target that is like no architecture as the device that it names."""
    if setting.name == "target" and isinstance(raw, tuple) and len(raw) == 1:
        (text,) = raw
        if text.strip() and "," not in text and not near_arches(text):
            return BY_NAME["device"], text
    return setting, raw


def remark_recorded(held: Mapping[str, Given]) -> tuple[Reason, ...]:
    """Return a remark on what holds only because an earlier run recorded it, if anything does."""
    recorded = [one for one in held.values() if one.source is Source.RECORDED]
    if not recorded:
        return ()
    request = parse_request(raw_values({one.setting.name: one for one in recorded}))
    words = shlex.join(to_argv(request))
    text = f"using options recorded in {RECORD}: {words} (--anew ignores them)"
    return (Reason(code=Code.OPTIONS_RECORDED, text=text, file=recorded[0].place),)


def request_of(held: Mapping[str, Given]) -> Request:
    """Return the request of what holds, with where each stands. Raises UsageError."""
    places = {
        name: Detail(text=f"{name} is set here", file=one.place, line=one.line)
        for name, one in held.items()
        if one.source is not Source.FLAG
    }
    return replace(parse_request(raw_values(held)), places=places)


def raw_values(held: Mapping[str, Given]) -> dict[str, Any]:
    """Return every option by its parameter's name, as ``parse_request`` takes them."""
    return {
        setting.parameter: held[setting.name].raw
        if setting.name in held
        else (() if setting.repeatable else None)
        for setting in SETTINGS
    }


def _check(setting: Setting, raw: str | tuple[str, ...] | bool) -> None:  # noqa: FBT001 - a value
    if isinstance(raw, bool):
        return
    for text in (raw,) if isinstance(raw, str) else raw:
        parse_value(setting, text)


def _from_text(setting: Setting, text: str) -> str | tuple[str, ...] | bool:
    if setting.kind == "switch":
        word = text.strip().lower()
        if word not in _ON | _OFF:
            raise UsageError(f"{text!r} is neither true nor false", hint="write 1 or 0")
        return word in _ON
    if not setting.repeatable:
        return text
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(
            f"cannot split {text!r} into words: {str(error).lower()}",
            hint="close every quote, as in a shell",
        ) from error


def _from_toml(setting: Setting, value: Any, folder: Path) -> str | tuple[str, ...] | bool:
    if setting.kind == "switch":
        if not isinstance(value, bool):
            raise UsageError(f"{value!r} is neither true nor false", hint="write true or false")
        return value
    if setting.repeatable:
        texts = tuple(_text(setting, one) for one in _listed(setting, value))
        return tuple(_beside(setting, text, folder) for text in texts)
    if setting.kind == "command" and isinstance(value, list):
        return shlex.join(_text(setting, word) for word in value)
    return _beside(setting, _text(setting, value), folder)


def _listed(setting: Setting, value: Any) -> Sequence[Any]:
    if isinstance(value, Mapping) and setting.kind in {"swap", "registry"}:
        return [f"{name}={_text(setting, one)}" for name, one in value.items()]
    return value if isinstance(value, list) else [value]


def _text(setting: Setting, value: Any) -> str:
    number = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(value, str) or (number and setting.kind in {"size", "memory", "port"}):
        return str(value)
    raise UsageError(
        f"{value!r} is not a string", hint=f'write it in quotes: {setting.name} = "{value}"'
    )


def _beside(setting: Setting, text: str, folder: Path) -> str:
    return str(folder / text) if setting.beside else text
