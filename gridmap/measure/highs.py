"""The border to HiGHS: linear programmes as arrays, with or without whole numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from gridmap.model.result import Status


@dataclass(frozen=True, eq=False)
class Model:
    """Minimise cost · v with 0 ≤ v ≤ upper and row_lower ≤ A v ≤ row_upper.

    Attributes
    ----------
    cost, upper : ndarray of float64, shape (v,)
        Of each column.
    row_lower, row_upper : ndarray of float64, shape (r,)
    starts : ndarray of int32, shape (v + 1,)
        Where the entries of each column of A begin.
    rows : ndarray of int32, shape (e,)
        Row of each entry.
    values : ndarray of float64, shape (e,)
    n_whole : int
        The first so many columns are whole numbers.
    """

    cost: NDArray[np.float64]
    upper: NDArray[np.float64]
    row_lower: NDArray[np.float64]
    row_upper: NDArray[np.float64]
    starts: NDArray[np.int32]
    rows: NDArray[np.int32]
    values: NDArray[np.float64]
    n_whole: int = 0


@dataclass(frozen=True, eq=False)
class Answer:
    """What HiGHS says.

    Attributes
    ----------
    status : Status
        OPTIMAL as HiGHS claims it.
    values : ndarray of float64, shape (v,), or None
        The best solution found.
    bound : float
        No solution costs less; −inf where nothing is proven, inf where there is none.
    """

    status: Status
    values: NDArray[np.float64] | None
    bound: float


def by_column(
    row: NDArray[np.int64], column: NDArray[np.int64], value: NDArray[np.float64], n_columns: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """Entries of a matrix in any order, (e,) each, as a :class:`Model` wants them: starts, rows, values."""
    order = np.lexsort((row, column))
    starts = np.zeros(n_columns + 1, dtype=np.int32)
    np.cumsum(np.bincount(column, minlength=n_columns), out=starts[1:])
    return starts, row[order].astype(np.int32), value[order]


def solve(model: Model, seconds: float, seed: int, *, gap: float = 0.0) -> Answer:
    """Solve a model that is bounded from below, from scratch.

    Parameters
    ----------
    model : Model
    seconds : float
        Values below 0.01 count as 0.01.
    seed : int
        Decides between solutions of equal cost.
    gap : float
        Relative gap to stop at.

    Raises
    ------
    RuntimeError
        If HiGHS refuses the model.
    """
    solver = silent_solver()
    solver.setOptionValue("time_limit", max(0.01, seconds))
    solver.setOptionValue("mip_rel_gap", gap)
    solver.setOptionValue("random_seed", seed % 2**31)
    pass_model(solver, model)
    solver.run()
    if solver.getModelStatus() in (
        highspy.HighsModelStatus.kInfeasible,
        highspy.HighsModelStatus.kUnboundedOrInfeasible,  # the caller's models are never unbounded
    ):
        return Answer("INFEASIBLE", None, math.inf)
    info = solver.getInfo()
    bound = float(info.mip_dual_bound if model.n_whole else info.objective_function_value)
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return Answer("STOPPED", None, bound)
    is_optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return Answer("OPTIMAL" if is_optimal else "FEASIBLE", np.array(solver.getSolution().col_value), bound)


def silent_solver() -> Any:
    """A solver on one thread that prints nothing, for models that change as they are solved."""
    solver: Any = _SilentHighs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("threads", 1)
    return solver


def pass_model(solver: Any, model: Model) -> None:
    """Hand a model to a solver.

    Raises
    ------
    RuntimeError
        If HiGHS refuses the model.
    """
    n, n_rows = len(model.cost), len(model.row_lower)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = n, n_rows
    lp.col_cost_ = model.cost
    lp.col_lower_, lp.col_upper_ = np.zeros(n), model.upper
    lp.row_lower_, lp.row_upper_ = model.row_lower, model.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = model.starts, model.rows, model.values
    if model.n_whole:
        kinds = [highspy.HighsVarType.kInteger] * model.n_whole
        lp.integrality_ = kinds + [highspy.HighsVarType.kContinuous] * (n - model.n_whole)
    if solver.passModel(lp) == highspy.HighsStatus.kError:
        raise RuntimeError(f"HiGHS refused a model of {n} columns and {n_rows} rows")


class _SilentHighs(highspy.Highs):
    def enableCallbacks(self) -> None:  # noqa: N802 its constructor calls this first and prints a banner there
        self.silent()
        super().enableCallbacks()  # type: ignore[no-untyped-call]
