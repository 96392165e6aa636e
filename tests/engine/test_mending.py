"""``lint --fix`` changes no image: each rule's example is built and run before and after."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from scaffold.lint.linter import lint
from scaffold.lint.rules import Rule, all_rules
from tests.engine.engine import Engine
from tests.engine.shell import EngineError
from tests.support.lint_cases import case_of

pytestmark = pytest.mark.engine

CONTEXT = {
    "main.py": "import sys\nprint(sys.argv[1:])\n",
    "settings.py": "",
    "requirements.txt": "",
    "pyproject.toml": '[project]\nname = "demo"\nversion = "1"\n',
}
# What a mended image may not change: packages, variables, the folder, files and their modes.
REPORT = """
import importlib.metadata, json, os, pathlib
roots = [pathlib.Path(one) for one in ("/app", "/data", "/root") if os.path.isdir(one)]
found = [f for r in roots for f in r.rglob("*") if ".cache" not in str(f)]
files = {str(f): oct(f.stat().st_mode) for f in found}
names = sorted(one.metadata["Name"] for one in importlib.metadata.distributions())
env = {k: v for k, v in os.environ.items() if k not in {"HOSTNAME", "DEBIAN_FRONTEND"}}  # LS410
print(json.dumps([os.getcwd(), files, names, env], sort_keys=True))
"""


def fixes(rule: Rule) -> bool:
    return any(finding.fixable for finding in lint(case_of(rule.bad), [rule], fix=False).findings)


def tell(engine: Engine, folder: Path, text: str, tag: str) -> tuple[object, str]:
    """Build a Dockerfile; return what its image says of itself, and what its command prints."""
    (folder / "Dockerfile").write_text(text)
    try:
        engine.docker("build", "--quiet", "--tag", tag, str(folder))
        asked = ("run", "--rm", "--entrypoint", "python3", tag, "-c", REPORT)
        return json.loads(engine.docker(*asked)), engine.docker("run", "--rm", tag)
    finally:
        engine.docker("image", "rm", "--force", tag)


@pytest.mark.parametrize(
    "rule", [one for one in all_rules() if fixes(one)], ids=lambda rule: rule.code
)
def test_a_mended_image_is_the_image(
    rule: Rule, bases: Callable[..., Engine], tmp_path: Path
) -> None:
    engine = bases("amd64")
    for name, text in CONTEXT.items():
        (tmp_path / name).write_text(text)
    mended = lint(case_of(rule.bad), [rule], fix=True).text
    assert mended != rule.bad
    tag = f"leanscaffold-mending-{rule.code.lower()}"
    try:
        before = tell(engine, tmp_path, rule.bad, tag)
    except EngineError as error:
        pytest.skip(f"the example itself cannot be built here: {str(error)[-200:]}")
    assert tell(engine, tmp_path, mended, tag) == before
