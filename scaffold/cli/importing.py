"""``leanscaffold knowledge import``: a snapshot from an export of the public data set of files."""

from pathlib import Path

import click

from scaffold.cli.refreshed import into_option, names_option, show_refreshed, write_option
from scaffold.cli.services import Services
from scaffold.model.errors import UsageError


@click.command(name="import", short_help="Make a snapshot from an export of the public data set.")
@click.argument("file", metavar="FILE.parquet", required=False, type=click.Path(path_type=Path))
@into_option
@names_option
@click.option("--sql", "print_sql", is_flag=True, help="Print the statement, for the warehouse.")
@write_option
@click.pass_obj
def import_files(
    outside: Services,
    /,
    file: Path | None,
    into: Path | None,
    names: Path | None,
    *,
    print_sql: bool,
    write: bool,
) -> None:
    """Take over releases and files from FILE, an export of the table distribution_metadata.

    The export may be of the whole table, or of what the statement that --sql prints returns on the
    warehouse that hosts it: a far smaller file with the same columns. What is inside of wheels is
    in neither: known facts are kept, others are read when a package is planned with.

    Needs DuckDB: pip install 'leanscaffold[knowledge]'.
    """
    if print_sql:
        click.echo(outside.read_statement(), nl=False)
        return
    if file is None:
        raise UsageError(
            "no export is named", hint="leanscaffold knowledge import FILE.parquet, or --sql"
        )
    from scaffold.catalog.refresh.running import Order  # noqa: PLC0415 - slow to import

    order = Order(kinds=("import",), folder=outside.own_knowledge(into), names=names, export=file)
    show_refreshed(outside, order, write=write)
