"""Patrols: who walked when along which way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.errors import InvalidInput, first_ten, first_ten_zh

#: Columns of the frame of patrols, in order: code of the grid that was patrolled ("" where not said), id of the person
#: ("" where not known, never a name), begin and end (civil time of the town), the way as a line.
PATROL_COLUMNS: Final = ("grid", "member", "started_at", "ended_at", "geometry")


@dataclass(frozen=True, eq=False)
class Patrols:
    """Patrols as they were read or loaded.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Index ``patrol`` (unique ids), columns :data:`PATROL_COLUMNS` as :func:`make_patrols` makes them.
    is_synthetic : bool

    Raises
    ------
    InvalidInput
        If the columns are others, or an id stands twice.
    """

    frame: gpd.GeoDataFrame
    is_synthetic: bool = False

    def __post_init__(self) -> None:
        if tuple(self.frame.columns) != PATROL_COLUMNS:
            raise InvalidInput(f"patrols need the columns {list(PATROL_COLUMNS)}; got {list(self.frame.columns)}")
        if not self.frame.index.is_unique:
            twice = list(dict.fromkeys(self.frame.index[self.frame.index.duplicated()]))
            raise InvalidInput(
                f"patrols stand twice: {first_ten(twice)}; each needs an id of its own",
                f"巡查编号重复：{first_ten_zh(twice)}；每次巡查须有自己的编号。",
            )

    def __len__(self) -> int:
        return len(self.frame)


def make_patrols(values: Mapping[str, Any], ids: Sequence[str], crs: object) -> gpd.GeoDataFrame:
    """The frame of patrols with its columns in order, each of its type: texts "" where blank, times ``datetime64[s]``.

    Parameters
    ----------
    values : mapping of str to sequence
        Columns of :data:`PATROL_COLUMNS`; ``geometry`` must be there.
    ids : sequence of str, (n,)
    crs : CRS
        Of the lines.
    """
    index = pd.Index(pd.Series(list(ids), dtype=object), name="patrol")
    texts = {
        c: np.array([str(v or "") for v in values.get(c, [""] * len(index))], dtype=object) for c in ("grid", "member")
    }
    times = {
        c: pd.to_datetime(pd.Series(list(values.get(c, [pd.NaT] * len(index))))).astype("datetime64[s]").to_numpy()
        for c in ("started_at", "ended_at")
    }
    data = {k: pd.Series(v, index=index, dtype=v.dtype) for k, v in (texts | times).items()}
    places = gpd.GeoSeries(list(values["geometry"]), index=index, crs=crs)
    return gpd.GeoDataFrame(pd.DataFrame(data, index=index), geometry=places)
