import pytest

from scaffold.model.target import mega


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (0, "0.0 kB"),
        (99_940, "99.9 kB"),
        (100_000, "0.1 MB"),
        (999_900_000, "999.9 MB"),
        (1_267_100_000, "1.27 GB"),
        (-2_000_000_000, "-2.00 GB"),
    ],
)
def test_sizes_to_compare_are_told_in_the_unit_that_suits(size: int, told: str) -> None:
    assert mega(size) == told
