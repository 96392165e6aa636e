"""What the user asked for: options parsed into values, and values spelt as options again.

Everything here is pure: texts in, frozen values out. All bad options are reported at once.
"""

import argparse
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from scaffold.config.option_parsers import PARSERS, SPELLERS, parse_choice, unknown
from scaffold.model.addresses import without_credentials
from scaffold.model.codes import Code
from scaffold.model.errors import ConfigInvalidError, Detail, UsageError, nearest
from scaffold.model.options import SETTINGS, Options, Request, Setting
from scaffold.model.project import IndexOptions, Project
from scaffold.model.resolution import Reason
from scaffold.model.target import Arch, Budget, Device, NoContainers, Target
from scaffold.resolver.tags import parse_arch

_OPTIONS = "options."
_REVISION = re.compile(r"\s+rev\.?\s+[\d.]+$", re.IGNORECASE)  # in /proc/device-tree/model
_MOST_ALIKE = 3


def parse_value(setting: Setting, text: str) -> Any:
    """Return what one text of a setting means. Raises UsageError that says what is accepted."""
    if setting.kind == "choice":
        return parse_choice(text, setting.choices)
    return PARSERS[setting.kind](text)


def parse_request(values: Mapping[str, object]) -> Request:
    """Return the request of raw options: names with underscores, texts, tuples of texts, bools.

    None, an empty tuple and a missing name mean: not asked. Raises UsageError that names every
    option that cannot be used.
    """
    errors: list[tuple[str, UsageError]] = []
    fields: dict[str, Any] = {}
    for setting in SETTINGS:
        raw = values.get(setting.parameter)
        if raw is None or raw == ():
            continue
        try:
            fields[setting.field] = _parse(setting, raw, errors)
        except UsageError as error:
            errors.append((setting.flag, error))
    errors += _clashes(fields.get("options.swaps", ()))
    refuse_options(errors)
    return make_request(fields)


def _clashes(swaps: Sequence[tuple[str, str]]) -> Iterator[tuple[str, UsageError]]:
    sources = [source for source, _ in swaps]
    for source in sorted({one for one in sources if sources.count(one) > 1}):
        yield "--swap", UsageError(f"two swaps of {source}", hint="keep one of them")


def _parse(setting: Setting, raw: object, errors: list[tuple[str, UsageError]]) -> object:
    if setting.kind == "switch":
        return bool(raw)
    if not setting.repeatable:
        return parse_value(setting, str(raw))
    assert isinstance(raw, tuple | list)  # noqa: S101 - click's type of a repeated option
    parsed: list[object] = []
    for text in _split(setting, raw):
        try:
            value = parse_value(setting, text)
        except UsageError as error:
            errors.append((setting.flag, error))
        else:
            # One text may name several targets.
            parsed += value if setting.kind == "targets" else (value,)
    return tuple(dict.fromkeys(parsed))


def _split(setting: Setting, texts: Iterable[object]) -> Iterator[str]:
    """Yield each text; several words of a choice may stand in one, with commas."""
    for text in texts:
        yield from str(text).split(",") if setting.kind == "choice" else (str(text),)


def make_request(fields: Mapping[str, Any]) -> Request:
    """Return the request with these values by ``Setting.field``, and defaults for the others."""
    chosen = {
        name.removeprefix(_OPTIONS): value
        for name, value in fields.items()
        if name.startswith(_OPTIONS)
    }
    asked = {name: value for name, value in fields.items() if not name.startswith(_OPTIONS)}
    return Request(**asked, options=Options(**chosen))


def value_of(request: Request, setting: Setting) -> Any:
    """Return a request's value of a setting."""
    if setting.field.startswith(_OPTIONS):
        return getattr(request.options, setting.field.removeprefix(_OPTIONS))
    return getattr(request, setting.field)


def refuse_options(errors: Sequence[tuple[str, UsageError]]) -> None:
    """Raise one UsageError for all errors, each with the option that it is about, if any."""
    if not errors:
        return
    if len(errors) == 1:
        option, error = errors[0]
        raise UsageError(f"{option}: {error.cause}", hint=error.hint)
    raise UsageError(
        f"{len(errors)} options cannot be used",
        details=[
            Detail(text=f"{option}: {error.cause} ({error.hint})") for option, error in errors
        ],
    )


def choose_targets(
    request: Request,
    devices: Mapping[str, Device],
    machine: str,
    others: Collection[NoContainers] = (),
) -> tuple[tuple[Target, ...], tuple[Reason, ...]]:
    """Return the targets of a request, and remarks on what was assumed.

    Flags override the device's profile. ``machine`` is this machine's architecture, taken where
    neither a target nor a device is asked for, ``others`` are no devices. Raises UsageError for an
    unknown device.
    """
    place = request.place("device")
    device = find_device(request.device, devices, others, place) if request.device else None
    remarks: list[Reason] = []
    arches = request.targets or ((device.arch,) if device else ())
    if not arches:
        arches = (parse_arch(machine),)
        text = f"no --target and no --device: planned for this machine's {arches[0]}"
        remarks.append(Reason(code=Code.TARGET_ASSUMED, text=text, fact=arches[0]))
    if device:
        remarks.extend(_device_remarks(request, device, arches))
    budget = Budget(
        on_disk=request.max_size,
        download=request.max_download,
        memory=request.memory or (device.memory if device else None),
        storage=request.storage or (device.storage if device else None),
        keeps_old=not request.remove_old,
    )
    asked = request.accelerator != "auto"
    plain = Target(
        arch=arches[0],
        budget=budget,
        device=device,
        accelerator=request.accelerator if asked else device.accelerator if device else "",
        accelerator_asked=asked,
    )
    target = replace(plain, cpu=device.cpu) if device else plain
    return tuple(replace(target, arch=arch) for arch in arches), tuple(remarks)


def find_device(
    name: str,
    devices: Mapping[str, Device],
    others: Collection[NoContainers] = (),
    place: Sequence[Detail] = (),
) -> Device:
    """Return a device's profile by what people type, or what is printed on it or its kernel says.

    Raises UsageError with why it is none of ``others``, or the nearest names, and where it stands.
    """
    names = {
        _join_words(word): one
        for one in devices.values()
        for word in (one.name, one.name.partition(" (")[0], one.id, *one.aliases)
    }
    device = names.get(_join_words(_REVISION.sub("", name)))
    if device is None:
        for other in others:
            if other.matches(_join_words(name)):
                raise UsageError(f"{name!r} {other.why}", hint=other.instead, details=place)
        hint = (
            "`leanscaffold devices` lists the devices; for any other give --target and --memory; "
            f"targets: {', '.join(Arch)}"
        )
        known = {*Arch, *(word for one in devices.values() for word in (one.id, *one.aliases))}
        if not nearest(name, known) and (alike := _name_described(name, devices)):
            hint = f"it may be {', '.join(alike)}; {hint}"
        raise unknown("device or target", name, known, hint=hint, place=place)
    return device


def _name_described(name: str, devices: Mapping[str, Device]) -> list[str]:
    """Return devices whose maker, model or processor all words of a name are, such as nvidia."""
    words = [word for word in name.lower().split() if len(word) > 2]  # noqa: PLR2004
    about = {one.id: f"{one.name} {one.source}".lower() for one in devices.values()}
    found = [one for one, text in about.items() if words and all(word in text for word in words)]
    return sorted(found, key=lambda one: (len(one), one))[:_MOST_ALIKE]


def _join_words(name: str) -> str:
    return re.sub(r"[\s_-]", "", name.lower())


def _device_remarks(request: Request, device: Device, arches: tuple[Arch, ...]) -> list[Reason]:
    remarks = []
    if request.max_size and device.storage:
        each = 1 if request.remove_old else 2
        if request.max_size * each > device.storage:
            both = "" if each == 1 else ", which an update needs for the old image and the new one"
            text = f"--max-size is larger than {device.name} has room for{both}"
            remarks.append(Reason(code=Code.OVER_STORAGE, text=text, fact=device.id))
    if request.memory and device.memory and request.memory > device.memory:
        text = f"--memory is more than {device.name} has"
        remarks.append(Reason(code=Code.OVER_MEMORY, text=text, fact=device.id))
    for arch in arches:
        if arch is not device.arch:
            text = f"{device.name} is {device.arch} in its profile, --target says {arch}"
            remarks.append(Reason(code=Code.DEVICE_ARCH, text=text, fact=arch))
    return remarks


def to_argv(request: Request) -> tuple[str, ...]:
    """Return the shortest command line that parses to the same request."""
    plain = Request()
    words: dict[str, list[str]] = {"repeatable": [], "single": [], "switch": []}
    for setting in SETTINGS:
        value = value_of(request, setting)
        if value == value_of(plain, setting):
            continue
        if setting.kind == "switch":
            words["switch"].append(setting.flag)
            continue
        texts = spell_value(setting, value)
        kind = "repeatable" if setting.repeatable else "single"
        words[kind] += [f"{setting.flag}={text}" for text in texts]
    return tuple(word for group in words.values() for word in group)


def parse_argv(argv: Sequence[str]) -> dict[str, Any]:
    """Return the raw options of a line as ``to_argv`` gives it. Raises ConfigInvalidError."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    for setting in SETTINGS:
        action = "append" if setting.repeatable else "store"
        parser.add_argument(
            setting.flag, action="store_true" if setting.kind == "switch" else action, default=None
        )
    try:
        parsed, other = parser.parse_known_args(argv)
        wrong = f"no such option: {other[0]}" if other else ""
    except argparse.ArgumentError as error:
        parsed, wrong = argparse.Namespace(), str(error)
    if wrong:
        raise ConfigInvalidError(
            f"leanscaffold.json holds options that cannot be used: {wrong}",
            hint="write it again: leanscaffold generate --force",
        )
    values = vars(parsed)
    return {name: tuple(one) if isinstance(one, list) else one for name, one in values.items()}


def spell_value(setting: Setting, value: Any) -> tuple[str, ...]:
    """Return a setting's value as texts that parse to it; a switch is ``true`` or ``false``."""
    if setting.kind == "switch":
        return (str(value).lower(),)
    if value in {None, "", ()}:
        return ()
    spell = SPELLERS.get(setting.kind, str)
    return tuple(map(spell, value)) if setting.repeatable else (spell(value),)


def without_secrets(request: Request) -> Request:
    """Return the request without passwords in addresses and without paths of this machine."""
    return replace(
        request,
        index_url=without_credentials(request.index_url),
        extra_index_urls=tuple(without_credentials(url) for url in request.extra_index_urls),
        certificates="",
        knowledge=tuple(path for path in request.knowledge if _is_relative(path)),
        requirements=tuple(path for path in request.requirements if _is_relative(path)),
    )


def index_options(project: Project, request: Request) -> IndexOptions:
    """Return the index addresses of a project's files and of a request, which comes first."""
    return replace(
        project.index,
        index_url=request.index_url or project.index.index_url,
        extra_index_urls=(*project.index.extra_index_urls, *request.extra_index_urls),
    )


def _is_relative(path: str) -> bool:
    return not path.startswith(("/", "\\", "~")) and ":" not in path[:3]
