"""How apt and apk are called."""

import re
from collections.abc import Iterator
from itertools import pairwise

from scaffold.lint.context import Case, line_of
from scaffold.lint.image_references import release_of
from scaffold.lint.install_commands import (
    cache_mounts,
    needs_caches,
    plain_chain,
    system_commands,
    system_installs,
)
from scaffold.lint.package_locations import copies_from, mounts_stage, takes
from scaffold.lint.rules import rule
from scaffold.model.dockerfile import Cost, Edit, Hit, Instruction, Severity, Span
from scaffold.planner.os_package_cost import distribution
from scaffold.project.dockerfile_parser.installs import Install, is_python, program_name
from scaffold.project.dockerfile_parser.scopes import pairs_of
from scaffold.project.dockerfile_parser.shell import commands_of

_LISTS = "/var/lib/apt"
_FOLDER = "/var/lib/apt/lists"
_APT = re.compile(r"\bapt|`|\$\(")
_WITHOUT_LISTS = {"clean", "autoclean", "remove", "purge", "autoremove"}

# Programs that start no apt; whatever else a later step runs may be a script that does.
_HARMLESS = frozenset(
    {
        *("[", ":", "addgroup", "adduser", "cargo", "cat", "cd", "chgrp", "chmod", "chown"),
        *("cmake", "cp", "curl", "cut", "date", "echo", "env", "export", "false", "git"),
        *("go", "gpg", "grep", "groupadd", "gunzip", "gzip", "head", "id", "install"),
        *("ldconfig", "ln", "locale-gen", "ls", "mkdir", "mv", "npm", "pdm", "pip", "pip3"),
        *("pipenv", "pnpm", "poetry", "printf", "pwd", "rustup", "sed", "set", "sort"),
        *("tail", "tar", "tee", "test", "touch", "true", "umask", "uname", "unset", "unzip"),
        *("update-ca-certificates", "useradd", "usermod", "uv", "virtualenv", "wget", "xz"),
        "yarn",
    }
)

# `du -sb /var/lib/apt/lists` and its compressed archive after `apt-get update` in the slim image of
# trixie, main only, amd64, 2026-11-25.
_COST = Cost(on_disk=21_700_000, download=16_700_000)


@rule("LS401", Severity.WARNING)
def apt_lists_kept(case: Case) -> Iterator[Hit]:
    r"""The package lists of apt stay in the layer.

    ``apt-get update`` writes the index of the whole distribution, tens of megabytes that nothing
    reads once the packages are installed: 17 MB to download in the paper's image, run again
    (docs/paper.md). Remove them in the same RUN; a later layer does not free space.

    Bad:
        RUN apt-get update && apt-get install -y --no-install-recommends curl
    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends curl \
            && rm -rf /var/lib/apt/lists/*
    """
    for step in case.image_runs():
        if any(target.startswith("/var/lib/apt") for target in cache_mounts(step)):
            continue
        updates = [
            one
            for one in system_commands(case, step)
            if one.program == "apt" and one.verb.text == "update"
        ]
        if updates and not _removed(case, step):
            yield Hit(
                text="the lists of apt stay in this layer: && rm -rf /var/lib/apt/lists/*",
                span=updates[0].command.span,
                cost=_COST,
                edits=_edits(case, step),
            )


def _removed(case: Case, step: Instruction) -> bool:
    return any(
        command.argv[:1] in {("rm",), ("find",)} and any(_LISTS in w for w in command.argv[1:])
        for command in case.commands(step)
    )


def _edits(case: Case, step: Instruction) -> tuple[Edit, ...]:
    """Add the removal to a plain chain of ``&&`` where no later step can miss the lists."""
    sudo = any(command.argv[:1] == ("sudo",) for command in commands_of(step))
    if sudo or not plain_chain(case, step) or _missed(case, step):
        return ()
    end = case.commands(step)[-1].span.end
    text = case.dockerfile.text
    newline = "\r\n" if text[text.find("\n") - 1] == "\r" else "\n"
    added = f" {case.dockerfile.escape}{newline}    && rm -rf /var/lib/apt/lists/*"
    return (Edit(span=Span(start=end, end=end), text=added),)


def _missed(case: Case, step: Instruction) -> bool:
    """Tell whether a step after this one may read the lists, in any stage that gets them."""
    (own,) = (stage for stage in case.dockerfile.stages if step in stage.steps)
    heirs = case.continued(own)
    for stage in case.dockerfile.stages:
        given = any(
            (source in heirs and takes(copy, _FOLDER)) for copy, source in copies_from(case, stage)
        )
        if given or any(mounts_stage(case, stage, heir) for heir in heirs):
            return True
    after = own.steps[own.steps.index(step) + 1 :]
    later = (*after, *(one for heir in heirs if heir is not own for one in heir.steps))
    return any(_may_read(case, one.inner or one) for one in later)


def _may_read(case: Case, step: Instruction) -> bool:
    """Tell whether an instruction may look for packages without an update of its own before."""
    if step.keyword in {"CMD", "ENTRYPOINT"}:
        return _APT.search(" ".join(step.words or (step.text,))) is not None
    if step.keyword != "RUN":
        return False
    commands = case.commands(step)
    for command in commands:
        argv = [word for word in command.argv if not word.startswith("-")]
        name = program_name(command.words)
        if name in {"apt", "apt-get", "aptitude"} and len(argv) > 1:
            if argv[1] == "update":
                return False
            if argv[1] not in _WITHOUT_LISTS:
                return True
        elif name in {"rm", "find"} or not name:
            continue
        elif _APT.search(" ".join(command.argv)) or not (
            name in _HARMLESS or (is_python(name) and command.argv[1:2] in {("-m",), ("-c",)})
        ):
            return True
    return not commands


_USES = {"install", "upgrade", "dist-upgrade", "full-upgrade", "build-dep"}


@rule("LS402", Severity.WARNING)
def update_alone(case: Case) -> Iterator[Hit]:
    r"""apt-get update runs in a separate step, or an install runs without it.

    The layer with the lists is cached: weeks later ``apt-get install`` runs with old lists and asks
    for versions that are no longer on the mirror. Run both in one RUN.

    Bad:
        RUN apt-get update
        RUN apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends curl \
            && rm -rf /var/lib/apt/lists/*
    """
    for step in case.runs():
        found = [one for one in system_commands(case, step) if one.program == "apt"]
        updates = [one for one in found if one.verb.text == "update"]
        installs = [one for one in found if one.verb.text in _USES]
        local = all(word.text.startswith(("./", "/")) for one in installs for word in one.names)
        if updates and not installs:
            text = "update alone is cached, and a later install gets old lists"
            yield Hit(text=text, span=updates[0].command.span)
        elif installs and not updates and not local and not cache_mounts(step):
            text = "install without update in the same step: it gets old lists, or none"
            yield Hit(text=text, span=installs[0].command.span)


@rule("LS403", Severity.WARNING)
def recommended_packages(case: Case) -> Iterator[Hit]:
    r"""apt installs recommended packages.

    Debian's packages recommend documentation, fonts, daemons and compilers, which apt installs by
    default. If you need one of them, install it by name.

    Bad:
        RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends curl \
            && rm -rf /var/lib/apt/lists/*
    """
    settled = any(
        "Install-Recommends" in step.text
        or any("Install-Recommends" in h.body for h in step.heredocs)
        for step in case.dockerfile.instructions
    )
    for step in () if settled else case.runs():
        for one in system_installs(case, step):
            if one.program == "apt" and one.option("--no-install-recommends") is None:
                text = "recommended packages come along: --no-install-recommends"
                yield Hit(text=text, span=one.verb.span)


_ASKS = {"install", "upgrade", "dist-upgrade", "full-upgrade", "remove", "purge", "autoremove"}


@rule("LS404", Severity.ERROR)
def apt_asks(case: Case) -> Iterator[Hit]:
    r"""apt asks for confirmation during a build.

    A build has no terminal: without ``-y`` the step ends with «Abort.» as soon as other packages
    would be installed as well.

    Bad:
        RUN apt-get update && apt-get install --no-install-recommends git \
            && rm -rf /var/lib/apt/lists/*
    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends curl \
            && rm -rf /var/lib/apt/lists/*
    """
    settled = any("Assume-Yes" in step.text for step in case.dockerfile.instructions)
    for step in () if settled else case.runs():
        piped = {
            after.span
            for before, after in pairwise(case.commands(step))
            if before.operator == "|" and before.argv[:1] in {("yes",), ("echo",), ("printf",)}
        }
        for one in system_commands(case, step):
            asks = one.verb.text in _ASKS and one.command.span not in piped
            if one.program == "apt" and asks and not _answers(one):
                after = Span(start=one.verb.span.end, end=one.verb.span.end)
                yield Hit(
                    text="apt asks for confirmation, and the build cannot answer: -y",
                    span=one.verb.span,
                    # A failure that goes unnoticed today would become an installation.
                    edits=(Edit(span=after, text=" -y"),) if plain_chain(case, step) else (),
                )


def _answers(one: Install) -> bool:
    return any(
        name in {"--yes", "--assume-yes", "--quiet=2", "--force-yes", "--simulate", "--dry-run"}
        or name == "--print-uris"
        or (not name.startswith("--") and ("y" in name or name.count("q") > 1 or "s" in name))
        or (name == "-q" and value == "2")
        for name, value, _ in one.options
    ) or any("$" in word.text for word in one.names[:1])


# `apt upgrade` installs new packages, too, and apt keeps no archives where docker-clean is gone.
_SAME = {"install", "update", "remove", "purge", "autoremove", "clean"}


@rule("LS405", Severity.NOTE)
def apt_in_a_script(case: Case) -> Iterator[Hit]:
    r"""A script uses apt instead of apt-get.

    The command line of ``apt`` is not stable; it prints a warning when used in a script.
    ``apt-get`` has the same commands and is stable.

    Bad:
        RUN apt update && apt install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends curl \
            && rm -rf /var/lib/apt/lists/*
    """
    for step in case.runs():
        for one in system_commands(case, step):
            if one.first.text == "apt":
                yield Hit(
                    text="apt is for terminals: apt-get",
                    span=one.first.span,
                    edits=(Edit(span=one.first.span, text="apt-get"),)
                    if one.verb.text in _SAME and "docker-clean" not in case.dockerfile.text
                    else (),
                )


@rule("LS406", Severity.WARNING)
def system_upgraded(case: Case) -> Iterator[Hit]:
    """The base's packages are upgraded in a layer.

    Every package that changed is in the image twice, old and new. The official images are rebuilt
    when the distribution fixes something: pull the base again (``docker build --pull``) instead.

    Bad:
        RUN apt-get update && apt-get upgrade -y && rm -rf /var/lib/apt/lists/*
    Good:
        FROM python:3.13-slim-trixie
    """
    for step in case.image_runs():
        for one in system_commands(case, step):
            if one.verb.text in {"upgrade", "dist-upgrade", "full-upgrade"}:
                text = "what is upgraded is in the image twice: pull the base again instead"
                yield Hit(text=text, span=one.verb.span)


@rule("LS407", Severity.WARNING)
def apk_cache_kept(case: Case) -> Iterator[Hit]:
    """apk keeps its package index in the layer.

    ``apk add`` after ``apk update`` leaves the index of all packages in ``/var/cache/apk``, where
    it is no longer needed. With ``--no-cache`` the index is not stored.

    Bad:
        FROM python:3.13-alpine3.24
        RUN apk update && apk add curl
    Good:
        FROM python:3.13-alpine3.24
        RUN apk add --no-cache curl
    """
    lives_on = needs_caches(case)
    for step in case.image_runs():
        removed = any(
            command.argv[:1] == ("rm",) and "/var/cache/apk" in " ".join(command.argv)
            for command in case.commands(step)
        )
        if removed or cache_mounts(step):
            continue
        for one in system_installs(case, step):
            if one.program == "apk" and one.option("--no-cache") is None:
                after = Span(start=one.verb.span.end, end=one.verb.span.end)
                yield Hit(
                    text="the index stays in this layer: --no-cache",
                    span=one.verb.span,
                    edits=() if lives_on else (Edit(span=after, text=" --no-cache"),),
                )


_TOOLS = {
    *("build-essential", "build-base", "gcc", "g++", "clang", "make", "cmake", "gfortran"),
    *("cargo", "rustc", "rust", "autoconf", "automake", "pkg-config", "pkgconf", "ninja-build"),
    *("musl-dev", "linux-headers", "python3-dev", "cython3"),
}
_HEADERS = re.compile(r".+-dev(?:el)?")


@rule("LS408", Severity.WARNING)
def compilers_in_the_image(case: Case) -> Iterator[Hit]:
    r"""Compilers and headers are in the image.

    They are needed only while packages are built: gcc with its headers is hundreds of megabytes on
    Debian. Build in a first stage and copy the result, or remove them in the RUN that installed
    them.

    Bad:
        RUN apt-get update && apt-get install -y --no-install-recommends build-essential \
            && rm -rf /var/lib/apt/lists/*
        RUN pip install --no-cache-dir uwsgi==2.0.31
    Good:
        FROM python:3.13-slim-trixie AS build
        RUN apt-get update && apt-get install -y --no-install-recommends build-essential
        RUN pip install --target=/install uwsgi==2.0.31
        FROM python:3.13-slim-trixie
        COPY --from=build /install/ /usr/local/lib/python3.13/site-packages/
    """
    for step in case.image_runs():
        removes = any(
            one.verb.text in {"remove", "purge", "autoremove", "del"} and one.names
            for one in system_commands(case, step)
        )
        for one in () if removes else system_installs(case, step):
            tools = [word for word in one.names if _is_tool(word.text)]
            if tools:
                names = ", ".join(word.text for word in tools)
                yield Hit(
                    text=f"{names}: only a build needs it; build in a stage of its own",
                    span=tools[0].span,
                    cost=_cost(case, one, [word.text for word in tools]),
                )


def _is_tool(name: str) -> bool:
    plain = name.partition("=")[0]
    return plain in _TOOLS or _HEADERS.fullmatch(plain) is not None or plain.startswith("gcc-")


def _cost(case: Case, one: Install, tools: list[str]) -> Cost | None:
    known = case.base(case.final)
    if known is None or one.program != "apt":
        return None
    table = distribution(known[0].distribution_key, case.arch, case.facts)
    if table is None or not set(tools) & set(table.packages):
        return None
    on_disk, download = table.weigh(table.closure(tools))
    return Cost(on_disk=on_disk, download=download)


@rule("LS410", Severity.NOTE)
def frontend_stays(case: Case) -> Iterator[Hit]:
    """DEBIAN_FRONTEND is set in the final image.

    ``ENV`` applies to every container and every image based on this one: later installs do not ask
    questions even where this is wanted. Set it only for the command: ``RUN
    DEBIAN_FRONTEND=noninteractive apt-get install …``, or with ``ARG``.

    Bad:
        ENV DEBIAN_FRONTEND=noninteractive
    Good:
        ARG DEBIAN_FRONTEND=noninteractive
    """
    for step in case.image_steps():
        names = [name for name, _ in pairs_of(step.text)] if step.keyword == "ENV" else []
        if "DEBIAN_FRONTEND" in names:
            (own,) = (stage for stage in case.dockerfile.stages if step in stage.steps)
            alone = (
                names == ["DEBIAN_FRONTEND"]
                and "=" in step.text
                and names[0] not in step.scope.environment
                and case.starts_plainly(own)
                # ARG ends with its stage, and there is none in a container.
                and case.continued(own) == (own,)
                and not any(_asks(one) for one in own.steps)
            )
            yield Hit(
                text="it stays set in every container: ARG, or in front of the command",
                span=line_of(step),
                edits=(Edit(span=line_of(step), text="ARG"),) if alone else (),
            )


def _asks(step: Instruction) -> bool:
    starts = step.keyword in {"CMD", "ENTRYPOINT"} and "apt" in step.text
    return starts or step.keyword == "ONBUILD"


@rule("LS416", Severity.ERROR)
def dropped_package(case: Case) -> Iterator[Hit]:
    r"""A package does not exist in this release of the distribution.

    A new release of Debian renames libraries and drops unmaintained packages: ``apt-get install``
    ends with «Unable to locate package», or «has no installation candidate» where several others
    provide the name. A tag without a release moves to it eventually.

    Bad:
        RUN apt-get update && apt-get install -y --no-install-recommends libgl1-mesa-glx \
            && rm -rf /var/lib/apt/lists/*
    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends libgl1 \
            && rm -rf /var/lib/apt/lists/*
    """
    for stage in case.dockerfile.stages:
        family = case.family(stage)
        release = release_of(family) if family and family.manager == "apt" else ""
        dropped = case.facts.dropped.get(release)
        adds = any("sources.list" in s.text or "add-apt-repository" in s.text for s in stage.steps)
        for step in case.runs(stage) if dropped and not adds else ():
            for one in system_installs(case, step):
                for word in one.names:
                    name = word.text.partition("=")[0].partition(":")[0]
                    new = dropped.successors(name) if dropped else None
                    if new is not None:
                        hint = f": {' '.join(new)}" if new else "; nothing takes its place"
                        yield Hit(text=f"{release} has no {name} any more{hint}", span=word.span)
