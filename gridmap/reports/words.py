"""Dates, kinds and severities in the words of the domain."""

from __future__ import annotations

import datetime as dt
from typing import Final

from gridmap.model.text import Language, Text
from gridmap.model.town import Town

SEVERITY: Final[dict[str, Text]] = {
    "hard": Text("硬性", "hard"),
    "soft": Text("宜改进", "soft"),
    "info": Text("提示", "note"),
}
GRID_KIND: Final[dict[str, Text]] = {
    "village": Text("农村网格", "Village grid"),
    "residential_area": Text("居民区网格", "Residential grid"),
    "preparatory_group": Text("筹建组网格", "Preparatory group's grid"),
    "dedicated": Text("专属网格", "Dedicated grid"),
}
PLACE_KIND: Final[dict[str, Text]] = {
    "village": Text("行政村", "Village"),
    "residential_area": Text("居民区", "Residential area"),
    "preparatory_group": Text("筹建组", "Preparatory group"),
}
LINEAGE: Final[dict[str, Text]] = {
    "unchanged": Text("不变", "unchanged"),
    "split": Text("拆分", "split"),
    "merged": Text("合并", "merged"),
    "irregular": Text("其他调整", "irregular"),
    "new": Text("新设", "new"),
    "retired": Text("撤销", "retired"),
}
INTERNAL: Final = Text("内部使用", "For internal use")
PAGE: Final = Text("第 &P 页 共 &N 页", "Page &P of &N")
SIGN: Final = Text(
    "制表：　　　　　　审核：　　　　　　日期：", "Prepared by:              Checked by:              Date:"
)
SYNTHETIC: Final = Text("合成数据，仅供演示", "Synthetic data, for demonstration only")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def in_words(table: dict[str, Text], key: str, lang: Language) -> str:
    """The word for a key; the key itself where the table has none."""
    return table[key].in_language(lang) if key in table else key


def long_date(date: str, lang: Language) -> str:
    """An ISO date as people write it (2026年2月5日, 5 Feb 2026); any other text as it is."""
    try:
        day = dt.date.fromisoformat(date)
    except ValueError:
        return date
    return f"{day.year}年{day.month}月{day.day}日" if lang == "zh" else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def town_line(town: Town, lang: Language, *, is_synthetic: bool | None = None) -> str:
    """The line under the title: place, day, source, and the synthetic sign (without `is_synthetic`: the town's)."""
    known = [
        (Text("单位", "Town"), town.name),
        (Text("数据日期", "Data of"), long_date(town.date, lang)),
        (Text("来源", "Source"), town.source),
    ]
    parts = [f"{label.in_language(lang)}{'：' if lang == 'zh' else ': '}{value}" for label, value in known if value]
    if town.is_synthetic if is_synthetic is None else is_synthetic:
        parts.append(f"【{SYNTHETIC.in_language(lang)}】")
    return "　　".join(parts)
