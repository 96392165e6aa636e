from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from scaffold.docker.build import BuildServices, Job, Watch, build_images, read_job_config
from scaffold.index.configuration import IndexConfig
from scaffold.model.build import BuildOptions, BuildRequest, Built, Secret
from scaffold.model.errors import OnePlatformError
from scaffold.model.project import IndexOptions
from scaffold.model.target import Arch

BOTH = (Arch.AMD64, Arch.ARM64)


@dataclass(slots=True)
class Seen:
    orders: list[tuple[BuildRequest, ...]] = field(default_factory=list)
    looked_up: list[tuple[str, str]] = field(default_factory=list)
    secrets_open: bool = False


def make_job(**changes: object) -> Job:
    job = Job(
        folder=Path("/p"),
        project="My App",
        arches=BOTH,
        index=IndexOptions(),
        wishes=BuildOptions(),
    )
    return replace(job, **changes)  # type: ignore[arg-type]


def make_edges(seen: Seen, *, one_platform: bool = False) -> BuildServices:
    @contextmanager
    def secrets(_: IndexConfig) -> Iterator[tuple[Secret, ...]]:
        seen.secrets_open = True
        yield (Secret(id="ca", path="/s"),)
        seen.secrets_open = False

    def build(orders: Sequence[BuildRequest], _: Watch) -> tuple[Built, ...]:
        assert seen.secrets_open
        seen.orders.append(tuple(orders))
        if one_platform and len({order.tag for order in orders}) < len(orders):
            raise OnePlatformError("one at a time")
        return tuple(Built(order=o, image=f"{o.arch}", steps=(), seconds=1) for o in orders)

    def join(tag: str, built: Sequence[Built]) -> tuple[Built, ...]:
        assert seen.secrets_open
        return tuple(replace(one, order=replace(one.order, tag=tag), image="list") for one in built)

    def look_up(engine: str, tag: str) -> tuple[str, int]:
        seen.looked_up.append((engine, tag))
        return f"id of {tag}", 5

    return BuildServices(
        environ={"HTTPS_PROXY": "http://proxy.example"},
        index_config=lambda _, __: IndexConfig(index_url=""),
        secrets=secrets,
        build=build,
        join=join,
        look_up=look_up,
    )


def watch(_: object) -> None:
    """Look away."""


def test_images_are_named_as_their_engine_names_them() -> None:
    seen = Seen()
    built = build_images(make_job(wishes=BuildOptions(engine="pi")), watch, make_edges(seen))
    assert [(one.image, one.size) for one in built] == [
        ("id of my-app:amd64", 5),
        ("id of my-app:arm64", 5),
    ]
    assert seen.looked_up[0] == ("pi", "my-app:amd64")


def test_secrets_and_proxies_reach_every_order_and_are_closed_afterwards() -> None:
    seen = Seen()
    build_images(make_job(), watch, make_edges(seen))
    for order in seen.orders[0]:
        assert order.secrets == (Secret(id="ca", path="/s"),)
        assert order.arguments == ("HTTPS_PROXY",)
        assert (order.context, order.dockerfile) == ("/p", "/p/Dockerfile")
    assert not seen.secrets_open


def test_pushed_images_are_not_looked_for_in_the_engine() -> None:
    seen = Seen()
    job = make_job(wishes=BuildOptions(tag="r.example/a:1", push=True))
    built = build_images(job, watch, make_edges(seen))
    assert [one.image for one in built] == ["amd64", "arm64"]
    assert seen.looked_up == []


def test_a_builder_of_one_platform_pushes_them_apart_and_the_registry_joins_them() -> None:
    seen = Seen()
    job = make_job(wishes=BuildOptions(tag="r.example/a:1", push=True))
    built = build_images(job, watch, make_edges(seen, one_platform=True))
    tags = [order.tag for order in seen.orders[1]]
    assert tags == ["r.example/a:1-amd64", "r.example/a:1-arm64"]
    assert {(one.order.tag, one.image) for one in built} == {("r.example/a:1", "list")}


def test_a_builder_that_cannot_build_even_one_is_an_error() -> None:
    def build(_: Sequence[BuildRequest], __: Watch) -> tuple[Built, ...]:
        raise OnePlatformError("not even one")

    edges = replace(make_edges(Seen()), build=build)
    with pytest.raises(OnePlatformError):
        build_images(make_job(arches=(Arch.ARM64,)), watch, edges)


def test_certificates_given_for_the_build_come_before_the_configured_ones(tmp_path: Path) -> None:
    environ = {"PIP_CERT": "/other.pem", "PIP_CONFIG_FILE": "/dev/null"}
    job = make_job(folder=tmp_path, index=IndexOptions(index_url="https://index.example/simple"))
    assert read_job_config(job, environ).cert == "/other.pem"
    job = replace(job, wishes=BuildOptions(certificates="/mine.pem"))
    config = read_job_config(job, environ)
    assert (config.cert, config.index_url) == ("/mine.pem", "https://index.example/simple")
