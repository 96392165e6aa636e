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


TABLE = ("tool", "leanscaffold")
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
        "swap",
        (),
        name="swap",
        metavar="A=B",
        help="Install B where the project asks for A; repeatable.",
    )
    apply_swaps: bool = _project("switch", help="Make every swap that keeps the behaviour.")
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
        help="Only this base image or family.",
    )
    pin: bool = _choice(
        "switch",
        help="Name base images by digest, too, asked of their registries; Renovate and Dependabot "
        "renew both.",
    )
    objective: str = _choice(
        "choice", "size", choices=OBJECTIVES, help="What to prefer.  [default: size]"
    )
    require_shell: bool = _choice("switch", help="Only base images with a shell.")
    allow_compile: str = _choice(
        "choice",
        "minutes",
        choices=COMPILE,
        help="How long a build may compile on the device's CPU.  [default: minutes]",
    )
    bytecode: str = _choice(
        "choice",
        "only",
        choices=BYTECODE,
        help="Compiled bytecode: none, beside the sources, or instead of them where proven.  "
        "[default: only]",
    )
    trim: str = _choice(
        "choice",
        "safe",
        choices=TRIM,
        help="What is left out of packages: nothing, what no running app reads, or also "
        "examples and languages that the sources do not name.  [default: safe]",
    )
    traced: str = _choice(
        "choice",
        "safe",
        choices=TRACED,
        help="What a committed trace (leanscaffold trace) leaves out: what no run opened and "
        "nothing kept may need; all that no run opened; nothing.  [default: safe]",
    )
    compression: str = _choice(
        "compression",
        "gzip",
        metavar="gzip|zstd[:LEVEL]",
        sample="zstd:9",
        help="Of the layers that `build --push` and `build --to` write; zstd needs an engine that "
        "reads it.  [default: gzip; `deploy` asks the device's engine]",
    )
    programs: tuple[str, ...] = _application(
        "program",
        (),
        name="with",
        metavar="PROGRAM",
        sample=("ffmpeg",),
        help="A program that the app starts, such as ffmpeg, from the base's distribution, "
        "with the libraries that it needs; repeatable.",
    )
    provided: tuple[str, ...] = _application(
        "program",
        (),
        metavar="NAME",
        sample=("picamera2",),
        help="A module, program or library that nothing in the plan brings and the container "
        "has all the same, mounted for instance; repeatable.",
    )
    fetched: tuple[FetchedModel, ...] = _application(
        "model",
        (),
        name="fetch-model",
        metavar="PATH=URL#sha256=HASH[&size=SIZE]",
        sample=(f"models/net.onnx=https://models.example/net.onnx#sha256={'0' * 64}&size=5MB",),
        help="A file that the build fetches into the application's folder, checked against its "
        "hash, in a layer below the sources; LEANSCAFFOLD_MODEL_TOKEN is sent as a bearer token; "
        "repeatable.",
    )
    debug_shell: bool = _application(
        "switch", help="A static busybox in an image without a shell: /bin/busybox, and /bin/sh."
    )
    command: tuple[str, ...] = _application(
        "command",
        (),
        name="cmd",
        frequent=True,
        metavar="COMMAND",
        sample="python -m app",
        help="How the application starts.",
    )
    port: int | None = _application("port", None, metavar="PORT", help="The port it listens on.")
    health: str = _application(
        "health", metavar="PATH", help="The path that answers while it is well."
    )
    health_command: tuple[str, ...] = _application(
        "command",
        (),
        name="health-cmd",
        metavar="COMMAND",
        sample="python -m app --check",
        help="Exits with 0 in the container while the application is well.",
    )
    also: tuple[str, ...] = _files(
        "choice",
        (),
        choices=AROUND,
        help="Write what goes around the Dockerfile, too; repeatable, or with commas.",
    )
    dockerfile: str = _files(
        "dockerfile",
        DOCKERFILE,
        name="output",
        metavar="FILE|DIR",
        completes="file",
        sample="Dockerfile.lean",
        help="Write this Dockerfile, or the one in this folder, beside one of your own: "
        "--output Dockerfile.lean.  [default: Dockerfile]",
    )
    registries: tuple[tuple[str, str], ...] = _index(
        "registry", (), name="registry", metavar="NAME=PREFIX", help="Where base images come from."
    )
    offline: bool = _index(
        "switch", frequent=True, help="Use only the lock, the cache and the bundled knowledge."
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
        help="amd64, arm64, arm/v7, arm/v6, 386, ppc64le, s390x or riscv64, in any spelling; "
        "or a device's name; repeatable.",
    )
    device: str = _target(
        "text",
        frequent=True,
        metavar="NAME",
        completes="device",
        sample="raspberry-pi-4",
        help="A device's profile (see `leanscaffold devices`); the other options override it.",
    )
    accelerator: str = _target(
        "choice",
        "auto",
        choices=ACCELERATORS,
        help="What computes beside the processor: none, or what the device has in addition to "
        "its profile.  [default: auto, the device's]",
    )
    max_size: int | None = _target(
        "size", None, frequent=True, help="Maximum size on disk: 500MB (500M is the same), 1.5GiB."
    )
    max_download: int | None = _target("size", None, help="Maximum download size.")
    memory: int | None = _target("memory", None, help="The device's memory.")
    storage: int | None = _target(
        "size",
        None,
        sample="16GB",
        help="The device's room for images: an update needs it for the old one and the new.  "
        "[default: all of the device's storage]",
    )
    remove_old: bool = _target("switch", help="Remove the old image before the new one is pulled.")
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
        "name", (), name="extra", metavar="NAME", sample=("server",), help="Optional dependencies."
    )
    groups: tuple[str, ...] = _project(
        "name", (), name="group", metavar="NAME", sample=("prod",), help="Dependency group."
    )
    package: str = _project(
        "text",
        metavar="NAME",
        sample="member",
        help="The member of a workspace, or the project below PATH, that is the application.",
    )
    allow_empty: bool = _project(
        "switch", help="Plan without packages where nothing says what to install."
    )
    leave: tuple[str, ...] = _files(
        "output",
        (),
        metavar="FILE",
        completes="file",
        sample=(".dockerignore",),
        help="Leave this file as it is, and write the others: --leave Dockerfile; repeatable.",
    )
    index_url: str = _index(
        "url", metavar="URL", help="Package index instead of the configured one."
    )
    extra_index_urls: tuple[str, ...] = _index(
        "url", (), name="extra-index-url", metavar="URL", help="One more index."
    )
    certificates: str = _index(
        "path",
        name="ca",
        beside=True,
        metavar="FILE",
        completes="file",
        sample="company-ca.pem",
        help="Certificates (PEM) that the index needs, and a build.",
    )
    build_metadata: bool = _index(
        "switch",
        help="Build the metadata of an sdist that does not say what it requires. This runs its "
        "code on this computer, with its Python, in a folder that is thrown away.",
    )
    knowledge: tuple[str, ...] = _index(
        "path",
        (),
        beside=True,
        metavar="DIR",
        completes="folder",
        sample=("our-knowledge",),
        help="A folder of your own facts, on top of the bundled ones.",
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
