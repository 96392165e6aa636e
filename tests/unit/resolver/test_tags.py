import sys

import pytest
from packaging.tags import Tag, sys_tags

from scaffold.model.errors import UsageError
from scaffold.model.target import Arch
from scaffold.resolver.releases import wheel_rank
from scaffold.resolver.tags import (
    marker_environment,
    parse_arch,
    platform_tags,
    tag_ranks,
)
from tests.support.worlds import environment, musl


@pytest.mark.parametrize(
    ("spelled", "arch"),
    [
        ("arm64", Arch.ARM64),
        ("linux/arm64", Arch.ARM64),
        ("linux/arm64/v8", Arch.ARM64),
        ("aarch64", Arch.ARM64),
        ("AMD64", Arch.AMD64),
        ("x86_64", Arch.AMD64),
        ("arm/v7", Arch.ARM_V7),
        ("armhf", Arch.ARM_V7),
        ("linux/arm/v6", Arch.ARM_V6),
        ("i686", Arch.I386),
        ("riscv64", Arch.RISCV64),
    ],
)
def test_every_spelling_of_an_architecture_is_understood(spelled: str, arch: Arch) -> None:
    assert parse_arch(spelled) is arch


def test_a_misspelt_architecture_names_the_nearest_one() -> None:
    with pytest.raises(UsageError) as caught:
        parse_arch("amr64")
    assert "arm64" in caught.value.hint


@pytest.mark.skipif(sys.platform != "linux", reason="compares with the tags of a Linux interpreter")
def test_the_tags_of_this_machine_are_those_packaging_finds_by_asking_it() -> None:
    import platform  # noqa: PLC0415 - only here

    libc, version = platform.libc_ver()
    if libc != "glibc" or platform.machine() != "x86_64":
        pytest.skip("needs glibc on x86_64")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    ours = set(tag_ranks(environment(python, Arch.AMD64, "glibc", version)))
    assert ours == set(sys_tags())


def test_musl_takes_its_own_minor_and_older_ones() -> None:
    assert platform_tags(musl(Arch.ARM64)) == (
        "musllinux_1_2_aarch64",
        "musllinux_1_1_aarch64",
        "musllinux_1_0_aarch64",
    )


def test_linux_tags_are_glibc_builds_and_not_for_musl() -> None:
    name = "grpcio-1.85.1-cp313-cp313-linux_armv7l.whl"
    assert wheel_rank(name, environment(arch=Arch.ARM_V7)) is not None
    assert wheel_rank(name, musl(Arch.ARM_V7)) is None


def test_armv6_never_takes_armv7_code() -> None:
    for tag in ("linux_armv7l", "manylinux_2_31_armv7l"):
        assert wheel_rank(f"x-1-cp313-cp313-{tag}.whl", environment(arch=Arch.ARM_V6)) is None
    v6 = environment(arch=Arch.ARM_V6)
    assert wheel_rank("x-1-cp313-cp313-linux_armv6l.whl", v6) is not None
    assert wheel_rank("x-1-cp313-cp313-manylinux_2_31_armv6l.whl", v6) is None


def test_abi3_wheels_run_on_every_later_python() -> None:
    name = "cryptography-50.0-cp311-abi3-manylinux_2_28_x86_64.whl"
    assert wheel_rank(name, environment("3.14")) is not None
    assert wheel_rank(name, environment("3.10")) is None


def test_free_threaded_wheels_are_not_for_the_default_build() -> None:
    name = "numpy-2.5.5-cp314-cp314t-manylinux_2_28_x86_64.whl"
    assert wheel_rank(name, environment("3.14")) is None


def test_a_wheel_without_python_abi_suits_every_python() -> None:
    name = "xgboost-3.4-py3-none-manylinux_2_28_x86_64.whl"
    assert all(wheel_rank(name, environment(f"3.{m}")) is not None for m in range(10, 16))


def test_a_newer_glibc_tag_is_not_for_an_older_base() -> None:
    name = "x-1-cp313-cp313-manylinux_2_39_aarch64.whl"
    trixie = environment(arch=Arch.ARM64)
    bookworm = environment(arch=Arch.ARM64, version="2.36")
    assert wheel_rank(name, trixie) is not None
    assert wheel_rank(name, bookworm) is None


def test_legacy_names_are_aliases() -> None:
    tags = tuple(tag_ranks(environment("3.13", Arch.AMD64)))
    assert Tag("cp313", "cp313", "manylinux2014_x86_64") in tags
    assert Tag("cp313", "cp313", "manylinux1_x86_64") in tags
    arm = tuple(tag_ranks(environment("3.13", Arch.ARM64)))
    assert Tag("cp313", "cp313", "manylinux2014_aarch64") in arm
    assert Tag("cp313", "cp313", "manylinux1_aarch64") not in arm


def test_markers_are_the_targets_not_this_machines() -> None:
    markers = marker_environment(environment("3.10", Arch.ARM_V7), release="3.10.9")
    assert markers["platform_machine"] == "armv7l"
    assert markers["python_version"] == "3.10"
    assert markers["python_full_version"] == "3.10.9"
    assert markers["sys_platform"] == "linux"
