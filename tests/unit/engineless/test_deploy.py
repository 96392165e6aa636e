"""What is sent to a device, and how it is to run there."""

import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from scaffold.cli.deploy import read_variables
from scaffold.docker.oci import CONFIG, LAYER, MANIFEST, Image, Store, dump, write_archive
from scaffold.dockerfile.extras.service import Group, Hardware
from scaffold.engineless.deploy import (
    Deployment,
    count_known,
    read_saved,
    run_settings,
    write_missing,
)
from scaffold.model.errors import UsageError
from scaffold.model.target import Arch

GPIO = Hardware(
    path="/dev/gpiochip0",
    variable="GPIOCHIP0",
    why="",
    group=Group(name="gpio", variable="GPIO_GID"),
)
BUS = Hardware(path="/run/dbus/system_bus_socket", variable="BUS", why="")


def write_image(folder: Path, arch: str = "arm64") -> Path:
    store = Store(folder / "store")
    layers = tuple(store.add(text * 2000, LAYER) for text in (b"base", b"pack", b"apps"))
    config = {
        "architecture": arch,
        "os": "linux",
        "config": {
            "Env": ["HOME=/home/app", "A=b"],
            "ExposedPorts": {"8000/tcp": {}},
            "Healthcheck": {"Test": ["CMD", "x"]},
        },
        "rootfs": {"type": "layers", "diff_ids": [one.digest for one in layers]},
    }
    made = store.add(dump(config), CONFIG)
    manifest = {"config": made.describe(), "layers": [one.describe() for one in layers]}
    image = Image(
        arch=Arch.ARM64,
        tag="app:latest",
        manifest=store.add(dump(manifest), MANIFEST),
        config=made,
        layers=layers,
    )
    write_archive(folder / "app.tar", [image], store)
    return folder / "app.tar"


@pytest.mark.parametrize(
    ("images", "known"),
    [
        ([], 0),
        ([["a"], ["x", "b", "c"]], 1),
        ([["a", "b", "other"], ["a"]], 2),
        ([["a", "b", "c", "d"]], 3),
        ([["b", "c"]], 0),
    ],
)
def test_an_engine_has_a_layer_only_on_those_below_it(images: list[list[str]], known: int) -> None:
    assert count_known(["a", "b", "c"], images) == known


def test_what_the_device_has_does_not_travel(tmp_path: Path) -> None:
    archive = write_image(tmp_path)
    saved = read_saved(archive, [Arch.AMD64, Arch.ARM64])
    assert (saved.tag, len(saved.diffs)) == ("app:latest", 3)
    size = write_missing(archive, saved.layers[:2], tmp_path / "part.tar")
    assert size < archive.stat().st_size - 16_000
    with tarfile.open(archive) as whole, tarfile.open(tmp_path / "part.tar") as part:
        assert set(whole.getnames()) - set(part.getnames()) == set(saved.layers[:2])


def test_an_archive_for_another_processor_or_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is for arm64, the device runs amd64"):
        read_saved(write_image(tmp_path), [Arch.AMD64])
    (tmp_path / "no.tar").write_text("x")
    with pytest.raises(UsageError, match="no archive of an image"):
        read_saved(tmp_path / "no.tar", [Arch.AMD64])


def test_it_runs_as_the_compose_file_says(tmp_path: Path) -> None:
    saved = read_saved(write_image(tmp_path), [Arch.ARM64])
    (tmp_path / ".env").write_text("# no\nGPIO_GID=997\nGPIOCHIP0='/dev/gpiochip4'\nTEXT=a=b\n")
    job = Deployment(
        archive=tmp_path / "app.tar",
        name="app",
        memory=512 << 20,
        cpus=3.5,
        hardware=(GPIO, BUS),
        environment=read_variables(tmp_path / ".env"),
        patience=60,
    )
    found = run_settings(job, saved)
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert found["ports"] == {"8000/tcp": 8000}
    assert found["volumes"] == ["app_home:/home/app", f"{BUS.path}:{BUS.path}:ro"]
    assert found["devices"] == ["/dev/gpiochip4:/dev/gpiochip0"]
    assert found["group_add"] == ["997"]
    assert found["environment"]["TEXT"] == "a=b"
    assert (found["mem_limit"], found["nano_cpus"]) == (512 << 20, 3_500_000_000)
    assert list(found["tmpfs"].values()) == [f"size={64 << 20},mode=1777"]
    with pytest.raises(UsageError, match="group gpio") as raised:
        run_settings(replace(job, environment={}), saved)
    assert "stat -c GPIO_GID=%g /dev/gpiochip0" in raised.value.hint
