"""Every option with its value and its origin, as text and as JSON."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from scaffold.config.option_sources import Given, Source
from scaffold.config.request import spell_value, value_of
from scaffold.docker.doctor import Finding, Health
from scaffold.model.addresses import without_credentials
from scaffold.model.options import SETTINGS, Request, Setting
from scaffold.report.terminal import Content, align, bullet, styled

_NONE = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """A setting's value as texts that parse to it, without passwords; ``given`` is who said so."""

    setting: Setting
    texts: tuple[str, ...]
    given: Given | None

    @property
    def source(self) -> Source:
        """Return who said so."""
        return self.given.source if self.given else Source.DEFAULT


def list_rows(request: Request, held: Mapping[str, Given]) -> tuple[SettingRow, ...]:
    """Return one row per setting, in their order."""
    return tuple(
        SettingRow(
            setting=setting,
            texts=tuple(
                without_credentials(text) if setting.kind == "url" else text
                for text in spell_value(setting, value_of(request, setting))
            ),
            given=held.get(setting.name),
        )
        for setting in SETTINGS
    )


def show_settings(rows: Sequence[SettingRow], unused: Sequence[str]) -> Content:
    """Yield a table per heading; what somebody said stands out from the defaults."""
    lines = align(
        [
            (row.setting.name, _shown(row), row.given.where if row.given else "default")
            for row in rows
        ]
    )
    section = ""
    for row, line in zip(rows, lines, strict=True):
        if row.setting.section != section:
            yield from ("",) if section else ()
            section = row.setting.section
            yield styled(section, "bold")
        yield styled(f"  {line}", "" if row.given else "dim")
    if unused:
        yield ""
        yield from (bullet(f"{name} is set, but no option reads it") for name in unused)


def make_settings_document(rows: Sequence[SettingRow], unused: Sequence[str]) -> dict[str, Any]:
    """Return what ``config --json`` prints."""
    return {
        "version": 1,
        "settings": [
            {
                "name": row.setting.name,
                "value": _plain(row),
                "origin": row.source.value,
                "place": row.given.place if row.given else "",
                "line": row.given.line if row.given else None,
                "flag": row.setting.flag,
                "variable": row.setting.variable,
            }
            for row in rows
        ],
        "unused_variables": list(unused),
    }


def _shown(row: SettingRow) -> str:
    if row.setting.repeatable:
        return shlex.join(row.texts) or _NONE
    return row.texts[0] if row.texts else _NONE


def _plain(row: SettingRow) -> Any:
    if row.setting.repeatable:
        return list(row.texts)
    if row.setting.kind == "switch":
        return row.texts == ("true",)
    return row.texts[0] if row.texts else None


_MARKS = {
    Health.WELL: ("✓", "green"),
    Health.WEAK: ("!", "yellow"),
    Health.BROKEN: ("✗", "red"),
    Health.UNTRIED: ("-", "dim"),
}
_WIDTH = 9  # of the longest part's name


def show_checkup(findings: Sequence[Finding]) -> Content:
    """Yield a line per finding, and below it what mends it."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=1)
    grid.add_column(width=_WIDTH)
    grid.add_column()
    for one in findings:
        mark, style = _MARKS[one.health]
        grid.add_row(styled(mark, style), styled(one.part), styled(one.text))
        if one.remedy:
            grid.add_row("", "", styled(one.remedy, "cyan"))
    yield grid
    yield ""
    broken = [one.part for one in findings if one.health is Health.BROKEN]
    names = ", ".join(dict.fromkeys(broken))
    yield styled(f"Broken: {names}", "bold red") if broken else styled("All is well", "bold green")


def make_checkup_document(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return what ``doctor --json`` prints."""
    return {
        "version": 1,
        "well": all(one.health is not Health.BROKEN for one in findings),
        "findings": [asdict(one) for one in findings],
    }
