from dataclasses import replace
from datetime import date

import pytest

from scaffold.docker.installed_packages import Installed
from scaffold.model.image import Contents, ImageConfig, ImageFile
from scaffold.model.knowledge import PackageFact
from scaffold.model.run import Importing, ImportTry
from scaffold.model.verification import Status
from scaffold.verify.checks.imports import check_imports

DAY = date(2026, 11, 30)
IMAGE = Contents(id="x", config=ImageConfig(), layers=())
PACKAGES = (Installed(name="numpy", version="2.0", folder="site-packages"),)


@pytest.mark.parametrize(
    ("failed", "hint"),
    [
        (ImportTry(module="numpy", error="crashes", crash="SIGKILL"), "the memory check"),
        (ImportTry(module="numpy", error="crashes", crash="SIGSEGV"), "may need a system package"),
        (ImportTry(module="numpy", error="no libxcb.so.1"), "may need a system package"),
    ],
)
def test_a_module_that_does_not_import_fails_with_what_to_look_for(
    failed: ImportTry, hint: str
) -> None:
    found = check_imports(
        PACKAGES,
        {"numpy": "numpy"},
        Importing(tries=(failed,)),
        planned={"numpy": "2.0"},
        facts={},
        contents=IMAGE,
        brought={},
    )
    assert found.status is Status.FAILED
    assert found.text == f"numpy (numpy): {failed.error}"
    assert hint in found.hint


@pytest.mark.parametrize(
    ("requires", "files", "absent", "status"),
    [
        (("bee>=1",), (), "", Status.PASSED),
        (("bee ; python_version >= '3.8'",), (), "", Status.PASSED),
        (("bee ; extra == 'all'",), (), "", Status.FAILED),
        ((), (), "", Status.FAILED),
        (("bee>=1",), ("usr/bin/git",), "", Status.FAILED),
        (("bee>=1",), (), "smmap", Status.FAILED),
    ],
)
def test_a_program_that_is_left_to_another_package_need_not_be_there(
    requires: tuple[str, ...], files: tuple[str, ...], absent: str, status: Status
) -> None:
    packages = (
        Installed(name="bee", version="1", folder="s"),
        Installed(name="ui", version="1", folder="s", requires=requires),
    )
    there = {path: ImageFile(path=path, size=1) for path in files}
    found = check_imports(
        packages,
        {"bee": "bee"},
        Importing(tries=(ImportTry(module="bee", error="no git", absent=absent),)),
        planned={"bee": "1", "ui": "1"},
        facts={"bee": PackageFact(name="bee", programs=("git",), source="a test", checked=DAY)},
        contents=replace(IMAGE, files=there),
        brought={},
    )
    assert found.status is status
    told = "it starts git, which is not in the image" in str(found.evidence)
    assert told is (status is Status.PASSED)


def test_a_module_that_misses_what_the_driver_brings_need_not_import_here() -> None:
    error = "OSError: libcuda.so.1: cannot open shared object file"
    found = check_imports(
        PACKAGES,
        {"numpy": "numpy"},
        Importing(tries=(ImportTry(module="numpy", error=error),)),
        planned={"numpy": "2.0"},
        facts={},
        contents=IMAGE,
        brought={"libcuda.so.1": "the driver"},
    )
    assert found.status is Status.PASSED
    assert "the driver brings what it misses here (libcuda.so.1)" in str(found.evidence)
