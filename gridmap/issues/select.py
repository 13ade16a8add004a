"""Issues of a period, of categories, of tiers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.issues import TIERS, Issues


def select(
    issues: Issues,
    *,
    first: date | None = None,
    last: date | None = None,
    categories: Collection[str] = (),
    tiers: Collection[str] = (),
) -> Issues:
    """The issues that were reported in a period, of some categories and tiers.

    Parameters
    ----------
    issues : Issues
    first, last : datetime.date, optional
        Both inclusive, by the time of report; an issue without one is in no period.
    categories : collection of str
        Keys of the policy; of none, all.
    tiers : collection of str
        Keys of :data:`gridmap.model.issues.TIERS`, or "" for issues that nobody disposes of yet; of none, all.

    Raises
    ------
    InvalidInput
        If the period ends before it begins, or a tier is unknown.
    """
    wrong = [t for t in tiers if t and t not in TIERS]
    if wrong:
        raise InvalidInput(
            f"tiers: {first_ten(wrong)}; allowed: {', '.join(TIERS)}",
            f"处置层级：{first_ten_zh(wrong)} 不在可选范围：{'、'.join(TIERS)}。",
        )
    mask = in_period(issues, first, last)
    if categories:
        mask &= issues.frame["category"].isin(list(categories)).to_numpy(bool)
    if tiers:
        mask &= issues.frame["tier"].isin(list(tiers)).to_numpy(bool)
    return issues.where(mask)


def in_period(issues: Issues, first: date | None, last: date | None) -> NDArray[np.bool_]:
    """Whether each issue was reported from `first` to `last`, both inclusive, (n,); None is no end.

    Raises
    ------
    InvalidInput
        If the period ends before it begins.
    """
    if first is not None and last is not None and last < first:
        raise InvalidInput(
            f"the period begins on {first} and ends on {last}; the end cannot lie before the beginning",
            f"时段 {first} 至 {last}：止期不能早于起期。",
        )
    at: NDArray[Any] = issues.frame["reported_at"].to_numpy().astype("datetime64[D]")
    mask = np.ones(len(at), dtype=bool)
    if first is not None:
        mask &= at >= np.datetime64(first)  # false for NaT
    if last is not None:
        mask &= at <= np.datetime64(last)
    return mask
