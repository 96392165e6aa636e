"""Files and terminals that the start reads and that no image has."""

from pathlib import Path

import pytest

from tests.support.source_folders import FLASK, facts

NEVER = "\nwhile True:\n    pass\n"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (
            "open('/etc/meter/config.yaml')",
            "reads /etc/meter/config.yaml, which is not in the image",
        ),
        ("open('rules.json')", "reads rules.json, which the project lacks"),
        ("import os\nos.listdir('/photos/in')", "reads /photos/in, "),
        ("from pathlib import Path\nPath('/srv/a.txt').read_text()", "reads /srv/a.txt, "),
        ("import pandas\npandas.read_csv('/data/in.csv')", "reads /data/in.csv, "),
        (
            (
                "import argparse\np = argparse.ArgumentParser()\np.add_argument('--input',"
                " default='/in.csv')\nopen(p.parse_args().input)"
            ),
            "reads /in.csv, ",
        ),
        ("def load():\n    return open('/etc/m.toml')\nload()", "reads /etc/m.toml, "),
        ("name = input('who? ')", "asks on a terminal: run the container with -it"),
        ("import getpass\ngetpass.getpass()", "asks on a terminal"),
        # It is there, is written before, is looked for, may fail, is of every image, or is asked
        # for where nothing calls it.
        ("open('main.py')", ""),
        ("import os\nos.listdir('data')", ""),
        ("open('/app/data/a.txt')", ""),
        ("open('/code/data/a.txt')", ""),
        ("open('n.txt', 'w')\nopen('n.txt')", ""),
        ("import os\nif os.path.exists('/etc/m'):\n    open('/etc/m')", ""),
        ("try:\n    open('/etc/m')\nexcept FileNotFoundError:\n    pass", ""),
        ("open('/proc/cpuinfo')", ""),
        ("open('/etc/os-release')", ""),
        ("def load():\n    return open('/etc/m.toml')", ""),
        ("def ask():\n    return input()", ""),
        ("import sys\nif sys.stdin.isatty():\n    input()", ""),
    ],
)
def test_what_the_start_reads_and_nothing_has_is_told(
    tmp_path: Path, source: str, told: str
) -> None:
    found = facts(tmp_path, {"main.py": source + NEVER, "data/a.txt": ""}).notes
    notes = [note for note in found if " reads " in note or "terminal" in note]
    assert len(notes) == bool(told)
    assert told in "".join(notes)


def test_an_application_that_a_variable_names_starts(tmp_path: Path) -> None:
    """What Flask's development server loads runs at the start, as what a command names does."""
    source = f"{FLASK}open('/etc/meter/config.yaml')\n"
    found = facts(tmp_path, {"main.py": source}, "flask")
    assert found.start is not None
    assert ("FLASK_APP", "main:app") in found.start.value.environment
    assert "main.py:3 reads /etc/meter/config.yaml" in "".join(found.notes)
