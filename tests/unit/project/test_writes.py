"""Files that sources write, as paths in the container."""

from pathlib import Path

import pytest

from tests.support.source_folders import facts, uses


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("import sqlite3\nsqlite3.connect('app.db')", "app.db"),
        ("import logging\nlogging.FileHandler('/var/log/app.log')", "/var/log/app.log"),
        ("open('out.csv', 'w')", "out.csv"),
        (
            "from pathlib import Path\nDATA = Path('data')\n(DATA / 'a.txt').write_text('')",
            "data/a.txt",
        ),
        ("import os\nos.makedirs(os.path.join(os.path.dirname(__file__), 'cache'))", "cache"),
        ("URL = 'sqlite:///./app.db'", "app.db"),
        ("import os\nopen(os.environ.get('LOG', 'app.log'), mode='a')", "app.log"),
        ("import orm\norm.SqliteDatabase('people.db')", "people.db"),
        ("import plot\nplot.savefig('out/plot.png')", "out/plot.png"),
        ("import store\nstore.PersistentClient(path='./chroma')", "chroma"),
        ("LOG = {'class': 'logging.handlers.RotatingFileHandler', 'filename': 'a.log'}", "a.log"),
        (
            "import os, urllib.request as r\nif not os.path.exists('m'):\n r.urlretrieve(u, 'm')",
            "m",
        ),
        ("import os\nCONF = os.getenv('METER_DB', '/var/lib/meter/m.db')", "/var/lib/meter/m.db"),
        ("class S(Base):\n    log_file: str = 'logs/m.log'", "logs/m.log"),
        ("class S(Base):\n    db: str = Field(default='/data/m.sqlite')", "/data/m.sqlite"),
        ("parser.add_argument('-l', '--logfile', default='/var/log/m.log')", "/var/log/m.log"),
        ("@click.option('--database', default='m.sqlite3')\ndef main(): ...", "m.sqlite3"),
        ("PATH = config.get('log', 'path', fallback='/logs/m.log')", "/logs/m.log"),
        ("DB_PATH = '/data/m.db'", "/data/m.db"),
        ("import os\nopen(os.path.join(app.instance_path, 'a.db'), 'w')", "instance/a.db"),
        ("import os\nos.makedirs(current_app.instance_path)", "instance"),
        ("DB = {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3'}", "db.sqlite3"),
    ],
)
def test_a_path_that_is_written_is_read_from_the_sources(
    tmp_path: Path, source: str, path: str
) -> None:
    assert [value for _, value, _ in uses(tmp_path, source, "writes-file")] == [path]


def test_a_folder_of_the_project_that_is_made_is_there_already(tmp_path: Path) -> None:
    source = "import os\nos.makedirs('data/in', exist_ok=True)\nos.makedirs('data/out')\n"
    files = {"main.py": source, "data/in/a.csv": ""}
    written = [use.value for use in facts(tmp_path, files).uses if use.code == "writes-file"]
    assert written == ["data/out"]


@pytest.mark.parametrize(
    "source",
    [
        "open('in.csv')",
        "open('/tmp/out.csv', 'w')",
        "import os\nos.makedirs('/tmp')",
        "import os\nos.makedirs('/dev/shm/x/', exist_ok=True)",
        "open(name, 'w')",
        "import sqlite3\nsqlite3.connect(':memory:')",
        "URL = 'sqlite:///:memory:'",
        "URL = 'sqlite:///{0}'.format(given)",
        "URL = f'sqlite:///{given}'",
        r"URL = r'sqlite:///(.+)$'",
        r"URL = r'sqlite:///.*'",
        r"URL = r'sqlite:///[\w.]+'",
        "URL = 'sqlite:///(postgres|mysql)'",
        "URL = 'sqlite:///^data'",
        "DB = {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}",
        "from pathlib import Path\nPath('in').read_text()",
        "open('../elsewhere', 'w')",
        "import images\nimages.load('in.png')",
        "print('app.db')",
        "parser.add_argument('--input-log', default='/var/log/m.log')",
        "AUTH_LOG = '/var/log/auth.log'",
        "DB_URL = 'https://example.org/m.db'",
        "LOGIN = 'm.log'",
        "LOG_LEVEL = 'm.debug'",
        "parser.add_argument('--log', default=None)",
        "import images\nimages.image.write_to_buffer('.jpg')",
        "import plot\nplot.savefig(buffer, '.png')",
        "from store import save_entry\nsave_entry(watch_dir, key, data, 'watch.json')",
        "import store\nstore.write_json(self.root, 'state.json')",
        "from plots import save\nsave('plot.png', config.output_dir)",
    ],
)
def test_what_is_read_in_memory_temporary_or_unknown_is_no_file_that_is_written(
    tmp_path: Path, source: str
) -> None:
    assert uses(tmp_path, source, "writes-file") == []


DATA = "from pathlib import Path\nDATA = Path('/data')\n"
LATER = "import argparse\np = argparse.ArgumentParser()\n{}\na = p.parse_args()\n{}"


@pytest.mark.parametrize(
    ("files", "path"),
    [
        # A constant of another module, by its name and by the module's.
        ({"conf.py": DATA, "main.py": "from conf import DATA\n(DATA / 's').touch()"}, "/data/s"),
        ({"conf.py": DATA, "main.py": "import conf\nopen(conf.DATA / 's', 'w')"}, "/data/s"),
        # An option's value, a setting's field, an attribute, a parameter that no call gives.
        (
            {"main.py": LATER.format("p.add_argument('--out-dir', default='/o')", "import os\n"
                                     "os.makedirs(a.out_dir)")},
            "/o",
        ),
        (
            {
                "main.py": "from conf import settings\n(settings.folder / 'x.json').write_text('')",
                "conf.py": "class S(Base):\n    folder: Path = '/srv/x'\nsettings = S()",
            },
            "/srv/x/x.json",
        ),
        (
            {"main.py": "class A:\n    def __init__(self, path='/var/lib/a/s'):\n"
                        "        self.path = path\n"
                        "    def save(self):\n        open(self.path, 'w')\nA().save()"},
            "/var/lib/a/s",
        ),
        (
            {"main.py": "class A:\n    def __init__(self):\n        self.log = '/var/log/a'\n"
                        "    def add(self):\n        open(self.log, 'a')\nA().add()"},
            "/var/log/a",
        ),
        # Two values, one that a call gives, and a circle are not known.
        (
            {"main.py": "class A:\n    path = '/a'\nclass B:\n    path = '/b'\nopen(x.path, 'w')"},
            "",
        ),
        ({"main.py": "def save(path='/a'):\n    open(path, 'w')\nsave('/b')"}, ""),
        ({"main.py": "class A:\n    def f(self):\n        self.p = self.p + 'x'\n"
                     "        open(self.p, 'w')"}, ""),
    ],
)  # fmt: skip
def test_a_path_is_followed_through_settings_options_and_modules(
    tmp_path: Path, files: dict[str, str], path: str
) -> None:
    found = {use.value for use in facts(tmp_path, files).uses if use.code == "writes-file"}
    assert found == ({path} if path else set())
