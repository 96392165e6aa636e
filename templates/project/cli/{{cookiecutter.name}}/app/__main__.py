"""The command. Exit codes: 0 within the limits, 1 a value is over its limit, 2 invalid option."""

import json
import sys
from collections.abc import Sequence

import click

from app.readings import Limits, Reading, read_machine

PERCENT = click.FloatRange(0, 100)


@click.command(help={{ cookiecutter.__quoted }})
@click.option("--disk", type=PERCENT, help="Maximum disk usage, in percent.")
@click.option("--memory", type=PERCENT, help="Maximum memory usage, in percent.")
@click.option("--load", type=click.FloatRange(0), help="Maximum load per core, over five minutes.")
@click.option("--temperature", type=float, help="Maximum temperature, in degrees Celsius.")
@click.option("--path", type=click.Path(exists=True), default="/", help="A path on the disk.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def main(
    disk: float | None,
    memory: float | None,
    load: float | None,
    temperature: float | None,
    path: str,
    *,
    as_json: bool,
) -> None:
    readings = read_machine(Limits(disk, memory, load, temperature), path)
    click.echo(as_line(readings) if as_json else as_table(readings))
    sys.exit(1 if any(reading.over for reading in readings) else 0)


def as_line(readings: Sequence[Reading]) -> str:
    rows = {reading.name: {"value": reading.value, "over": reading.over} for reading in readings}
    return json.dumps(rows)


def as_table(readings: Sequence[Reading]) -> str:
    return "\n".join(
        f"{one.name:<12}{one.value:>6.1f} {one.unit:<2}{as_limit(one)}".rstrip() for one in readings
    )


def as_limit(reading: Reading) -> str:
    if reading.limit is None:
        return ""
    return f" of {reading.limit:g}" + "  over its limit" * reading.over


if __name__ == "__main__":
    main(prog_name="{{ cookiecutter.name }}")
