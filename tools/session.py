"""The first session with the command, played in a real terminal: from nothing to a verified image.

``python -m tools.session docs/first-session.md`` installs the wheel of this tree into a new
environment, starts a terminal, types, waits, and writes down what stood on the screen.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from tests.engine import engine as own
from tests.engine import facts, publish
from tests.engine.choice import ca_bundle, choose
from tests.engine.engine import Engine
from tests.engine.home import Home, find_home
from tests.terminal.screen import Screen

ROOT = Path(__file__).resolve().parents[1]
COLUMNS, ROWS = 100, 44
MINUTES_FOR_A_PROOF = 30
# The keys answer: the first template and device, at most 250 MB, small, nothing else, and yes.
KEYS = (
    ("What kind of project[?]", ("Enter",)),
    ("Which device is it for[?]", ("Enter",)),
    ("How large may the image be on disk[?]", ("Down", "Down", "Enter")),
    ("What matters most[?]", ("Enter",)),
    ("Which other files should be written[?]", ("Enter",)),
    ("Write these files[?]", ("Enter",)),
)
PAGE = """\
# From an empty folder to a verified image

<!-- Made by `python -m tools.session docs/first-session.md`: run it again instead of editing. -->

Recorded {day} in a terminal of {columns} columns. Six questions, each answered with Enter but
one: the arrow went down twice, to 250 MB.{note}

```console
{said}
```
"""
STAND_INS = """

The engine pulled stand-ins for the official base images (Python 3.13 on Alpine 3.23), made from
their distributions' packages, and ran arm64 by emulation: `LEANSCAFFOLD_PYTHON`,
`LEANSCAFFOLD_BASE` and `LEANSCAFFOLD_KNOWLEDGE` said so. On an engine that reaches a registry none
of them is needed."""


def main(page: Path) -> None:
    """Play the session and write the page."""
    home = find_home(os.environ)
    engine = choose(os.environ, why_not=own.why_not, start=lambda: own.up(home))
    with tempfile.TemporaryDirectory(prefix="ls-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        said = play(place, environment(engine, home, install(place)))
    note = STAND_INS if engine.own else ""
    day = datetime.now(UTC).date().isoformat()
    page.write_text(PAGE.format(day=day, columns=COLUMNS, note=note, said=said), "utf-8")


def install(place: Path) -> Path:
    """Build this tree's wheel, install it into a new environment, and return its programs."""
    run = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir"]
    subprocess.run([*run, str(place / "dist"), str(ROOT)], check=True)
    subprocess.run([sys.executable, "-m", "venv", str(place / "venv")], check=True)
    (wheel,) = (place / "dist").glob("*.whl")
    pip = str(place / "venv" / "bin" / "pip")
    subprocess.run([pip, "install", "--quiet", str(wheel)], check=True)
    return place / "venv" / "bin"


def environment(engine: Engine, home: Home, programs: Path) -> dict[str, str]:
    """Return the variables of the session: the engine's, and what tells of stand-ins."""
    kept = {
        name: value
        for name, value in engine.environ.items()
        if name.startswith("DOCKER_") or name.lower().endswith("_proxy")
    }
    path = f"{programs}:{engine.environ.get('PATH', os.environ['PATH'])}"
    certificates = ca_bundle(os.environ)
    return {
        **kept,
        "PATH": path,
        "HOME": str(programs.parents[1]),
        **({"LEANSCAFFOLD_CA": str(certificates)} if certificates else {}),
        **(_stand_ins(engine, home) if engine.own else {}),
    }


def _stand_ins(engine: Engine, home: Home) -> Mapping[str, str]:
    publish.publish_all(home, engine, ("amd64", "arm64"), lambda _: None)
    return {
        "LEANSCAFFOLD_KNOWLEDGE": str(facts.overlay(home, engine)),
        "LEANSCAFFOLD_PYTHON": "3.13",
        "LEANSCAFFOLD_BASE": "bare-alpine-3.23",
    }


def play(place: Path, env: dict[str, str]) -> str:
    """Type what somebody new would, and return what stood on the screen in the end."""
    if shutil.which("tmux") is None:
        raise SystemExit("needs tmux: apt-get install tmux")
    screen = Screen.open(place, columns=COLUMNS, rows=ROWS, env=env)
    try:
        screen.enter("leanscaffold init garden")
        for question, keys in KEYS:
            screen.wait_for(rf"^· {question}.*\n( .*\n)* ›", seconds=300)  # noqa: RUF001
            screen.press(*keys)
        screen.wait_for(r"^Next\n(.*\n)+\$$", seconds=120)
        screen.enter("leanscaffold verify garden --quiet; echo ended $?")
        screen.wait_for(r"^ended \d", seconds=MINUTES_FOR_A_PROOF * 60)
        text = screen.scrolled()
    finally:
        screen.close()
    print(text)
    said, ended, code = text.rpartition("\nended ")
    if not ended or not code.startswith("0"):
        raise SystemExit("the image was not verified")
    return said.replace("; echo ended $?", "")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
