"""Exports of the public data set's schema, made from what a snapshot holds."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import duckdb

from scaffold.catalog.snapshot import KnownProject
from tools.knowledge.bigquery_import import COLUMNS

_TABLE = """CREATE TABLE made (name VARCHAR, version VARCHAR, filename VARCHAR, packagetype VARCHAR,
python_version VARCHAR, size BIGINT, requires_python VARCHAR, requires_dist VARCHAR[],
upload_time TIMESTAMP, sha256_digest VARCHAR, blake2_256_digest VARCHAR)"""
# As the warehouse writes arrays when nobody tells it otherwise.
NESTED = """SELECT * REPLACE (
{'list': list_transform(requires_dist, lambda one: {'element': one})} AS requires_dist) FROM made"""


def list_rows(projects: Iterable[KnownProject]) -> Iterator[list[object]]:
    for project in projects:
        for release in project.releases:
            for file in release.files:
                wheel = file.filename.endswith(".whl")
                yield [
                    project.name.replace("-", "_").title(),
                    release.metadata.version,
                    file.filename,
                    "bdist_wheel" if wheel else "sdist",
                    file.filename.split("-")[-3] if wheel else "source",
                    file.size,
                    file.requires_python or None,
                    list(release.metadata.requires),
                    f"{file.uploaded or '2026-01-01'} 12:00:00",
                    file.sha256,
                    "0" * 64,
                ]


def write_export(path: Path, rows: Sequence[Sequence[object]], *, nested: bool = False) -> Path:
    with closing(duckdb.connect()) as database:
        database.execute(_TABLE)
        marks = ", ".join("?" * len(COLUMNS))
        database.executemany(f"INSERT INTO made VALUES ({marks})", rows)  # noqa: S608 - marks
        made = database.sql(NESTED) if nested else database.table("made")
        made.write_parquet(str(path))
    return path
