"""What cannot be read from a project: device, budget, preference, and at times how it starts."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from scaffold.config.option_parsers import parse_command, parse_port, parse_size
from scaffold.config.option_sources import Given
from scaffold.init.question import OTHER, Answers, Option, Question, Starter
from scaffold.model.errors import UsageError
from scaffold.model.options import AROUND, OBJECTIVES
from scaffold.model.project import Project
from scaffold.model.target import Arch, Device
from scaffold.resolver.tags import parse_arch

MACHINE = "+machine"
RESCUE = "rescue"

# What is asked about: what the last run recorded of it is a default, of all else it holds.
ASKED = frozenset({"device", "target", "max-size", "objective", "cmd", "port", "also"})
# What has to be asked again with an answer that is taken back.
FOLLOWING = {"device": ("target",), "max-size": ("max-size-other",), "cmd": ("port",)}

_USUAL_DEVICE = "raspberry-pi-4"
_USUAL_DEVICES = (
    *("raspberry-pi-5", _USUAL_DEVICE, "raspberry-pi-3", "raspberry-pi-zero-2-w"),
    *("jetson-orin-nano", "gateway-arm64", "intel-nuc"),
)
_OFFERED = 9
_SIZES = ("100MB", "250MB", "500MB", "1GB")
_OBJECTIVES = {
    "size": ("A small image", "smallest download and disk usage"),
    "balanced": ("A balance", "glibc, unless musl saves at least a quarter"),
    "compatible": ("Compatibility", "glibc and a shell, as most packages are tested"),
}
_AROUND = {
    "compose": ("compose.yaml", "runs it with the device's limits and hardware"),
    "bake": ("docker-bake.hcl", "builds all targets with one command"),
    "ci": ("A CI workflow", "checks, builds and verifies on GitHub"),
    "devcontainer": ("A dev container", "for editors, with the image's Python"),
    "systemd": ("A systemd unit", "for a device without compose"),
    "balena": ("balena.yml", "for a balena fleet"),
    "gitattributes": (".gitattributes", "collapses generated files in pull requests"),
}
_ARCHES = {
    Arch.ARM64: "64-bit Arm: Raspberry Pi 3 and newer, Jetson, most boards",
    Arch.AMD64: "x86-64: PCs and most gateways",
    Arch.ARM_V7: "32-bit Arm: older boards, or a 32-bit system",
    Arch.ARM_V6: "Raspberry Pi Zero and 1",
    Arch.I386: "32-bit PCs",
    Arch.PPC64LE: "POWER",
    Arch.S390X: "IBM Z",
    Arch.RISCV64: "64-bit RISC-V",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known before anything is asked.

    ``held`` is what options, variables and pyproject.toml say, and what the last run recorded of
    all that is never asked: it holds. ``recorded`` is what the last run recorded: the defaults.
    ``machine`` is this machine's architecture in any spelling.
    """

    project: Project
    devices: Mapping[str, Device]
    machine: str
    held: Mapping[str, Given] = field(default_factory=dict)
    recorded: Mapping[str, Given] = field(default_factory=dict)
    starter: Starter | None = None


def next_question(situation: Situation, answers: Answers) -> Question | None:
    """Return the first question that is still open, or None."""
    return next((one for one in _questions(situation, answers) if one.name not in answers), None)


def answered(situation: Situation, answers: Answers) -> tuple[tuple[Question, str], ...]:
    """Return the questions of an interview with their answers, in order."""
    questions = _questions(situation, answers)
    return tuple((one, answers[one.name]) for one in questions if one.name in answers)


def _questions(situation: Situation, answers: Answers) -> Iterator[Question]:
    """Yield what is to be asked after these answers, answered or not, in order."""
    choice = (_device, _arch, _budget, _other_budget, _objective)
    for ask in (*choice, _command, _port, _also):
        question = ask(situation, answers)
        if question is not None:
            yield question


def values_of(answers: Answers, machine: str) -> dict[str, Any]:
    """Return answers as options, by the parameter's name, unparsed."""
    device = answers.get("device", "")
    targets = {OTHER: answers.get("target", ""), MACHINE: str(parse_arch(machine))}
    target = targets.get(device, "")
    size = answers.get("max-size", "")
    size = answers.get("max-size-other", "") if size == OTHER else size
    return {
        "device": None if device in targets else device or None,
        "target": (target,) if target else (),
        "max_size": size or None,
        "objective": answers.get("objective") or None,
        "cmd": answers.get("cmd") or None,
        "port": answers.get("port") or None,
        "also": tuple(filter(None, answers.get("also", "").split(","))),
    }


def _device(situation: Situation, _: Answers) -> Question | None:
    if {"device", "target"} & set(situation.held):
        return None
    names, default = _likely_devices(situation)
    by_name = sorted(situation.devices.values(), key=lambda one: (one.name.lower(), one.id))
    return Question(
        name="device",
        text="Which device is it for?",
        options=(
            *(_device_option(situation.devices[name]) for name in names),
            Option(value=OTHER, title="Architectures", note="any device"),
            Option(value=MACHINE, title="This machine", note=parse_arch(situation.machine).value),
            *(_device_option(device) for device in by_name if device.id not in names),
        ),
        default=default,
    )


def _likely_devices(situation: Situation) -> tuple[list[str], str]:
    """Return the devices to offer at once, and which of them, or what else, is the default."""
    recorded = situation.recorded.get("device")
    first = [str(recorded.raw)] if recorded else []
    first += situation.starter.devices if situation.starter else ()
    named = dict.fromkeys((*first, *_USUAL_DEVICES))
    names = [name for name in named if name in situation.devices][:_OFFERED]
    if "target" in situation.recorded and not recorded:
        return names, OTHER
    usual = [name for name in (*first, _USUAL_DEVICE, *names) if name in names]
    return names, usual[0] if usual else MACHINE


def _device_option(device: Device) -> Option:
    names = ", ".join(device.aliases)
    note = " · ".join(filter(None, (device.arch.value, _memory(device.memory), names)))
    return Option(value=device.id, title=device.name, note=note)


def _memory(memory: int | None) -> str:
    if memory is None:
        return ""
    gib = memory / 2**30
    return f"{gib:g} GB" if gib >= 1 else f"{memory >> 20} MB"


def _arch(situation: Situation, answers: Answers) -> Question | None:
    if answers.get("device") != OTHER:
        return None
    recorded = situation.recorded.get("target")
    texts = recorded.raw if recorded and isinstance(recorded.raw, tuple) else (Arch.ARM64,)
    return Question(
        name="target",
        text="Which architectures?",
        options=tuple(
            Option(value=arch.value, title=arch.value, note=_ARCHES[arch]) for arch in _ARCHES
        ),
        default=",".join(parse_arch(text) for text in texts),
        several=True,
        check=_one_at_least,
    )


def _one_at_least(answer: str) -> None:
    if not answer:
        raise UsageError("select at least one")


def _budget(situation: Situation, _: Answers) -> Question | None:
    if "max-size" in situation.held:
        return None
    recorded = situation.recorded.get("max-size")
    default = str(recorded.raw) if recorded else ""
    sizes = _SIZES if not default or default in _SIZES else (*_SIZES, default)
    return Question(
        name="max-size",
        text="How large may the image be on disk?",
        options=(
            Option(value="", title="No limit", note="the smallest image that works"),
            *(Option(value=size, title=_spaced(size)) for size in sizes),
            Option(value=OTHER, title="Another size"),
        ),
        default=default,
    )


def _spaced(size: str) -> str:
    number = size.rstrip("kKMGTiB")
    return f"At most {number} {size.removeprefix(number)}"


def _other_budget(_: Situation, answers: Answers) -> Question | None:
    if answers.get("max-size") != OTHER:
        return None
    return Question(
        name="max-size-other",
        text="Maximum size on disk?",
        note="such as 300MB or 1.5GiB",
        check=parse_size,
    )


def _objective(situation: Situation, _: Answers) -> Question | None:
    if "objective" in situation.held:
        return None
    recorded = situation.recorded.get("objective")
    return Question(
        name="objective",
        text="What matters most?",
        options=tuple(
            Option(value=name, title=_OBJECTIVES[name][0], note=_OBJECTIVES[name][1])
            for name in OBJECTIVES
        ),
        default=str(recorded.raw) if recorded else OBJECTIVES[0],
    )


def _command(situation: Situation, _: Answers) -> Question | None:
    if situation.project.start is not None or "cmd" in situation.held:
        return None
    recorded = situation.recorded.get("cmd")
    return Question(
        name="cmd",
        text="How does it start?",
        note="such as python -m app; empty to skip",
        default=str(recorded.raw) if recorded else "",
        check=lambda text: parse_command(text) if text.strip() else (),
    )


def _port(situation: Situation, answers: Answers) -> Question | None:
    if not answers.get("cmd") or "port" in situation.held:
        return None
    recorded = situation.recorded.get("port")
    return Question(
        name="port",
        text="On which port does it listen?",
        note="empty if none",
        default=str(recorded.raw) if recorded else "",
        check=lambda text: parse_port(text) if text.strip() else None,
    )


def _also(situation: Situation, _: Answers) -> Question | None:
    if "also" in situation.held:
        return None
    recorded = situation.recorded.get("also")
    return Question(
        name="also",
        text="Which other files should be written?",
        options=tuple(
            Option(value=name, title=_AROUND[name][0], note=_AROUND[name][1]) for name in AROUND
        ),
        default=",".join(recorded.raw) if recorded and isinstance(recorded.raw, tuple) else "",
        several=True,
    )


def rescue_words(answers: Answers) -> list[str]:
    """Return the options that were taken to make something fit."""
    return shlex.split(answers.get(RESCUE, ""))


# What version control, editors, desktops and `python -m venv` leave there.
_LEFT = frozenset(
    {
        *(".git", ".gitattributes", ".gitignore", ".editorconfig", ".idea", ".vscode"),
        *(".DS_Store", "desktop.ini", ".venv", "venv"),
    }
)
# What a hosting service puts into a repository that it makes.
_TEXTS = frozenset({"readme", "license", "licence", "copying", "notice", "codeowners"})
_KINDS = frozenset({"", ".md", ".rst", ".txt"})


def is_project_file(name: str) -> bool:
    """Tell whether a name at the top of a folder says that somebody began a project there."""
    path = PurePosixPath(name)
    a_text = path.suffix.lower() in _KINDS and path.stem.lower() in _TEXTS
    return name not in _LEFT and not a_text
