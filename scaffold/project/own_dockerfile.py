"""What the project's own Dockerfile installs: the list that its people install from."""

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.utils import canonicalize_name

from scaffold.model.dockerfile import Command, Dockerfile, Instruction
from scaffold.model.project import Asked, Found, Origin, OwnImage
from scaffold.project.dockerfile_parser.installs import Install, python_install, system_command
from scaffold.project.dockerfile_parser.reader import read_dockerfile
from scaffold.project.dockerfile_parser.shell import (
    commands_run_by,
    program_of,
    without_prefix,
)
from scaffold.project.entrypoint.container_paths import find_context, is_for_docker
from scaffold.project.entrypoint.processes import is_composed
from scaffold.project.requirement_parser import read_requirement
from scaffold.project.source_modules import is_support
from scaffold.project.text_io import text_of

_FIRST = "Dockerfile"
_PLAIN = ("[Dd]ockerfile", "[Cc]ontainerfile")
_VARIANTS = (
    *(f"{one}{sign}*" for one in _PLAIN for sign in ".-_"),
    *("*.[Dd]ockerfile", "*.[Cc]ontainerfile", "*-[Dd]ockerfile"),
)
# Where several lie side by side: looked for in this order, and the first kind with one counts.
_KINDS = (
    *(_PLAIN, tuple(f"*/{one}" for one in _PLAIN)),
    *(_VARIANTS, tuple(f"*/{one}" for one in _VARIANTS)),
    tuple(f"{folder}/{one}" for folder in ("docker/*", ".docker/*", "*/docker") for one in _PLAIN),
)
# Of a Dockerfile's name: no image of the application, or no Dockerfile.
_ASIDE = re.compile(
    r"(?i)(?:^|[-_.])(?:dev\w*|tests?|testing|debug\w*|ci|lint|docs?|build(?:er)?|base|bak|old|orig"
    r"|(?:docker|container)ignore|j2|jinja2?|tmpl|template|tpl|in|sh|md|txt|swp)(?:[-_.]|$)"
)
_WITH_EXTRAS = re.compile(r"([\w./-]+)\[([\w.,\s-]+)\]")
_WORD = re.compile(r"[\w.+-]+")
_ADDRESS = re.compile(r"https?://[^\s\"']+")
_OF_PACKAGES = ("pyproject.toml", "setup.py", "setup.cfg")
OURS = "Made by:  leanscaffold"
# Packages of the system's and of whoever looks into it, of builds, and of other processes.
_TOOLS = re.compile(
    r"^(?:bash|busybox|curl|wget|git|git-lfs|g\+\+|gcc|make|cmake|ninja|procps|psmisc|lsof|htop|sudo"
    r"|unzip|zip|xz|tar|gzip|bzip2|zstd|file|jq|gnupg2?|gpg|openssl|iproute2|iputils-ping|net-tools"
    r"|dnsutils|telnet|netcat\S*|tcpdump|traceroute|openssh\S*|rsync|screen|tmux|less|systemd\S*"
    r"|dbus|nginx|apache2|redis\S*|cron|supervisor|runit|s6\S*|tini|gosu|dumb-init|su-exec|tzdata"
    r"|locales|\S*certificates|coreutils|findutils|grep|sed|gawk|shadow|util-linux|vim\S*|nano|patch"
    r"|socat|passwd|adduser|login|lsb-release|apt-\S+|software-properties-common|linux-\S+|musl\S*"
    r"|pkg-?conf\S*|autoconf|automake|cargo|rustc?|rustup|swig|nodejs|npm|yarn|pnpm|lib\S+|fonts?-\S+)$"
    r"|^(?:build-|python\d?|py3|pypy|gcompat|cython|e2fs)|-(?:dev|headers|libs|dbg|common|perl)$"
)
# What shows that a program is there, and does nothing with it.
_ASKS = frozenset({"--version", "-version", "-V", "-v", "version", "--help", "-h"})
# What installs packages is no package of the application.
_INSTALLERS = frozenset(
    {"build", "hatch", "pdm", "pip", "pip-tools", "pipenv", "poetry", "setuptools", "uv", "wheel"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnInstalls:
    """Requirement files of the project that its Dockerfile installs, and packages it names.

    ``optional`` are (``extra`` or ``group``, package, name, where), the package empty for a folder
    (``.[server]``), the name ``*`` for all.
    """

    files: tuple[str, ...] = ()
    asked: tuple[Asked, ...] = ()
    image: OwnImage | None = None
    optional: tuple[tuple[str, str, str, Origin], ...] = ()

    def chosen(self, kind: str, project: str, offered: Collection[str]) -> Mapping[str, str]:
        """Return the extras or groups of a project that are installed, each with a note."""
        return {
            one: f"{origin} installs the {kind} {one}; the image does the same"
            for asked, name, chosen, origin in self.optional
            for one in offered
            if asked == kind and name in {"", canonicalize_name(project)}
            if chosen in {"*", canonicalize_name(one)} and not _ASIDE.search(one)
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDockerfile:
    """The Dockerfile of a project's people, and the folder its build sees, from the project's."""

    place: str
    dockerfile: Dockerfile
    context: str


def find_own_dockerfile(root: Path) -> OwnDockerfile | None:
    """Return the Dockerfile that makes the application's image, none where that is not sure.

    That at the top counts before one in a folder, and plain names before others
    (``Dockerfile.arm64``, ``app.dockerfile``), which may name no stage of development. Of several
    that are alike the one that a compose file builds counts, then the first of those that start
    the same, and in folders of their own copy the same. One of leanscaffold's own says nothing.
    """
    for patterns in _KINDS:
        usable = []
        places = {
            path.relative_to(root).as_posix() for pattern in patterns for path in root.glob(pattern)
        }
        for place in sorted(places, key=lambda one: (one != _FIRST, one)):
            folder, _, name = place.rpartition("/")
            hidden = folder.startswith(".") and not is_for_docker(folder)
            aside = hidden or is_support(place) or _ASIDE.search(name)
            text = "" if aside else text_of(root, place)
            if not text or OURS in text:
                continue
            dockerfile = _to_image(read_dockerfile(text))
            context = find_context(root, place, dockerfile)
            if dockerfile.stages and context is not None:
                found = OwnDockerfile(place=place, dockerfile=dockerfile, context=context)
                if place == _FIRST:
                    return found
                usable.append(found)
        # A folder of tests (docker-test/) beside the application's.
        usable = [
            one for one in usable if not _ASIDE.search(posixpath.dirname(one.place))
        ] or usable
        if len(usable) > 1:
            built = [one for one in usable if is_composed(root, one.place)]
            same = len({_starts(one) for one in usable}) == 1
            return built[0] if len(built) == 1 else usable[0] if same else None
        if usable:
            return usable[0]
    return None


def _to_image(dockerfile: Dockerfile) -> Dockerfile:
    """Return it without stages at its end that are named as no image of the application."""
    stages = list(dockerfile.stages)
    while len(stages) > 1 and _ASIDE.search(stages[-1].name or ""):
        stages.pop()
    return replace(dockerfile, stages=tuple(stages))


def _starts(own: OwnDockerfile) -> tuple[object, ...]:
    """Return how an image starts, and what it is made of where its name is not the only one."""
    starts = [
        one.text for one in own.dockerfile.stages[-1].steps if one.keyword in {"CMD", "ENTRYPOINT"}
    ]
    steps = (step for stage in own.dockerfile.stages for step in stage.steps)
    copied = (source for step in steps if step.keyword == "COPY" for source in _sources(step))
    named = own.place.rpartition("/")[2] in {"Dockerfile", "dockerfile", "Containerfile"}
    return (*starts, frozenset(copied) if named else None)


def read_own_installs(root: Path, files: Sequence[str]) -> OwnInstalls:
    """Return what a project's Dockerfile installs for its image; ``files`` are the project's."""
    own = find_own_dockerfile(root)
    return _read(root, own.place, own.dockerfile, files) if own else OwnInstalls()


def _read(root: Path, place: str, dockerfile: Dockerfile, files: Sequence[str]) -> OwnInstalls:
    found: list[str] = []
    asked: dict[str, Asked] = {}
    optional: list[tuple[str, str, str, Origin]] = []
    leading = dockerfile.needed(dockerfile.stages[-1:])
    steps = [step for stage in leading for step in stage.steps]
    copied = [word for step in steps if step.keyword in {"COPY", "ADD"} for word in _sources(step)]
    for step in steps:
        for install in _installs(step):
            found += (_match(name, copied, files) for name in install.files())
            origin = Origin(file=place, line=dockerfile.position(install.command.span.start)[0])
            optional += ((*one, origin) for one in _optional(install))
            for one in _named(root, install, origin):
                asked.setdefault(one.name, one)
            for one in _folders(install, origin, copied, files):
                asked.setdefault(one.path, one)
    return OwnInstalls(
        files=tuple(dict.fromkeys(filter(None, found))),
        asked=tuple(asked.values()),
        optional=tuple(optional),
        image=_image(place, dockerfile),
    )


def _image(place: str, dockerfile: Dockerfile) -> OwnImage:
    """Return what the image is made from."""
    first, *_ = dockerfile.chain(dockerfile.stages[-1])
    steps = dockerfile.steps(dockerfile.stages[-1])
    texts = [step.text for step in steps if step.keyword in {"RUN", "COPY", "ADD", "ENV"}]
    return OwnImage(
        image=first.image,
        origin=Origin(file=place, line=dockerfile.position(first.opening.span.start)[0]),
        words=frozenset(word for text in texts for word in _WORD.findall(text)),
        urls=frozenset(url.rstrip("/") for text in texts for url in _ADDRESS.findall(text)),
        installs=tuple(_left(place, dockerfile, steps)),
    )


def _left(place: str, dockerfile: Dockerfile, steps: Sequence[Instruction]) -> Iterator[Found[str]]:
    """Yield the distribution's packages that stay in the image and that no step of it runs."""
    there: dict[str, Origin] = {}
    ran: set[str] = set()
    for step in steps:
        if step.keyword == "HEALTHCHECK":
            ran.update(_WORD.findall(step.text))
        for command in commands_run_by(step):
            found = system_command(without_prefix(command))
            if found is None:
                ran.update(_run_by(command))
                continue
            names = [re.split(r"[=<>~:]", word.text)[0] for word in found.names]
            if found.verb.text in {"purge", "remove", "autoremove", "del"}:
                for name in names:
                    there.pop(name, None)
            elif found.verb.text in {"install", "add"} and found.option("-t", "--virtual") is None:
                line = dockerfile.position(command.span.start)[0]
                there |= {name: Origin(file=place, line=line) for name in names}
    for name, origin in there.items():
        if name not in ran and re.fullmatch(r"[a-z0-9][\w.+-]+", name) and not _TOOLS.search(name):
            yield Found(value=name, origin=origin)


def _run_by(command: Command) -> Iterator[str]:
    """Yield the programs that a command may run, none where it only shows that one is there."""
    if _ASKS.isdisjoint(command.argv[1:2]):
        yield from map(program_of, command.argv[:3])


# Options that name extras or groups, and those that mean all of them.
_OPTIONAL = {
    **dict.fromkeys(("--extra", "--extras", "-E"), ("extra",)),
    **dict.fromkeys(("--group", "--with"), ("group",)),
    "-G": ("extra", "group"),
}
_ALL = {"--all-extras": "extra", "--all-groups": "group"}


def _optional(install: Install) -> Iterator[tuple[str, str, str]]:
    """Yield (kind, package, name) of the extras and groups that are installed."""
    words = [word.text for word in install.names]
    for option, value, _ in install.options:
        words += [value] if option in {"-e", "--editable"} else []
        for kind in _OPTIONAL.get(option, ()):
            yield from ((kind, "", canonicalize_name(one)) for one in re.findall(r"[\w.-]+", value))
        if option in _ALL:
            yield _ALL[option], "", "*"
    for found in map(_WITH_EXTRAS.match, words):
        if found is not None:
            name = "" if found[1].startswith((".", "/")) else canonicalize_name(found[1])
            for extra in found[2].split(","):
                yield "extra", name, canonicalize_name(extra.strip())


def _sources(step: Instruction) -> list[str]:
    if step.flag("from") is not None:
        return []
    words = list(step.words) if step.words is not None else step.text.split()
    return [posixpath.normpath(word.lstrip("/")) for word in words[:-1]]


def _installs(step: Instruction) -> Iterator[Install]:
    for command in commands_run_by(step):
        found = python_install(without_prefix(command), verbs=("install", "wheel", "download"))
        if found is not None:
            yield found


def _match(name: str, copied: Sequence[str], files: Sequence[str]) -> str:
    """Return the project's file that a path inside the build means, empty if none is sure."""
    base = posixpath.basename(name)
    plain = posixpath.normpath(name)
    if plain in files:
        return plain
    from_copy = [one for one in copied if posixpath.basename(one) == base and one in files]
    if from_copy:
        return from_copy[0]
    parts = plain.strip("/").split("/")
    for start in range(len(parts)):
        tail = "/".join(parts[start:])
        if tail in files:
            return tail
    return ""


def _folders(
    install: Install, origin: Origin, copied: Sequence[str], files: Sequence[str]
) -> Iterator[Asked]:
    """Yield the packages in folders of the project that are installed, but for the project."""
    for word in install.names if install.program in {"pip", "uv"} else ():
        path, _, extras = word.text.removesuffix("]").partition("[")
        if path.startswith((".", "/")) and "$" not in path:
            base = posixpath.basename(posixpath.normpath(path))
            places = (path, *(one for one in copied if posixpath.basename(one) == base))
            found = (_match(f"{at}/{one}", copied, files) for at in places for one in _OF_PACKAGES)
            folder = posixpath.dirname(next(filter(None, found), ""))
            names = tuple(canonicalize_name(one.strip()) for one in extras.split(",") if one)
            if folder:
                yield Asked(name="", path=folder, extras=names, text=folder, origin=origin)


def _named(root: Path, install: Install, origin: Origin) -> Iterator[Asked]:
    for word in install.names if install.program in {"pip", "uv"} else ():
        if not word.literal or word.text.startswith((".", "/")) or "$" in word.text:
            continue
        try:
            asked = read_requirement(word.text, origin, root=root, folder=root)
        except ValueError:
            continue
        if not asked.url and not asked.path and canonicalize_name(asked.name) not in _INSTALLERS:
            yield replace(asked, alone=install.option("--no-deps") is not None)
