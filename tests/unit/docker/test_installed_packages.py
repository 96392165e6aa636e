"""Which packages an image holds: those that were installed, not the copies that these brought."""

from scaffold.docker.installed_packages import find_installed
from scaffold.model.image import Contents, ImageConfig

SITE = "usr/local/lib/python3.13/site-packages"
COPY = "setuptools/_vendor/packaging-26.3.dist-info"


def metadata(name: str, version: str) -> str:
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"


def test_a_copy_that_a_package_brought_along_is_no_package_of_its_own() -> None:
    texts = {
        f"{SITE}/packaging-26.4.dist-info/METADATA": metadata("packaging", "26.4"),
        f"{SITE}/packaging-26.4.dist-info/RECORD": "packaging-26.4.dist-info/METADATA,,\n",
        f"{SITE}/setuptools-80.dist-info/METADATA": metadata("setuptools", "80"),
        f"{SITE}/setuptools-80.dist-info/RECORD": f"{COPY}/METADATA,,\n{COPY}/RECORD,,\n",
        f"{SITE}/{COPY}/METADATA": metadata("packaging", "26.3"),
        f"{SITE}/{COPY}/RECORD": "packaging-26.3.dist-info/METADATA,,\n",
    }
    found = find_installed(Contents(id="1", config=ImageConfig(), layers=(), texts=texts))
    assert [(one.name, one.version) for one in found] == [
        ("packaging", "26.4"),
        ("setuptools", "80"),
    ]
