"""From decisions to a plan: everything the templates spell is settled here."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

from scaffold.dockerfile.lockfile import render_build_lock, render_lock
from scaffold.model.knowledge import Base
from scaffold.model.options import Options
from scaffold.model.plan import Plan, TargetPlan
from scaffold.model.project import OwnPackage, Project
from scaffold.model.target import Target
from scaffold.model.verdict import Accepted, Candidate, Decision
from scaffold.planner.entrypoint import (
    HOME,
    NONROOT_HOME,
    WORKDIR,
    find_command,
    find_environment,
    find_folder,
    find_health,
    find_port,
    find_stop_signal,
)
from scaffold.planner.layer_plan import split_layers
from scaffold.planner.source_builds import (
    common_build_requires,
    compiler_packages,
    own_packages,
    packages_of,
)
from scaffold.planner.trimming import list_languages
from scaffold.project.path_requirements import file_paths, local_paths, wanted_repositories
from scaffold.resolver.releases import split_tags
from scaffold.resolver.tags import platform_tags
from scaffold.state.trace_file import describe_keeping

PLAN_VERSION = 1
UID = 10001
# A base without a shell (distroless) brings a user and a home; nothing there could add another.
NONROOT_UID = 65532


def make_plan(
    project: Project,
    targets: Sequence[Target],
    decisions: Sequence[Decision],
    options: Options,
    *,
    arguments: Sequence[str] = (),
    find_digest: Callable[[str], str] = lambda _: "",
) -> Plan:
    """Return the plan for targets that all have a choice, on the same base and Python.

    ``arguments`` are what to tell ``leanscaffold generate`` to get it again, without secrets.
    ``find_digest`` says what an image's name stands for, empty where nobody can tell.
    Raises ValueError where decisions are missing or differ, UsageError when nobody knows how the
    application starts or a port or path makes no sense, RequirementsInvalidError for local
    packages that no image build can reach, UnresolvableError for files without a hash.
    """
    chosen = _check_choices(targets, decisions)
    base = chosen[0].base
    packages = _own_packages(project, chosen)
    references = {fits.candidate.reference for fits in chosen}
    # Digests of different dates may name different builds of a tag: then the tag has to do.
    reference = min(references) if len(references) == 1 else min(references).partition("@")[0]
    builder = _builder(base, chosen[0].python, reference, options)
    if options.pin:
        reference, builder = (_pin(one, find_digest) for one in (reference, builder))
    plan = Plan(
        version=PLAN_VERSION,
        project=project,
        options=options,
        base=base,
        python=chosen[0].python,
        reference=reference,
        targets=tuple(
            _plan_target(project, target, decision, fits)
            for target, decision, fits in zip(targets, decisions, chosen, strict=True)
        ),
        command=find_command(project, options),
        health=find_health(project, options, targets),
        port=find_port(project, options),
        uid=UID if base.assembled else NONROOT_UID,
        home=HOME if base.assembled else NONROOT_HOME,
        workdir=WORKDIR,
        starts_in=find_folder(project, options),
        environment=find_environment(project, options, base, packages),
        labels=_labels(project, reference),
        bytecode=options.bytecode,
        builder=builder,
        stop_signal=find_stop_signal(project, options),
        arguments=tuple(arguments),
        layers=split_layers(chosen),
        sourceless=tuple(sorted({n for fits in chosen for n in fits.candidate.sourceless})),
        unloaded=tuple(sorted({n for fits in chosen for n in fits.candidate.unloaded})),
        stand_ins=tuple(
            {one.name: one for fits in chosen for one in fits.candidate.stand_ins}.values()
        ),
        spared=tuple(sorted({pair for fits in chosen for pair in fits.candidate.spared})),
        trace=project.trace if base.origin and options.traced != "none" else None,
        languages=list_languages(project) if options.trim == "max" else (),
        packages=packages,
        build_requires=common_build_requires([one.build_requires for one in decisions]),
        compilers=compiler_packages(packages, base.package_manager or "apt"),
    )
    return replace(plan, labels=(("leanscaffold.plan", plan_digest(plan)), *plan.labels))


def _own_packages(project: Project, chosen: Sequence[Accepted]) -> tuple[OwnPackage, ...]:
    """Return the project's own packages that some target installs."""
    found = (
        own_packages(project, fits.candidate.resolution.environment, fits.candidate.image.release)
        for fits in chosen
    )
    return tuple(dict.fromkeys(one for packages in found for one in packages))


def plan_digest(plan: Plan) -> str:
    """Return the SHA-256 of all that shapes the image, in hexadecimal: no dates, no predictions."""
    options, health = plan.options, asdict(plan.health) if plan.health else None
    content = {
        "version": plan.version,
        "reference": plan.reference,
        "builder": plan.builder,
        "python": plan.python,
        "targets": [
            {
                "platform": target.target.arch.platform,
                "platforms": target.platforms,
                "compiled": target.compiled,
                **({"pure": target.pure} if target.pure else {}),
                "build_packages": target.build_packages,
                "run_packages": [p.name for p in target.chosen.candidate.run_packages],
                "local": target.local,
                **({"files": target.files} if target.files else {}),
                **({"repositories": target.repositories} if target.repositories else {}),
                "lock": render_lock(plan, target),
            }
            for target in plan.targets
        ],
        "command": plan.command,
        "health": health and {name: value for name, value in health.items() if value != ()},
        "port": plan.port,
        "user": [plan.uid, plan.home],
        "workdir": plan.starts_in,
        "environment": plan.environment,
        "labels": [label for label in plan.labels if label[0] != "leanscaffold.plan"],
        "bytecode": plan.bytecode,
        "stop_signal": plan.stop_signal,
        "assembly": [
            *(plan.layers, plan.sourceless, plan.spared, options.trim, plan.languages),
            *(options.programs, options.debug_shell, plan.unloaded),
        ],
    }
    if plan.packages:
        built = [[one.path, one.root, one.backend, one.requires] for one in plan.packages]
        content["packages"] = [built, render_build_lock(plan), plan.compilers]
    if plan.stand_ins:
        content["stand_ins"] = [one.libraries for one in plan.stand_ins]
    if plan.trace:
        content["trace"] = [options.traced, describe_keeping(plan.trace)]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _check_choices(
    targets: Sequence[Target], decisions: Sequence[Decision]
) -> tuple[Accepted, ...]:
    chosen = tuple(decision.chosen for decision in decisions if decision.chosen is not None)
    if not chosen or len(chosen) != len(decisions) or len(decisions) != len(targets):
        raise ValueError("a plan needs a choice for every target")
    if len({(fits.base.id, fits.python) for fits in chosen}) > 1:
        raise ValueError("all targets of a plan have to share base and Python")
    if len({target.arch for target in targets}) < len(targets):
        raise ValueError("a plan has one target per architecture")
    return chosen


def _plan_target(
    project: Project, target: Target, decision: Decision, chosen: Accepted
) -> TargetPlan:
    candidate = chosen.candidate
    manager = candidate.base.package_manager or "apt"
    compiled = tuple(sorted(w.pinned.name for w in candidate.packages if w.compiled))
    sdists = sorted(w.pinned.name for w in candidate.packages if not w.pinned.wheel)
    environment, release = candidate.resolution.environment, candidate.image.release
    repositories = wanted_repositories(project, environment, release)
    compilers = {tool for one in repositories for tool in one.build_tools}
    native = bool(compiled or compilers)
    tools = packages_of(candidate.build_tools, manager)
    build = {*candidate.build_packages, *tools} if compiled else set()
    by_git = any(one.build_from.startswith("git+") for one in repositories)
    build |= {*packages_of(compilers, manager), *(["git"] if by_git else [])}
    return TargetPlan(
        target=target,
        decision=decision,
        chosen=chosen,
        lock=f"requirements.{target.arch.slug}.lock",
        platforms=() if native else _platforms(candidate),
        compiled=compiled,
        pure=tuple(name for name in sdists if name not in compiled),
        build_packages=tuple(sorted(build)),
        files=file_paths(project, [weighed.pinned for weighed in candidate.packages]),
        local=local_paths(project, environment, release),
        repositories=tuple(f"{one.name} @ {one.build_from}" for one in repositories),
        native=native,
    )


def _platforms(candidate: Candidate) -> tuple[str, ...]:
    """Return one platform tag per file, without repetition; ``any`` needs none.

    pip takes ``--platform`` literally: the newest tag the image could run would miss files that
    are tagged for an older one.
    """
    accepted = platform_tags(candidate.resolution.environment)
    tags: set[str] = set()
    for weighed in candidate.packages:
        if not weighed.pinned.wheel:
            continue
        own = set(split_tags(weighed.pinned.file.filename)[2])
        # The oldest of a file's tags is the one it most likely shares with other files.
        suited = [tag for tag in reversed(accepted) if tag in own]
        tags.update(suited[:1])
    return tuple(sorted(tags))


def _pin(reference: str, find_digest: Callable[[str], str]) -> str:
    digest = "" if "@" in reference else find_digest(reference)
    return f"{reference}@{digest}" if digest else reference


def _labels(project: Project, reference: str) -> tuple[tuple[str, str], ...]:
    """Return the labels of the OCI image specification that are known, sorted."""
    name, _, digest = reference.partition("@")
    labels = {
        "org.opencontainers.image.base.name": name,
        "org.opencontainers.image.title": project.name.value,
    }
    if digest:
        labels["org.opencontainers.image.base.digest"] = digest
    return tuple(sorted(labels.items()))


def _builder(base: Base, python: str, reference: str, options: Options) -> str:
    """Return the image that installs packages: the base itself, if it has pip.

    Otherwise the slim image of the same distribution release, whose libraries match.
    """
    if base.pip:
        return reference
    prefix = dict(options.registries).get("default", "").rstrip("/")
    name = f"python:{python}-slim-{base.release}"
    return f"{prefix}/{name}" if prefix else name
