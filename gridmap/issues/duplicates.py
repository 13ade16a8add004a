"""Duplicates: issues that probably tell of the same thing, by category, metres and hours. Suggested, never merged."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from gridmap.errors import InvalidInput
from gridmap.model.issue_policy import Category, IssuePolicy
from gridmap.model.issues import Issues

#: Columns of :func:`find_duplicates`.
DUPLICATE_COLUMNS: Final = ("issue", "of", "near", "metres", "hours")
#: Pairs of issues that are looked at together: bounds the memory where very many lie in one spot.
_PAIRS: Final = 4_000_000


def find_duplicates(issues: Issues, policy: IssuePolicy) -> pd.DataFrame:
    """Suggest which issues tell of something that was reported before.

    Parameters
    ----------
    issues : Issues
        Only those that count and whose place is known are looked at, so points that a platform puts in for very many
        suggest nothing. Places in a projected CRS in metres.
    policy : IssuePolicy
        How near two issues of a category must be: metres in the plane and hours between their reports, both included.
        A category that the policy does not have is judged as ``other``; of ``other`` itself, which holds whatever had
        no category, the ``kind`` must be the same, too.

    Returns
    -------
    pandas.DataFrame
        One row an issue with an earlier one near it, in the order of reports:

        - ``issue``, ``near`` (text): the issue, and the nearest of the earlier ones; of several at the same distance
          the earliest. Reports of the same second are ordered by their ids;
        - ``metres``, ``hours`` (float64): between these two;
        - ``of`` (text): the issue that should stay: the beginning of the chain issue → near → its near …, itself near
          no earlier one. It never stands in the column ``issue``, and may lie further away than the policy says.

    Raises
    ------
    InvalidInput
        If the places are not in metres.
    """
    usable = _usable(issues)
    x, y = _coordinates(usable)
    seconds = usable["reported_at"].to_numpy().astype("datetime64[s]").astype(np.int64)
    order = np.lexsort((usable.index.to_numpy(object).astype(str), seconds))
    x, y, seconds, usable = x[order], y[order], seconds[order], usable.iloc[order]
    near = np.full(len(usable), -1, dtype=np.int64)
    alike = _alike(usable)
    for n in range(int(alike.max(initial=-1)) + 1):
        at = np.flatnonzero(alike == n)
        limits = _limits(usable["category"].iloc[at[0]], policy)
        found = _nearest_earlier(x[at], y[at], seconds[at], limits.duplicate_m, limits.duplicate_hours * 3600)
        near[at] = np.where(found >= 0, at[found], -1)
    ids = usable.index.to_numpy(object)
    rows = np.flatnonzero(near >= 0)
    first = _beginnings(near)
    data: dict[str, NDArray[Any]] = {
        "issue": ids[rows],
        "of": ids[first[rows]],
        "near": ids[near[rows]],
        "metres": np.hypot(x[rows] - x[near[rows]], y[rows] - y[near[rows]]),
        "hours": (seconds[rows] - seconds[near[rows]]) / 3600.0,
    }
    return pd.DataFrame({name: pd.Series(data[name], dtype=data[name].dtype) for name in DUPLICATE_COLUMNS})


def duplicates_of(new: Issues, issues: Issues, policy: IssuePolicy) -> pd.DataFrame:
    """Which issues may tell of the same thing as new ones, for whoever enters them.

    Parameters
    ----------
    new : Issues
        A few; their places in the CRS of `issues`. One without a known place, or without a time of report, has none.
    issues : Issues
        Where to look; the new ones may be among them.
    policy : IssuePolicy

    Returns
    -------
    pandas.DataFrame
        Columns ``issue``, ``near`` (text), ``metres``, ``hours`` (float64; hours are below 0 where the other was
        reported later, as devices that were offline cause): by issue in the order given, the nearest first.

    Raises
    ------
    InvalidInput
        If the places are not in metres.
    """
    asked, usable = _usable(new), _usable(issues)
    (x, y), (of_x, of_y) = _coordinates(asked), _coordinates(usable)
    ids, category, kind = (np.asarray(c, dtype=object) for c in (usable.index, usable["category"], usable["kind"]))
    reported = usable["reported_at"].to_numpy()
    parts = []
    columns = (asked.index, asked["category"], asked["kind"], asked["reported_at"])
    for n, (name, key, of_kind, at) in enumerate(zip(*columns, strict=True)):
        limits = _limits(key, policy)
        metres = np.hypot(of_x - x[n], of_y - y[n])
        hours = (np.datetime64(at, "s") - reported) / np.timedelta64(3600, "s")
        is_alike = (category == key) & ((kind == of_kind) | (key != "other")) & (ids != name)
        is_near = (metres <= limits.duplicate_m) & (np.abs(hours) <= limits.duplicate_hours)
        rows = np.flatnonzero(is_alike & is_near)
        rows = rows[np.lexsort((reported[rows], metres[rows]))]
        parts.append([(name, ids[i], float(metres[i]), float(hours[i])) for i in rows])
    table = [row for part in parts for row in part]
    types: dict[str, Any] = {"issue": object, "near": object, "metres": np.float64, "hours": np.float64}
    return pd.DataFrame({k: pd.Series([r[n] for r in table], dtype=t) for n, (k, t) in enumerate(types.items())})


def _usable(issues: Issues) -> Any:
    frame = issues.frame
    return frame[issues.is_counted & issues.has_place & frame["reported_at"].notna()]


def _limits(category: Any, policy: IssuePolicy) -> Category:
    return policy.categories.get(str(category), policy.categories["other"])


def _alike(usable: Any) -> NDArray[np.int64]:
    """Number of what each issue is held against: its category, of ``other`` with its kind, (n,)."""
    category, names = pd.factorize(usable["category"].to_numpy(object))
    kind, _ = pd.factorize(usable["kind"].where(usable["category"] == "other", "").to_numpy(object))
    return np.unique(category + kind * max(len(names), 1), return_inverse=True)[1].astype(np.int64)


def _coordinates(frame: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if len(frame) and (frame.crs is None or not frame.crs.is_projected):
        got = "none" if frame.crs is None else frame.crs.name
        raise InvalidInput(
            f"distances between issues need places in a projected CRS in metres; got {got}",
            f"计算问题间的距离须用以米为单位的投影坐标系，现为 {'未注明' if frame.crs is None else got}。",
        )
    places = np.asarray(frame.geometry.values, dtype=object)
    return shapely.get_x(places), shapely.get_y(places)


def _nearest_earlier(
    x: NDArray[np.float64], y: NDArray[np.float64], seconds: NDArray[np.int64], metres: float, span: float
) -> NDArray[np.int64]:
    """Position of the nearest earlier issue within the limits, −1 for none, (n,); the arrays are in order of time."""
    found = _earlier_on_the_spot(x, y, seconds, span)
    asking = np.flatnonzero(found < 0)
    # a box in space and time, its sides 1: half as long in time as the tree is scaled, for only the past counts
    tree = cKDTree(np.column_stack([x / metres, y / metres, seconds / (span / 2)]))
    boxes = np.column_stack([x[asking] / metres, y[asking] / metres, seconds[asking] / (span / 2) - 1.0])
    reach = 1.0 + 1e-6  # what lies on the edge is decided below, in metres and seconds
    n_near = tree.query_ball_point(boxes, reach, p=np.inf, return_length=True)
    for part in np.split(np.arange(len(asking)), _cuts(n_near)):
        lists = tree.query_ball_point(boxes[part], reach, p=np.inf)
        if not len(part):
            continue
        ask = np.repeat(asking[part], n_near[part])
        other = np.concatenate(lists).astype(np.int64)
        away = np.hypot(x[ask] - x[other], y[ask] - y[other])
        keep = (other < ask) & (away <= metres) & (seconds[ask] - seconds[other] <= span)
        ask, other, away = ask[keep], other[keep], away[keep]
        best = np.lexsort((other, away, ask))
        who, at = np.unique(ask[best], return_index=True)
        found[who] = other[best][at]
    return found


def _cuts(n_near: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where to cut the issues that ask, so that each part has no more pairs than fit; one issue is never cut."""
    return np.flatnonzero(np.diff(np.cumsum(n_near) // _PAIRS)) + 1


def _earlier_on_the_spot(
    x: NDArray[np.float64], y: NDArray[np.float64], seconds: NDArray[np.int64], span: float
) -> NDArray[np.int64]:
    """The earliest within the hours at the very same coordinates, −1 for none, (n,): addresses repeat them."""
    order = np.lexsort((np.arange(len(x)), y, x))
    is_new = np.append(True, (np.diff(x[order]) != 0) | (np.diff(y[order]) != 0))[: len(order)]
    spot = np.cumsum(is_new)
    # one number in order of spot, then time: spots lie further apart than any two times
    scale = float(seconds[-1] - seconds[0]) + span + 2.0 if len(seconds) else 1.0
    key = spot * scale + (seconds[order] - (seconds[0] if len(seconds) else 0))
    earliest = np.searchsorted(key, key - span, side="left")
    found = np.full(len(x), -1, dtype=np.int64)
    is_found = earliest < np.arange(len(order))
    found[order[is_found]] = order[earliest[is_found]]
    return found


def _beginnings(near: NDArray[np.int64]) -> NDArray[np.int64]:
    """The end of each chain i → near[i] → …, (n,); each step leads to something earlier, so there are no rings."""
    first = np.where(near >= 0, near, np.arange(len(near)))
    while True:
        further = first[first]
        if np.array_equal(further, first):
            return first
        first = further
