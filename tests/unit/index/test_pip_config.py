"""Our reading of pip's settings against pip's own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scaffold.index.configuration import read_pip_settings
from scaffold.model.errors import ConfigInvalidError

PIPS_OWN = """
import json
from pip._internal.configuration import Configuration
configuration = Configuration(isolated=False)
configuration.load()
flat = {}
for key, value in configuration.items():
    flat.update(value if isinstance(value, dict) else {key: value})
print(json.dumps(flat))
"""
OURS = """
import json, os
from scaffold.index.configuration import read_pip_settings
print(json.dumps(read_pip_settings(os.environ)))
"""
GLOBAL = "[global]\nindex-url = https://index.example/everyone\ntimeout = 7\n"
USER = (
    "[global]\nindex_url = https://index.example/user\n"
    "[install]\nExtra-Index-URL =\n  https://a\n  https://b\n"
)
LEGACY = "[global]\nindex-url = https://index.example/legacy\n--no-index = true\n"
CHOSEN = "[global]\ncert = /chosen.pem\ntimeout = 9\n"


def ask(script: str, home: Path, **variables: str) -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "XDG_"))}
    env |= {"HOME": str(home), "XDG_CONFIG_DIRS": str(home / "everyone")} | variables
    env["PYTHONPATH"] = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True
    )
    told: dict[str, str] = json.loads(done.stdout)
    return told


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write(tmp_path / "everyone/pip/pip.conf", GLOBAL)
    write(tmp_path / ".config/pip/pip.conf", USER)
    write(tmp_path / ".pip/pip.conf", LEGACY)
    write(tmp_path / "xdg/pip/pip.conf", "[global]\nproxy = http://proxy.example\n")
    write(tmp_path / "chosen.conf", CHOSEN)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"PIP_INDEX_URL": "https://index.example/env", "PIP_NO_INPUT": "1", "PIP_VERSION": "2"},
        {"PIP_CONFIG_FILE": "{home}/chosen.conf"},
        {"PIP_CONFIG_FILE": "{home}/absent.conf"},
        {"PIP_CONFIG_FILE": os.devnull},
        {"XDG_CONFIG_HOME": "{home}/xdg"},
    ],
)
def test_we_read_what_pip_reads(home: Path, variables: dict[str, str]) -> None:
    given = {name: value.format(home=home) for name, value in variables.items()}
    ours = ask(OURS, home, **given)
    assert ours == ask(PIPS_OWN, home, **given)
    assert ours or given == {"PIP_CONFIG_FILE": os.devnull}


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    write(tmp_path / "pip.conf", "index-url without a section\n")
    with pytest.raises(ConfigInvalidError) as caught:
        read_pip_settings({"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")})
    assert caught.value.details[0].file == str(tmp_path / "pip.conf")
