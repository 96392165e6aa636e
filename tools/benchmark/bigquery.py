"""Time ``python -m tools.knowledge import`` on an export of the public data set's size.

    python -m tools.benchmark.bigquery [rows]      default: ten million

Generates the rows (50 000 projects of 200 files), then prints the seconds and the peak memory of
importing 150 names, and of the statement alone over everything.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from tools.benchmark.__main__ import measure
from tools.knowledge.bigquery_import import STATEMENT

ROWS = 10_000_000
NAMES = 150
_IMPORT = (sys.executable, "-m", "tools.knowledge", "import")
_MADE = """
SELECT
  'Project_' || p AS name,
  v || '.' || (v % 7) AS version,
  'project_' || p || '-' || v || '.' || (v % 7) || ENDINGS[k + 1] AS filename,
  CASE k WHEN 0 THEN 'sdist' ELSE 'bdist_wheel' END AS packagetype,
  'cp313' AS python_version,
  1000 + i % 100000 AS size,
  '>=3.9' AS requires_python,
  ['numpy>=1.' || (i % 20), 'attrs; extra == ''fast'''] AS requires_dist,
  TIMESTAMP '2020-01-01' + INTERVAL (v * 24) HOUR AS upload_time,
  sha256(i::VARCHAR) AS sha256_digest,
  sha256((i + 1)::VARCHAR) AS blake2_256_digest
FROM (SELECT i, i // 200 AS p, (i % 200) // 8 AS v, i % 8 AS k FROM range(COUNT) AS t(i))
"""
_ENDINGS = [
    ".tar.gz",
    *(
        f"-{python}-{python}-{platform}.whl"
        for python, platform in (
            ("cp313", "manylinux_2_28_x86_64"),
            ("cp313", "manylinux_2_28_aarch64"),
            ("cp313", "musllinux_1_2_x86_64"),
            ("cp312", "manylinux_2_28_x86_64"),
            ("cp313", "win_amd64"),
            ("cp313", "macosx_11_0_arm64"),
            ("cp312", "manylinux_2_28_aarch64"),
        )
    ),
]
_ALONE = """
import duckdb, sys
database = duckdb.connect(config={"memory_limit": "1200MB", "preserve_insertion_order": False})
database.read_parquet(sys.argv[1]).create_view("distribution_metadata")
database.sql(open(sys.argv[2]).read()).write_parquet(sys.argv[3])
"""


def generate(path: Path, rows: int) -> None:
    """Write an export of the schema with so many rows, with DuckDB in little memory."""
    text = _MADE.replace("COUNT", str(rows)).replace("ENDINGS", str(_ENDINGS))
    code = f"import duckdb\nduckdb.sql({text!r}).write_parquet({str(path)!r})"
    subprocess.run([sys.executable, "-c", code], check=True)


def main() -> None:
    """Generate, import, print."""
    rows = int(sys.argv[1]) if sys.argv[1:] else ROWS
    with tempfile.TemporaryDirectory() as folder:
        export, names = Path(folder, "export.parquet"), Path(folder, "names.txt")
        generate(export, rows)
        names.write_text("".join(f"project-{number * 7}\n" for number in range(NAMES)))
        command = (*_IMPORT, str(export), "--into", str(Path(folder, "own")))
        runs = {
            f"import of {NAMES} names": (*command, "--names", str(names), "--write"),
            "the statement alone": (
                *(sys.executable, "-c", _ALONE, str(export), str(STATEMENT)),
                str(Path(folder, "picked.parquet")),
            ),
        }
        size = export.stat().st_size / 1e6
        print(f"{rows} rows, {size:.0f} MB of Parquet, DuckDB {duckdb.__version__}")
        for label, argv in runs.items():
            run = measure(argv, dict(os.environ))
            print(f"{label:24} {run.seconds:6.1f} s ({run.busy:5.1f} s busy) {run.memory:6.0f} MB")


if __name__ == "__main__":
    main()
