"""Every option of a request, declared once: flag, variable, key, keyword and schema follow.

A field of ``Request`` or of its ``Options`` is the declaration. Plain words and nothing else, so
that ``--help`` needs no more; ``scaffold.config`` knows how each kind is parsed and spelt.
"""

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from functools import partial
from typing import Any, Literal

from scaffold.model.errors import Detail
from scaffold.model.target import Arch

DOCKERFILE = "Dockerfile"
OBJECTIVES = ("size", "balanced", "compatible")
COMPILE = ("never", "minutes", "hours")
TRIM = ("none", "safe", "max")
AROUND = ("compose", "bake", "ci", "devcontainer", "systemd", "balena", "gitattributes")
BYTECODE = ("none", "beside", "only")
TRACED = ("safe", "tight", "none")
ACCELERATORS = ("auto", "none", "cuda", "edgetpu", "hailo", "rknn")

PREFIX = "LEANSCAFFOLD_"

Kind = Literal["targets", "size", "memory", "text", "name", "path", "choice", "switch"]
SpeltKind = Literal[
    "python",
    "command",
    "port",
    "health",
    "swap",
    "url",
    "registry",
    "program",
    "output",
    "dockerfile",
    "compression",
    "model",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One option.

    ``name`` is its key, as in ``max-size``. ``field`` is the attribute of Request that it fills,
    or of its Options if it begins with ``options.``; the attribute's default is the option's.
    ``section`` is the heading in ``--help``. ``beside`` says that paths are relative to the working
    directory on a command line, and to the project in its pyproject.toml; other paths are always
    relative to the project. ``completes`` names what a shell offers for it, ``sample`` is a value
    for the documentation where that of its kind says too little. ``-h`` shows what is ``frequent``,
    ``--help`` everything.
    """

    name: str
    field: str
    kind: Kind | SpeltKind
    help: str
    section: str
    metavar: str = ""
    short: str = ""
    frequent: bool = False
    repeatable: bool = False
    choices: tuple[str, ...] = ()
    beside: bool = False
    completes: Literal["", "arch", "device", "base", "python", "file", "folder"] = ""
    sample: str | tuple[str, ...] = ""

    @property
    def flag(self) -> str:
        """Return ``--max-size``."""
        return f"--{self.name}"

    @property
    def variable(self) -> str:
        """Return ``LEANSCAFFOLD_MAX_SIZE``."""
        return PREFIX + self.parameter.upper()

    @property
    def parameter(self) -> str:
        """Return ``max_size``, the name of a parameter of Python's."""
        return self.name.replace("-", "_")


PROGRAM = "leanscaffold"
TABLE = ("tool", PROGRAM)
INDEX = "Index and knowledge"
_SECTIONS = ("Target", "Project", "Choice", "Application", "Files", INDEX)


def _option(section: str, kind: Kind | SpeltKind, default: Any = "", **declared: Any) -> Any:
    """Return a dataclass's field that is an option; several values where its default is ()."""
    default = False if kind == "switch" else default
    metavar = "SIZE" if kind in {"size", "memory"} else ""
    repeatable = default == () and kind != "command"
    about = {"kind": kind, "metavar": metavar, "repeatable": repeatable, "section": section}
    return field(default=default, metadata={"option": {**about, **declared}})


_target, _project, _choice, _application, _files, _index = (
    partial(_option, section) for section in _SECTIONS
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedModel:
    """A file that the build fetches; ``path`` is in the application, ``size`` in bytes if known."""

    path: str
    url: str
    sha256: str
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the user chose, beyond the target. Empty strings and None mean: decide for me.

    ``command`` is an argument list; ``swaps`` pairs (from, to); ``registries`` maps a registry's
    name to its prefix.
    """

    swaps: tuple[tuple[str, str], ...] = _project(
        "swap", (), name="swap", metavar="A=B", help="Install B instead of A; repeatable."
    )
    apply_swaps: bool = _project("switch", help="Apply all swaps that keep the behaviour.")
    python: str = _choice(
        "python",
        frequent=True,
        metavar="MINOR",
        completes="python",
        help="Python version, such as 3.12.",
    )
    base: str = _choice(
        "text",
        frequent=True,
        metavar="ID|FAMILY",
        completes="base",
        sample="slim",
        help="Use only this base image or family.",
    )
    pin: bool = _choice(
        "switch",
        help="Name base images by digest, too, asked of their registries; Renovate and Dependabot "
        "renew both.",
    )
    objective: str = _choice(
        "choice", "size", choices=OBJECTIVES, help="What to optimize for.  [default: size]"
    )
    require_shell: bool = _choice("switch", help="Use only base images with a shell.")
    allow_compile: str = _choice(
        "choice",
        "minutes",
        choices=COMPILE,
        help="Allow compiling for at most this long, on the device's CPU.  [default: minutes]",
    )
    bytecode: str = _choice(
        "choice",
        "only",
        choices=BYTECODE,
        help="Compiled bytecode: none, next to the sources, or instead of them if safe.  "
        "[default: only]",
    )
    trim: str = _choice(
        "choice",
        "safe",
        choices=TRIM,
        help="What to leave out of packages: nothing, files that a running app does not read, or "
        "also "
        "examples and languages that the sources do not use.  [default: safe]",
    )
    traced: str = _choice(
        "choice",
        "safe",
        choices=TRACED,
        help="What to leave out based on a trace (see `leanscaffold trace`): files that were not "
        "opened "
        "and cannot be needed, all files that were not opened, or nothing.  [default: safe]",
    )
    compression: str = _choice(
        "compression",
        "gzip",
        metavar="gzip|zstd[:LEVEL]",
        sample="zstd:9",
        help="Compression of layers for `build --push` and `build --to`; zstd needs an engine that "
        "supports it.  [default: gzip; `deploy` asks the device's engine]",
    )
    programs: tuple[str, ...] = _application(
        "program",
        (),
        name="with",
        metavar="PROGRAM",
        sample=("ffmpeg",),
        help="Install a program that the app runs, such as ffmpeg, from the base's distribution; "
        "repeatable.",
    )
    provided: tuple[str, ...] = _application(
        "program",
        (),
        metavar="NAME",
        sample=("picamera2",),
        help="A module, program or library that is provided at run time, for instance by a mount; "
        "repeatable.",
    )
    fetched: tuple[FetchedModel, ...] = _application(
        "model",
        (),
        name="fetch-model",
        metavar="PATH=URL#sha256=HASH[&size=SIZE]",
        sample=(f"models/net.onnx=https://models.example/net.onnx#sha256={'0' * 64}&size=5MB",),
        help="Download a file into the application's folder during the build and check its hash; "
        "LEANSCAFFOLD_MODEL_TOKEN is sent as a bearer token; repeatable.",
    )
    debug_shell: bool = _application(
        "switch", help="Add a static busybox (/bin/busybox, /bin/sh) to an image without a shell."
    )
    command: tuple[str, ...] = _application(
        "command",
        (),
        name="cmd",
        frequent=True,
        metavar="COMMAND",
        sample="python -m app",
        help="Command that starts the application.",
    )
    port: int | None = _application(
        "port", None, metavar="PORT", help="Port the application listens on."
    )
    health: str = _application("health", metavar="PATH", help="HTTP path of the health check.")
    health_command: tuple[str, ...] = _application(
        "command",
        (),
        name="health-cmd",
        metavar="COMMAND",
        sample="python -m app --check",
        help="Command of the health check; exits with 0 while the application is healthy.",
    )
    also: tuple[str, ...] = _files(
        "choice",
        (),
        choices=AROUND,
        help="Write these files as well; repeatable, or separated by commas.",
    )
    dockerfile: str = _files(
        "dockerfile",
        DOCKERFILE,
        name="output",
        metavar="FILE|DIR",
        completes="file",
        sample="Dockerfile.lean",
        help="Name of the Dockerfile, or a folder for it, to keep one of your own.  [default: "
        "Dockerfile]",
    )
    registries: tuple[tuple[str, str], ...] = _index(
        "registry",
        (),
        name="registry",
        metavar="NAME=PREFIX",
        help="Pull base images of registry NAME from PREFIX.",
    )
    offline: bool = _index(
        "switch",
        frequent=True,
        help="Use only the lock, the cache and the bundled knowledge; no network.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """All that one command line asks for. Sizes in bytes; empty and None mean: not asked.

    ``requirements``, ``knowledge`` and ``certificates`` are paths as the user wrote them; ``leave``
    are files in the project, with / between folders. ``places`` says, by the setting's name, where
    stands what no flag of this command line says; requests that ask the same are equal.
    """

    targets: tuple[Arch, ...] = _target(
        "targets",
        (),
        name="target",
        frequent=True,
        metavar="ARCH",
        completes="arch",
        help="amd64, arm64, arm/v7, arm/v6, 386, ppc64le, s390x or riscv64, or a device's name; "
        "repeatable.",
    )
    device: str = _target(
        "text",
        frequent=True,
        metavar="NAME",
        completes="device",
        sample="raspberry-pi-4",
        help="Use a device profile (see `leanscaffold devices`); other options override its "
        "values.",
    )
    accelerator: str = _target(
        "choice",
        "auto",
        choices=ACCELERATORS,
        help="Accelerator to use: none, or one that the device has in addition to its profile.  "
        "[default: auto, the device's]",
    )
    max_size: int | None = _target(
        "size", None, frequent=True, help="Maximum size on disk, such as 500MB or 1.5GiB."
    )
    max_download: int | None = _target("size", None, help="Maximum download size.")
    memory: int | None = _target("memory", None, help="Memory of the device.")
    storage: int | None = _target(
        "size",
        None,
        sample="16GB",
        help="Space for images on the device; an update needs it for the old and the new image.  "
        "[default: all of the device's storage]",
    )
    remove_old: bool = _target("switch", help="Remove the old image before pulling the new one.")
    requirements: tuple[str, ...] = _project(
        "path",
        (),
        name="requirement",
        frequent=True,
        short="-r",
        metavar="FILE",
        completes="file",
        sample=("requirements.txt",),
        help="Requirements file, relative to PATH; repeatable.",
    )
    extras: tuple[str, ...] = _project(
        "name",
        (),
        name="extra",
        metavar="NAME",
        sample=("server",),
        help="Include these optional dependencies; repeatable.",
    )
    groups: tuple[str, ...] = _project(
        "name",
        (),
        name="group",
        metavar="NAME",
        sample=("prod",),
        help="Include this dependency group; repeatable.",
    )
    package: str = _project(
        "text",
        metavar="NAME",
        sample="member",
        help="Workspace member, or project below PATH, that is the application.",
    )
    allow_empty: bool = _project(
        "switch", help="Plan without packages if no file says what to install."
    )
    leave: tuple[str, ...] = _files(
        "output",
        (),
        metavar="FILE",
        completes="file",
        sample=(".dockerignore",),
        help="Do not write this file: --leave Dockerfile; repeatable.",
    )
    index_url: str = _index(
        "url", metavar="URL", help="Package index to use instead of the configured one."
    )
    extra_index_urls: tuple[str, ...] = _index(
        "url",
        (),
        name="extra-index-url",
        metavar="URL",
        help="Additional package index; repeatable.",
    )
    certificates: str = _index(
        "path",
        name="ca",
        beside=True,
        metavar="FILE",
        completes="file",
        sample="company-ca.pem",
        help="Certificates (PEM) for the index and for builds.",
    )
    build_metadata: bool = _index(
        "switch",
        help="Build the metadata of sdists, and of the project, that do not declare their "
        "requirements. This runs their code on this computer, in a temporary folder.",
    )
    knowledge: tuple[str, ...] = _index(
        "path",
        (),
        beside=True,
        metavar="DIR",
        completes="folder",
        sample=("our-knowledge",),
        help="Folder with facts of your own, in addition to the bundled ones; repeatable.",
    )
    options: Options = field(default_factory=Options)
    places: Mapping[str, Detail] = field(default_factory=dict, compare=False)

    def place(self, name: str) -> tuple[Detail, ...]:
        """Return where a setting stands, for an error; nothing if a flag says it."""
        return (self.places[name],) if name in self.places else ()


def _settings(owner: type, prefix: str) -> list[Setting]:
    declared: list[Field[Any]] = [one for one in fields(owner) if "option" in one.metadata]
    return [
        Setting(
            field=f"{prefix}{one.name}",
            **{"name": one.name.replace("_", "-"), **one.metadata["option"]},
        )
        for one in declared
    ]


SETTINGS = tuple(
    sorted(
        (*_settings(Request, ""), *_settings(Options, "options.")),
        key=lambda one: _SECTIONS.index(one.section),
    )
)

BY_NAME = {setting.name: setting for setting in SETTINGS}
