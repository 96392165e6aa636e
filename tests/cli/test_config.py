import shlex
from dataclasses import replace
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaffold.cli.options import GIVEN
from scaffold.config.option_parsers import (
    parse_command,
    parse_memory,
    parse_python,
    parse_registry,
    parse_size,
    parse_swap,
    spell_size,
)
from scaffold.config.option_sources import (
    overlay,
    read_environment,
    read_flags,
    read_table,
    request_of,
)
from scaffold.config.request import choose_targets, parse_request, to_argv
from scaffold.model.errors import UsageError
from scaffold.model.options import BYTECODE, COMPILE, OBJECTIVES, Options, Request
from scaffold.model.target import Arch, CpuClass
from scaffold.operations.request import take_given
from scaffold.project.pyproject_file import load_pyproject
from tests.cli.outside import make_outside
from tests.support.builders import make_device


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("500MB", 500_000_000),
        ("500mb", 500_000_000),
        ("500 MB", 500_000_000),
        ("500MiB", 524_288_000),
        ("1.5GiB", 1_610_612_736),
        ("512m", 512_000_000),
        ("500M", 500_000_000),
        ("2g", 2_000_000_000),
        ("64k", 64_000),
        ("1048576", 1_048_576),
        ("12b", 12),
        ("0.5kB", 500),
        ("1TB", 10**12),
    ],
)
def test_a_size_is_read_as_people_write_it(text: str, size: int) -> None:
    assert parse_size(text) == size


def asked(*sources: dict[str, object]) -> tuple[tuple[Arch, ...], str]:
    request = request_of(overlay(*(read_flags(values) for values in sources)))
    return request.targets, request.device


@pytest.mark.parametrize(
    ("sources", "targets", "device"),
    [
        ([{"target": ("rpi5",)}], (), "rpi5"),
        ([{"target": ("aarch64",)}], (Arch.ARM64,), ""),
        ([{"target": ("arm64",), "device": "rpi5"}], (Arch.ARM64,), "rpi5"),
        ([{"target": ("rpi5",)}, {"device": "raspberry-pi-4"}], (), "rpi5"),
        ([{"target": ("rpi5",)}, {"target": ("amd64",)}], (), "rpi5"),
        ([{"target": ("amd64",)}, {"target": ("rpi5",)}], (Arch.AMD64,), "rpi5"),
    ],
)
def test_a_device_can_be_given_as_the_target(
    sources: list[dict[str, object]], targets: tuple[Arch, ...], device: str
) -> None:
    assert asked(*sources) == (targets, device)


def test_variables_and_settings_may_name_a_device_as_the_target(tmp_path: Path) -> None:
    (said,) = read_environment({"LEANSCAFFOLD_TARGET": "rpi5"})
    assert request_of(overlay([said])).device == "rpi5"
    (tmp_path / "pyproject.toml").write_text('[tool.leanscaffold]\ntarget = ["rpi5"]\n')
    pyproject = load_pyproject(tmp_path)
    assert pyproject is not None
    assert request_of(overlay(read_table(pyproject))).device == "rpi5"


@pytest.mark.parametrize(
    "values",
    [{"target": ("arm46",)}, {"target": ("arm64", "rpi5")}, {"target": ("rpi5",), "device": "x"}],
)
def test_what_is_nearly_an_architecture_or_one_of_several_is_no_device(
    values: dict[str, object],
) -> None:
    with pytest.raises(UsageError, match="--target"):
        asked(values)


def test_memory_is_read_as_docker_reads_it() -> None:
    assert parse_memory("512m") == 512 * 2**20


@pytest.mark.parametrize("size", [12, 999_999, 1_048_576, 500_000_001])
def test_a_size_is_spelt_so_that_it_is_read_again(size: int) -> None:
    assert parse_size(spell_size(size)) == size


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MB",
        "5 apples",
        "-5MB",
        "1,5GB",
        "1e9",
        "0",
        "0MB",
        "0.2",
        "500",
        "999999",
        "\u0665MB",
        "5MB5",
        "nan",
        "1.GB",
    ],
)
def test_a_size_that_is_none_says_what_is_accepted(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_size(text)
    assert "500MiB (2^20)" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "hint"),
    [("3.12.4", "write 3.12"), ("2.7", "3.12"), ("latest", "3.12"), ("3", "3.12"), ("3.x", "3.12")],
)
def test_an_impossible_python_is_an_error(text: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_python(text)
    assert hint in caught.value.hint


def test_a_python_may_be_named_as_its_program_is() -> None:
    assert parse_python("python3.12") == parse_python(" 3.12 ") == "3.12"


def test_a_swap_may_carry_extras_and_a_version() -> None:
    assert parse_swap("Opencv_Python = opencv-python-headless>=4,<5") == (
        "opencv-python",
        "opencv-python-headless<5,>=4",
    )
    assert parse_swap("uvicorn=uvicorn-worker[x]==1.0") == ("uvicorn", "uvicorn-worker[x]==1.0")


@pytest.mark.parametrize("text", ["a", "=b", "a=", "a=b c", "a=-b", "a;x=b", "a=\n"])
def test_a_swap_that_makes_no_sense_is_an_error(text: str) -> None:
    with pytest.raises(UsageError):
        parse_swap(text)


def test_a_swap_to_fewer_extras_of_the_same_package_is_allowed() -> None:
    assert parse_swap("uvicorn=uvicorn") == ("uvicorn", "uvicorn")


@pytest.mark.parametrize("text", ["x", "x=", "=y", "X=y z", 'x=y"', "x=y\nRUN z", "a b=c", "x=/y"])
def test_a_registry_prefix_cannot_smuggle_anything_into_the_dockerfile(text: str) -> None:
    with pytest.raises(UsageError):
        parse_registry(text)


def test_a_registry_prefix_may_have_a_port_and_a_path() -> None:
    assert parse_registry("default=registry.example:5000/mirror/") == (
        "default",
        "registry.example:5000/mirror",
    )


@pytest.mark.parametrize("text", ["", "  ", "python 'open", "python\nrm", "''"])
def test_a_command_that_cannot_be_split_is_an_error(text: str) -> None:
    with pytest.raises(UsageError):
        parse_command(text)


def test_all_bad_options_are_reported_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        parse_request({"max_size": "huge", "port": "70000", "target": ("arm64", "amr64")})
    texts = sorted(detail.text for detail in caught.value.details)
    assert [text.split(":")[0] for text in texts] == ["--max-size", "--port", "--target"]
    assert "did you mean arm64" in texts[2]


def test_two_swaps_of_one_package_are_an_error() -> None:
    with pytest.raises(UsageError, match="two swaps of numpy"):
        parse_request({"swap": ("numpy=a", "NumPy=b")})


def test_targets_may_be_spelt_in_many_ways_and_each_counts_once() -> None:
    request = parse_request({"target": ("linux/arm64,aarch64", "armv7", "x86_64")})
    assert request.targets == (Arch.ARM64, Arch.ARM_V7, Arch.AMD64)


def test_a_device_gives_architecture_memory_and_cpu_but_no_size_budget() -> None:
    pi = make_device()
    (target,), remarks = choose_targets(Request(device="Raspberry Pi 4"), {pi.id: pi}, "x86_64")
    assert (target.arch, target.device, target.cpu) == (Arch.ARM64, pi, CpuClass.MEDIUM)
    assert (target.budget.on_disk, target.budget.memory) == (None, 4 << 30)
    assert (target.budget.storage, target.budget.keeps_old) == (pi.storage, True)
    assert remarks == ()


def test_room_for_images_is_the_devices_storage_unless_less_is_named() -> None:
    pi = make_device()
    request = Request(device=pi.id, storage=3 * 10**9, remove_old=True)
    (target,), _ = choose_targets(request, {pi.id: pi}, "x86_64")
    assert (target.budget.storage, target.budget.keeps_old) == (3 * 10**9, False)
    assert {"--storage=3GB", "--remove-old"} <= set(to_argv(request))
    assert pi.storage is not None
    half = Request(device=pi.id, max_size=pi.storage * 2 // 3)
    assert [r.code for r in choose_targets(half, {pi.id: pi}, "x86_64")[1]] == ["over-storage"]
    assert choose_targets(replace(half, remove_old=True), {pi.id: pi}, "x86_64")[1] == ()


def test_flags_override_a_device_and_say_where_that_is_strange() -> None:
    pi = make_device()
    request = Request(device=pi.id, targets=(Arch.ARM_V7,), memory=8 << 30, max_size=64 * 10**9)
    (target,), remarks = choose_targets(request, {pi.id: pi}, "x86_64")
    assert (target.arch, target.budget.memory) == (Arch.ARM_V7, 8 << 30)
    assert [remark.code for remark in remarks] == ["over-storage", "over-memory", "device-arch"]


def test_without_target_and_device_it_is_this_machine_and_that_is_said() -> None:
    (target,), remarks = choose_targets(Request(), {}, "aarch64")
    assert target.arch is Arch.ARM64
    assert [remark.code for remark in remarks] == ["target-assumed"]


_NAMES = st.from_regex(r"[a-z0-9]{1,4}(-[a-z0-9]{1,3}){0,2}", fullmatch=True)  # normalised
_WORDS = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc", "Cs"]),
    max_size=12,
)
_COMMANDS = st.one_of(
    st.just(()),
    st.builds(lambda first, rest: (first, *rest), _NAMES, st.lists(_WORDS, max_size=4)),
)
_SIZES = st.one_of(st.none(), st.integers(min_value=1, max_value=10**13))
_URLS = st.sampled_from(["", "https://index.example/simple", "file:///srv/index"])
_SWAPS = st.dictionaries(_NAMES.map(lambda name: f"a-{name}"), _NAMES.map("b{}".format), max_size=3)


def _unique(values: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(values, unique=True, max_size=3).map(tuple)


_OPTIONS = st.builds(
    Options,
    objective=st.sampled_from(OBJECTIVES),
    python=st.sampled_from(["", "3.10", "3.14"]),
    base=st.sampled_from(["", "slim", "slim-trixie"]),
    require_shell=st.booleans(),
    command=_COMMANDS,
    port=st.one_of(st.none(), st.integers(min_value=1, max_value=65535)),
    health=st.sampled_from(["", "/", "/health?x=1"]),
    swaps=_SWAPS.map(lambda swaps: tuple(swaps.items())),
    apply_swaps=st.booleans(),
    allow_compile=st.sampled_from(COMPILE),
    bytecode=st.sampled_from(BYTECODE),
    registries=st.sampled_from(
        [(), (("default", "registry.example:5000/x"), ("nv", "nv.example"))]
    ),
    offline=st.booleans(),
)
_REQUESTS = st.builds(
    Request,
    targets=st.lists(st.sampled_from(list(Arch)), unique=True).map(tuple),
    device=st.sampled_from(["", "raspberry-pi-4"]),
    max_size=_SIZES,
    max_download=_SIZES,
    memory=_SIZES,
    extras=_unique(_NAMES),
    groups=_unique(_NAMES),
    requirements=_unique(st.sampled_from(["requirements.txt", "-odd name.txt", "a=b.txt"])),
    knowledge=_unique(st.sampled_from(["own facts", "../facts"])),
    index_url=_URLS,
    extra_index_urls=_unique(_URLS.filter(bool)),
    leave=_unique(st.sampled_from(["Dockerfile", "odd name/compose.yaml"])),
    options=_OPTIONS,
)


def _parse(**values: object) -> Request:
    return request_of(take_given(make_outside(), values))


_ECHO = click.Command("echo", callback=_parse, params=[*GIVEN])


@given(_REQUESTS)
def test_a_request_spelt_as_options_parses_to_itself(request: Request) -> None:
    argv = shlex.split(shlex.join(to_argv(request)))
    assert _ECHO.main(argv, prog_name="echo", standalone_mode=False) == request


def test_the_defaults_need_no_options() -> None:
    assert to_argv(Request()) == ()
