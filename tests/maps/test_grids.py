"""What the map says of each grid, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gridmap.maps.classes import by_kind, by_size, colourings
from gridmap.maps.figures import headline, jurisdiction_rows, map_label, sentence
from gridmap.maps.grids import cards, grid_facts, short_code
from gridmap.model.rules import load_rules


def facts_of(case: Any, *, profile: Any = "internal", lang: Any = "zh") -> Any:
    return grid_facts(case.plan, case.rules, lang=lang, profile=profile)


def test_facts_against_the_rules(case: Any) -> None:
    facts = facts_of(case)
    assert [f.short for f in facts] == ["01", "02", "01", "02", "03", "04", "05"]
    assert facts[2].name == "山新居民区 01 网格"
    assert [f.counted for f in facts] == [2, 3, 300, 360, 500, 3, 0]
    assert [f.is_kept for f in facts] == [True, True, True, True, False, False, None]
    assert facts[3].deviation == pytest.approx(0.2)
    assert facts[4].deviation == pytest.approx(2 / 3)
    assert facts[6].kind == "dedicated"
    assert facts[6].deviation is None


def test_outside_small_counts_are_hidden_and_so_is_what_tells_them(case: Any) -> None:
    fact = facts_of(case, profile="public")[5]
    assert (fact.households, fact.deviation, fact.is_kept, fact.is_hidden) == (None, None, None, True)
    assert facts_of(case, profile="internal")[5].households == 3
    card = cards(case.plan, case.report, facts_of(case, profile="public"), "zh")[5]
    assert card["hh"] is None
    rows = jurisdiction_rows(case.plan, facts_of(case, profile="public"))
    assert "3" not in card["findings"][0]["text"].replace("少于 5 户", "")
    assert headline(case.plan, case.report, facts_of(case, profile="public"), "zh")[2]["value"] == "≈1,500"
    assert [row["hh"] for row in rows] == [300, None]  # the sum less the others would tell it


def test_without_households_nothing_is_judged_but_groups(make: Any) -> None:
    case = make.small(has_households=False)
    facts = facts_of(case)
    assert [f.households for f in facts] == [None] * 7
    assert [f.is_kept for f in facts] == [True, True, None, None, None, None, None]
    figures = headline(case.plan, case.report, facts, "zh")
    assert figures[2]["value"] == "—"
    assert "没有户数" in figures[2]["note"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [("310116113202003", "03"), ("310116113202117", "117"), ("A-7", "A-7"), ("somewhere-0012", "0012")],
)
def test_short_codes(code: str, expected: str) -> None:
    assert short_code(code, load_rules()) == expected


def test_classes_by_size_count_every_grid_once(case: Any) -> None:
    mode = by_size(facts_of(case), "zh")
    assert sum(c["n"] for c in mode["classes"]) == 7
    assert [len(g["classes"]) for g in mode["groups"]] == [7, 3, 1]
    assert [c["n"] for c in mode["classes"]] == [1, 0, 0, 1, 0, 1, 1, 0, 2, 0, 1]
    colours = [mode["classes"][k]["colour"] for k in mode["of"]]
    assert colours[2] == "#f7f7f7"
    assert colours[4] == "#b2182b"
    assert mode["groups"][0]["title"] == "居民区：户数对目标 300 户"
    assert mode["groups"][1]["title"] == "行政村：组数对 2–3 个组"


def test_classes_by_kind_hold_only_what_is_there(case: Any) -> None:
    mode = by_kind(facts_of(case), "en")
    assert [(c["label"], c["n"]) for c in mode["classes"]] == [
        ("Village", 2),
        ("Residential area", 4),
        ("Dedicated grid", 1),
    ]


def test_size_comes_first_only_where_something_is_judged(case: Any, make: Any) -> None:
    hue = np.array([0, 1])
    assert colourings(facts_of(case), ["a", "b"], hue, "zh")[0]["key"] == "deviation"
    unknown = [f for f in facts_of(make.small(has_households=False)) if f.profile.counted == "households"]
    assert colourings(unknown, ["a", "b"], hue, "zh")[0]["key"] == "jurisdiction"


def test_cards(case: Any) -> None:
    rows = cards(case.plan, case.report, facts_of(case), "zh")
    assert rows[0]["names"] == {"first": ["1组", "2组"], "n": 2}
    assert rows[0]["locked"]
    assert not rows[1]["locked"]
    assert rows[2]["compounds"] == {"first": ["金豪苑"], "n": 1}
    assert rows[2]["ha"] == 2.0
    assert rows[4]["exceptions"] == [{"rule": "R5", "reason": "oversized_unit", "text": "一栋 500 户。"}]
    assert rows[4]["findings"] == []  # what an exception covers stands there as the exception
    assert rows[5]["broken"] == 1
    assert rows[6]["premises"] == 3
    assert rows[6]["dedicated"]["first"] == ["万达广场"]


def test_headline_figures(case: Any) -> None:
    figures = headline(case.plan, case.report, facts_of(case), "zh")
    assert [f["value"] for f in figures] == ["2", "7", "1,463", "66.7", "1"]
    assert figures[0]["note"] == "1 个行政村、1 个居民区"
    assert figures[3]["note"] == "4/6 个网格\n240–360 户、2–3 个组"
    assert figures[4]["note"] == "原因逐个列明\n违规 1 处"
    assert figures[4]["level"] == "bad"
    english = headline(case.plan, case.report, facts_of(case), "en")
    assert english[0]["note"] == "1 village, 1 residential area"


def test_the_sentence_says_the_worst_first(case: Any, make: Any) -> None:
    assert "1 处" in sentence(case.plan, case.report, case.rules, "zh")["text"]
    assert sentence(case.plan, case.report, case.rules, "zh")["level"] == "bad"
    kept = sentence(case.plan, make.report(), case.rules, "en")
    assert kept == {
        "level": "good",
        "text": "No rule is broken. Named exceptions: 1; their reasons stand under Exceptions.",
    }


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("金湾居民区", "金湾"),
        ("万皓居民区筹建组", "万皓"),
        ("向阳村", "向阳村"),
        ("向阳村村民委员会", "向阳村"),
        ("社区", "社区"),
    ],
)
def test_names_on_the_map_leave_out_what_all_share(name: str, label: str) -> None:
    assert map_label(name) == label
