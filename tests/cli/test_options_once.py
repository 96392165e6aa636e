"""An option is a field of one class; what is only half there fails by the option's name."""

import ast
import inspect
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

from scaffold import api
from scaffold.cli.commands import COMMANDS
from scaffold.cli.options import BUILD, Option, verify_params
from scaffold.model.build import BuildOptions
from scaffold.model.options import SETTINGS, Setting
from scaffold.model.verification import VerifyOptions

_SCAFFOLD = Path(api.__file__).parent
# What only the command line has: how it prints, and files beside the project.
_PRINTING = {"as_json", "quiet", "verbose", "form", "path"}
# Of verify: fields of the VerifyOptions that ``how`` takes, and what runs nothing or keeps figures.
_HOW = {one.name for one in fields(VerifyOptions)}
_FILES = {"no_engine", "base_from", "save"}


@cache
def _read_of_requests() -> frozenset[str]:
    """Return what the sources read of a request or of its options."""
    read = set()
    for file in _SCAFFOLD.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Attribute):
                owner = ast.unparse(node.value)
                if owner.endswith(("options", "request")):
                    read.add(node.attr)
    return frozenset(read)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_something_uses_each_option(setting: Setting) -> None:
    assert setting.field.rpartition(".")[2] in _read_of_requests()


@pytest.mark.parametrize("name", ["plan", "generate", "lint", "verify"])
def test_python_has_the_options_that_the_command_has(name: str) -> None:
    flags = {one.name for one in COMMANDS[name].params if one.expose_value}
    own = flags - {one.parameter for one in SETTINGS} - _PRINTING
    keywords = set(inspect.signature(getattr(api, name)).parameters)
    keywords -= {"path", "tell", "services", "options"}
    if "how" in keywords:
        keywords, own = keywords - {"how"}, own - _HOW - _FILES
    assert keywords == own


@pytest.mark.parametrize(
    ("option", "kind"),
    [
        *((one, BuildOptions) for one in BUILD),
        *((one, VerifyOptions) for one in verify_params("")),
    ],
    ids=lambda one: one.name if isinstance(one, Option) else "",
)
def test_each_option_of_builds_and_proofs_fills_a_field(option: Option, kind: type) -> None:
    assert option.name in {one.name for one in fields(kind)}
