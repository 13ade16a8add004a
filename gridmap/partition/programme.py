"""The set-partitioning programme, whole or relaxed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

import highspy
import numpy as np
from numpy.typing import NDArray

from gridmap.measure.highs import Model, by_column, pass_model, silent_solver, solve
from gridmap.model.result import Status
from gridmap.partition.candidates import Candidates

#: Columns that enter the relaxation in one round of column generation.
_COLUMNS_A_ROUND: Final = 500
#: A column enters when its reduced cost is below this share of the largest cost.
_PRICE_TOLERANCE: Final = 1e-9
#: Share of a unit that may be left out by rounding.
_LEFT_OUT: Final = 1e-7
#: When leaving a unit out costs this many times the dearest column and still happens, no cover exists.
_HIGHEST_PENALTY: Final = 1e6


@dataclass(frozen=True, eq=False)
class Programme:
    """Every unit in exactly one chosen candidate, some tiers held, perhaps a number of candidates fixed.

    Attributes
    ----------
    n_units : int
    candidates : Candidates
    held : ndarray of float64, shape (h, m)
        Costs of the tiers that are settled.
    held_at_most : list of float
        What each of them may cost, (h,).
    n_chosen : int or None
    """

    n_units: int
    candidates: Candidates
    held: NDArray[np.float64]
    held_at_most: list[float]
    n_chosen: int | None

    def take(self, columns: NDArray[np.int64]) -> Programme:
        """The programme over some of the columns."""
        return Programme(
            self.n_units, self.candidates.take(columns), self.held[:, columns], self.held_at_most, self.n_chosen
        )

    @property
    def n_equal(self) -> int:
        """Rows that must be met exactly: units, and the count of candidates where it is fixed."""
        return self.n_units + (self.n_chosen is not None)

    @property
    def n_rows(self) -> int:
        """Units, then the count of candidates where it is fixed, then the held tiers."""
        return self.n_equal + len(self.held_at_most)

    def row_limits(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Least and most of every row."""
        count = [] if self.n_chosen is None else [float(self.n_chosen)]
        equal = [1.0] * self.n_units + count
        return (
            np.array(equal + [-math.inf] * len(self.held_at_most)),
            np.array(equal + self.held_at_most),
        )

    def matrix(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
        """Starts, row indices and values of the columns, in the order of the candidates."""
        m = len(self.candidates)
        owner, rows = [self.candidates.owner], [self.candidates.members]
        values = [np.ones(len(self.candidates.members))]
        every = np.arange(m, dtype=np.int64)
        extra = ([] if self.n_chosen is None else [np.ones(m)]) + list(self.held)
        for k, cost in enumerate(extra):
            used = cost != 0
            owner.append(every[used])
            rows.append(np.full(int(used.sum()), self.n_units + k, dtype=np.int64))
            values.append(cost[used])
        return by_column(np.concatenate(rows), np.concatenate(owner), np.concatenate(values), m)

    def model(self, cost: NDArray[np.float64]) -> Model:
        """The binary programme with a cost (m,) of each candidate."""
        m = len(self.candidates)
        starts, rows, values = self.matrix()
        return Model(cost, np.ones(m), *self.row_limits(), starts, rows, values, n_whole=m)

    def prices(self, duals: NDArray[np.float64]) -> NDArray[np.float64]:
        """What each column takes of its rows at these dual values (n_rows,), (m,)."""
        total = self.candidates.total(duals[: self.n_units])
        rest = duals[self.n_units :]
        if self.n_chosen is not None:
            total = total + rest[0]
            rest = rest[1:]
        return np.asarray(total + rest @ self.held if len(rest) else total, dtype=np.float64)


def solve_programme(
    programme: Programme, cost: NDArray[np.float64], time_limit_s: float, gap: float, seed: int = 0
) -> tuple[Status, NDArray[np.int64] | None, float]:
    """Solve the binary programme of one tier.

    Parameters
    ----------
    programme : Programme
    cost : ndarray of float64, shape (m,)
    time_limit_s : float
        Seconds; values below 0.01 count as 0.01.
    gap : float
        Relative gap to stop at.
    seed : int
        Seed of HiGHS, which decides between choices of equal cost.

    Returns
    -------
    status : Status
        OPTIMAL as HiGHS claims it; the caller checks the claim against the bound.
    columns : ndarray of int64 or None
        The chosen columns.
    bound : float
        Dual bound, −inf where there is none.

    Raises
    ------
    RuntimeError
        If HiGHS refuses the model.
    """
    if not len(programme.candidates):
        return "INFEASIBLE", None, math.inf
    answer = solve(programme.model(cost), time_limit_s, seed, gap=gap)
    columns = None if answer.values is None else np.flatnonzero(answer.values > 0.5)
    return answer.status, columns, answer.bound


def relax(programme: Programme, cost: NDArray[np.float64], deadline: float) -> tuple[float, NDArray[np.float64]] | None:
    """The linear relaxation by column generation over the list of candidates.

    Parameters
    ----------
    programme : Programme
    cost : ndarray of float64, shape (m,)
    deadline : float
        Reading of ``time.perf_counter`` at which to give up.

    Returns
    -------
    (value, reduced) or None
        A lower bound of every cover, and the reduced cost (m,), not negative, such that a cover using
        column j costs at least ``value + reduced[j]``. None when the relaxation is infeasible or time ran out.

    Raises
    ------
    RuntimeError
        If HiGHS refuses the model.

    Notes
    -----
    The bound is the Lagrangian one: with any duals y, whatever the solver's tolerance,
    z(y) = y·b + (number of columns in a cover) · min(0, least reduced cost) is valid; at most
    ``n_units`` columns are chosen, each unit being in one.
    """
    scale = max(1.0, float(np.abs(cost).max()))
    penalty = 10.0 * scale  # of a unit left out; raised while any is
    inside = np.zeros(len(cost), dtype=np.bool_)
    inside[_first_columns(programme, cost)] = True
    solver = _master(programme, cost, np.flatnonzero(inside), penalty)
    while deadline > perf_counter():
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = solver.getSolution()
        duals = np.array(solution.row_dual)
        np.minimum(duals[programme.n_equal :], 0.0, out=duals[programme.n_equal :])
        reduced = cost - programme.prices(duals)
        entering = np.flatnonzero((reduced < -_PRICE_TOLERANCE * scale) & ~inside)
        if len(entering):
            cheapest = entering[np.argsort(reduced[entering], kind="stable")[:_COLUMNS_A_ROUND]]
            inside[cheapest] = True
            _add_columns(solver, programme.take(cheapest), cost[cheapest])
            continue
        if np.array(solution.col_value)[: programme.n_equal].max() <= _LEFT_OUT:
            most = programme.n_units if programme.n_chosen is None else programme.n_chosen
            value = float(duals @ programme.row_limits()[1]) + most * min(0.0, float(reduced.min()))
            return value, np.maximum(reduced, 0.0)
        if penalty > _HIGHEST_PENALTY * scale:
            return None
        penalty *= 100
        solver = _master(programme, cost, np.flatnonzero(inside), penalty)
    return None


def _first_columns(programme: Programme, cost: NDArray[np.float64]) -> NDArray[np.int64]:
    """The cheapest columns by the unit, and as many spread over the list so that every place is met."""
    cheap = np.argsort(cost / programme.candidates.sizes, kind="stable")[:_COLUMNS_A_ROUND]
    spread = np.linspace(0, len(cost) - 1, _COLUMNS_A_ROUND).astype(np.int64)
    return np.union1d(cheap, spread)


def _master(programme: Programme, cost: NDArray[np.float64], columns: NDArray[np.int64], penalty: float) -> Any:
    """A relaxation over some columns, behind one artificial column for every row that needs one."""
    n = programme.n_equal
    artificial = Model(
        np.full(n, penalty),
        np.full(n, math.inf),
        *programme.row_limits(),
        np.arange(n + 1, dtype=np.int32),
        np.arange(n, dtype=np.int32),
        np.ones(n),
    )
    solver = silent_solver()
    pass_model(solver, artificial)
    _add_columns(solver, programme.take(columns), cost[columns])
    return solver


def _add_columns(solver: Any, programme: Programme, cost: NDArray[np.float64]) -> None:
    # no upper limit of 1: the rows imply it, and without it the duals alone give the reduced costs
    starts, rows, values = programme.matrix()
    m = len(cost)
    solver.addCols(m, cost, np.zeros(m), np.full(m, math.inf), len(rows), starts[:-1], rows, values)
