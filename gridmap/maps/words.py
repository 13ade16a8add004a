"""Every text of the page, in both languages, in one table."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from gridmap.maps.words_issues import MODES_ISSUES, PAGE_ISSUES, SENTENCES_ISSUES
from gridmap.maps.words_life import MODES_LIFE, PAGE_LIFE, SENTENCES_LIFE
from gridmap.model.text import Language, Text

#: Texts that the page's scripts ask for by key; ``{n}`` and the like are filled in by them,
#: ``{s}`` is the plural ending that goes with ``{n}``.
PAGE: Final[dict[str, Text]] = {
    # frame of the page
    "waiting": Text("正在绘制地图…", "Drawing the map…"),
    "too_old": Text(
        "这个浏览器太旧，打不开地图。请用 Chrome 或 Edge 80 以上、Firefox 78 以上、Safari 13.1 以上，"
        "或 360、QQ 浏览器的极速模式打开本文件。",
        "This browser is too old for the map. Open this file in Chrome or Edge 80, Firefox 78, Safari 13.1 or later.",
    ),
    "broken_file": Text(
        "地图数据不完整：文件可能没有拷贝完。请重新拷贝后再打开。",
        "The data of this map are incomplete: the file may have been cut off when it was copied. Copy it again.",
    ),
    "print": Text("打印 A3", "Print A3"),
    "close": Text("关闭", "Close"),
    "panel": Text("图例与列表", "Legend"),
    "whole_town": Text("全镇", "Whole town"),
    "zoom_in": Text("放大", "Zoom in"),
    "zoom_out": Text("缩小", "Zoom out"),
    "map_label": Text("网格地图：方向键移动，加减号缩放", "Map of grids: arrow keys move it, plus and minus zoom"),
    # search
    "search": Text("搜索网格、村居名称或编码", "Search a grid, a jurisdiction or a code"),
    "search_none": Text(
        "没有找到“{q}”。可输入村居名称、网格编号或编码末几位。",
        "Nothing found for “{q}”. Try a name, a grid number or the last digits of a code.",
    ),
    "search_more": Text("还有 {n} 个，请再多输几个字", "{n} more; type a little more"),
    # tabs, legend
    "tab_legend": Text("图例", "Legend"),
    "tab_exceptions": Text("例外", "Exceptions"),
    "tab_jurisdictions": Text("村居", "Jurisdictions"),
    "colour_by": Text("网格按什么着色", "Colour grids by"),
    "layers": Text("图层", "Layers"),
    "legend": Text("图例", "Legend"),
    "no_exceptions": Text("没有例外：每个网格都符合规则。", "No exceptions: every grid keeps the rules."),
    "broken_title": Text("违规，没有例外说明", "Broken rules without an exception"),
    "exceptions_title": Text("具名例外", "Named exceptions"),
    "zoom_to": Text("在地图上看 {name}", "Show {name} on the map"),
    "col_jurisdiction": Text("村居", "Jurisdiction"),
    "col_grids": Text("网格", "Grids"),
    "col_households": Text("户数", "Households"),
    "col_kept": Text("达标", "In band"),
    "total": Text("合计", "Total"),
    # card
    "households": Text("户数", "Households"),
    "hh": Text("{n} 户", "{n} household{s}"),
    "hh_short": Text("{n}户", "{n} hh"),
    "groups": Text("村民小组", "Villager groups"),
    "group_n": Text("{n} 个组", "{n} group{s}"),
    "buildings": Text("楼栋", "Buildings"),
    "building_n": Text("{n} 栋", "{n}"),
    "units": Text("单元", "Units"),
    "unit_n": Text("{n} 个", "{n}"),
    "compounds": Text("小区", "Compounds"),
    "premises": Text("场所", "Premises"),
    "premises_n": Text("{n} 处", "{n}"),
    "area": Text("面积", "Area"),
    "area_ha": Text("{n} 公顷", "{n} ha"),
    "deviation": Text("偏差", "Deviation"),
    "target": Text("目标 {n}", "target {n}"),
    "band": Text("允许 {a}–{b}", "band {a}–{b}"),
    "in_band": Text("在范围内", "in the band"),
    "under_band": Text("低于下限", "under the band"),
    "over_band": Text("高于上限", "over the band"),
    "no_band": Text("专属网格不限户数", "a dedicated grid has no bound"),
    "unknown": Text("—", "—"),
    "unknown_why": Text("来源数据没有户数", "the source has no household counts"),
    "hidden_why": Text("少于 5 户，对外不显示", "fewer than 5 households: not shown outside"),
    "soft_target": Text("户数参考 {n}", "about {n} households"),
    "dedicated": Text("专属网格", "Dedicated grid"),
    "locked": Text("已锁定", "Locked"),
    "exceptions": Text("例外及原因", "Exceptions and reasons"),
    "findings": Text("检查结果", "Findings"),
    "findings_none": Text("检查没有发现问题", "The checks found nothing"),
    "more": Text("另有 {n} 条", "{n} more"),
    "and_more": Text("等 {n} 个", "… {n} in all"),
    "next": Text("下一个网格", "Next grid"),
    "previous": Text("上一个网格", "Previous grid"),
    "list_separator": Text("、", ", "),
    # scale, print
    "metres": Text("米", "m"),
    "kilometres": Text("公里", "km"),
    "north": Text("北", "N"),
    "drawn_by": Text("制图", "Drawn by"),
    "checked_by": Text("审核", "Checked by"),
    "signed_on": Text("日期", "Date"),
    "table_title": Text("网格一览", "Table of grids"),
    "col_grid": Text("网格", "Grid"),
    "col_deviation": Text("偏差", "Deviation"),
    "col_units": Text("组/栋", "Units"),
    "exception_mark": Text("例外", "exception"),
    "broken_mark": Text("违规", "broken"),
    **PAGE_LIFE,
    **PAGE_ISSUES,
}

#: Kinds of jurisdiction, and of a dedicated grid.
KINDS: Final[dict[str, Text]] = {
    "village": Text("行政村", "Village"),
    "residential_area": Text("居民区", "Residential area"),
    "preparatory_group": Text("筹建组", "Preparatory group"),
    "dedicated": Text("专属网格", "Dedicated grid"),
}

#: The same in the plural, for sentences.
KINDS_COUNTED: Final[dict[str, Text]] = {
    "village": Text("{n} 个行政村", "{n} villages"),
    "residential_area": Text("{n} 个居民区", "{n} residential areas"),
    "preparatory_group": Text("{n} 个筹建组", "{n} preparatory groups"),
}

#: Reasons of an exception (``GridException.reason``), short enough for a list.
REASONS: Final[dict[str, Text]] = {
    "dead_zone": Text("户数无法均分", "No even division"),
    "oversized_unit": Text("单体超上限", "Unit above the band"),
    "isolated": Text("与其他部分不相连", "Apart from the rest"),
    "parity": Text("组数分不成 2–3 组", "Group count does not divide"),
    "forbidden_by_graph": Text("相邻关系不允许", "Adjacency forbids it"),
    "too_small": Text("规模过小", "Too small"),
    "dedicated": Text("专属网格", "Dedicated grid"),
    "cut_unit": Text("单元被分割", "Unit is cut"),
    "not_found": Text("未找到合规划法", "No lawful division found"),
}

#: Ways to colour the grids.
MODES: Final[dict[str, Text]] = {
    "deviation": Text("规模偏差", "Size"),
    "kind": Text("类型", "Kind"),
    "jurisdiction": Text("村居", "Jurisdiction"),
    **MODES_LIFE,
    **MODES_ISSUES,
}

#: Layers that can be switched, in drawing order from the top.
LAYERS: Final[dict[str, Text]] = {
    "labels": Text("名称与编号", "Names"),
    "jurisdictions": Text("村居界", "Jurisdictions"),
    "grids": Text("网格界", "Grids"),
    "units": Text("单元界", "Units"),
    "premises": Text("场所", "Premises"),
    "barriers": Text("屏障", "Barriers"),
    "roads": Text("道路", "Roads"),
    "buildings": Text("建筑", "Buildings"),
    "water": Text("水系", "Water"),
    "green": Text("绿地", "Green"),
}

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BLANK: Final = re.compile(r"\{(\w+)\}")

#: Sentences that Python fills in.
SENTENCES: Final[dict[str, Text]] = {
    "title": Text("{town}网格划分图", "Community grids of {town}"),
    "title_bare": Text("网格划分图", "Community grids"),
    "grid_name": Text("{jurisdiction} {short} 网格", "{jurisdiction} grid {short}"),
    "jurisdictions": Text("村居", "Jurisdictions"),
    "grids": Text("网格", "Grids"),
    "households": Text("户数", "Households"),
    "kept": Text("规模达标", "Within the band"),
    "exceptions": Text("例外", "Exceptions"),
    "unit_places": Text("个", ""),
    "unit_households": Text("户", ""),
    "unit_percent": Text("%", "%"),
    "grids_note": Text("平均每个村居 {mean} 个", "{mean} to a jurisdiction on average"),
    "households_note": Text("平均每个网格 {mean} 户", "{mean} to a grid on average"),
    "unknown_note": Text("来源数据没有户数", "not in the source data"),
    "kept_note": Text("{n}/{of} 个网格\n{band}", "{n} of {of} grids\n{band}"),
    "band_households": Text("{a}–{b} 户", "{a}–{b} hh"),
    "band_units": Text("{a}–{b} 个组", "{a}–{b} groups"),
    "exceptions_named": Text("原因逐个列明", "each with its reason"),
    "exceptions_none": Text("没有例外", "no exceptions"),
    "exceptions_broken": Text("违规 {n} 处", "broken rules: {n}"),
    "exceptions_kept": Text("违规 0 处", "no rule broken"),
    "all_kept": Text("{n} 个网格全部符合“{rules}”，没有例外。", "All {n} grids keep “{rules}”, without exception."),
    "kept_but": Text(
        "没有违规。{n} 个网格是具名例外，原因见“例外”。",
        "No rule is broken. Named exceptions: {n}; their reasons stand under Exceptions.",
    ),
    "broken": Text(
        "有 {n} 处违反硬性规则且没有例外说明，涉及 {grids} 个网格，请先处理。",
        "Settle first: {n} finding{s} of broken rules without an exception. Grids concerned: {grids}.",
    ),
    "scale_households": Text("{kinds}：户数对目标 {target} 户", "{kinds}: households against {target}"),
    "scale_units": Text("{kinds}：组数对 {a}–{b} 个组", "{kinds}: groups against {a}–{b}"),
    "scale_other": Text("其他", "Other"),
    "under": Text("不足 {a} 个组", "under {a} groups"),
    "inside": Text("{a}–{b} 个组", "{a}–{b} groups"),
    "over": Text("多于 {b} 个组", "over {b} groups"),
    "no_households": Text("户数不详", "households not known"),
    "hidden_text": Text("细节含少于 5 户的数字，对外不显示", "details with a count under 5 are not shown outside"),
    "hidden": Text("户数不公开", "households not shown"),
    "source": Text("来源", "Source"),
    "date": Text("数据日期", "Data of"),
    "plan": Text("方案", "Plan"),
    "rules": Text("规则", "Rules"),
    "seed": Text("种子", "Seed"),
    "synthetic": Text("合成数据 synthetic data", "synthetic data 合成数据"),
    "internal": Text("内部使用", "Internal use"),
    "mark_exception": Text("具名例外", "Exception"),
    "mark_broken": Text("违规", "Broken rule"),
    "source_unknown": Text("未说明", "not stated"),
    **SENTENCES_LIFE,
    **SENTENCES_ISSUES,
}


def fill(key: str, lang: Language, **values: object) -> str:
    """The sentence `key` with its blanks filled; values are inserted as they are, never read as a pattern."""
    text = SENTENCES[key].in_language(lang)
    values.setdefault("s", "" if str(values.get("n")) == "1" else "s")
    return _BLANK.sub(lambda blank: str(values.get(blank[1], blank[0])), text)


def page_words(lang: Language) -> dict[str, str]:
    """The table :data:`PAGE` in one language."""
    return {key: text.in_language(lang) for key, text in PAGE.items()}


def date_text(iso: str, lang: Language) -> str:
    """2026-02-05 as 2026年2月5日 or 5 Feb 2026; anything that is no ISO day stays as it is."""
    year, month, day = [*iso.split("-"), "", ""][:3]
    if not (iso.isascii() and len(year) == 4 and all(p.isdigit() for p in (year, month, day))):
        return iso
    if not 1 <= int(month) <= 12:
        return iso
    if lang == "zh":
        return f"{int(year)}年{int(month)}月{int(day)}日"
    return f"{int(day)} {_MONTHS[int(month) - 1]} {year}"


def month_text(month: date, lang: Language) -> str:
    """The month of a day as 2026年2月 or Feb 2026."""
    return f"{month.year}年{month.month}月" if lang == "zh" else f"{_MONTHS[month.month - 1]} {month.year}"
