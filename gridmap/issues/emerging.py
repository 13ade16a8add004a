"""Hot spots month by month: new ones, lasting ones, those that grow or are gone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from gridmap.errors import InvalidInput
from gridmap.issues.hotspots import UNTOLD, chances_of, neighbours_of_grids
from gridmap.issues.recut import counted_labels
from gridmap.measure.local import false_discovery
from gridmap.measure.rates import dispersion
from gridmap.measure.trend import mann_kendall
from gridmap.model.issue_policy import IssuePolicy
from gridmap.model.issues import Issues
from gridmap.model.plan import Plan
from gridmap.model.register import Choice, choices
from gridmap.model.text import counted

Floats = NDArray[np.float64]
#: A grid that is hot in this share of the months is hot "nearly always".
_NEARLY: Final = 0.9
#: Fewer months have no history.
FEWEST_MONTHS: Final = 3
#: What is said of the history of a grid (``state``).
EMERGING_STATES: Final[Mapping[str, Choice]] = {
    **choices(
        new=("新出现", "New"),
        consecutive=("连续出现", "Consecutive"),
        intensifying=("正在加剧", "Intensifying"),
        persistent=("长期持续", "Persistent"),
        diminishing=("正在减弱", "Diminishing"),
        sporadic=("时有时无", "Sporadic"),
        historical=("曾经是", "Historical"),
        none=("不是热点", "No hot spot"),
    ),
    **UNTOLD,
}


def emerging_of_grids(
    issues: Issues,
    plan: Plan,
    policy: IssuePolicy,
    *,
    first: date,
    last: date,
    level: float = 0.05,
    near_m: float = 30.0,
) -> pd.DataFrame:
    """What becomes of hot spots over the months of a period.

    Parameters
    ----------
    issues : Issues
        Only those that count are counted, in the grid that holds their place by `plan`.
    plan : Plan
    policy : IssuePolicy
        ``fewest``: a grid with fewer issues in the whole period is too few to tell.
    first, last : datetime.date
        Period of report, both inclusive, three months at least; a month that lies in it in part counts with that part.
    level : float
        Share of false ones among all grids and months that are called hot, at most.
    near_m : float
        Grids this near are neighbours, metres.

    Returns
    -------
    pandas.DataFrame
        Index ``grid_code``, the codes of the plan; columns ``n`` (tuple: issues of each month), ``is_hot`` (tuple of
        bool, each month), ``trend_z``, ``trend_p`` (Mann–Kendall of what the grid and its neighbours have of what is
        expected there each month; NaN where nothing is), ``trend_q`` (with false-discovery control among the grids that
        are hot nearly always, for only of them is it asked; else NaN), and ``state``, which is of the last month:

        - ``new``: hot for the first time;
        - ``consecutive``: hot for two months or more up to now, never before;
        - ``intensifying``, ``diminishing``, ``persistent``: hot now and in 90 % of the months, and rising, falling,
          or neither (``trend_q`` ≤ `level`);
        - ``sporadic``: hot now, and before, with breaks;
        - ``historical``: hot before, not now;
        - ``none``; ``few``: too few issues to tell; ``no_households``.

    Raises
    ------
    InvalidInput
        If the period ends before it begins, or has fewer than three months.
    MissingCrs
        If places have no CRS.

    Notes
    -----
    The categories are those of "Emerging Hot Spot Analysis" (Esri, ArcGIS Pro, How Emerging Hot Spot Analysis works),
    made simpler: no cold ones, hence none that swings between both; ``historical`` asks for one hot month, not for
    90 %. Six months are little: of one grid, Mann–Kendall has p < 0.05 only when one pair of months at most is out of
    order, and few months of a small grid are hot by themselves (docs/decisions/issue-hotspots.md).
    """
    labels, month = counted_labels(issues, plan, first, last)
    since = np.datetime64(first, "M")
    length = int((np.datetime64(last, "M") - since).astype(int)) + 1
    if length < FEWEST_MONTHS:
        raise InvalidInput(
            f"{first} to {last} is no more than {counted(length, 'month')}; at least {FEWEST_MONTHS} are needed",
            f"{first} 至 {last} 只有 {length} 个月；至少需要 {FEWEST_MONTHS} 个月。",
        )
    at = (month - since).astype(int)
    n = np.zeros((plan.n_grids, length), dtype=np.int64)
    np.add.at(n, (labels, at), 1)
    table = emergence_of(
        n, plan.households_of_grid, neighbours_of_grids(plan, near_m), fewest=policy.fewest, level=level
    )
    return table.set_axis(pd.Index(plan.codes, dtype=object, name="grid_code"))


def emergence_of(
    n: NDArray[np.int64],
    households: NDArray[np.int64],
    neighbours: sparse.csr_array,
    *,
    fewest: int,
    level: float = 0.05,
) -> pd.DataFrame:
    """What becomes of hot spots of monthly counts, (k, T): the columns of :func:`emerging_of_grids`, k rows."""
    told = households > 0
    seen = np.where(told[:, None], n, 0)
    share = np.where(told, households, 0) / max(int(households[told].sum()), 1)
    expected = share[:, None] * seen.sum(axis=0)
    spread = np.array([dispersion(s, e) for s, e in zip(seen.T, expected.T, strict=True)])
    chances = np.stack(chances_of(seen, expected, neighbours, spread))
    q_hot, _ = false_discovery(np.where(told[:, None], chances, np.nan))  # cold ones are of the family too
    enough = n.sum(axis=1) >= fewest
    is_hot = (q_hot <= level) & (n > expected) & (enough & told)[:, None]
    asked = is_hot[:, -1] & (is_hot.mean(axis=1) >= _NEARLY)
    z, p = _trends(seen, expected, neighbours)
    q = false_discovery(np.where(asked, p, np.nan))
    state = np.array([_state(row) for row in is_hot], dtype=object)
    state[asked & (q <= level) & (z > 0)] = "intensifying"
    state[asked & (q <= level) & (z < 0)] = "diminishing"
    state[~enough] = "few"
    state[~told] = "no_households"
    columns: dict[str, Any] = {"n": pd.Series(list(map(tuple, n.tolist())), dtype=object)}
    columns["is_hot"] = pd.Series(list(map(tuple, is_hot.tolist())), dtype=object)
    return pd.DataFrame(columns | {"trend_z": z, "trend_p": p, "trend_q": q, "state": state})


def _trends(seen: NDArray[np.int64], expected: Floats, neighbours: sparse.csr_array) -> tuple[Floats, Floats]:
    """Trend and chance of what grids and their neighbours have of what is expected; months without issues left out."""
    busy = expected.sum(axis=0) > 0
    around = (expected + neighbours @ expected)[:, busy]
    some = (around > 0).all(axis=1) & busy.any()
    ratio = (seen + neighbours @ seen)[:, busy] / np.where(around > 0, around, 1.0)
    z, p = mann_kendall(np.round(ratio, 9))
    return np.where(some, z, np.nan), np.where(some, p, np.nan)


def _state(is_hot: NDArray[np.bool_]) -> str:
    """The category of a history of months, without its trend."""
    if not is_hot.any():
        return "none"
    if not is_hot[-1]:
        return "historical"
    if is_hot.sum() == 1:
        return "new"
    if is_hot.mean() >= _NEARLY:
        return "persistent"
    starts = int(is_hot[0]) + int((np.diff(is_hot.astype(int)) == 1).sum())
    return "consecutive" if starts == 1 else "sporadic"
