"""What became of the grids of an existing plan: codes that are kept, and old to new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap.errors import InvalidInput
from gridmap.model.units import Units

#: Columns of the lineage in order.
LINEAGE_COLUMNS: Final = ("old_code", "new_code", "kind", "households", "n_units")
#: A grid keeps a code only if it holds at least this share of the old grid: our decision, so that most
#: of a code's households still find themselves under it.
_LEAST_SHARE: Final = 0.5


def match_existing(units: Units, labels: NDArray[np.integer], existing_codes: Sequence[str]) -> dict[int, str]:
    """The codes that grids keep from an existing plan.

    Parameters
    ----------
    units : Units
        n units.
    labels : ndarray of int, shape (n,)
        New grid of each unit; −1 for none.
    existing_codes : sequence of str, shape (n,)
        Code of each unit's grid in the existing plan; "" for none.

    Returns
    -------
    dict of int to str
        New label to kept code; grids that are not in it get a new code.

    Raises
    ------
    InvalidInput
        If the lengths do not match.

    Notes
    -----
    Inside each jurisdiction the pairs of old and new grids are chosen that have the most households in
    common altogether (an assignment problem: H. W. Kuhn, Naval Research Logistics Quarterly 2, 1955); of
    equal choices the one with more units in common. A pair counts only if it holds at least half of the old
    grid, by households or, where those have none, by units. An old grid belongs to the jurisdiction in which
    most of it lies.
    """
    old_names, old = _numbered(existing_codes, len(units))
    both = (old >= 0) & (labels >= 0)
    n_old, n_new = len(old_names), int(labels.max(initial=-1)) + 1
    if not both.any():
        return {}
    # one number holds households first, units second: a whole town's units weigh less than one household
    weight = units.households.astype(np.float64) + 1.0 / (len(units) + 1)
    least = _LEAST_SHARE * np.bincount(old[old >= 0], weights=weight[old >= 0], minlength=n_old)
    old_home, new_home = _home(units, old, weight, n_old), _home(units, labels, weight, n_new)
    kept: dict[int, str] = {}
    for home in np.unique(old_home):
        olds, news = np.flatnonzero(old_home == home), np.flatnonzero(new_home == home)
        shared = np.zeros((len(olds), len(news)))
        common = np.flatnonzero(both & (old_home[old] == home) & (new_home[labels] == home))
        np.add.at(shared, (np.searchsorted(olds, old[common]), np.searchsorted(news, labels[common])), weight[common])
        shared[shared < least[olds][:, None] * (1 - 1e-9)] = 0.0
        for row, column in zip(*linear_sum_assignment(shared, maximize=True), strict=True):
            if shared[row, column] > 0:
                kept[int(news[column])] = old_names[olds[row]]
    return dict(sorted(kept.items()))


def build_lineage(units: Units, old_codes: Sequence[str], new_codes: Sequence[str]) -> pd.DataFrame:
    """Which old grid went into which new one.

    Parameters
    ----------
    units : Units
        n units.
    old_codes, new_codes : sequence of str, shape (n,)
        Code of each unit's grid before and after; "" for none.

    Returns
    -------
    pandas.DataFrame
        One row a pair of old and new grid that have units in common, sorted; columns
        :data:`LINEAGE_COLUMNS`. ``households`` and ``n_units`` are what the pair has in common.
        ``kind`` is, whatever the codes are:

        - ``unchanged``: the old and the new grid have the same units.
        - ``split``: the old grid was divided into several new ones that hold nothing else.
        - ``merged``: several whole old grids became one new one.
        - ``irregular``: anything else.
        - ``new``: units of no old grid (``old_code`` is ""); ``retired``: units of no new grid
          (``new_code`` is "").

        A grid that took in or lost such units is not unchanged, split or merged but irregular.

    Raises
    ------
    InvalidInput
        If the lengths do not match.

    Notes
    -----
    The four kinds follow the change codes of the census Output Areas of England and Wales, 2001 to 2011
    (Office for National Statistics): U unchanged, S split, M merged, X irregular.
    """
    return lineage_of(units.households, old_codes, new_codes)


def lineage_of(households: NDArray[np.int64], old_codes: Sequence[str], new_codes: Sequence[str]) -> pd.DataFrame:
    """:func:`build_lineage` of any units of which the households are known, (n,); whole grids, or the kinds are wrong.

    Raises
    ------
    InvalidInput
        If the lengths do not match.
    """
    old_names, old = _numbered(old_codes, len(households))
    new_names, new = _numbered(new_codes, len(households))
    frame = pd.DataFrame({"old": old, "new": new, "households": households, "n_units": 1})
    frame = frame[(frame["old"] >= 0) | (frame["new"] >= 0)]
    pairs = frame.groupby(["old", "new"], sort=True)[["households", "n_units"]].sum().reset_index()
    kinds = _kinds(pairs["old"].to_numpy(np.int64), pairs["new"].to_numpy(np.int64), len(old_names), len(new_names))
    lineage = pd.DataFrame(
        {
            "old_code": [[*old_names, ""][i] for i in pairs["old"]],
            "new_code": [[*new_names, ""][i] for i in pairs["new"]],
            "kind": kinds,
            "households": pairs["households"].to_numpy(np.int64),
            "n_units": pairs["n_units"].to_numpy(np.int64),
        },
        columns=list(LINEAGE_COLUMNS),
    )
    return lineage.sort_values(["old_code", "new_code"], ignore_index=True)


def _numbered(codes: Sequence[str], n: int) -> tuple[list[str], NDArray[np.int64]]:
    """Distinct codes, ascending, and the number of each unit's code; −1 for ""."""
    if len(codes) != n:
        raise InvalidInput(f"codes are needed for every unit: {n} units, {len(codes)} codes")
    names = sorted({str(c) for c in codes} - {""})
    number = {name: i for i, name in enumerate(names)} | {"": -1}
    return names, np.array([number[str(c)] for c in codes], dtype=np.int64).reshape(-1)


def _home(units: Units, labels: NDArray[np.integer], weight: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """The jurisdiction in which most of each grid lies, (k,)."""
    held = labels >= 0
    inside = np.zeros((k, len(units.jurisdictions)))
    np.add.at(inside, (labels[held], units.jurisdiction_of[held]), weight[held])
    return np.asarray(inside.argmax(axis=1), dtype=np.int64)


def _kinds(old: NDArray[np.int64], new: NDArray[np.int64], n_old: int, n_new: int) -> list[str]:
    """Kind of each pair: by how many old and new grids hang together through common units."""
    real = (old >= 0) & (new >= 0)
    links = coo_array((np.ones(int(real.sum())), (old[real], n_old + new[real])), shape=(n_old + n_new,) * 2)
    _, group = connected_components(links.tocsr(), directed=False)
    olds = np.bincount(group[:n_old], minlength=n_old + n_new)
    news = np.bincount(group[n_old:], minlength=n_old + n_new)
    frayed = set(group[n_old + new[(old < 0)]].tolist()) | set(group[old[new < 0]].tolist())

    def kind(a: int, b: int) -> str:
        if a < 0:
            return "new"
        if b < 0:
            return "retired"
        g = int(group[a])
        if g in frayed or (olds[g] > 1 and news[g] > 1):
            return "irregular"
        if olds[g] > 1:
            return "merged"
        return "split" if news[g] > 1 else "unchanged"

    return [kind(a, b) for a, b in zip(old.tolist(), new.tolist(), strict=True)]
