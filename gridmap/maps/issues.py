"""What the issues of a period tell about a town and its grids, as a map shows it: one value, in no language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.model.text import Text

#: Columns of :attr:`MapIssues.marks`.
MARK_COLUMNS: Final = (
    "category",
    "step",
    "tier",
    "kind",
    "description",
    "address",
    "reported_on",
    "settled_on",
    "is_overdue",
    "x",
    "y",
)


@dataclass(frozen=True)
class GridIssues:
    """The issues of one grid in the period; rates are issues per 100 households.

    Attributes
    ----------
    n : int
        Issues whose place lies in the grid.
    households : int
    rate, low, high : float or None
        With the interval of its level; None without households.
    smoothed : float or None
        The rate drawn towards the town's as far as the grid is small (empirical Bayes).
    funnel : str
        ``high``, ``inside``, ``low``, ``few`` or ``no_households``.
    spot : str
        The grid and its neighbours together: ``hot``, ``cold``, ``none``, ``few`` or ``no_households``.
    emerging : str
        How it became so: ``new``, ``consecutive``, ``intensifying``, ``persistent``, ``diminishing``, ``sporadic``,
        ``historical``, ``none``, ``few`` or ``no_households``; "" where the period is too short to tell.
    tiers : mapping of str to int
        Tier → issues disposed of there.
    n_open, n_overdue : int
        On the day that the map is drawn for.
    hours : float or None
        Median from report to the end of disposal; None where none was disposed of.
    n_timed : int
        Issues that it is the median of.
    """

    n: int = 0
    households: int = 0
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    smoothed: float | None = None
    funnel: str = "few"
    spot: str = "few"
    emerging: str = "few"
    tiers: Mapping[str, int] = field(default_factory=dict)
    n_open: int = 0
    n_overdue: int = 0
    hours: float | None = None
    n_timed: int = 0


@dataclass(frozen=True, eq=False)
class HeatFrame:
    """Density on the lattice of a :class:`HeatShown`.

    Attributes
    ----------
    month : datetime.date or None
        First day of its month; None for the whole period.
    n : int
        Issues that it was made of.
    density : ndarray of float64, shape (ny, nx)
        Issues per hectare, the southernmost row first; NaN outside the town.
    support : ndarray of int, shape (ny, nx)
        At least so many issues lie within the bandwidth of each cell.
    """

    month: date | None
    n: int
    density: NDArray[np.float64]
    support: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class HeatShown:
    """A heat map, of the whole period and of its months, on one lattice.

    Attributes
    ----------
    west, south : float
        Outer corner of the lattice in the CRS of the plan, metres.
    cell_m, bandwidth_m : float
    is_weighted : bool
        Whether issues weigh by their category.
    frames : tuple of HeatFrame
        The whole period first, then its months in order.
    """

    west: float
    south: float
    cell_m: float
    bandwidth_m: float
    is_weighted: bool
    frames: tuple[HeatFrame, ...]


@dataclass(frozen=True)
class FunnelShown:
    """The funnel that the grids are held against: limits of chance by the number of households.

    Attributes
    ----------
    rate : float
        Of the whole town, issues per 100 households.
    levels : tuple of float
        Levels of the limits, the narrowest first (0.95, 0.998).
    households : tuple of float
        Where the limits are told, ascending.
    limits : tuple of (tuple of float, tuple of float)
        Of each level the lower and the upper rates per 100 households, each as long as `households`.
    """

    rate: float
    levels: tuple[float, ...]
    households: tuple[float, ...]
    limits: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...]


@dataclass(frozen=True, eq=False)
class MapIssues:
    """Everything about issues that a map shows.

    Attributes
    ----------
    first, last : datetime.date
        The period, both included, by the time of report.
    day : datetime.date
        On which issues are open and overdue.
    town : GridIssues
        The same figures of the whole town, issues without a grid included; its rate is that of all grids together.
    grids : mapping of str to GridIssues
        Code → figures, every grid of the plan.
    categories : mapping of str to Text
        Key → name, in the order of the policy.
    marks : pandas.DataFrame
        Counted issues with a known place, newest first; index ``issue`` (ids), columns :data:`MARK_COLUMNS`: days are
        ``datetime64[s]``, `x` and `y` in the CRS of the plan, metres.
    n_left_out : int
        Older issues with a place that are not among the marks.
    cells : pandas.DataFrame
        All of them by squares of `cell_m`: columns `x`, `y` (centre) and `n`.
    cell_m : float
    heat : HeatShown or None
        None where no issue has a place.
    funnel : FunnelShown or None
        None where no households are known or nothing was reported.
    fewest : int
        A grid with fewer issues is "too few to tell".
    level : float
        Of the intervals of rates.
    share : float
        False discoveries that are put up with among the hot and cold spots.
    is_synthetic : bool
    is_subject : bool
        Whether the map is about the issues: it opens with their heat, and cards with their part.
    """

    first: date
    last: date
    day: date
    town: GridIssues
    grids: Mapping[str, GridIssues]
    categories: Mapping[str, Text]
    marks: pd.DataFrame
    n_left_out: int = 0
    cells: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"x": [], "y": [], "n": []}))
    cell_m: float = 200.0
    heat: HeatShown | None = None
    funnel: FunnelShown | None = None
    fewest: int = 5
    level: float = 0.95
    share: float = 0.05
    is_synthetic: bool = False
    is_subject: bool = False
