"""What the user asked for: options parsed into values, and values spelt as options again.

Everything here is pure: texts in, frozen values out. All bad options are reported at once.
"""

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

from scaffold.choices import BYTECODE, COMPILE, OBJECTIVES
from scaffold.core.target import parse_arch
from scaffold.errors import Detail, UsageError
from scaffold.model.plan import Options
from scaffold.model.project import IndexOptions, Project
from scaffold.model.resolution import Reason
from scaffold.model.target import Arch, Budget, Device, Target
from scaffold.spelling import (
    parse_choice,
    parse_command,
    parse_health,
    parse_name,
    parse_port,
    parse_python,
    parse_registry,
    parse_size,
    parse_swap,
    parse_targets,
    parse_url,
    spell_size,
    unknown,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """All that one command line asks for. Sizes in bytes; empty and None mean: not asked.

    ``requirements``, ``knowledge`` and ``certificates`` are paths as the user wrote them.
    """

    targets: tuple[Arch, ...] = ()
    device: str = ""
    max_size: int | None = None
    max_download: int | None = None
    memory: int | None = None
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    knowledge: tuple[str, ...] = ()
    index_url: str = ""
    extra_index_urls: tuple[str, ...] = ()
    certificates: str = ""
    options: Options = field(default_factory=Options)


class _Collector:
    """Reads option after option and keeps the errors, so that all are reported at once."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values
        self._errors: list[tuple[str, UsageError]] = []

    def one(self, name: str, parse: Callable[[str], T], default: T) -> T:
        """Return the parsed option, or the default where it was not given."""
        text = self._values.get(name)
        if text is None:
            return default
        parsed = self._tried(name, parse, str(text))
        return default if parsed is None else parsed

    def many(self, name: str, parse: Callable[[str], T]) -> tuple[T, ...]:
        """Return a repeatable option, each value once."""
        texts = self._values.get(name) or ()
        assert isinstance(texts, tuple | list)  # noqa: S101 - click's type of a repeated option
        parsed = (self._tried(name, parse, str(text)) for text in texts)
        return tuple(dict.fromkeys(value for value in parsed if value is not None))

    def flag(self, name: str) -> bool:
        """Return a switch."""
        return bool(self._values.get(name))

    def _tried(self, name: str, parse: Callable[[str], T], text: str) -> T | None:
        try:
            return parse(text)
        except UsageError as error:
            self._errors.append((f"--{name.replace('_', '-')}", error))
            return None

    def refuse(self, name: str, error: UsageError) -> None:
        """Keep an error that concerns several values of an option."""
        self._errors.append((name, error))

    def finish(self) -> None:
        """Raise what was collected."""
        if not self._errors:
            return
        if len(self._errors) == 1:
            option, error = self._errors[0]
            raise UsageError(f"{option}: {error.cause}", hint=error.hint)
        raise UsageError(
            f"{len(self._errors)} options cannot be used",
            details=[
                Detail(text=f"{option}: {error.cause} ({error.hint})")
                for option, error in self._errors
            ],
        )


def parse_request(values: Mapping[str, object]) -> Request:
    """Return the request of raw options: names with underscores, texts, tuples of texts, bools.

    Raises UsageError that names every option that cannot be used.
    """
    read = _Collector(values)
    swaps = read.many("swap", parse_swap)
    for source in sorted({a for a, _ in swaps if sum(a == other for other, _ in swaps) > 1}):
        read.refuse("--swap", UsageError(f"two swaps of {source}", hint="keep one of them"))
    options = Options(
        objective=read.one("objective", lambda text: parse_choice(text, OBJECTIVES), "size"),
        python=read.one("python", parse_python, ""),
        base=read.one("base", str.strip, ""),
        require_shell=read.flag("require_shell"),
        command=read.one("cmd", parse_command, ()),
        port=read.one("port", parse_port, None),
        health=read.one("health", parse_health, ""),
        swaps=swaps,
        apply_swaps=read.flag("apply_swaps"),
        allow_compile=read.one(
            "allow_compile", lambda text: parse_choice(text, COMPILE), "minutes"
        ),
        bytecode=read.one("bytecode", lambda text: parse_choice(text, BYTECODE), "only"),
        registries=read.many("registry", parse_registry),
        offline=read.flag("offline"),
    )
    targets = read.many("target", lambda text: parse_targets([text]))
    request = Request(
        targets=tuple(dict.fromkeys(arch for group in targets for arch in group)),
        device=read.one("device", str.strip, ""),
        max_size=read.one("max_size", parse_size, None),
        max_download=read.one("max_download", parse_size, None),
        memory=read.one("memory", parse_size, None),
        extras=read.many("extra", parse_name),
        groups=read.many("group", parse_name),
        requirements=read.many("requirement", str),
        knowledge=read.many("knowledge", str),
        index_url=read.one("index_url", parse_url, ""),
        extra_index_urls=read.many("extra_index_url", parse_url),
        certificates=read.one("ca", str, ""),
        options=options,
    )
    read.finish()
    return request


def choose_targets(
    request: Request, devices: Mapping[str, Device], machine: str
) -> tuple[tuple[Target, ...], tuple[Reason, ...]]:
    """Return the targets of a request, and remarks on what was assumed.

    Flags override the device's profile. ``machine`` is this machine's architecture, taken where
    neither a target nor a device is asked for. Raises UsageError for an unknown device.
    """
    device = find_device(request.device, devices) if request.device else None
    remarks: list[Reason] = []
    arches = request.targets or ((device.arch,) if device else ())
    if not arches:
        arches = (parse_arch(machine),)
        text = f"no --target and no --device: decided for this machine's {arches[0]}"
        remarks.append(Reason(code="target-assumed", text=text, fact=arches[0]))
    if device:
        remarks.extend(_device_remarks(request, device, arches))
    budget = Budget(
        on_disk=request.max_size,
        download=request.max_download,
        memory=request.memory or (device.memory if device else None),
    )
    plain = Target(arch=arches[0], budget=budget, device=device)
    target = replace(plain, cpu=device.cpu) if device else plain
    return tuple(replace(target, arch=arch) for arch in arches), tuple(remarks)


def find_device(name: str, devices: Mapping[str, Device]) -> Device:
    """Return a device's profile. Raises UsageError with the nearest names."""
    wanted = re.sub(r"[\s_]+", "-", name.strip().lower())
    if wanted in devices:
        return devices[wanted]
    raise unknown("device", name, devices, hint="`leanscaffold devices` lists them all")


def _device_remarks(request: Request, device: Device, arches: tuple[Arch, ...]) -> list[Reason]:
    remarks = []
    if request.max_size and device.storage and request.max_size > device.storage:
        text = f"--max-size is larger than the storage of {device.name}"
        remarks.append(Reason(code="over-storage", text=text, fact=device.id))
    if request.memory and device.memory and request.memory > device.memory:
        text = f"--memory is more than {device.name} has"
        remarks.append(Reason(code="over-memory", text=text, fact=device.id))
    for arch in arches:
        if arch is not device.arch:
            text = f"{device.name} is {device.arch} in its profile, --target says {arch}"
            remarks.append(Reason(code="device-arch", text=text, fact=arch))
    return remarks


def to_argv(request: Request) -> tuple[str, ...]:
    """Return the shortest command line that parses to the same request."""
    options = request.options
    plain = Options()
    single = {
        "--device": request.device,
        "--max-size": _spell(request.max_size),
        "--max-download": _spell(request.max_download),
        "--memory": _spell(request.memory),
        "--python": options.python,
        "--base": options.base,
        "--objective": _unless(options.objective, plain.objective),
        "--cmd": shlex.join(options.command),
        "--port": options.port,
        "--health": options.health,
        "--allow-compile": _unless(options.allow_compile, plain.allow_compile),
        "--bytecode": _unless(options.bytecode, plain.bytecode),
        "--index-url": request.index_url,
        "--ca": request.certificates,
    }
    repeated: dict[str, Iterable[str]] = {
        "--target": request.targets,
        "--extra": request.extras,
        "--group": request.groups,
        "--requirement": request.requirements,
        "--swap": ("=".join(pair) for pair in options.swaps),
        "--registry": ("=".join(pair) for pair in options.registries),
        "--knowledge": request.knowledge,
        "--extra-index-url": request.extra_index_urls,
    }
    switches = {
        "--require-shell": options.require_shell,
        "--apply-swaps": options.apply_swaps,
        "--offline": options.offline,
    }
    return (
        *(f"{name}={value}" for name, values in repeated.items() for value in values),
        *(f"{name}={value}" for name, value in single.items() if value not in {None, ""}),
        *(name for name, on in switches.items() if on),
    )


def without_secrets(request: Request) -> Request:
    """Return the request without passwords in addresses and without paths of this machine."""
    return replace(
        request,
        index_url=_without_password(request.index_url),
        extra_index_urls=tuple(_without_password(url) for url in request.extra_index_urls),
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


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _is_relative(path: str) -> bool:
    return not path.startswith(("/", "\\", "~")) and ":" not in path[:3]


def _spell(size: int | None) -> str:
    return "" if size is None else spell_size(size)


def _unless(value: str, default: str) -> str:
    return "" if value == default else value
