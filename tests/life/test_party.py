"""Party life, counted by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest
import shapely

from gridmap.errors import InvalidInput
from gridmap.life.party import (
    activities_of,
    branch_of_grids,
    branches_on,
    deliberations_of,
    reported_on,
    theme_days,
)
from gridmap.model.records import Records

JANUARY, MARCH = date(2020, 1, 1), date(2020, 3, 31)
ACTIVITY = "activity_id kind title held_on jurisdiction grid point_id branch_id attendance"


@pytest.fixture(scope="module")
def branches(town: Any) -> Records:
    return town.records(
        branch=(
            "branch_id name kind jurisdiction grids members founded_on dissolved_on",
            [
                ("z1", "第一支部", "branch", town.east, (town.a, town.b), 12, "2019-07-01", None),
                ("z2", "第二小组", "group", town.east, (town.a,), None, None, None),
                ("z3", "旧支部", "branch", town.west, (town.c,), 9, "2018-01-01", "2020-03-15"),
            ],
        )
    )


def test_a_branch_is_in_force_up_to_the_day_before_it_is_dissolved(branches: Records) -> None:
    assert branches_on(branches, date(2020, 3, 14))["branch_id"].tolist() == ["z1", "z2", "z3"]
    assert branches_on(branches, date(2020, 3, 15))["branch_id"].tolist() == ["z1", "z2"]
    assert branches_on(branches, date(2019, 6, 30))["branch_id"].tolist() == ["z2", "z3"]


def test_branches_of_grids(town: Any, branches: Records) -> None:
    covered = branch_of_grids(town.plan(), branches, town.day)
    assert covered.loc[town.a, ["branches", "groups", "names"]].tolist() == [
        ("z1",),
        ("z2",),
        ("第一支部", "第二小组"),
    ]
    assert covered["is_covered"].tolist() == [True, True, False, False]
    assert covered["members"].fillna(-1).tolist() == [12, 12, -1, -1]
    assert branch_of_grids(town.plan(), branches, date(2020, 3, 14)).loc[town.c, "branches"] == ("z3",)


def test_a_grid_named_twice_in_a_branch_counts_once(town: Any) -> None:
    twice = town.records(
        branch=(
            "branch_id name kind jurisdiction grids members",
            [("z", "支部", "branch", town.east, (town.a,) * 2, 5)],
        )
    )
    assert branch_of_grids(town.plan(), twice, town.day).loc[town.a, ["branches", "members"]].tolist() == [("z",), 5]


def test_the_latest_count_of_reported_members(town: Any) -> None:
    records = town.records(
        in_service=(
            "grid counted_on members",
            [
                (town.a, "2020-03-01", 14),
                (town.a, "2019-12-31", 10),
                (town.a, "2020-03-16", 99),
                (town.b, "2020-03-15", 3),
                ("310116113001888", "2019-01-01", 7),
            ],
        )
    )
    reported = reported_on(records, town.day)
    assert reported["members"].to_dict() == {town.a: 14, town.b: 3, "310116113001888": 7}
    assert reported_on(records, town.day, town.plan())["members"].sum() == 17
    assert reported_on(records, date(2018, 1, 1)).empty


def themes(town: Any, branches: Records, *rows: tuple[Any, ...]) -> Records:
    """Theme days: (day, jurisdiction, grid, branch)."""
    records = town.records(
        activity=(
            ACTIVITY,
            [(f"h{i}", "theme_day", "党日", d, j, g, "", b, None) for i, (d, j, g, b) in enumerate(rows)],
        )
    )
    return Records({**branches.frames, **records.frames})


def test_a_theme_day_covers_its_grid_and_those_of_its_branch(town: Any, branches: Records) -> None:
    records = themes(
        town,
        branches,
        ("2020-01-10", town.east, town.a, ""),
        ("2020-02-10", "", town.d, "z1"),
        ("2020-03-10", town.west, "", ""),
        ("2020-04-01", town.west, "", ""),
    )
    found = theme_days(records, town.plan(), JANUARY, MARCH)
    assert found.held.columns.tolist() == ["2020-01", "2020-02", "2020-03"]
    assert found.held.to_numpy().tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1], [0, 1, 1]]
    assert found.share.tolist() == [0.25, 0.75, 0.5]
    assert found.share_of_grid.round(3).tolist() == [0.667, 0.333, 0.333, 0.667]
    assert found.missing.to_numpy().tolist() == [
        [town.a, "2020-03"],
        [town.b, "2020-01"],
        [town.b, "2020-03"],
        [town.c, "2020-01"],
        [town.c, "2020-02"],
        [town.d, "2020-01"],
    ]


def test_a_theme_day_counts_once_where_grid_and_branch_agree(town: Any, branches: Records) -> None:
    records = themes(town, branches, ("2020-01-10", "", town.a, "z1"), ("2020-01-20", "", town.a, "z1"))
    assert theme_days(records, town.plan(), JANUARY, JANUARY).held.empty is False
    assert theme_days(records, town.plan(), JANUARY, MARCH).held["2020-01"].tolist() == [2, 2, 0, 0]


def test_a_theme_day_of_an_unknown_branch_or_grid_covers_nothing(town: Any, branches: Records) -> None:
    records = themes(town, branches, ("2020-01-10", town.east, "", "none"), ("2020-01-10", town.east, "999", ""))
    assert theme_days(records, town.plan(), JANUARY, MARCH).held.to_numpy().sum() == 0


def test_activities_by_kind_place_and_grid(town: Any) -> None:
    records = town.records(
        activity=(
            ACTIVITY,
            [
                ("h1", "culture", "舞蹈", "2020-01-05", "", town.a, "", "", 30),
                ("h2", "culture", "合唱", "2020-02-05", "", "", "p1", "", 20),
                ("h3", "health", "义诊", "2020-03-31", town.west, "", "", "", None),
                ("h4", "health", "义诊", "2020-01-31", "", "000000000000000", "", "", 5),
                ("h5", "health", "义诊", "2020-04-01", town.west, town.c, "", "", 100),
            ],
        )
    )
    found = activities_of(records, town.plan(), JANUARY, MARCH, grid_of_point={"p1": town.b})
    assert (found.n, found.attendance) == (4, 55)
    assert found.by_kind.loc[["culture", "health", "visit"]].to_numpy().tolist() == [[2, 50], [2, 5], [0, 0]]
    assert found.by_jurisdiction.to_numpy().tolist() == [[2, 50], [1, 0]]
    assert found.by_grid.to_numpy().tolist() == [[1, 30], [1, 20], [0, 0], [0, 0]]
    assert (found.n_covered, found.coverage) == (2, 0.5)


def test_without_places_the_register_of_points_tells_the_grid(town: Any) -> None:
    records = town.records(
        point=(
            "point_id name kind status grid geometry",
            [("p1", "点", "grid_point", "in_use", town.c, shapely.Point(0, 0))],
        ),
        activity=(ACTIVITY, [("h", "culture", "舞蹈", "2020-01-05", "", "", "p1", "", 30)]),
    )
    found = activities_of(records, town.plan(), JANUARY, MARCH)
    assert found.by_grid.loc[town.c].tolist() == [1, 30]
    assert found.by_jurisdiction.loc[town.west].tolist() == [1, 30]


def test_deliberations_turn_issues_into_projects(town: Any) -> None:
    records = town.records(
        deliberation=(
            "deliberation_id held_on grid topic issue_id attendance project project_status",
            [
                ("y1", "2020-01-05", town.a, "车棚", "w1", 12, "电动车棚", "done"),
                ("y2", "2020-01-06", town.a, "车棚", "w1", 8, "电动车棚二期", "proposed"),
                ("y3", "2020-02-06", town.b, "路灯", "w2", None, "路灯", "dropped"),
                ("y4", "2020-02-07", town.b, "绿化", "", 5, "绿化", ""),
                ("y5", "2020-02-08", town.b, "噪声", "w3", 5, "", ""),
                ("y6", "2020-04-08", town.b, "噪声", "w4", 5, "隔音", "done"),
            ],
        )
    )
    found = deliberations_of(records, JANUARY, MARCH)
    assert (found.n, found.attendance, found.n_from_issues) == (5, 30, 4)
    assert (found.n_projects, found.n_issue_projects) == (4, 1)
    assert found.by_status.to_dict() == {"proposed": 1, "under_way": 0, "done": 1, "dropped": 1, "": 1}
    assert found.projects["deliberation_id"].tolist() == ["y1", "y2", "y3", "y4"]


def test_nothing_recorded_and_empty_registers(town: Any) -> None:
    empty = town.records(
        branch=("branch_id", []), in_service=("grid", []), activity=("grid", []), deliberation=("grid", [])
    )
    for records in (Records(), empty):
        plan = town.plan(town.a)
        assert branches_on(records, town.day).empty
        assert branch_of_grids(plan, records, town.day)["is_covered"].tolist() == [False]
        assert pd.isna(branch_of_grids(plan, records, town.day)["members"].iloc[0])
        assert reported_on(records, town.day).empty
        assert theme_days(records, plan, JANUARY, MARCH).share.tolist() == [0, 0, 0]
        assert activities_of(records, plan, JANUARY, MARCH).coverage == 0
        assert deliberations_of(records, JANUARY, MARCH).n_projects == 0


def test_a_period_that_ends_before_it_begins_is_refused(town: Any) -> None:
    for call in (theme_days, activities_of):
        with pytest.raises(InvalidInput, match="before the first 2020-03-31"):
            call(Records(), town.plan(), MARCH, JANUARY)
    with pytest.raises(InvalidInput):
        deliberations_of(Records(), MARCH, JANUARY)


def test_a_theme_day_at_a_point_covers_the_grid_that_holds_it(town: Any, branches: Records) -> None:
    records = themes(town, branches, ("2020-01-10", town.east, "", ""))
    activity = records.of("activity").assign(point_id="P1")
    at_point = Records({**records.frames, "activity": activity})
    plan = town.plan()
    held = theme_days(at_point, plan, JANUARY, MARCH, grid_of_point={"P1": plan.codes[2]}).held
    assert held["2020-01"].tolist() == [0, 0, 1, 0]
