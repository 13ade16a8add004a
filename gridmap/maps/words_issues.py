"""Texts of the page about issues, heat and chance, in both languages."""

from __future__ import annotations

from typing import Final

from gridmap.issues.emerging import EMERGING_STATES
from gridmap.issues.hotspots import SPOT_STATES
from gridmap.issues.rates import FUNNEL_STATES
from gridmap.model.text import Text

#: Texts that the page's scripts ask for by key, as in :data:`gridmap.maps.words.PAGE`.
PAGE_ISSUES: Final[dict[str, Text]] = {
    "tab_issues": Text("问题", "Issues"),
    "colour_by_issues": Text("网格按问题着色", "Colour grids by issues"),
    "issues": Text("问题", "Issues"),
    "issue_layers": Text("问题图层", "Layers of issues"),
    "issue_n": Text("{n} 件", "{n} issue{s}"),
    "months": Text("月份", "Month"),
    "few_issues": Text("少于 5 件", "under 5"),
    "most_issues": Text("5 件及以上", "5 or more"),
    # heat
    "heat": Text("热力", "Heat"),
    "heat_over_grids": Text(
        "热力打开时，网格不着色。",
        "While heat is on, grids are not coloured.",
    ),
    "heat_total": Text("整个时段", "Whole period"),
    "heat_play": Text("按月播放", "Play the months"),
    "heat_pause": Text("暂停", "Pause"),
    # marks
    "issue_marks": Text("问题点", "Places"),
    "issue_cells": Text("问题聚集处", "Clusters"),
    "cell_why": Text(
        "按 {m} 米方格合并，不足 5 件的方格不显示，件数按五取整",
        "by squares of {m} m; squares with fewer than 5 are not shown, counts go by fives",
    ),
    "marks_left_out": Text("只标最近 {n} 件，另有 {more} 件较早的未标", "the newest {n}; {more} older ones not marked"),
    "state_open": Text("未办结", "Open"),
    "state_overdue": Text("超期", "Overdue"),
    "state_closed": Text("已办结", "Closed"),
    "cluster": Text("多件", "Several"),
    "cluster_n": Text("此处 {n} 件", "{n} issues here"),
    "categories": Text("按类别显示", "Show by category"),
    "category_all": Text("全部", "All"),
    # card of an issue
    "issue_step": Text("步骤", "Step"),
    "issue_tier": Text("处置层级", "Tier"),
    "issue_reported": Text("上报", "Reported"),
    "issue_settled": Text("处置完成", "Disposed of"),
    "issue_address": Text("地点", "Place"),
    "issue_kind": Text("来源类别", "Called there"),
    "issue_grid": Text("所在网格", "Grid"),
    # card of a grid
    "per_100": Text("每百户 {n} 件", "{n} per 100 households"),
    "town_rate": Text("全镇 {n}", "town {n}"),
    "interval": Text("{level}% 区间 {a}–{b}", "{level} % interval {a}–{b}"),
    "smoothed_rate": Text("平滑后 {n}", "smoothed {n}"),
    "issue_tiers": Text("处置层级", "Tier of disposal"),
    "issue_open": Text("未办结", "Open"),
    "issue_overdue": Text("其中超期", "of these overdue"),
    "issue_hours": Text("处置用时中位数", "Median time to dispose"),
    "hours_n": Text("{n} 小时", "{n} h"),
    "days_n": Text("{n} 天", "{n} days"),
    # panel
    "funnel": Text("漏斗图：是多，还是偶然", "Funnel: many, or chance"),
    "funnel_x": Text("住户数", "Households"),
    "funnel_y": Text("每百户件数", "Issues per 100 households"),
    "funnel_label": Text(
        "漏斗图：{n} 个网格的每百户问题数与住户数；超出虚线的网格列在下面",
        "Funnel of {n} grids: issues per 100 households against households. "
        "Grids beyond the dashed lines are listed below.",
    ),
    "funnel_how": Text(
        "灰带（{inner}%）里外的高低，多半是偶然；超出虚线（{level}%）的网格才值得追问。",
        "Highs and lows in and near the grey band ({inner} %) come by chance. "
        "Grids beyond the dashed lines ({level} %) call for a question.",
    ),
    **{f"funnel_{key}": FUNNEL_STATES[key].text for key in ("high", "low")},
    "funnel_nobody": Text("没有网格超出虚线。", "No grid lies beyond the dashed lines."),
    "spots_hot": Text("热点", "Hot spots"),
    "spots_cold": Text("冷点", "Cold spots"),
    "spots_none": Text("没有可以确认的热点或冷点。", "No hot or cold spot can be confirmed."),
}

#: Sentences that Python fills in, as in :data:`gridmap.maps.words.SENTENCES`.
SENTENCES_ISSUES: Final[dict[str, Text]] = {
    "issues": Text("半年问题", "Issues, half a year"),
    "issues_period": Text("问题", "Issues"),
    "unit_issues": Text("件", ""),
    "tier_shares": Text("已处置 {n}：{tiers} {shares}%", "{n} settled: {tiers} {shares} %"),
    "half_year": Text("半年，到 {b}", "half year to {b}"),
    "issues_open": Text("未办结问题", "Open issues"),
    "issues_open_note": Text("其中超期 {n} 件，{day}", "overdue: {n}, on {day}"),
    "few_note": Text("少于 5", "under 5"),
    "issues_period_name": Text("问题时段", "Issues of"),
    "period": Text("{a} 至 {b}", "{a} to {b}"),
    # colourings
    "scale_rate": Text("每百户问题数（全镇 {rate}）", "Issues per 100 households (town {rate})"),
    "scale_smoothed": Text(
        "每百户问题数，小网格向全镇 {rate} 靠拢",
        "Issues per 100 households, small grids drawn towards the town's {rate}",
    ),
    "rate_step": Text("{a}–{b}", "{a}–{b}"),
    "rate_most": Text("{a} 及以上", "{a} or more"),
    "too_few": Text("太少，说不准（少于 {n} 件）", "Too few to tell (under {n} issues)"),
    "without_households": FUNNEL_STATES["no_households"].text,
    "scale_funnel": Text("与全镇每百户 {rate} 件相比", "Against {rate} per 100 households of the town"),
    **{f"funnel_{key}": choice.text for key, choice in FUNNEL_STATES.items()},
    "scale_spots": Text(
        "网格单独看，也连同四邻一起看；误报率控制在 {share}%",
        "The grid alone and together with its neighbours; false-discovery rate {share} %",
    ),
    **{f"spot_{key}": choice.text for key, choice in SPOT_STATES.items()},
    "scale_emerging": Text(
        "热点逐月怎样变化；误报率控制在 {share}%",
        "How hot spots change by month; false-discovery rate {share} %",
    ),
    **{f"emerging_{key}": choice.text for key, choice in EMERGING_STATES.items()},
    "scale_overdue": Text("截至 {day} 未办结的问题", "Issues open on {day}"),
    "overdue_none": Text("没有未办结", "None open"),
    "overdue_open": Text("未办结，无超期", "Open, none overdue"),
    "overdue_few": Text("超期 1–4 件", "1–4 overdue"),
    "overdue_many": Text("超期 5 件及以上", "5 or more overdue"),
    # card
    # heat
    "heat_unit": Text("件/公顷，带宽 {m} 米", "issues per hectare, bandwidth {m} m"),
    "heat_unit_weighted": Text(
        "件/公顷（按类别加权），带宽 {m} 米",
        "issues per hectare (weighted by category), bandwidth {m} m",
    ),
    "heat_blank": Text("周围不足 {n} 件处不画", "blank with fewer than {n} around"),
    "month_part": Text("{month}（部分）", "{month} (part)"),
}

#: Ways to colour the grids by their issues.
MODES_ISSUES: Final[dict[str, Text]] = {
    "rate": Text("问题率", "Rate"),
    "smoothed": Text("平滑率", "Smoothed"),
    "funnel": Text("与全镇比", "Or chance?"),
    "spots": Text("冷热点", "Hot and cold"),
    "emerging": Text("变化", "Change"),
    "overdue": Text("超期", "Overdue"),
}

#: Tiers in so few words that they stand beside bars and in the note of a figure.
TIERS_SHORT: Final[dict[str, Text]] = {
    "grid": Text("网格", "Grid"),
    "jurisdiction": Text("村居", "Village"),
    "department": Text("部门", "Dept"),
}

#: Letters of the categories that come with gridmap; another takes the first of its name.
CATEGORY_SIGNS: Final[dict[str, Text]] = {
    "environment": Text("卫", "L"),
    "order": Text("容", "O"),
    "traffic": Text("停", "T"),
    "ebike": Text("电", "E"),
    "fire": Text("消", "F"),
    "facilities": Text("设", "P"),
    "building": Text("房", "B"),
    "water": Text("河", "R"),
    "safety": Text("安", "S"),
    "dispute": Text("纠", "D"),
    "nuisance": Text("扰", "N"),
    "service": Text("民", "H"),
    "other": Text("他", "?"),
}
