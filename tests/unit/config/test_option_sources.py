import shlex
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaffold.config.option_sources import (
    Source,
    overlay,
    raw_values,
    read_environment,
    read_flags,
    read_recorded,
    read_table,
    unused_variables,
)
from scaffold.config.request import parse_argv, parse_request, to_argv, value_of
from scaffold.model.errors import ConfigInvalidError, UsageError
from scaffold.model.options import SETTINGS, Request, Setting
from scaffold.model.target import Arch
from scaffold.project.pyproject_file import Pyproject

TABLE = """\
[project]
name = "demo"

[tool.leanscaffold]
device = "raspberry-pi-4"
max-size = "300MB"
memory = 536870912
cmd = ["python", "-m", "the app"]
extra = ["camera", "gpio"]
require-shell = true
knowledge = ["facts"]
requirement = "requirements/base.txt"

[tool.leanscaffold.swap]
opencv-python = "opencv-python-headless"
"""


def table(text: str, root: Path = Path("app")) -> Pyproject:
    return Pyproject(root=root, file="pyproject.toml", data=tomllib.loads(text), text=text)


def test_a_table_says_what_a_command_line_would_each_with_its_line() -> None:
    held = overlay(read_table(table(TABLE)))
    request = parse_request(raw_values(held))
    assert (request.device, request.max_size, request.memory) == (
        "raspberry-pi-4",
        300_000_000,
        512 << 20,
    )
    assert request.options.command == ("python", "-m", "the app")
    assert request.options.require_shell
    assert request.options.swaps == (("opencv-python", "opencv-python-headless"),)
    assert (held["max-size"].where, held["extra"].where) == (
        "pyproject.toml:6",
        "pyproject.toml:9",
    )
    assert held["swap"].line == 14


def test_paths_in_a_table_are_meant_from_the_project_as_the_options_would_spell_them() -> None:
    request = parse_request(raw_values(overlay(read_table(table(TABLE)))))
    assert request.knowledge == (str(Path("app/facts")),)
    assert request.requirements == ("requirements/base.txt",)


def test_the_first_source_that_names_an_option_decides_about_it_alone() -> None:
    flags = read_flags({"max_size": "100MB", "extra": ()})
    environment = read_environment(
        {"LEANSCAFFOLD_MAX_SIZE": "200MB", "LEANSCAFFOLD_EXTRA": "serial", "LEANSCAFFOLD_PORT": ""}
    )
    recorded = read_recorded({"port": "80", "health": "/well", "extra": ("a",)})
    held = overlay(flags, environment, read_table(table(TABLE)), recorded)
    request = parse_request(raw_values(held))
    assert (request.max_size, request.extras) == (100_000_000, ("serial",))
    assert (request.options.port, request.options.health) == (80, "/well")
    assert {name: one.source for name, one in held.items() if name in {"max-size", "extra"}} == {
        "max-size": Source.FLAG,
        "extra": Source.ENVIRONMENT,
    }
    assert held["device"].source is Source.PYPROJECT
    assert held["port"].where == "leanscaffold.json"


def test_a_device_outdoes_targets_named_further_away_and_no_nearer_ones() -> None:
    pi = read_flags({"device": "raspberry-pi-4"})
    targets = read_environment({"LEANSCAFFOLD_TARGET": "armv7,amd64 riscv64"})
    assert "target" not in overlay(pi, targets)
    request = parse_request(raw_values(overlay(targets, pi)))
    assert request.targets == (Arch.ARM_V7, Arch.AMD64, Arch.RISCV64)
    assert request.device == "raspberry-pi-4"


def test_a_switch_can_be_turned_off_by_a_nearer_source() -> None:
    off = read_environment({"LEANSCAFFOLD_REQUIRE_SHELL": "no"})
    held = overlay(read_flags({"require_shell": None}), off, read_table(table(TABLE)))
    assert not parse_request(raw_values(held)).options.require_shell


def test_every_variable_that_cannot_be_used_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        read_environment(
            {
                "LEANSCAFFOLD_MAX_SIZE": "huge",
                "LEANSCAFFOLD_OFFLINE": "perhaps",
                "LEANSCAFFOLD_EXTRA": "'open",
                "LEANSCAFFOLD_TARGET": "amr64",
            }
        )
    said = [detail.text.partition(":")[0] for detail in caught.value.details]
    assert sorted(said) == [
        "LEANSCAFFOLD_EXTRA",
        "LEANSCAFFOLD_MAX_SIZE",
        "LEANSCAFFOLD_OFFLINE",
        "LEANSCAFFOLD_TARGET",
    ]


def test_a_variable_that_is_no_options_is_found() -> None:
    names = {"LEANSCAFFOLD_MAXSIZE": "1", "LEANSCAFFOLD_CACHE_DIR": "/x", "PATH": "/bin"}
    assert unused_variables(names) == ("LEANSCAFFOLD_MAXSIZE",)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('max_size = "1GB"', "unknown setting 'max_size' (did you mean max-size"),
        ('devise = "pi"', "did you mean device"),
        ("python = 3.10", 'write it in quotes: python = "3.1"'),
        ('require-shell = "yes"', "require-shell: 'yes' is neither true nor false"),
        ("max-size = true", "max-size: True is not a string"),
        ('max-size = "huge"', "max-size: cannot read 'huge' as a size"),
        ("extra = [1]", "extra: 1 is not a string"),
        ('target = ["arm64", "amr64"]', "did you mean arm64"),
        ('objective = "smallest"', "choices: size, balanced, compatible"),
        ("port = 70000", "port: invalid port '70000'"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told_with_its_line(line: str, said: str) -> None:
    with pytest.raises(ConfigInvalidError) as caught:
        read_table(table(f"[tool.leanscaffold]\n\n{line}\n"))
    (detail,) = caught.value.details
    assert (detail.file, detail.line) == ("pyproject.toml", 3)
    assert said in detail.text


def test_all_wrong_settings_of_a_table_are_told_at_once() -> None:
    with pytest.raises(ConfigInvalidError) as caught:
        read_table(table('[tool.leanscaffold]\nport = "x"\nnonsense = 1\n'))
    assert [detail.line for detail in caught.value.details] == [2, 3]


def test_a_table_that_is_none_is_an_error() -> None:
    with pytest.raises(ConfigInvalidError):
        read_table(table('[tool]\nleanscaffold = "small"\n'))


def test_flags_variables_and_keys_are_each_of_one_setting() -> None:
    for names in (
        [setting.flag for setting in SETTINGS],
        [setting.variable for setting in SETTINGS],
        [setting.field for setting in SETTINGS],
    ):
        assert len(set(names)) == len(names)


_WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=["Cs"]))


@given(st.dictionaries(st.sampled_from([s.variable for s in SETTINGS]), _WORDS))
def test_any_environment_is_read_or_refused_by_name(environment: dict[str, str]) -> None:
    try:
        read_environment(environment)
    except UsageError as error:
        said = [error.cause, *(detail.text for detail in error.details)]
        assert any(text.startswith("LEANSCAFFOLD_") for text in said)


_SAMPLES = {
    "compression": "zstd:9",
    "model": f"net.onnx=https://m.example/a#sha256={'a' * 64}",
    "targets": "arm64",
    "size": "300MB",
    "memory": "512m",
    "text": "some-thing",
    "name": "camera",
    "path": "some/file.txt",
    "python": "3.13",
    "command": "python -m 'the app'",
    "port": "8080",
    "health": "/health",
    "swap": "numpy=numpy-lite",
    "url": "https://index.example/simple",
    "registry": "nv=registry.example/nv",
    "program": "ffmpeg",
    "output": "deploy/compose.yaml",
    "dockerfile": "docker/Dockerfile.lean",
    "choice": "",
    "switch": "",
}


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_each_setting_means_the_same_as_flag_variable_and_key(setting: Setting) -> None:
    sample = setting.choices[-1] if setting.choices else _SAMPLES[setting.kind]
    flag: object = sample
    variable, key = sample, f"'''{sample}'''"
    if setting.kind == "switch":
        flag, variable, key = True, "yes", "true"
    elif setting.repeatable:
        flag, variable, key = (sample,), shlex.quote(sample), f"[{key}]"
    pyproject = table(f"[tool.leanscaffold]\n{setting.name} = {key}\n", Path())
    requests = [
        parse_request(raw_values(overlay(given)))
        for given in (
            read_flags({setting.parameter: flag}),
            read_environment({setting.variable: variable}),
            read_table(pyproject),
        )
    ]
    assert requests[0] == requests[1] == requests[2]
    argv = to_argv(requests[0])
    if value_of(requests[0], setting) != value_of(Request(), setting):
        assert [word.partition("=")[0] for word in argv] == [setting.flag]
    assert parse_request(parse_argv(argv)) == requests[0]
