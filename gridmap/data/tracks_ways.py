"""Positions become ways: in order of time, split into patrols at long pauses, cut where nobody can have walked."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

#: A person without positions for longer than this has ended one patrol and begun another: our decision.
PAUSE_MINUTES: Final = 30
#: Nobody patrols faster than this, km/h: our decision; an electric bicycle goes 25.
FASTEST_KMH: Final = 40.0
#: Farther than this from one position to the next nobody knows the way, metres: our decision.
FARTHEST_M: Final = 500.0
#: So far positions of a telephone scatter, metres: a step up to this is never too fast. Our decision.
SCATTER_M: Final = 25.0

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Ways(NamedTuple):
    """The lines of patrols and what was cut.

    Attributes
    ----------
    lines : ndarray of LineString, MultiLineString or None, shape (n,)
        In metres; None where no way is left.
    n_jumps : ndarray of int64, shape (n,)
        Places where a way was cut because of speed or distance.
    jumped_m : float
        Metres of all straight lines that were cut out.
    """

    lines: NDArray[np.object_]
    n_jumps: Ints
    jumped_m: float


def in_order(positions: pd.DataFrame) -> pd.DataFrame:
    """The positions of each way by their time; where times are equal or missing, as they stand.

    Parameters
    ----------
    positions : pandas.DataFrame
        Columns ``way``, ``at`` (``datetime64[s]``) and any other.
    """
    return positions.sort_values(["way", "at"], kind="stable", ignore_index=True)


def split_at_pauses(positions: pd.DataFrame, is_open: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """New numbers of ways, where those that are open begin anew after a pause of :data:`PAUSE_MINUTES`.

    Parameters
    ----------
    positions : pandas.DataFrame
        As :func:`in_order` gives them; columns ``way`` (0 … n − 1), ``at``.
    is_open : ndarray of bool, shape (n,)
        Whether a way may be several patrols; one with a number of its own is one.

    Returns
    -------
    way : ndarray of int64
        New way of each position.
    old : ndarray of int64
        Old way of each new one.
    """
    way = positions["way"].to_numpy(np.int64)
    if not len(way):
        return way, way
    begins = np.ones(len(way), dtype=np.bool_)
    pause = _seconds(positions)[1:] > 60 * PAUSE_MINUTES
    begins[1:] = (way[1:] != way[:-1]) | (pause & is_open[way[1:]])
    return np.cumsum(begins) - 1, way[begins]


def make_ways(positions: pd.DataFrame, n: int) -> Ways:
    """The line of each way through its positions, cut where there is a jump, a long pause, or a new part.

    A jump is a step faster than :data:`FASTEST_KMH` and longer than :data:`SCATTER_M`, or longer than
    :data:`FARTHEST_M`: the straight line between its ends was not walked, and is no part of the way.

    Parameters
    ----------
    positions : pandas.DataFrame
        In order; columns ``way`` (0 … n − 1), ``part`` (a new one always cuts), ``x``, ``y`` (metres), ``at``.
    n : int
        Number of ways.
    """
    way = positions["way"].to_numpy(np.int64)
    xy = positions[["x", "y"]].to_numpy(np.float64)
    if not len(way):
        return Ways(np.full(n, None, dtype=object), np.zeros(n, dtype=np.int64), 0.0)
    part = positions["part"].to_numpy(np.int64)
    seconds = _seconds(positions)[1:]
    step = np.hypot(*(xy[1:] - xy[:-1]).T)
    is_one = (way[1:] == way[:-1]) & (part[1:] == part[:-1])
    # two positions in one second are told like a second apart; without times nothing is known of speed
    too_fast = (step > SCATTER_M) & (step * 3.6 > FASTEST_KMH * np.maximum(seconds, 1.0))
    jump = is_one & (too_fast | (step > FARTHEST_M))
    begins = np.ones(len(way), dtype=np.bool_)
    begins[1:] = ~is_one | jump | (seconds > 60 * PAUSE_MINUTES)
    return Ways(
        _lines(xy, way, np.cumsum(begins) - 1, n),
        np.bincount(way[1:][jump], minlength=n).astype(np.int64),
        float(step[jump].sum()),
    )


def _lines(xy: Floats, way: Ints, piece: Ints, n: int) -> NDArray[np.object_]:
    moved = np.ones(len(xy), dtype=np.bool_)
    moved[1:] = (piece[1:] != piece[:-1]) | (xy[1:] != xy[:-1]).any(axis=1)  # standing still is no step
    xy, way, piece = xy[moved], way[moved], piece[moved]
    long = np.bincount(piece)[piece] > 1
    xy, way, piece = xy[long], way[long], piece[long]
    out = np.full(n, None, dtype=object)
    if not len(xy):
        return out
    first = np.flatnonzero(np.r_[True, piece[1:] != piece[:-1]])
    pieces = np.asarray(shapely.linestrings(xy, indices=np.cumsum(np.r_[True, piece[1:] != piece[:-1]]) - 1))
    owner = way[first]
    used, n_pieces = np.unique(owner, return_counts=True)
    many = used[n_pieces > 1]
    out[owner] = pieces
    if len(many):
        chosen = np.isin(owner, many)
        out[many] = shapely.multilinestrings(pieces[chosen], indices=np.searchsorted(many, owner[chosen]))
    return out


def _seconds(positions: pd.DataFrame) -> Floats:
    """Seconds since the position before, NaN at the first of a way, and where its times say nothing: all equal."""
    times = positions.groupby("way", sort=False)["at"]
    gaps = times.diff().dt.total_seconds().where(times.transform("nunique") > 1)
    return np.asarray(gaps.to_numpy(np.float64))
