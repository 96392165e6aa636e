"""Spell a plan: Dockerfile, ignore file, locks. Templates get plain values and decide nothing."""

import json
import posixpath
from collections.abc import Callable, Sequence

from scaffold import __version__
from scaffold.assembler.bundle import bundle
from scaffold.catalog.resources import make_environment
from scaffold.dockerfile.extras import render_extras
from scaffold.dockerfile.lockfile import render_build_lock, render_lock
from scaffold.dockerfile.quoting import exec_form, guard, quoted, shell_word, yaml_key
from scaffold.dockerfile.template_context import make_template_context
from scaffold.model.plan import Plan
from scaffold.project.dockerignore import (
    ASSEMBLE,
    BUILD_LOCK,
    PROGRAM,
    TRACE,
    ignored,
    patterns_for,
    render_ignore,
)


def render(plan: Plan, program: Callable[[str], str | None] = lambda _: None) -> dict[str, str]:
    """Return {file name: text}; ``program`` reads the assembler. Raises UnsafeValueError."""
    locks = {target.lock: render_lock(plan, target) for target in plan.targets}
    local = sorted({path for t in plan.targets for path in (*t.local, *t.files)})
    if plan.packages:
        locks[BUILD_LOCK] = render_build_lock(plan)
    text = bundle(
        program,
        __version__,
        cut=bool(plan.base.origin),
        traced=plan.trace is not None,
        stand_ins=bool(plan.stand_ins),
    )
    needed = {ASSEMBLE: text}
    environment = make_environment(autoescape=False, finalize=guard)
    environment.filters |= {
        "exec": exec_form,
        "json": json.dumps,
        "shell": shell_word,
        "quoted": quoted,
        "yaml_key": yaml_key,
    }
    dockerfile = environment.get_template("dockerfile/Dockerfile.j2")
    return {
        plan.options.dockerfile: dockerfile.render(view=make_template_context(plan)),
        plan.project.ignore_file: render_ignore(
            _keep(plan, [*locks, *local, *needed]),
            drop=plan.project.environments,
            only=_closure(plan, [*locks, *local]),
            own=plan.project.ignore,
        ),
        **locks,
        **needed,
        **render_extras(plan, lambda name, values: environment.get_template(name).render(values)),
    }


def _closure(plan: Plan, built: Sequence[str]) -> list[str]:
    """Return what of a workspace the build needs: the member, what it needs by path, our files."""
    project = plan.project
    if project.folder == ".":
        return []
    members = [one.path for one in plan.packages]
    return sorted({project.folder, *members, *built, PROGRAM, *([TRACE] if plan.trace else [])})


def _keep(plan: Plan, needed: Sequence[str]) -> list[str]:
    """Return what the build needs and the patterns leave out.

    An exception for anything else would take back the secrets and caches below it.
    """
    patterns = patterns_for(own=plan.project.ignore)
    opened = [posixpath.join(plan.project.folder, one.value) for one in plan.project.opened]
    opened = [posixpath.normpath(path) for path in opened]
    reads = [path for one in plan.packages for path in one.reads]
    files = [*needed, *opened, *reads, *plan.project.files, *([TRACE] if plan.trace else [])]
    return sorted(
        {path for path in files if not path.startswith("../") and ignored(path, patterns)}
    )
