import pytest

from scaffold.model.image import Contents, ImageConfig
from scaffold.model.run import Rebuild
from scaffold.model.verification import Status
from scaffold.verify.checks.rebuild import NOT_TRIED, check_update

IMAGE = Contents(id="sha256:0", config=ImageConfig(), layers=())


def test_without_packages_there_is_none_to_change() -> None:
    found = check_update(IMAGE, None)
    assert found.status is Status.PASSED
    assert found.text == "no packages are planned: there is none to change"


@pytest.mark.parametrize(
    ("why", "status"), [("image", Status.NOT_VERIFIED), ("quick", Status.LEFT_OUT)]
)
def test_what_was_not_tried_is_no_pass_and_left_out_as_asked_is_no_fault(
    why: str, status: Status
) -> None:
    assert check_update(IMAGE, NOT_TRIED[why]).status is status


def test_a_change_of_a_package_may_not_move_the_base() -> None:
    changed = Rebuild(what="a change of idna", seconds=2.0, changed=(0, 2), layers=3)
    assert check_update(IMAGE, changed).status is Status.FAILED
