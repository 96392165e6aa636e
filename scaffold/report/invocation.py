"""How this run was called, so that the commands it shows can be copied from the terminal."""

import json
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import unquote

import click

from scaffold.model.knowledge import UPGRADE
from scaffold.model.options import PROGRAM

_PLUGIN = "docker-lean"
_UVX_ENVIRONMENTS = "archive-v0"  # the folder of uv's cache that environments of `uvx` are in
_FILE = "file://"
# Folders that hold what each has installed.
_INSTALLERS = {("pipx", "venvs"): "pipx upgrade", ("uv", "tools"): "uv tool upgrade"}


def called_as(
    argv0: str, environ: Mapping[str, str], packages: Path, *, which: Callable[[str], str | None]
) -> str:
    """Return what starts this program again: ``leanscaffold``, or more where PATH lacks it.

    ``packages`` is the folder that this is installed into.
    """
    script = Path(argv0)
    if script.stem == _PLUGIN:
        return "docker lean"
    if script.stem != PROGRAM:
        return PROGRAM
    if "UV" in environ and _UVX_ENVIRONMENTS in packages.parts:
        file = _installed_from(packages)
        return f"uvx --from {shlex.quote(file)} {PROGRAM}" if file else f"uvx {PROGRAM}"
    if "UV_RUN_RECURSION_DEPTH" in environ:
        return f"uv run {PROGRAM}"
    found = which(PROGRAM)
    if found and Path(found).with_suffix("").resolve() == script.with_suffix("").resolve():
        return PROGRAM
    return shlex.quote(argv0)


def _installed_from(packages: Path) -> str:
    """Return the file or folder that this was installed from; empty: from an index."""
    for told in packages.glob(f"{PROGRAM}-*.dist-info/direct_url.json"):
        address = str(json.loads(told.read_text(encoding="utf-8")).get("url"))
        if address.startswith(_FILE):
            return unquote(address.removeprefix(_FILE))
    return ""


def spell_upgrade(program: str, packages: Path) -> str:
    """Return how to get a newer release: by what started this, or by what installed it."""
    if program.startswith("uvx "):
        return f"uvx {PROGRAM}@latest"
    if program.startswith("uv run "):
        return f"uv sync --upgrade-package {PROGRAM}"
    places = zip(packages.parts, packages.parts[1:], strict=False)
    found = next((_INSTALLERS[pair] for pair in places if pair in _INSTALLERS), "")
    return f"{found} {PROGRAM}" if found else UPGRADE


def as_called(text: str, ctx: click.Context | None = None) -> str:
    """Return text whose commands start as this run was called: ``uvx leanscaffold build``.

    ``ctx`` is the running command's context unless given.
    """
    ctx = ctx or click.get_current_context(silent=True)
    root = ctx.find_root() if ctx else None
    if UPGRADE in text:
        started = root.info_name if root else None
        text = text.replace(UPGRADE, spell_upgrade(started or PROGRAM, Path(__file__)))
    if not root or root.info_name in (None, PROGRAM) or not isinstance(root.command, click.Group):
        return text
    program = str(root.info_name)
    words = "|".join((*root.command.list_commands(root), "--"))
    return re.sub(rf"(?<![\w./-]){PROGRAM}(?= (?:{words}))", lambda _: program, text)
