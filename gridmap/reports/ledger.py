"""The ledger (台账) of grids: the workbook that planners hand in."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import openpyxl
import pandas as pd
from openpyxl.worksheet.worksheet import Worksheet

from gridmap import __version__
from gridmap.check import CHECKS
from gridmap.data.written import written_whole
from gridmap.errors import InvalidInput
from gridmap.model.plan import Plan
from gridmap.model.report import Report
from gridmap.model.rules import Rules
from gridmap.model.text import Language, Text
from gridmap.model.town import Town
from gridmap.reports.sheet import Column, foot_row, for_print, merge_equal, table, title_rows, total_row
from gridmap.reports.words import (
    GRID_KIND,
    LINEAGE,
    PAGE,
    PLACE_KIND,
    SEVERITY,
    SIGN,
    SYNTHETIC,
    in_words,
    long_date,
    town_line,
)

#: Our decision: so many names of compounds or groups are listed in a cell before 等 ("and others").
MOST_NAMES: Final = 12
_SHEETS: Final = {
    "grids": Text("网格台账", "Grids"),
    "places": Text("汇总", "Summary"),
    "findings": Text("规则检查", "Rule check"),
    "lineage": Text("新旧编号对照", "Old and new codes"),
    "about": Text("说明", "About"),
}


def write_ledger(
    path: str | Path,
    town: Town,
    plan: Plan,
    report: Report,
    lineage: pd.DataFrame | None,
    rules: Rules,
    *,
    lang: Language = "zh",
) -> None:
    """Write the ledger of a plan: grids, summary by jurisdiction, findings, old and new codes, notes.

    Prints on A3 landscape with repeated headings. Codes are text, numbers are numbers, and no text of
    the data can become a formula. The columns for the leader, the instructor and the members are left
    blank to be filled in. :func:`gridmap.data.table.read_ledger` reads it again.

    Parameters
    ----------
    path : str or Path
        A name that ends in ``.xlsx``.
    town : Town
    plan : Plan
    report : Report
        How the plan stands against `rules`.
    lineage : pandas.DataFrame or None
        Columns ``old_code``, ``new_code``, ``kind``, ``households``.
    rules : Rules
    lang : {"zh", "en"}

    Raises
    ------
    InvalidInput
        If the name does not end in ``.xlsx``, or the report is one of another plan.
    OutputError
        If the file cannot be written; an older file at `path` is left as it was.
    """
    target = Path(path)
    if target.suffix.lower() != ".xlsx":
        raise InvalidInput(
            f"{target}: a ledger is an Excel workbook; give a name that ends in .xlsx",
            zh=f"{target}：台账是 Excel 工作簿，文件名应以 .xlsx 结尾",
        )
    if list(report.grids.index) != list(plan.codes):
        raise InvalidInput("the report must be the report of this plan; its grids differ")
    book = openpyxl.Workbook()
    sheets = {key: book.create_sheet(name.in_language(lang)) for key, name in _SHEETS.items()}
    book.remove(book.worksheets[0])
    book.properties.creator = f"gridmap {__version__}"
    book.properties.title = _title(town, lang)
    rows = _grid_rows(plan, report, lang)
    _grids(sheets["grids"], town, plan, rules, rows, lang)
    _places(sheets["places"], town, plan, report, lang)
    _findings(sheets["findings"], town, plan, report, lang)
    _lineage(sheets["lineage"], town, lineage, lang)
    _about(sheets["about"], town, plan, report, rules, lang)
    for sheet in sheets.values():
        for_print(sheet, PAGE.in_language(lang))
    with written_whole(target) as temporary:
        book.save(temporary)


def _title(town: Town, lang: Language) -> str:
    return f"{town.name}网格划分台账" if lang == "zh" else f"{town.name} ledger of grids".strip()


def _grid_rows(plan: Plan, report: Report, lang: Language) -> pd.DataFrame:
    """One row a grid, by jurisdiction and code: what the sheet of grids shows."""
    units = plan.units.frame
    grids = report.grids.copy()
    grids["place"] = plan.jurisdiction_of_grid
    places = plan.units.jurisdictions
    names = places["name"].reindex(grids["place"]).to_numpy(object)
    grids["place_name"] = np.where(names == "", grids["place"].to_numpy(object), names)
    kinds = places["kind"].reindex(grids["place"]).to_numpy(object)
    plain = plan.total((units["dedicated"] == "").to_numpy(np.int64)) > 0
    grids["kind"] = [kind if n else "dedicated" for kind, n in zip(kinds, plain, strict=True)]
    is_village = kinds == "village"
    grids["pieces"] = np.where(is_village | (grids["buildings"] == 0), grids["n_units"], grids["buildings"])
    grids["names"] = _names_of_grids(plan, lang)
    separator = "；" if lang == "zh" else "; "
    grids["exception"] = [
        separator.join(f"{e.rule}: {e.text.in_language(lang)}" for e in plan.exceptions if e.grid == code)
        for code in plan.codes
    ]
    grids["locked"] = [code in plan.locked for code in plan.codes]
    order = places.index.get_indexer(pd.Index(grids["place"]))
    return grids.assign(order=order, code=plan.codes).sort_values(["order", "code"]).drop(columns="order")


def _names_of_grids(plan: Plan, lang: Language) -> list[str]:
    """Compounds of each grid, or the names of its units where it has none."""
    frame = plan.units.frame
    label = np.where(frame["compound"] != "", frame["compound"], frame["name"])
    label = np.where(frame["dedicated"] != "", frame["dedicated"], label)
    table_of = pd.DataFrame({"grid": plan.grid_of, "label": label})
    table_of = table_of[(table_of["grid"] >= 0) & (table_of["label"] != "")].drop_duplicates()
    listed = [""] * plan.n_grids
    for grid, group in table_of.groupby("grid"):
        names = group["label"].tolist()
        more = (
            ""
            if len(names) <= MOST_NAMES
            else (f" 等 {len(names)} 处" if lang == "zh" else f" and {len(names)} in all")
        )
        listed[int(str(grid))] = ("、" if lang == "zh" else ", ").join(names[:MOST_NAMES]) + more
    return listed


def _grids(sheet: Worksheet, town: Town, plan: Plan, rules: Rules, rows: pd.DataFrame, lang: Language) -> None:
    columns = _grid_columns(lang)
    title_rows(sheet, _title(town, lang), town_line(town, lang), columns)
    by_units = {k for k, profile in rules.profiles.items() if profile.counted == "units"}
    body = [
        [
            number,
            row.place_name,
            row.code,
            in_words(GRID_KIND, str(row.kind), lang),
            row.pieces,
            row.households,
            Text("按组数", "by units").in_language(lang) if row.kind in by_units else row.deviation,
            row.names,
            row.exception,
            "",
            "",
            "",
            Text("已锁定", "locked").in_language(lang) if row.locked else "",
        ]
        for number, row in enumerate(rows.itertuples(), start=1)
    ]
    end = table(sheet, columns, body)
    merge_equal(sheet, 2, 4, rows["place"].tolist())
    label = Text("合计", "Total").in_language(lang)
    n_grids = Text(f"{plan.n_grids} 个网格", f"{plan.n_grids} grids").in_language(lang)
    total = [label, "", "", "", rows["pieces"].sum(), rows["households"].sum(skipna=False), "", n_grids, *[""] * 5]
    total_row(sheet, end, columns, total, merged=4)
    foot_row(sheet, end + 1, SIGN.in_language(lang), len(columns))


def _grid_columns(lang: Language) -> list[Column]:
    headings = [
        (Text("序号", "No."), 6, "0", "center"),
        (Text("村居", "Jurisdiction"), 14, "@", "center"),
        (Text("网格编号", "Grid code"), 20, "@", "center"),
        (Text("网格类型", "Kind of grid"), 14, "@", "center"),
        (Text("村民小组/楼栋数", "Groups / buildings"), 12, "0", "center"),
        (Text("户数", "Households"), 10, "#,##0", "center"),
        (Text("与目标偏差", "Deviation from target"), 12, "+0.0%;-0.0%;0.0%", "center"),
        (Text("涉及小区或小组名称", "Compounds or groups"), 40, "@", "left"),
        (Text("例外情形及原因", "Exceptions and reasons"), 40, "@", "left"),
        (Text("网格长", "Grid leader"), 12, "@", "center"),
        (Text("网格指导员", "Grid instructor"), 12, "@", "center"),
        (Text("网格员", "Grid members"), 24, "@", "left"),
        (Text("备注", "Remarks"), 16, "@", "left"),
    ]
    return [Column(text.in_language(lang), width, form, align) for text, width, form, align in headings]


def _places(sheet: Worksheet, town: Town, plan: Plan, report: Report, lang: Language) -> None:
    headings = [
        (Text("村居", "Jurisdiction"), 18, "@"),
        (Text("村居代码", "Code"), 18, "@"),
        (Text("类型", "Kind"), 14, "@"),
        (Text("网格数", "Grids"), 9, "0"),
        (Text("单元数", "Units"), 9, "#,##0"),
        (Text("户数", "Households"), 10, "#,##0"),
        (Text("每格平均户数", "Mean households"), 13, "#,##0.0"),
        (Text("最少户数", "Fewest"), 10, "#,##0"),
        (Text("最多户数", "Most"), 10, "#,##0"),
        (Text("例外情形", "Exceptions"), 10, "0"),
        (Text("违反硬性规则", "Hard rules broken"), 13, "0"),
    ]
    columns = [Column(text.in_language(lang), width, form) for text, width, form in headings]
    summary = {"zh": "各村居汇总", "en": "Summary by jurisdiction"}[lang]
    title_rows(sheet, f"{town.name} {summary}".strip(), town_line(town, lang), columns)
    place_of_grid = plan.jurisdiction_of_grid
    home = dict(zip(plan.codes, place_of_grid, strict=True))
    exceptions = pd.Series([home[e.grid] for e in plan.exceptions], dtype=object).value_counts()
    broken = report.broken["jurisdiction"].value_counts()
    unit_places = plan.units.frame.groupby("jurisdiction")["households"].agg(["size", "sum"])
    body: list[list[object]] = []
    ordinary = plan.total((plan.units.frame["dedicated"] == "").to_numpy(np.int64)) > 0
    sizes = report.grids["households"].astype(float)
    for code, place in plan.units.jurisdictions.iterrows():
        of_place = sizes[(place_of_grid == code) & ordinary]
        households = float(unit_places["sum"].get(code, 0)) if plan.units.has_households else float("nan")
        body.append(
            [
                place["name"] or code,
                str(code),
                in_words(PLACE_KIND, str(place["kind"]), lang),
                int((place_of_grid == code).sum()),
                int(unit_places["size"].get(code, 0)),
                households,
                of_place.mean(),
                of_place.min(),
                of_place.max(),
                int(exceptions.get(code, 0)),
                int(broken.get(code, 0)),
            ]
        )
    end = table(sheet, columns, body)
    numbers = pd.DataFrame([[row[i] for i in (3, 4, 5, 9, 10)] for row in body], dtype=float)
    sums = numbers.sum(skipna=False).tolist()
    label = Text("合计", "Total").in_language(lang)
    total = [label, "", "", *sums[:3], sizes[ordinary].mean(), sizes[ordinary].min(), sizes[ordinary].max(), *sums[3:]]
    total_row(sheet, end, columns, total, merged=3)


def _findings(sheet: Worksheet, town: Town, plan: Plan, report: Report, lang: Language) -> None:
    headings = [
        (Text("规则", "Rule"), 10, "@", "center"),
        (Text("检查项", "Check"), 20, "@", "center"),
        (Text("级别", "Severity"), 9, "@", "center"),
        (Text("例外", "Excepted"), 9, "@", "center"),
        (Text("村居", "Jurisdiction"), 16, "@", "center"),
        (Text("网格编号", "Grid code"), 20, "@", "center"),
        (Text("单元编号", "Unit"), 18, "@", "center"),
        (Text("实际值", "Value"), 11, "#,##0.##", "center"),
        (Text("限值", "Limit"), 11, "#,##0.##", "center"),
        (Text("计量单位", "Unit of measure"), 9, "@", "center"),
        (Text("情况", "What"), 80, "@", "left"),
    ]
    columns = [Column(text.in_language(lang), width, form, align) for text, width, form, align in headings]
    title = Text("规则检查结果", "Rule check").in_language(lang)
    title_rows(sheet, f"{town.name} {title}".strip(), town_line(town, lang), columns)
    checks = {c.id: c for c in CHECKS}
    names = plan.units.jurisdictions["name"]
    yes = Text("是", "yes").in_language(lang)
    body = [
        [
            checks[f.check].rule,
            checks[f.check].name.in_language(lang),
            in_words(SEVERITY, str(f.severity), lang),
            yes if f.excepted else "",
            names.get(f.jurisdiction, f.jurisdiction) or f.jurisdiction,
            f.grid,
            f.unit,
            f.value,
            f.limit,
            _measure(f.measure_unit, lang),
            f.message_zh if lang == "zh" else f.message_en,
        ]
        for f in report.findings.itertuples()
    ]
    end = table(sheet, columns, body)
    if not body:
        foot_row(sheet, end, Text("没有发现问题。", "Nothing was found.").in_language(lang), len(columns))


def _measure(unit: str, lang: Language) -> str:
    return "households" if unit == "户" and lang == "en" else unit


def _lineage(sheet: Worksheet, town: Town, lineage: pd.DataFrame | None, lang: Language) -> None:
    headings = [
        (Text("原编号", "Old code"), 24, "@"),
        (Text("新编号", "New code"), 24, "@"),
        (Text("调整类型", "Change"), 14, "@"),
        (Text("户数", "Households"), 12, "#,##0"),
    ]
    columns = [Column(text.in_language(lang), width, form) for text, width, form in headings]
    title = Text("新旧编号对照", "Old and new codes").in_language(lang)
    title_rows(sheet, f"{town.name} {title}".strip(), town_line(town, lang), columns)
    rows = [] if lineage is None else list(lineage.itertuples())
    end = table(
        sheet, columns, [[r.old_code, r.new_code, in_words(LINEAGE, str(r.kind), lang), r.households] for r in rows]
    )
    if not rows:
        first = Text("首次划分，没有原编号。", "A first plan: there are no old codes.").in_language(lang)
        foot_row(sheet, end, first, len(columns))


def _about(sheet: Worksheet, town: Town, plan: Plan, report: Report, rules: Rules, lang: Language) -> None:
    columns = [
        Column(Text("项目", "Entry").in_language(lang), 28, "@", "left"),
        Column(Text("内容", "Content").in_language(lang), 110, "@", "left"),
    ]
    title_rows(sheet, Text("说明", "About").in_language(lang), town_line(town, lang), columns)
    unknown = Text("户数不详", "no household counts").in_language(lang)
    entries: list[tuple[Text, object]] = [
        (Text("地区", "Town"), town.name),
        (Text("数据来源", "Source of the data"), town.source),
        (Text("数据日期", "Date of the data"), long_date(town.date, lang)),
        (Text("数据性质", "Nature of the data"), SYNTHETIC.in_language(lang) if town.is_synthetic else ""),
        (Text("适用规则", "Rules"), f"{rules.name}  {rules.title.in_language(lang)}"),
        (Text("网格数", "Grids"), str(plan.n_grids)),
        (Text("总户数", "Households"), f"{plan.units.households.sum():,}" if plan.units.has_households else unknown),
        (Text("违反硬性规则", "Hard rules broken"), str(len(report.broken))),
        (Text("例外情形", "Named exceptions"), str(len(plan.exceptions))),
        (
            Text("汇总表", "Summary"),
            Text(
                "每格平均、最少、最多户数不含专属网格", "mean, fewest and most households leave dedicated grids out"
            ).in_language(lang),
        ),
        (Text("方案指纹", "Fingerprint of the plan"), plan.fingerprint),
        (Text("检查目录版本", "Version of the checks"), report.catalogue_version),
        (Text("软件版本", "Software"), f"gridmap {__version__}"),
    ]
    sources = [(Text(path, path), source) for path, source in sorted(rules.sources.items())]
    body = [[label.in_language(lang), value] for label, value in entries if value != ""]
    body += [[label.in_language(lang), value] for label, value in sources]
    table(sheet, columns, body)
