"""Issues, patrols and the policy are checked once, when they are made."""

from __future__ import annotations

import re
from datetime import date, time
from pathlib import Path

import pandas as pd
import pytest
import shapely

from gridmap.errors import InvalidInput, InvalidRules
from gridmap.model.issue_policy import DEFAULT_POLICY, load_policy, parse_policy, policy_text
from gridmap.model.issues import ISSUE_COLUMNS, STEPS, TIERS, Issues, make_issues
from gridmap.model.patrols import Patrols, make_patrols

CRS = "EPSG:4549"


def test_columns_are_there_each_of_its_type() -> None:
    frame = make_issues(
        {"category": ["fire", None], "reported_at": ["2020-02-03 09:30:00", None], "n_reopened": [1, None]},
        ["WT1", "WT2"],
        CRS,
    )
    assert list(frame.columns) == list(ISSUE_COLUMNS)
    assert frame["category"].tolist() == ["fire", "other"]
    assert frame["step"].tolist() == ["detected", "detected"]
    assert frame["place_state"].tolist() == ["none", "none"]
    assert frame["n_reopened"].tolist() == [1, 0]
    assert str(frame["reported_at"].dtype) == "datetime64[s]"
    assert frame["reported_at"].tolist() == [pd.Timestamp("2020-02-03 09:30"), pd.NaT]
    assert {str(frame[c].dtype) for c, kind in ISSUE_COLUMNS.items() if kind in ("text", "word")} == {"object"}


def test_a_place_is_known_where_there_is_one() -> None:
    frame = make_issues({"geometry": [shapely.Point(1, 2), None]}, ["a", "b"], CRS)
    assert Issues(frame).has_place.tolist() == [True, False]
    assert frame.crs == CRS


def test_duplicates_and_void_ones_do_not_count() -> None:
    issues = Issues(make_issues({"step": list(STEPS)}, list(STEPS), CRS))
    counted = issues.where(issues.is_counted).frame.index.tolist()
    assert counted == ["detected", "disposing", "verifying", "closed", "deferred"]


@pytest.mark.parametrize(("column", "word"), [("step", "lost"), ("tier", "city"), ("place_state", "moon")])
def test_an_unknown_word_is_refused(column: str, word: str) -> None:
    with pytest.raises(InvalidInput, match=f"{column}: {word}; allowed"):
        make_issues({column: [word]}, ["a"], CRS)


def test_an_unknown_column_and_a_repeated_id_are_refused() -> None:
    with pytest.raises(InvalidInput, match="no column colour"):
        make_issues({"colour": ["red"]}, ["a"], CRS)
    with pytest.raises(InvalidInput, match="stand twice: a"):
        Issues(make_issues({}, ["a", "a"], CRS))
    with pytest.raises(InvalidInput, match="need the columns"):
        Issues(make_issues({}, ["a"], CRS).drop(columns="tier"))


def test_patrols_need_their_columns_and_ids() -> None:
    line = shapely.LineString([(0, 0), (1, 0)])
    frame = make_patrols({"geometry": [line], "started_at": ["2020-02-03 09:00"]}, ["p"], CRS)
    assert frame["grid"].tolist() == [""]
    assert len(Patrols(frame)) == 1
    with pytest.raises(InvalidInput, match="stand twice: p"):
        Patrols(make_patrols({"geometry": [line, line]}, ["p", "p"], CRS))
    with pytest.raises(InvalidInput, match="need the columns"):
        Patrols(frame.drop(columns="grid"))


def test_the_policy_that_comes_along() -> None:
    policy = load_policy()
    assert policy.name == DEFAULT_POLICY
    assert policy.office_ends == time(17, 30)
    assert all(set(c.days) == set(TIERS) for c in policy.categories.values())
    assert all(c.days["grid"] <= c.days["jurisdiction"] <= c.days["department"] for c in policy.categories.values())
    assert [policy.category_of(w) for w in ("fire", "消防安全", " 楼道堆物 ", "Fire safety", "飞碟")] == [
        *(["fire"] * 4),
        "",
    ]


def test_no_synonym_stands_for_two_categories() -> None:
    names = [n.casefold() for c in load_policy().categories.values() for n in (c.text.zh, c.text.en, *c.synonyms)]
    assert sorted(n for n in set(names) if names.count(n) > 1) == []


def test_a_town_has_its_own(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        policy_text().replace("holidays = []", "holidays = [2026-02-24]").replace("fewest = 5", "fewest = 8"), "utf-8"
    )
    policy = load_policy(own)
    assert policy.fewest == 8
    assert policy.holidays == {date(2026, 2, 24)}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("fewest = 5", "fewest = 0", "fewest is a whole number, 1 or more; got 0"),
        ("fewest = 5", 'fewest = "many"', "fewest is a whole number, 1 or more; got 'many'"),
        ("bandwidth_m = 200.0", "bandwidth_m = true", "bandwidth_m is a number greater than 0"),
        ("verify_days = 3", "verify_dayz = 3", "unknown entry verify_dayz; perhaps verify_days is meant"),
        ("weight = 1.5", "wieght = 1.5", "category ebike: unknown entry wieght; perhaps weight is meant"),
        ("hours = 72.0", "hours = 72.0\nyears = 1", "duplicates: unknown entry years"),
        ("department = 30 }", "department = 30, town = 1 }", "category building, days: unknown entry town"),
        ("workdays = []", "workday = []", "calendar: unknown entry workday"),
        ("workdays = []", "workdays = 3", "workdays is a list of days"),
        ("[duplicates]", "[doublets]", "unknown entry doublets"),
        ('zh = "环境卫生"', 'zh = ""', "zh is a text that is not blank"),
        ('synonyms = ["消防",', 'synonyms = [1, "消防",', "category fire: synonyms is a list of texts"),
        ("fewest = 5", "", "there is no 'fewest'"),
        ("holidays = []", 'holidays = ["2026-02-24"]', "without quotes"),
        ("weight = 1.5", "weight = -1", "category ebike: weight"),
        ("[categories.other]", "[categories.rest]", "no category 'other'"),
        ('office_ends = "17:30"', 'office_ends = "half past five"', "office_ends is a time like"),
        (", department = 30 }", " }", "there is no 'department'"),
        ("fewest = 5", "fewest = ", "Invalid value"),
    ],
)
def test_a_fault_in_a_policy_is_named(old: str, new: str, said: str) -> None:
    assert old in policy_text()
    with pytest.raises(InvalidRules, match="own") as caught:
        parse_policy(policy_text().replace(old, new), "own")
    assert said in str(caught.value)
    plain = re.sub(r"[「」'\"\[\]]", "", caught.value.zh)
    assert plain.startswith("own")
    assert "Invalid" not in plain
    assert re.search("缺少|应为|可能|可用|不合", plain)


def test_what_is_wrong_with_a_policy_is_said_in_chinese(tmp_path: Path) -> None:
    for old, new, zh in (
        ("verify_days = 3", "", "own：缺少条目 verify_days。"),
        ("verify_days = 3", "verify_days = 2.5", "own：verify_days 应为不小于 1 的整数；得到 2.5。"),
        ("weight = 2.0", "wight = 2.0", "own，类别 fire：不认识的条目 wight；可能应为 weight。"),
        ("fewest = 5", "fewest = ", "own：第 7 行第 10 个字符处不合 TOML 格式。"),
    ):
        with pytest.raises(InvalidRules) as caught:
            parse_policy(policy_text().replace(old, new), "own")
        assert caught.value.zh == zh
    absent = tmp_path / "无.toml"
    with pytest.raises(InvalidRules) as caught:
        load_policy(absent)
    assert caught.value.zh == f"{absent}：没有这个文件。"


def test_a_policy_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidRules, match="no policy is called"):
        load_policy("mine")
    with pytest.raises(InvalidRules, match="no such file"):
        load_policy(tmp_path / "mine.toml")
