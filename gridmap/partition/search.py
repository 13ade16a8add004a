"""The search of one connected residential area: exact where it is small, many starts where it is not.

Small areas of heavy units are enumerated: every connected set of units near the ideal is a candidate, and
the best cover is found by set partitioning. Others run tree splits with annealing, re-solve windows of
neighbouring grids, and recombine the grids of all runs by set partitioning. All limits are counts, not
seconds (but for one safety in set partitioning), so that a seed gives the same plan on any machine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gridmap.model.result import Status
from gridmap.partition.candidates import Candidates, connected_subsets
from gridmap.partition.cover import Cover, solve_cover
from gridmap.partition.kernels import multi_start, solve_windows
from gridmap.partition.problem import Problem
from gridmap.partition.recombine import distinct_grids, objective, price

#: Above so many units runs become fewer.
_MANY_UNITS: Final = 800
#: Annealing temperatures: a hot start accepts about half a grid side of worse border, a cold end nothing.
_HOT: Final = 0.5
_COLD: Final = 0.005
#: A safety only: the number of columns keeps set partitioning far below it. A cover that ran into it would
#: depend on the speed of the machine.
_TIME_LIMIT_S: Final = 60.0
#: Relative gap at which the weighted cost of a cover is good enough; whole-number tiers are settled exactly.
_GAP: Final = 0.01
#: Grids outside the hard band and farther from the ideal than this are candidates of the exact search only
#: where a run has found them.
_WINDOW: Final = 0.2
#: Areas with no more connected sets of units than this are searched over all of them: then even a plan that
#: has to leave the band is proven.
_EVERY: Final = 2_000


@dataclass(frozen=True)
class Effort:
    """How much work a search may do; counts, not seconds.

    Attributes
    ----------
    starts : int
        Tree splits with annealing.
    proposals : int
        Flips proposed in a run, a unit.
    improved : int
        Runs that go on to windows.
    windows : int
        Windows re-solved in each of them, a grid.
    candidates : int
        Most candidates of an exact search.
    exact_units : int
        Most units of an area that is enumerated.
    """

    starts: int = 16
    proposals: int = 300
    improved: int = 3
    windows: int = 8
    candidates: int = 4_000
    exact_units: int = 200

    def for_units(self, n: int) -> Effort:
        """Less of everything where n units make each run longer, so that an area takes about a second."""
        if n <= _MANY_UNITS:
            return self
        return replace(self, starts=min(self.starts, 8), improved=min(self.improved, 2))


@dataclass(frozen=True, eq=False)
class Found:
    """An assignment (n,) with its three tiers, their bounds and how sure it is."""

    labels: NDArray[np.int64]
    objective: tuple[float, float, float]
    bound: tuple[float, ...] | None
    status: Status


def search(problem: Problem, effort: Effort, seed: int) -> Found:
    """Divide a connected area into its k grids.

    Parameters
    ----------
    problem : Problem
        Connected; k ≥ 1 and at most n.
    effort : Effort
    seed : int
        The same seed gives the same labels.

    Returns
    -------
    Found
        Labels 0 … k − 1, every grid connected and not empty.
    """
    if problem.k == 1:
        labels = np.zeros(problem.n, dtype=np.int64)
        value = objective(problem, labels)
        return Found(labels, value, value, "OPTIMAL")
    effort = effort.for_units(problem.n)
    listed, is_all = _listed(problem, effort)
    # where the candidates are listed, runs only add grids beyond the list: one that goes on is enough
    runs = _runs(problem, effort if listed is None else replace(effort, improved=1), seed)
    best = min(runs, key=lambda labels: objective(problem, labels))
    pool = distinct_grids(np.stack(runs))
    candidates = pool if listed is None else _joined(listed, pool)
    cover = _cover(problem, candidates, 0.0 if is_all else _GAP)
    found = Found(best, objective(problem, best), None, "FEASIBLE")
    if cover.objective:
        proven = listed is not None and cover.status == "OPTIMAL" and (is_all or cover.objective[0] == 0)
        labels = labels_of(problem.n, candidates, cover.chosen)
        value = objective(problem, labels)
        # a proven plan counts even where another order of adding makes an equal one look cheaper by a rounding
        if proven:
            found = Found(labels, value, cover.bound, "OPTIMAL")
        elif value <= found.objective:
            found = Found(labels, value, None, "FEASIBLE")
    if found.status == "OPTIMAL":
        return found
    polished, _ = solve_windows(
        problem.net,
        problem.weights,
        found.labels,
        problem.k,
        effort.windows * problem.k,
        effort.proposals,
        stream_seed(seed, 99),
    )
    value = objective(problem, polished)
    return Found(polished, value, None, "FEASIBLE") if value < found.objective else found


def _runs(problem: Problem, effort: Effort, seed: int) -> list[NDArray[np.int64]]:
    labels, costs = multi_start(
        problem.net, problem.weights, problem.k, effort.starts, effort.proposals, _HOT, _COLD, stream_seed(seed, 0)
    )
    runs = list(labels)
    order = np.argsort(costs, kind="stable")[: effort.improved]
    for i, start in enumerate(order):
        better, _ = solve_windows(
            problem.net,
            problem.weights,
            labels[start],
            problem.k,
            effort.windows * problem.k,
            effort.proposals,
            stream_seed(seed, i + 1),
        )
        runs.append(better)
    return runs


def _listed(problem: Problem, effort: Effort) -> tuple[Candidates | None, bool]:
    """Connected sets of units and whether they are all there are: else those near the ideal, None if too many."""
    if problem.n > effort.exact_units:
        return None, False
    households = problem.net.households.astype(np.int64)
    graph = problem.graph()
    every = connected_subsets(graph, households, 0, int(households.sum()), limit=min(_EVERY, effort.candidates))
    if every is not None:
        return every, True
    w = problem.weights
    lower = min(w.lower, w.ideal * (1 - _WINDOW))
    upper = max(w.upper, w.ideal * (1 + _WINDOW))
    near = connected_subsets(graph, households, int(np.ceil(lower)), int(upper), limit=effort.candidates)
    return near, False


def _joined(listed: Candidates, pool: Candidates) -> Candidates:
    """The enumerated candidates and those of the pool that are not among them."""
    known = {listed.units_of(i).tobytes() for i in range(len(listed))}
    new = [i for i in range(len(pool)) if pool.units_of(i).tobytes() not in known]
    return Candidates.joined([listed, pool.take(np.array(new, dtype=np.int64))])


def _cover(problem: Problem, candidates: Candidates, gap: float) -> Cover:
    tiers = price(problem, candidates).tiers
    return solve_cover(problem.n, candidates, tiers, n_chosen=problem.k, time_limit_s=_TIME_LIMIT_S, gap=gap)


def labels_of(n: int, candidates: Candidates, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """The assignment (n,) in which each chosen candidate is a grid."""
    labels = np.full(n, -1, dtype=np.int64)
    for label, candidate in enumerate(chosen):
        labels[candidates.units_of(int(candidate))] = label
    return labels


def stream_seed(seed: int, stream: int) -> np.uint64:
    """A seed of its own for each stream; never 0, which the generator would stay at."""
    return np.uint64(np.random.SeedSequence([seed, stream]).generate_state(1, np.uint64)[0] | np.uint64(1))
