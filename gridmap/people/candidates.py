"""Candidates: who could take one more post in a grid, how far away they are, and what they carry already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.model.plan import Plan
from gridmap.model.records import Records
from gridmap.model.rules import Rules
from gridmap.people.loads import loads_of_people
from gridmap.people.roster import Roster, is_dedicated, roster_on
from gridmap.people.staffing import staffing_of_grids


@dataclass(frozen=True, eq=False)
class Candidates:
    """Candidates for one role, c of them, over k grids.

    Attributes
    ----------
    role : str
    ids : ndarray of object, (c,)
        Person ids, in order.
    from_grid : ndarray of object, (c,)
        The grid that a member would be moved from; "" for who would serve in one grid more.
    is_committee : ndarray of bool, (c,)
        No grid leader yet, but a member of the committee of a jurisdiction: a candidate there alone.
    n_grids : ndarray of int64, (c,)
    households : ndarray of float64, (c,)
        Carried in this role, with what was proposed so far.
    serves : ndarray of bool, (k, c)
        Holds the role in the grid already.
    is_gone : ndarray of bool, (c,)
        Was moved by a proposal.
    place : ndarray of int64, (k, c)
        Position of the candidate's jurisdiction that is nearest to the grid's.
    tier : ndarray of int64, (k, c)
        0 the same jurisdiction, then 1, 2, … by distance between jurisdictions; equally far is the same tier.
    gap : ndarray of int64, (k, c)
        Between the centres of the grid and of the nearest grid of the candidate, in 10 m; 0 without a grid.
    grids_max : int
    households_max : float
        Infinite where the rules or the units say nothing of it.
    """

    role: str
    ids: NDArray[np.object_]
    from_grid: NDArray[np.object_]
    is_committee: NDArray[np.bool_]
    n_grids: NDArray[np.int64]
    households: NDArray[np.float64]
    serves: NDArray[np.bool_]
    is_gone: NDArray[np.bool_]
    place: NDArray[np.int64]
    tier: NDArray[np.int64]
    gap: NDArray[np.int64]
    grids_max: int
    households_max: float

    @property
    def n_grids_after(self) -> NDArray[np.int64]:
        """Grids of each candidate with one seat more, (c,)."""
        return np.where(self.from_grid == "", self.n_grids + 1, self.n_grids)

    @property
    def load(self) -> NDArray[np.int64]:
        """Place of each candidate in the order of load: not moved first, fewest grids, fewest households, id, (c,)."""
        keys = (np.arange(len(self.ids)), self.households, self.n_grids, self.from_grid != "")
        place = np.empty(len(self.ids), dtype=np.int64)
        place[np.lexsort(keys)] = np.arange(len(self.ids))
        return place

    def is_eligible(self, grids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether a candidate could take a seat in these grids, limits aside, (s, c)."""
        own = ~self.is_committee | (self.tier[grids] == 0)
        return np.asarray(~self.serves[grids] & ~self.is_gone & own, dtype=np.bool_)

    def is_within(self, households: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether the limits are kept with a seat more, in grids of `households` (s,), (s, c)."""
        within = self.households + households[:, None] <= self.households_max
        return np.asarray(within & (self.n_grids_after <= self.grids_max), dtype=np.bool_)

    def with_seats(
        self, grids: NDArray[np.int64], households: NDArray[np.float64], chosen: NDArray[np.int64]
    ) -> Candidates:
        """The candidates after each of `chosen` (s,), all different, took one seat."""
        serves, is_gone = self.serves.copy(), self.is_gone.copy()
        n_grids, carried = self.n_grids.copy(), self.households.copy()
        serves[grids, chosen] = True
        is_gone[chosen] = self.from_grid[chosen] != ""
        n_grids[chosen] = self.n_grids_after[chosen]
        carried[chosen] += households
        return replace(self, serves=serves, is_gone=is_gone, n_grids=n_grids, households=carried)


def candidates_of(role: str, plan: Plan, records: Records, rules: Rules, day: date) -> Candidates:
    """All who could take a seat of a role: who holds it, committee members for leaders, surplus members to be moved.

    Parameters
    ----------
    role : {"grid_leader", "grid_instructor", "grid_member"}
    plan : Plan
    records : Records
    rules : Rules
    day : date
    """
    loads = loads_of_people(plan, records, rules, day)
    table = loads.loc[loads["role"] == role, ["person_id", "grids", "jurisdictions", "n_grids", "households"]]
    table = table.assign(is_committee=False, from_grid="")
    staffing = rules.staffing
    limits = {
        "grid_leader": (staffing.grids_per_leader_max, float(staffing.households_per_leader_max)),
        "grid_instructor": (staffing.grids_per_instructor_max, np.inf),
        "grid_member": (staffing.grids_per_member_max, np.inf),
    }
    grids_max, households_max = limits[role]
    roster = roster_on(records, plan, day)
    if role == "grid_leader":
        table = pd.concat([table, _committee(roster, plan, set(table["person_id"]))])
    if role == "grid_member":
        movable = _movable(roster, staffing_of_grids(plan, records, rules, day), rules)
        at_limit = zip(table["person_id"], table["n_grids"] >= grids_max, strict=True)
        moved = [movable.get(person, "") if is_full else "" for person, is_full in at_limit]
        table["from_grid"] = pd.Series(moved, index=table.index, dtype=object)
    table = table.sort_values("person_id").reset_index(drop=True)
    serves = np.zeros((plan.n_grids, len(table)), dtype=np.bool_)
    for n, grids in enumerate(table["grids"]):
        serves[[plan.codes.index(g) for g in grids], n] = True
    place, tier = _nearest(plan, [tuple(j) for j in table["jurisdictions"]])
    return Candidates(
        role=role,
        ids=table["person_id"].to_numpy(object),
        from_grid=table["from_grid"].to_numpy(object),
        is_committee=table["is_committee"].to_numpy(bool),
        n_grids=table["n_grids"].to_numpy(np.int64),
        households=table["households"].fillna(0.0).to_numpy(np.float64),
        serves=serves,
        is_gone=np.zeros(len(table), dtype=np.bool_),
        place=place,
        tier=tier,
        gap=_gaps(plan, serves),
        grids_max=grids_max,
        households_max=households_max if plan.units.has_households else np.inf,
    )


def households_to_answer_for(plan: Plan) -> NDArray[np.float64]:
    """Households of each grid as a span of control counts them: 0 in dedicated grids and where not known, (k,)."""
    return np.where(is_dedicated(plan), 0, plan.households_of_grid).astype(np.float64)


def distances_of_jurisdictions(plan: Plan) -> NDArray[np.float64]:
    """Distance in metres between the polygons of each two jurisdictions, (j, j)."""
    shapes = np.asarray(plan.units.jurisdictions.geometry.values, dtype=object)
    return np.asarray(shapely.distance(shapes[:, None], shapes[None, :]), dtype=np.float64)


def _committee(roster: Roster, plan: Plan, leaders: set[str]) -> pd.DataFrame:
    """Committee members of a jurisdiction of the plan who lead no grid."""
    posts = roster.posts
    known = posts["home"].isin(plan.units.jurisdictions.index.to_numpy(object))
    posts = posts[(posts["source"] == "committee") & known & ~posts["person_id"].isin(leaders)]
    homes = {str(person): tuple(sorted(set(h))) for person, h in posts.groupby("person_id")["home"]}
    n = len(homes)
    return pd.DataFrame(
        {
            "person_id": pd.Series(list(homes), dtype=object),
            "grids": pd.Series([()] * n, dtype=object),
            "jurisdictions": pd.Series(list(homes.values()), dtype=object),
            "n_grids": np.zeros(n, dtype=np.int64),
            "households": np.zeros(n),
            "is_committee": np.ones(n, dtype=bool),
            "from_grid": pd.Series([""] * n, dtype=object),
        }
    )


def _movable(roster: Roster, grids: pd.DataFrame, rules: Rules) -> dict[str, str]:
    """Members whom their grid can spare, with that grid: the last to come go first.

    A grid keeps its least number of members, and as many as its households need.
    """
    households = grids["households"].fillna(0).where(~grids["is_dedicated"], 0).to_numpy(np.float64)
    needed = np.ceil(households / rules.staffing.households_per_member_max)
    kept = np.maximum(needed.astype(np.int64), rules.staffing.members_min)
    spare = grids["members"].fillna(0).astype(np.int64) - kept
    posts = roster.posts[(roster.posts["role"] == "grid_member") & (roster.posts["place"] == "grid")]
    came = posts.groupby(["grid", "person_id"], sort=True)["since"].min().reset_index()
    came = came.sort_values(["since", "person_id"], ascending=[False, True], na_position="last")
    nth = came.groupby("grid").cumcount()
    going = came[nth < came["grid"].map(spare)]
    return dict(zip(going["person_id"], going["grid"], strict=True))


def _nearest(plan: Plan, homes: list[tuple[str, ...]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Nearest jurisdiction of each candidate to that of each grid, and its tier, both (k, c)."""
    index = plan.units.jurisdictions.index
    metres = np.round(distances_of_jurisdictions(plan))
    np.fill_diagonal(metres, -1)
    tiers = np.array([np.unique(row, return_inverse=True)[1] for row in metres], dtype=np.int64)
    own = index.get_indexer(pd.Index(plan.jurisdiction_of_grid, dtype=object))
    place = np.zeros((plan.n_grids, len(homes)), dtype=np.int64)
    position = {str(code): n for n, code in enumerate(index)}
    of_grids = tiers[own]
    for n, codes in enumerate(homes):
        at = np.array(sorted(position[code] for code in codes), dtype=np.int64)
        place[:, n] = at[np.argmin(of_grids[:, at], axis=1)]
    return place, tiers[own[:, None], place]


def _gaps(plan: Plan, serves: NDArray[np.bool_]) -> NDArray[np.int64]:
    units, label = plan.units.polygons, plan.grid_of
    assigned = label >= 0
    area, centre = shapely.area(units)[assigned], shapely.get_coordinates(shapely.centroid(units))[assigned]
    total = np.bincount(label[assigned], area, plan.n_grids)
    centres = np.stack(
        [np.bincount(label[assigned], area * centre[:, axis], plan.n_grids) / total for axis in (0, 1)], axis=1
    )
    between = np.hypot(*(centres[:, None, :] - centres[None, :, :]).transpose(2, 0, 1))
    gaps = np.zeros(serves.shape, dtype=np.int64)
    for n in np.flatnonzero(serves.any(axis=0)):
        gaps[:, n] = np.round(between[:, serves[:, n]].min(axis=1) / 10)
    return gaps
