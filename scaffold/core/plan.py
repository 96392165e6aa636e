"""From decisions to a plan: everything the templates need, decided."""

import hashlib
from collections.abc import Sequence

from scaffold.errors import UsageError
from scaffold.model.knowledge import Base
from scaffold.model.plan import HealthCheck, Options, Plan, TargetPlan
from scaffold.model.project import Project
from scaffold.model.target import Target
from scaffold.model.verdict import Decision, Fits

PLAN_VERSION = 1
UID = 10001
# Google's distroless images bring a user of their own; nothing there could add another.
DISTROLESS_UID = 65532
_PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"


def make_plan(
    project: Project, targets: Sequence[Target], decisions: Sequence[Decision], options: Options
) -> Plan:
    """Return the plan for targets that all have a choice, on the same base and Python.

    Raises UsageError when nobody knows how the application starts.
    """
    chosen = [decision.chosen for decision in decisions if decision.chosen is not None]
    if (
        not chosen
        or len(chosen) != len(targets)
        or len({(c.base.id, c.python) for c in chosen}) > 1
    ):
        raise ValueError("a plan needs one choice per target, all of one base and Python")
    base, first = chosen[0].base, chosen[0]
    home = "/home/app" if base.shell else "/home/nonroot"
    command = _command(project, options)
    return Plan(
        version=PLAN_VERSION,
        project=project,
        options=options,
        base=base,
        python=first.python,
        reference=first.candidate.reference,
        targets=tuple(
            TargetPlan(target=t, decision=d, chosen=c, lock=f"requirements.{t.arch.slug}.lock")
            for t, d, c in zip(targets, decisions, chosen, strict=True)
        ),
        command=command,
        health=_health(project, options),
        port=_port(project, options),
        uid=UID if base.shell else DISTROLESS_UID,
        home=home,
        workdir="/app",
        environment=_environment(project, base, home),
        labels=_labels(project, chosen, command),
        bytecode=options.bytecode,
    )


def _command(project: Project, options: Options) -> tuple[str, ...]:
    if options.command:
        return options.command
    if project.start is None:
        raise UsageError(
            "nothing in the project says how it starts",
            hint='name the command: --cmd "python -m your_app", or add a Procfile',
        )
    return project.start.value.command


def _port(project: Project, options: Options) -> int | None:
    if options.port is not None:
        return options.port
    return project.port.value if project.port is not None and not options.command else None


def _health(project: Project, options: Options) -> HealthCheck | None:
    port = _port(project, options)
    path = options.health or (project.health.value if project.health is not None else "")
    if port is None or not path:
        return None
    return HealthCheck(port=port, path=path if path.startswith("/") else f"/{path}")


def _environment(project: Project, base: Base, home: str) -> tuple[tuple[str, str], ...]:
    """Return the image's variables; the order is the file's."""
    found = {
        "HOME": home,
        "PATH": _PATH,
        # packages are compiled at build time; a running container never writes bytecode
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "LANG": "C.UTF-8",
    }
    paths = [f"/app/{path}" for path in project.source_paths if path != "."]
    if not base.pip:
        paths.append("/packages")
    if paths:
        found["PYTHONPATH"] = ":".join(paths)
    if project.start is not None and project.start.value.framework == "gradio":
        found["GRADIO_SERVER_NAME"] = "0.0.0.0"  # noqa: S104 - inside the container's own network
    return tuple(sorted(found.items()))


def _labels(
    project: Project, chosen: Sequence[Fits], command: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    candidate = chosen[0].candidate
    content = [project.name.value, candidate.reference, *command]
    content += [w.pinned.file.filename for fits in chosen for w in fits.candidate.packages]
    labels = {
        "io.leanscaffold.plan": hashlib.sha256("\n".join(content).encode()).hexdigest()[:16],
        "org.opencontainers.image.base.name": candidate.reference.partition("@")[0],
        "org.opencontainers.image.title": project.name.value,
    }
    if candidate.image.digest:
        labels["org.opencontainers.image.base.digest"] = candidate.image.digest
    return tuple(sorted(labels.items()))
