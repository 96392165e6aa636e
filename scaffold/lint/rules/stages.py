"""Stages, and what is copied between them and from the context."""

import posixpath
import re
from collections.abc import Iterator

from scaffold.lint.context import Case, goal_of, image_span, line_of, sources_of
from scaffold.lint.install_commands import makes_environment, python_installs, system_installs
from scaffold.lint.package_locations import (
    absolute,
    copies_from,
    environments_of,
    mounts_stage,
    place_of,
    places_of,
    takes,
)
from scaffold.lint.rules import rule
from scaffold.model.dockerfile import Edit, Hit, Instruction, Severity, Stage
from scaffold.model.knowledge import ImageFamily
from scaffold.project.dockerfile_parser.scopes import fill_in


@rule("LS601", Severity.ERROR)
def packages_left_behind(case: Case) -> Iterator[Hit]:
    """The packages of a build stage are not copied to the final stage.

    The last stage of a multi-stage build has only what it copies. pip installs into
    ``site-packages``; copying ``/usr/local/bin`` copies the commands without the packages. The
    paper's own example does that: its 209 MB (117 MB, run again) are an image that ends with
    ``ModuleNotFoundError: No module named 'cv2'`` (docs/paper.md).

    Bad:
        FROM python:3.13-slim-trixie AS builder
        RUN pip install --no-cache-dir numpy==2.2.6
        FROM python:3.13-slim-trixie
        COPY --from=builder /usr/local/bin /usr/local/bin
        CMD ["python", "main.py"]
    Good:
        FROM python:3.13-slim-trixie AS builder
        RUN pip install --target=/install numpy==2.2.6
        FROM python:3.13-slim-trixie
        COPY --from=builder /install/ /usr/local/lib/python3.13/site-packages/
        CMD ["python", "main.py"]
    """
    final = case.final
    if final is None or any(
        True for step in case.image_runs() for _ in python_installs(case, step)
    ):
        return
    by_stage: dict[int, list[Instruction]] = {}
    stages: dict[int, Stage] = {}
    for step, stage in copies_from(case, final):
        by_stage.setdefault(stage.number, []).append(step)
        stages[stage.number] = stage
    for number, steps in by_stage.items():
        places = places_of(case, stages[number])
        arrives = any(
            takes(step, place) for step, _ in copies_from(case, final) for place in places
        )
        if places and not arrives and not mounts_stage(case, final, stages[number]):
            taken = ", ".join(source for step in steps for source in sources_of(step))
            yield Hit(
                text=f"the packages are in {places[0]}, and only {taken} is copied: the app will "
                "not find them",
                span=line_of(steps[0]),
            )


@rule("LS602", Severity.ERROR)
def stages_do_not_match(case: Case) -> Iterator[Hit]:
    """Packages are copied between incompatible bases.

    Machine code is for one C library and one minor version of Python: packages installed on Debian
    do not load on Alpine, and packages for 3.12 do not load on 3.13. Build in a stage with the same
    base.

    Bad:
        FROM python:3.13-slim-trixie AS build
        RUN pip install --target=/install numpy==2.2.6
        FROM python:3.13-alpine3.24
        COPY --from=build /install/ /usr/local/lib/python3.13/site-packages/
    Good:
        FROM python:3.13-alpine3.24 AS build
        RUN pip install --target=/install numpy==2.2.6
        FROM python:3.13-alpine3.24
        COPY --from=build /install/ /usr/local/lib/python3.13/site-packages/
    """
    final, root = case.final, case.root(case.final)
    if final is None or root is None:
        return
    here = case.family(final)
    for step, stage in copies_from(case, final):
        origin = case.root(stage)
        if origin is None or not any(takes(step, place) for place in places_of(case, stage)):
            continue
        there = case.family(stage)
        why = _differs(there, here) if there and here else ""
        if why:
            yield Hit(text=why, span=line_of(step))


def _differs(there: ImageFamily, here: ImageFamily) -> str:
    if there.libc and here.libc and there.libc != here.libc:
        return f"the packages are built for {there.libc}, this image has {here.libc}"
    minors = "." in there.python and "." in here.python
    if minors and there.python != here.python:
        return f"the packages are for Python {there.python}, this image has {here.python}"
    return ""


@rule("LS603", Severity.ERROR)
def environment_moved(case: Case) -> Iterator[Hit]:
    """A virtual environment is copied to another path, or without its interpreter.

    The scripts in it, ``pyvenv.cfg`` and ``activate`` contain its full path and do not work
    elsewhere. Copy it to the same path. Its ``bin/python`` is a link to the interpreter that
    created it, which must be copied as well if it is not in the base; uv's interpreters are in
    ``/root/.local/share/uv``.

    Bad:
        FROM python:3.13-slim-trixie AS build
        RUN python -m venv /build/venv && /build/venv/bin/pip install flask==3.1.2
        FROM python:3.13-slim-trixie
        COPY --from=build /build/venv /opt/venv
    Good:
        FROM python:3.13-slim-trixie AS build
        RUN python -m venv /opt/venv && /opt/venv/bin/pip install flask==3.1.2
        FROM python:3.13-slim-trixie
        COPY --from=build /opt/venv /opt/venv
    """
    for stage in case.dockerfile.stages:
        for step, other in copies_from(case, stage):
            made = set(_environments(case, other))
            for source in sources_of(step):
                path = posixpath.normpath(posixpath.join("/", source))
                goal = absolute(step, goal_of(step))
                if path in made and goal != path:
                    if stage is case.final and _starts_python(case):
                        continue
                    text = (
                        f"the environment was made in {path}: its commands start nothing in {goal}"
                    )
                    yield Hit(text=text, span=line_of(step))
                elif any(path in {one, posixpath.dirname(one)} for one in made):
                    yield from _left_behind(case, stage, other, step)


def _starts_python(case: Case) -> bool:
    """Tell whether the image starts an interpreter: it finds its packages wherever it lies."""
    start = case.last("ENTRYPOINT") or case.last("CMD")
    argv = next((one.argv for one in case.commands(start) if one.argv), ()) if start else ()
    return bool(argv) and posixpath.basename(argv[0]).startswith("python")


def _left_behind(case: Case, stage: Stage, other: Stage, step: Instruction) -> Iterator[Hit]:
    """Yield that the interpreter of an environment is not where the environment is copied to."""
    there, here = _interpreter(case, other), _interpreter(case, stage)
    folder = posixpath.dirname(there)
    copied = any(
        path != "/" and (folder == path or folder.startswith(f"{path}/"))
        for copy in stage.steps
        if copy.keyword == "COPY"
        for path in [absolute(copy, goal_of(copy))]
    )
    if there and here and there != here and not copied:
        text = f"the environment links to {there}, which stays behind: this image has {here}"
        yield Hit(text=text, span=line_of(step))


def _interpreter(case: Case, stage: Stage) -> str:
    """Return the Python that environments of a stage link to, empty where it is not known."""
    family = case.family(stage)
    if family is None:
        return ""
    managed = "/root/.local/share/uv/python"
    for step in case.runs(*case.chain(stage)):
        managed = step.scope.environment.get("UV_PYTHON_INSTALL_DIR", managed)
        for command in case.commands(step):
            own = step.scope.environment.get("UV_PYTHON_PREFERENCE") == "only-managed"
            if command.argv[:3] == ("uv", "python", "install") or own:
                return f"{managed}/python3"
        for one in system_installs(case, step):
            if any(word.text.startswith("python3") for word in one.names):
                return family.interpreter or "/usr/bin/python3"
    uses_uv = any(
        command.argv[:2] in {("uv", "sync"), ("uv", "venv")}
        for step in case.runs(*case.chain(stage))
        for command in case.commands(step)
    )
    return family.interpreter or (f"{managed}/python3" if uses_uv else "")


def _environments(case: Case, stage: Stage) -> Iterator[str]:
    yield from (place for place in environments_of(case, stage) if place.endswith("venv"))
    for step in case.runs(*case.chain(stage)):
        for command in case.commands(step):
            argv = command.argv
            made = makes_environment(command) or argv[:2] == ("uv", "venv")
            if made and not argv[-1].startswith("-"):
                yield absolute(step, argv[-1] if argv[-1] != "venv" or len(argv) > 3 else ".venv")  # noqa: PLR2004


@rule("LS604", Severity.ERROR)
def stage_not_above(case: Case) -> Iterator[Hit]:
    """COPY refers to a stage that is not above it.

    A stage can copy only from stages above it. The name of a later stage is taken for an image,
    which the build tries to pull; a number that is too large is an error.

    Bad:
        FROM python:3.13-slim-trixie
        COPY --from=build /install /install
        FROM python:3.13-slim-trixie AS build
    Good:
        FROM python:3.13-slim-trixie AS build
        FROM python:3.13-slim-trixie
        COPY --from=build /install /install
    """
    for stage in case.dockerfile.stages:
        below = {one.name for one in case.dockerfile.stages[stage.number :] if one.name}
        above = {one.name for one in case.dockerfile.stages[: stage.number]}
        for step in stage.steps:
            for flag in step.flags:
                if step.keyword != "COPY" or flag.name != "from":
                    continue
                late = flag.value.lower() in below - above
                if late or (flag.value.isdigit() and int(flag.value) >= stage.number):
                    yield Hit(text=f"no stage {flag.value} stands above", span=flag.span)


@rule("LS605", Severity.NOTE)
def unused_stage(case: Case) -> Iterator[Hit]:
    """A stage is not used.

    BuildKit skips it, the old builder builds it needlessly, and it confuses readers. Remove it,
    unless it is the ``--target`` of another build.

    Bad:
        FROM python:3.13-slim-trixie AS build
        RUN pip install --target=/install flask==3.1.2
        FROM python:3.13-slim-trixie
    Good:
        FROM python:3.13-slim-trixie AS build
        RUN pip install --target=/install flask==3.1.2
        FROM python:3.13-slim-trixie
        COPY --from=build /install/ /usr/local/lib/python3.13/site-packages/
    """
    stages = case.dockerfile.stages
    if any("$" in stage.written for stage in stages if stage.parent is not None) or any(
        "$" in stage.image for stage in stages
    ):
        return  # a variable may name any of them
    images = (one for one in stages if _is_image(case, one))
    needed = {one.number for one in case.dockerfile.needed([*stages[-1:], *images])}
    for stage in stages:
        if stage.number not in needed:
            yield Hit(text="nothing takes from this stage", span=image_span(stage))


def _is_image(case: Case, stage: Stage) -> bool:
    """Tell whether a stage says how it starts, or what it is: somebody's ``--target``."""
    return any(
        step.keyword in {"CMD", "ENTRYPOINT", "LABEL"} for step in case.dockerfile.steps(stage)
    )


@rule("LS606", Severity.ERROR)
def stage_names(case: Case) -> Iterator[Hit]:
    """Two stages have the same name.

    ``COPY --from`` and ``FROM`` use the nearest one above; adding a stage between them changes what
    is copied. BuildKit warns about it.

    Bad:
        FROM python:3.13-slim-trixie AS build
        FROM python:3.13-slim-trixie AS build
    Good:
        FROM python:3.13-slim-trixie AS build
        FROM python:3.13-slim-trixie AS test
    """
    seen: set[str] = set()
    for stage in case.dockerfile.stages:
        if stage.name and stage.name in seen:
            yield Hit(text=f"another stage is called {stage.name}", span=image_span(stage))
        seen.add(stage.name)


_REMOTE = re.compile(r"(?:https?|ftp|git|ssh)://|git@|\$", re.IGNORECASE)
_ARCHIVE = re.compile(
    r"\.(?:tar|t[abglx]z|tbz2?|tzst|gz|bz2|xz|zst|lzma)\b|[*?\[]|\.git\b", re.IGNORECASE
)
_TEXT = re.compile(
    r"\.(?:cfg|conf|css|csv|env|html?|in|ini|js|json|lock|md|py|pyi|r?st|sh|sql|toml|ts|txt|xml|ya?ml)$"
)
_OF_ADD = {"checksum", "keep-git-dir", "unpack"}


@rule("LS607", Severity.NOTE)
def add_for_copy(case: Case) -> Iterator[Hit]:
    """ADD is used where COPY is enough.

    ADD also unpacks archives and downloads URLs, so an archive is not copied as it is. COPY only
    copies.

    Bad:
        ADD requirements.txt /app/
    Good:
        COPY requirements.txt /app/
    """
    for step in case.dockerfile.instructions:
        sources = sources_of(step) if step.keyword == "ADD" else ()
        if sources and not any(_REMOTE.search(s) or _ARCHIVE.search(s) for s in sources):
            # ADD tells an archive by what is in it, whatever its name says.
            safe = all(s.endswith(("/", ".")) or _TEXT.search(s) for s in sources)
            safe = safe and not {flag.name for flag in step.flags} & _OF_ADD
            yield Hit(
                text="these are plain files: COPY",
                span=line_of(step),
                edits=(Edit(span=line_of(step), text="COPY"),) if safe else (),
            )


@rule("LS608", Severity.WARNING)
def unverified_download(case: Case) -> Iterator[Hit]:
    r"""ADD downloads a file without a checksum.

    The URL may return a different file tomorrow. With ``--checksum`` the build fails in that case
    (BuildKit, for URLs of files).

    Bad:
        ADD https://example.org/model.onnx /app/
    Good:
        ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d \
            https://example.org/model.onnx /app/
    """
    for step in case.dockerfile.instructions:
        if step.keyword != "ADD" or step.flag("checksum") is not None:
            continue
        if any(source.lower().startswith(("http://", "https://")) for source in sources_of(step)):
            yield Hit(text="the download is not verified: --checksum=sha256:…", span=line_of(step))


@rule("LS609", Severity.ERROR)
def several_sources(case: Case) -> Iterator[Hit]:
    """Several files are copied to a destination that is not a folder.

    With more than one source the destination must end with a slash. Otherwise the build fails, or
    creates one file of that name with the content of the last source (Docker Engine 28.5.2).
    ``--fix`` does not change it, as the intention is not clear.

    Bad:
        COPY main.py settings.py /app
    Good:
        COPY main.py settings.py /app/
    """
    for step in case.dockerfile.instructions:
        goal = goal_of(step) if step.keyword in {"COPY", "ADD"} else "/"
        if len(sources_of(step)) > 1 and not goal.endswith(("/", ".")) and "$" not in goal:
            yield Hit(text=f"{goal} has to end with a slash", span=line_of(step))


@rule("LS610", Severity.WARNING)
def copied_to_nowhere(case: Case) -> Iterator[Hit]:
    """The destination is relative, and WORKDIR is not set.

    ``COPY main.py .`` without WORKDIR copies to the base image's working directory, usually the
    root of the file system, next to ``bin`` and ``etc``.

    Bad:
        COPY main.py ./
    Good:
        WORKDIR /app
        COPY main.py ./
    """
    for stage in case.dockerfile.stages:
        for step in stage.steps:
            goal = goal_of(step) if step.keyword in {"COPY", "ADD"} else ""
            known = not goal or goal.startswith(("/", "$")) or step.scope.workdir
            if not known and sources_of(step):
                yield Hit(text="no WORKDIR says where this goes", span=line_of(step))


_HOMES = {"uv": "UV_PYTHON_INSTALL_DIR", "pipx": "PIPX_HOME"}
_SEARCHED = ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "PYTHONUSERBASE", "PLAYWRIGHT_BROWSERS_PATH")


@rule("LS611", Severity.ERROR)
def below_roots_home(case: Case) -> Iterator[Hit]:
    """The app needs files below /root, but runs as another user.

    ``/root`` is accessible only for root (mode 0700): another ``USER`` can neither import from
    ``/root/.local`` nor run a command there, and the container ends with «Permission denied» or «No
    module named …» (docker-library/python#414).

    Bad:
        FROM python:3.13-slim-trixie AS build
        RUN pip install --no-cache-dir --user flask==3.1.2
        FROM python:3.13-slim-trixie
        COPY --from=build /root/.local /root/.local
        ENV PATH=/root/.local/bin:$PATH
        USER 10001
    Good:
        FROM python:3.13-slim-trixie AS build
        RUN pip install --no-cache-dir --target=/install flask==3.1.2
        FROM python:3.13-slim-trixie
        COPY --from=build /install/ /usr/local/lib/python3.13/site-packages/
        USER 10001
    """
    user, root = case.last("USER"), case.root(case.final)
    name = fill_in(user.text, user.scope).partition(":")[0].strip("\"' ") if user else "root"
    opened = any(
        command.argv[:1] == ("chmod",) and any(w.rstrip("/") == "/root" for w in command.argv)
        for step in case.image_runs()
        for command in case.commands(step)
    )
    if root is None or root.image.lower() == "scratch" or name in {"root", "0"} or "$" in name:
        return
    for step in () if opened else case.image_steps():
        path = next(_needed(case, step), "")
        if path:
            text = f"{path} is below /root, which {name} may not enter: put it elsewhere"
            yield Hit(text=text, span=line_of(step))
            return


def _needed(case: Case, step: Instruction) -> Iterator[str]:
    """Yield what a step puts below /root, or takes from there when the app starts."""
    paths = list[str]()
    if step.keyword in {"COPY", "ADD"}:
        paths.append(absolute(step, goal_of(step)))
    elif step.keyword == "WORKDIR":
        paths.append(absolute(step, fill_in(step.text, step.scope)))
    elif step.keyword in {"CMD", "ENTRYPOINT"}:
        paths += [word for command in case.commands(step) for word in command.argv]
    elif step.keyword == "ENV":
        words = fill_in(step.text, step.scope).replace('"', "").split()
        pairs = [word.partition("=")[::2] for word in words]
        paths += [one for key, value in pairs if key in _SEARCHED for one in value.split(":")]
    elif step.keyword == "RUN" and step.scope.user.partition(":")[0] in {"", "root", "0"}:
        final = case.final
        if final is not None:
            paths += [place_of(case, final, step, one) for one in python_installs(case, step)]
        for command in case.commands(step):
            tool = command.argv[0] if command.argv else ""
            makes = command.argv[1:2] == ("install",) or command.argv[1:3] in {
                ("python", "install"),
                ("tool", "install"),
            }
            variable = _HOMES.get(tool)
            if makes and variable and variable not in step.scope.environment:
                paths.append(f"{step.scope.environment.get('HOME', '/root')}/.local/share/{tool}")
    yield from (path for path in paths if path == "/root" or path.startswith("/root/"))
