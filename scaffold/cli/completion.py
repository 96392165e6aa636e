"""``leanscaffold completion``, and what a shell offers while somebody types.

Names are read from the knowledge's files: whole facts take half a second to load; a key must not.
"""

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath
from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    get_completion_class,
)

from scaffold.catalog.resources import knowledge
from scaffold.cli import COMPLETING, cli
from scaffold.model.errors import UsageError
from scaffold.model.target import Arch

_FISH_PATHS = (
    "__fish_complete_{} $metadata[2] | "
    "string replace -r -- '^' (string match -r -- '^-[^=]*=' (commandline -t); or echo '')"
)


class _BashComplete(BashComplete):
    """As click's, but ``--device=rasp`` completes too: bash takes it for three words."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the whole words before the cursor and the one that is typed."""
        words, typed = super().get_completion_args()
        return [word for word in words if word != "="], typed


class _WholeWords(ShellComplete):
    """As click's, but what completes ``--device=rasp`` begins with that: it is one word here."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """Return what may stand in place of the word that is typed."""
        found = super().get_completions(args, incomplete)
        option, equals, _ = incomplete.partition("=")
        if not equals or not option.startswith("-"):
            return found
        return [
            CompletionItem(f"{option}={item.value}", help=item.help)
            if item.type == "plain"
            else item
            for item in found
        ]


class _ZshComplete(_WholeWords, ZshComplete):
    # Click's script looks for a file named `--ca=…`.
    source_template = ZshComplete.source_template.replace(
        "_path_files", "compset -P '-*='; _path_files"
    )


class _FishComplete(_WholeWords, FishComplete):
    # Click's script ends a name, or what is said about it, at the first comma; and it offers files
    # without the option that stands before them in the same word.
    source_template = (
        FishComplete.source_template.replace("split ", "split --max 1 ", 1)
        .replace("__fish_complete_directories $metadata[2]", _FISH_PATHS.format("directories"))
        .replace("__fish_complete_path $metadata[2]", _FISH_PATHS.format("path"))
    )


def teach_shells() -> None:
    """Let click know what we do better than it."""
    for one in (_BashComplete, _ZshComplete, _FishComplete):
        add_completion_class(one)


def complete(kind: str | tuple[str, ...], typed: str) -> list[CompletionItem]:
    """Return what may stand in place of the word that is typed: one of a few, or of a kind."""
    if kind in _PATHS:
        return [CompletionItem(typed, type=_PATHS[str(kind)])]
    names = dict.fromkeys(kind, "") if isinstance(kind, tuple) else _KINDS[kind]()
    # Of several names with commas between them, the last is completed.
    before, comma, last = typed.rpartition(",")
    return [
        CompletionItem(f"{before}{comma}{name}", help=text or None)
        for name, text in sorted(names.items())
        if name.startswith(last)
    ]


def _tables(folder: str) -> Iterator[Mapping[str, Any]]:
    for file in (knowledge() / folder).iterdir():
        if file.name.endswith(".toml"):
            yield tomllib.loads(file.read_text("utf-8"))


def _bases() -> dict[str, str]:
    tables = list(_tables("bases"))
    families = {table["family"]: f"the best of {table['family']}" for table in tables}
    return {**families, **{table["id"]: "" for table in tables}}


def _templates() -> dict[str, str]:
    from scaffold.init.starters import list_starters  # noqa: PLC0415 - not for every key

    return {starter.name: starter.title for starter in list_starters()}


def _codes() -> dict[str, str]:
    from scaffold.report.explain import EXPLANATIONS  # noqa: PLC0415 - not for every key

    return {code: one.title for code, one in EXPLANATIONS.items()}


def _packages() -> dict[str, str]:
    folder = knowledge() / "snapshots" / "wheels"
    return {file.name.removesuffix(".jsonl"): "" for file in folder.iterdir()}


_PATHS = {"file": "file", "folder": "dir"}
_KINDS: dict[str, Callable[[], Mapping[str, str]]] = {
    "arch": lambda: dict.fromkeys(Arch, ""),
    "device": lambda: {table["id"]: table["name"] for table in _tables("devices")},
    "base": _bases,
    "python": lambda: {python: "" for one in _tables("bases") for python in one["pythons"]},
    "template": _templates,
    "code": _codes,
    "package": _packages,
}
_SHELLS = ("bash", "zsh", "fish")


def completion(_: object, shell: str | None) -> None:
    """Print the script that completes commands, options and names in SHELL."""
    teach_shells()
    name = shell or PurePath(os.environ.get("SHELL", "")).name
    found = get_completion_class(name) if name in _SHELLS else None
    if found is None:
        raise UsageError(
            f"there is no completion for the shell {name!r}", hint=f"name one: {', '.join(_SHELLS)}"
        )
    click.echo(found(cli, {}, "leanscaffold", COMPLETING).source())
