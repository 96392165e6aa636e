"""Spell a plan: Dockerfile, ignore file, locks. Templates get plain values and decide nothing."""

import json
import shlex
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from scaffold.core.ignore import render_ignore
from scaffold.core.lockfile import render_lock
from scaffold.core.releases import split_tags
from scaffold.model.knowledge import BuildClass
from scaffold.model.plan import Plan, TargetPlan
from scaffold.model.verdict import Fits


class UnsafeValueError(ValueError):
    """A value that would break out of its line in a generated file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildStage:
    """One target's build stage. ``platforms`` are the wheel tags to install for."""

    name: str
    arch: str
    reference: str
    lock: str
    compiles: bool
    why: tuple[str, ...]
    platforms: tuple[str, ...]
    sdists: tuple[str, ...]
    build_packages: tuple[str, ...]


def guard(value: object) -> object:
    """Refuse control characters and line breaks in whatever a template prints."""
    for character in str(value):
        if unicodedata.category(character) in {"Cc", "Zl", "Zp"}:
            raise UnsafeValueError(f"{str(value)!r} has a line break or control character in it")
    return value


def exec_form(words: tuple[str, ...]) -> str:
    """Return the JSON array that Docker runs without a shell."""
    for word in words:
        guard(word)
    return json.dumps(list(words), ensure_ascii=False)


def shell_word(value: str) -> str:
    """Return a value as one word of a shell command."""
    guard(value)
    return shlex.quote(value)


def env_value(value: str) -> str:
    """Return a value quoted for ENV and LABEL, with no variable expanded."""
    guard(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


def render(plan: Plan, template: Callable[[str], str]) -> dict[str, str]:
    """Return {file name: text}; ``template`` loads a template by its name.

    Raises UnsafeValueError for a value that would add a line of its own.
    """
    locks = {target.lock: render_lock(plan, target) for target in plan.targets}
    return {
        "Dockerfile": _dockerfile(plan, template),
        ".dockerignore": render_ignore([*plan.project.files, *locks]),
        **locks,
    }


def _dockerfile(plan: Plan, template: Callable[[str], str]) -> str:
    import jinja2  # noqa: PLC0415 - slow to import, and not needed to decide

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(template),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=guard,
        autoescape=False,  # noqa: S701 - a Dockerfile is no HTML; the guard and filters protect it
    )
    environment.filters.update({"exec": exec_form, "sh": shell_word, "value": env_value})
    return environment.get_template("dockerfile/Dockerfile.j2").render(**_view(plan))


def _view(plan: Plan) -> dict[str, object]:
    base, several = plan.base, len(plan.targets) > 1
    candidate = plan.targets[0].chosen.candidate
    stages = tuple(_build_stage(plan, target, several=several) for target in plan.targets)
    return {
        "header": tuple(_header(plan)),
        "several": several,
        "stages": stages,
        "python": plan.python,
        "reference": plan.reference,
        "pip": base.pip,
        "manager": base.package_manager,
        "run_packages": tuple(p.name for p in candidate.run_packages),
        "run_reasons": _reasons(plan.targets[0].chosen, "needs-library", "needs-program"),
        "bytecode": plan.bytecode,
        "site_packages": base.site_packages.format(python=plan.python),
        "uid": plan.uid,
        "home": plan.home,
        "workdir": plan.workdir,
        "environment": plan.environment,
        "labels": plan.labels,
        "port": plan.port,
        "health": plan.health,
        "health_command": _health_command(plan),
        "command": _with_interpreter(plan, plan.command),
    }


def _with_interpreter(plan: Plan, command: tuple[str, ...]) -> tuple[str, ...]:
    """Name the interpreter by its path where no shell's PATH was set up for it."""
    if plan.base.pip or not command or command[0] not in {"python", "python3"}:
        return command
    return (plan.base.interpreter, *command[1:])


def _health_command(plan: Plan) -> tuple[str, ...]:
    if plan.health is None:
        return ()
    url = f"http://127.0.0.1:{plan.health.port}{plan.health.path}"
    code = (
        "import sys, urllib.request as r; "
        f"sys.exit(r.urlopen({url!r}, timeout={plan.health.timeout}).status >= 400)"
    )
    return _with_interpreter(plan, ("python", "-c", code))


def _header(plan: Plan) -> list[str]:
    lines = [f"{plan.project.name.value}: made by leanscaffold from the project's requirements."]
    for target in plan.targets:
        size = target.chosen.size
        lines.append(
            f"{target.target.arch}: about {size.on_disk / 1e6:.0f} MB on disk "
            f"(within {size.error / 1e6:.0f} MB), {size.download / 1e6:.0f} MB to download"
        )
    lines.append(f"base {plan.base.id}, Python {plan.python}")
    lines += [note.text for note in plan.targets[0].decision.notes]
    lines.append("Edit it and leanscaffold will not overwrite it unless told to.")
    return lines


def _reasons(chosen: Fits, *codes: str) -> tuple[str, ...]:
    return tuple(reason.text for reason in chosen.reasons if reason.code in codes)


def _build_stage(plan: Plan, target: TargetPlan, *, several: bool) -> BuildStage:
    candidate = target.chosen.candidate
    compiles = candidate.build_class is not BuildClass.WHEELS
    builder = plan.reference if plan.base.pip else f"python:{plan.python}-slim-trixie"
    return BuildStage(
        name=f"build-{target.target.arch.slug}" if several else "build",
        arch=target.target.arch.value,
        reference=builder,
        lock=target.lock,
        compiles=compiles,
        why=_reasons(target.chosen, "compile-needed"),
        platforms=() if compiles else _platforms(target),
        sdists=tuple(w.pinned.name for w in candidate.packages if not w.pinned.wheel),
        build_packages=(*candidate.build_packages, *candidate.build_tools),
    )


def _platforms(target: TargetPlan) -> tuple[str, ...]:
    """Return one platform tag per kind of file: pip takes a tag literally, so name those used."""
    tags = {
        split_tags(weighed.pinned.file.filename)[2][0]
        for weighed in target.chosen.candidate.packages
        if weighed.pinned.wheel
    }
    return tuple(sorted(tags - {"any"}))
