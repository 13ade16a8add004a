"""R4, R5: how many whole units or households a grid has."""

from __future__ import annotations

import numpy as np

from gridmap.check.case import Case
from gridmap.model.finding import Row
from gridmap.model.text import Text


def units_in_band(case: Case) -> list[Row]:
    """R4: grids with fewer or more whole units than the rules allow; dedicated grids have no bound."""
    n_units = case.plan.n_units_of_grid
    lower, upper = case.of_profiles("lower"), case.of_profiles("upper")
    judged = ~case.counts_households & ~case.is_dedicated
    rows = []
    for label in np.flatnonzero(judged & ((n_units < lower) | (n_units > upper))).tolist():
        n, low, high = int(n_units[label]), int(lower[label]), int(upper[label])
        too_few = n < low
        zh, en = _noun(case, label, n)
        rows.append(
            Row(
                Text(
                    f"网格含 {n} 个{zh}，{'少于' if too_few else '多于'}规定的 {low}–{high} 个",
                    f"The grid has {n} {en}, {'fewer' if too_few else 'more'} than the {low} to {high} of the rule",
                ),
                grid=case.plan.codes[label],
                value=float(n),
                limit=float(low if too_few else high),
                geometry=case.shapes[label],
            )
        )
    return rows


def households_in_band(case: Case) -> list[Row]:
    """R5: grids with fewer or more households than the rules allow; dedicated grids have no bound."""
    if not case.plan.units.has_households:
        return _not_known(case)
    households = case.plan.households_of_grid
    lower, upper = case.of_profiles("lower"), case.of_profiles("upper")
    judged = case.counts_households & ~case.is_dedicated
    rows = []
    for label in np.flatnonzero(judged & ((households < lower) | (households > upper))):
        n, low, high = int(households[label]), int(lower[label]), int(upper[label])
        limit = low if n < low else high
        rows.append(
            Row(
                Text(
                    f"网格 {n:,} 户，{'少于下限' if n < low else '超过上限'} {limit} 户（规定 {low}–{high} 户）",
                    f"The grid has {n:,} households, {abs(n - limit):,} {'under' if n < low else 'over'} the band "
                    f"of {low} to {high}",
                ),
                grid=case.plan.codes[label],
                value=float(n),
                limit=float(limit),
                geometry=case.shapes[label],
            )
        )
    return rows


def households_of_quality(case: Case) -> list[Row]:
    """R5, information: grids in the band that deviate from the ideal of their area by more than `quality`."""
    if not case.plan.units.has_households:
        return []
    households = case.plan.households_of_grid
    deviation = case.deviation_from_ideal
    quality = case.of_profiles("quality")
    in_band = (households >= case.of_profiles("lower")) & (households <= case.of_profiles("upper"))
    judged = case.counts_households & ~case.is_dedicated & in_band
    return [
        Row(
            Text(
                f"网格 {households[label]:,} 户，与本村居均值 {case.ideal_of_grid[label]:,.0f} 户"
                f"相差 {deviation[label]:+.1%}，超出 ±{quality[label]:.0%}",
                f"The grid has {households[label]:,} households, {deviation[label]:+.1%} against the "
                f"{case.ideal_of_grid[label]:,.0f} that an even division gives; good is ±{quality[label]:.0%}",
            ),
            grid=case.plan.codes[label],
            value=float(deviation[label]) * 100,
            limit=float(np.copysign(quality[label], deviation[label])) * 100,
            geometry=case.shapes[label],
        )
        for label in np.flatnonzero(judged & (np.abs(deviation) > quality + 1e-9))
    ]


def _noun(case: Case, label: int, n: int) -> Text:
    """What the units of a grid are called, for a number of them."""
    is_group = (case.plan.units.frame["kind"].iloc[case.members(label)] == "group").all()
    one = Text("村民小组", "villager group") if is_group else Text("单元", "unit")
    return Text(one.zh, one.en if n == 1 else f"{one.en}s")


def _not_known(case: Case) -> list[Row]:
    if not case.counts_households.any():
        return []
    return [
        Row(
            Text(
                "数据没有户数，未能检查户数规则", "The data have no household counts; the household band was not judged"
            ),
            severity="info",
        )
    ]
