"""Residential areas: grids of about 300 households out of buildings or blocks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.measure.bridge import CORNER_M, nearest_bridges
from gridmap.measure.components import components
from gridmap.measure.size import dead_zone, legal_counts, nearest_k
from gridmap.model.graph import DualGraph
from gridmap.model.result import Status
from gridmap.model.rules import Profile
from gridmap.model.text import Text
from gridmap.model.units import Units
from gridmap.partition import reasons
from gridmap.partition.area import AreaException, AreaPlan
from gridmap.partition.problem import Area
from gridmap.partition.regions import LARGE_AREA, search_large
from gridmap.partition.repair import repair
from gridmap.partition.search import Effort, Found, search

#: Names of the tiers of the objective.
OBJECTIVE: Final = ("grids_outside_band", "grids_beyond_quality", "weighted_cost")

#: Parts at most this share of a typical grid's side apart are joined in any case (our decision).
_NEAR: Final = 2.0
#: Ferries at most this many times as long as the shortest between two parts are offered too (our decision).
_FERRY_WIDTH: Final = 1.5


@dataclass
class _Draft:
    """Labels under construction: −1 where a unit still waits for its grid."""

    labels: NDArray[np.int64]
    n_grids: int = 0
    exceptions: list[AreaException] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)

    def new_grid(self, members: NDArray[np.int64]) -> int:
        label = self.n_grids
        self.labels[members] = label
        self.n_grids += 1
        return label


def partition_residential(
    units: Units,
    graph: DualGraph,
    profile: Profile,
    *,
    seed: int,
    existing: NDArray[np.int64] | None = None,
    locked: Collection[int] = (),
    effort: Effort | None = None,
) -> AreaPlan:
    """Divide one jurisdiction into grids by households.

    Parameters
    ----------
    units : Units
        The n units of one jurisdiction.
    graph : DualGraph
        Their dual graph, lengths in metres.
    profile : Profile
        One that counts households.
    seed : int
    existing : ndarray of int64, shape (n,), optional
        Label of each unit's grid in an existing plan, −1 for none; few households are then moved.
    locked : collection of int
        Existing labels that must not change.
    effort : Effort, optional

    Returns
    -------
    AreaPlan
        Every unit in a grid. Grids outside the band are named as exceptions with their reason.
    """
    started = perf_counter()
    work = Effort() if effort is None else effort
    old = np.full(len(units), -1, dtype=np.int64) if existing is None else np.asarray(existing, dtype=np.int64)
    draft = _Draft(np.full(len(units), -1, dtype=np.int64))
    joined = _with_ferries(units, graph, profile, draft)
    _fix(units, profile, old, locked, draft)
    area = Area.of(units, joined, old)
    _attach_leftovers(units, joined, profile, draft)
    free = np.flatnonzero(draft.labels < 0)
    part = components(joined.subgraph(free))
    founds = []
    ideals = []
    for number in range(int(part.max(initial=-1)) + 1):
        members = free[part == number]
        k = _choose_k(units, members, profile, old[members], draft)
        found = _solve(area.take(members), k, profile, work, seed + number)
        founds.append(found)
        ideals.append((int(units.households[members].sum()), k))
        _take(units, profile, members, found, k, draft)
    total, grids = sum(h for h, _ in ideals), sum(k for _, k in ideals)
    _name_ferries(graph, draft)
    labels, order = _by_first_unit(draft.labels)
    return AreaPlan(
        labels,
        _weakest([f.status for f in founds]),
        tuple(float(sum(f.objective[t] for f in founds)) for t in range(len(OBJECTIVE))),
        OBJECTIVE,
        _bounds(founds),
        draft.n_grids,
        total / grids if grids else 0.0,
        tuple(draft.notes),
        tuple(AreaException(int(order[e.label]), e.rule, e.reason, e.text) for e in draft.exceptions),
        perf_counter() - started,
    )


def _with_ferries(units: Units, graph: DualGraph, profile: Profile, draft: _Draft) -> DualGraph:
    """Join parts to their nearest part: those near by, and those that cannot be divided lawfully by themselves.

    A ferry costs what crossing a barrier as long as its way would cost, so that it is taken only where it pays.
    """
    part = components(graph)
    n_apart = int(part.max(initial=0)) + 1
    if n_apart == 1:
        return graph
    edges, distances = nearest_bridges(units, graph)
    households = np.bincount(part, weights=units.households).astype(np.int64)
    near_m = _NEAR * float(
        np.sqrt(shapely.area(units.polygons).sum() / nearest_k(int(households.sum()), profile.households_target))
    )
    root = np.arange(n_apart)
    taken = []
    for e in np.argsort(distances, kind="stable"):
        a, b = root[part[edges[e]]]
        if distances[e] > near_m and _is_legal(households[a], profile) and _is_legal(households[b], profile):
            continue
        root[root == b] = a
        households[a] += households[b]
        taken.append(e)
    draft.notes.append(reasons.parts(n_apart, len(taken)))
    once = graph.source < graph.indices
    ferries, way = _wide_ferries(units.polygons, part, edges[taken], distances[taken])
    return DualGraph.from_edges(
        len(graph),
        np.concatenate([np.stack([graph.source[once], graph.indices[once]], axis=1), ferries]),
        np.concatenate([graph.length_m[once], np.full(len(way), CORNER_M)]),
        np.concatenate([graph.barrier_m[once], way]),
        np.concatenate([graph.bridged[once], np.ones(len(way), dtype=np.bool_)]),
    )


def _wide_ferries(
    polygons: NDArray[np.object_], part: NDArray[np.int64], edges: NDArray[np.int64], distances: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Beside each ferry all others between the same two parts that are hardly longer, and their lengths in metres.

    One ferry alone would hang a part on a single unit, through which every grid across would have to pass.
    """
    pairs, ways = [], []
    for (a, b), distance in zip(edges.tolist(), distances.tolist(), strict=True):
        here, there = np.flatnonzero(part == part[a]), np.flatnonzero(part == part[b])
        tree = shapely.STRtree(polygons[there])
        i, j = tree.query(polygons[here], predicate="dwithin", distance=_FERRY_WIDTH * distance + CORNER_M)
        pairs.append(np.sort(np.stack([here[i], there[j]], axis=1), axis=1))
        ways.append(shapely.distance(polygons[here[i]], polygons[there[j]]))
    every = np.concatenate([edges, *pairs])
    way = np.concatenate([distances, *ways])
    every, first = np.unique(every, axis=0, return_index=True)
    return every, np.maximum(way[first], CORNER_M)


def _is_legal(households: int, profile: Profile) -> bool:
    return bool(legal_counts(int(households), profile.lower, profile.upper)) and households > 0


def _fix(units: Units, profile: Profile, old: NDArray[np.int64], locked: Collection[int], draft: _Draft) -> None:
    """Locked grids, dedicated grids and oversized units are grids before the search begins."""
    for label in sorted(locked):
        members = np.flatnonzero(old == label)
        if len(members):
            grid = draft.new_grid(members)
            households = int(units.households[members].sum())
            if not profile.lower <= households <= profile.upper:
                draft.exceptions.append(AreaException(grid, "R5", "locked", reasons.locked(households)))
    dedicated = units.frame["dedicated"].to_numpy(object)
    for name in sorted({str(d) for d in dedicated[draft.labels < 0] if d}):
        grid = draft.new_grid(np.flatnonzero((dedicated == name) & (draft.labels < 0)))
        draft.exceptions.append(AreaException(grid, "R5", "dedicated", reasons.dedicated(name)))
    for unit in np.flatnonzero((units.households > profile.upper) & (draft.labels < 0)):
        grid = draft.new_grid(np.array([unit]))
        text = reasons.oversized(_name(units, int(unit)), int(units.households[unit]), profile.upper)
        draft.exceptions.append(AreaException(grid, "R5", "oversized_unit", text))


def _attach_leftovers(units: Units, graph: DualGraph, profile: Profile, draft: _Draft) -> None:
    """Small parts that fixed grids cut off join an oversized or dedicated neighbour that touches them."""
    open_to_more = {e.label for e in draft.exceptions if e.reason in ("oversized_unit", "dedicated")}
    free = np.flatnonzero(draft.labels < 0)
    part = components(graph.subgraph(free))
    n_parts = int(part.max(initial=-1)) + 1
    for number in range(n_parts):
        members = free[part == number]
        households = int(units.households[members].sum())
        if 2 * households >= profile.lower or (n_parts == 1 and not open_to_more):
            continue
        beside = np.concatenate([graph.neighbours(int(v)) for v in members])
        length = np.concatenate([graph.length_m[graph.indptr[v] : graph.indptr[v + 1]] for v in members])
        labels = draft.labels[beside]
        candidates = sorted(set(labels[np.isin(labels, list(open_to_more))].tolist()))
        if candidates:
            best = max(candidates, key=lambda g: (float(length[labels == g].sum()), -g))
            draft.labels[members] = best
            draft.notes.append(reasons.attached(_names(units, members), households))


def _choose_k(units: Units, members: NDArray[np.int64], profile: Profile, old: NDArray[np.int64], draft: _Draft) -> int:
    """The lawful number of grids nearest to that of the existing plan, else nearest to the target size."""
    households = units.households[members]
    total = int(households.sum())
    most = max(1, int((households > 0).sum()))
    best = min(nearest_k(total, profile.households_target), most)
    legal = [k for k in legal_counts(total, profile.lower, profile.upper) if k <= most] if total else []
    if legal:
        n_old = len(np.unique(old[old >= 0]))
        k = min(legal, key=lambda k: (abs(k - n_old) * (n_old > 0), abs(total / k - profile.households_target), k))
        others = [o for o in legal if o != k]
        draft.notes.append(reasons.chosen_k(total, k, best, others))
        return k
    zone = dead_zone(total, profile.lower, profile.upper) if total else None
    draft.notes.append(reasons.dead_zone(total, best, zone, profile.lower, profile.upper))
    return best


def _solve(area: Area, k: int, profile: Profile, effort: Effort, seed: int) -> Found:
    total = int(area.households.sum())
    ideal = total / k
    legal = profile.lower <= ideal <= profile.upper
    # Where no number of grids is legal, equal grids are sought: the band is laid around the ideal.
    width = (profile.upper - profile.lower) / (2 * profile.target)
    lower, upper = (profile.lower, profile.upper) if legal else (ideal * (1 - width), ideal * (1 + width))
    problem = area.problem(k, lower, upper, ideal, profile.quality)
    if (area.old >= 0).any():
        return repair(problem, effort, seed)
    if problem.n > LARGE_AREA:
        return search_large(problem, seed)
    return search(problem, effort, seed)


def _take(units: Units, profile: Profile, members: NDArray[np.int64], found: Found, k: int, draft: _Draft) -> None:
    """Write the found grids into the draft and name those outside the band with their reason."""
    total = int(units.households[members].sum())
    legal = _is_legal(total, profile)
    n_found = int(found.labels.max()) + 1
    for label in range(n_found):
        own = members[found.labels == label]
        grid = draft.new_grid(own)
        households = int(units.households[own].sum())
        if profile.lower <= households <= profile.upper:
            continue
        heaviest = int(own[np.argmax(units.households[own])])
        if not legal and total < profile.lower:
            reason, text = "too_small", reasons.too_small(total, profile.lower)
        elif not legal:
            zone = dead_zone(total, profile.lower, profile.upper)
            reason, text = "dead_zone", reasons.in_dead_zone(households, total, k, zone)
        else:
            proven = found.status == "OPTIMAL"
            reason = "forbidden_by_graph" if proven else "not_found"
            text = reasons.no_better(households, _name(units, heaviest), int(units.households[heaviest]), proven=proven)
        draft.exceptions.append(AreaException(grid, "R5", reason, text))


def _name_ferries(graph: DualGraph, draft: _Draft) -> None:
    """Grids that lie in parts, because the jurisdiction itself does, are declared."""
    part = components(graph, draft.labels)
    labels = np.unique(np.stack([draft.labels, part]), axis=1)[0]
    for label in np.flatnonzero(np.bincount(labels, minlength=draft.n_grids) > 1):
        n_parts = int((labels == label).sum())
        draft.exceptions.append(AreaException(int(label), "R3", "isolated", reasons.in_parts(n_parts)))


def _by_first_unit(labels: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Labels renumbered by first unit, and the new number of each old one."""
    _, first = np.unique(labels, return_index=True)
    order = np.empty(len(first), dtype=np.int64)
    order[np.argsort(first, kind="stable")] = np.arange(len(first))
    return order[labels].astype(np.int32), order


def _weakest(statuses: Sequence[Status]) -> Status:
    return "OPTIMAL" if all(s == "OPTIMAL" for s in statuses) else "FEASIBLE"


def _bounds(founds: Sequence[Found]) -> tuple[float, ...] | None:
    if any(f.bound is None for f in founds):
        return None
    return tuple(float(sum(f.bound[t] for f in founds if f.bound is not None)) for t in range(len(OBJECTIVE)))


def _name(units: Units, unit: int) -> str:
    compound, name = units.frame["compound"].iloc[unit], units.frame["name"].iloc[unit]
    if not name:
        return units.ids[unit]
    return str(name) if str(name).startswith(str(compound)) else f"{compound}{name}"


def _names(units: Units, members: NDArray[np.int64]) -> str:
    listed = [_name(units, int(v)) for v in members[:3]]
    return "、".join(listed) + ("…" if len(members) > 3 else "")
