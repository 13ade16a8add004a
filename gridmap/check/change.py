"""R9, R10: what changed against the previous plan, and the codes of grids."""

from __future__ import annotations

import unicodedata
from typing import Final

import numpy as np
import pandas as pd
import shapely

from gridmap.check.case import Case
from gridmap.errors import first_ten, first_ten_zh
from gridmap.model.finding import Row
from gridmap.model.rules import CodeScheme
from gridmap.model.text import Text

#: Kinds of a row of the lineage table: 不变, 拆分, 合并, 其他调整, 新设, 撤销.
LINEAGE_KINDS: Final = ("unchanged", "split", "merged", "irregular", "new", "retired")


def locks_kept(case: Case) -> list[Row]:
    """R9: locked grids of which the units are others than in the previous plan."""
    if case.previous is None:
        return []
    before, now = case.code_before, case.plan.code_of_unit()
    rows = []
    for code in sorted(case.plan.locked | case.previous.locked):
        changed = np.flatnonzero((before == code) != (now == code))
        known = set(case.plan.units.ids)
        lost = [u for u in _units_of(case, code) if u not in known]
        if not len(changed) and not lost:
            continue
        n = len(changed) + len(lost)
        rows.append(
            Row(
                Text(
                    f"网格 {code} 已锁定，但有 {n} 个单元与原方案不同",
                    f"Grid {code} is locked, yet {n} of its units differ from the previous plan",
                ),
                grid=code if code in case.plan.codes else "",
                jurisdiction="" if not len(changed) else str(case.plan.units.frame["jurisdiction"].iloc[changed[0]]),
                value=float(n),
                limit=0.0,
                geometry=case.merged(changed) if len(changed) else None,
            )
        )
    return rows


def _units_of(case: Case, code: str) -> list[str]:
    assert case.previous is not None
    if code not in case.previous.codes:
        return []
    return [u for u, c in zip(case.previous.units.ids, case.previous.code_of_unit(), strict=True) if c == code]


def few_moved(case: Case) -> list[Row]:
    """R9: households that left the grid which goes on under their old code, by jurisdiction."""
    units = case.plan.units
    moved = np.flatnonzero(case.is_moved)
    rows = []
    for place in np.unique(units.jurisdiction_of[moved]):
        of_place = units.jurisdiction_of == place
        members = moved[of_place[moved]]
        n, total = int(units.households[members].sum()), int(units.households[of_place].sum())
        share = f"{n / total:.1%}" if total else "—"
        rows.append(
            Row(
                Text(
                    f"{case.place_name(place)}有 {n:,} 户（{share}，{len(members)} 个单元）调整了所属网格",
                    f"{n:,} households of {case.place_name(place)} ({share}, {len(members)} units) change their grid",
                ),
                jurisdiction=case.place(place),
                value=float(n),
                limit=0.0,
                geometry=case.merged(members),
            )
        )
    return rows


def code_prefix(jurisdiction: str, scheme: CodeScheme) -> str:
    """What the code of a grid begins with.

    A numeric code is cut or filled with zeros to the digits of the scheme. In data from elsewhere a
    jurisdiction may be called by any text: its letters and digits then, everything else one hyphen,
    and a hyphen at the end.
    """
    text = unicodedata.normalize("NFKC", jurisdiction).strip()
    if text.isascii() and text.isdigit():
        return text[: scheme.jurisdiction_digits].ljust(scheme.jurisdiction_digits, "0")
    return "-".join("".join(c if c.isalnum() else " " for c in text).split()) + "-"


def codes_well_formed(case: Case) -> list[Row]:
    """R10: codes that are not the jurisdiction's code and a sequence number of the set number of digits."""
    scheme = case.rules.codes
    rows = []
    for label, code in enumerate(case.plan.codes):
        prefix = code_prefix(case.place(int(case.home[label])), scheme)
        sequence = code.removeprefix(prefix)
        is_number = sequence.isascii() and sequence.isdigit() and int(sequence or 0) > 0
        if code.startswith(prefix) and is_number and len(sequence) == scheme.sequence_digits:
            continue
        rows.append(
            Row(
                Text(
                    f"编号 {code} 不符合规则：应为 {prefix} 加 {scheme.sequence_digits} 位顺序号",
                    f"Code {code} is not {prefix} and a sequence number of {scheme.sequence_digits} digits",
                ),
                grid=code,
                geometry=case.shapes[label],
            )
        )
    return rows


def codes_not_reused(case: Case) -> list[Row]:
    """R10: codes that were given up and came back, or that now name a grid without one of its old units."""
    rows = [
        Row(
            Text(f"编号 {code} 已停用，不得再用", f"Code {code} was retired and may not be used again"),
            grid=code,
            geometry=case.shapes[case.plan.codes.index(code)],
        )
        for code in sorted(set(case.plan.codes) & case.retired)
    ]
    if case.previous is None:
        return rows
    before, now = case.code_before, case.plan.code_of_unit()
    kept = set(now[(before == now) & (now != "")])
    rows += [
        Row(
            Text(
                f"编号 {code} 原属另一网格，现网格不含其任何原单元，应另编新号",
                f"Code {code} named another grid: none of its old units is in it now; it needs a new code",
            ),
            grid=code,
            geometry=case.shapes[case.plan.codes.index(code)],
        )
        for code in sorted((set(case.plan.codes) & set(case.previous.codes)) - kept - case.retired)
    ]
    return rows


def codes_in_order(case: Case) -> list[Row]:
    """R10, information: jurisdictions not numbered west to east in rows from north to south.

    Judged by centroids, and only where no reading in rows can explain the numbers: a grid lies further
    north than an earlier one by the side of a typical grid (the square root of the mean area) or more; or
    all grids stand in one row and do not run from west to east. With a previous plan codes are kept and
    the order is not looked at.
    """
    if case.previous is not None:
        return []
    centres = shapely.centroid(case.shapes)
    x, y = np.round(shapely.get_x(centres), 3), np.round(shapely.get_y(centres), 3)
    rows = []
    for place in np.unique(case.home).tolist():
        labels = np.flatnonzero(case.home == place)
        labels = labels[np.argsort(np.array(case.plan.codes)[labels])]
        side = float(np.sqrt(case.area_m2[labels].mean()))
        one_row = np.ptp(y[labels]) < side
        along = -x[labels] if one_row else y[labels]
        tolerance = 1e-3 if one_row else side
        n = int((along[1:] >= np.minimum.accumulate(along)[:-1] + tolerance).sum())
        if n:
            rows.append(
                Row(
                    Text(
                        f"{case.place_name(place)}有 {n} 个网格的顺序号未按自西向东、自北向南排列",
                        f"{n} grids of {case.place_name(place)} are not numbered west to east, north to south",
                    ),
                    jurisdiction=case.place(place),
                    value=float(n),
                    limit=0.0,
                )
            )
    return rows


def lineage_kept(case: Case) -> list[Row]:
    """R10: codes that the table of old and new codes leaves out, and rows of it that lead nowhere."""
    lineage = case.lineage if case.lineage is not None else pd.DataFrame(columns=["old_code", "new_code", "kind"])
    old, new = (
        set(lineage["old_code"].dropna().astype(str)) - {""},
        set(lineage["new_code"].dropna().astype(str)) - {""},
    )
    rows = []
    if case.previous is not None:
        rows += _missing("原编号未列入新旧编号对照", "old codes are not in the lineage", set(case.previous.codes) - old)
        rows += _missing("新编号未列入新旧编号对照", "new codes are not in the lineage", set(case.plan.codes) - new)
    rows += _missing(
        "对照表中的新编号不在方案内", "new codes in the lineage are not in the plan", new - set(case.plan.codes)
    )
    strange = set(lineage["kind"].dropna().astype(str)) - set(LINEAGE_KINDS)
    rows += _missing("对照表的调整类型无效", "kinds of change in the lineage are unknown", strange)
    return rows


def _missing(zh: str, en: str, what: set[str]) -> list[Row]:
    if not what:
        return []
    text = Text(f"{len(what)} 个{zh}：{first_ten_zh(sorted(what))}", f"{len(what)} {en}: {first_ten(sorted(what))}")
    return [Row(text, value=float(len(what)), limit=0.0)]
