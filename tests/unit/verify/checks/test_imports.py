import pytest

from scaffold.docker.installed_packages import Installed
from scaffold.model.run import Importing, ImportTry
from scaffold.model.verification import Status
from scaffold.verify.checks.imports import check_imports

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
    )
    assert found.status is Status.FAILED
    assert found.text == f"numpy (numpy): {failed.error}"
    assert hint in found.hint
