"""Issues out of ledgers and exports of other platforms: what can be used, what cannot, and why, by its cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from gridmap.data.datum import Datum
from gridmap.data.issues_desk import IssueDesk
from gridmap.data.issues_places import (
    DefaultPlace,
    Ground,
    Placed,
    datum_note,
    default_note,
    default_places,
    place_issues,
)
from gridmap.data.issues_tables import Written, read_written
from gridmap.data.issues_values import (
    Words,
    read_category_table,
    read_counts,
    read_handlers,
    read_ids,
    read_kinds,
    read_owners,
    read_place_states,
    read_reporters,
    read_steps,
    read_tiers,
    stripped,
    with_source,
)
from gridmap.data.issues_when import doubt_times, end_cases, read_moments
from gridmap.data.private_numbers import hide_numbers
from gridmap.data.records_places import Gazetteer, check_same_town, make_gazetteer
from gridmap.errors import InvalidInput
from gridmap.model.issue_policy import IssuePolicy
from gridmap.model.issues import Issues, make_issues
from gridmap.model.text import Text

_COUNTS: Final = ("n_sent_back", "n_escalated", "n_reopened", "plan_version")
_TEXTS: Final = ("channel", "unit", "plan")
#: Columns in which people write what they should not.
_FREE: Final = ("description", "address", "kind", "handler", "channel")


@dataclass(frozen=True, eq=False)
class IssueIntake:
    """What a file of issues gave.

    Attributes
    ----------
    issues : Issues or None
        None where there is any error and rows with errors were not to be left out.
    errors : pandas.DataFrame
        One row a thing said about a cell, errors first: columns register ("issue"), cell (``问题.xlsx:9月!D7``), column
        (as the file calls it), value (as written), message_zh, message_en, severity (error, warning).
    notes : tuple of Text
        What was left out, derived, or looks wrong as a whole.
    counts : mapping of str to int
        ``rows`` read; ``issues`` made (or that could be); ``left_out`` for errors; ``repeated`` (identical rows, one
        kept); ``placed``, ``default``, ``outside``, ``no_place``; ``settled_early`` (settled before reported);
        ``hidden`` (texts in which telephone or identity numbers were hidden).
    default_places : tuple of DefaultPlace
        Points that the platform puts in where it knows no place.
    unmapped : mapping of str to int
        What the file calls a kind that no category has → issues, most first.
    """

    issues: Issues | None
    errors: pd.DataFrame
    notes: tuple[Text, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    default_places: tuple[DefaultPlace, ...] = ()
    unmapped: Mapping[str, int] = field(default_factory=dict)


def read_issues(
    path: str | Path,
    *,
    places: gpd.GeoDataFrame,
    grids: Sequence[str],
    crs: CRS | str,
    day: dt.date,
    policy: IssuePolicy,
    source: str = "",
    columns: Mapping[str, str] | None = None,
    categories: str | Path | Mapping[str, str] | None = None,
    datum: Datum | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    people: Mapping[str, str] | None = None,
    leave_out: bool = False,
    is_synthetic: bool = False,
) -> IssueIntake:
    """Read a ledger of issues, the export of another platform, or a layer of points.

    Parameters
    ----------
    path : str or Path
        ``.xlsx``, ``.xls`` (every sheet that holds issues), ``.csv``, ``.csv.gz``, or a layer (``FILE:LAYER``).
    places : geopandas.GeoDataFrame
        The town's jurisdictions: index code, columns ``name``, ``kind``, geometry in any CRS.
    grids : sequence of str
        Codes of the plan's grids.
    crs : CRS or str
        Of the places that come out, in metres.
    day : datetime.date
        Of reading: what happened later is doubted.
    policy : IssuePolicy
        Its categories, by their names and synonyms.
    source : str
        Name of the platform; it stands before the ids (``12345:GD-1``).
    columns : mapping of str to str, optional
        Key of :data:`gridmap.data.issues_columns.HEADINGS` → heading of the file, where synonyms do not tell.
    categories : str, Path or mapping, optional
        What the platform writes → category: a table of two columns, or the same as a mapping.
    datum : {"gcj02", "bd09"}, optional
        Of coordinates from a web map; without it they are WGS-84 or CGCS2000, or metres in `crs`.
    encoding : str, optional
        Of a CSV file or shapefile; without it the bytes decide.
    sheet : str, optional
        The one sheet or layer to read.
    people : mapping of str to str, optional
        Name → id of a person, for who reported.
    leave_out : bool
        Whether rows with errors are left out; else any error refuses the whole.
    is_synthetic : bool
        Whether the issues are made up.

    Returns
    -------
    IssueIntake

    Raises
    ------
    RefusedSource
        If the file is of a kind that is not opened.
    MissingProgram
        If a GeoParquet file is given and pyarrow is not installed.
    MissingCrs
        If a layer says no CRS.
    InvalidInput
        If the file, the sheet or a needed column is missing, the file is empty or damaged, the table of categories is
        wrong, or it is a ledger of another town.

    Notes
    -----
    Of times, ``closed_at`` (结案) ends the verification where a time of settling is given, and the disposal where
    neither settling nor verification is. A blank status is told by the times. What a step, tier, jurisdiction, grid or
    category says is decided once for each different word.
    """
    table = read_category_table(categories, policy)
    written = read_written(path, sheet=sheet, columns=columns or {}, encoding=encoding)
    desk = IssueDesk(written, list(written.notes))
    gazetteer = make_gazetteer(places, grids)
    ground = Ground(places, CRS.from_user_input(crs), datum)
    placed = place_issues(written, ground)
    _check_town(written, placed, ground, gazetteer, Path(path).name)
    ids = read_ids(desk, source)
    data: dict[str, Any] = end_cases(read_moments(desk, policy))
    data["step"] = read_steps(desk, data.pop("told"))
    data["grid"], data["jurisdiction"] = read_owners(desk, gazetteer)
    data["handler"] = read_handlers(desk, gazetteer)
    data["tier"] = read_tiers(desk, data["handler"], gazetteer)
    data["reporter"] = read_reporters(desk, people)
    kinds = read_kinds(desk, policy, table)
    data |= {"category": kinds.category, "kind": kinds.kind}
    data |= {c: stripped(desk, c) for c in _TEXTS} | {c: read_counts(desk, c) for c in _COUNTS}
    own = stripped(desk, "source")
    data["source"] = np.where(own != "", own, source).astype(object)
    data["duplicate_of"] = with_source(stripped(desk, "duplicate_of"), source)
    placed = replace(placed, state=_states(desk, placed))
    data["place_state"] = placed.state
    counts = {"rows": len(written), "hidden": _hide(desk, data), "settled_early": doubt_times(desk, data, day)}
    repeated = _repeated(desk, ids, placed)
    kept = ~repeated & ~desk.wrong_rows()
    counts |= _counts(placed, kept, repeated)
    found = default_places(placed, ids, ground.crs)
    desk.notes[:0] = _notes_of_place(placed, ground, data["jurisdiction"], found)
    issues = None
    if leave_out or not desk.wrong_rows().any():
        values = pd.DataFrame({k: pd.Series(v[kept], dtype=v.dtype) for k, v in data.items()})
        values["geometry"] = pd.Series(placed.points()[kept], dtype=object)
        issues = Issues(make_issues(values, ids[kept].tolist(), ground.crs), is_synthetic)
    return IssueIntake(issues, desk.errors(), tuple(desk.notes), counts, found, kinds.unmapped)


def _check_town(written: Written, placed: Placed, ground: Ground, gazetteer: Gazetteer, where: str) -> None:
    """Refuse the ledger of another town: by its places, or where it has none by the names that it writes.

    Names alone do not decide where most places lie in the town: other platforms have names of their own.
    """
    n_inside = int((placed.state == "ok").sum())
    outside = placed.xy[placed.state == "outside"]
    if n_inside <= len(outside):
        texts = [t for c in ("jurisdiction", "grid") for t in written.texts(c)]
        check_same_town(texts, gazetteer, where)
    west, south, east, north = ground.box
    far = (outside[:, 0] < west) | (outside[:, 0] > east) | (outside[:, 1] < south) | (outside[:, 1] > north)
    n_far = int(np.asarray(far).sum())
    if n_far > 1 and n_far > (n_inside + len(outside)) / 2:
        x, y = np.median(outside[far], axis=0)
        away = float(np.hypot(x - (west + east) / 2, y - (south + north) / 2)) / 1000
        raise InvalidInput(
            f"{where}: {n_far:,} of {n_inside + len(outside):,} issues with coordinates lie about {away:,.0f} km away: "
            "this is a ledger of another town, or its coordinates are in another CRS; say the columns with --column "
            "longitude=… and --column latitude=…, or convert them first",
            f"{where}：有坐标的 {n_inside + len(outside):,} 件中 {n_far:,} 件落在约 {away:,.0f} 公里以外："
            "这是另一个镇的台账，或坐标系不同；请核对坐标列（--column longitude=…、latitude=…）或先换算坐标。",
        )


def _states(desk: IssueDesk, placed: Placed) -> Words:
    """What is known of each place: as it was found out, and as a ledger of gridmap says of default points."""
    n_swapped = len(placed.swapped)
    shown = "longitude" if "longitude" in desk.written.has else "coordinates"
    unread = Text(
        "不是坐标；请写成 121.3461、30.7412 的形式；按无坐标处理",
        "are no coordinates; write them like 121.3461, 30.7412; taken as none",
    )
    desk.say(placed.wrong, shown, unread, "warning")
    if n_swapped:
        first = desk.written.cells(placed.swapped[:1], shown)[0]
        desk.notes.append(
            Text(
                f"{n_swapped:,} 件的经度和纬度填反了（首处 {first}），已按互换后的位置读取。",
                f"{n_swapped:,} issues have longitude and latitude exchanged (first {first}); read the other way",
            )
        )
    written = read_place_states(desk)
    has = placed.state != "none"
    return np.where(has & (written == "default"), "default", placed.state).astype(object)


def _hide(desk: IssueDesk, data: dict[str, Any]) -> int:
    """Fill in the texts of `data` without private numbers; in how many there were any."""
    total = 0
    for column in _FREE:
        data[column], n = hide_numbers(data[column] if column in data else stripped(desk, column))
        total += n
    if total:
        desk.notes.append(
            Text(
                f"{total:,} 处文字中有手机号或身份证号，已用「…」代替，不保存。",
                f"mobile or identity numbers in {total:,} texts were replaced by '…' and not kept",
            )
        )
    return total


def _repeated(desk: IssueDesk, ids: Words, placed: Placed) -> NDArray[np.bool_]:
    """Rows that repeat another one word for word; ids that stand in different rows are said."""
    twice = pd.Series(ids, dtype=object).duplicated(keep=False).to_numpy() & (ids != "")
    repeated = np.zeros(len(ids), dtype=bool)
    rows = np.flatnonzero(twice)
    if not len(rows):
        return repeated
    same = desk.written.frame.iloc[rows].assign(_x=placed.xy[rows, 0], _y=placed.xy[rows, 1])
    repeated[rows] = same.duplicated(keep="first").to_numpy()
    n = int(repeated.sum())
    if n:
        desk.notes.append(
            Text(
                f"{n:,} 行与前面的行完全相同，只取一行。",
                f"{n:,} rows are the same as an earlier one; one of each is kept",
            )
        )
    left = rows[~repeated[rows]]
    own = pd.Series(left, index=ids[left])
    own = own[own.index.duplicated(keep=False)]
    others = own.groupby(level=0, sort=False)
    first, second = others.nth(0), others.nth(1)
    cells = dict(zip(left.tolist(), desk.written.cells(left, "issue"), strict=True))
    for head, other in ((first, second), (own[~own.isin(first)], first)):
        at = {i: cells[r] for i, r in zip(other.index, other.to_numpy(np.int64).tolist(), strict=True)}
        said = [
            Text(
                f"编号「{i}」还出现在 {at[i]}，内容不同；每个问题只能有一行",
                f"the id {i!r} stands in {at[i]} too, with other content; an issue has one row",
            )
            for i in head.index
        ]
        desk.say(head.to_numpy(np.int64), "issue", said)
    return repeated


def _counts(placed: Placed, kept: NDArray[np.bool_], repeated: NDArray[np.bool_]) -> dict[str, int]:
    of_state = {key: int((placed.state == key).sum()) for key in ("ok", "default", "outside", "none")}
    return {
        "issues": int(kept.sum()),
        "left_out": int((~kept & ~repeated).sum()),
        "repeated": int(repeated.sum()),
        "placed": of_state["ok"],
        "default": of_state["default"],
        "outside": of_state["outside"],
        "no_place": of_state["none"],
    }


def _notes_of_place(placed: Placed, ground: Ground, belongs: Words, found: tuple[DefaultPlace, ...]) -> list[Text]:
    n = int((placed.state != "none").sum())
    notes = [default_note(p, n) for p in found]
    shifted = datum_note(placed, ground, belongs)
    notes += [shifted] if shifted else []
    n_out, n_none = int((placed.state == "outside").sum()), int((placed.state == "none").sum())
    if n_out:
        notes.append(
            Text(
                f"{n_out:,} 件落在本镇以外（保留，不进入热力图）；请核对坐标。",
                f"{n_out:,} issues lie outside the town (kept, left out of heat maps); check their coordinates",
            )
        )
    if n_none:
        notes.append(Text(f"{n_none:,} 件没有坐标。", f"{n_none:,} issues have no coordinates"))
    return notes
