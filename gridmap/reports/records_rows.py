"""Rows of the ledgers of registers: which columns a profile shows, and what stands in them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from gridmap.model.plan import Plan
from gridmap.model.profile import SMALL_COUNT, ExportProfile
from gridmap.model.records import Records
from gridmap.model.register import Column as RegisterColumn
from gridmap.model.register import Register
from gridmap.model.text import Language, Text
from gridmap.reports.sheet import Column

#: Counts of people and households, which are hidden where they are small.
COUNTED: Final = frozenset(("members", "attendance", "people", "capacity"))
#: Columns of a point that tell where it is, and, of a private home, whose.
_OF_PLACE: Final = frozenset(("premises_id", "address", "longitude", "latitude"))
_OF_HOME: Final = _OF_PLACE | {"point_id", "opening", "two_in_one"}
#: Decimals of degrees: about a millimetre, so that a ledger read again gives the same place.
_DECIMALS: Final = 8
_WIDTHS: Final = {"text": 18.0, "word": 14.0, "words": 26.0, "count": 10.0, "day": 13.0, "yes": 9.0, "grids": 24.0}
_WIDE: Final = frozenset(("detail", "address", "outcome", "title", "topic", "services", "opening", "place"))
_NUMBER: Final = Text("序号", "No.")
_PLACE: Final = Text("村居", "Jurisdiction")
_LONGITUDE: Final = Text("经度", "Longitude")
_LATITUDE: Final = Text("纬度", "Latitude")
_TWO_IN_ONE: Final = Text("两点合一", "Two in one")
_HOME: Final = Text("党员家中点位", "Point in a private home")


@dataclass(frozen=True)
class Edition:
    """For whom a ledger is made, of which plan and day, in which language.

    Attributes
    ----------
    plan : Plan
    day : datetime.date
    profile : {"internal", "leader", "public"}
    lang : {"zh", "en"}
    two_in_one : mapping of str to Text
        Id of a point → why it is two in one.
    withheld : frozenset of str
        Ids of the points whose place is not told.
    addresses : frozenset of str
        Where those are.
    plain : function
        A text as this profile may show it.
    """

    plan: Plan
    day: dt.date
    profile: ExportProfile
    lang: Language
    two_in_one: Mapping[str, Text] = field(default_factory=dict)
    withheld: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    plain: Callable[[str], str] = str

    @property
    def is_internal(self) -> bool:
        """Whether everything may be shown."""
        return self.profile == "internal"

    @cached_property
    def names(self) -> dict[str, str]:
        """Code of a jurisdiction → its name, or its code where the name is blank or another's too."""
        table = self.plan.units.jurisdictions["name"]
        times = Counter(table)
        return {str(c): str(n) if n and times[n] == 1 else str(c) for c, n in table.items()}

    @cached_property
    def home(self) -> dict[str, str]:
        """Code of a grid → code of its jurisdiction."""
        return dict(zip(self.plan.codes, self.plan.jurisdiction_of_grid.tolist(), strict=True))

    @cached_property
    def order(self) -> dict[str, int]:
        """Code of a jurisdiction → its place in the plan."""
        return {str(c): i for i, c in enumerate(self.plan.units.jurisdictions.index)}

    def count(self, value: Any) -> object:
        """A count of people or households as this profile may show it, "" where it is not known."""
        if pd.isna(value):
            return ""
        number = int(value)
        return f"<{SMALL_COUNT}" if not self.is_internal and 0 < number < SMALL_COUNT else number

    def sum(self, values: pd.Series) -> object:
        """A sum of counts, "" of none known; where one is hidden a lower bound, lest the hidden one be worked out."""
        known = values.dropna()
        if known.empty:
            return ""
        hidden = (known > 0) & (known < SMALL_COUNT)
        if self.is_internal or not hidden.any():
            return int(known.sum())
        return f"≥{int(known[~hidden].sum())}"


@dataclass(frozen=True)
class Page:
    """A sheet of a ledger.

    Attributes
    ----------
    name, title : Text
        Of the sheet, and above its table.
    columns : list of Column
    rows : list of list
    merged : int
        Number of the column whose equal neighbours are merged, 0 for none.
    places : list of str
        What is compared for that, one a row.
    total : list
        The row of totals, [] for none.
    """

    name: Text
    title: Text
    columns: list[Column]
    rows: list[list[object]]
    merged: int = 0
    places: list[str] = field(default_factory=list)
    total: list[object] = field(default_factory=list)


@dataclass(frozen=True)
class _Shown:
    name: str
    column: Column
    value: Callable[[Any], object]


def register_page(register: Register, records: Records, edition: Edition) -> Page:
    """A register as a sheet: by jurisdiction and grid, with what the profile may show."""
    frame = _sorted(register, records.of(register.name), edition)
    homes = _private_homes(records)
    shown = [_Shown("", Column(_NUMBER.in_language(edition.lang), 6, "0"), lambda _: "")]
    own = [c for c in register.columns if c.type == "jurisdiction"]
    first = own or [RegisterColumn("_home", "jurisdiction", _PLACE)]
    grids = [c for c in register.columns if c.type in ("grid", "grids")]
    has_place = bool(own or [c for c in grids if c.type == "grid"])
    ordered = [*(first if has_place else []), *grids, *(c for c in register.columns if c not in [*own, *grids])]
    shown += [s for c in ordered for s in _columns(c, edition)]
    if register.name == "point" and edition.two_in_one:
        heading = Column(_TWO_IN_ONE.in_language(edition.lang), 26, "@", "left")
        shown.append(_Shown("two_in_one", heading, lambda r: _why(r, edition)))
    rows = [_row(register, number, record, shown, homes, edition) for number, record in enumerate(_dicts(frame), 1)]
    title = Text(f"{register.title.zh}台账", f"ledger: {register.title.en}")
    places = frame["_home"].tolist() if has_place else []
    total = _total(frame, shown, edition)
    return Page(register.title, title, [s.column for s in shown], rows, 2 if has_place else 0, places, total)


def _dicts(frame: pd.DataFrame) -> list[dict[str, Any]]:
    plain = pd.DataFrame(frame.drop(columns="geometry")) if "geometry" in frame else frame
    return [{str(k): v for k, v in record.items()} for record in plain.to_dict("records")]


def _sorted(register: Register, frame: pd.DataFrame, edition: Edition) -> pd.DataFrame:
    """Records by jurisdiction, grid and key, with their jurisdiction in ``_home`` and their place in degrees."""
    out = frame.copy()
    if isinstance(out, gpd.GeoDataFrame) and len(out):
        degrees = out.geometry.to_crs("EPSG:4326")
        out = out.assign(longitude=degrees.x.round(_DECIMALS), latitude=degrees.y.round(_DECIMALS))
    own = next((c.name for c in register.columns if c.type == "jurisdiction"), "")
    by_grid = out["grid"].map(lambda g: edition.home.get(g, "")) if "grid" in out else pd.Series("", index=out.index)
    out["_home"] = out[own] if own else by_grid
    by = (out["_home"] if own else by_grid).where(lambda s: s != "", by_grid) if len(out) else out["_home"]
    out["_order"] = [edition.order.get(str(c), len(edition.order)) for c in by]
    out["_grid"] = out.get("grid", "")
    return pd.DataFrame(out.rename_axis(index="_key").reset_index()).sort_values(["_order", "_home", "_grid", "_key"])


def _columns(column: RegisterColumn, edition: Edition) -> list[_Shown]:
    lang = edition.lang
    if column.type == "place":
        places = ((_LONGITUDE, "longitude"), (_LATITUDE, "latitude"))
        return [_Shown(n, Column(t.in_language(lang), 14, "0.00000000"), itemgetter(n)) for t, n in places]
    if not edition.is_internal and column.is_personal:
        return []
    width = 32.0 if column.name in _WIDE else 20.0 if column.type == "grid" else _WIDTHS.get(column.type, 14.0)
    form = "#,##0" if column.type == "count" else "@"
    align = "left" if column.name in _WIDE or column.type in ("words", "grids") else "center"
    heading = Column(column.title.in_language(lang), width, form, align)
    return [_Shown(column.name, heading, lambda r: _value(column, r[column.name], edition))]


def _value(column: RegisterColumn, value: Any, edition: Edition) -> object:
    """A value in the words of the ledger."""
    lang = edition.lang
    if column.type == "jurisdiction":
        return edition.names.get(value, value)
    if column.type == "yes":
        return Text("是" if value else "否", "yes" if value else "no").in_language(lang)
    if column.type in ("words", "grids"):
        return ("、" if lang == "zh" else "; ").join(map(edition.plain, value))
    if column.type in ("count", "day"):
        return _number_or_day(column, value, edition)
    return column.choices[value].text.in_language(lang) if value and column.choices else edition.plain(value)


def _number_or_day(column: RegisterColumn, value: Any, edition: Edition) -> object:
    if pd.isna(value):
        return ""
    if column.type == "day":
        return str(value)[:10]
    return edition.count(value) if column.name in COUNTED else int(value)


def _row(
    register: Register,
    number: int,
    record: Mapping[str, Any],
    shown: list[_Shown],
    homes: frozenset[str],
    edition: Edition,
) -> list[object]:
    cells: list[object] = [number, *(s.value(record) for s in shown[1:])]
    if edition.is_internal:
        return cells
    hidden = _hidden(register, record, homes, edition)
    is_home = register.name == "point" and record["point_id"] in homes
    for i, s in enumerate(shown):
        if s.name in hidden:
            cells[i] = ""
        elif is_home and s.name == "name":
            cells[i] = _HOME.in_language(edition.lang)
    return cells


def _hidden(
    register: Register, record: Mapping[str, Any], homes: frozenset[str], edition: Edition
) -> frozenset[str] | set[str]:
    """Columns of a record that would tell where a private home is."""
    point = record.get("point_id", "")
    if register.name == "point":
        return _OF_HOME if point in homes else _OF_PLACE if point in edition.withheld else set()
    if point in homes:
        return {"point_id", "place"}
    return {"place"} if point in edition.withheld or record.get("place", "") in edition.addresses else set()


def _private_homes(records: Records) -> frozenset[str]:
    """Ids of the points in private homes."""
    points = records.of("point")
    return frozenset(points["point_id"][points["is_private_home"]])


def _why(record: Mapping[str, Any], edition: Edition) -> str:
    """Why a point is two in one; outside the internal profile only that it is: the reason may name a private home."""
    reason = edition.two_in_one.get(record["point_id"])
    if reason is None:
        return ""
    return (reason if edition.is_internal else Text("是", "yes")).in_language(edition.lang)


def _total(frame: pd.DataFrame, shown: list[_Shown], edition: Edition) -> list[object]:
    """合计, the number of records, and the sums of what can be summed."""
    label = Text("合计", "Total").in_language(edition.lang)
    n = Text(f"{len(frame)} 条", f"{len(frame)} records").in_language(edition.lang)
    cells: list[object] = [label, "", n]
    cells += [edition.sum(frame[s.name]) if s.name in COUNTED else "" for s in shown[3:]]
    return cells[: len(shown)]
