"""The engine comes up, and pulls and runs base images that are like the real ones."""

from collections.abc import Callable

import pytest

from tests.engine import network
from tests.engine.engine import Engine
from tests.engine.home import Home
from tests.engine.measure import measure

pytestmark = pytest.mark.engine

# docker-library/repo-info, 2026-08-05: the amd64 image of python:3.13-slim-trixie, on disk.
REAL_SLIM = 118_060_000

Bases = Callable[..., Engine]
ARM_V7 = pytest.param("python:3.13-slim-bookworm", "arm/v7", marks=pytest.mark.long)
IMAGES = [
    ("python:3.13-slim", "amd64"),
    ("python:3.13-slim", "arm64"),
    ("python:3.13-alpine", "amd64"),
    ("python:3.13-alpine", "arm64"),
    ARM_V7,
]
MACHINES = {"amd64": "x86_64", "arm64": "aarch64", "arm/v7": "armv7l"}
MODULES = (
    "asyncio bz2 ctypes curses dbm.dumb decimal hashlib json lzma multiprocessing readline "
    "socket sqlite3 ssl uuid venv zlib zoneinfo"
)


def test_the_engine_answers_with_a_current_version(engine: Engine) -> None:
    assert int(engine.docker("version", "--format", "{{.Server.Version}}").split(".")[0]) >= 23
    assert "github.com/docker/buildx" in engine.docker("buildx", "version")


def test_no_other_engine_takes_the_addresses_of_one_that_runs(engine: Engine, home: Home) -> None:
    if not engine.own:
        pytest.skip("an engine that was there already has addresses of its own")
    assert network.is_taken(home)


@pytest.mark.parametrize(("image", "arch"), IMAGES)
def test_a_base_image_is_pulled_and_runs(bases: Bases, image: str, arch: str) -> None:
    engine = bases(arch)
    code = (
        f"import platform, sysconfig, {MODULES.replace(' ', ', ')};"
        "print(platform.machine(), platform.python_version_tuple()[:2],"
        " sysconfig.get_config_var('HOST_GNU_TYPE'))"
    )
    if "alpine" in image:
        code = code.replace("readline, ", "")
    engine.docker("pull", "--quiet", "--platform", f"linux/{arch}", image)
    said = engine.docker("run", "--rm", "--platform", f"linux/{arch}", image, "python", "-c", code)
    assert said.startswith(f"{MACHINES[arch]} ('3', '13')")


@pytest.mark.parametrize(("image", "arch"), IMAGES)
def test_pip_of_a_base_image_works(bases: Bases, image: str, arch: str) -> None:
    engine = bases(arch)
    said = engine.docker(
        *("run", "--rm", "--pull", "always", "--quiet", "--platform", f"linux/{arch}", image),
        *("pip", "list", "--format=freeze"),
    )
    assert [line.partition("==")[0] for line in said.split()] == ["pip"]


def test_the_slim_image_weighs_what_the_real_one_does(
    bases: Bases, record_property: Callable[[str, object], None]
) -> None:
    engine = bases("amd64")
    found = measure(engine, "python:3.13-slim", "amd64")
    record_property("on_disk", found.on_disk)
    assert found.on_disk == pytest.approx(REAL_SLIM, rel=0.05)


def test_no_certificates_of_the_machine_are_in_the_images(bases: Bases) -> None:
    engine = bases("amd64")
    said = engine.docker(
        *("run", "--rm", "--pull", "always", "--quiet", "python:3.13-slim"),
        *("sh", "-c", "env; ls /usr/local/share/ca-certificates 2> /dev/null"),
    )
    assert "SSL_CERT_FILE" not in said
    assert "PIP_CERT" not in said
    assert ".crt" not in said
