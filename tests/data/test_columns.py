"""Column names and counts as people write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.data.columns import (
    SYNONYMS,
    as_text,
    check_mapping,
    find_column,
    fold,
    fold_key,
    is_personal,
    lost_digits,
    parse_count,
)
from gridmap.errors import InvalidInput


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("村居", "jurisdiction"),
        ("社区", "jurisdiction"),
        ("居委会", "jurisdiction"),
        ("行政村", "jurisdiction"),
        ("居民区", "jurisdiction"),
        ("所属村居", "jurisdiction"),
        ("户数", "households"),
        ("户 数", "households"),
        ("实有户数", "households"),
        ("户籍户数", "households"),
        ("总户数（户）", "households"),
        ("2023年户数", "households"),
        ("ＨＨ", "households"),
        ("Households", "households"),
        ("户数/实有", "households"),
        ("基本情况/户数", "households"),
        ("组", "group"),
        ("村民小组", "group"),
        ("队", "group"),
        ("小组", "group"),
        ("楼栋", "building"),
        ("幢号", "building"),
        ("楼号", "building"),
        ("栋", "building"),
        ("小区", "compound"),
        ("楼盘", "compound"),
        ("编号", "unit_id"),
        ("代码", "unit_id"),
        ("ID", "unit_id"),
        ("Unit-ID", "unit_id"),
    ],
)
def test_synonyms(header: str, wanted: str | None) -> None:
    assert find_column(["甲", header, "geometry"], wanted) == header


def test_our_own_name_wins_over_synonyms() -> None:
    assert find_column(["户数", "households", "总户数"], "households") == "households"
    assert find_column(["村居", "村居代码"], "jurisdiction") == "村居代码"
    assert find_column(["x"], "households") is None


def test_two_that_fit_are_named_with_the_way_out() -> None:
    with pytest.raises(InvalidInput, match=r"户数, 实有户数; say which with --households-column") as caught:
        find_column(["户数", "实有户数"], "households", where="a.gpkg:组")
    assert "有几列都可能是 households" in caught.value.zh
    assert str(caught.value).startswith("a.gpkg:组: ")
    assert find_column(["户数", "实有户数"], "households", "实有户数") == "实有户数"


def test_what_is_only_shown_takes_the_first() -> None:
    assert find_column(["名称", "全称"], "name", is_needed=False) == "名称"
    with pytest.raises(InvalidInput):
        find_column(["名称", "全称"], "name")


def test_a_named_column_must_exist() -> None:
    assert find_column(["HH_2020"], "households", "hh_2020") == "HH_2020"
    with pytest.raises(InvalidInput, match="has no column 'x'"):
        find_column(["户数"], "households", "x")


def test_no_synonym_stands_in_two_ranks() -> None:
    for wanted, ranks in SYNONYMS.items():
        folded = [fold(s) for rank in ranks for s in dict.fromkeys(fold(t) for t in rank)]
        assert len(folded) == len(set(folded)), wanted


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("98户", 98),
        ("１０２", 102),
        ("1,024", 1024),
        ("1，024户", 1024),
        (98.0, 98),
        ("98.0", 98),
        (0, 0),
        (" 7 户 ", 7),
        ("12 households", 12),
    ],
)
def test_counts(value: object, number: int | None) -> None:
    assert parse_count(value) == (number, None)


@pytest.mark.parametrize(
    ("value", "number"), [("约110", 110), ("约110户", 110), ("110户左右", 110), ("近200", 200), ("~50", 50)]
)
def test_rough_counts_are_taken_and_said(value: object, number: int | None) -> None:
    count = parse_count(value)
    assert count.number == number
    assert "约数" in count.note.zh


@pytest.mark.parametrize("value", ["", "无", "-", None, math.nan, "　", "/", "N/A"])
def test_blank_counts(value: object) -> None:
    assert parse_count(value) == (None, None)


@pytest.mark.parametrize("value", ["abc", "近百", -3, "-3户", "98.5", "3栋", "12,34", "1-2", True, math.inf, "向阳村"])
def test_unusable_counts_say_why(value: object) -> None:
    count = parse_count(value)
    assert count.number is None
    assert count.note is not None


@given(st.integers(0, 10**7), st.sampled_from(["{}", "{}户", " {} ", "{}.0", "{:,}"]), st.booleans())
def test_every_way_to_write_a_count(number: int | None, form: str, is_wide: bool) -> None:
    text = form.format(number)
    if is_wide:
        text = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert parse_count(text).number == number


@given(st.text(max_size=12))
def test_counts_never_fail_and_are_never_negative(text: str) -> None:
    count = parse_count(text)
    assert count.number is None or count.number >= 0


def test_cells_as_text() -> None:
    assert as_text(310116113202.0) == "310116113202"
    assert as_text(13812345678.0) == "13812345678"
    assert as_text(1.5) == "1.5"
    assert as_text(None) == as_text(math.nan) == as_text(" ") == ""


def test_keys_fold_width_and_blanks_only() -> None:
    assert fold_key("１ 组") == fold_key("1组")
    assert fold_key("1-12") != fold_key("11-2")


def test_codes_that_a_spreadsheet_cut() -> None:
    assert lost_digits("3.10116E+11")
    assert not lost_digits("310116113202")
    assert not lost_digits("3E")


def test_personal_columns() -> None:
    assert is_personal("联系电话")
    assert is_personal("户主姓名")
    assert not is_personal("户数")


def test_mapping_names_are_checked() -> None:
    check_mapping({"households": "a", "jurisdictions.code": "b"})
    with pytest.raises(InvalidInput, match="no column of ours is called 'houses'"):
        check_mapping({"houses": "a"})
    with pytest.raises(InvalidInput):
        check_mapping({"roof.code": "a"})
