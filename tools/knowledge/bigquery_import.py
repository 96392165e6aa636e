"""The public data set of all index files, from an export of it, as the source of a snapshot."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from scaffold.catalog.wheel_refresh import Source
from scaffold.model.errors import Detail, KnowledgeInvalidError, PathUnreadableError
from scaffold.model.index import DistFile, Metadata, Page, WheelFacts

STATEMENT = Path(__file__).with_name("index_files.sql")  # for the warehouse, and for its exports
COLUMNS = (
    "name", "version", "filename", "packagetype", "python_version", "size", "requires_python",
    "requires_dist", "upload_time", "sha256_digest", "blake2_256_digest",
)  # fmt: skip
_MEMORY = "1200MB"
_BATCH = 20_000  # rows
_PROJECT = "REPLACE(REPLACE(REPLACE(LOWER(name), '_', '-'), '.', '-'), '--', '-')"
_EXTRA = re.compile(r"\bextra\s*==\s*['\"]([^'\"]+)['\"]")

Row = tuple[str, str, str, int | None, str, list[str], str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What an export holds of the names asked for: files by project, metadata by file name."""

    pages: Mapping[str, Page]
    metadata: Mapping[str, Metadata]
    rows: int

    def source(self) -> Source:
        """Return it as what a snapshot is made from; nothing is looked into."""

        def metadata(files: Sequence[DistFile]) -> Metadata | None:
            return next((found for f in files if (found := self.metadata.get(f.filename))), None)

        def facts(_name: str, _file: DistFile, _elf: bool) -> WheelFacts | None:  # noqa: FBT001 - of a port
            return None

        return Source(page=self.pages.get, metadata=metadata, facts=facts)


def read_export(
    path: Path, names: Sequence[str], statement: str, tell: Callable[[str], None]
) -> Export:
    """Return what a Parquet file, of the data set's schema, holds of some normalised names.

    ``statement`` is the SQL that picks the rows. What was withdrawn is not in the data set.

    Raises PathUnreadableError or KnowledgeInvalidError for the file.
    """
    with closing(_open()) as database:
        rows = _view(database, path)
        tell(f"{rows} rows")
        database.execute("CREATE TABLE wanted (project VARCHAR)")
        database.executemany("INSERT INTO wanted VALUES (?)", [[name] for name in names])
        database.execute(
            "CREATE VIEW distribution_metadata AS SELECT * FROM export "  # noqa: S608 - no input
            f"WHERE {_PROJECT} IN (SELECT project FROM wanted)"
        )
        files: dict[str, list[DistFile]] = {}
        metadata: dict[str, Metadata] = {}
        for row in _pick(database, statement):
            file, known = _read(row)
            if file.filename in metadata:  # uploaded again, or listed twice: the last counts
                continue
            files.setdefault(row[0], []).append(file)
            metadata[file.filename] = known
    pages = {name: Page(name=name, files=tuple(f), origin="index") for name, f in files.items()}
    return Export(pages=pages, metadata=metadata, rows=rows)


def _open() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"memory_limit": _MEMORY, "preserve_insertion_order": False})


def _view(database: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Make the view ``export`` and return how many rows it has."""
    if not path.is_file():
        raise PathUnreadableError(f"there is no file {path}", hint="name an export in Parquet")
    try:
        relation = database.read_parquet(str(path))
    except duckdb.Error as error:
        raise KnowledgeInvalidError(
            f"{path} is no Parquet file",
            details=[Detail(file=str(path), text=str(error).partition("\n")[0])],
            hint="export the table's rows as Parquet",
        ) from error
    missing = [name for name in COLUMNS if name not in relation.columns]
    if missing:
        raise KnowledgeInvalidError(
            f"{path} lacks columns of the public data set",
            details=[Detail(file=str(path), text=f"no column {name}") for name in missing],
            hint="python -m tools.knowledge import --sql prints the statement that makes them",
        )
    kinds = dict(zip(relation.columns, map(str, relation.types), strict=True))
    relation.create_view("written")
    # The warehouse writes arrays as records in records, unless it is told otherwise.
    nested = kinds["requires_dist"].startswith("STRUCT")
    needs = "list_transform(requires_dist.list, lambda one: one.element)"
    columns = ", ".join(COLUMNS).replace(
        "requires_dist", f"{needs} AS requires_dist" if nested else "requires_dist"
    )
    database.execute(f"CREATE VIEW export AS SELECT {columns} FROM written")  # noqa: S608 - no input
    counted = database.execute("SELECT COUNT(*) FROM written").fetchone()
    return int(counted[0]) if counted else 0


def _pick(database: duckdb.DuckDBPyConnection, statement: str) -> Iterator[Row]:
    cursor = database.execute(
        f"SELECT {_PROJECT}, version, filename, size, COALESCE(requires_python, ''), "  # noqa: S608 - no input
        "COALESCE(requires_dist, []), STRFTIME(upload_time, '%Y-%m-%d'), sha256_digest "
        f"FROM ({statement}) AS picked ORDER BY 1, upload_time DESC, filename"
    )
    while batch := cursor.fetchmany(_BATCH):
        yield from batch


def _read(row: Row) -> tuple[DistFile, Metadata]:
    name, version, filename, size, requires_python, requires, uploaded, digest = row
    file = DistFile(
        filename=filename,
        sha256=digest,
        size=size,
        requires_python=requires_python,
        uploaded=uploaded,
    )
    extras = dict.fromkeys(extra for need in requires for extra in _EXTRA.findall(need))
    metadata = Metadata(
        name=name,
        version=version,
        requires=tuple(requires),
        extras=tuple(extras),
        requires_python=requires_python,
        uncertain=not filename.endswith(".whl"),
    )
    return file, metadata
