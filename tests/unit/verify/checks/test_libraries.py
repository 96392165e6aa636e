"""What an ELF file names has to be in the image, but for what a distribution leaves to others."""

import pytest

from scaffold.assembler.elf import Elf
from scaffold.docker.installed_packages import Installed
from scaffold.model.image import Contents, ImageConfig, ImageFile
from scaffold.model.target import Arch
from scaffold.model.verification import Check, Status
from scaffold.verify.checks.libraries import check_libraries

GNU = "/usr/lib/x86_64-linux-gnu"
SITE = "/usr/local/lib/python3.13/site-packages"
CORE = f"{SITE}/heavy/core.so"
PLUGIN = f"{GNU}/libsvn_auth_kwallet-1.so.1"


def make_file(path: str, *needed: str) -> ImageFile:
    name = path.rpartition("/")[2]
    return ImageFile(path=path, elf=Elf(machine=62, bits=64, soname=name, needed=needed))


def check(*files: ImageFile, records: bool = True, brought: str = "") -> Check:
    owned = [file for file in files if file.path.startswith(SITE)]
    extra = [ImageFile(path="/var/lib/dpkg/status")] if records else []
    found = {file.path: file for file in (*files, *extra)}
    folder = ImageFile(path=GNU, kind="folder")
    contents = Contents(
        id="sha256:0", config=ImageConfig(), layers=(), files={**found, GNU: folder}
    )
    heavy = Installed(name="heavy", version="1", folder=SITE, files=tuple(owned))
    return check_libraries(contents, [heavy], Arch.AMD64, facts={}, brought={brought: "the driver"})


def test_a_plugin_of_the_distribution_may_lack_what_other_packages_bring() -> None:
    found = check(make_file(PLUGIN, "libKF5Wallet.so.5"))
    assert found.status is Status.PASSED
    (said,) = found.evidence
    assert said.endswith("needs libKF5Wallet.so.5, which the distribution leaves to other packages")


@pytest.mark.parametrize(
    "files",
    [
        # Of an image that was put together on purpose nothing is left to others.
        (make_file(PLUGIN, "libKF5Wallet.so.5"), False),
        (make_file(CORE, "libKF5Wallet.so.5"), True),
        # What a package is linked with has to be whole, too, and the interpreter.
        (make_file(CORE, "libgl.so.1"), make_file(f"{GNU}/libgl.so.1", "libglx.so.0"), True),
        (make_file("/usr/local/bin/python3.13", "libpython.so"), True),
        (make_file("/usr/lib/python3.13/lib-dynload/_bz2.so", "libbz2.so.1"), True),
        (make_file("/opt/app/native.so", "libx.so"), True),
    ],
)
def test_what_the_application_may_load_has_to_be_whole(files: tuple[ImageFile | bool, ...]) -> None:
    *there, records = files
    found = check(*(one for one in there if isinstance(one, ImageFile)), records=bool(records))
    assert found.status is Status.FAILED
    assert "which no file of the image provides" in found.text


def test_what_the_driver_brings_is_unchecked_and_does_not_hide_what_is_missing() -> None:
    linked = make_file(CORE, "libcuda.so.1")
    found = check(linked, brought="libcuda.so.1")
    assert found.status is Status.PASSED
    assert found.text.endswith("but libcuda.so.1, unchecked: the driver brings it")
    assert check(linked).status is Status.FAILED
    both = check(make_file(CORE, "libcuda.so.1", "libgone.so.1"), brought="libcuda.so.1")
    assert both.status is Status.FAILED
    assert both.text.endswith("needs libgone.so.1, which no file of the image provides")
