"""Suggestions: only what is near."""

import pytest

from scaffold.model.errors import did_you_mean, nearest

DEVICES = ("jetson", "jetson-nano", "jetson-orin-nano", "orange-pi-5", "rpi4", "rpi5", "odroidn2")


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("jetson-nao", ["jetson-nano"]),
        ("rpi6", ["rpi5", "rpi4"]),
        ("rip5", ["rpi5"]),
        ("orin", ["jetson-orin-nano"]),
        ("Orange", ["orange-pi-5"]),
        ("help", []),
        ("windows", []),
        ("x", []),
        ("", []),
    ],
)
def test_a_name_is_suggested_only_if_it_is_near(word: str, near: list[str]) -> None:
    assert nearest(word, DEVICES) == near


def test_several_are_joined_as_in_a_sentence() -> None:
    assert did_you_mean("pi", ("pi3", "pi4", "pi5")) == "did you mean pi5, pi4 or pi3?"
    assert did_you_mean("rpi", ("rpi4",)) == "did you mean rpi4?"
    assert did_you_mean("nothing", ("rpi4",)) == ""
