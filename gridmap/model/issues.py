"""Issues: what residents and patrols found, where and when, and how far each has come. Never a finding of a check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.register import Choice, choices
from gridmap.model.text import Text

#: Where an issue is on its way. The first four are the three-step method and its end; the others stand beside it.
STEPS: Final[Mapping[str, Choice]] = choices(
    detected=("待处置", "Detected", ("已发现", "已上报", "待派遣", "待受理", "待立案", "已立案", "新建")),
    disposing=(
        "处置中",
        "Being disposed of",
        ("处理中", "办理中", "待处理", "已派遣", "已受理", "open"),
    ),
    verifying=("待核查", "Being verified", ("待核实", "待核查", "待结案", "已处置", "处置完成", "已处理")),
    closed=("已办结", "Closed", ("结案", "已结案", "办结", "已完成", "核查通过", "closed", "done")),
    deferred=("缓办", "Deferred", ("延期", "挂账", "已缓办", "挂起")),
    merged=("并案", "Merged as duplicate", ("重复", "已并案", "duplicate")),
    void=("作废", "Void", ("已作废", "不予受理", "不予立案", "无效")),
    withdrawn=("已撤回", "Withdrawn", ("撤回", "导入撤销")),
)
#: Steps in which somebody still has to do something.
OPEN_STEPS: Final = ("detected", "disposing", "verifying", "deferred")
#: Steps of issues that count as issues: duplicates, void and withdrawn ones do not.
COUNTED_STEPS: Final = (*OPEN_STEPS, "closed")

#: At which of the three tiers an issue is disposed of, from the smallest.
TIERS: Final[Mapping[str, Choice]] = choices(
    grid=("网格", "Grid, on the spot", ("网格员", "现场", "现场处置", "网格内", "网格层级", "网格级")),
    jurisdiction=(
        "村居",
        "Village or residential area",
        ("村", "居", "居委", "村委", "居民区", "村居委", "村居层级", "村居级", "社区"),
    ),
    department=("部门", "Town department", ("镇级", "镇部门", "条线", "职能部门", "镇级部门", "街镇", "部门层级")),
)

#: What is known of the place: usable; a default that a platform puts in (one point for very many); outside the town;
#: none given.
PLACE_STATES: Final[Mapping[str, Choice]] = choices(
    ok=("有效", "Known"),
    default=("默认点", "Default point of a platform"),
    outside=("镇外", "Outside the town"),
    none=("无坐标", "No coordinates"),
)

ColumnKind = Literal["text", "word", "time", "count", "place"]

#: Columns of the frame of issues and what each holds, in order.
ISSUE_COLUMNS: Final[Mapping[str, ColumnKind]] = {
    "source": "text",  # the platform or ledger that it came from, "" for gridmap itself
    "channel": "text",  # patrol, hotline, …, as the ledger says
    "category": "word",  # a key of the policy's categories
    "kind": "text",  # what the platform calls it
    "description": "text",
    "address": "text",
    "step": "word",
    "tier": "word",  # "" until somebody disposes of it
    "handler": "text",  # code of a grid or jurisdiction, or a department
    "reporter": "text",  # id of a person, never a name; "" where not known
    "reported_at": "time",
    "disposed_at": "time",  # when disposal began
    "settled_at": "time",  # when it was disposed of
    "verified_at": "time",
    "due_at": "time",
    "deferred_until": "time",
    "n_sent_back": "count",
    "n_escalated": "count",
    "n_reopened": "count",
    "duplicate_of": "text",
    "place_state": "word",
    "grid": "text",  # owner: the grid that held the place when it was reported, by the plan then in force
    "jurisdiction": "text",
    "unit": "text",
    "plan": "text",
    "plan_version": "count",
    "version": "count",  # events that were applied
    "n_conflicts": "count",
    "geometry": "place",
}
_WORDS: Final = {"step": STEPS, "tier": TIERS, "place_state": PLACE_STATES}
#: What a column holds where nothing is given.
_DEFAULTS: Final = {"step": "detected", "place_state": "none", "category": "other", "version": 1}


@dataclass(frozen=True, eq=False)
class Issues:
    """Issues as they were read or loaded.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        n rows, index ``issue`` (unique ids), columns :data:`ISSUE_COLUMNS` as :func:`make_issues` makes them. Texts are
        "" where blank, times ``datetime64[s]`` without a zone (the civil time of the town; NaT), counts ``int64``,
        places points (None).
    is_synthetic : bool
        True when they are made up; whatever shows them says so.

    Raises
    ------
    InvalidInput
        If the columns are others, or an id stands twice.
    """

    frame: gpd.GeoDataFrame
    is_synthetic: bool = False

    def __post_init__(self) -> None:
        if list(self.frame.columns) != list(ISSUE_COLUMNS):
            raise InvalidInput(f"issues need the columns {list(ISSUE_COLUMNS)}; got {list(self.frame.columns)}")
        if not self.frame.index.is_unique:
            twice = list(dict.fromkeys(self.frame.index[self.frame.index.duplicated()]))
            raise InvalidInput(
                f"issues stand twice: {first_ten(twice)}; each needs an id of its own",
                f"问题编号重复：{first_ten_zh(twice)}；每个问题须有自己的编号。",
            )

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def is_counted(self) -> pd.Series:
        """Whether each counts as an issue: no duplicate, not void, not withdrawn."""
        counted: pd.Series = self.frame["step"].isin(COUNTED_STEPS)
        return counted

    @property
    def has_place(self) -> pd.Series:
        """Whether the place of each is known and inside the town."""
        known: pd.Series = self.frame["place_state"] == "ok"
        return known

    def where(self, mask: pd.Series | np.ndarray[Any, np.dtype[np.bool_]]) -> Issues:
        """The issues for which `mask` is true, (n,)."""
        return Issues(self.frame[np.asarray(mask, dtype=bool)], self.is_synthetic)


def make_issues(values: pd.DataFrame | Mapping[str, Any], ids: Sequence[str], crs: object = None) -> gpd.GeoDataFrame:
    """The frame of issues with its columns in order, each of its type.

    Parameters
    ----------
    values : DataFrame or mapping of str to sequence
        Columns of :data:`ISSUE_COLUMNS`; those that are absent are blank: texts "", the step ``detected``, the category
        ``other``, the state of the place ``ok`` where there is a place and else ``none``.
    ids : sequence of str, (n,)
    crs : CRS, optional
        Of the places, where `values` is no GeoDataFrame.

    Raises
    ------
    InvalidInput
        If a column is unknown, or a step, tier or state of a place is none of its words.
    """
    table = values if isinstance(values, pd.DataFrame) else pd.DataFrame(dict(values))
    strangers = [str(c) for c in table.columns if c not in ISSUE_COLUMNS]
    if strangers:
        raise InvalidInput(
            f"issues have no column {first_ten(strangers)}; there are {', '.join(ISSUE_COLUMNS)}",
            f"问题没有列 {first_ten_zh(strangers)}。",
        )
    index = pd.Index(pd.Series(list(ids), dtype=object), name="issue")
    data: dict[str, pd.Series] = {}
    shapes = table["geometry"].to_numpy(object) if "geometry" in table else np.full(len(index), None, dtype=object)
    for name, kind in ISSUE_COLUMNS.items():
        if kind == "place":
            continue
        column = _typed(name, kind, table, len(index))
        data[name] = pd.Series(column, index=index, dtype=column.dtype)  # left to itself, pandas makes "str" of texts
    if "place_state" not in table:
        state = np.where([s is None for s in shapes], "none", "ok").astype(object)
        data["place_state"] = pd.Series(state, index=index, dtype=object)
    for name, words in _WORDS.items():
        wrong = sorted(set(data[name]) - set(words) - ({""} if name == "tier" else set()))
        if wrong:
            raise InvalidInput(
                f"issues, {name}: {first_ten(wrong)}; allowed: {', '.join(words)}",
                f"问题的「{name}」：{first_ten_zh(wrong)} 不在可选范围：{'、'.join(words)}。",
            )
    own = getattr(table, "crs", None)
    places = gpd.GeoSeries(shapes, index=index, crs=own if own is not None else crs)
    return gpd.GeoDataFrame(pd.DataFrame(data, index=index), geometry=places)


def _typed(name: str, kind: ColumnKind, table: pd.DataFrame, n: int) -> Any:
    default: Any = _DEFAULTS.get(name, 0 if kind == "count" else "")
    if kind == "time":
        given = table[name] if name in table else pd.Series([pd.NaT] * n)
        return pd.to_datetime(given, format="ISO8601").astype("datetime64[s]").to_numpy()
    if name not in table:
        return np.full(n, default, dtype=np.int64 if kind == "count" else object)
    given = table[name]
    if kind == "count":
        return given.fillna(default).astype("int64").to_numpy()
    return given.fillna(default).astype(object).to_numpy()


def category_text(key: str, words: Mapping[str, Text]) -> Text:
    """What a category is called; its key where the policy has it no more."""
    return words.get(key, Text(key, key))
