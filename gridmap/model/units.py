"""Units: the pieces that a plan never cuts, and the jurisdictions they lie in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.errors import InvalidUnits, first_ten

#: The kinds of jurisdiction (行政村 / 居民区 / 筹建组).
JURISDICTION_KINDS: Final = ("village", "residential_area", "preparatory_group")
#: The kinds of unit: villager group, building cell, building footprint, census block, parcel.
UNIT_KINDS: Final = ("group", "cell", "building", "block", "parcel")

#: Columns of ``Units.frame`` beside ``geometry`` and what fills them when a source has none.
UNIT_COLUMNS: Final[dict[str, object]] = {
    "name": "",
    "households": 0,
    "jurisdiction": None,
    "kind": "cell",
    "compound": "",
    "dedicated": "",
    "buildings": 0,
    "premises": 0,
}
_COUNTS: Final = ("households", "buildings", "premises")
_TEXTS: Final = ("name", "jurisdiction", "kind", "compound", "dedicated")


@dataclass(frozen=True, eq=False)
class Units:
    """The units of a town and its jurisdictions, in one projected CRS.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        One row a unit; the index holds the unit ids (unique, non-empty text). Columns: ``name``,
        ``households`` (户, int64 ≥ 0), ``jurisdiction`` (a code of `jurisdictions`), ``kind``
        (one of :data:`UNIT_KINDS`), ``compound`` (小区, "" where there is none), ``dedicated``
        (name of the dedicated grid 专属网格 that the unit belongs to, else ""), ``buildings``,
        ``premises`` (counts, int64 ≥ 0), ``geometry`` (valid, non-empty polygons). Columns other than
        ``households``, ``jurisdiction`` and ``geometry`` are filled in when absent; further columns
        are kept.
    jurisdictions : geopandas.GeoDataFrame
        One row a jurisdiction; the index holds its code. Columns ``name``, ``kind``
        (one of :data:`JURISDICTION_KINDS`) and ``geometry``, in the same CRS.
    has_households : bool
        False when the source has no household counts at all; ``households`` then holds zeros that
        mean "not known" and are shown as "—".

    Raises
    ------
    InvalidUnits
        If ids repeat, a column has the wrong type, a geometry is empty, invalid or no polygon, a
        jurisdiction is unknown, or the CRS is missing, geographic or not in metres.

    Notes
    -----
    The frame is copied once at birth. Treat it as read-only: every function of gridmap does.
    """

    frame: gpd.GeoDataFrame
    jurisdictions: gpd.GeoDataFrame
    has_households: bool = True
    _position: pd.Series = field(init=False, repr=False)

    def __post_init__(self) -> None:
        frame = _with_columns(self.frame)
        jurisdictions = self.jurisdictions.copy()
        _check_crs(frame, jurisdictions)
        _check_ids(frame.index, "unit")
        _check_ids(jurisdictions.index, "jurisdiction")
        _check_polygons(frame, "unit")
        _check_polygons(jurisdictions, "jurisdiction")
        unknown = sorted(set(frame["jurisdiction"]) - set(jurisdictions.index))
        if unknown:
            raise InvalidUnits(
                f"every unit must lie in a known jurisdiction; not in the table of jurisdictions: {first_ten(unknown)}"
            )
        wrong = sorted(set(jurisdictions["kind"]) - set(JURISDICTION_KINDS))
        if wrong:
            raise InvalidUnits(
                f"a jurisdiction's kind is one of {', '.join(JURISDICTION_KINDS)}; got {first_ten(wrong)}"
            )
        frame.index.name = "unit_id"
        jurisdictions.index.name = "code"
        object.__setattr__(self, "frame", frame)
        object.__setattr__(self, "jurisdictions", jurisdictions)
        object.__setattr__(self, "_position", pd.Series(np.arange(len(frame)), index=frame.index))

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def ids(self) -> list[str]:
        """The unit ids in order."""
        return list(self.frame.index.to_numpy(object))

    @property
    def households(self) -> NDArray[np.int64]:
        """Households of each unit, (n,)."""
        return np.asarray(self.frame["households"], dtype=np.int64)

    @property
    def polygons(self) -> NDArray[np.object_]:
        """Polygons of the units, (n,), coordinates in metres."""
        return np.asarray(self.frame.geometry.values, dtype=object)

    @property
    def jurisdiction_of(self) -> NDArray[np.int64]:
        """Position of each unit's jurisdiction in ``jurisdictions``, (n,)."""
        return np.asarray(self.jurisdictions.index.get_indexer(self.frame["jurisdiction"]), dtype=np.int64)

    def positions(self, ids: list[str]) -> NDArray[np.int64]:
        """Row positions of the units with these ids, in the order given.

        Raises
        ------
        InvalidUnits
            If an id is not among the units.
        """
        missing = [i for i in ids if i not in self._position.index]
        if missing:
            raise InvalidUnits(f"no such unit: {first_ten(missing)}")
        return self._position.loc[ids].to_numpy(np.int64)

    def subset(self, mask: NDArray[np.bool_]) -> Units:
        """The units where `mask` (n,) is true, with only the jurisdictions that still have any."""
        frame = self.frame.loc[mask]
        used = self.jurisdictions.index.isin(frame["jurisdiction"].unique())
        return Units(frame, self.jurisdictions.loc[used], self.has_households)


def _with_columns(source: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    frame = source.copy()
    for name, default in UNIT_COLUMNS.items():
        if name in frame.columns:
            continue
        if default is None or name == "households":
            raise InvalidUnits(f"units need a column {name!r}; got {first_ten(frame.columns)}")
        frame[name] = default
    for name in _COUNTS:
        values = frame[name]
        if not pd.api.types.is_numeric_dtype(values) or values.isna().any():
            raise InvalidUnits(f"column {name!r} must hold whole numbers in every row; got {values.dtype}")
        whole = np.isfinite(values) & (values >= 0) & (values == np.floor(values))
        if not whole.all():
            raise InvalidUnits(
                f"column {name!r} must hold whole numbers from 0; not so in units {first_ten(frame.index[~whole])}"
            )
        frame[name] = values.astype(np.int64)
    for name in _TEXTS:
        frame[name] = _as_texts(frame[name])
    wrong = sorted(set(frame["kind"]) - set(UNIT_KINDS))
    if wrong:
        raise InvalidUnits(f"a unit's kind is one of {', '.join(UNIT_KINDS)}; got {first_ten(wrong)}")
    return frame


def _as_texts(column: pd.Series) -> pd.Series:
    """The column as plain text, "" for nothing; one that is text already is taken as it is, ten times faster."""
    values = column.astype(object)
    if pd.api.types.infer_dtype(values, skipna=False) == "string":
        return values
    return values.where(column.notna(), "").map(str).astype(object)


def _check_crs(frame: gpd.GeoDataFrame, jurisdictions: gpd.GeoDataFrame) -> None:
    crs = frame.crs
    if crs is None or not crs.is_projected:
        raise InvalidUnits(f"units need a projected CRS in metres; got {crs}")
    unit = crs.axis_info[0].unit_name
    if unit not in ("metre", "meter"):
        raise InvalidUnits(f"units need a projected CRS in metres; {crs.name} is in {unit}")
    if jurisdictions.crs != crs:
        raise InvalidUnits(f"units and jurisdictions must share one CRS; got {crs} and {jurisdictions.crs}")


def _check_ids(index: pd.Index, what: str) -> None:
    if not all(isinstance(i, str) and i for i in index.tolist()):
        raise InvalidUnits(f"every {what} needs an id that is text and not empty")
    if index.has_duplicates:
        raise InvalidUnits(f"{what} ids must be unique; repeated: {first_ten(index[index.duplicated()].unique())}")


def _check_polygons(frame: gpd.GeoDataFrame, what: str) -> None:
    geometry = np.asarray(frame.geometry.values, dtype=object)
    polygonal = np.isin(shapely.get_type_id(geometry), (3, 6)) & ~shapely.is_empty(geometry)
    if not polygonal.all():
        raise InvalidUnits(f"every {what} needs a polygon; not so in {first_ten(frame.index[~polygonal])}")
    valid = shapely.is_valid(geometry)
    if not valid.all():
        raise InvalidUnits(f"every {what} needs a valid polygon; not so in {first_ten(frame.index[~valid])}")
