"""The two lists: what is in force on which day, against the template, and in which version."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from gridmap.errors import InvalidInput
from gridmap.life.list_versions import list_at_version, versions_of
from gridmap.life.lists import LIST_COLUMNS, diff_list, diff_templates, list_of, lists_of_grids, template_of
from gridmap.model.records import Records

ITEMS = (
    "list template_version item title frequency",
    [
        ("management", 1, "A", "巡查", "每周"),
        ("management", 1, "B", "走访", "每月"),
        ("management", 2, "A", "巡查", "每月一次"),
        ("management", 2, "C", "宣传", ""),
    ],
)
CHANGES = "grid list item action since title frequency"


def example(town: Any, *more: tuple[Any, ...], adoptions: Any = None) -> Records:
    """The example of the module: 1 in January, A daily and B dropped in February, X in March, 2 in June, A back."""
    own = [
        (town.a, "management", "A", "changed", "2020-02-01", "", "每天"),
        (town.a, "management", "B", "dropped", "2020-02-01", "", ""),
        (town.a, "management", "X", "added", "2020-03-01", "看护车棚", "每天"),
        (town.a, "management", "A", "restored", "2020-07-01", "", ""),
        *more,
    ]
    held = adoptions or [(town.a, "management", 1, "2020-01-01"), (town.a, "management", 2, "2020-06-01")]
    return town.records(
        list_item=ITEMS, list_adoption=("grid list template_version adopted_on", held), list_change=(CHANGES, own)
    )


def told(frame: pd.DataFrame) -> list[tuple[str, str, str]]:
    return list(zip(frame["item"], frame["frequency"], frame["origin"], strict=True))


@pytest.mark.parametrize(
    ("day", "wanted"),
    [
        (date(2019, 12, 31), []),
        (date(2020, 1, 1), [("A", "每周", "template"), ("B", "每月", "template")]),
        (date(2020, 2, 1), [("A", "每天", "changed")]),
        (date(2020, 3, 1), [("A", "每天", "changed"), ("X", "每天", "added")]),
        (date(2020, 6, 1), [("A", "每天", "changed"), ("C", "", "template"), ("X", "每天", "added")]),
        (date(2020, 7, 1), [("A", "每月一次", "template"), ("C", "", "template"), ("X", "每天", "added")]),
    ],
)
def test_the_example_of_the_docstring(town: Any, day: date, wanted: list[tuple[str, str, str]]) -> None:
    assert told(list_of(example(town), town.a, "management", day)) == wanted


def test_the_other_list_and_other_grids_are_empty(town: Any) -> None:
    records = example(town)
    assert list_of(records, town.a, "service", town.day).empty
    assert list_of(records, town.b, "management", town.day).empty
    assert tuple(list_of(records, "no grid", "management", town.day).columns) == LIST_COLUMNS


def test_against_the_template(town: Any) -> None:
    diff = diff_list(example(town), town.a, "management", date(2020, 3, 1))
    assert diff.to_numpy().tolist() == [
        ["B", "走访", "dropped", "", "", ""],
        ["A", "巡查", "changed", "frequency", "每周", "每天"],
        ["X", "看护车棚", "added", "", "", ""],
    ]
    assert diff_list(example(town), town.b, "management", date(2020, 3, 1)).empty


def test_between_templates(town: Any) -> None:
    diff = diff_templates(example(town), "management", 1, 2)
    assert diff[["item", "what", "column"]].to_numpy().tolist() == [
        ["B", "dropped", ""],
        ["A", "changed", "frequency"],
        ["C", "added", ""],
    ]
    assert diff_templates(example(town), "management", 2, 2).empty
    with pytest.raises(InvalidInput, match="no template version 3; recorded: 1, 2"):
        diff_templates(example(town), "management", 1, 3)


def test_counts_of_all_grids(town: Any) -> None:
    records = example(
        town, adoptions=[(town.a, "management", 1, "2020-01-01"), (town.b, "management", 2, "2020-01-01")]
    )
    counted = lists_of_grids(records, date(2020, 3, 1))
    columns = ["grid", "template_version", "newest_version", "is_outdated", "items", "changed", "added", "dropped"]
    assert counted[columns].to_numpy().tolist() == [
        [town.a, 1, 2, True, 2, 1, 1, 1],
        [town.b, 2, 2, False, 2, 0, 0, 0],
    ]


def test_counts_agree_with_each_list(town: Any) -> None:
    for day in (date(2020, 1, 1), date(2020, 3, 1), date(2020, 6, 1), date(2020, 7, 1)):
        counted = lists_of_grids(example(town), day)
        assert counted["items"].tolist() == [len(list_of(example(town), town.a, "management", day))]


def test_versions_are_the_days_on_which_it_became_another(town: Any) -> None:
    again = (town.a, "management", "B", "dropped", "2020-02-20", "", "")
    versions = versions_of(example(town, again), town.a, "management")
    assert [str(d.date()) for d in versions["since"]] == [
        "2020-01-01",
        "2020-02-01",
        "2020-03-01",
        "2020-06-01",
        "2020-07-01",
    ]
    assert versions["version"].tolist() == [1, 2, 3, 4, 5]
    assert versions["template_version"].tolist() == [1, 1, 1, 2, 2]
    assert versions["items"].tolist() == [2, 1, 2, 3, 3]
    assert versions["what_zh"].tolist() == [
        "采用模板第 1 版",
        "删除 B；调整 A",
        "增加 X",
        "采用模板第 2 版；增加 C",
        "调整 A",
    ]
    assert versions["what_en"].iloc[1] == "dropped B; changed A"


def test_a_version_can_be_looked_up(town: Any) -> None:
    assert told(list_at_version(example(town), town.a, "management", 2)) == [("A", "每天", "changed")]
    with pytest.raises(InvalidInput, match="has versions 1 to 5; got 6"):
        list_at_version(example(town), town.a, "management", 6)
    with pytest.raises(InvalidInput, match="versions 1 to 0"):
        list_at_version(example(town), town.b, "management", 1)


def test_the_same_template_twice_is_no_new_version(town: Any) -> None:
    held = [(town.a, "management", 1, "2020-01-01"), (town.a, "management", 1, "2020-01-10")]
    assert versions_of(example(town, adoptions=held), town.a, "management")["since"].dt.day.tolist()[:2] == [1, 1]


def test_an_adoption_of_a_version_that_is_not_there_has_no_effect(town: Any) -> None:
    held = [(town.a, "management", 1, "2020-01-01"), (town.a, "management", 9, "2020-01-10")]
    records = example(town, adoptions=held)
    assert told(list_of(records, town.a, "management", date(2020, 1, 20)))[0] == ("A", "每周", "template")
    assert list_of(example(town, adoptions=held[1:]), town.a, "management", town.day).empty


def test_changes_before_any_adoption_wait_for_it(town: Any) -> None:
    records = example(town, adoptions=[(town.a, "management", 1, "2020-05-01")])
    assert list_of(records, town.a, "management", date(2020, 4, 30)).empty
    assert told(list_of(records, town.a, "management", date(2020, 5, 1))) == [
        ("A", "每天", "changed"),
        ("X", "每天", "added"),
    ]


@pytest.mark.parametrize("action", ["changed", "dropped", "restored"])
def test_a_change_to_an_item_that_nobody_has_does_nothing(town: Any, action: str) -> None:
    records = example(town, (town.a, "management", "Z", action, "2020-01-02", "无此项", ""))
    assert told(list_of(records, town.a, "management", date(2020, 1, 3))) == [
        ("A", "每周", "template"),
        ("B", "每月", "template"),
    ]


def test_changes_add_up_and_an_addition_starts_afresh(town: Any) -> None:
    records = example(
        town,
        (town.a, "management", "A", "changed", "2020-02-10", "夜间巡查", ""),
        (town.a, "management", "B", "added", "2020-02-10", "入户走访", ""),
    )
    shown = list_of(records, town.a, "management", date(2020, 2, 15))
    assert shown[["item", "title", "frequency", "origin"]].to_numpy().tolist() == [
        ["A", "夜间巡查", "每天", "changed"],
        ["B", "入户走访", "每月", "changed"],
    ]


def test_a_dropped_item_stays_dropped_when_it_is_changed(town: Any) -> None:
    records = example(town, (town.a, "management", "B", "changed", "2020-02-10", "", "每季"))
    assert told(list_of(records, town.a, "management", date(2020, 2, 15))) == [("A", "每天", "changed")]


def test_what_a_grid_added_it_can_drop_or_restore_away(town: Any) -> None:
    for action in ("dropped", "restored"):
        records = example(town, (town.a, "management", "X", action, "2020-03-10", "", ""))
        assert [i for i, _, _ in told(list_of(records, town.a, "management", date(2020, 3, 11)))] == ["A"]


def test_a_change_to_the_same_words_is_none(town: Any) -> None:
    records = example(town, (town.a, "management", "B", "changed", "2020-01-05", "走访", "每月"))
    assert told(list_of(records, town.a, "management", date(2020, 1, 6)))[1] == ("B", "每月", "template")


def test_nothing_recorded_and_empty_registers(town: Any) -> None:
    empty = town.records(list_item=("list", []), list_adoption=("grid", []), list_change=("grid", []))
    for records in (Records(), empty):
        assert list_of(records, town.a, "management", town.day).empty
        assert lists_of_grids(records, town.day).empty
        assert diff_list(records, town.a, "service", town.day).empty
        assert versions_of(records, town.a, "service").empty
        with pytest.raises(InvalidInput, match="recorded: —"):
            template_of(records, "service", 1)


def test_an_unknown_list_is_refused(town: Any) -> None:
    for call in (list_of, diff_list):
        with pytest.raises(InvalidInput, match="management, service; got 'both'") as caught:
            call(Records(), town.a, "both", town.day)
        assert "清单应为" in caught.value.zh
    with pytest.raises(InvalidInput):
        versions_of(Records(), town.a, "")
