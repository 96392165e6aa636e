from collections.abc import Sequence

from scaffold.model.resolution import Reason
from scaffold.model.verdict import Decision
from scaffold.operations.compare import line_up, pick_python
from tests.support.builders import MB, make_decision, make_fits, make_rejected, make_size

BARE = make_fits("bare-trixie", size=make_size(50 * MB))
SLIM = make_fits("slim-trixie", size=make_size(150 * MB))
OLD_SLIM = make_fits("slim-bookworm", size=make_size(140 * MB))
ALPINE = make_fits("alpine-3.23", size=make_size(60 * MB))
ALL = make_decision(BARE, SLIM, OLD_SLIM, ALPINE)


def lined(decision: Decision, *names: str) -> Sequence[str]:
    places = line_up(decision, names, "size")
    return [place.fits.base.id if place.fits else place.refused for place in places]


def test_without_names_the_chosen_base_leads_and_every_other_family_has_its_best() -> None:
    assert lined(ALL) == ["bare-trixie", "alpine-3.23", "slim-bookworm"]


def test_names_are_families_or_ids_and_keep_their_order() -> None:
    assert lined(ALL, "alpine", "slim-trixie") == ["alpine-3.23", "slim-trixie"]


def test_two_names_of_one_base_are_one_place() -> None:
    assert lined(ALL, "slim-bookworm", "slim", "bare") == ["slim-bookworm", "bare-trixie"]


def test_a_base_that_does_not_fit_has_its_place_with_the_reason() -> None:
    decision = make_decision(BARE, make_rejected())
    (refused,) = lined(decision, "alpine")
    assert "tensorflow 2.20.0 has no wheel for musl" in refused


def test_a_rejection_that_came_further_tells_more() -> None:
    over = Reason(code="over-budget", text="150 MB, of 100 MB", fact="")
    far = make_rejected("alpine-3.23", "3.12", over, candidate=SLIM.candidate)
    assert "of 100 MB" in lined(make_decision(BARE, far, make_rejected()), "alpine")[0]


def test_other_bases_have_the_chosen_python_where_they_can() -> None:
    newer = make_fits("alpine-3.23", "3.14")
    decision = make_decision(BARE, newer, ALPINE)
    (place,) = line_up(decision, ["alpine"], "size")
    assert place.fits is not None
    assert place.fits.python == "3.13"
    (place,) = line_up(make_decision(BARE, newer), ["alpine"], "size")
    assert place.fits is not None
    assert place.fits.python == "3.14"


def test_where_nothing_fits_nothing_is_lined_up_without_names() -> None:
    assert lined(make_decision(None, make_rejected())) == []


def test_the_python_by_hand_is_the_one_asked_for_or_chosen_or_the_nearest_to_fitting() -> None:
    assert pick_python(ALL, "3.11") == "3.11"
    assert pick_python(ALL, "") == "3.13"
    far = make_rejected("slim-trixie", "3.12", candidate=SLIM.candidate)
    assert pick_python(make_decision(None, make_rejected(python="3.14"), far), "") == "3.12"
    assert pick_python(make_decision(None, make_rejected(python="3.9")), "") == "3.9"
