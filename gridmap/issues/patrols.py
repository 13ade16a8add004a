"""Coverage of patrols: which streets of each grid were walked in a period, and which were not."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmap.errors import InvalidInput
from gridmap.measure.segments import Segments, line_segments
from gridmap.model.patrols import Patrols
from gridmap.model.plan import Plan
from gridmap.model.town import Town

#: A street this near to a grid is one of its streets, metres: roads run between grids. Our decision.
BESIDE_M: Final = 15.0
#: Share of its metres from which a street counts as walked: our decision.
WALKED_SHARE: Final = 0.5
#: Who walks fewer metres of a street, or of a grid's streets, than this and than half only crossed it: our decision.
VISIT_M: Final = 50.0
#: Class of trunk roads, which nobody patrols on foot: our decision.
TRUNK: Final = 1
#: Streets are judged in steps of at most so many metres.
_STEP_M: Final = 5.0
#: Ways may be made simpler by so many metres before they are laid beside streets.
_WAY_M: Final = 1.0
_LINES: Final = (1, 5)  # LineString, MultiLineString

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class Coverage:
    """Which streets were walked.

    Attributes
    ----------
    grids : pandas.DataFrame
        One row a grid of the plan, index ``grid_code``: street_m, walked_m (metres), share (NaN without streets),
        n_patrols, n_days and last_on (patrols that walked its streets, their days, the last of these,
        ``datetime64[s]``), n_pieces_missed (its streets that were not walked).
    streets : geopandas.GeoDataFrame
        One row a road and grid, by grid: grid, name, length_m, walked_m (metres), share, last_walked_on (the last day
        on which a patrol did more than cross it), is_walked (share ≥ 0.5), geometry (a line in the CRS of the plan).
        A street between two grids stands in the lists of both.
    street_m, walked_m : float
        Metres in the whole town, each street once.
    n_patrols : int
        Patrols in the period.
    """

    grids: pd.DataFrame
    streets: gpd.GeoDataFrame
    street_m: float
    walked_m: float
    n_patrols: int

    @property
    def share(self) -> float:
        """Share of the town's metres of streets that were walked; NaN without streets."""
        return self.walked_m / self.street_m if self.street_m else float("nan")

    @property
    def missed(self) -> gpd.GeoDataFrame:
        """The streets that were not walked, by grid, the longest first."""
        found = self.streets[~self.streets["is_walked"]]
        return found.sort_values(["grid", "length_m"], ascending=[True, False], ignore_index=True)


class _Streets(NamedTuple):
    """Streets as steps of road.

    Attributes
    ----------
    road, label : ndarray of int64, shape (m,)
        Row of the road and label of the grid of each street.
    street, step : ndarray of int64, shape (p,)
        Which step is part of which street.
    """

    road: Ints
    label: Ints
    street: Ints
    step: Ints


def coverage(
    patrols: Patrols, town: Town, plan: Plan, *, first: dt.date, last: dt.date, within_m: float = 20.0
) -> Coverage:
    """Which streets of each grid were walked from `first` to `last`.

    A metre of street is walked when a patrol passed within `within_m`. A patrol counts for every grid whose streets it
    walked, whatever grid it was sent to. Streets within 15 m of a grid are its streets; trunk roads are not walked.

    Parameters
    ----------
    patrols : Patrols
        In any CRS.
    town : Town
        ``town.context["roads"]`` are the streets: lines with ``name`` and ``road_class`` (1 trunk … 4 lane).
    plan : Plan
        Whose grids count; in a CRS in metres.
    first, last : datetime.date
        Both included; a patrol belongs to the day on which it began.
    within_m : float
        Metres from a way to the middle of a street: half a street and the error of a receiver.

    Returns
    -------
    Coverage

    Raises
    ------
    InvalidInput
        If the town has no layer of roads, `last` lies before `first`, or `within_m` is not positive.
    """
    if last < first:
        raise InvalidInput(
            f"the last day ({last}) lies before the first ({first})", f"终止日期（{last}）早于起始日期（{first}）。"
        )
    if not within_m > 0:
        raise InvalidInput(
            f"within_m must be more than 0 metres; got {within_m}", f"距离应大于 0 米；得到 {within_m}。"
        )
    roads = _roads(town, plan)
    steps = line_segments(shapely.segmentize(_shapes(roads), _STEP_M))
    middles = shapely.STRtree(np.asarray(shapely.points((steps.start + steps.end) / 2), dtype=object))
    streets = _streets(steps, middles, _shapes(plan.dissolve()))
    began = patrols.frame["started_at"].to_numpy().astype("datetime64[D]")
    walked_then = (began >= np.datetime64(first)) & (began <= np.datetime64(last))
    ways = patrols.frame.loc[walked_then].to_crs(plan.units.frame.crs)
    passed = _passed(middles, _shapes(ways), len(steps), within_m)
    return _told(roads, steps, streets, passed, began[walked_then], plan)


def _shapes(frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    return np.asarray(frame.geometry.values, dtype=object)


def _roads(town: Town, plan: Plan) -> gpd.GeoDataFrame:
    """The roads that are walked, in the CRS of the plan."""
    roads = town.context.get("roads")
    if roads is None or roads.empty:
        raise InvalidInput(
            "the town has no layer of roads, so nobody knows its streets; store a survey with a layer called roads",
            "本镇数据中没有道路图层，无法计算街路覆盖；请导入含道路（roads）图层的测绘数据。",
        )
    is_street = np.isin(shapely.get_type_id(_shapes(roads)), _LINES)
    if "road_class" in roads.columns:
        is_street &= (pd.to_numeric(roads["road_class"], errors="coerce") != TRUNK).to_numpy(np.bool_)
    return roads.iloc[np.flatnonzero(is_street)].to_crs(plan.units.frame.crs)


def _streets(steps: Segments, middles: shapely.STRtree, grids: NDArray[np.object_]) -> _Streets:
    """The roads of each grid: steps within :data:`BESIDE_M` of it.

    A road that only comes to the border has a stub of up to 15 m there, or 30 m aslant: shorter than that it is a
    street of the grid only where at least half of it lies inside.
    """
    label, step = middles.query(grids, predicate="dwithin", distance=BESIDE_M)
    held, inside = middles.query(grids, predicate="intersects")
    length_m = steps.length_m[step]
    is_inside = np.isin(label * len(steps) + step, held * len(steps) + inside)
    n_roads = int(steps.owner.max(initial=-1)) + 1
    keys, street = np.unique(label * n_roads + steps.owner[step], return_inverse=True)
    total_m = np.bincount(street, length_m, len(keys))
    inside_m = np.bincount(street, length_m * is_inside, len(keys))
    real = (total_m >= 2 * BESIDE_M) | (inside_m >= total_m / 2)
    number, kept = np.cumsum(real) - 1, real[street]
    return _Streets(keys[real] % n_roads, keys[real] // n_roads, number[street[kept]], step[kept].astype(np.int64))


def _passed(middles: shapely.STRtree, ways: NDArray[np.object_], n_steps: int, within_m: float) -> csr_array:
    """Which steps each patrol passed, (steps × patrols), 1 where it did."""
    there = np.flatnonzero(~(shapely.is_missing(ways) | shapely.is_empty(ways)))
    pieces = line_segments(shapely.simplify(ways[there], _WAY_M))
    piece, step = middles.query(pieces.lines, predicate="dwithin", distance=within_m)
    pairs = np.unique(step.astype(np.int64) * len(ways) + there[pieces.owner[piece]])
    at = (pairs // max(len(ways), 1), pairs % max(len(ways), 1))
    return csr_array((np.ones(len(pairs)), at), shape=(n_steps, len(ways)))


def _told(
    roads: gpd.GeoDataFrame, steps: Segments, streets: _Streets, passed: csr_array, days: Days, plan: Plan
) -> Coverage:
    """The metres of each street and each grid that somebody passed, and when."""
    n, length_m = len(streets.road), steps.length_m
    metres_of = csr_array((length_m[streets.step], (streets.street, streets.step)), shape=(n, len(steps)))
    was_passed = np.diff(passed.indptr) > 0
    street_m = np.bincount(streets.street, length_m[streets.step], n).astype(np.float64)
    walked_m = np.asarray(metres_of @ was_passed.astype(np.float64))
    visits = csr_array(metres_of @ passed)
    grid_of = csr_array((np.ones(n), (streets.label, np.arange(n))), shape=(plan.n_grids, n))
    share = np.divide(walked_m, street_m, out=np.full(n, np.nan), where=street_m > 0)
    names = (
        roads["name"].fillna("").astype(str).to_numpy(object) if "name" in roads.columns else np.full(len(roads), "")
    )
    frame = gpd.GeoDataFrame(
        {
            "grid": np.array(plan.codes, dtype=object)[streets.label],
            "name": names[streets.road].astype(object),
            "length_m": street_m,
            "walked_m": walked_m,
            "share": share,
            "last_walked_on": _visits(visits, street_m, days)[2],
            "is_walked": share >= WALKED_SHARE,
        },
        geometry=_drawn(steps, streets),
        crs=plan.units.frame.crs,
    )
    used = np.unique(streets.step)
    return Coverage(
        _grids(grid_of, visits, frame, days, plan),
        frame,
        float(length_m[used].sum()),
        float(length_m[used][was_passed[used]].sum()),
        len(days),
    )


def _grids(grid_of: csr_array, visits: csr_array, streets: gpd.GeoDataFrame, days: Days, plan: Plan) -> pd.DataFrame:
    street_m, walked_m = (
        np.asarray(grid_of @ streets[c].to_numpy(np.float64), dtype=np.float64) for c in ("length_m", "walked_m")
    )
    n_patrols, n_days, last_on = _visits(csr_array(grid_of @ visits), street_m, days)
    return pd.DataFrame(
        {
            "street_m": street_m,
            "walked_m": walked_m,
            "share": np.divide(walked_m, street_m, out=np.full(len(street_m), np.nan), where=street_m > 0),
            "n_patrols": n_patrols,
            "n_days": n_days,
            "last_on": last_on,
            "n_pieces_missed": np.asarray(grid_of @ ~streets["is_walked"].to_numpy(np.bool_), dtype=np.int64),
        },
        index=pd.Index(list(plan.codes), name="grid_code", dtype=object),
    )


def _visits(metres: csr_array, street_m: Floats, days: Days) -> tuple[Ints, Ints, Days]:
    """Number of patrols and of days of each row, and its last day, of who did more than cross it: :data:`VISIT_M`."""
    there = metres.tocoo()
    row, patrol = there.coords
    real = there.data >= np.minimum(VISIT_M, street_m[row] / 2)
    row, day = row[real], days[patrol[real]]
    last_on = np.full(len(street_m), np.datetime64("NaT", "D"))
    order = np.argsort(day, kind="stable")
    last_on[row[order]] = day[order]  # the last one written stays
    dates = pd.DataFrame({"row": row, "day": day}).drop_duplicates()["row"]
    n = len(street_m)
    return (
        np.bincount(row, minlength=n).astype(np.int64),
        np.bincount(dates, minlength=n).astype(np.int64),
        last_on.astype("datetime64[s]"),
    )


def _drawn(steps: Segments, streets: _Streets) -> NDArray[np.object_]:
    """The line of each street, joined of its steps."""
    order = np.lexsort((streets.step, streets.street))
    lines = steps.lines[streets.step[order]]
    if not len(lines):
        return np.empty(0, dtype=object)
    joined = shapely.line_merge(shapely.multilinestrings(lines, indices=streets.street[order]))
    return np.asarray(shapely.simplify(joined, 0.01), dtype=object)
