"""Villages: grids of a few whole villager groups, by exact set partitioning."""

from __future__ import annotations

from collections.abc import Collection
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import InvalidInput, first_ten
from gridmap.measure.components import components
from gridmap.model.graph import DualGraph
from gridmap.model.result import Status
from gridmap.model.rules import Profile
from gridmap.model.units import Units
from gridmap.partition.area import AreaPlan
from gridmap.partition.rural_part import OBJECTIVE, Odd, RuralParams, Task, solve_part, with_ferries
from gridmap.partition.rural_price import village_of
from gridmap.partition.rural_reasons import Ground, account, explain

#: Relative difference at which a bound and a value count as equal.
_EQUAL = 1e-6


def partition_village(
    units: Units,
    graph: DualGraph,
    profile: Profile,
    *,
    seed: int = 0,
    existing_labels: NDArray[np.integer] | None = None,
    locked: Collection[int] = (),
    ferries: NDArray[np.int64] | None = None,
    params: RuralParams | None = None,
) -> AreaPlan:
    """Divide a village into grids of `profile.lower` to `profile.upper` whole groups, at proven least cost.

    Parameters
    ----------
    units : Units
        The n units of one jurisdiction.
    graph : DualGraph
        Their graph.
    profile : Profile
        A profile that counts units.
    seed : int
        Decides between plans of equal cost.
    existing_labels : ndarray of int, shape (n,), optional
        Grid of each unit in an existing plan, −1 for none: groups that it holds together are kept
        together where little is lost by it.
    locked : collection of int
        Labels of `existing_labels` whose grids stay as they are.
    ferries : ndarray of int64, shape (f, 2), optional
        Pairs of units that may be joined across water or foreign land where nothing else helps; a grid
        that needs one is an exception.
    params : RuralParams, optional

    Returns
    -------
    AreaPlan
        ``objective`` (:data:`~gridmap.partition.rural_part.OBJECTIVE`), lexicographic: number of exceptions;
        how far they stray (a grid of one group more than `upper` counts 0, each group missing to `lower` 1, a
        ferry `lower`); then the tiers of :func:`gridmap.partition.rural_price.price`. Locked grids are not
        counted. ``bound`` holds the proven bound of each entry among plans that keep the entries before it.
        ``status`` is OPTIMAL when all is proven without an exception; INFEASIBLE when it is proven that
        there must be exceptions (the plan then names them, the fewest of the kinds in the Notes); FEASIBLE
        when a proof is missing, because time ran out or the village was too large to be solved whole.

    Raises
    ------
    InvalidInput
        If the profile does not count units, lengths do not match, or a locked label has no unit.

    Notes
    -----
    The number of grids comes first: that of the existing plan, or the one whose grids come nearest to
    ``profile.households_target``, or the nearest to it that the graph allows (any number where households are
    not known, or in parts of more than 150 groups). Then every connected set of `lower` to `upper` groups is a
    candidate; the connected parts of the village are solved one by one
    (:func:`gridmap.partition.cover.solve_cover`). Only where that is infeasible are the exceptions offered: grids
    of one group too many, of too few, and those that need a ferry.
    """
    started = perf_counter()
    _check(units, graph, profile, existing_labels, locked)
    n = len(units)
    old = np.full(n, -1, dtype=np.int64) if existing_labels is None else existing_labels.astype(np.int64)
    fixed = np.isin(old, np.array(sorted(locked), dtype=np.int64))
    village = village_of(units, graph, profile, np.where(fixed, -1, old))
    edges = np.empty((0, 2), dtype=np.int64) if ferries is None else ferries.reshape(-1, 2)
    whole = Task(village, edges, profile.lower, profile.upper, seed, params or RuralParams())
    free = np.flatnonzero(~fixed)
    pieces = [free[p] for p in _parts(with_ferries(graph, edges).subgraph(free))]
    parts = [solve_part(whole.take(piece)) for piece in pieces]

    grids = [np.flatnonzero(old == label) for label in sorted(locked)]
    odds = [Odd.NONE] * len(grids)
    for piece, part in zip(pieces, parts, strict=True):
        grids += [piece[grid] for grid in part.grids]
        odds += part.odds
    order = sorted(range(len(grids)), key=lambda k: int(grids[k].min()))
    labels = np.empty(n, dtype=np.int32)
    for label, k in enumerate(order):
        labels[grids[k]] = label

    objective, bound = _total([p.objective for p in parts]), _total([p.bound for p in parts])
    status = _status(objective, bound)
    ground = _ground(units, graph, profile, fixed, is_proven=bound[0] >= objective[0])
    exceptions = tuple(account(ground, label, grids[k], odds[k]) for label, k in enumerate(order) if odds[k])
    return AreaPlan(
        labels,
        status,
        objective,
        OBJECTIVE,
        bound,
        len(grids),
        profile.target,
        explain(ground, len(grids), len(locked), exceptions, is_optimal=_is_proven(objective, bound)),
        exceptions,
        perf_counter() - started,
    )


def _check(
    units: Units,
    graph: DualGraph,
    profile: Profile,
    existing_labels: NDArray[np.integer] | None,
    locked: Collection[int],
) -> None:
    if profile.counted != "units":
        raise InvalidInput(f"a village needs a profile that counts units; this one counts {profile.counted}")
    if len(graph) != len(units):
        raise InvalidInput(f"the graph needs one node a unit: {len(units)} units, {len(graph)} nodes")
    if existing_labels is not None and len(existing_labels) != len(units):
        raise InvalidInput(f"existing_labels needs one label a unit: {len(units)} units, {len(existing_labels)} labels")
    known = set() if existing_labels is None else {int(v) for v in existing_labels if v >= 0}
    unknown = sorted(set(locked) - known)
    if unknown:
        raise InvalidInput(f"locked labels must be labels of the existing plan; not one: {first_ten(unknown)}")


def _parts(graph: DualGraph) -> list[NDArray[np.int64]]:
    if len(graph) == 0:
        return []
    part = components(graph)
    return [np.flatnonzero(part == p) for p in range(int(part.max()) + 1)]


def _total(rows: list[NDArray[np.float64]]) -> tuple[float, ...]:
    return tuple(float(v) for v in sum(rows, np.zeros(len(OBJECTIVE))))


def _is_proven(objective: tuple[float, ...], bound: tuple[float, ...]) -> bool:
    return all(b >= v - _EQUAL * max(1.0, abs(v)) for v, b in zip(objective, bound, strict=True))


def _status(objective: tuple[float, ...], bound: tuple[float, ...]) -> Status:
    if bound[0] > 0:
        return "INFEASIBLE"
    return "OPTIMAL" if _is_proven(objective, bound) else "FEASIBLE"


def _ground(units: Units, graph: DualGraph, profile: Profile, fixed: NDArray[np.bool_], *, is_proven: bool) -> Ground:
    part = components(graph, fixed.astype(np.int64)) if len(units) else np.empty(0, dtype=np.int64)
    beside = np.zeros(len(units), dtype=np.bool_)
    beside[graph.source[fixed[graph.indices]]] = True
    return Ground(units, profile, np.bincount(part)[part] if len(units) else part, beside, is_proven)
