"""Every option of a request, declared once: flag, variable and key in pyproject.toml follow.

Plain words and nothing else, so that ``--help`` needs no more; ``scaffold.config`` knows how each
kind is parsed and spelt.
"""

from scaffold.choices import BYTECODE, COMPILE, OBJECTIVES, TRACED, TRIM
from scaffold.setting import Setting

TABLE = ("tool", "leanscaffold")

_TARGET = "Target"
_PROJECT = "Project"
_CHOICE = "Choice"
_APP = "Application"
INDEX = "Index and knowledge"

SETTINGS: tuple[Setting, ...] = (
    Setting(
        name="target",
        field="targets",
        section=_TARGET,
        kind="targets",
        repeatable=True,
        metavar="ARCH",
        completes="arch",
        help="amd64, arm64, arm/v7, arm/v6, 386, ppc64le, s390x or riscv64, in any spelling; "
        "repeatable.",
    ),
    Setting(
        name="device",
        field="device",
        section=_TARGET,
        kind="text",
        metavar="NAME",
        completes="device",
        help="A device's profile (see `leanscaffold devices`); the other options override it.",
    ),
    Setting(
        name="max-size",
        field="max_size",
        section=_TARGET,
        kind="size",
        metavar="SIZE",
        help="Most bytes on disk: 500MB, 1.5GiB.",
    ),
    Setting(
        name="max-download",
        field="max_download",
        section=_TARGET,
        kind="size",
        metavar="SIZE",
        help="Most bytes to pull.",
    ),
    Setting(
        name="memory",
        field="memory",
        section=_TARGET,
        kind="size",
        metavar="SIZE",
        help="The device's memory.",
    ),
    Setting(
        name="storage",
        field="storage",
        section=_TARGET,
        kind="size",
        metavar="SIZE",
        help="The device's room for images: an update needs it for the old one and the new.  "
        "[default: all of the device's storage]",
    ),
    Setting(
        name="remove-old",
        field="remove_old",
        section=_TARGET,
        kind="switch",
        help="The old image is removed before the new one is pulled.",
    ),
    Setting(
        name="requirement",
        field="requirements",
        section=_PROJECT,
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
        section=_PROJECT,
        kind="name",
        repeatable=True,
        metavar="NAME",
        help="Optional dependencies.",
    ),
    Setting(
        name="group",
        field="groups",
        section=_PROJECT,
        kind="name",
        repeatable=True,
        metavar="NAME",
        help="Dependency group.",
    ),
    Setting(
        name="swap",
        field="options.swaps",
        section=_PROJECT,
        kind="swap",
        repeatable=True,
        metavar="A=B",
        help="Install B where the project asks for A; repeatable.",
    ),
    Setting(
        name="apply-swaps",
        field="options.apply_swaps",
        section=_PROJECT,
        kind="switch",
        help="Take every swap that keeps the behaviour.",
    ),
    Setting(
        name="python",
        field="options.python",
        section=_CHOICE,
        kind="python",
        metavar="MINOR",
        completes="python",
        help="Python version, such as 3.12.",
    ),
    Setting(
        name="base",
        field="options.base",
        section=_CHOICE,
        kind="text",
        metavar="ID|FAMILY",
        completes="base",
        help="Only this base image or family.",
    ),
    Setting(
        name="objective",
        field="options.objective",
        section=_CHOICE,
        kind="choice",
        choices=OBJECTIVES,
        help="What to prefer.  [default: size]",
    ),
    Setting(
        name="require-shell",
        field="options.require_shell",
        section=_CHOICE,
        kind="switch",
        help="Only base images with a shell.",
    ),
    Setting(
        name="allow-compile",
        field="options.allow_compile",
        section=_CHOICE,
        kind="choice",
        choices=COMPILE,
        help="How long a build may compile on the device's CPU.  [default: minutes]",
    ),
    Setting(
        name="bytecode",
        field="options.bytecode",
        section=_CHOICE,
        kind="choice",
        choices=BYTECODE,
        help="Compiled bytecode: none, beside the sources, or instead of them where proven.  "
        "[default: only]",
    ),
    Setting(
        name="trim",
        field="options.trim",
        section=_CHOICE,
        kind="choice",
        choices=TRIM,
        help="What is left out of packages: nothing, what no running app reads, or also examples "
        "and languages that the sources do not name.  [default: safe]",
    ),
    Setting(
        name="traced",
        field="options.traced",
        section=_CHOICE,
        kind="choice",
        choices=TRACED,
        help="What a committed trace (leanscaffold trace) leaves out: what no run opened and "
        "nothing kept may need; all that no run opened; nothing.  [default: safe]",
    ),
    Setting(
        name="with",
        field="options.programs",
        section=_APP,
        kind="program",
        repeatable=True,
        metavar="PROGRAM",
        help="A program that the app starts, such as ffmpeg, from the base's distribution, with "
        "the libraries that it needs; repeatable.",
    ),
    Setting(
        name="debug-shell",
        field="options.debug_shell",
        section=_APP,
        kind="switch",
        help="A static busybox in an image without a shell: /bin/busybox, and /bin/sh.",
    ),
    Setting(
        name="cmd",
        field="options.command",
        section=_APP,
        kind="command",
        metavar="COMMAND",
        help="How the application starts.",
    ),
    Setting(
        name="port",
        field="options.port",
        section=_APP,
        kind="port",
        metavar="PORT",
        help="The port it listens on.",
    ),
    Setting(
        name="health",
        field="options.health",
        section=_APP,
        kind="health",
        metavar="PATH",
        help="The path that answers while it is well.",
    ),
    Setting(
        name="index-url",
        field="index_url",
        section=INDEX,
        kind="url",
        metavar="URL",
        help="Package index instead of the configured one.",
    ),
    Setting(
        name="extra-index-url",
        field="extra_index_urls",
        section=INDEX,
        kind="url",
        repeatable=True,
        metavar="URL",
        help="One more index.",
    ),
    Setting(
        name="ca",
        field="certificates",
        section=INDEX,
        kind="path",
        beside=True,
        metavar="FILE",
        completes="file",
        help="Certificates (PEM) that the index needs, and a build.",
    ),
    Setting(
        name="registry",
        field="options.registries",
        section=INDEX,
        kind="registry",
        repeatable=True,
        metavar="NAME=PREFIX",
        help="Where base images come from.",
    ),
    Setting(
        name="knowledge",
        field="knowledge",
        section=INDEX,
        kind="path",
        repeatable=True,
        beside=True,
        metavar="DIR",
        completes="folder",
        help="Your own facts, on top of ours.",
    ),
    Setting(
        name="offline",
        field="options.offline",
        section=INDEX,
        kind="switch",
        help="Only the lock, the cache and the bundled knowledge.",
    ),
)

BY_NAME = {setting.name: setting for setting in SETTINGS}
