"""The catalogue of checks of points, and the report."""

from __future__ import annotations

from datetime import date
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.finding import Check, run_checks, version_of
from gridmap.model.plan import Plan
from gridmap.model.records import Records
from gridmap.model.registers.points import PARTY_POINTS
from gridmap.model.report import Report
from gridmap.model.rules import Rules
from gridmap.model.text import Text
from gridmap.points import faults_of_grids, faults_of_place, faults_of_records
from gridmap.points.case import PointCase
from gridmap.points.two_in_one import DISTANCE_M

_PLACED: Final = ("placed",)

POINT_CHECKS: Final[tuple[Check[PointCase], ...]] = (
    Check("point.shifted", Text("坐标系正确", "Right datum"), "hard", "m", faults_of_place.in_the_right_datum),
    Check("point.outside", Text("在本镇范围内", "Inside the town"), "hard", "m", faults_of_place.in_the_town, _PLACED),
    Check("point.no_grid", Text("在网格内", "Inside a grid"), "soft", "", faults_of_place.in_a_grid, _PLACED),
    Check(
        "point.grid",
        Text("登记网格正确", "Grid on record"),
        "hard",
        "m",
        faults_of_place.in_the_declared_grid,
        _PLACED,
    ),
    Check(
        "point.unknown_grid",
        Text("登记网格存在", "Known grid"),
        "hard",
        "",
        faults_of_place.of_a_known_grid,
        _PLACED,
    ),
    Check(
        "point.jurisdiction",
        Text("登记村居正确", "Jurisdiction on record"),
        "hard",
        "m",
        faults_of_place.in_the_declared_jurisdiction,
        _PLACED,
    ),
    Check("point.dates", Text("日期先后", "Days in order"), "hard", "", faults_of_records.dates_in_order),
    Check("point.status", Text("状态与日期相符", "Status kept up"), "soft", "", faults_of_records.status_kept_up),
    Check("point.closed", Text("停用有日期", "Closed on a day"), "soft", "", faults_of_records.closed_with_a_day),
    Check("point.premises", Text("有场所编号", "With premises"), "soft", "", faults_of_records.with_premises),
    Check(
        "point.unknown_premises",
        Text("场所编号存在", "Known premises"),
        "soft",
        "",
        faults_of_records.of_known_premises,
        ("premises",),
    ),
    Check(
        "point.premises_apart",
        Text("场所只在一处", "Premises in one place"),
        "soft",
        "m",
        faults_of_records.premises_in_one_place,
        _PLACED,
    ),
    Check("point.twice", Text("不重复登记", "Recorded once"), "soft", "m", faults_of_records.recorded_once),
    Check(
        "point.none_in_grid",
        Text("网格有网格点", "A point in each grid"),
        "info",
        "",
        faults_of_grids.grids_with_a_point,
        _PLACED,
    ),
    Check(
        "point.several_in_grid",
        Text("网格只有一个网格点", "One point in a grid"),
        "info",
        "",
        faults_of_grids.grids_with_one_point,
        _PLACED,
    ),
    Check(
        "point.near_miss",
        Text("接近两点合一", "Nearly two in one"),
        "info",
        "m",
        faults_of_grids.nearly_two_in_one,
        _PLACED,
    ),
)

#: Columns of ``Report.grids``, and names in ``Report.totals``.
GRID_FIGURES: Final = ("grid_points", "grid_points_built", "two_in_one", "party_points", "other_points")


def check_points(
    plan: Plan,
    records: Records,
    rules: Rules,
    *,
    day: date,
    premises: gpd.GeoDataFrame | None = None,
    distance_m: float = DISTANCE_M,
) -> Report:
    """How the points on record stand on a day, by a version of the plan.

    Parameters
    ----------
    plan : Plan
    records : Records
        Of its registers only ``point`` is read; in the CRS of the units of `plan`.
    rules : Rules
        Named in the report; no number of theirs is used yet.
    day : datetime.date
    premises : geopandas.GeoDataFrame, optional
        The town's premises; column ``premises_id``. Without them premises ids are not looked up.
    distance_m : float
        Metres within which points of one grid are two in one.

    Returns
    -------
    Report
        ``findings`` in the order of :data:`POINT_CHECKS`, by id of the point or code of the grid; ``unit`` is the id
        of a point. Points are named by name and id, never by address. Where the points are in another datum,
        ``point.shifted`` says so and what depends on their places is not judged; figures count them where they are.
        ``grids``: points in use in each grid (Int64): ``grid_points``, ``grid_points_built`` (with premises of their
        own), ``two_in_one`` (1 if a built one is two in one, else 0), ``party_points``, ``other_points``.
        ``totals``: the same for the town, points outside every grid included: ``two_in_one`` counts built grid points,
        ``grids_two_in_one`` grids; further ``two_in_one_rate`` (NaN where no grid point is built), ``points``,
        ``points_without_grid`` (in use), ``grids_without_point``, ``near_misses`` and ``n_broken``.

    Raises
    ------
    InvalidInput
        If the points have another CRS than the units, a place is no point, `premises` have no column ``premises_id``,
        or `distance_m` is negative or not finite.
    """
    if premises is not None and "premises_id" not in premises.columns:
        raise InvalidInput(
            f"premises need a column premises_id; got {first_ten(premises.columns)}",
            f"场所须有 premises_id 列；现有：{first_ten_zh(premises.columns)}。",
        )
    case = PointCase(plan, records.points, day, premises, distance_m)
    findings, run = run_checks(POINT_CHECKS, case, plan)
    grids = _grids(case)
    return Report(
        findings=findings,
        grids=grids,
        totals={**_totals(case, grids), "n_broken": int((findings["severity"] == "hard").sum())},
        checks=tuple(c.id for c in run),
        rules_name=rules.name,
        catalogue_version=point_catalogue_version(),
    )


def point_catalogue_version() -> str:
    """Version of the checks and figures of points: the first 12 hex digits of a SHA-256."""
    return version_of(POINT_CHECKS, [f"grid {name}" for name in GRID_FIGURES])


def _open_points(case: PointCase) -> dict[str, pd.DataFrame]:
    """Rows of the case's table that each figure counts."""
    table = case.table
    in_use = table[table["status"] == "in_use"]
    pairs = case.two_in_one.pairs
    paired = pairs.loc[pairs["is_built"], "point_id"]
    return {
        "grid_points": case.open_grid_points,
        "grid_points_built": table[table["is_built"]],
        "two_in_one": table[table["point_id"].isin(paired)],
        "party_points": in_use[in_use["kind"].isin(PARTY_POINTS)],
        "other_points": in_use[~in_use["kind"].isin(("grid_point", *PARTY_POINTS))],
    }


def _grids(case: PointCase) -> pd.DataFrame:
    counts = {name: case.per_grid(rows) for name, rows in _open_points(case).items()}
    counts["two_in_one"] = np.minimum(counts["two_in_one"], 1)
    return pd.DataFrame(counts, index=pd.Index(case.plan.codes, dtype=object, name="grid_code"), dtype="Int64")


def _totals(case: PointCase, grids: pd.DataFrame) -> dict[str, float | int]:
    totals: dict[str, float | int] = {name: len(rows) for name, rows in _open_points(case).items()}
    in_use = case.table[case.table["status"] == "in_use"]
    return {
        **totals,
        "two_in_one_rate": float(case.two_in_one.rates["rate"].iloc[-1]),
        "grids_two_in_one": int(grids["two_in_one"].sum()),
        "points": len(case.table),
        "points_without_grid": int((in_use["grid"] == "").sum()),
        "grids_without_point": int((grids["grid_points"] == 0).sum()),
        "near_misses": len(case.two_in_one.near_misses),
    }
