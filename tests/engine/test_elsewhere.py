"""An engine elsewhere: a device that runs the image, a builder that is not the engine's own."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.engine.engine import Engine
from tests.engine.home import Home
from tests.engine.leanscaffold import Ended
from tests.engine.second import Bench, served, two_engines
from tests.engine.shell import run
from tests.engine.ssh import reached_by_ssh

pytestmark = pytest.mark.engine

WORDS = ("--python", "3.13", "--offline", "--port", "8000", "--health", "/")
NAME = f"leanscaffold-test-elsewhere-{uuid4().hex[:8]}"


@pytest.fixture
def bench(engine: Engine, bases: object, home: Home, tmp_path: Path) -> Iterator[Bench]:
    with two_engines(engine, bases, home, tmp_path) as made:
        yield made
        run(["docker", "image", "prune", "--force", "--filter", f"label={NAME}"], env=made.env)


@pytest.fixture
def builder(bench: Bench) -> Iterator[str]:
    with served(bench.away) as address:
        words = ("create", "--name", NAME, "--driver", "remote", address)
        run(["docker", "buildx", *words], env=bench.env)
        yield NAME
        run(["docker", "buildx", "rm", "--force", NAME], env=bench.env)


def left_out(ended: Ended) -> set[str]:
    (report,) = ended.document()["reports"]
    rest = {one["code"]: one["status"] for one in report["checks"] if one["status"] != "passed"}
    assert set(rest.values()) == {"left-out"}, rest
    return set(rest)


def test_an_image_is_verified_on_the_engine_of_a_context(bench: Bench) -> None:
    host = f"host={bench.away.environ['DOCKER_HOST']}"
    run(["docker", "context", "create", "device", "--docker", host], env=bench.env)
    ended = bench.run(
        *("verify", "--on", "device", "--target", "amd64", "--base", "bare-alpine-3.23"),
        *(*WORDS, "--memory", "64MB", "--quick", "--json"),
    )
    assert ended.code == 0, ended.err + ended.out
    assert left_out(ended) == {"rebuild", "update", "writes"}
    assert bench.away.docker("ps", "--all", "--quiet") == ""
    assert bench.away.docker("images", "--quiet") == ""


def test_an_image_is_verified_on_a_device_that_is_reached_by_ssh(bench: Bench, home: Home) -> None:
    words = ("--target", "amd64", "--base", "bare-alpine-3.23", *WORDS, "--quick", "--json")
    with reached_by_ssh(home, bench.away) as (address, client):
        path = f"{client}{os.pathsep}{bench.env['PATH']}"
        ended = bench.run("verify", "--on", address, *words, PATH=path)
    # Without the server: nobody answers there, and it says what has to work.
    after = bench.run("verify", "--on", address, *words, PATH=path)
    assert ended.code == 0, ended.err + ended.out
    assert left_out(ended) == {"rebuild", "update", "writes"}
    assert bench.away.docker("ps", "--all", "--quiet") == ""
    assert bench.away.docker("images", "--quiet") == ""
    assert after.code == 7
    assert f"no Docker Engine answers at {address}" in after.err
    assert "`ssh HOST docker version` has to work there" in after.err


def test_a_context_that_is_not_there_is_named(bench: Bench) -> None:
    ended = bench.run("verify", "--on", "nowhere", "--target", "amd64", *WORDS)
    assert ended.code == 7
    assert "there is no docker context 'nowhere'" in ended.err


def test_another_builder_builds_what_the_engine_loads(bench: Bench, builder: str) -> None:
    tag = f"{NAME}:1"
    words = ("--target", "amd64", "--base", "bare-alpine-3.23", *WORDS)
    built = bench.run("build", "--builder", builder, "--tag", tag, *words, "--json")
    assert built.code == 0, built.err
    (image,) = built.document()["images"]
    try:
        facts = json.loads(bench.home.docker("image", "inspect", tag))[0]
        assert facts["Id"] == image["image"]
        assert bench.away.docker("images", "--quiet") == ""
    finally:
        bench.home.docker("rmi", "--force", tag)


def test_a_fleet_is_baked_on_another_builder_pushed_and_its_cache_used_again(
    bench: Bench, builder: str, tmp_path: Path
) -> None:
    tag = f"{bench.home.registry}/{NAME}:fleet"
    cache = f"{tmp_path}/layers/{{arch}}"
    words = ("--target", "amd64", "--target", "arm64", "--base", "alpine-3.23", *WORDS)
    first = bench.run(
        *("build", "--builder", builder, "--tag", tag, "--push", *words, "--json"),
        *("--cache-to", f"type=local,dest={cache},mode=max"),
    )
    assert first.code == 0, first.err
    assert sorted(one.name for one in (tmp_path / "layers").iterdir()) == ["amd64", "arm64"]
    listed = json.loads(bench.home.docker("buildx", "imagetools", "inspect", "--raw", tag))
    platforms = {row["platform"]["architecture"] for row in listed["manifests"]}
    assert platforms >= {"amd64", "arm64"}
    # Nothing but the cache that was written knows the steps any more.
    bench.away.docker("builder", "prune", "--all", "--force")
    again = bench.run(
        *("build", "--builder", builder, "--tag", tag, "--push", *words, "--json"),
        *("--cache-from", f"type=local,src={cache}"),
    )
    assert again.code == 0, again.err
    # Of a cache for two platforms, a builder finds the steps of either, or of both.
    for image in again.document()["images"]:
        assert any(one["cached"] for one in image["steps"] if "] RUN" in one["name"])
