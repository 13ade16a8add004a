"""Whether a file that came back is about the units that are stored, all of them, unchanged; and its codes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from gridmap.data.columns import lost_digits, parse_count
from gridmap.errors import InvalidInput, MissingCrs, first_ten, first_ten_zh
from gridmap.model.rules import CodeScheme
from gridmap.model.text import Text
from gridmap.partition.codes import code_prefix, free_numbers
from gridmap.storage.exchange.intake_table import EditedTable, plain

#: Metres by which an outline may differ: formats and reprojections round, nobody edits as finely.
TOLERANCE_M: Final = 0.001


@dataclass(frozen=True, eq=False)
class StoredUnits:
    """The units of a survey: all lists in their order.

    Attributes
    ----------
    ids, jurisdiction, names : list of str
    households : ndarray of int64, (n,), or None
        None where nobody knows them.
    shapes : ndarray of polygons, (n,)
    crs : pyproj.CRS
    """

    ids: list[str]
    jurisdiction: list[str]
    names: list[str]
    households: NDArray[np.int64] | None
    shapes: NDArray[np.object_]
    crs: CRS


def match_units(table: EditedTable, units: StoredUnits) -> list[int]:
    """The row of each unit.

    Raises
    ------
    InvalidInput
        If a row has no unit id, a unit stands in two rows or in none, or an id is unknown.
    """
    known = set(units.ids)
    ids = [_tidy(v, known) for v in table.columns["unit_id"]]
    head = table.headers["unit_id"]
    blank = [r for r, i in zip(table.rows, ids, strict=True) if not i]
    if blank:
        raise InvalidInput(
            f"{table.where}, column {head}: no unit id in {first_ten(blank)}; "
            "delete rows that were drawn anew, units are not made by hand",
            f"{table.where_zh}「{head}」列：{first_ten_zh(map(_zh, blank))} 没有单元编号；"
            "请删除新画的要素，单元不能手工新增。",
        )
    _refuse_shortened(table, "unit_id", ids, known)
    rows: dict[str, list[int]] = {}
    for row, unit in enumerate(ids):
        rows.setdefault(unit, []).append(row)
    twice = [f"{u} ({', '.join(table.rows[i] for i in at)})" for u, at in rows.items() if len(at) > 1]
    if twice:
        raise InvalidInput(
            f"{table.where}, column {head}: units that stand twice: {first_ten(twice)}; "
            "a unit is never cut: undo the split, and give the whole unit one code",
            f"{table.where_zh}「{head}」列：同一单元出现多次：{first_ten_zh(map(_zh, twice))}；"
            "单元不可切分：请撤销切分，整个单元只归一个网格。",
        )
    unknown = [f"{u} ({table.rows[at[0]]})" for u, at in rows.items() if u not in known]
    if unknown:
        raise InvalidInput(
            f"{table.where}, column {head}: units that the survey does not have: {first_ten(unknown)}; "
            "a new survey is stored as one, and the plan migrated to it",
            f"{table.where_zh}「{head}」列：单元数据中没有：{first_ten_zh(map(_zh, unknown))}；"
            "若单元有变，请导入新的单元数据并迁移方案。",
        )
    missing = [u for u in units.ids if u not in rows]
    if missing:
        raise InvalidInput(
            f"{table.where}: {len(missing)} of {len(units.ids)} units are missing: {first_ten(missing)}; "
            "a deleted row does not mean 'no grid': put it back and leave its code blank for that",
            f"{table.where_zh}：{len(units.ids)} 个单元中缺少 {len(missing)} 个：{first_ten_zh(missing)}；"
            "删除行不等于「未编入网格」：请恢复该行，并将网格编号留空。",
        )
    return [rows[u][0] for u in units.ids]


def check_crs(table: EditedTable, crs: CRS) -> None:
    """Refuse shapes in another CRS than the survey's.

    Raises
    ------
    MissingCrs
        If the file does not say its CRS.
    InvalidInput
        If it is another one.
    """
    if table.shapes is None:
        return
    ours = _named(crs)
    if table.crs is None:
        raise MissingCrs(
            f"{table.where}: does not say its CRS (is the .prj missing?), the survey is in {ours}: "
            f"export again in {ours}",
            f"{table.where_zh}：没有坐标系（是否缺少 .prj？），单元数据为 {ours}：请以 {ours} 重新导出。",
        )
    if not _same(table.crs, crs, table.shapes):
        theirs = _named(table.crs)
        raise InvalidInput(
            f"{table.where}: exported in {theirs}, the survey is in {ours}: export again in {ours}",
            f"{table.where_zh}：导出为 {theirs}，而单元数据为 {ours}：请以 {ours} 重新导出。",
        )


def check_unchanged(table: EditedTable, units: StoredUnits, position: Sequence[int]) -> tuple[Text, ...]:
    """Refuse edits of what belongs to the survey; names that differ are only told.

    Raises
    ------
    InvalidInput
        If the jurisdiction, the households or the outline of a unit was changed.
    """
    if "jurisdiction" in table.columns:
        values = table.columns["jurisdiction"]
        theirs = [_tidy(values[row], (was,)) for row, was in zip(position, units.jurisdiction, strict=True)]
        _refuse(table, units, position, "jurisdiction", units.jurisdiction, theirs)
    if "households" in table.columns and units.households is not None:
        values = table.columns["households"]
        counts = [parse_count(values[row]).number for row in position]
        theirs = [plain(values[row]) if n is None else str(n) for row, n in zip(position, counts, strict=True)]
        _refuse(table, units, position, "households", [str(n) for n in units.households], theirs)
    if table.shapes is not None:
        changed = _changed(table.shapes[list(position)], units.shapes)
        if changed.any():
            which = _which(units, table, position, np.flatnonzero(changed))
            raise InvalidInput(
                f"{table.where}: the outline of units was changed: {first_ten(which)}; units are fixed: undo that "
                "edit, or import a new survey and migrate the plan to it",
                f"{table.where_zh}：单元的边界被改动：{first_ten_zh(map(_zh, which))}；单元是固定的：请撤销该修改，"
                "或导入新的单元数据并迁移方案。",
            )
    if "name" not in table.columns:
        return ()
    renamed = [
        f"{u} ({was or '—'} → {plain(table.columns['name'][row]) or '—'})"
        for u, row, was in zip(units.ids, position, units.names, strict=True)
        if plain(table.columns["name"][row]) != was.strip()
    ]
    if not renamed:
        return ()
    return (
        Text(
            f"{table.where_zh}：{len(renamed)} 个单元的名称与单元数据不同，未采用：{first_ten_zh(renamed)}。",
            f"{table.where}: {len(renamed)} units have another name than in the survey, which keeps its own: "
            f"{first_ten(renamed)}",
        ),
    )


def check_codes(
    table: EditedTable,
    units: StoredUnits,
    position: Sequence[int],
    *,
    own: Collection[str],
    registry: Mapping[str, bool],
    scheme: CodeScheme,
) -> dict[str, str]:
    """Unit → code of its grid, "" for none.

    Parameters
    ----------
    table : EditedTable
    units : StoredUnits
    position : sequence of int
        Row of each unit.
    own : collection of str
        Codes that the plan has or had.
    registry : mapping of str to bool
        Every code of the town, and whether it is retired.
    scheme : CodeScheme
        How the rules of the plan make a code.

    Raises
    ------
    InvalidInput
        If a new code does not fit the scheme, or is retired; the message names the next one that is free.
    """
    held = set(own)
    values = table.columns["grid_code"]
    codes = {u: _tidy(values[row], held) for u, row in zip(units.ids, position, strict=True)}
    _refuse_shortened(table, "grid_code", [codes.get(u, "") for u in units.ids], held, position)
    new: dict[str, list[int]] = {}
    for at, unit in enumerate(units.ids):
        if codes[unit] and codes[unit] not in held:
            new.setdefault(codes[unit], []).append(at)
    for code, members in new.items():
        prefixes = {code_prefix(units.jurisdiction[i], scheme.jurisdiction_digits) for i in members}
        is_retired = registry.get(code, False)
        if is_retired or not any(_fits(code, p, scheme.sequence_digits) for p in prefixes):
            used = {*registry, *held, *new}
            raise _wrong_code(table, units, position, code, members, used, scheme, is_retired=is_retired)
    return codes


def _fits(code: str, prefix: str, digits: int) -> bool:
    rest = code[len(prefix) :]
    return code.startswith(prefix) and len(rest) == digits and rest.isascii() and rest.isdigit() and int(rest) > 0


def _wrong_code(
    table: EditedTable,
    units: StoredUnits,
    position: Sequence[int],
    code: str,
    at: Sequence[int],
    used: Collection[str],
    scheme: CodeScheme,
    *,
    is_retired: bool,
) -> InvalidInput:
    place, digits = units.jurisdiction[at[0]], scheme.sequence_digits
    prefix = code_prefix(place, scheme.jurisdiction_digits)
    number = next(free_numbers(prefix, used, digits), None)
    free = "" if number is None else f"{prefix}{number:0{digits}d}"
    where = f"{table.where}, {first_ten(table.rows[position[i]] for i in at)}, column {table.headers['grid_code']}"
    where_zh = (
        f"{table.where_zh} {first_ten_zh(_zh(table.rows[position[i]]) for i in at)}「{table.headers['grid_code']}」列"
    )
    if is_retired:
        return InvalidInput(
            f"{where}: code {code} is retired and never used again; the next free one is {free or 'none'}",
            f"{where_zh}：编号 {code} 已停用，不可再用；下一个可用编号为 {free or '（无）'}。",
        )
    return InvalidInput(
        f"{where}: {code!r} is no code of a grid of this plan, nor one that a new grid of jurisdiction {place} may "
        f"get: {prefix} and {digits} digits; the next free one is {free or 'none'}",
        f"{where_zh}：「{code}」不是本方案的网格编号，也不符合村居 {place} 新网格的编号规则"
        f"（{prefix} 加 {digits} 位数字）；下一个可用编号为 {free or '（无）'}。",
    )


def _zh(text: str) -> str:
    """The name of a row in a Chinese sentence."""
    return re.sub(r"\brow ([0-9]+)", r"第 \1 行", text)


def _tidy(value: Any, known: Collection[str]) -> str:
    """A cell as text; the ``.0`` that spreadsheets put behind whole numbers goes, unless that is the id."""
    text = plain(value)
    if text and text not in known and text.endswith(".0") and text[:-2].isdigit():
        return text[:-2]
    return text


def _refuse_shortened(
    table: EditedTable, column: str, texts: Sequence[str], known: Collection[str], position: Sequence[int] | None = None
) -> None:
    """Refuse codes that a spreadsheet has shortened to 3.10116E+14: their last digits are gone."""
    at = range(len(texts)) if position is None else position
    spoilt = [
        f"{t} ({table.rows[i]})" for t, i in zip(texts, at, strict=True) if t and t not in known and lost_digits(t)
    ]
    if spoilt:
        head = table.headers[column]
        raise InvalidInput(
            f"{table.where}, column {head}: a spreadsheet has shortened codes, their last digits are lost: "
            f"{first_ten(spoilt)}; open the file anew by Data > From Text with this column as Text, or edit an .xlsx",
            f"{table.where_zh}「{head}」列：表格软件把编号变成了科学计数，末位已丢失："
            f"{first_ten_zh(map(_zh, spoilt))}；请用「数据 > 自文本」重新打开并将该列设为「文本」，或改用 .xlsx。",
        )


def _refuse(
    table: EditedTable,
    units: StoredUnits,
    position: Sequence[int],
    column: str,
    ours: Sequence[str],
    theirs: Sequence[str],
) -> None:
    changed = [
        f"{units.ids[i]} ({table.rows[position[i]]}: {a} → {b or '—'})"
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True))
        if a != b
    ]
    if changed:
        head = table.headers[column]
        raise InvalidInput(
            f"{table.where}, column {head}: changed in {len(changed)} units: {first_ten(changed)}; units are fixed: "
            "undo that edit, or import a new survey and migrate the plan to it",
            f"{table.where_zh}「{head}」列：{len(changed)} 个单元被改动：{first_ten_zh(map(_zh, changed))}；"
            "单元是固定的：请撤销该修改，或导入新的单元数据并迁移方案。",
        )


def _which(
    units: StoredUnits, table: EditedTable, position: Sequence[int], at: Iterable[int] | NDArray[np.int64]
) -> list[str]:
    return [f"{units.ids[i]} ({table.rows[position[i]]})" for i in at]


def _changed(theirs: NDArray[np.object_], ours: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Which outlines differ, whatever the order of rings and points and the number of points on a line."""
    a, b = _alone(theirs), _alone(ours)
    changed = ~shapely.equals_exact(shapely.normalize(a), shapely.normalize(b), 0.0)
    at = np.flatnonzero(changed)
    # Rounded or reprojected there and back: as good as the same where no point of either is off the other.
    distance = shapely.hausdorff_distance(shapely.boundary(a[at]), shapely.boundary(b[at]))
    changed[at] = ~(distance <= TOLERANCE_M)
    return np.asarray(changed, dtype=bool)


def _alone(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """In two dimensions, collections of one part taken apart."""
    flat = np.asarray(shapely.force_2d(shapes), dtype=object)
    single = np.isin(shapely.get_type_id(flat), (4, 5, 6, 7)) & (shapely.get_num_geometries(flat) == 1)
    flat[single] = shapely.get_geometry(flat[single], 0)
    return flat


def _same(theirs: CRS, ours: CRS, shapes: NDArray[np.object_]) -> bool:
    """Whether two CRS give a place the same coordinates: a ``.prj`` names the same one in other words."""
    if theirs == ours or theirs.equals(ours, ignore_axis_order=True):
        return True
    if theirs.is_geographic != ours.is_geographic:
        return False
    x0, y0, x1, y1 = shapely.total_bounds(shapes)
    corners = np.array([[x0, y0], [x1, y1], [x0, y1], [x1, y0]])
    x, y = Transformer.from_crs(theirs, ours, always_xy=True).transform(corners[:, 0], corners[:, 1])
    return bool(np.all(np.hypot(x - corners[:, 0], y - corners[:, 1]) <= TOLERANCE_M))


def _named(crs: CRS) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.name)
