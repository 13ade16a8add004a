"""What a search returns: a plan, how sure it is, and everything that repeats it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gridmap.model.plan import Plan
from gridmap.model.text import Text

Status = Literal["OPTIMAL", "FEASIBLE", "INFEASIBLE", "STOPPED"]


@dataclass(frozen=True)
class AreaResult:
    """How the search of one jurisdiction ended.

    Attributes
    ----------
    jurisdiction : str
        Its code.
    status : str
        OPTIMAL when proven, FEASIBLE when a plan was found without proof, INFEASIBLE when the hard
        rules allow none (the plan then holds named exceptions), STOPPED when time ran out.
    objective : tuple of float
        The lexicographic objective, in the order of `objective_names`.
    objective_names : tuple of str
    bound : tuple of float or None
        A proven lower bound for each entry (NaN where none is known).
    n_grids, ideal : int, float
        Number of grids k and the ideal size of one (households, or units for villages).
    explanation : tuple of Text
        Why this k, which dead zone, what was impossible.
    seconds : float
    """

    jurisdiction: str
    status: Status
    objective: tuple[float, ...]
    objective_names: tuple[str, ...]
    bound: tuple[float, ...] | None
    n_grids: int
    ideal: float
    explanation: tuple[Text, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class Result:
    """A plan with the account of the search that made it."""

    plan: Plan
    status: Status
    seed: int
    areas: tuple[AreaResult, ...]
    params: Mapping[str, object] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
