"""What differs between two versions; and plans that go over to a new survey."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.errors import InvalidInput, NotStored
from gridmap.model.plan import Plan
from gridmap.model.rules import Rules
from gridmap.model.town import Town
from gridmap.model.units import Units
from gridmap.storage.branch import branch_plan
from gridmap.storage.connect import Store
from gridmap.storage.diff import diff_versions
from gridmap.storage.entries import PlanEntry, find_plan, list_plans
from gridmap.storage.history import undo
from gridmap.storage.plans import load_plan, save_plan
from gridmap.storage.resurvey import migrate_plan
from gridmap.storage.save import save_moves

V1, V2 = "310116113202001", "310116113202002"
A1, A2, A3, A4 = (f"31011611300100{i}" for i in range(1, 5))
NEW = "310116113001005"


def test_units_grids_codes_and_lineage(store: Store, town: Town, stored: PlanEntry) -> None:
    save_moves(store, "2026", 1, {"G2": V2, "B09": A3, "B10": A3, "B11": A3, "B00": NEW})
    found = diff_versions(store, "2026", 1)
    assert (found.before, found.after) == (("2026", 1), ("2026", 2))
    assert found.units[["unit_id", "from_grid", "to_grid", "households"]].to_numpy().tolist() == [
        ["G2", V1, V2, 50],
        ["B00", A1, NEW, 100],
        ["B09", A4, A3, 100],
        ["B10", A4, A3, 100],
        ["B11", A4, A3, 100],
    ]
    assert found.units.crs == town.units.frame.crs
    assert found.units.geometry.iloc[0].equals(town.units.frame.geometry["G2"])
    assert found.households_moved == 450
    assert (found.codes_new, found.codes_gone) == ([NEW], [A4])
    assert found.grids.to_numpy().tolist() == [
        [A1, "changed", 300, 200, 3, 2],
        [A3, "changed", 300, 600, 3, 6],
        [A4, "gone", 300, 0, 3, 0],
        [NEW, "new", 0, 100, 0, 1],
        [V1, "changed", 150, 100, 3, 2],
        [V2, "changed", 150, 200, 3, 4],
    ]
    kinds = {(r.old_code, r.new_code): r.kind for r in found.lineage.itertuples()}
    assert kinds == {
        (A1, A1): "split",
        (A1, NEW): "split",
        (A3, A3): "merged",
        (A4, A3): "merged",
        (V1, V1): "irregular",
        (V1, V2): "irregular",
        (V2, V2): "irregular",
    }


def test_backwards_and_nothing(store: Store, stored: PlanEntry) -> None:
    save_moves(store, "2026", 1, {"G2": V2})
    undo(store, "2026", 2)
    back = diff_versions(store, "2026", 2, 1)
    assert back.units[["from_grid", "to_grid"]].to_numpy().tolist() == [[V2, V1]]
    none = diff_versions(store, "2026", 1)
    assert (len(none.units), len(none.grids), len(none.lineage), none.households_moved) == (0, 0, 0, 0)


def test_units_without_a_grid_are_no_moved_households(store: Store, stored: PlanEntry) -> None:
    save_moves(store, "2026", 1, {"G2": ""})
    found = diff_versions(store, "2026", 1)
    assert (found.units["to_grid"].tolist(), found.households_moved) == ([""], 0)


def test_a_branch_against_its_plan(store: Store, stored: PlanEntry) -> None:
    branch_plan(store, "2026", "试验")
    save_moves(store, "试验", 1, {"G2": V2})
    found = diff_versions(store, "2026", 1, other="试验")
    assert (found.after, found.units["unit_id"].tolist()) == (("试验", 2), ["G2"])


def shifted(town: Town, by: float) -> Town:
    """A new survey: new ids, households up by a fifth, everything moved east by some metres."""
    units = town.units.frame
    frame = units.set_geometry(units.translate(by)).set_axis([f"N{i:02}" for i in range(len(units))], axis=0)
    frame["households"] = (units["households"] * 1.2).astype(int).to_numpy()
    areas = town.units.jurisdictions
    areas = areas.set_geometry(areas.translate(by))
    return Town(Units(gpd.GeoDataFrame(frame), areas), name="不同的名字", source="2027 年调查", is_synthetic=True)


def test_a_plan_goes_over_to_a_new_survey(store: Store, town: Town, stored: PlanEntry) -> None:
    save_moves(store, "2026", 1, {"B09": A3, "B10": A3, "B11": A3})
    done = migrate_plan(store, "2026", shifted(town, 10), "2027")
    assert (done.entry.town, done.entry.state, done.entry.source_version) == ("山阳镇", "checked", 2)
    back = load_plan(store, "2027").plan
    assert list(back.code_of_unit()) == [V1] * 3 + [V2] * 3 + [A1] * 3 + [A2] * 3 + [A3] * 6
    assert (done.unassigned, done.gone, done.new_codes) == ((), (), {})
    assert done.n_cut == 5  # two at the border of grids, three at the edge of the town
    assert set(done.off_size["grid_code"]) == {A3}
    row = done.off_size.iloc[0]
    assert (row["value"], row["limit"], row["measure_unit"]) == (720, 360, "户")
    with pytest.raises(InvalidInput, match="of different surveys"):
        diff_versions(store, "2026", 1, other="2027")


def test_units_that_lie_in_no_grid_are_listed(store: Store, town: Town, plan: Plan, rules: Rules) -> None:
    labels = plan.grid_of.copy()
    labels[:3] = -1
    codes = plan.codes[1:]
    kept = np.where(labels > 0, labels - 1, -1).astype(np.int32)
    save_plan(store, "2026", town, Plan(town.units, kept, codes), rules)
    done = migrate_plan(store, "2026", shifted(town, 0), "2027")
    assert done.unassigned == ("N00", "N01", "N02")
    half = shifted(town, 0)
    mask = np.array([i.startswith("N0") for i in half.units.ids])
    part = replace(half, units=half.units.subset(mask))
    gone = migrate_plan(store, "2026", part, "部分")
    assert gone.gone == (A3, A4)


def test_what_cannot_be_migrated(store: Store, town: Town, stored: PlanEntry) -> None:
    with pytest.raises(InvalidInput, match="is a plan of this survey already"):
        migrate_plan(store, "2026", town, "2027")
    with pytest.raises(InvalidInput, match="no unit of the new survey lies in a grid"):
        migrate_plan(store, "2026", shifted(town, 50_000), "2027")
    other = shifted(town, 10)
    frame, areas = (f.to_crs(4528) for f in (other.units.frame, other.units.jurisdictions))
    with pytest.raises(InvalidInput, match="bring the new one into that CRS first"):
        migrate_plan(store, "2026", replace(other, units=Units(frame, areas)), "2027")
    with pytest.raises(InvalidInput, match="has a plan 2026 already"):
        migrate_plan(store, "2026", other, "2026")
    with pytest.raises(NotStored, match="no version 9"):
        migrate_plan(store, "2026", other, "2027", version=9)
    assert [e.name for e in list_plans(store)] == ["2026"]
    assert find_plan(store, "2026").version == 1
    assert shapely.get_srid(load_plan(store, "2026").town.units.polygons).max() == 0
