"""What the templates see: values, each spelled by one line of a template."""

from dataclasses import dataclass

from scaffold.model.options import FetchedModel
from scaffold.model.plan import HealthCheck
from scaffold.model.project import FrontEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPackage:
    """A package file of the project: what COPY takes, where to, and what pip is told to build."""

    source: str
    folder: str
    argument: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildStage:
    """One target's build stage; ``native`` ones run on the target's platform, ``why`` says why.

    ``pure`` are sdists built without a compiler on the machine that builds; ``wheels`` tells
    whether there is anything else to install there.

    ``explained`` marks the first: what stages have in common is explained once. ``files`` pairs
    wheels and sdists of the project with where pip finds them.
    """

    explained: bool
    name: str
    platform: str
    lock: str
    native: bool
    why: tuple[str, ...]
    sdists: tuple[str, ...]
    pure: tuple[str, ...]
    wheels: bool
    system: tuple[str, ...]
    local: tuple[LocalPackage, ...]
    files: tuple[tuple[str, str], ...]
    repositories: tuple[str, ...]
    ssh: bool
    selection: tuple[tuple[str, str], ...]

    @property
    def pure_names(self) -> str:
        """Return the regular expression of the lines in a lock that pin the pure sdists."""
        return f"^({'|'.join(self.pure)})(==| @ )"

    @property
    def pure_lines(self) -> str:
        """Return the same, with the lines that are options."""
        return f"^--|{self.pure_names}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseStage:
    """The base for one target, or all, with the system packages added; ``why`` says what for."""

    name: str
    system: tuple[str, ...]
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnBuild:
    """A package of the project: the folder that pip builds, and where in the image it goes."""

    number: int
    folder: str
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateContext:
    """Everything the templates print or branch on, in their own words.

    ``manager`` is the base's package manager, ``apt`` or ``apk``; ``owner`` is ``uid:gid``.
    ``foreign`` says that its interpreter lies elsewhere than where packages are installed.
    ``root_dropped`` are globs of what a base that stays whole loses: pip, and files of its own
    packages that the lock brings in its own version. ``accounts`` pairs files with lines to add,
    ``root_touched`` are the paths that change with that.
    ``app_left_out`` files that only the build needs, ``written`` folders that the application
    writes into, ``volumes`` those of them that are declared as such, ``models`` heavy ones with a
    layer of their own; ``moment`` is the time that files get, in seconds of Unix time. ``folder``
    is where the application lies, ``.`` for all that there is.
    ``traced`` says what a trace leaves out, empty without one. ``own`` are the project's packages,
    built with what stands in ``build_lock``; ``compilers`` are for those with code of their own.
    """

    header: tuple[str, ...]
    several: bool
    builds: tuple[BuildStage, ...]
    bases: tuple[BaseStage, ...]
    manager: str
    python: str
    reference: str
    builder: str
    assembled: bool
    foreign: bool
    interpreter: str
    site_packages: str
    stdlib: str
    root_dropped: tuple[str, ...]
    accounts: tuple[tuple[str, str], ...]
    root_touched: tuple[str, ...]
    cut: bool
    assembly: tuple[str, ...]
    layers: tuple[str, ...]
    pip_wheels: tuple[str, ...]
    compile: tuple[str, ...]
    app_compiled: bool
    app_left_out: tuple[str, ...]
    written: tuple[str, ...]
    volumes: tuple[str, ...]
    models: tuple[str, ...]
    fetched: tuple[FetchedModel, ...]
    folder: str
    front_end: FrontEnd | None
    own: tuple[OwnBuild, ...]
    build_lock: str
    build_pinned: bool
    versioned: bool
    compilers: tuple[str, ...]
    moment: int
    traced: tuple[str, ...]
    uid: int
    owner: str
    home: str
    workdir: str
    starts_in: str
    environment: tuple[tuple[str, str], ...]
    labels: tuple[tuple[str, str], ...]
    port: int | None
    health: HealthCheck | None
    probe: tuple[str, ...]
    stop_signal: str
    command: tuple[str, ...]
    prepares: tuple[tuple[str, ...], ...]
    prepares_with: tuple[tuple[str, str], ...]
    port_why: tuple[str, ...]
    health_why: tuple[str, ...]
    start_why: tuple[str, ...]
