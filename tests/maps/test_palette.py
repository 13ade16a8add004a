"""Classes of deviation, by hand."""

from __future__ import annotations

import pytest

from gridmap.maps.palette import BAND, DEVIATION, deviation_class


@pytest.mark.parametrize(
    ("households", "expected"),
    [(239, 0), (240, 1), (269, 1), (270, 2), (284, 2), (285, 3), (300, 3), (315, 3), (316, 4), (330, 4), (331, 5),
     (360, 5), (361, 6), (0, 0)],
)  # fmt: skip
def test_class_of_households_against_300(households: int, expected: int) -> None:
    assert deviation_class(households / 300 - 1) == expected


def test_every_deviation_lies_within_the_bounds_of_its_class() -> None:
    for thousandth in range(-1000, 1001):
        step = DEVIATION[deviation_class(thousandth / 1000)]
        assert step.lower <= thousandth / 1000 <= step.upper


def test_the_scale_is_never_red_against_green_and_has_no_colour_twice() -> None:
    colours = [step.colour for step in DEVIATION]
    assert len(set(colours)) == 7
    for colour in {*colours, *BAND}:
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        assert green <= max(red, blue)
