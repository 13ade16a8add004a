"""The half year that figures look back on."""

from __future__ import annotations

from datetime import date

import pytest

from gridmap.reports.figures import half_year


@pytest.mark.parametrize(
    ("last", "first"),
    [
        ("2020-06-30", "2020-01-01"),
        ("2020-12-31", "2020-07-01"),
        ("2020-02-29", "2019-09-01"),
        ("2021-02-28", "2020-09-01"),
        ("2020-03-15", "2019-09-16"),
        ("2020-08-31", "2020-03-01"),
    ],
)
def test_half_a_year_is_six_whole_months(last: str, first: str) -> None:
    assert half_year(date.fromisoformat(last)) == (date.fromisoformat(first), date.fromisoformat(last))
