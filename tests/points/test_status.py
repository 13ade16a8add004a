"""What state a point is in on a day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from gridmap.points.status import is_built_point, is_open, status_on

PAST, FUTURE = "2019-01-01", "2021-01-01"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"status": "planned"}, "planned"),
        ({"status": "built"}, "built"),
        ({"status": "in_use"}, "in_use"),
        ({"status": "closed"}, "closed"),
        # dates win
        ({"status": "planned", "built_on": PAST}, "built"),
        ({"status": "planned", "opened_on": PAST}, "in_use"),
        ({"status": "in_use", "closed_on": PAST}, "closed"),
        ({"status": "planned", "opened_on": PAST, "closed_on": PAST}, "closed"),
        # days to come
        ({"status": "in_use", "opened_on": FUTURE}, "planned"),
        ({"status": "in_use", "opened_on": FUTURE, "built_on": PAST}, "built"),
        ({"status": "built", "opened_on": FUTURE}, "built"),
        ({"status": "built", "built_on": FUTURE}, "planned"),
        ({"status": "in_use", "built_on": FUTURE}, "planned"),
        ({"status": "in_use", "closed_on": FUTURE}, "in_use"),
        ({"status": "planned", "closed_on": FUTURE}, "planned"),
        # on record as closed
        ({"status": "closed", "opened_on": PAST}, "closed"),
        ({"status": "closed", "closed_on": FUTURE}, "in_use"),
        ({"status": "closed", "closed_on": FUTURE, "opened_on": PAST}, "in_use"),
        ({"status": "closed", "closed_on": FUTURE, "opened_on": FUTURE}, "planned"),
    ],
)
def test_dates_win_over_the_status(town: Any, row: dict[str, str], expected: str) -> None:
    assert status_on(town.points(row), town.day).to_list() == [expected]


def test_the_day_itself_counts(town: Any) -> None:
    """Opened on the day: in use. Closed on the day: closed, since the day is the first on which it no longer holds."""
    points = town.points(
        {"status": "built", "opened_on": "2020-06-30"}, {"status": "in_use", "closed_on": "2020-06-30"}
    )
    assert status_on(points, town.day).to_list() == ["in_use", "closed"]
    assert status_on(points, date(2020, 6, 29)).to_list() == ["built", "in_use"]
    assert is_open(points, town.day).to_list() == [True, False]


def test_a_built_point_is_a_grid_point_in_use_with_premises(town: Any) -> None:
    points = town.points(
        {"premises_id": "F1"},
        {"premises_id": " "},
        {},
        {"premises_id": "F2", "status": "built"},
        {"premises_id": "F3", "kind": "party_service_station"},
    )
    assert is_built_point(points, town.day).to_list() == [True, False, False, False, False]


def test_no_points(town: Any) -> None:
    empty = town.points()
    assert status_on(empty, town.day).empty
    assert is_open(empty, town.day).empty
    assert is_built_point(empty, town.day).empty
