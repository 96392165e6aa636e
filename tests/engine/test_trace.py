"""Traced images lose no module that somebody may still ask for: what peers' users report."""

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.engine.engine import Engine
from tests.engine.leanscaffold import environment, leanscaffold

pytestmark = pytest.mark.engine

LATE = """
def late() -> str:
    # What SlimToolkit loses of an app like this one: numbers (asked for by machine code), modules
    # of a template language, an encoding, a time zone, a codec of the standard library.
    import decimal
    import zoneinfo
    import email.mime.text
    from fastapi.templating import Jinja2Templates
    import jinja2.ext
    import jinja2.sandbox
    import sqlite3
    from uvicorn.config import LOGGING_CONFIG
    import logging.config
    logging.config.dictConfig(LOGGING_CONFIG)
    berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    text = email.mime.text.MIMEText("ö", _charset="iso-8859-15").as_string()
    table = sqlite3.connect(":memory:").execute("select 7").fetchone()
    page = jinja2.sandbox.SandboxedEnvironment(
        extensions=[jinja2.ext.do, "jinja2.ext.loopcontrols"]
    ).from_string("{% do [].append(1) %}{{ x }}").render(x="page")
    return " ".join(
        [str(decimal.Decimal("1.10") + 1), str(berlin), str(len(text) > 0), str(table), page,
         "日本".encode("shift_jis").hex(), "x".encode("idna").decode()]
    )
"""
WEB = f"""
from fastapi import FastAPI

app = FastAPI()


@app.get("/health")
def health() -> dict[str, str]:
    return {{"status": "ok"}}


@app.get("/late")
{LATE.strip()}
"""
TABLE = """
import io
import pandas as pd

print(pd.read_csv(io.StringIO("a,b\\n1,2\\n"))["a"].sum())
"""
# Paths of pandas that the traced run never takes, with what each comes to.
ELSEWHERE = """
import io, sys
import pandas as pd
import main

def attempt(work):
    try:
        return str(work())
    except Exception as error:
        return f"{type(error).__name__}: {error}"

when = pd.date_range("2026-03-28", periods=4, tz="UTC")
frame = pd.DataFrame({"when": when, "v": [1.0, 2, 3, 4]})
for work in (
    lambda: frame.when.dt.tz_convert("Europe/Berlin").dt.hour.tolist(),
    lambda: frame.to_excel(io.BytesIO()),
    lambda: pd.read_excel(io.BytesIO(b"PK")),
    lambda: frame.plot(),
    lambda: frame.v.rolling(2).mean().tolist(),
    lambda: frame.v.ewm(span=2).mean().round(3).tolist(),
    lambda: frame.to_json(),
    lambda: len(frame.to_html()),
    lambda: frame.to_latex(),
    lambda: frame.style.to_html()[:6],
    lambda: frame.groupby("v").agg(["min", "max"]).shape,
    lambda: pd.read_json(io.StringIO('{"a": {"0": 1}}')).shape,
    lambda: pd.read_xml(io.StringIO("<a/>")),
    lambda: frame.to_parquet(io.BytesIO()),
    lambda: frame.to_hdf("/tmp/x", "k"),
    lambda: frame.v.interpolate("cubic"),
    lambda: pd.bdate_range("2026-01-01", periods=3).tolist(),
    lambda: frame.resample("D", on="when").sum().shape,
    lambda: frame.pivot_table(index="v").shape,
    lambda: frame.to_pickle("/tmp/p") or pd.read_pickle("/tmp/p").shape,
    lambda: frame.query("v > 2").shape,
    lambda: pd.Series(["a b"]).str.split(expand=True).shape,
    lambda: frame.to_sql("t", "sqlite://"),
    lambda: pd.tseries.offsets.CustomBusinessHour(),
    lambda: pd.testing.assert_frame_equal(frame, frame),
    lambda: pd.show_versions(),
):
    print(attempt(work)[:100])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A project that is traced and built on the tests' engine."""

    engine: Engine
    folder: Path
    home: Path
    options: tuple[str, ...]

    def lean(self, command: str, *words: str, codes: tuple[int, ...] = (0,)) -> dict[str, object]:
        """Run one of our commands and return its document."""
        ended = leanscaffold(
            *(command, str(self.folder), *words, *self.options, "--json", "--quiet"),
            env=environment(self.engine, self.home),
        )
        assert ended.code in codes, ended.err + ended.out
        return ended.document()

    def build(self, tag: str, *words: str) -> str:
        """Build an image that is removed at the end."""
        self.lean("build", "--tag", tag, *words)
        return tag

    def run(self, image: str, code: str) -> str:
        """Return what some Python prints in an image, and how it fails."""
        argv = [
            "docker",
            "run",
            "--rm",
            "--network=none",
            "--tmpfs=/tmp",
            image,
            "python",
            "-c",
            code,
        ]
        env = {**self.engine.environ, "HOME": str(self.home)}
        done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr


Make = Callable[[str, str], Bench]


@pytest.fixture
def bench(
    bases: Callable[..., Engine],
    knowledge_options: tuple[str, ...],
    certificates: Path | None,
    tmp_path: Path,
) -> Iterator[Make]:
    engine = bases("amd64")
    made: list[Bench] = []

    def make(source: str, requirements: str) -> Bench:
        folder = tmp_path / "project"
        folder.mkdir()
        (folder / "main.py").write_text(source)
        (folder / "requirements.txt").write_text(requirements)
        options = ["--target", "amd64", "--python", "3.13", "--base", "bare-trixie"]
        options += [*knowledge_options, *(["--ca", str(certificates)] if certificates else [])]
        bench = Bench(engine=engine, folder=folder, home=tmp_path, options=tuple(options))
        made.append(bench)
        return bench

    yield make
    for one in made:
        argv = ["docker", "rmi", "-f", "trace-test:whole", "trace-test:safe", "trace-test:tight"]
        subprocess.run(argv, env=dict(one.engine.environ), capture_output=True, check=False)


def test_a_route_that_imports_late_answers_though_no_traced_run_took_it(bench: Make) -> None:
    web = bench(WEB, "fastapi\nuvicorn\njinja2\n")
    whole = web.run(
        web.build("trace-test:whole", "--traced", "none"), "import main; print(main.late())"
    )
    traced = web.lean("trace")
    assert traced["differing"] == []
    safe = web.build("trace-test:safe", "--traced", "safe")
    assert web.run(safe, "import main; print(main.late())") == whole
    assert whole.startswith("2.10 Europe/Berlin True (7,) page ")
    assert "No module named 'pydoc': it was dropped because no traced run imported it" in web.run(
        safe, "import pydoc"
    )
    reports = web.lean("verify", "--quick")["reports"]
    checks = {one["code"]: one["status"] for one in reports[0]["checks"]}  # type: ignore[index]
    for code in ("size", "imports", "libraries", "traced", "start"):
        assert checks[code] == "passed", json.dumps(reports)


def test_pandas_comes_to_the_same_on_paths_that_no_traced_run_took(bench: Make) -> None:
    table = bench(TABLE, "pandas\n")
    whole = table.run(table.build("trace-test:whole", "--traced", "none"), ELSEWHERE)
    table.lean("trace", "python main.py")
    safe = table.build("trace-test:safe", "--traced", "safe")
    assert table.run(safe, ELSEWHERE) == whole
    assert "[1, 1, 2, 2]" in whole


def test_a_tight_image_is_close_to_what_its_app_opens_and_says_what_it_lacks(bench: Make) -> None:
    web = bench(WEB, "fastapi\nuvicorn\njinja2\n")
    traced = web.lean("trace", "--traced", "tight")
    assert traced["differing"] == []
    assert traced["ratio"] <= 1.10  # type: ignore[operator]
    tight = web.build("trace-test:tight", "--traced", "tight")
    assert "it was dropped because no traced run imported it" in web.run(
        tight, "import main; print(main.late())"
    )
