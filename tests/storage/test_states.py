"""From draft to in force to retired; which grid held a point on a day; codes that retire; reports that are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa
from pyproj import CRS

from gridmap.check import check_plan
from gridmap.errors import GridmapError, InvalidInput, InvalidPlan, NotStored, StoreError
from gridmap.model.plan import GridException, Plan
from gridmap.model.rules import Rules, parse_rules
from gridmap.model.text import Text
from gridmap.model.town import Town
from gridmap.model.units import Units
from gridmap.storage import judged, states
from gridmap.storage.branch import branch_plan
from gridmap.storage.codes import known_code, place_of, reserve_code
from gridmap.storage.connect import Store
from gridmap.storage.entries import PlanEntry, find_plan
from gridmap.storage.history import undo
from gridmap.storage.judged import load_report, save_report
from gridmap.storage.plans import load_plan, save_plan
from gridmap.storage.save import save_moves
from gridmap.storage.states import approve_plan, draw_shapes, put_in_force, reopen_plan, retire_plan
from gridmap.storage.verdict import judge_stored
from gridmap.storage.where import grid_at

V1, V2 = "310116113202001", "310116113202002"
A1, A2, A3, A4 = (f"31011611300100{i}" for i in range(1, 5))
AREA = "310116113001"


@pytest.fixture
def lawful(plan: Plan) -> Plan:
    """The plan with every rule that it breaks excepted."""
    reasons = [
        GridException(c, rule, "dead_zone", Text("例外", "excepted"))
        for c in plan.codes
        for rule in ("R4", "R5", "R10")
    ]
    return replace(plan, exceptions=tuple(reasons))


def today(store: Store) -> date:
    with store.read() as connection:
        day: date = connection.execute(sa.select(sa.func.current_date())).scalar_one()
    return day


def approved(store: Store, name: str) -> None:
    judge_stored(store, name)
    approve_plan(store, name)


@pytest.fixture
def in_force(store: Store, town: Town, lawful: Plan, rules: Rules) -> PlanEntry:
    """The plan 2025, in force from 1 January 2025."""
    save_plan(store, "2025", town, lawful, rules)
    approved(store, "2025")
    return put_in_force(store, "2025", date(2025, 1, 1)).entry


def test_the_way_of_a_plan(store: Store, town: Town, lawful: Plan, rules: Rules) -> None:
    save_plan(store, "p", town, lawful, rules)
    with pytest.raises(InvalidPlan, match="plan p is draft; only one that is checked can be approved"):
        approve_plan(store, "p")
    judge_stored(store, "p")
    assert find_plan(store, "p").state == "checked"
    save_moves(store, "p", 1, {"G2": V2})
    assert find_plan(store, "p").state == "draft"
    undo(store, "p", 2)
    approved(store, "p")
    with pytest.raises(InvalidPlan, match="is approved and does not change any more; take it back to draft"):
        save_moves(store, "p", 3, {"G2": V2})
    assert reopen_plan(store, "p", note="再议").state == "draft"
    approved(store, "p")
    done = put_in_force(store, "p", date(2026, 2, 1), note="山府〔2026〕1号")
    assert (done.entry.state, done.entry.since, done.entry.until, done.ended, done.retired) == (
        *("in_force", date(2026, 2, 1), None, None, ()),
    )
    for step in (reopen_plan, approve_plan):
        with pytest.raises(InvalidPlan, match="plan p is in force"):
            step(store, "p")
    with pytest.raises(InvalidPlan, match="make a branch"):
        undo(store, "p", 3)
    assert retire_plan(store, "p", date(2026, 3, 1)).until == date(2026, 3, 1)
    with store.read() as connection:
        log = connection.execute(sa.text("SELECT state, note FROM gridmap.state_log ORDER BY id")).all()
    assert [tuple(r) for r in log] == [
        ("checked", ""),
        ("checked", ""),
        ("approved", ""),
        ("draft", "再议"),
        ("checked", ""),
        ("approved", ""),
        ("in_force", "山府〔2026〕1号"),
        ("retired", ""),
    ]


def test_an_unlawful_plan_is_not_approved(store: Store, town: Town, plan: Plan, rules: Rules) -> None:
    labels = plan.grid_of.copy()
    labels[0] = -1
    save_plan(store, "p", town, replace(plan, grid_of=labels), rules)
    judge_stored(store, "p")
    with pytest.raises(InvalidPlan, match="breaks hard rules that no named exception covers"):
        approve_plan(store, "p")


def test_a_stale_report_does_not_approve(
    store: Store, town: Town, lawful: Plan, rules: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_plan(store, "p", town, lawful, rules)
    judge_stored(store, "p")
    assert not load_report(store, "p").is_stale
    for module in (judged, states):
        monkeypatch.setattr(module, "catalogue_version", lambda: "later")
    assert load_report(store, "p").is_stale
    with pytest.raises(InvalidPlan, match="older check catalogue"):
        approve_plan(store, "p")


def test_a_successor_ends_what_was_before(store: Store, in_force: PlanEntry) -> None:
    branch_plan(store, "2025", "2026")
    save_moves(store, "2026", 1, {"B09": A3, "B10": A3, "B11": A3})
    approved(store, "2026")
    done = put_in_force(store, "2026", date(2026, 3, 1))
    assert (done.ended, done.retired) == ("2025", (A4,))
    old = find_plan(store, "2025")
    assert (old.state, old.since, old.until) == ("retired", date(2025, 1, 1), date(2026, 3, 1))
    lineage = load_plan(store, "2026").lineage
    assert {(r.old_code, r.new_code, r.kind) for r in lineage.itertuples()} >= {
        (A4, A3, "merged"),
        (A1, A1, "unchanged"),
    }


def test_plans_in_force_do_not_overlap(
    store: Store, town: Town, lawful: Plan, rules: Rules, in_force: PlanEntry
) -> None:
    branch_plan(store, "2025", "2026")
    approved(store, "2026")
    for day in (date(2025, 1, 1), date(2024, 1, 1)):
        with pytest.raises(InvalidPlan, match="plan 2025 is in force from 2025-01-01; plan 2026 must begin later"):
            put_in_force(store, "2026", day)
    put_in_force(store, "2026", date(2026, 1, 1))
    branch_plan(store, "2026", "2027")
    approved(store, "2027")
    with pytest.raises(InvalidPlan, match="must begin later"):
        put_in_force(store, "2027", date(2025, 6, 1))
    with pytest.raises(InvalidPlan, match="more than a year ahead"):
        put_in_force(store, "2027", date(2206, 1, 1))
    put_in_force(store, "2027", today(store) + timedelta(days=300))
    assert find_plan(store, "2026").state == "retired"
    save_plan(store, "另", replace(town, name="另一镇"), lawful, rules)
    approved(store, "另")
    put_in_force(store, "另", date(2025, 1, 1))


OVERLAP = (
    "UPDATE gridmap.plan SET state = 'in_force', in_force = '[2024-06-01,)' WHERE name = '2026'",
    "UPDATE gridmap.plan SET in_force = '[2030-01-01,)' WHERE name = '2025'",
    "UPDATE gridmap.plan SET state = 'draft' WHERE name = '2025'",
    "UPDATE gridmap.plan SET version = 7 WHERE name = '2026'",
    "UPDATE gridmap.plan SET state = 'in_force' WHERE name = '2026'",
    "UPDATE gridmap.plan SET town_id = 9 WHERE name = '2026'",
)


@pytest.mark.parametrize("statement", OVERLAP)
def test_the_database_itself_holds_the_states(store: Store, in_force: PlanEntry, statement: str) -> None:
    branch_plan(store, "2025", "2026")
    approved(store, "2026")
    before = (find_plan(store, "2025"), find_plan(store, "2026"))
    with pytest.raises(GridmapError), store.begin() as connection:
        connection.execute(sa.text(statement))
    assert (find_plan(store, "2025"), find_plan(store, "2026")) == before


def test_a_retired_code_is_never_used_again(store: Store, in_force: PlanEntry) -> None:
    branch_plan(store, "2025", "2026")
    branch_plan(store, "2025", "草")
    branch_plan(store, "2025", "再")
    save_moves(store, "再", 1, {"B09": A3, "B10": A3, "B11": A3})
    approved(store, "草")
    save_moves(store, "2026", 1, {"B09": A3, "B10": A3, "B11": A3})
    approved(store, "2026")
    put_in_force(store, "2026", date(2026, 3, 1))
    with pytest.raises(InvalidPlan, match=f"grid code {A4} is retired and can never be used again"):
        undo(store, "再", 2)  # the grid would come back
    with pytest.raises(InvalidPlan, match=f"grid code {A4} is retired"):
        put_in_force(store, "草", date(2026, 4, 1))
    branch_plan(store, "2026", "新")
    with pytest.raises(InvalidPlan, match=f"grid code {A4} is retired"):
        save_moves(store, "新", 1, {"B00": A4})
    assert reserve_code(store, "新", AREA) == "310116113001005"
    for statement in (
        f"UPDATE gridmap.grid_code SET retired_on = NULL WHERE code = '{A4}'",
        f"DELETE FROM gridmap.grid_code WHERE code = '{A4}'",
        f"UPDATE gridmap.grid SET status = 'active' WHERE code = '{A4}' AND status = 'dissolved'",
    ):
        with pytest.raises(GridmapError), store.begin() as connection:
            connection.execute(sa.text(statement))


def test_codes_known_to_be_retired_come_with_the_plan(store: Store, town: Town, plan: Plan, rules: Rules) -> None:
    gone = "310116113001009"
    save_plan(store, "p", town, plan, rules, retired=[gone, A1])  # A1 is in use here, whatever the file says
    with pytest.raises(InvalidPlan, match=f"{gone} is retired"):
        save_moves(store, "p", 1, {"B00": gone})
    assert A1 in load_plan(store, "p").plan.codes


def test_new_codes_are_reserved(store: Store, stored: PlanEntry) -> None:
    assert reserve_code(store, "2026", AREA) == "310116113001005"
    assert reserve_code(store, "2026", AREA) == "310116113001006"
    with pytest.raises(InvalidInput, match="has no jurisdiction 1"):
        reserve_code(store, "2026", "1")
    assert (known_code(store, "2026", A1), place_of(store, "2026", ["B00"])) == (A1, AREA)
    with pytest.raises(InvalidInput, match=f"has no grid 999; it has {A1}"):
        known_code(store, "2026", "999")


def test_a_report_is_kept_with_its_version(store: Store, town: Town, plan: Plan, rules: Rules) -> None:
    save_plan(store, "p", town, plan, rules)
    with pytest.raises(NotStored, match="version 1 of plan p was not judged yet"):
        load_report(store, "p")
    report = check_plan(plan, rules, premises=town.premises)
    save_report(store, "p", 1, plan, report, rules, town)
    back = load_report(store, "p")
    assert (back.rules_name, back.is_lawful, back.is_stale, back.actor) == (rules.name, report.is_lawful, False, "王芳")
    plain = [pd.DataFrame(r.findings.drop(columns="geometry")) for r in (back, report)]
    pd.testing.assert_frame_equal(*plain, check_dtype=False)
    empty = report.findings.geometry.is_empty.to_numpy()
    same = shapely.equals_exact(back.findings.geometry.to_numpy()[~empty], report.findings.geometry.to_numpy()[~empty])
    assert same.all()
    assert back.document["fingerprint"] == plan.fingerprint
    save_moves(store, "p", 1, {"G2": V2})
    with pytest.raises(InvalidInput, match="judges another assignment than version 2"):
        save_report(store, "p", 2, plan, report, rules, town)
    assert load_report(store, "p", 1).version == 1


def test_which_grid_held_a_point_on_a_day(store: Store, town: Town, in_force: PlanEntry) -> None:
    branch_plan(store, "2025", "2026")
    save_moves(store, "2026", 1, {"G2": V2})
    approved(store, "2026")
    put_in_force(store, "2026", date(2026, 6, 1))
    x, y = gpd.GeoSeries([shapely.Point(250, 50)], crs=4549).to_crs(4326).iloc[0].coords[0]
    held = {
        day: [h.grid_code for h in grid_at(store, x, y, day)]
        for day in (date(2024, 12, 31), date(2025, 1, 1), date(2026, 5, 31), date(2026, 6, 1))
    }
    assert list(held.values()) == [[], [V1], [V1], [V2]]
    (now,) = grid_at(store, 250, 50, date(2026, 6, 1), crs="EPSG:4549")
    assert (now.town, now.plan, now.unit_id, now.jurisdiction_name, now.until) == (
        "山阳镇",
        "2026",
        "G2",
        "向阳村",
        None,
    )
    assert [h.unit_id for h in grid_at(store, 300, 50, date(2026, 6, 1), crs="EPSG:4549")] == ["G2", "G3"]
    assert grid_at(store, 0, 0, date(2026, 6, 1)) == []
    with pytest.raises(InvalidInput, match="no such CRS"):
        grid_at(store, 1, 2, crs="EPSG:99")
    with pytest.raises(InvalidInput, match="has no place in"):
        grid_at(store, 250, 500, crs="EPSG:4326")
    with store.read() as connection:
        sql = "SELECT grid_code FROM gridmap.grid_at(ST_SetSRID(ST_MakePoint(:x, :y), 4326), '2026-05-31')"
        assert connection.execute(sa.text(sql), {"x": x, "y": y}).scalars().all() == [V1]


def test_views_answer(store: Store, town: Town, in_force: PlanEntry) -> None:
    with store.read() as connection:

        def ask(sql: str) -> list[tuple[object, ...]]:
            return [tuple(r) for r in connection.execute(sa.text(sql))]

        assert ask("SELECT count(*), sum(households), count(grid_code) FROM gridmap.units_in_force") == [(18, 1500, 18)]
        assert ask("SELECT grid_code, households, n_units, locked FROM gridmap.grids_in_force ORDER BY 1")[0] == (
            *(A1, 300, 3, False),
        )
        assert ask("SELECT DISTINCT exception_zh FROM gridmap.grids_in_force") == [("例外；例外；例外",)]
        assert ask("SELECT count(*) FROM gridmap.findings WHERE severity = 'hard' AND NOT excepted") == [(0,)]
        assert ask("SELECT count(*) FROM gridmap.change_log WHERE plan = '2025' AND actor = '王芳'") == [(18,)]
        assert ask("SELECT count(*) FROM gridmap.jurisdictions") == [(2,)]
        assert ask("SELECT kind, name FROM gridmap.barriers") == [("road", "亭卫公路")]
        assert ask("SELECT premises_id, name, ST_X(geom) FROM gridmap.premises") == [("P1", "<小店>", 50.0)]
        assert ask("SELECT max(abs(deviation)) FROM gridmap.grids_in_force WHERE grid_code LIKE '310116113001%'") == [
            (0.0,)
        ]


def test_shapes_of_grids_cover_their_jurisdictions(store: Store, town: Town, in_force: PlanEntry) -> None:
    branch_plan(store, "2025", "2026")
    save_moves(store, "2026", 1, {"G2": V2, "B02": A2})
    for name in ("2025", "2026"):  # of the one the shapes are stored, of the other they are dissolved when asked for
        with store.read() as connection:
            rows = connection.execute(
                sa.text(
                    "SELECT jurisdiction, ST_AsBinary(geom) FROM gridmap.plan_grids WHERE plan = :p ORDER BY grid_code"
                ),
                {"p": name},
            ).all()
            stored = connection.execute(
                sa.text(
                    "SELECT count(geom) FROM gridmap.grid g JOIN gridmap.plan p ON p.id = g.plan_id WHERE p.name = :p"
                ),
                {"p": name},
            ).scalar_one()
        assert stored == (6 if name == "2025" else 0)
        for code, area in town.units.jurisdictions.geometry.items():
            parts = [shapely.from_wkb(bytes(w)) for c, w in rows if c == code]
            assert shapely.union_all(parts).symmetric_difference(area).area == pytest.approx(0)
            assert sum(p.area for p in parts) == pytest.approx(area.area)
    with store.begin() as connection:
        assert draw_shapes(connection, find_plan(store, "2026")) == 6
        assert draw_shapes(connection, find_plan(store, "2026")) == 0


def test_drafts_are_put_aside(store: Store, stored: PlanEntry) -> None:
    assert retire_plan(store, "2026").state == "retired"
    with pytest.raises(InvalidPlan, match="is retired and does not change"):
        save_moves(store, "2026", 1, {"G2": V2})
    with pytest.raises(InvalidPlan, match="plan 2026 is retired; only one that is"):
        retire_plan(store, "2026")


def test_a_plan_does_not_end_before_it_began(store: Store, in_force: PlanEntry) -> None:
    with pytest.raises(InvalidPlan, match="it cannot end on 2025-01-01"):
        retire_plan(store, "2025", date(2025, 1, 1))
    assert retire_plan(store, "2025").until == today(store)


def test_state_errors_name_both_languages(store: Store, stored: PlanEntry) -> None:
    with pytest.raises(InvalidPlan) as caught:
        put_in_force(store, "2026", date(2026, 1, 1))
    assert caught.value.zh == "方案「2026」处于「草案」状态；只有「已批准」的方案可以生效。"
    assert isinstance(caught.value, InvalidPlan)
    assert not isinstance(caught.value, StoreError)
    assert np.isfinite(load_plan(store, "2026").plan.households_of_grid).all()


def test_only_its_own_rules_and_todays_surroundings_approve(store: Store, town: Town, plan: Plan, rules: Rules) -> None:
    strict = parse_rules(rules.text.replace("value = 360", "value = 301").replace("value = 240", "value = 299"))
    labels = plan.grid_of.copy()
    labels[0] = 1
    save_plan(store, "p", town, replace(plan, grid_of=labels), rules)
    assert not judge_stored(store, "p").is_lawful
    judge_stored(store, "p", rules=strict)
    with pytest.raises(InvalidPlan, match="breaks hard rules"):
        approve_plan(store, "p")
    with store.read() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM gridmap.report")).scalar_one() == 2


def test_a_plan_in_force_since_asks_for_another_look(store: Store, in_force: PlanEntry) -> None:
    for name in ("甲", "乙"):
        branch_plan(store, "2025", name)
        judge_stored(store, name)
    approve_plan(store, "甲")
    put_in_force(store, "甲", date(2026, 1, 1))
    with pytest.raises(InvalidPlan, match="since the plans in force changed"):
        approve_plan(store, "乙")
    judge_stored(store, "乙")
    assert approve_plan(store, "乙").state == "approved"


def test_codes_that_a_plan_gives_up_retire_when_it_comes_into_force(
    store: Store, town: Town, lawful: Plan, rules: Rules
) -> None:
    lineage = pd.DataFrame({"old_code": ["gone"], "new_code": [A1], "kind": ["merged"], "households": [1]})
    save_plan(store, "p", town, lawful, rules, lineage=lineage)
    approved(store, "p")
    assert put_in_force(store, "p", date(2026, 1, 1)).retired == ("gone",)


def test_two_towns_in_systems_of_their_own_are_not_mixed(store: Store, town: Town, lawful: Plan, rules: Rules) -> None:
    for name, lon in (("甲镇", 121.4), ("乙镇", 122.4)):
        crs = CRS.from_proj4(f"+proj=tmerc +lat_0=31 +lon_0={lon} +k=1 +x_0=0 +y_0=0 +ellps=GRS80")
        frame, areas = (f.set_crs(crs, allow_override=True) for f in (town.units.frame, town.units.jurisdictions))
        units = Units(frame, areas)
        save_plan(store, name, Town(units, name=name), replace(lawful, units=units), rules)
        approved(store, name)
        put_in_force(store, name, date(2026, 1, 1))
    x, y = gpd.GeoSeries([shapely.Point(50, 50)], crs=crs).to_crs(4326).iloc[0].coords[0]
    assert [h.town for h in grid_at(store, x, y, date(2026, 6, 1))] == ["乙镇"]
