"""What does not leave the town: names and telephone numbers in texts, and the places of private homes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.data.private_numbers import without_numbers
from gridmap.model.text import Language, Text

#: Points nearer to a private home than this are as good as its address, metres.
AT_HOME_M: Final = 5.0
_SOMEONE: Final = Text("某某", "N. N.")


def without_people(names: Collection[str], spared: Collection[str], lang: Language) -> Callable[[str], str]:
    """A function that takes telephone numbers and names of people out of a text.

    Parameters
    ----------
    names : collection of str
        Of people on record; of one character, and those that are part of the name of a place, are left alone.
    spared : collection of str
        Names of places.
    lang : {"zh", "en"}
        In which "somebody" stands in their place.
    """
    meant = sorted({n for n in names if len(n) > 1 and not any(n in place for place in spared)})
    if not meant:
        return without_numbers
    # the longest first: of a name that begins another one, the other one is meant
    pattern = re.compile("|".join(re.escape(n) for n in sorted(meant, key=len, reverse=True)))
    someone = _SOMEONE.in_language(lang)
    return lambda text: pattern.sub(someone, without_numbers(text))


def points_at_homes(
    ids: Sequence[str],
    is_home: Sequence[bool],
    premises: Sequence[str],
    partners: Sequence[str],
    places: NDArray[np.float64],
) -> frozenset[str]:
    """Ids of the points whose place and address would tell where a private home is.

    They are private homes, what has the same premises or lies within :data:`AT_HOME_M` of one, and what is two in one
    with one.

    Parameters
    ----------
    ids, premises : sequence of str
        Of n points; premises "" where not known.
    is_home : sequence of bool
    partners : sequence of str
        Id of the point that each is two in one with, "" for none.
    places : array of float64, shape (n, 2)
        Metres in one CRS; NaN without a place.
    """
    points = pd.DataFrame({"id": ids, "home": is_home, "premises": premises, "partner": partners}).astype(
        {"home": bool}
    )
    homes = points[points["home"]]
    at = places[points["home"].to_numpy(bool)]
    near = np.zeros(len(points), dtype=bool)
    for x, y in at[~np.isnan(at).any(axis=1)]:  # few homes: a pass over all points each
        near |= (np.abs(places[:, 0] - x) < AT_HOME_M) & (np.abs(places[:, 1] - y) < AT_HOME_M)
    kept = (
        points["home"]
        | near
        | points["premises"].isin(set(homes["premises"]) - {""})
        | points["partner"].isin(homes["id"])
        | points["id"].isin(set(homes["partner"]) - {""})
    )
    return frozenset(points["id"][kept])
