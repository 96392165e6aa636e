"""Every option of a request, declared once: flag, variable and key in pyproject.toml follow.

Plain words and nothing else, so that ``--help`` needs no more; ``scaffold.config.request`` knows
how each kind is parsed and spelt.
"""

from dataclasses import dataclass, replace
from typing import Literal

OBJECTIVES = ("size", "balanced", "compatible")
COMPILE = ("never", "minutes", "hours")
TRIM = ("none", "safe", "max")
AROUND = ("compose", "bake", "ci", "devcontainer", "systemd", "balena", "gitattributes")
BYTECODE = ("none", "beside", "only")
TRACED = ("safe", "tight", "none")
ACCELERATORS = ("auto", "none", "cuda", "edgetpu", "hailo", "rknn")
NEAR = 0.65  # how much two words have in common, of 1, to suggest one for the other

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
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One option.

    ``name`` is its key, as in ``max-size``. ``field`` is the attribute of Request that it fills,
    or of its Options if it begins with ``options.``; the attribute's default is the option's.
    ``section`` is the heading in ``--help``. ``beside`` says that paths are relative to the working
    directory on a command line, and to the project in its pyproject.toml; other paths are always
    relative to the project. ``completes`` names what a shell offers for it. ``-h`` shows what
    is ``frequent``, ``--help`` everything.
    """

    name: str
    field: str
    kind: Kind | SpeltKind
    help: str
    section: str = ""
    metavar: str = ""
    short: str = ""
    frequent: bool = False
    repeatable: bool = False
    choices: tuple[str, ...] = ()
    beside: bool = False
    completes: Literal["", "arch", "device", "base", "python", "file", "folder"] = ""

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


def _below(section: str, *settings: Setting) -> tuple[Setting, ...]:
    """Return settings that stand below a heading in ``--help``."""
    return tuple(replace(one, section=section) for one in settings)


SETTINGS = (
    *_below(
        "Target",
        Setting(
            name="target",
            frequent=True,
            field="targets",
            kind="targets",
            repeatable=True,
            metavar="ARCH",
            completes="arch",
            help="amd64, arm64, arm/v7, arm/v6, 386, ppc64le, s390x or riscv64, in any spelling; "
            "or a device's name; repeatable.",
        ),
        Setting(
            name="device",
            frequent=True,
            field="device",
            kind="text",
            metavar="NAME",
            completes="device",
            help="A device's profile (see `leanscaffold devices`); the other options override it.",
        ),
        Setting(
            name="accelerator",
            field="accelerator",
            kind="choice",
            choices=ACCELERATORS,
            help="What computes beside the processor: none, or what the device has in addition to "
            "its profile.  [default: auto, the device's]",
        ),
        Setting(
            name="max-size",
            frequent=True,
            field="max_size",
            kind="size",
            metavar="SIZE",
            help="Most bytes on disk: 500MB (500M is the same), 1.5GiB.",
        ),
        Setting(
            name="max-download",
            field="max_download",
            kind="size",
            metavar="SIZE",
            help="Most bytes to pull.",
        ),
        Setting(
            name="memory",
            field="memory",
            kind="memory",
            metavar="SIZE",
            help="The device's memory.",
        ),
        Setting(
            name="storage",
            field="storage",
            kind="size",
            metavar="SIZE",
            help="The device's room for images: an update needs it for the old one and the new.  "
            "[default: all of the device's storage]",
        ),
        Setting(
            name="remove-old",
            field="remove_old",
            kind="switch",
            help="The old image is removed before the new one is pulled.",
        ),
    ),
    *_below(
        "Project",
        Setting(
            name="requirement",
            frequent=True,
            field="requirements",
            kind="path",
            short="-r",
            repeatable=True,
            metavar="FILE",
            completes="file",
            help="Requirements file, relative to PATH; repeatable.",
        ),
        Setting(
            name="extra",
            field="extras",
            kind="name",
            repeatable=True,
            metavar="NAME",
            help="Optional dependencies.",
        ),
        Setting(
            name="group",
            field="groups",
            kind="name",
            repeatable=True,
            metavar="NAME",
            help="Dependency group.",
        ),
        Setting(
            name="package",
            field="package",
            kind="text",
            metavar="NAME",
            help="The member of a workspace, or the project below PATH, that is the application.",
        ),
        Setting(
            name="allow-empty",
            field="allow_empty",
            kind="switch",
            help="Plan without packages where nothing says what to install.",
        ),
        Setting(
            name="swap",
            field="options.swaps",
            kind="swap",
            repeatable=True,
            metavar="A=B",
            help="Install B where the project asks for A; repeatable.",
        ),
        Setting(
            name="apply-swaps",
            field="options.apply_swaps",
            kind="switch",
            help="Take every swap that keeps the behaviour.",
        ),
    ),
    *_below(
        "Choice",
        Setting(
            name="python",
            frequent=True,
            field="options.python",
            kind="python",
            metavar="MINOR",
            completes="python",
            help="Python version, such as 3.12.",
        ),
        Setting(
            name="base",
            frequent=True,
            field="options.base",
            kind="text",
            metavar="ID|FAMILY",
            completes="base",
            help="Only this base image or family.",
        ),
        Setting(
            name="objective",
            field="options.objective",
            kind="choice",
            choices=OBJECTIVES,
            help="What to prefer.  [default: size]",
        ),
        Setting(
            name="require-shell",
            field="options.require_shell",
            kind="switch",
            help="Only base images with a shell.",
        ),
        Setting(
            name="allow-compile",
            field="options.allow_compile",
            kind="choice",
            choices=COMPILE,
            help="How long a build may compile on the device's CPU.  [default: minutes]",
        ),
        Setting(
            name="bytecode",
            field="options.bytecode",
            kind="choice",
            choices=BYTECODE,
            help="Compiled bytecode: none, beside the sources, or instead of them where proven.  "
            "[default: only]",
        ),
        Setting(
            name="trim",
            field="options.trim",
            kind="choice",
            choices=TRIM,
            help="What is left out of packages: nothing, what no running app reads, or also "
            "examples and languages that the sources do not name.  [default: safe]",
        ),
        Setting(
            name="traced",
            field="options.traced",
            kind="choice",
            choices=TRACED,
            help="What a committed trace (leanscaffold trace) leaves out: what no run opened and "
            "nothing kept may need; all that no run opened; nothing.  [default: safe]",
        ),
        Setting(
            name="compression",
            field="options.compression",
            kind="compression",
            metavar="gzip|zstd[:LEVEL]",
            help="Of the layers that `build --push` and `build --to` write; zstd needs an engine "
            "that reads it.  [default: gzip; `deploy` asks the device's engine]",
        ),
    ),
    *_below(
        "Application",
        Setting(
            name="with",
            field="options.programs",
            kind="program",
            repeatable=True,
            metavar="PROGRAM",
            help="A program that the app starts, such as ffmpeg, from the base's distribution, "
            "with the libraries that it needs; repeatable.",
        ),
        Setting(
            name="provided",
            field="options.provided",
            kind="program",
            repeatable=True,
            metavar="NAME",
            help="A module, program or library that nothing in the plan brings and the container "
            "has all the same, mounted for instance; repeatable.",
        ),
        Setting(
            name="debug-shell",
            field="options.debug_shell",
            kind="switch",
            help="A static busybox in an image without a shell: /bin/busybox, and /bin/sh.",
        ),
        Setting(
            name="cmd",
            frequent=True,
            field="options.command",
            kind="command",
            metavar="COMMAND",
            help="How the application starts.",
        ),
        Setting(
            name="port",
            field="options.port",
            kind="port",
            metavar="PORT",
            help="The port it listens on.",
        ),
        Setting(
            name="health",
            field="options.health",
            kind="health",
            metavar="PATH",
            help="The path that answers while it is well.",
        ),
        Setting(
            name="health-cmd",
            field="options.health_command",
            kind="command",
            metavar="COMMAND",
            help="Exits with 0 in the container while the application is well.",
        ),
        Setting(
            name="also",
            field="options.also",
            kind="choice",
            repeatable=True,
            choices=AROUND,
            help="Write what goes around the Dockerfile, too; repeatable, or with commas.",
        ),
        Setting(
            name="output",
            field="options.dockerfile",
            kind="dockerfile",
            metavar="FILE|DIR",
            completes="file",
            help="Write this Dockerfile, or the one in this folder, beside one of your own: "
            "--output Dockerfile.lean.  [default: Dockerfile]",
        ),
        Setting(
            name="leave",
            field="leave",
            kind="output",
            repeatable=True,
            metavar="FILE",
            completes="file",
            help="Leave this file as it is, and write the others: --leave Dockerfile; repeatable.",
        ),
    ),
    *_below(
        INDEX,
        Setting(
            name="index-url",
            field="index_url",
            kind="url",
            metavar="URL",
            help="Package index instead of the configured one.",
        ),
        Setting(
            name="extra-index-url",
            field="extra_index_urls",
            kind="url",
            repeatable=True,
            metavar="URL",
            help="One more index.",
        ),
        Setting(
            name="ca",
            field="certificates",
            kind="path",
            beside=True,
            metavar="FILE",
            completes="file",
            help="Certificates (PEM) that the index needs, and a build.",
        ),
        Setting(
            name="registry",
            field="options.registries",
            kind="registry",
            repeatable=True,
            metavar="NAME=PREFIX",
            help="Where base images come from.",
        ),
        Setting(
            name="knowledge",
            field="knowledge",
            kind="path",
            repeatable=True,
            beside=True,
            metavar="DIR",
            completes="folder",
            help="Your own facts, on top of ours.",
        ),
        Setting(
            name="offline",
            frequent=True,
            field="options.offline",
            kind="switch",
            help="Only the lock, the cache and the bundled knowledge.",
        ),
    ),
)

BY_NAME = {setting.name: setting for setting in SETTINGS}
