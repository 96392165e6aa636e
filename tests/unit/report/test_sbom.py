"""Lists of what is in an image."""

import json
from dataclasses import replace

import pytest

from scaffold.assembler.elf import Elf
from scaffold.assembler.records import INTERPRETER
from scaffold.model.image import Contents, ImageConfig, ImageFile
from scaffold.model.index import DistFile
from scaffold.model.knowledge import SystemPackage
from scaffold.model.target import Arch
from scaffold.report.sbom import FORMATS, list_components, list_image, list_plan, make_licences
from tests.support.builders import make_fits, make_target, make_weighed

SITE = "/usr/local/lib/python3.13/site-packages"
LIBRARY = "/usr/lib/aarch64-linux-gnu/libssl.so.3"
PYPI = {
    f"{SITE}/a_b-1.0.dist-info/METADATA": "Name: A_b\nVersion: 1.0\nLicense-Expression: MIT\n",
    f"{SITE}/c-2.dist-info/METADATA": "Name: c\nVersion: 2\n"
    "Classifier: License :: OSI Approved :: BSD License\nLicense: a\n long text\n",
}
DPKG = (
    "Package: libssl3t64\nStatus: install ok installed\nVersion: 3.5.1-1+deb13u1\n\n"
    "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n"
)
APK = "C:Q1x=\nP:musl\nV:1.2.5-r10\nL:MIT\nF:lib\nR:ld-musl.so\n\nP:zlib\nV:1.3.1-r2\nL:Zlib\n"


def make_image(texts: dict[str, str], arch: str = "arm64") -> Contents:
    elf = Elf(machine=183, bits=64)
    files = {LIBRARY: ImageFile(path=LIBRARY, size=9, elf=elf)}
    files |= {path: ImageFile(path=path, size=len(text)) for path, text in texts.items()}
    config = ImageConfig(
        arch=arch,
        environment=(("PYTHON_VERSION", "3.13.9"),),
        labels=(("org.opencontainers.image.base.name", "python:3.13-slim"),),
        created="2026-11-29T00:00:00.123Z",
    )
    return Contents(id="sha256:1", config=config, layers=(), files=files, texts=texts)


@pytest.mark.parametrize(
    ("texts", "arch", "purls"),
    [
        ({}, "arm64", ["pkg:generic/python@3.13.9", ""]),
        (PYPI, "arm64", ["pkg:pypi/a-b@1.0", "pkg:pypi/c@2", "pkg:generic/python@3.13.9", ""]),
        (
            {INTERPRETER: '{"components": [{"version": "3.13.2"}]}'},
            "arm64",
            ["pkg:generic/python@3.13.2", ""],
        ),
        (
            {"/var/lib/dpkg/status": DPKG},
            "arm/v7",
            ["pkg:generic/python@3.13.9", "pkg:deb/debian/libssl3t64@3.5.1-1%2Bdeb13u1?arch=armhf"],
        ),
        (
            {"/var/lib/dpkg/status.d/libssl3": DPKG, "/var/lib/dpkg/status.d/a.md5sums": DPKG},
            "amd64",
            ["pkg:generic/python@3.13.9", "pkg:deb/debian/libssl3t64@3.5.1-1%2Bdeb13u1?arch=amd64"],
        ),
        (
            {"/usr/lib/apk/db/installed": APK},
            "arm64",
            [
                "pkg:generic/python@3.13.9",
                "pkg:apk/alpine/musl@1.2.5-r10?arch=aarch64",
                "pkg:apk/alpine/zlib@1.3.1-r2?arch=aarch64",
            ],
        ),
    ],
)
def test_packages_are_listed_and_libraries_of_no_package_by_path(
    texts: dict[str, str], arch: str, purls: list[str]
) -> None:
    found = list_components(make_image(texts, arch))
    assert [one.purl for one in found] == purls
    assert [one.path for one in found if not one.purl] == [LIBRARY] * purls.count("")


def test_licences_are_as_their_packages_wrote_them() -> None:
    found = {one.name: one.licence for one in list_components(make_image(PYPI))}
    assert (found["a-b"], found["c"]) == ("MIT", "BSD License")


def test_packages_are_listed_by_what_their_licences_ask_for() -> None:
    doc = "/usr/share/doc"
    image = make_image(
        {
            **PYPI,
            f"{SITE}/d-3.dist-info/METADATA": "Name: d\nVersion: 3\n",
            "/var/lib/dpkg/status": "".join(
                f"Package: {name}\nStatus: install ok installed\nVersion: 1\n\n"
                for name in ("libc6", "libgcc-s1", "zlib1g", "tzdata")
            ),
            f"{doc}/libc6/copyright": "License: LGPL-2.1+\n text\n\nLicense: BSD-3-clause\n",
            f"{doc}/gcc-14-base/copyright": " see /usr/share/common-licenses/GPL-3.\n",
            f"{doc}/zlib1g/copyright": "License: Zlib\n",
        }
    )
    link = ImageFile(path=f"{doc}/libgcc-s1", kind="link", target="gcc-14-base")
    found = make_licences(list_image(replace(image, files={**image.files, link.path: link}), "app"))
    rows = {
        asks: {one["package"]: one["licence"] for one in found[asks]}
        for asks in ("source", "notice", "unknown")
    }
    assert rows == {
        "source": {"libc6": "LGPL-2.1+, BSD-3-clause", "libgcc-s1": "GPL-3"},
        "notice": {"a-b": "MIT", "c": "BSD License", "cpython": "PSF-2.0", "zlib1g": "Zlib"},
        "unknown": {"d": "", "tzdata": ""},
    }


@pytest.mark.parametrize("form", ["cyclonedx", "spdx"])
def test_both_formats_name_all_and_are_the_same_twice(form: str) -> None:
    image = make_image({**PYPI, "/lib/apk/db/installed": APK})
    text = json.dumps(FORMATS[form](list_image(image, "app")))
    assert text == json.dumps(FORMATS[form](list_image(image, "app")))
    for one in list_components(image):
        assert one.purl in text
    assert "2026-11-29T00:00:00Z" in text or form == "cyclonedx"


def test_a_plan_lists_what_each_target_installs_once() -> None:
    library = SystemPackage(name="libgomp1", on_disk=1, download=1)
    chosen = {
        make_target(arch): make_fits(
            packages=[make_weighed("numpy", file=DistFile(filename="numpy.whl", sha256=digest))],
            run_packages=(library,),
        )
        for arch, digest in ((Arch.ARM64, "aa" * 32), (Arch.AMD64, "bb" * 32))
    }
    found = list_plan(chosen, "app")
    assert {one.purl: one.hashes for one in found.components} == {
        "pkg:generic/python@3.13.1": (),
        "pkg:pypi/numpy@2.2.6": ("aa" * 32, "bb" * 32),
        "pkg:deb/debian/libgomp1": (),
    }
    assert found.platforms == ("linux/arm64", "linux/amd64")
    assert found.base == "python:3.13-slim-trixie"
    assert list_plan(chosen, "app") == found
    assert list_plan(dict(list(chosen.items())[:1]), "app").id != found.id
    for form in FORMATS.values():
        assert "numpy" in json.dumps(form(found))
    assert json.dumps(FORMATS["spdx"](found)).count("aa" * 32) == 1


def test_a_plan_names_licences_as_unknown() -> None:
    found = make_licences(list_plan({make_target(): make_fits()}, "app"))
    assert [one["package"] for one in found["unknown"]] == ["numpy"]
