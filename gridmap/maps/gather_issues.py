"""From the issues of a town to what a map shows of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.issues.deadlines import is_overdue
from gridmap.issues.emerging import FEWEST_MONTHS, emerging_of_grids
from gridmap.issues.heat import Heat, heat_by_month, heat_of
from gridmap.issues.hotspots import hotspots_of_grids
from gridmap.issues.indicators import indicators
from gridmap.issues.rates import PER, funnel_level, rates_of_grids
from gridmap.issues.recut import places_in
from gridmap.issues.select import select
from gridmap.maps.issues import MARK_COLUMNS, FunnelShown, GridIssues, HeatFrame, HeatShown, MapIssues
from gridmap.measure.rates import funnel_lines
from gridmap.model.issue_policy import IssuePolicy
from gridmap.model.issues import TIERS, Issues
from gridmap.model.plan import Plan
from gridmap.reports.figures import half_year

#: A map marks at most so many issues, the newest.
MOST_MARKS: Final = 20_000
#: Periods of more months have no slider.
MOST_MONTHS: Final = 36
#: Cells of heat along the longer side of the town, at most: the page draws them smooth.
CELLS_ACROSS: Final = 300
#: Levels of the intervals of rates and of false discoveries.
LEVEL, SHARE = 0.95, 0.05
#: Points that are told of a line of the funnel, about.
LINE_POINTS: Final = 60


def issues_of(
    plan: Plan,
    issues: Issues,
    policy: IssuePolicy,
    *,
    day: date,
    first: date | None = None,
    last: date | None = None,
    bandwidth_m: float | None = None,
) -> MapIssues:
    """What a map shows of the issues of a town.

    Parameters
    ----------
    plan : Plan
        Grids by which they are counted: each issue in the grid that holds its place in this plan.
    issues : Issues
        Places in any CRS; only issues that count are shown.
    policy : IssuePolicy
        Names and weights of categories, the fewest issues of which something is said, the bandwidth.
    day : datetime.date
        On whose evening issues are open and overdue.
    first, last : datetime.date, optional
        Period of report, both inclusive; else the half year that ends on `day`.
    bandwidth_m : float, optional
        Of the heat map, metres, in place of the policy's.

    Returns
    -------
    MapIssues
        At most :data:`MOST_MARKS` marks, the newest.

    Raises
    ------
    InvalidInput
        If the period ends before it begins, or the bandwidth is not above 0.
    MissingCrs
        If places have no CRS.
    """
    usual = half_year(day)
    first, last = first or usual[0], last or usual[1]
    chosen = select(issues, first=first, last=last)
    chosen = chosen.where(chosen.is_counted)
    at = datetime.combine(day, time.max)
    rates = rates_of_grids(chosen, plan, policy, first=first, last=last, level=LEVEL)
    marks = _marks(chosen, plan, at)
    bandwidth = policy.bandwidth_m if bandwidth_m is None else bandwidth_m
    return MapIssues(
        first=first,
        last=last,
        day=day,
        town=_town(chosen, plan, rates, at),
        grids=_grids(chosen, plan, policy, rates, first, last, at),
        categories={key: category.text for key, category in policy.categories.items()},
        marks=marks.iloc[:MOST_MARKS],
        n_left_out=max(len(marks) - MOST_MARKS, 0),
        cells=_cells(marks, bandwidth),
        cell_m=bandwidth,
        heat=_heat(chosen, plan, policy, first, last, bandwidth) if len(marks) else None,
        funnel=_funnel(rates),
        fewest=policy.fewest,
        level=LEVEL,
        share=SHARE,
        is_synthetic=issues.is_synthetic,
    )


def _n_months(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month + 1


def _grids(
    chosen: Issues, plan: Plan, policy: IssuePolicy, rates: pd.DataFrame, first: date, last: date, at: datetime
) -> dict[str, GridIssues]:
    spots = hotspots_of_grids(chosen, plan, policy, first=first, last=last, level=SHARE)["state"]
    emerging = pd.Series("", index=rates.index, dtype=object)
    if _n_months(first, last) >= FEWEST_MONTHS:
        emerging = emerging_of_grids(chosen, plan, policy, first=first, last=last, level=SHARE)["state"]
    told = indicators(chosen, by="grid", at=at, first=first, last=last, by_place_of=plan)
    table = rates.assign(spot=spots, emerging=emerging).join(told.drop(columns=[*set(told) & set(rates)]))
    return {str(row["code"]): _grid(row) for row in table.reset_index(names="code").to_dict("records")}


def _grid(row: Mapping[Any, Any]) -> GridIssues:
    return GridIssues(
        n=int(row["n"]),
        households=int(row["households"]),
        rate=_number(row["rate"]),
        low=_number(row["low"]),
        high=_number(row["high"]),
        smoothed=_number(row["smoothed"]),
        funnel=str(row["funnel"]),
        spot=str(row["spot"]),
        emerging=str(row["emerging"]),
        **_progress(row),
    )


def _progress(row: Mapping[Any, Any]) -> dict[str, Any]:
    """How far the issues of a row of indicators came; counts of tiers from their shares."""
    known = int(row["settled"]) - int(row["n_tier_unknown"])
    return {
        "tiers": {tier: round(float(row[f"share_{tier}"]) * known) if known else 0 for tier in TIERS},
        "n_open": int(row["open"]),
        "n_overdue": int(row["overdue"]),
        "hours": _number(row["dispose_hours_median"]),
        "n_timed": int(row["n_timed"]),
    }


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _town(chosen: Issues, plan: Plan, rates: pd.DataFrame, at: datetime) -> GridIssues:
    row = indicators(chosen, by="town", at=at, plan=plan).iloc[0].to_dict()
    told = rates[rates["households"] > 0]
    households = int(told["households"].sum())
    rate = PER * float(told["n"].sum()) / households if households else None
    return GridIssues(n=int(row["n"]), households=households, rate=rate, funnel="inside", **_progress(row))


def _marks(chosen: Issues, plan: Plan, at: datetime) -> pd.DataFrame:
    """Issues that have a place, newest first; of equal times by their ids, so that equal issues make equal maps."""
    placed = chosen.where(chosen.has_place)
    frame = placed.frame
    places = places_in(frame, plan.units.frame.crs)
    table = pd.DataFrame(
        {
            **{name: frame[name] for name in ("category", "step", "tier", "kind", "description", "address")},
            "reported_on": frame["reported_at"],
            "settled_on": frame["settled_at"],
            "is_overdue": is_overdue(placed, at),
            "x": shapely.get_x(places),
            "y": shapely.get_y(places),
        },
        index=frame.index,
    )[list(MARK_COLUMNS)]
    table = table[table["x"].notna()].sort_index()
    return table.sort_values("reported_on", ascending=False, kind="stable")


def _cells(marks: pd.DataFrame, cell_m: float) -> pd.DataFrame:
    """Issues by squares of a side of `cell_m` metres, whose borders are whole multiples of it."""
    squares = pd.DataFrame({axis: np.floor(marks[axis] / cell_m) for axis in ("x", "y")})
    counted = squares.groupby(["x", "y"]).size().rename("n").reset_index()
    return counted.assign(x=(counted["x"] + 0.5) * cell_m, y=(counted["y"] + 0.5) * cell_m)


def _heat(chosen: Issues, plan: Plan, policy: IssuePolicy, first: date, last: date, bandwidth_m: float) -> HeatShown:
    west, south, east, north = plan.units.jurisdictions.total_bounds.tolist()
    cell_m = min(max(bandwidth_m / 4, max(east - west, north - south) / CELLS_ACROSS), bandwidth_m / 2)
    weighted = any(category.weight != 1 for category in policy.categories.values())
    whole = heat_of(chosen, plan, policy, bandwidth_m=bandwidth_m, cell_m=cell_m, weighted=weighted)
    months: tuple[tuple[str, Heat], ...] = ()
    if 1 < _n_months(first, last) <= MOST_MONTHS:
        months = heat_by_month(
            chosen, plan, policy, first=first, last=last, bandwidth_m=bandwidth_m, cell_m=cell_m, weighted=weighted
        )
    named = [(None, whole), *((date.fromisoformat(f"{month}-01"), heat) for month, heat in months)]
    frames = tuple(HeatFrame(month, heat.n_issues, heat.density, heat.support) for month, heat in named)
    return HeatShown(whole.west, whole.south, whole.cell_m, bandwidth_m, whole.is_weighted, frames)


def _funnel(rates: pd.DataFrame) -> FunnelShown | None:
    """The lines of the funnel, by which the word of each grid goes (:func:`gridmap.issues.rates.rates_of_grids`)."""
    told = rates[rates["households"] > 0]
    if not told["n"].sum():
        return None
    rate, spread = float(told["n"].sum() / told["households"].sum()), float(told["dispersion"].iloc[0])
    at = np.linspace(1.0, 1.06 * float(told["households"].max()), 1200)
    levels = (LEVEL, funnel_level(len(told)))
    lines = [funnel_lines(rate * at, level, spread) for level in levels]
    kept = np.unique(np.geomspace(1, len(at), LINE_POINTS).astype(int)) - 1
    limits = tuple((_line(least, -0.5, at)[kept], _line(greatest, 0.5, at)[kept]) for least, greatest in lines)
    told_limits = tuple((tuple(low.tolist()), tuple(high.tolist())) for low, high in limits)
    return FunnelShown(PER * rate, levels, tuple(at[kept].tolist()), told_limits)


def _line(edge: NDArray[np.int64], half: float, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """The limit of whole counts as a rate per 100 households without its steps, between the last in and the first out.

    Parameters
    ----------
    edge : ndarray of int, shape (m,)
        Least or greatest count inside, at each number of households; never falls.
    half : float
        −0.5 below, 0.5 above.
    at : ndarray, shape (m,)
        Numbers of households.
    """
    values, first, n = np.unique(edge, return_index=True, return_counts=True)
    middle = at[first + (n - 1) // 2]
    return np.asarray(PER * np.maximum(np.interp(at, middle, values + half), 0.0) / at)
