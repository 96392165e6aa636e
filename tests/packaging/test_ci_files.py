"""What other people's pipelines run of ours: as their schemas say, and with commands that exist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click import Context

from scaffold import __version__
from scaffold.cli import cli
from scaffold.model.options import BY_NAME, SETTINGS

ROOT = Path(__file__).resolve().parents[2]
FILES = ("action.yml", "gitlab.yml", ".pre-commit-hooks.yaml")


@pytest.mark.parametrize(
    ("file", "schema"), [("action.yml", "github-actions"), ("gitlab.yml", "gitlab-ci")]
)
def test_a_file_is_as_its_schema_says(file: str, schema: str) -> None:
    words = ("-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", file)
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", FILES)
def test_its_commands_and_options_exist(file: str) -> None:
    found = re.findall(
        r"leanscaffold (update|lint|build)((?: --[a-z-]+)*)", (ROOT / file).read_text()
    )
    assert found
    for name, options in found:
        command = cli.get_command(Context(cli), name)
        assert command is not None
        known = {word for one in command.params for word in one.opts}
        assert set(options.split()) <= known


def test_what_they_use_is_pinned() -> None:
    steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    used = [step["uses"] for step in steps if "uses" in step]
    assert used
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", one) for one in used)
    variables = yaml.safe_load((ROOT / "gitlab.yml").read_text())["variables"]
    assert variables["LEANSCAFFOLD"] == f"leanscaffold=={__version__}"


def test_options_are_declared_once_and_are_no_inputs_of_the_action() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    assert not {name.replace("_", "-") for name in action["inputs"]} & BY_NAME.keys()
    variables = yaml.safe_load((ROOT / "gitlab.yml").read_text())["variables"]
    assert not variables.keys() & {setting.variable for setting in SETTINGS}


def test_each_hook_says_what_runs_it() -> None:
    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text()):
        assert {"id", "name", "entry", "language", "files"} <= set(hook)
        assert re.compile(hook["files"]).search("Dockerfile")
