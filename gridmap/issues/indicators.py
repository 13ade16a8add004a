"""Indicators: how many issues, how far they came, at which tier, how fast; of the town, a grid, a month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.errors import InvalidInput
from gridmap.issues.deadlines import is_overdue
from gridmap.issues.rates import PER
from gridmap.issues.recut import recut
from gridmap.issues.select import select
from gridmap.measure.rates import poisson_interval
from gridmap.model.issues import OPEN_STEPS, TIERS, Issues
from gridmap.model.plan import Plan

By = Literal["town", "grid", "jurisdiction", "month", "category", "tier"]

#: Steps of issues that somebody has disposed of; whoever reported one may still have to verify it.
SETTLED_STEPS: Final = ("verifying", "closed")
#: Columns of :func:`indicators`, in order; the last four only by town, grid and jurisdiction.
INDICATOR_COLUMNS: Final = (
    "n",
    "settled",
    "open",
    "closed",
    "overdue",
    "late",
    "share_grid",
    "share_jurisdiction",
    "share_department",
    "n_tier_unknown",
    "dispose_hours_median",
    "dispose_hours_p90",
    "verify_hours_median",
    "n_timed",
    "n_negative",
    "sent_back",
    "reopened",
    "escalated",
    "households",
    "rate",
    "low",
    "high",
)
_PLACES: Final = ("town", "grid", "jurisdiction")
#: What indicators are grouped by.
GROUPS: Final = (*_PLACES, "month", "category", "tier")


def indicators(
    issues: Issues,
    *,
    by: By = "town",
    at: datetime,
    first: date | None = None,
    last: date | None = None,
    plan: Plan | None = None,
    by_place_of: Plan | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Indicators of the issues that count, in groups.

    Parameters
    ----------
    issues : Issues
        As they stand now: `at` does not turn them back.
    by : str
        ``town``, ``grid``, ``jurisdiction``, ``month`` (of the report), ``category`` or ``tier``.
    at : datetime
        Civil time of the town, for deadlines of what is open.
    first, last : date, optional
        Days of report, both included.
    plan : Plan, optional
        Its households, and all of its grids or jurisdictions, also those without an issue.
    by_place_of : Plan, optional
        By grid or jurisdiction: count each issue where its place lies in this plan
        (:func:`gridmap.issues.recut.recut`) and not with its owner; it then stands for `plan`, too.
    level : float
        Of the intervals.

    Returns
    -------
    pandas.DataFrame
        Index the group (text): grids and jurisdictions in the order of the plan, then codes that only issues name,
        then "" for those without one; months "2019-09" without gaps; categories and tiers that occur, tiers from the
        smallest, "" last. Columns :data:`INDICATOR_COLUMNS`:

        - ``n``; ``settled`` (disposed of: waits for verification, or closed); ``open`` (somebody still has to do
          something; n = open + closed); ``closed`` (int64);
        - ``overdue``: open, and its deadline lies before `at`; ``late``: closed, and settled after its deadline;
        - ``share_grid``, ``share_jurisdiction``, ``share_department`` (0 … 1) of the settled whose tier is known;
          ``n_tier_unknown``: settled without one;
        - ``dispose_hours_median``, ``dispose_hours_p90``: hours from report to settlement, of the settled;
          ``verify_hours_median``: from settlement to verification; linear between two; ``n_timed``: how many have the
          first; a time below 0 is left out, ``n_negative`` counts issues with one;
        - ``sent_back``, ``reopened``, ``escalated``: issues to which it happened at least once;
        - ``households`` of the plan, ``rate`` (issues per 100 of them) and its interval ``low`` … ``high``
          (:func:`gridmap.measure.rates.poisson_interval`): NaN without a plan, without households, or where the plan
          does not know them; absent by month, category and tier.

        Shares and hours of nothing are NaN.

    Raises
    ------
    InvalidInput
        If `by` is none of these, or `by_place_of` is given with another group than grid or jurisdiction.
    """
    if by not in GROUPS or (by_place_of is not None and by not in ("grid", "jurisdiction")):
        raise InvalidInput(
            f"indicators are by {', '.join(GROUPS)}, and by the places of a plan only by grid or jurisdiction; "
            f"got {by!r}",
            f"指标可按 {'、'.join(GROUPS)} 统计；按某方案的位置统计时只能选 grid 或 jurisdiction；现为「{by}」。",
        )
    chosen = select(issues, first=first, last=last)
    counted = chosen.where(chosen.is_counted)
    plan = by_place_of if by_place_of is not None else plan
    groups, group = _grouped(counted, by, first, last, plan, by_place_of)
    table = {**_counts(counted, group, len(groups), at), **_times(counted, group, len(groups))}
    if by in _PLACES:
        table |= _rates(table["n"], _households(groups, by, plan), level)
    index = pd.Index(groups, dtype=object, name=by)
    return pd.DataFrame({name: table[name] for name in INDICATOR_COLUMNS if name in table}, index=index)


def tier_shares(row: Mapping[Any, Any]) -> dict[str, float]:
    """Small matters stay in the grid, big ones in the village (小事不出网格，大事不出村居), of one row of indicators.

    Returns
    -------
    dict of str to float
        ``kept_in_grid``: settled by the grid; ``kept_in_village``: settled by the grid, or by the village or
        residential area; shares of the settled whose tier is known, 0 … 1, NaN where there are none.
    """
    grid = float(row["share_grid"])
    return {"kept_in_grid": grid, "kept_in_village": grid + float(row["share_jurisdiction"])}


def _hours(start: pd.Series, end: pd.Series) -> pd.Series:
    return pd.Series((end.to_numpy() - start.to_numpy()) / np.timedelta64(1, "h"), index=start.index, dtype="float64")


def _grouped(
    counted: Issues, by: By, first: date | None, last: date | None, plan: Plan | None, by_place_of: Plan | None
) -> tuple[list[str], NDArray[np.int64]]:
    """The groups in order, and the position of each issue's."""
    frame = counted.frame
    if by == "town":
        return ["town"], np.zeros(len(frame), dtype=np.int64)
    if by == "month":
        return _months(frame["reported_at"], first, last)
    if by_place_of is not None:
        of = recut(counted, by_place_of)
        if by == "jurisdiction":
            of = of.map(by_place_of.home_of_grid).fillna(frame["jurisdiction"])
    else:
        of = frame[by]
    known: list[str] = list(TIERS) if by == "tier" else []
    if plan is not None and by in ("grid", "jurisdiction"):
        known = list(plan.codes if by == "grid" else plan.units.jurisdictions.index.to_numpy(object))
    codes, names = pd.factorize(of.to_numpy(object))
    seen = {str(name) for name in names}
    if by == "tier":
        known = [name for name in known if name in seen]
    groups = known + sorted(seen - set(known) - {""}) + ([""] if "" in seen else [])
    position = {name: n for n, name in enumerate(groups)}
    at = np.array([position[str(name)] for name in names], dtype=np.int64)
    return groups, at[codes] if len(codes) else np.zeros(0, dtype=np.int64)


def _months(reported_at: pd.Series, first: date | None, last: date | None) -> tuple[list[str], NDArray[np.int64]]:
    days = reported_at.to_numpy()
    is_dated = ~np.isnat(days)
    month = days.astype("datetime64[M]").astype(np.int64)
    ends = [np.datetime64(d, "M").astype(np.int64) for d in (first, last) if d is not None]
    every = np.concatenate([month[is_dated], np.array(ends, dtype=np.int64)])
    if not len(every):
        return [""] * bool(len(month)), np.zeros(len(month), dtype=np.int64)
    start, n = every.min(), int(every.max() - every.min()) + 1
    months = [str(m) for m in np.arange(start, start + n).astype("datetime64[M]")]
    return months + [""] * (not is_dated.all()), np.where(is_dated, month - start, n)


def _counts(counted: Issues, group: NDArray[np.int64], n: int, at: datetime) -> dict[str, NDArray[Any]]:
    frame = counted.frame
    step, tier = frame["step"], frame["tier"]
    late, closed, settled = is_overdue(counted, at), step == "closed", step.isin(SETTLED_STEPS)
    masks = {
        "n": np.ones(len(frame), dtype=bool),
        "settled": settled,
        "open": step.isin(OPEN_STEPS),
        "closed": closed,
        "overdue": late & ~closed,
        "late": late & closed,
        "n_tier_unknown": settled & (tier == ""),
        "sent_back": frame["n_sent_back"] > 0,
        "reopened": frame["n_reopened"] > 0,
        "escalated": frame["n_escalated"] > 0,
    }
    table: dict[str, NDArray[Any]] = {name: _number(mask, group, n) for name, mask in masks.items()}
    known = table["settled"] - table["n_tier_unknown"]
    for name in TIERS:
        of_tier = _number(settled & (tier == name), group, n)
        table[f"share_{name}"] = np.where(known > 0, of_tier / np.maximum(known, 1), np.nan)
    return table


def _number(mask: Any, group: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    return np.bincount(group[np.asarray(mask, dtype=bool)], minlength=n).astype(np.int64)


def _times(counted: Issues, group: NDArray[np.int64], n: int) -> dict[str, NDArray[Any]]:
    frame = counted.frame
    is_settled = frame["step"].isin(SETTLED_STEPS)
    dispose = _hours(frame["reported_at"], frame["settled_at"]).where(is_settled)
    verify = _hours(frame["settled_at"], frame["verified_at"]).where(is_settled)
    timed = dispose.where(dispose >= 0)
    of_dispose = _quantiles(timed, group, n, (0.5, 0.9))
    return {
        "dispose_hours_median": of_dispose[0],
        "dispose_hours_p90": of_dispose[1],
        "verify_hours_median": _quantiles(verify.where(verify >= 0), group, n, (0.5,))[0],
        "n_timed": _number(timed.notna(), group, n),
        "n_negative": _number((dispose < 0) | (verify < 0), group, n),
    }


def _quantiles(
    values: pd.Series, group: NDArray[np.int64], n: int, shares: tuple[float, ...]
) -> list[NDArray[np.float64]]:
    known = values.notna().to_numpy(bool)
    grouped: Any = pd.Series(values.to_numpy()[known]).groupby(group[known])
    return [np.asarray(grouped.quantile(share).reindex(range(n)), dtype=np.float64) for share in shares]


def _households(groups: list[str], by: By, plan: Plan | None) -> NDArray[np.float64]:
    if plan is None or not plan.units.has_households:
        return np.full(len(groups), np.nan)
    if by == "town":
        return np.array([plan.units.households.sum()], dtype=np.float64)
    if by == "grid":
        of = pd.Series(plan.households_of_grid, index=list(plan.codes))
    else:
        of = plan.units.frame["households"].groupby(plan.units.frame["jurisdiction"].to_numpy(object)).sum()
    known = of.astype("float64").to_dict()
    return np.array([known.get(group, np.nan) for group in groups], dtype=np.float64)


def _rates(n: NDArray[np.int64], households: NDArray[np.float64], level: float) -> dict[str, NDArray[np.float64]]:
    per_100 = PER / np.where(households > 0, households, np.nan)
    low, high = poisson_interval(n, level)
    return {
        "households": households,
        "rate": n * per_100,
        "low": low * per_100,
        "high": high * per_100,
    }
