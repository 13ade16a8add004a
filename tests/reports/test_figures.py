"""The figures of a town: the half year that they look back on, and those of issues by hand."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gridmap.model.issues import Issues, make_issues
from gridmap.model.records import Records
from gridmap.reports.figures import Figure, figures_of, half_year, write_figures


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


DAY = date(2020, 2, 29)
OF_ISSUES = (
    "issues",
    "issues_by_tier",
    "kept_in_grid_rate",
    "kept_in_village_rate",
    "issues_open",
    "issues_overdue",
    "dispose_hours_median",
)


def issues(*rows: dict[str, Any]) -> Issues:
    table = pd.DataFrame([{"reported_at": "2020-01-15", **row} for row in rows])
    for name in table.columns.intersection(["reported_at", "settled_at", "due_at"]):
        table[name] = pd.to_datetime(table[name], format="ISO8601")
    return Issues(make_issues(table, [f"i{n}" for n in range(len(rows))]))


def figures(case: Any, given: Issues | None) -> dict[str, Figure]:
    return {f.key: f for f in figures_of(case.plan, Records(), case.rules, day=DAY, issues=given)}


def test_issues_of_the_half_year_by_hand(case: Any) -> None:
    closed = {"step": "closed", "tier": "jurisdiction", "settled_at": "2020-01-15 12:00"}
    given = issues(
        closed,
        {**closed, "step": "verifying", "due_at": "2020-03-01"},
        {**closed, "tier": "grid", "settled_at": "2020-01-15 02:00"},
        {**closed, "tier": "department", "settled_at": "2020-01-25"},
        {**closed, "tier": ""},
        {**closed, "reported_at": "2019-09-01"},
        {**closed, "reported_at": "2019-08-31 23:59"},  # a day too early
        {**closed, "reported_at": "2020-03-01"},  # a day too late
        {**closed, "step": "merged"},
        {"step": "disposing", "due_at": "2020-02-29 17:30"},
        {"step": "detected", "reported_at": "2019-01-01", "due_at": "2019-01-02"},  # old, but still open
        {"step": "detected", "reported_at": "2020-03-01", "due_at": "2020-02-01"},
    )
    found = figures(case, given)
    shares = found["issues_by_tier"].value
    assert isinstance(shares, dict)
    assert list(shares) == ["grid", "jurisdiction", "department"]
    assert list(shares.values()) == pytest.approx([1 / 5, 3 / 5, 1 / 5])
    values = {key: found[key].value for key in OF_ISSUES if key != "issues_by_tier"}
    assert values == pytest.approx(
        {
            "issues": 6,
            "kept_in_grid_rate": 0.2,
            "kept_in_village_rate": 0.8,
            "issues_open": 3,  # one waits for verification
            "issues_overdue": 2,
            "dispose_hours_median": 12,
        }
    )
    assert found["issues"].definition.zh.startswith("2019-09-01 至 2020-02-29 上报、已处置的问题")


def test_issues_that_were_never_recorded_have_no_figures(case: Any) -> None:
    assert [figures(case, None)[key].value for key in OF_ISSUES] == [None] * len(OF_ISSUES)


def test_shares_of_nothing_are_none_and_counts_are_zero(case: Any) -> None:
    for given in (issues({"reported_at": "2010-01-01", "step": "closed"}), issues({}).where([False])):
        found = figures(case, given)
        assert [found[key].value for key in OF_ISSUES] == [0, None, None, None, 0, 0, None]


def test_every_figure_is_defined_in_both_languages_and_json_holds_it(case: Any, tmp_path: Path) -> None:
    found = tuple(figures(case, issues({"step": "closed", "tier": "grid", "settled_at": "2020-01-16"})).values())
    assert len({f.key for f in found}) == len(found)
    assert all(f.label.zh and f.label.en and f.definition.zh and f.definition.en for f in found)
    write_figures(tmp_path / "figures.json", found, {"town": "山阳镇"})
    document = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    assert document["figures"]["issues_by_tier"] == {"grid": 1, "jurisdiction": 0, "department": 0}
    assert document["figures"]["dispose_hours_median"] == 24
