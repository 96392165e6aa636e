import pytest

from scaffold.core.checks.imports import check_imports
from scaffold.core.installed import Installed
from scaffold.model.report import Status
from scaffold.model.trial import Importing, ImportTry

PACKAGES = (Installed(name="numpy", version="2.0", folder="site-packages"),)


@pytest.mark.parametrize(
    ("failed", "hint"),
    [
        (ImportTry(module="numpy", error="crashes", crash="SIGKILL"), "the check of the memory"),
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
