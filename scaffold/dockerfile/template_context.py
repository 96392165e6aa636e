"""What the Dockerfile's templates see: a plan, cut into stages, lines and words."""

import posixpath
import re
from collections.abc import Iterator, Sequence

from scaffold.dockerfile.comments import (
    base_lines,
    header_lines,
    health_lines,
    port_lines,
    reason_lines,
    start_lines,
    trace_lines,
)
from scaffold.dockerfile.quoting import UnsafeValueError
from scaffold.dockerfile.template_values import (
    BaseStage,
    BuildStage,
    LocalPackage,
    OwnBuild,
    TemplateContext,
)
from scaffold.model.codes import Code
from scaffold.model.plan import Plan, TargetPlan
from scaffold.model.project import Project
from scaffold.planner.companions import list_volumes, list_written_folders
from scaffold.project.dockerignore import BUILD_LOCK, PROGRAM, TRACE

# How wheels are installed, and the application compiled: in a stage, and without an engine.
PIP_WHEELS = ("--no-deps", "--require-hashes", "--only-binary=:all:", "--no-compile")
COMPILE = ("-q", "--invalidation-mode", "unchecked-hash")
FILES = "/tmp/files"  # noqa: S108 - a folder of a build stage
_FOLDER = re.compile(r"[\w@+.][\w@+./-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# A registry's host and port, path, tag and digest; FROM would read on after a blank.
# The time of every file, as the program that assembles a base has it: 1980, the first in zip files.
MOMENT = 315_532_800
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]*")


def make_template_context(plan: Plan) -> TemplateContext:
    """Return what the templates see of a plan."""
    base = plan.base
    _check_words(plan)
    start = plan.project.start.value if plan.project.start and not plan.options.command else None
    site_packages = base.site_packages.format(python=plan.python)
    return TemplateContext(
        header=tuple(header_lines(plan)),
        several=len(plan.targets) > 1,
        builds=tuple(
            _build(plan, target, explained=number == 0)
            for number, target in enumerate(plan.targets)
        ),
        bases=_bases(plan),
        manager=base.package_manager or "apt",
        python=plan.python,
        reference=plan.reference,
        builder=plan.builder,
        assembled=base.assembled,
        foreign=not base.pip,
        interpreter=base.interpreter,
        site_packages=site_packages,
        stdlib=posixpath.dirname(site_packages),
        root_dropped=(
            *(f"{site_packages}/pip", f"{site_packages}/pip-*.dist-info"),
            *(f"{posixpath.dirname(site_packages)}/ensurepip", "/usr/local/bin/pip*"),
            *_replaced(plan, site_packages),
        ),
        accounts=(
            ("/etc/passwd", f"app:x:{plan.uid}:{plan.uid}::{plan.home}:/sbin/nologin"),
            ("/etc/group", f"app:x:{plan.uid}:"),
        ),
        root_touched=(
            *("", "/etc", "/etc/passwd", "/etc/group", plan.home, f"{plan.home}/.."),
            *(plan.workdir, "/usr/local/bin", posixpath.dirname(site_packages), site_packages),
        ),
        cut=bool(base.origin),
        assembly=(*(_cut(plan) if base.origin else ()), *_assembly(plan, site_packages)),
        layers=(
            *(("library",) if plan.trace else ()),
            *(f"packages-{number}" for number in range(1, len(plan.layers) + 2)),
        ),
        pip_wheels=PIP_WHEELS,
        compile=COMPILE,
        app_compiled=plan.bytecode != "none",
        models=tuple(one.path for one in plan.project.models),
        fetched=plan.options.fetched,
        app_left_out=(
            PROGRAM,
            *((TRACE,) if plan.project.trace else ()),
            *((BUILD_LOCK,) if plan.packages else ()),
            *(t.lock for t in plan.targets),
            *sorted({*_brought(plan.project), *plan.project.private}),
        ),
        written=list_written_folders(plan.project, workdir=plan.workdir, home=plan.home),
        volumes=list_volumes(plan.project, workdir=plan.workdir),
        folder=plan.project.folder,
        front_end=plan.project.front_end,
        own=tuple(
            OwnBuild(
                number=number,
                folder=posixpath.normpath(f"/build/{one.path}"),
                root=posixpath.normpath(f"/out{plan.workdir}/{one.root}"),
            )
            for number, one in enumerate(plan.packages, start=1)
        ),
        build_lock=BUILD_LOCK,
        build_pinned=bool(plan.build_requires),
        versioned=any(one.versioned for one in plan.packages),
        compilers=plan.compilers,
        moment=MOMENT,
        traced=trace_lines(plan),
        uid=plan.uid,
        owner=f"{plan.uid}:{plan.uid}",
        home=plan.home,
        workdir=plan.workdir,
        starts_in=plan.starts_in,
        environment=plan.environment,
        labels=plan.labels,
        port=plan.port,
        health=plan.health,
        probe=_probe(plan),
        stop_signal=plan.stop_signal,
        command=_with_interpreter(plan, plan.command),
        prepares=tuple(_with_interpreter(plan, words) for words in start.prepares) if start else (),
        prepares_with=start.prepares_with if start else (),
        port_why=port_lines(plan),
        health_why=health_lines(plan),
        start_why=start_lines(plan),
    )


def _brought(project: Project) -> Iterator[str]:
    """Yield the wheels and sdists that lie in the application's folder, relative to it."""
    for one in project.distributions:
        path = posixpath.relpath(one.path, project.folder)
        if not path.startswith("../"):
            yield path


def _check_words(plan: Plan) -> None:
    """Refuse what stands in the Dockerfile without quotes and is no single word."""
    if _FOLDER.fullmatch(plan.project.folder) is None:
        raise UnsafeValueError(
            f"{plan.project.folder!r} has characters in it that a mount gives a meaning of its own",
            hint="move the member into a folder with a plain name",
        )
    for reference in (plan.reference, plan.builder):
        if _REFERENCE.fullmatch(reference) is None:
            raise UnsafeValueError(
                f"invalid image name {reference!r}", hint="check the prefix given by --registry"
            )
    for name, _ in plan.environment:
        if _VARIABLE.fullmatch(name) is None:
            raise UnsafeValueError(
                f"invalid variable name {name!r}", hint="use letters, digits and underscores"
            )


def _build(plan: Plan, target: TargetPlan, *, explained: bool) -> BuildStage:
    arch = target.target.arch
    return BuildStage(
        explained=explained,
        name=f"build-{arch.slug}" if len(plan.targets) > 1 else "build",
        platform=arch.platform,
        lock=target.lock,
        native=target.native,
        why=reason_lines(
            target.chosen, Code.COMPILE_NEEDED, Code.COMPILE_UNKNOWN, Code.FROM_REPOSITORY
        ),
        sdists=(*target.compiled, *target.pure),
        pure=() if target.native else target.pure,
        wheels=not target.pure or len(target.pure) < len(target.chosen.candidate.packages),
        system=target.build_packages,
        files=tuple((path, f"{FILES}/{posixpath.basename(path)}") for path in target.files),
        local=tuple(
            LocalPackage(source=path, folder=folder, argument=folder + posixpath.basename(path))
            for number, path in enumerate(target.local)
            for folder in [f"/src/{number}/"]
        ),
        repositories=target.repositories,
        ssh=any("git+ssh:" in text for text in target.repositories),
        selection=(
            *(("--implementation", "cp"), ("--python-version", plan.python)),
            *(("--platform", platform) for platform in target.platforms),
        ),
    )


def _bases(plan: Plan) -> tuple[BaseStage, ...]:
    """Return one base stage for all targets, or one each where they need different packages."""
    if not plan.base.assembled:
        return ()
    stages = [
        BaseStage(
            name=f"base-{target.target.arch.slug}",
            system=tuple(p.name for p in target.chosen.candidate.run_packages),
            why=base_lines(target),
        )
        for target in plan.targets
    ]
    if len({stage.system for stage in stages}) > 1:
        return tuple(stages)
    why = tuple(dict.fromkeys(text for stage in stages for text in stage.why))
    return (BaseStage(name="base", system=stages[0].system, why=why),)


def _assembly(plan: Plan, site_packages: str) -> tuple[str, ...]:
    """Return the options of the program that puts packages together, one a line."""
    return (
        f"--site-packages={site_packages}",
        *(("--own=/own",) if plan.compilers else ()),
        f"--trim={plan.options.trim}",
        f"--bytecode={plan.bytecode}",
        *(f"--sourceless={name}" for name in plan.sourceless),
        *(f"--unloaded={name}" for name in plan.unloaded),
        *(
            f"--stand-in={':'.join([s.module, s.name, *map(','.join, spelled)])}"
            for s in plan.stand_ins
            for spelled in [(s.libraries, s.used_by, s.unused_by)]
        ),
        *(f"--spare={rule}:{name}" for rule, name in plan.spared),
        *(f"--language={name}" for name in plan.languages),
        *(f"--layer={','.join(names)}" for names in plan.layers),
    )


def _cut(plan: Plan) -> tuple[str, ...]:
    """Return its options about a base that is cut to measure."""
    return (
        "--base=/base",
        f"--interpreter={plan.base.interpreter.format(python=plan.python)}",
        f"--uid={plan.uid}",
        f"--home={plan.home}",
        f"--workdir={plan.workdir}",
        *(f"--program={name}" for name in plan.options.programs),
        *(("--shell",) if plan.options.debug_shell else ()),
        *(
            (f"--trace=/project/{TRACE}", f"--closure={plan.options.traced}", "--imports=/imports")
            if plan.trace
            else ()
        ),
    )


def _replaced(plan: Plan, site_packages: str) -> tuple[str, ...]:
    """Return globs of older setuptools and wheel that the lock replaces: no two may be mixed."""
    brought = {
        "setuptools": (
            "setuptools",
            "setuptools-*.dist-info",
            "pkg_resources",
            "_distutils_hack",
            "distutils-precedence.pth",
        ),
        "wheel": ("wheel", "wheel-*.dist-info"),
    }
    locked = {
        weighed.pinned.name
        for target in plan.targets
        for weighed in target.chosen.candidate.packages
    }
    return tuple(
        f"{site_packages}/{glob}"
        for name in sorted(locked & set(brought))
        for glob in brought[name]
    )


def _with_interpreter(plan: Plan, command: Sequence[str]) -> tuple[str, ...]:
    """Name the interpreter by its path where nothing called ``python`` is on the path."""
    names = {"python", "python3", f"python{plan.python}"}
    if plan.base.pip or command[:1] == () or command[0] not in names:
        return tuple(command)
    return (plan.base.interpreter, *command[1:])


def _probe(plan: Plan) -> tuple[str, ...]:
    """Return the command of the health check: standard library only, no proxy, no shell."""
    if plan.health is None:
        return ()
    health = plan.health
    if health.command:
        return _with_interpreter(plan, health.command)
    if health.path:
        url = f"http://127.0.0.1:{health.port}{health.path}"
        code = (
            "from urllib.request import ProxyHandler, build_opener; "
            f"build_opener(ProxyHandler({{}})).open({url!r}, timeout={health.timeout})"
        )
    else:
        address = ("127.0.0.1", health.port)
        code = f"import socket; socket.create_connection({address!r}, timeout={health.timeout})"
    return _with_interpreter(plan, ("python", "-c", code))
