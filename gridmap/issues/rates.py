"""Issues per 100 households of each grid, and which of the differences are more than chance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.issues.recut import counts_of_grids
from gridmap.measure.rates import dispersion, funnel_lines, poisson_interval, smoothed_rates
from gridmap.model.issue_policy import IssuePolicy
from gridmap.model.issues import Issues
from gridmap.model.plan import Plan
from gridmap.model.register import Choice, choices

#: Rates are per so many households.
PER: Final = 100.0
#: What is said of a grid against the town (``funnel``).
FUNNEL_STATES: Final[Mapping[str, Choice]] = choices(
    high=("高于全镇，不像偶然", "Above the town, hardly by chance"),
    inside=("与全镇无差别", "No different from the town"),
    low=("低于全镇，不像偶然", "Below the town, hardly by chance"),
    few=("太少，说不准", "Too few to tell"),
    no_households=("没有住户", "No households"),
)
#: The line of the funnel of which the word "high" or "low" goes, for few grids; :func:`funnel_level` moves it outward.
_OUTER: Final = 0.998


def rates_of_grids(
    issues: Issues,
    plan: Plan,
    policy: IssuePolicy,
    *,
    first: date | None = None,
    last: date | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """How many issues each grid has, per 100 households, and whether that is more or less than chance.

    Parameters
    ----------
    issues : Issues
        Only those that count are counted, in the grid that holds their place by `plan`.
    plan : Plan
    policy : IssuePolicy
        ``fewest``: a grid with fewer issues is too few to tell.
    first, last : datetime.date, optional
        Period of report, both inclusive.
    level : float
        Of the intervals, 0 … 1.

    Returns
    -------
    pandas.DataFrame
        Index ``grid_code``, the codes of the plan; columns

        - ``n``, ``households`` (int);
        - ``expected``: issues of the grid if the town's were spread by households;
        - ``rate``, ``low``, ``high``: issues per 100 households with the exact Poisson interval;
        - ``smoothed``: the rate by empirical Bayes;
        - ``funnel``: ``high`` or ``low`` outside the line of :func:`funnel_level`, ``inside``, ``few``,
          ``no_households``;
        - ``is_few``: fewer issues than ``fewest``: to be neither coloured nor ranked;
        - ``dispersion``: how many times wider than Poisson the town's counts scatter, the same in every row.

        A grid without households has NaN for every rate, and neither its issues nor its households are in those of the
        town. ``low`` may be said of a grid with few issues, if ``fewest`` at least are expected there.

    Raises
    ------
    InvalidInput
        If the period ends before it begins.
    MissingCrs
        If places have no CRS.
    """
    n, households = counts_of_grids(issues, plan, first=first, last=last), plan.households_of_grid
    told = households > 0
    expected = expected_of_grids(n, households)
    low, high = poisson_interval(n, level)
    values: dict[str, NDArray[Any]] = {"n": n, "households": households, "expected": expected}
    per = np.where(told, PER / np.where(told, households, 1), np.nan)
    values |= {"rate": n * per, "low": low * per, "high": high * per, "smoothed": np.full(len(n), np.nan)}
    if told.any():
        values["smoothed"][told] = PER * smoothed_rates(n[told], households[told])
    spread = dispersion(n[told], expected[told])
    values["funnel"] = _funnel(n, expected, spread, policy.fewest)
    values["is_few"] = n < policy.fewest
    values["dispersion"] = np.full(len(n), spread)
    return pd.DataFrame(values, index=pd.Index(plan.codes, dtype=object, name="grid_code"))


def expected_of_grids(n: NDArray[np.int64], households: NDArray[np.int64]) -> NDArray[np.float64]:
    """What each grid would have if the town's issues were spread by households, (k,); NaN without households."""
    told = households > 0
    total = max(int(households[told].sum()), 1)
    return np.where(told, households * (n[told].sum() / total), np.nan)


def funnel_level(n_grids: int) -> float:
    """The level of the outer line of a funnel of so many grids: 0.998, or 1 − 0.05 / k where that is farther out.

    At 0.998 one grid in 500 is outside by chance; with 200 grids that would be a third of all maps. At 1 − 0.05 / k
    chance puts any grid outside in one map of twenty at most (Bonferroni).
    """
    return max(_OUTER, 1.0 - 0.05 / max(n_grids, 1))


def _funnel(n: NDArray[np.int64], expected: NDArray[np.float64], spread: float, fewest: int) -> NDArray[np.object_]:
    told = ~np.isnan(expected)
    least, greatest = funnel_lines(np.where(told, expected, 0.0), funnel_level(int(told.sum())), spread)
    words = np.full(len(n), "inside", dtype=object)
    words[n < fewest] = "few"
    words[(n >= fewest) & (n > greatest)] = "high"
    words[(expected >= fewest) & (n < least)] = "low"
    words[~told] = "no_households"
    return words
