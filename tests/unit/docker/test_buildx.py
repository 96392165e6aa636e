import json

import pytest

from scaffold.docker.buildx_arguments import (
    bake_argv,
    bake_document,
    bake_targets,
    bake_text,
    build_argv,
    docker_argv,
    join_argv,
    raw_manifest_argv,
    spell_secret,
)
from scaffold.model.build import Secret
from scaffold.model.target import Arch
from tests.support.build_requests import make_order


def test_one_image_is_loaded_into_the_local_engine() -> None:
    assert build_argv(make_order(), metadata="/m.json") == (
        "docker",
        "buildx",
        "build",
        "--progress=rawjson",
        "--metadata-file=/m.json",
        "--platform=linux/arm64",
        "--file=/project/Dockerfile",
        "--tag=app:arm64",
        "--load",
        "--secret=id=ca,src=/secret/ca",
        "--",
        "/project",
    )


def test_every_wish_is_one_word_of_the_command() -> None:
    order = make_order(
        Arch.ARM_V7,
        secrets=(),
        builder="fleet",
        push=True,
        cache_from=("type=local,src=a", "app:cache"),
        cache_to=("type=local,dest=a",),
        labels=(("a", "b c"),),
        fresh=True,
        attest=True,
        arguments=("HTTPS_PROXY",),
        engine="ssh://pi@host",
    )
    argv = build_argv(order, metadata="/m", progress="plain")
    assert argv[:6] == (
        *("docker", "--host=ssh://pi@host", "buildx", "build"),
        *("--builder=fleet", "--progress=plain"),
    )
    assert argv[7:] == (
        "--no-cache",
        "--attest=type=provenance,mode=max",
        "--attest=type=sbom",
        "--platform=linux/arm/v7",
        "--file=/project/Dockerfile",
        "--tag=app:armv7",
        "--output=type=registry",
        "--label=a=b c",
        "--build-arg=HTTPS_PROXY",
        "--cache-from=type=local,src=a",
        "--cache-from=app:cache",
        "--cache-to=type=local,dest=a",
        "--",
        "/project",
    )


def test_a_push_compresses_all_layers_as_asked() -> None:
    argv = build_argv(make_order(push=True, compression="zstd:9"), metadata="m")
    assert (
        "--output=type=registry,oci-mediatypes=true,compression=zstd,compression-level=9"
        ",force-compression=true"
    ) in argv
    assert "--load" in build_argv(make_order(compression="zstd:9"), metadata="m")


def test_a_value_that_looks_like_an_option_stays_a_value() -> None:
    argv = build_argv(make_order(context="--push", tag="--load", builder="--x"), metadata="m")
    assert argv[-2:] == ("--", "--push")
    assert {"--tag=--load", "--builder=--x"} < set(argv)
    assert "--push" not in argv[:-1]


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        ("", ("docker",)),
        ("desktop-linux", ("docker", "--context=desktop-linux")),
        ("tcp://192.0.2.1:2376", ("docker", "--host=tcp://192.0.2.1:2376")),
    ],
)
def test_an_engine_is_an_address_or_a_context(engine: str, words: tuple[str, ...]) -> None:
    assert docker_argv(engine) == words


def test_a_secret_whose_path_has_commas_and_quotes_stays_two_values() -> None:
    assert spell_secret(Secret(id="ca", path='/a,b/"c"')) == 'id=ca,"src=/a,b/""c"""'


def test_a_bake_names_its_file_builder_and_engine() -> None:
    orders = [make_order(builder="b", engine="far", fresh=True), make_order(Arch.AMD64)]
    assert bake_argv(orders, file="/f.json", metadata="/m") == (
        *("docker", "--context=far", "buildx", "bake", "--builder=b", "--progress=rawjson"),
        *("--metadata-file=/m", "--no-cache", "--file=/f.json"),
    )


def test_nothing_cannot_be_baked() -> None:
    with pytest.raises(ValueError, match="nothing"):
        bake_argv([], file="f", metadata="m")


def test_images_that_are_loaded_are_one_bake_target_each() -> None:
    orders = [make_order(Arch.AMD64), make_order(Arch.ARM_V7, cache_to=("type=local,dest=c",))]
    assert bake_document(orders) == {
        "group": {"default": {"targets": ["amd64", "armv7"]}},
        "target": {
            "amd64": {
                "context": "/project",
                "dockerfile": "/project/Dockerfile",
                "platforms": ["linux/amd64"],
                "tags": ["app:amd64"],
                "output": ["type=docker"],
                "secret": ["id=ca,src=/secret/ca"],
            },
            "armv7": {
                "context": "/project",
                "dockerfile": "/project/Dockerfile",
                "platforms": ["linux/arm/v7"],
                "tags": ["app:armv7"],
                "output": ["type=docker"],
                "secret": ["id=ca,src=/secret/ca"],
                "cache-to": ["type=local,dest=c"],
            },
        },
    }


def test_images_that_are_pushed_under_one_tag_are_one_target_of_several_platforms() -> None:
    arches = (Arch.AMD64, Arch.ARM64)
    orders = [make_order(arch, tag="r.example/app:1", push=True, attest=True) for arch in arches]
    document = bake_document(orders)
    assert list(document["target"]) == ["amd64-arm64"]
    target = document["target"]["amd64-arm64"]
    assert target["platforms"] == ["linux/amd64", "linux/arm64"]
    assert target["output"] == ["type=registry"]
    assert target["attest"] == ["type=provenance,mode=max", "type=sbom"]
    assert target["tags"] == ["r.example/app:1"]


def test_a_target_of_several_platforms_has_the_caches_of_all() -> None:
    orders = [
        make_order(
            arch,
            push=True,
            tag="app:1",
            cache_from=("type=registry,ref=c", f"type=local,src={arch.slug}"),
            cache_to=(f"type=local,dest={arch.slug}",),
        )
        for arch in (Arch.AMD64, Arch.ARM64)
    ]
    (target,) = bake_document(orders)["target"].values()
    assert target["cache-from"] == [
        *("type=registry,ref=c", "type=local,src=amd64", "type=local,src=arm64"),
    ]
    assert target["cache-to"] == ["type=local,dest=amd64", "type=local,dest=arm64"]


def test_images_that_would_overwrite_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="loaded as app"):
        bake_targets([make_order(Arch.AMD64, tag="app"), make_order(tag="app")])
    with pytest.raises(ValueError, match="per architecture"):
        bake_targets([make_order(), make_order(tag="other")])


def test_the_value_of_a_build_argument_comes_from_the_environment_and_is_in_no_file() -> None:
    document = bake_document([make_order(arguments=("NO_PROXY",)), make_order(Arch.AMD64)])
    assert document["variable"] == {"NO_PROXY": {"default": ""}}
    assert document["target"]["arm64"]["args"] == {"NO_PROXY": "${NO_PROXY}"}
    assert "args" not in document["target"]["amd64"]


def test_a_path_is_never_taken_for_a_template() -> None:
    order = make_order(context="/a${HOME}/%{if x}", labels=(("l", "${x}"),))
    target = json.loads(bake_text([order]))["target"]["arm64"]
    assert target["context"] == "/a$${HOME}/%%{if x}"
    assert target["labels"] == {"l": "$${x}"}


def test_a_manifest_list_is_made_of_images_in_the_registry() -> None:
    assert join_argv("r.example/a:1", ["r.example/a:1-amd64"], engine="", builder="b") == (
        *("docker", "buildx", "imagetools", "create", "--builder=b"),
        *("--tag=r.example/a:1", "--", "r.example/a:1-amd64"),
    )
    assert raw_manifest_argv("r.example/a:1", engine="c", builder="") == (
        *("docker", "--context=c", "buildx", "imagetools", "inspect", "--raw", "--"),
        "r.example/a:1",
    )
