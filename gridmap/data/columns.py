"""Which column is which, and what a cell means: synonyms in Chinese and English, counts as people write them."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.text import Text

#: Our column → ranks of synonyms; a match in an earlier rank wins over one in a later rank.
SYNONYMS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "unit_id": (
        ("unit_id", "unitid"),
        ("单元编号", "单元代码", "单元编码", "组编号", "组代码", "小组编号", "楼栋编号", "楼栋编码", "幢编号"),
        ("编号", "编码", "代码", "标识码", "统一编码", "id", "uid", "code", "building_id", "group_id", "block_id"),
        ("fid", "objectid", "gid", "序号"),
    ),
    "name": (
        ("name",),
        ("名称", "全称", "组名", "小组名称", "村民小组名称", "单元名称", "楼栋名称", "建筑名称", "title", "label"),
        ("路名", "道路名称", "河名", "street"),
    ),
    "households": (
        ("households",),
        (
            "户数", "实有户数", "户籍户数", "总户数", "住户数", "居民户数", "常住户数", "家庭户数", "住户", "户",
            "实际户数", "登记户数", "household", "hh", "n_households", "num_households", "hh_count", "dwellings",
            "dwelling_units", "household_count", "total_households",
        ),
    ),
    "jurisdiction": (
        ("jurisdiction", "jurisdiction_code"),
        ("村居代码", "村居编码", "社区代码", "社区编码", "居委会代码", "行政村代码", "村代码", "所属村居代码"),
        (
            "村居", "社区", "居委会", "行政村", "居民区", "所属村居", "所属社区", "所属村", "所属居委会",
            "所属居民区", "村", "村委会", "村居名称", "村居委会", "村（居）委会", "社区名称", "行政村名称",
            "居民区名称", "辖区", "所属辖区", "村名", "community", "village", "residential_area", "committee",
            "neighborhood", "neighbourhood",
        ),
    ),
    "jurisdiction_name": (
        ("jurisdiction_name",),
        ("村居名称", "社区名称", "居委会名称", "行政村名称", "居民区名称", "辖区名称"),
        ("村居", "社区", "居委会", "行政村", "居民区", "所属村居", "所属社区", "所属村", "村名"),
    ),
    "compound": (("compound",), ("小区", "楼盘", "小区名称", "楼盘名称", "所属小区", "住宅小区", "estate", "complex")),
    "group": (
        ("group", "villager_group"),
        ("组", "村民小组", "队", "小组", "村民组", "生产队", "所属组", "所属小组", "所属村民小组", "组别", "组号"),
    ),
    "building": (("building",), ("楼栋", "幢号", "楼号", "栋", "楼栋号", "幢", "栋号", "楼幢", "门牌", "building_no")),
    "kind": (("kind",), ("类型", "类别", "种类", "性质", "type", "category", "class")),
    "code": (
        ("code",),
        ("jurisdiction", "jurisdiction_code", "代码", "编码", "区划代码", "行政区划代码", "统计用区划代码", "村居代码",
         "社区代码", "行政村代码", "辖区代码"),
        ("编号", "id"),
    ),
    "dedicated": (("dedicated",), ("专属网格", "专属网格名称")),
    "road_class": (("road_class",), ("道路等级", "等级", "道路类型", "highway", "fclass", "majorroad")),
    "premises_id": (("premises_id",), ("单位编号", "企业编号", "商户编号", "统一社会信用代码", "编号", "代码", "id")),
    "longitude": (("longitude",), ("lon", "lng", "经度", "x")),
    "latitude": (("latitude",), ("lat", "纬度", "y")),
}  # fmt: skip

#: Columns of our own that the command line has an option for: ours → option.
OPTIONS: Final = {
    "unit_id": "--id-column",
    "households": "--households-column",
    "jurisdiction": "--jurisdiction-column",
}
_SUFFIX: Final = re.compile(r"[（(\[【][^）)\]】]*[）)\]】]$")
_YEAR: Final = re.compile(r"^(19|20)\d\d年?(底|末|度)?")
_SPACE: Final = re.compile(r"[\s_\-.:·、]+")
_PERSONAL: Final = re.compile(r"电话|手机|联系方式|身份证|户主|姓名|phone|mobile|idcard|headofhousehold|telephone")
_NUMBER: Final = re.compile(r"[-+−]?\d+(?:\.\d+)?")
_ABOUT: Final = re.compile(r"^(约|大约|近|左右|ca\.?|about|approx\.?|~|≈)|(左右|上下|余|多|\+)$")
_NOTHING: Final = frozenset(
    ("", "-", "--", "/", "\\", "无", "没有", "空", "暂无", "未知", "不详", "na", "n/a", "nan", "none", "null")
)


def fold(text: object) -> str:
    """A name without what people vary in it: width (NFKC), case, blanks, ``_-.:``, a year before, brackets after."""
    name = unicodedata.normalize("NFKC", str(text)).casefold().strip()
    name = _SUFFIX.sub("", name)
    name = _SPACE.sub("", name)
    shorter = _YEAR.sub("", name)
    return shorter or name


def fold_key(text: object) -> str:
    """An id or a place name for comparing: width (NFKC), case and blanks folded, no more (``1-12`` is not ``11-2``)."""
    return "".join(unicodedata.normalize("NFKC", as_text(text)).casefold().split())


#: Our column → ranks of synonyms, folded.
Ranks = Mapping[str, tuple[frozenset[str], ...]]


def fold_ranks(synonyms: Mapping[str, Sequence[Sequence[str]]]) -> Ranks:
    """A table of synonyms made ready for comparing with headers."""
    return {wanted: tuple(frozenset(fold(s) for s in rank) for rank in ranks) for wanted, ranks in synonyms.items()}


_FOLDED: Final = fold_ranks(SYNONYMS)


def find_column(
    columns: Iterable[str], wanted: str, given: str | None = None, *, where: str = "", is_needed: bool = True
) -> str | None:
    """The column that holds what we call `wanted`.

    Parameters
    ----------
    columns : iterable of str
        Column names; a frame serves too.
    wanted : str
        A key of :data:`SYNONYMS`.
    given : str, optional
        The column that the user named.
    where : str
        File and layer, for messages.
    is_needed : bool
        False for what is only shown, such as a street's name: where several fit, the first is taken.

    Returns
    -------
    str or None
        None where no column bears the name or a synonym.

    Raises
    ------
    InvalidInput
        If `given` does not exist, or several columns fit equally well.
    """
    names = [str(c) for c in columns if str(c) != "geometry"]
    place = f"{where}: " if where else ""
    place_zh = f"{where}：" if where else ""
    if given is not None:
        if given in names:
            return given
        alike = [n for n in names if fold(n) == fold(given)]
        if len(alike) == 1:
            return alike[0]
        raise InvalidInput(
            f"{place}has no column {given!r} (wanted for {wanted}); it has {first_ten(names)}",
            f"{place_zh}没有列「{given}」（用作 {wanted}）；现有的列：{first_ten_zh(names)}。",
        )
    for rank in _FOLDED[wanted]:
        found = [n for n in names if rank & _readings(n)]
        if len(found) > 1 and is_needed:
            option = OPTIONS.get(wanted, "--column " + wanted + "=…")
            raise InvalidInput(
                f"{place}several columns could be {wanted}: {first_ten(found)}; say which with {option}",
                f"{place_zh}有几列都可能是 {wanted}：{first_ten_zh(found)}；请用 {option} 指定。",
            )
        if found:
            return found[0]
    return None


def _readings(name: str) -> frozenset[str]:
    """What a header may be read as; a two-row header ``户数/实有`` also as 实有, 户数实有 and 实有户数."""
    upper, slash, lower = name.rpartition("/")
    if not slash:
        return frozenset((fold(name),))
    return frozenset((fold(lower), fold(upper) + fold(lower), fold(lower) + fold(upper)))


def match_columns(columns: Iterable[str], ranks: Ranks) -> dict[str, str]:
    """Which header is which of our columns, where many are wanted at once.

    Every header is taken once. A match in an earlier rank wins over one in a later rank, of whichever column; in the
    same rank our first column and the leftmost header win.

    Parameters
    ----------
    columns : iterable of str
        Headers.
    ranks : Ranks
        Of :func:`fold_ranks`.

    Returns
    -------
    dict of str to str
        Our column → header; columns that were not found are absent.
    """
    readings = {str(name): _readings(str(name)) for name in columns}
    found: dict[str, str] = {}
    for depth in range(max((len(r) for r in ranks.values()), default=0)):
        for wanted, of_column in ranks.items():
            if wanted in found or depth >= len(of_column):
                continue
            name = next((n for n, read in readings.items() if read & of_column[depth]), None)
            if name is not None:
                found[wanted] = name
                del readings[name]
    return found


def is_known(name: str, ranks: Ranks = _FOLDED) -> bool:
    """Whether a header is a synonym of any of our columns, or of those in `ranks`."""
    readings = _readings(name)
    return any(rank & readings for of_column in ranks.values() for rank in of_column)


def complete_name(raw: bytes, encoding: str) -> str | None:
    """The shortest synonym that begins with these bytes: a shapefile keeps but ten of a header."""
    fitting = {s for ranks in SYNONYMS.values() for rank in ranks for s in rank if s.encode(encoding).startswith(raw)}
    return min(fitting, key=lambda s: (len(s), s)) if fitting else None


def is_personal(name: str) -> bool:
    """Whether a header promises personal information (names, telephone and identity numbers)."""
    return bool(_PERSONAL.search(fold(name)))


def check_mapping(columns: Mapping[str, str]) -> None:
    """Refuse a column mapping with a name that is not ours.

    Raises
    ------
    InvalidInput
        If a key is no key of :data:`SYNONYMS`, alone or after ``jurisdictions.``, ``barriers.``,
        ``premises.`` or ``ledger.``.
    """
    roles = ("jurisdictions", "barriers", "premises", "ledger")
    for key in columns:
        role, dot, name = key.rpartition(".")
        if name not in SYNONYMS or (dot and role not in roles):
            raise InvalidInput(
                f"no column of ours is called {key!r}; ours are {', '.join(SYNONYMS)}",
                f"没有名为「{key}」的标准列；标准列有：{'、'.join(SYNONYMS)}。",
            )


class Count(NamedTuple):
    """A count as it was read: the number, or None; and what is to be said about it.

    ``note`` is set for rough and for odd values; a value is unusable where ``number`` is None and
    ``note`` is set, and blank where both are None.
    """

    number: int | None
    note: Text | None


def parse_count(value: object) -> Count:
    """Read a count of households as people write it.

    ``98户``, ``１０２``, ``1,024``, ``98.0`` are numbers; ``约110`` is 110 with a note; blank, ``无``
    and ``-`` are blank; anything else, negative numbers and fractions too, is unusable with a note.

    Examples
    --------
    >>> parse_count("９８户").number
    98
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return Count(None, None)
    shown = str(value).strip()
    text = unicodedata.normalize("NFKC", shown).casefold().replace(" ", "")
    if text in _NOTHING or text == "<na>":
        return Count(None, None)
    text = re.sub(r"(?<=\d),(?=\d{3}(\D|$))", "", text)
    stripped = text.removesuffix("户").removesuffix("households").removesuffix("hh").removesuffix("家")
    rough = _ABOUT.search(stripped) is not None
    stripped = _ABOUT.sub("", stripped).removesuffix("户")
    stripped = _ABOUT.sub("", stripped)
    if not _NUMBER.fullmatch(stripped):
        return Count(None, Text(f"「{shown}」不是户数", f"{shown!r} is no number"))
    number = float(stripped.replace("−", "-"))
    if number < 0 or number != int(number):
        zh, en = ("负数", "is negative") if number < 0 else ("小数", "is no whole number")
        return Count(None, Text(f"「{shown}」是{zh}", f"{shown!r} {en}"))
    whole = int(number)
    note = Text(f"「{shown}」是约数，按 {whole} 计", f"{shown!r} is rough, taken as {whole}") if rough else None
    return Count(whole, note)


def as_text(value: object) -> str:
    """A cell as text: whole floats without ``.0`` (codes and telephones out of Excel), blanks as ""."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = unicodedata.normalize("NFC", str(value)).strip()
    return "" if text in ("<NA>", "NaT", "None", "nan") else text


def lost_digits(text: str) -> bool:
    """Whether a code was spoilt by a spreadsheet: ``3.10116E+11`` has lost its last digits."""
    return re.fullmatch(r"\d(\.\d+)?[eE]\+?\d+", text) is not None
