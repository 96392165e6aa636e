"""What was read from a project folder; every value knows where it came from."""

import shlex
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from scaffold.model.errors import Detail
from scaffold.model.index import DistFile
from scaffold.model.run import Trace

T = TypeVar("T")

PROJECT_FILES = "project:"  # as an index: the wheels and sdists that lie in the project


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a value was found: a file relative to the project, a line (from 1), or an option."""

    file: str
    line: int | None = None
    detail: str = ""

    def __str__(self) -> str:
        """Return ``requirements.txt:3`` with the detail, if any, in brackets."""
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where} ({self.detail})" if self.detail else where

    def problem(self, text: str) -> Detail:
        """Return what is wrong there."""
        return Detail(text=text, file=self.file, line=self.line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found(Generic[T]):
    """A value with its origin."""

    value: T
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One requirement (or constraint) as somebody wrote it.

    ``name`` is normalised (PEP 503). ``specifier`` and ``marker`` are PEP 508 text, empty for none.
    ``url`` is a direct reference; ``path`` a local project, relative to the project's folder.
    ``written_url`` is the reference as it stands in the file, where variables (``${TOKEN}``) were
    filled in to get ``url``; empty otherwise. ``text`` is for people: without passwords. ``index``
    is the one index that the name may come from, whoever asks for it: an address, or
    ``PROJECT_FILES``; empty for the configured ones.
    ``build_from`` is the repository at a commit that the image's build makes it from, as pip
    spells it, and ``build_tools`` what compiles its code. What has one, or a path, is on no index.
    ``config_settings`` (KEY=VALUE) go to the backend that builds its sdist; what is asked for
    ``alone`` brings no dependencies (``--no-deps``).
    """

    name: str
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    url: str = ""
    path: str = ""
    editable: bool = False
    index: str = ""
    hashes: tuple[str, ...] = ()
    config_settings: tuple[str, ...] = ()
    alone: bool = False
    written_url: str = ""
    build_from: str = ""
    build_tools: tuple[str, ...] = ()
    text: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedFile:
    """A distribution file that a lock names. ``size`` in bytes, None where the lock has none."""

    filename: str
    url: str = ""
    sha256: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPackage:
    """One package of a lock file.

    ``requires`` holds its dependencies as PEP 508 text; None where the lock does not tell.
    ``hashes`` are ``sha256:…`` strings for locks that name no files. ``index`` is the address of
    the index that it was locked from; empty for the usual one of the lock's tool.
    """

    name: str
    version: str
    marker: str = ""
    files: tuple[LockedFile, ...] = ()
    hashes: tuple[str, ...] = ()
    requires: tuple[str, ...] | None = None
    extra_requires: tuple[tuple[str, tuple[str, ...]], ...] = ()
    url: str = ""
    path: str = ""
    index: str = ""
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What a lock file pins; its versions are what gets installed."""

    file: str
    kind: str
    packages: tuple[LockedPackage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexOptions:
    """Index settings found in requirement or lock files.

    ``written`` pairs addresses in which variables (``${TOKEN}``) were filled in with what stands in
    the file: the former may hold secrets, the latter may be shown. ``bound_urls`` are indexes that
    only packages which name them come from. ``first_match`` says that the first index which has a
    name is the only one asked for it, extra ones before the default (uv's own strategy).
    """

    index_url: str = ""
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    pre: bool = False
    only_binary: tuple[str, ...] = ()
    no_binary: tuple[str, ...] = ()
    restricted_at: tuple[tuple[str, str], ...] = ()  # --only-binary=NAME → file and line
    written: tuple[tuple[str, str], ...] = ()
    bound_urls: tuple[str, ...] = ()
    first_match: bool = False
    silent_urls: tuple[str, ...] = ()  # vendors' indexes that do not answer, so are not asked
    vendor_urls: tuple[tuple[str, str], ...] = ()  # name → the only index that it comes from
    without: tuple[str, ...] = ()  # patterns of packages that must not be needed
    omitted: tuple[tuple[str, str], ...] = ()  # name → pattern of what it requires in vain


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFile:
    """A wheel or sdist that lies in the project; ``path`` is relative to its folder."""

    name: str
    path: str
    file: DistFile


class When(StrEnum):
    """How certain it is that the application does something.

    ``start``: whenever it starts. ``call``: in a function of code that the start leads to.
    ``maybe``: it gets along without, for it asks first, or handles that it is missing.
    """

    START = "start"
    CALL = "call"
    MAYBE = "maybe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Something the project's own source does that limits the base or a swap.

    Codes: ``runs-program`` (``value`` is the program, empty if not a literal), ``starts-server``
    (``value`` is a server's module), ``finds-library`` (``value`` is the library), ``opens-font``
    (a path, or the name of a file), ``shows-window`` (OpenCV's
    windows), ``imports`` (a module), ``imports-inner`` (one right below a package,
    ``a.b``), ``needs-shell`` (something is started through
    ``sh``), ``opens-device`` (``value`` is the device file), ``speaks-language`` (a text that names
    a language or locale), ``handles-signals`` (a handler for SIGTERM is set),
    ``ignores-sigterm`` (the program that starts has none), ``opens-database``
    (``dbm`` or ``shelve`` is imported), ``names-library`` (a text with ``.so``), ``takes`` (a
    dotted name of an imported package, called or not), ``installs-packages`` (``value`` is pip or
    uv), ``calls`` (a function of an installed package, or what of ``os`` and ``socket`` takes
    rights: ``value`` is its dotted name, followed by a blank and its first argument if that is
    known), ``calls-own`` (the same, where that is a file of the project, without it),
    ``names-backend`` (a text that has a package load a driver: ``url`` and a scheme, or ``backend``
    and a dotted name), ``writes-file`` (``value`` is a path, relative
    to the project's root or absolute), ``sets-locale`` (``value`` is the locale),
    ``asks-device`` (a call names one device to compute on: ``value`` is it, such as ``cuda``, or
    ``package:0``),
    ``names-model`` (``value`` is the path of a model file that the project does not have),
    ``unparsable`` (a file that is not Python; ``value`` is the parser's message).
    """

    code: str
    value: str
    origin: Origin
    when: When = When.CALL


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How the application starts. ``command`` is an argument list; framework is its kind.

    ``folder``, relative to the project, is where it runs: relative paths are looked up there.
    ``environment`` are variables that the command needs to be reached from outside. ``prepares``
    are commands that make files of the application in the build, with ``prepares_with`` as
    variables of theirs alone. ``lacks`` says which arguments it does not start without.
    """

    framework: str
    command: tuple[str, ...]
    folder: str = "."
    environment: tuple[tuple[str, str], ...] = ()
    prepares: tuple[tuple[str, ...], ...] = ()
    prepares_with: tuple[tuple[str, str], ...] = ()
    lacks: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """Return the command with its variables, as a shell takes it."""
        given = (f"{name}={shlex.quote(value)}" for name, value in self.environment)
        return " ".join((*given, shlex.join(self.command)))


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPackage:
    """A package whose sources lie in the project: it is built and installed with the application.

    ``path`` is its folder (``.`` for the project itself), ``root`` the one whose modules it
    installs, both relative to the project. ``requires`` is what its build asks for, as PEP 508
    text, ``tools`` what compiles its own code, empty for a pure package. ``versioned`` says that
    its version comes from version control; ``problem`` why its backend is known to refuse.
    ``reads`` are files that its build reads and that the project's own ignore file leaves out.
    """

    path: str
    name: str
    backend: str
    requires: tuple[str, ...]
    root: str
    tools: tuple[str, ...] = ()
    versioned: bool = False
    problem: str = ""
    reads: tuple[str, ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class HeavyFile:
    """A model or other data of the application, with a layer below the sources; bytes."""

    path: str
    size: int
    compressed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeFiles:
    """What a stage makes for the application: a file or folder there, and where it goes.

    ``target`` is relative to the application's folder, or absolute; a file goes ``inside`` of it,
    where that is a folder.
    """

    stage: str
    source: str
    target: str
    inside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontEnd:
    """Stages of the project's own Dockerfile that make files of the application with Node.js.

    ``lines`` are the stages as they are written there, their names apart; ``arguments`` the lines
    of ARG that stand before all stages.
    """

    origin: Origin
    arguments: tuple[str, ...]
    lines: tuple[str, ...]
    made: tuple[MadeFiles, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnImage:
    """What the project's own Dockerfile starts from, and the words and addresses of its steps.

    ``origin`` is the FROM that it starts at. ``installs`` are the distribution's packages in it
    that neither the build nor a person uses.
    """

    image: str
    origin: Origin
    words: frozenset[str] = frozenset()
    urls: frozenset[str] = frozenset()
    installs: tuple[Found[str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project as read. ``pythons`` are specifier sets that all have to hold (``>=3.11``).

    ``app_bytes`` is what the application's own files weigh in the image, in bytes, and
    ``app_waste`` what the blocks of a file system and folders add to that, ``app_sources`` the
    Python sources among them, ``app_modules`` how many these are, ``app_served`` what lies below
    folders named static; ``models`` are its heavy files, relative to ``folder``;
    ``source_paths`` are folders, relative to the project, that hold importable code
    (``.``, ``src``). ``files`` are the project's requirement and lock files, relative, and
    ``environments`` its virtual environments under names that nobody could guess. ``trace`` is what
    ``leanscaffold trace`` left there. ``distributions`` are wheels and sdists to install from.
    ``listed`` says that a file lists what to install, be it nothing; ``elsewhere`` are files in
    subfolders that list something. ``folder`` is where the application lies in what the build
    sees: paths that the build reads are relative to the latter, those of the app to the former.
    ``private`` are lists with a password in an address: only the
    build may see them; ``opened`` are files named as secrets that the sources open.
    ``offered`` are options for its extras and groups, with the normalised names that each adds;
    ``told_extras`` (``package[extra]``) are what its README says to install.
    ``packages`` are the project itself, where it is a package, and the packages in it that it
    asks for. ``own_image`` is what its people run it in, ``front_end`` the stages of theirs that
    are kept, and ``volumes`` the
    folders that it gets there, absolute or relative to ``folder``. ``ignore`` are the patterns of
    the user's own ignore file ``ignore_source``, and ``ignore_file`` is the name of the one that
    has them and ours. ``composed`` is the user's compose file that docker would pass over for a
    ``compose.yaml``.
    """

    name: Found[str]
    asked: tuple[Asked, ...] = ()
    constraints: tuple[Asked, ...] = ()
    lock: Lock | None = None
    pythons: tuple[Found[str], ...] = ()
    start: Found[Start] | None = None
    port: Found[int] | None = None
    health: Found[str] | None = None
    index: IndexOptions = field(default_factory=IndexOptions)
    uses: tuple[Use, ...] = ()
    source_paths: tuple[str, ...] = (".",)
    app_bytes: int = 0
    app_waste: int = 0
    app_sources: int = 0
    app_modules: int = 0
    app_served: int = 0
    offered: tuple[tuple[str, frozenset[str]], ...] = ()
    told_extras: tuple[Found[str], ...] = ()
    models: tuple[HeavyFile, ...] = ()
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unfetched: tuple[str, ...] = ()  # what the checkout left out, each with what to do
    left_steps: tuple[str, ...] = ()  # of the own Dockerfile, each with where and what to do
    warnings: tuple[str, ...] = ()  # secrets that get into the image
    environments: tuple[str, ...] = ()
    trace: Trace | None = None
    distributions: tuple[ProjectFile, ...] = ()
    listed: bool = True
    elsewhere: tuple[str, ...] = ()
    folder: str = "."
    private: tuple[str, ...] = ()
    opened: tuple[Found[str], ...] = ()
    packages: tuple[OwnPackage, ...] = ()
    ignore_file: str = ".dockerignore"
    ignore: tuple[str, ...] = ()
    ignore_source: str = ""
    composed: str = ""
    own_image: OwnImage | None = None
    front_end: FrontEnd | None = None
    volumes: tuple[str, ...] = ()
