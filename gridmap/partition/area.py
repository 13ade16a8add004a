"""What a solver returns for one jurisdiction, before grids have codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmap.model.result import Status
from gridmap.model.text import Text


@dataclass(frozen=True)
class AreaException:
    """A grid of an area that is allowed to break a rule.

    Attributes
    ----------
    label : int
        Label of the grid in :attr:`AreaPlan.labels`.
    rule : str
        Id of the rule that is set aside ("R3", "R4", "R5", …).
    reason : str
        Key of the reason, see :class:`gridmap.model.plan.GridException`.
    text : Text
        The reason in a sentence with its numbers.
    """

    label: int
    rule: str
    reason: str
    text: Text


@dataclass(frozen=True, eq=False)
class AreaPlan:
    """The grids of one jurisdiction with the account of their search.

    Attributes
    ----------
    labels : ndarray of int32, shape (n,)
        Grid of each unit, 0 … n_grids − 1, numbered by first unit.
    status : Status
        As in :class:`gridmap.model.result.AreaResult`.
    objective : tuple of float
        Lexicographic objective, in the order of `objective_names`.
    objective_names : tuple of str
    bound : tuple of float or None
        Proven lower bound of each entry, NaN where none is known.
    n_grids : int
    ideal : float
        Ideal size of a grid (households, or units for villages).
    explanation : tuple of Text
    exceptions : tuple of AreaException
    seconds : float
    """

    labels: NDArray[np.int32]
    status: Status
    objective: tuple[float, ...]
    objective_names: tuple[str, ...]
    bound: tuple[float, ...] | None
    n_grids: int
    ideal: float
    explanation: tuple[Text, ...] = ()
    exceptions: tuple[AreaException, ...] = ()
    seconds: float = 0.0
