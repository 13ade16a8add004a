"""What columns are called outside: full names, and the short ones that a shapefile can hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from gridmap.data.columns import SYNONYMS, fold
from gridmap.model.text import Text

#: A dBASE table keeps ten bytes of a column's name; a Chinese character takes two of them in GB18030, or four.
NAME_BYTES: Final = 10
#: The encoding of our shapefiles: every character of Unicode has its place in it.
ENCODING: Final = "gb18030"


class Column(NamedTuple):
    """A column that we know.

    Attributes
    ----------
    name : str
        Full name: in GeoPackage, GeoJSON, GeoParquet and CSV.
    zh, en : str
        Short names: in a shapefile.
    meaning : Text
    """

    name: str
    zh: str
    en: str
    meaning: Text


def _column(name: str, zh: str, en: str, meaning_zh: str, meaning_en: str) -> Column:
    return Column(name, zh, en, Text(meaning_zh, meaning_en))


COLUMNS: Final = (
    _column("unit_id", "单元编号", "unit_id", "单元的编号，不可改", "id of the unit, never edited"),
    _column("grid_code", "网格编号", "grid_code", "所属网格的编号，空为未编入", "code of its grid, blank for none"),
    _column("households", "户数", "households", "户数", "households"),
    _column("jurisdiction", "村居代码", "jurisd", "所属村居的代码", "code of its jurisdiction"),
    _column("jurisdiction_name", "村居名称", "jurisd_nam", "所属村居的名称", "name of its jurisdiction"),
    _column("name", "名称", "name", "名称", "name"),
    _column("kind", "类型", "kind", "类型", "kind"),
    _column("compound", "小区", "compound", "所属小区", "housing estate"),
    _column("dedicated", "专属网格", "dedicated", "所属专属网格的名称", "name of its dedicated grid"),
    _column("buildings", "楼栋数", "buildings", "楼栋数", "buildings"),
    _column("premises", "单位数", "premises", "单位和商户数", "premises"),
    _column("group", "村民小组", "group", "村民小组", "villager group"),
    _column("building_ids", "楼栋编号", "bldg_ids", "单元内楼栋的编号", "ids of the buildings inside"),
    _column("code", "代码", "code", "村居的代码", "code of the jurisdiction"),
    _column("n_units", "单元数", "n_units", "单元数", "units"),
    _column("deviation", "偏差", "deviation", "（户数−目标）/目标", "(households − target) / target"),
    _column("deviation_from_ideal", "理想偏差", "dev_ideal", "与理想户数的偏差", "deviation from the ideal"),
    _column("in_band", "规模达标", "in_band", "规模是否达标：1 是，0 否", "size within the band: 1 yes, 0 no"),
    _column("within_10", "偏差10内", "within_10", "偏差在 ±10 % 以内：1 是，0 否", "within ±10 %: 1 yes, 0 no"),
    _column("within_20", "偏差20内", "within_20", "偏差在 ±20 % 以内：1 是，0 否", "within ±20 %: 1 yes, 0 no"),
    _column("area_m2", "面积", "area_m2", "面积，平方米", "area, m²"),
    _column("perimeter_m", "周长", "perim_m", "周长，米", "outline, m"),
    _column("polsby_popper", "紧凑度", "polsby_pop", "紧凑度 4π面积/周长²", "compactness, 4π area / perimeter²"),
    _column("barrier_crossed_m", "跨障碍米", "barrier_m", "网格内障碍的长度，米", "barriers inside the grid, m"),
    _column("compounds_split", "拆分小区", "cmp_split", "与其他网格共有的小区数", "compounds shared with other grids"),
    _column("parts", "部分数", "parts", "互不相连的部分数", "contiguous parts"),
    _column("households_moved", "调整户数", "hh_moved", "从其他网格调入的户数", "households from another grid"),
    _column("exception_zh", "例外说明", "excep_zh", "例外情形（中文）", "named exception, in Chinese"),
    _column("exception_en", "例外英文", "excep_en", "例外情形（英文）", "named exception, in English"),
    _column("locked", "锁定", "locked", "是否锁定：1 是，0 否", "locked: 1 yes, 0 no"),
    _column("plan", "方案号", "plan", "方案在数据库中的编号", "number of the plan in the database"),
    _column("version", "版本", "version", "导出的版本", "version that was exported"),
    _column("store", "数据库", "store", "导出自哪个数据库", "database that it was exported from"),
)

#: Further headers that are taken for one of ours when a file comes back.
_FURTHER: Final = {
    "grid_code": ("网格编码", "网格代码", "网格", "所属网格", "grid", "gridid"),
    "plan": ("plan_id", "方案编号"),
    "version": ("版本号",),
    **{wanted: tuple(s for rank in SYNONYMS[wanted] for s in rank) for wanted in ("unit_id", "households")},
    # The last one is what QGIS makes of our name in a shapefile.
    "jurisdiction": (*SYNONYMS["jurisdiction"][0], *SYNONYMS["jurisdiction"][1], "jurisdicti"),
}


def find_ours(columns: Iterable[str]) -> dict[str, str]:
    """Our name → header in a file, for the headers that we know; our own names win over synonyms.

    Parameters
    ----------
    columns : iterable of str
        Headers: full or short names in either language, or synonyms of them.
    """
    folded: dict[str, str] = {}
    for header in columns:
        folded.setdefault(fold(header), header)
    found = {}
    for column in COLUMNS:
        # The number of a plan stands in plan_id where a layer was saved out of the view of the database.
        first = ("plan_id",) if column.name == "plan" else ()
        # Saved as a shapefile in UTF-8, ten bytes are three Chinese characters.
        short = column.zh.encode()[:NAME_BYTES].decode("utf-8", "ignore")
        names = (*first, column.name, column.zh, column.en, *_FURTHER.get(column.name, ()), short)
        known = next((folded[fold(n)] for n in names if fold(n) in folded), None)
        if known is not None:
            found[column.name] = known
    return found


def short_names(columns: Sequence[str], lang: str) -> dict[str, str]:
    """Full → short name of each column, at most ten bytes in GB18030 and different even if case is ignored.

    Parameters
    ----------
    columns : sequence of str
    lang : str
        "zh" or "en".
    """
    known = {c.name: c.zh if lang == "zh" else c.en for c in COLUMNS}
    taken: set[str] = {short.casefold() for name, short in known.items() if name in columns}
    short = {}
    for name in columns:
        if name in known:
            short[name] = known[name]
            continue
        made, n = cut_text(name, NAME_BYTES), 1
        while not made or made.casefold() in taken:
            n += 1
            made = f"{cut_text(name, NAME_BYTES - len(f'_{n}'))}_{n}"
        taken.add(made.casefold())
        short[name] = made
    return short


def meaning_of(name: str) -> Text:
    """What a column holds."""
    known = {c.name: c.meaning for c in COLUMNS}
    return known.get(name, Text("原始数据中的列", "a column of the data as they were handed in"))


def short_zh(name: str) -> str:
    """The Chinese name of a column, as QGIS shows it; "" for one that we do not know."""
    return next((c.zh for c in COLUMNS if c.name == name), "")


def cut_text(text: str, n_bytes: int) -> str:
    """The longest beginning of a text that takes at most so many bytes in GB18030, no character cut in two."""
    raw = text.encode(ENCODING)
    if len(raw) <= n_bytes:
        return text
    length = 0
    for i, character in enumerate(text):
        length += len(character.encode(ENCODING))
        if length > n_bytes:
            return text[:i]
    return text
