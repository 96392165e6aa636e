"""Pushing and pulling against a registry on loopback."""

import hashlib
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from scaffold.docker.blob_store import LAYER, Blob, Store
from scaffold.docker.oci import CONFIG, INDEX, MANIFEST, Image, dump, write_archive
from scaffold.docker.registry import Registries, push_images
from scaffold.model.errors import BaseUnavailableError, PushError
from scaffold.model.target import Arch
from tests.support.registry_server import RegistryServer, serving

LARGE = (1 << 24) + 5  # one byte more than fits would do


def make_image(store: Store, arch: Arch = Arch.ARM64, layer: bytes = b"x" * LARGE) -> Image:
    blob = replace(store.add(layer, LAYER), diff=f"sha256:{hashlib.sha256(layer).hexdigest()}")
    config = store.add(
        dump({"architecture": arch, "os": "linux", "rootfs": {"diff_ids": [blob.diff]}}), CONFIG
    )
    text = {"mediaType": MANIFEST, "config": config.describe(), "layers": [blob.describe()]}
    manifest = store.add(dump(text), MANIFEST)
    return Image(arch=arch, tag="t", manifest=manifest, config=config, layers=(blob,))


def log_in(folder: Path, host: str, auth: str = "dXNlcjpzZWNyZXQ=") -> dict[str, str]:
    """Return the environment of a user for whom ``docker login`` left credentials."""
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))
    return {"DOCKER_CONFIG": str(folder)}


@pytest.mark.parametrize("login", ["none", "basic", "bearer"])
@pytest.mark.parametrize("limit", [1 << 40, 1 << 24])
@pytest.mark.parametrize("uses", [1 << 40, 2])
def test_what_is_pushed_is_what_is_pulled(
    tmp_path: Path, login: str, limit: int, uses: int
) -> None:
    store = Store(tmp_path / "store")
    image = make_image(store)
    with serving(RegistryServer(login=login, limit=limit, uses=uses)) as registry:
        environ = log_in(tmp_path, registry.host)
        goal = f"{registry.host}/team/app:1"
        sent = push_images([image], goal, store, environ)
        again = push_images([image], goal, store, environ)
        source = Registries(environ)
        found = source.find(goal, Arch.ARM64)
        fetched = Store(tmp_path / "other").fetch(
            found.layers[0], source.open(goal, found.layers[0])
        )
        source.close()
    assert (sent, again) == (LARGE + image.config.size, 0)
    assert found.digest == image.manifest.digest
    assert fetched.read_bytes() == b"x" * LARGE


def test_several_targets_are_one_name_and_share_what_is_there(tmp_path: Path) -> None:
    store = Store(tmp_path)
    images = [make_image(store, arch, b"same") for arch in (Arch.ARM64, Arch.AMD64)]
    with serving(RegistryServer()) as registry:
        goal = f"{registry.host}/app:1"
        sent = push_images(images, goal, store, {})
        media, text = registry.manifests["1"]
        source = Registries({})
        assert source.find(goal, Arch.AMD64).digest == images[1].manifest.digest
        listed = source.find_digest(goal)
        assert source.find(f"{goal}@{listed}", Arch.ARM64).digest == images[0].manifest.digest
        with pytest.raises(BaseUnavailableError, match="not there for linux/386"):
            source.find(goal, Arch.I386)
        source.close()
    assert media == INDEX
    assert listed == f"sha256:{hashlib.sha256(text or b'').hexdigest()}"
    assert len(json.loads(text or b"")["manifests"]) == 2
    assert sent == 4 + sum(one.config.size for one in images)


def test_who_may_not_write_is_told_to_log_in(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    with serving(RegistryServer(login="bearer")) as registry:
        environ = log_in(tmp_path, registry.host, auth="dXNlcjp3cm9uZw==")
        with pytest.raises(PushError) as raised:
            push_images([make_image(store)], f"{registry.host}/app:1", store, environ)
    assert f"docker login {registry.host}" in raised.value.hint


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("nowhere.invalid", r"its name cannot be resolved$"),
        ("127.0.0.1:1", r"it refuses the connection$"),
    ],
)
def test_a_registry_that_does_not_answer_is_told_in_words(
    tmp_path: Path, host: str, told: str
) -> None:
    with pytest.raises(BaseUnavailableError, match=told):
        Registries({}).find(f"{host}/app:1", Arch.ARM64)
    store = Store(tmp_path / "store")
    with pytest.raises(PushError, match=told):
        push_images([make_image(store, layer=b"x")], f"{host}/app:1", store, {})


def test_an_image_that_is_not_there_is_told_in_words() -> None:
    with (
        serving(RegistryServer()) as registry,
        pytest.raises(BaseUnavailableError, match=r"app:9 cannot be read from .*: 404 Not Found$"),
    ):
        Registries({}).find(f"{registry.host}/app:9", Arch.ARM64)


def test_a_layer_that_was_changed_on_the_way_is_not_kept(tmp_path: Path) -> None:
    with serving(RegistryServer()) as registry:
        digest = registry.add(b"good")
        registry.blobs[digest] = b"evil"
        blob = Blob(digest=digest, size=4)
        source = Registries({})
        with pytest.raises(BaseUnavailableError, match="another digest"):
            Store(tmp_path).fetch(blob, source.open(f"{registry.host}/app:1", blob))
        source.close()
    assert not Store(tmp_path).path(digest).exists()


@pytest.mark.parametrize(
    ("tag", "whole"),
    [
        ("app:latest", "docker.io/library/app:latest"),
        ("team/app:1", "docker.io/team/app:1"),
        ("registry.example:5000/app:1", "registry.example:5000/app:1"),
    ],
)
def test_an_archive_names_its_image_whole(tmp_path: Path, tag: str, whole: str) -> None:
    store = Store(tmp_path)
    image = replace(make_image(store, layer=b"x"), tag=tag)
    write_archive(tmp_path / "app.tar", [image], store)
    with tarfile.open(tmp_path / "app.tar") as tar:
        file = tar.extractfile("index.json")
        assert file is not None
        (row,) = json.loads(file.read())["manifests"]
    assert row["annotations"]["io.containerd.image.name"] == whole
