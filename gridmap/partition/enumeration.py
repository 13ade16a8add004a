"""The compiled enumeration of connected subsets. Importing this module imports numba: do it lazily."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def enumerate_subsets(  # noqa: C901, PLR0912, PLR0915 one hot loop: calls would cost more than the work
    indptr: Ints, indices: Ints, weights: Ints, lower: int, upper: int, max_units: int, limit: int, max_visits: int
) -> tuple[int, Ints, Ints]:
    """Every connected subset of at most `max_units` units whose weight lies in [lower, upper], once each.

    Parameters
    ----------
    indptr, indices : ndarray of int64
        Rows of the dual graph.
    weights : ndarray of int64, shape (n,)
        Not negative.
    lower, upper, max_units, limit, max_visits : int
        See :func:`gridmap.partition.candidates.connected_subsets`.

    Returns
    -------
    n_found : int
        Number of subsets, or −1 when a limit was passed.
    ends : ndarray of int64
        End of each subset in `members` (only the first `n_found` count).
    members : ndarray of int64
        Units of the subsets, one subset after the other, ascending inside each.

    Notes
    -----
    A subset grows from its smallest unit. ``queue`` holds the units that can still join, in the order
    in which they were seen; a unit joins, its unseen neighbours are appended, and only units behind it
    may join next. A unit that was passed over stays marked, so no subset is met twice (the ESU
    algorithm of S. Wernicke, IEEE/ACM TCBB 3(4), 2006, with one shared queue). As weights are not
    negative, a unit that would pass `upper` cuts its whole branch.
    """
    n = len(indptr) - 1
    queue = np.empty(n + 1, dtype=np.int64)
    seen = np.zeros(n, dtype=np.uint8)
    at = np.empty(max_units + 1, dtype=np.int64)  # queue position of the member that joined at this depth
    end = np.empty(max_units + 1, dtype=np.int64)  # queue length after that
    subset = np.empty(max_units, dtype=np.int64)
    ends = np.empty(1024, dtype=np.int64)
    members = np.empty(8192, dtype=np.int64)
    n_found, n_members, n_visits = 0, 0, 0
    for root in range(n):
        seen[root] = 1  # stays seen: later roots find only subsets without it
        if weights[root] > upper:
            continue
        queue[0], at[0], end[0] = root, 0, 1
        depth, position, total = 0, 0, 0
        while True:
            # one step: let queue[position] join at this depth, or go back
            filled = end[depth - 1] if depth > 0 else 1
            while position < filled and total + weights[queue[position]] > upper:
                position += 1
            if position < filled and depth < max_units:
                unit = queue[position]
                subset[depth] = unit
                total += weights[unit]
                n_visits += 1
                for h in range(indptr[unit], indptr[unit + 1]):
                    if seen[indices[h]] == 0:
                        seen[indices[h]] = 1
                        queue[filled] = indices[h]
                        filled += 1
                at[depth], end[depth] = position, filled
                depth += 1
                position += 1
                if total >= lower:
                    if n_found == limit:
                        return -1, ends, members
                    if n_found == len(ends):
                        ends = np.append(ends, np.empty(n_found, dtype=np.int64))
                    if n_members + depth > len(members):
                        members = np.append(members, np.empty(len(members) + depth, dtype=np.int64))
                    members[n_members : n_members + depth] = np.sort(subset[:depth])
                    n_members += depth
                    ends[n_found] = n_members
                    n_found += 1
                if n_visits > max_visits:
                    return -1, ends, members
                continue
            if depth == 0:
                break
            depth -= 1
            before = end[depth - 1] if depth > 0 else 1
            for i in range(before, end[depth]):
                seen[queue[i]] = 0
            total -= weights[subset[depth]]
            position = at[depth] + 1
            if depth == 0:
                break
    return n_found, ends, members


#: The same function, compiled.
enumerate_compiled: Any = numba.njit(cache=True, nogil=True)(enumerate_subsets)
