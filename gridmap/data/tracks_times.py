"""Times of receivers: with their zone, or as seconds since 1970, they become civil times of the town."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.data.issues_times import read_times

#: A zone at the end of a time of day.
_ZONE: Final = r":\d{2}(?:\.\d+)?\s*(z|[+-]\d{2}:?\d{2})$"
#: From here a number is seconds, or milliseconds, since 1970: 2001 to 2096.
_SINCE_1970: Final = ((1e9, 4e9, 1.0), (1e12, 4e12, 1e3))


def read_zoned_times(texts: pd.Series, hours_ahead: float) -> NDArray[np.datetime64]:
    """Civil times, ``datetime64[s]``; NaT where a text is no time.

    As :func:`gridmap.data.issues_times.read_times`, and times with a zone (``Z``, ``+08:00``) and numbers of seconds or
    milliseconds since 1970 are turned into civil time.

    Parameters
    ----------
    texts : pandas.Series of str
    hours_ahead : float
        Hours by which the town's civil time is ahead of UTC.
    """
    out = np.array(read_times(texts.to_numpy(object)).times)
    zones = texts.str.lower().str.extract(_ZONE)[0].fillna("").to_numpy(object)
    for zone in sorted(set(zones) - {""}):
        out[zones == zone] += np.timedelta64(round(3600 * hours_ahead) - _seconds_ahead(zone), "s")
    numbers = pd.to_numeric(texts, errors="coerce").to_numpy(np.float64)
    for low, high, per_second in _SINCE_1970:
        since = (numbers >= low) & (numbers < high)
        seconds = np.floor(numbers[since] / per_second + 3600 * hours_ahead)
        out[since] = np.datetime64(0, "s") + seconds.astype("timedelta64[s]")
    return out


def _seconds_ahead(zone: str) -> int:
    if zone == "z":
        return 0
    digits = zone[1:].replace(":", "")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if zone.startswith("-") else seconds
