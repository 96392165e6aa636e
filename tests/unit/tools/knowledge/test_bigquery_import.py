from contextlib import closing
from pathlib import Path

import duckdb
import pytest
import sqlglot

from scaffold.catalog.resources import snapshots
from scaffold.catalog.snapshot import KnownProject, Snapshot
from scaffold.model.errors import KnowledgeInvalidError, PathUnreadableError
from tests.cli.outside import code_of, run
from tests.support.exports import list_rows, write_export
from tools.knowledge.__main__ import main
from tools.knowledge.bigquery_import import STATEMENT as SQL
from tools.knowledge.bigquery_import import Export, read_export

STATEMENT = SQL.read_text("utf-8")
NAMES = ("numpy", "typing-extensions", "polars-runtime-32", "tensorflow")


def projects() -> list[KnownProject]:
    snapshot = Snapshot(*snapshots())
    found = [snapshot.project(name) for name in NAMES]
    return [project for project in found if project is not None]


def read(path: Path, *names: str) -> Export:
    return read_export(path, names, STATEMENT, lambda _: None)


def test_the_statement_means_the_same_on_the_warehouse_and_in_duckdb() -> None:
    warehouse = sqlglot.parse_one(STATEMENT, read="bigquery").sql("bigquery")
    ours = sqlglot.parse_one(STATEMENT, read="duckdb").sql("bigquery")
    # Two spellings of one function, and an order of what is missing, which no file name is.
    assert ours.replace("SUBSTRING(", "SUBSTR(").replace(" NULLS LAST", "") == warehouse


def test_a_snapshot_comes_back_from_an_export_made_of_it(tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "snapshots").mkdir(parents=True)
    (own / "snapshots" / "names.txt").write_text("\n".join(NAMES))
    export = write_export(tmp_path / "all.parquet", list(list_rows(projects())))
    argv = ("import", str(export), "--into", str(own), "--write")
    result = run(*argv, command=main)
    assert result.exit_code == 0, result.stderr
    made = Snapshot(own / "snapshots" / "wheels")
    for project in projects():
        again = made.project(project.name)
        assert again is not None
        held = {(f.filename, f.sha256, f.size) for f in project.files() if not f.yanked}
        assert {(f.filename, f.sha256, f.size) for f in again.files()} <= held
        assert again.releases[0].metadata == project.releases[0].metadata
        newest = [one.filename for one in project.releases[0].files]
        assert [one.filename for one in again.releases[0].files] == sorted(newest)


def test_arrays_of_records_are_read_like_arrays(tmp_path: Path) -> None:
    rows = list(list_rows(projects()[:1]))
    plain = read(write_export(tmp_path / "a.parquet", rows), "numpy")
    nested = read(write_export(tmp_path / "b.parquet", rows, nested=True), "numpy")
    assert plain == nested


def test_only_what_a_device_can_install_is_taken_each_file_once(tmp_path: Path) -> None:
    rest = [10, ">=3.9", ["a>=1", "b; extra == 'fast'"], "2026-01-02 03:04:05", "ab" * 32, "0" * 64]
    rows = [
        ["My.App", "1.0", f"my_app-1.0-{tags}.whl", "bdist_wheel", "py3", *rest]
        for tags in ("py3-none-any", "cp313-cp313-win_amd64", "py3-none-any")
    ]
    rows.append(["my.app", "1.0", "my.app-1.0.exe", "bdist_wininst", "any", *rest])
    rows.append(["other", "1.0", "other-1.0.tar.gz", "sdist", "source", *rest])
    export = read(write_export(tmp_path / "a.parquet", rows), "my-app")
    assert export.rows == 5
    (page,) = export.pages.values()
    assert [file.filename for file in page.files] == ["my_app-1.0-py3-none-any.whl"]
    assert export.metadata["my_app-1.0-py3-none-any.whl"].extras == ("fast",)


def test_an_old_release_stays_where_it_alone_has_a_kind_of_wheel(tmp_path: Path) -> None:
    kinds = ("py3-none-any", "cp313-cp313-manylinux_2_28_aarch64")
    rows: list[list[object]] = []
    for day in range(1, 31):
        rest: list[object] = [10, None, [], f"2026-01-{day:02} 12:00:00", f"{day:064}", "0" * 64]
        for tags in kinds if day == 3 else kinds[:1]:
            file = f"app-{day}-{tags}.whl"
            rows.append(["app", str(day), file, "bdist_wheel", "py3", *rest])
    (page,) = read(write_export(tmp_path / "a.parquet", rows), "app").pages.values()
    versions = {int(file.filename.split("-")[1]) for file in page.files}
    assert versions == {3, *range(7, 31)}


def test_what_the_statement_returns_can_be_read_again(tmp_path: Path) -> None:
    whole = write_export(tmp_path / "whole.parquet", list(list_rows(projects())))
    picked = tmp_path / "picked.parquet"
    with closing(duckdb.connect()) as database:
        database.read_parquet(str(whole)).create_view("distribution_metadata")
        database.sql(STATEMENT).write_parquet(str(picked))
    first, again = read(whole, *NAMES), read(picked, *NAMES)
    assert first.pages == again.pages


def test_a_file_that_is_no_export_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PathUnreadableError):
        read(tmp_path / "none.parquet", "numpy")
    broken = tmp_path / "broken.parquet"
    broken.write_text("no parquet")
    with pytest.raises(KnowledgeInvalidError):
        read(broken, "numpy")
    other = tmp_path / "other.parquet"
    with closing(duckdb.connect()) as database:
        database.sql("SELECT 'numpy' AS name").write_parquet(str(other))
    with pytest.raises(KnowledgeInvalidError) as caught:
        read(other, "numpy")
    assert "no column version" in [detail.text for detail in caught.value.details]


def test_the_statement_is_printed_for_the_warehouse() -> None:
    assert run("import", "--sql", command=main).stdout == STATEMENT
    result = run("import", command=main)
    assert (result.exit_code, code_of(result)) == (2, "usage")
