"""One connected part of a village: solved whole, or in pieces where it is too large."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from time import perf_counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gridmap.measure.components import components
from gridmap.measure.size import nearest_k
from gridmap.model.graph import DualGraph
from gridmap.partition.candidates import Candidates, connected_subsets
from gridmap.partition.cover import Cover, solve_cover
from gridmap.partition.programme import Programme, relax
from gridmap.partition.rural_price import TIERS, Village, price

#: Entries of the objective, in order.
OBJECTIVE: Final = ("exceptions", "exception_kinds", *TIERS)
#: In parts of more units the number of grids is left free: no village is so large, and fixing it takes
#: four times as long.
_COUNTED_UNITS: Final = 150
#: How often the seams between pieces are moved and solved anew.
_ROUNDS: Final = 8


class Odd(IntEnum):
    """In which way a grid is an exception, the lesser evil first."""

    NONE = 0
    OVERSIZE = 1
    UNDERSIZE = 2
    FERRY = 3


@dataclass(frozen=True)
class RuralParams:
    """How hard a village is searched.

    Attributes
    ----------
    time_limit_s : float
        For one connected part of the village, in seconds; 400 groups need well under one.
    whole_units : int
        A connected part of more units is divided into pieces first.
    most_candidates : int
        Most candidate grids of one part; beyond, it is divided into pieces.
    piece_units : int
        Most units of a piece.
    """

    time_limit_s: float = 20.0
    whole_units: int = 2000
    most_candidates: int = 60_000
    piece_units: int = 300


@dataclass(frozen=True, eq=False)
class Part:
    """The grids of one part.

    Attributes
    ----------
    grids : list of ndarray of int64
        Units of each of the k grids.
    odds : list of Odd
        Kind of exception of each grid, (k,).
    costs : ndarray of float64, shape (k, 5)
        What each grid adds to each entry of :data:`OBJECTIVE`.
    bound : ndarray of float64, shape (5,)
        Proven lower bounds, NaN where none is known.
    """

    grids: list[NDArray[np.int64]]
    odds: list[Odd]
    costs: NDArray[np.float64]
    bound: NDArray[np.float64]

    @property
    def objective(self) -> NDArray[np.float64]:
        """Entries of :data:`OBJECTIVE`, (5,)."""
        return np.asarray(self.costs.sum(axis=0), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Task:
    """A part to solve.

    Attributes
    ----------
    village : Village
        The units of the part.
    ferries : ndarray of int64, shape (f, 2)
        Pairs of its units that a grid may join at the price of an exception.
    lower, upper : int
        Units of a grid.
    seed : int
    params : RuralParams
    """

    village: Village
    ferries: NDArray[np.int64]
    lower: int
    upper: int
    seed: int
    params: RuralParams

    @property
    def joined(self) -> DualGraph:
        """The graph with the ferries."""
        return with_ferries(self.village.graph, self.ferries)

    def n_wanted(self) -> int | None:
        """The number of grids aimed at; None where any number serves: households not known, or a very large part.

        That of an existing plan where it can be kept, else the one whose grids come nearest to the
        households aimed at.
        """
        village = self.village
        n = len(village.graph)
        if n > _COUNTED_UNITS:
            return None
        least, most = -(-n // self.upper), max(n // self.lower, 1)
        if (village.old >= 0).any() and least <= (count := len(np.unique(village.old[village.old >= 0]))) <= most:
            return count
        if not village.has_households:
            return None
        return min(max(nearest_k(round(float(village.size.sum())), village.aim), least), most)

    def take(self, members: NDArray[np.int64]) -> Task:
        """The part of the task that concerns these units, renumbered in their order."""
        number = np.full(len(self.village.graph), -1, dtype=np.int64)
        number[members] = np.arange(len(members))
        ends = number[self.ferries]
        inside = ends[(ends >= 0).all(axis=1)]
        return Task(self.village.take(members), inside, self.lower, self.upper, self.seed, self.params)


def with_ferries(graph: DualGraph, ferries: NDArray[np.int64]) -> DualGraph:
    """The graph with the ferries as bridged edges without length, where it has no edge already."""
    n = len(graph)
    once = graph.source < graph.indices
    pairs = np.unique(np.sort(ferries.reshape(-1, 2), axis=1), axis=0)
    new = ~np.isin(pairs[:, 0] * n + pairs[:, 1], graph.source * n + graph.indices)
    zeros = np.zeros(int(new.sum()))
    return DualGraph.from_edges(
        n,
        np.concatenate([np.column_stack([graph.source[once], graph.indices[once]]), pairs[new]]),
        np.concatenate([graph.length_m[once], zeros]),
        np.concatenate([graph.barrier_m[once], zeros]),
        np.concatenate([graph.bridged[once], zeros == 0]),
    )


def solve_part(task: Task) -> Part:
    """The best grids of a connected part; see :func:`gridmap.partition.rural.partition_village`.

    Parameters
    ----------
    task : Task

    Returns
    -------
    Part
        Proven best when its bound meets its objective.
    """
    n = len(task.village.graph)
    whole = _solve_whole(task) if n <= task.params.whole_units else None
    return _solve_in_pieces(task) if whole is None else whole


def _solve_whole(task: Task) -> Part | None:
    """The exact way; None when there are too many candidates or time ran out without a plan."""
    n, params = len(task.village.graph), task.params
    ones = np.ones(n, dtype=np.int64)
    lawful = connected_subsets(task.village.graph, ones, task.lower, task.upper, limit=params.most_candidates)
    if lawful is None:
        return None
    costs = np.concatenate([np.zeros((2, len(lawful))), price(task.village, lawful)])
    kinds = np.zeros(len(lawful), dtype=np.int64)
    fewest: tuple[float, ...] = (0.0, 0.0)
    cover = _cover_by_count(task, lawful, costs, fewest)
    if cover is None:
        lawful, kinds = _with_exceptions(task, lawful)
        costs = np.concatenate([_strayed(task, lawful, kinds), price(task.village, lawful)])
        free = solve_cover(n, lawful, costs, time_limit_s=params.time_limit_s, seed=task.seed)
        if not len(free.chosen) and n:
            return None
        cover = _cover_by_count(task, lawful, costs, free.objective[:2]) or free
    return _part_of(lawful, kinds, costs, cover) if len(cover.chosen) or n == 0 else None


def _cover_by_count(
    task: Task, candidates: Candidates, costs: NDArray[np.float64], fewest: tuple[float, ...]
) -> Cover | None:
    """The best cover with the number of grids that is nearest to the one wanted; None where none is lawful.

    The number comes before barriers and shape, or many small grids would be made just to cross no ditch.
    Covers must have no more exceptions than `fewest` says.
    """
    n, params = len(task.village.graph), task.params
    wanted = task.n_wanted()
    if wanted is None:
        cover = solve_cover(n, candidates, costs, time_limit_s=params.time_limit_s, seed=task.seed)
        return None if cover.status == "INFEASIBLE" or cover.objective[:2] > fewest else cover
    for count in sorted(range(1, n + 1), key=lambda k: (abs(k - wanted), k)):
        if count * (task.upper + 1) < n or count > max(1, n // task.lower + int(fewest[0])):
            continue
        cover = solve_cover(n, candidates, costs, n_chosen=count, time_limit_s=params.time_limit_s, seed=task.seed)
        if len(cover.chosen) and cover.objective[:2] <= fewest:
            return cover
    return None


def _part_of(candidates: Candidates, kinds: NDArray[np.int64], costs: NDArray[np.float64], cover: Cover) -> Part:
    return Part(
        [candidates.units_of(j) for j in cover.chosen.tolist()],
        [Odd(k) for k in kinds[cover.chosen].tolist()],
        costs[:, cover.chosen].T,
        np.array(cover.bound),
    )


def _with_exceptions(task: Task, lawful: Candidates) -> tuple[Candidates, NDArray[np.int64]]:
    """The lawful candidates and the exceptions, with the kind of each."""
    graph, limit = task.village.graph, task.params.most_candidates
    ones = np.ones(len(graph), dtype=np.int64)
    single = Candidates(np.arange(len(graph) + 1, dtype=np.int64), np.arange(len(graph), dtype=np.int64))
    small = connected_subsets(graph, ones, 1, task.lower - 1, limit=limit)
    if small is None:  # pragma: no cover  # only bands of many units come here
        small = single if task.lower > 1 else lawful.take(np.empty(0, dtype=np.int64))
    large = connected_subsets(graph, ones, task.upper + 1, task.upper + 1, limit=limit)
    parts, kinds = [lawful, small], [Odd.NONE, Odd.UNDERSIZE]
    if large is not None:  # with so many candidates the lesser kinds serve as well
        parts.append(large)
        kinds.append(Odd.OVERSIZE)
    if len(task.ferries):
        joined = connected_subsets(task.joined, ones, task.lower, task.upper, limit=limit)
        if joined is not None:
            parts.append(_not_in(joined, lawful))
            kinds.append(Odd.FERRY)
    return Candidates.joined(parts), np.repeat(np.array(kinds, dtype=np.int64), [len(p) for p in parts])


def _not_in(candidates: Candidates, known: Candidates) -> Candidates:
    seen = {known.units_of(j).tobytes() for j in range(len(known))}
    fresh = [j for j in range(len(candidates)) if candidates.units_of(j).tobytes() not in seen]
    return candidates.take(np.array(fresh, dtype=np.int64))


def _strayed(task: Task, candidates: Candidates, kinds: NDArray[np.int64]) -> NDArray[np.float64]:
    """The two tiers of exceptions, (2, m): whether, and how far it strays."""
    far = np.select(
        [kinds == Odd.UNDERSIZE, kinds == Odd.FERRY],
        [task.lower - candidates.sizes, np.full(len(kinds), task.lower)],
        0,
    )
    return np.stack([kinds != Odd.NONE, far]).astype(np.float64)


def _solve_in_pieces(task: Task) -> Part:
    """Connected pieces solved one by one, then pieces of whole grids along other seams, round by round."""
    n = len(task.village.graph)
    deadline = perf_counter() + task.params.time_limit_s
    most = min(task.params.piece_units, max(n // 2, 1))
    ones = np.ones(n, dtype=np.int64)
    rng = np.random.default_rng(task.seed)
    relaxed_cost = _relaxed_cost(task, deadline)
    part = _joined([_of_piece(task, piece) for piece in _pieces(task.joined, ones, most, rng)])
    for _ in range(_ROUNDS):
        if perf_counter() > deadline:
            break
        part = _resolved(task, part, most, rng)
    bound = np.zeros(len(OBJECTIVE))  # nothing costs less than nothing
    bound[-1] = relaxed_cost if part.objective[0] == 0 else math.nan
    return Part(part.grids, part.odds, part.costs, bound)


def _relaxed_cost(task: Task, deadline: float) -> float:
    n, limit = len(task.village.graph), 10 * task.params.most_candidates
    lawful = connected_subsets(task.village.graph, np.ones(n, dtype=np.int64), task.lower, task.upper, limit=limit)
    if lawful is None:
        return math.nan
    programme = Programme(n, lawful, np.zeros((0, len(lawful))), [], None)
    relaxed = relax(programme, price(task.village, lawful)[-1], deadline)
    return math.nan if relaxed is None else relaxed[0]


def _of_piece(task: Task, members: NDArray[np.int64]) -> Part:
    part = solve_part(task.take(members))
    return Part([members[g] for g in part.grids], part.odds, part.costs, part.bound)


def _joined(parts: list[Part]) -> Part:
    return Part(
        [g for p in parts for g in p.grids],
        [o for p in parts for o in p.odds],
        np.concatenate([p.costs for p in parts]),
        np.zeros(len(OBJECTIVE)),
    )


def _resolved(task: Task, part: Part, most: int, rng: np.random.Generator) -> Part:
    """Pieces of whole grids along new seams, each replaced where its new solution is better."""
    grid_of = np.empty(len(task.village.graph), dtype=np.int64)
    for k, grid in enumerate(part.grids):
        grid_of[grid] = k
    graph = task.joined
    source, target = grid_of[graph.source], grid_of[graph.indices]
    edges = np.unique(np.column_stack([source, target])[source < target], axis=0)
    between = DualGraph.from_edges(len(part.grids), edges, np.ones(len(edges)))
    sizes = np.array([len(g) for g in part.grids], dtype=np.int64)
    after = []
    for piece in _pieces(between, sizes, most, rng):
        members = np.concatenate([part.grids[k] for k in piece])
        old = Part(
            [part.grids[k] for k in piece], [part.odds[k] for k in piece], part.costs[piece], np.zeros(len(OBJECTIVE))
        )
        new = _of_piece(task, np.sort(members))
        after.append(new if tuple(new.objective.round(6)) < tuple(old.objective.round(6)) else old)
    return _joined(after)


def _pieces(graph: DualGraph, sizes: NDArray[np.int64], most: int, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """Connected pieces of at most `most` in size where that is possible, halving around a unit drawn by lot."""
    waiting, done = [np.arange(len(graph), dtype=np.int64)], []
    while waiting:
        piece = waiting.pop()
        inner = graph.subgraph(piece)
        if sizes[piece].sum() <= most or len(piece) == 1:
            done.append(piece)
            continue
        order = _breadth_first(inner, int(rng.integers(len(piece))))
        filled = np.cumsum(sizes[piece][order])
        cut = min(max(1, int(np.searchsorted(filled, filled[-1] / 2))), len(piece) - 1)
        side = np.zeros(len(piece), dtype=np.int64)
        side[order[cut:]] = 1
        # the near side is connected; of the far side only the largest connected part is kept
        loose = components(inner, side)
        largest = np.argmax(np.bincount(loose[side == 1], minlength=int(loose.max()) + 1))
        waiting += [piece[loose != largest], piece[loose == largest]]
    return done


def _breadth_first(graph: DualGraph, start: int) -> NDArray[np.int64]:
    seen, order = {start}, [start]
    for unit in order:
        for other in graph.neighbours(unit).tolist():
            if other not in seen:
                seen.add(other)
                order.append(other)
    return np.array(order, dtype=np.int64)
