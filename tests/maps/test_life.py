"""What is recorded of the grids, in the payload of the page: figures, colourings, cards, what each profile hides."""

from __future__ import annotations

import base64
import gzip
import json
import re
from datetime import date
from typing import Any

import pytest

from gridmap.errors import InvalidInput
from gridmap.maps import draw
from gridmap.maps.grid_life import point_states, reach_shares, staff_states
from gridmap.maps.life import ActivitiesShown, ActivityShown, BranchShown, ListShown, PointShown, ReachShown
from gridmap.maps.offline import offline_html
from gridmap.maps.telling import Teller

HOME = ("王示范", "李示范", "13812345678", "向阳村3组12号")
OUTSIDE = ["leader", "public"]


def payload_of(case: Any, life: Any, **options: Any) -> Any:
    html = offline_html(draw(case.town, case.plan, case.report, rules=case.rules, life=life, **options))
    packed = re.search(r'id="gm-data">([^<]*)<', html)
    assert packed
    return json.loads(gzip.decompress(base64.b64decode(packed[1])))


def figures(payload: Any, row: str = "figures") -> dict[str, str]:
    return {f["key"]: f["value"] for f in payload[row]}


def test_states_of_grids_by_hand(case: Any, make: Any) -> None:
    teller = Teller(make.life(case), "internal", "zh")
    assert point_states(case.plan, teller) == ["use", "none", "two", "planned", "none", "none", "none"]
    states = staff_states(case.plan, teller, case.rules.staffing)
    assert states == ["complete", "shared", "complete", "vacant", "complete", "complete", "complete"]
    assert reach_shares(case.plan, teller) == [1.0, 60 / 210, 0.99, None, None, None, None]


def test_the_five_figures_that_stand_first(case: Any, make: Any) -> None:
    payload = payload_of(case, make.life(case), lang="en")
    # two grid points in use, both with premises of their own, one of them two in one
    assert figures(payload) == {"grids": "7", "kept": "66.7", "points": "2", "two_in_one": "1", "staffing": "56"}
    notes = {f["key"]: f["note"] for f in payload["figures"]}
    assert notes["points"] == "in use in 2 of 7 grids\nnot open yet: 1"
    assert notes["two_in_one"] == "50.0 % of the points built"
    assert notes["staffing"] == "minimum 56\ngrids with a vacancy: 1"
    others = figures(payload, "otherFigures")
    # reach: 90 + 60 + 297 of 90 + 210 + 300 households
    assert others["reached"] == "74.5"
    assert others["posts"] == "5 / 4 / 47"
    assert (others["branches"], others["reported"], others["activities"]) == ("1", "15", "2")
    assert others["households"] == "1,463"


def test_without_records_the_map_is_as_before(case: Any, make: Any) -> None:
    payload = payload_of(case, None)
    assert list(figures(payload)) == ["jurisdictions", "grids", "households", "kept", "exceptions"]
    assert [m["key"] for m in payload["modes"]] == ["deviation", "kind", "jurisdiction"]
    assert payload["points"] is None
    assert payload["otherFigures"] == []


def test_only_what_was_recorded_is_offered(case: Any, make: Any) -> None:
    def modes(**changes: Any) -> list[str]:
        return [m["key"] for m in payload_of(case, make.life(case, **changes))["modes"]][3:]

    every = ["points", "staffing", "reach", "party", "activities", "lists"]
    assert modes() == every
    for key, left_out in zip(every, ("points", "staff", "reach", "branches", "activities", "lists"), strict=True):
        assert modes(**{left_out: None}) == [k for k in every if k != key]
    bare = payload_of(case, make.life(case, points=(), branches=None, reported=None, activities=None, lists=None))
    assert bare["points"] == []
    life = bare["grids"][2]["life"]
    assert [life[k] for k in ("branches", "reported", "acts", "lists")] == [None] * 4


def test_internal_maps_name_people_and_never_their_numbers(case: Any, make: Any) -> None:
    payload = payload_of(case, make.life(case))
    text = json.dumps(payload, ensure_ascii=False)
    assert "王示范" in text
    assert "13812345678" not in text
    who = payload["grids"][1]["life"]["who"]
    assert who["leader"] == {"n": 1, "names": ["李示范"], "shared": True, "gap": 0}
    assert payload["grids"][3]["life"]["who"]["instructor"] == {"n": 0, "names": [], "shared": False, "gap": 1}
    assert payload["points"][0]["at"]
    assert payload["points"][0]["address"] == "向阳村3组12号"


@pytest.mark.parametrize("number", ["13812345678", "138 1234 5678", "138-1234-5678"])
def test_numbers_are_taken_out_however_they_are_written(case: Any, make: Any, number: str) -> None:
    teller = Teller(make.life(case), "internal", "zh")
    assert teller.text(f"请打{number}。") == "请打…。"
    assert teller.text("2026-02-05 8:00–20:00，300 户") == "2026-02-05 8:00–20:00，300 户"


@pytest.mark.parametrize("profile", OUTSIDE)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_home_and_no_person_leaves_the_town(case: Any, make: Any, profile: Any, lang: Any) -> None:
    inside, outside = payload_of(case, make.life(case)), payload_of(case, make.life(case), profile=profile, lang=lang)
    text = json.dumps(outside, ensure_ascii=False)
    for secret in HOME:
        assert secret not in text
    lon, lat = inside["points"][0]["at"]
    numbers = set(re.findall(r"\d{8,}", text))
    assert str(lon) not in numbers
    assert "at" not in outside["points"][0]
    assert f"[{lon}, {lat}]" not in text
    home = outside["points"][0]
    assert (home["g"], home["home"], home["id"]) == (0, True, "P1")  # listed with its grid
    assert outside["points"][1]["at"]


@pytest.mark.parametrize("profile", OUTSIDE)
def test_what_lies_in_or_at_a_home_is_not_placed_either(case: Any, make: Any, profile: Any) -> None:
    home = make.life(case).points[0]
    x, y = home.place
    more = (
        PointShown("A", "同楼", "womens_micro_home", "in_use", home.grid, (x + 90, y), premises="H1"),
        PointShown("B", "同处", "service_counter", "in_use", home.grid, (x + 2, y - 2)),
        PointShown("C", "邻近", "service_counter", "in_use", home.grid, (x + 20, y)),
    )
    life = make.life(case, points=(*make.life(case).points, *more))
    placed = {p["id"]: "at" in p for p in payload_of(case, life, profile=profile)["points"]}
    assert (placed["A"], placed["B"], placed["C"]) == (False, False, True)


def test_two_in_one_with_a_home_does_not_tell_where_it_is(case: Any, make: Any) -> None:
    points = list(make.life(case).points)
    points[0] = PointShown(**(vars(points[0]) | {"partner": "S1"}))
    points.append(PointShown("S1", "向阳党建服务点", "party_service_point", "in_use", points[0].grid, points[0].place))
    outside = payload_of(case, make.life(case, points=tuple(points)), profile="leader")
    assert outside["points"][0]["two"] is True
    assert "with" not in outside["points"][0]
    assert "at" not in outside["points"][-1]


def test_stamps_and_staffing_by_profile(case: Any, make: Any) -> None:
    told = {p: payload_of(case, make.life(case), profile=p) for p in ("internal", "leader", "public")}
    stamped = {p: any(b["key"] == "internal" for b in payload["badges"]) for p, payload in told.items()}
    assert stamped == {"internal": True, "leader": True, "public": False}
    assert told["leader"]["grids"][1]["life"]["who"]["leader"] == {"n": 1, "names": [], "shared": True, "gap": 0}
    assert told["public"]["grids"][1]["life"]["who"] is None
    assert "staffing" not in [m["key"] for m in told["public"]["modes"]]
    assert "staffing" not in figures(told["public"])
    assert len(told["public"]["figures"]) == 5


def test_small_counts_are_hidden_outside(case: Any, make: Any) -> None:
    grids = payload_of(case, make.life(case), profile="leader")["grids"]
    assert grids[3]["life"]["reported"]["n"] == "few"
    assert grids[2]["life"]["reported"]["n"] == 12
    # 297 served and 3 out of reach: 297 of 300 would tell the 3
    assert grids[2]["life"]["reach"] == {"served": 300, "full": 0, "out": "few", "rounded": True}
    assert grids[1]["life"]["reach"] == {"served": 60, "full": 0, "out": 150, "rounded": False}
    assert figures(payload_of(case, make.life(case), profile="public"), "otherFigures")["reported"].startswith("≈")
    inside = payload_of(case, make.life(case))["grids"]
    assert inside[3]["life"]["reported"]["n"] == 3
    assert inside[2]["life"]["reach"]["out"] == 3


def test_a_sum_does_not_tell_a_hidden_attendance(case: Any, make: Any) -> None:
    told = (ActivityShown(date(2026, 1, 1), "culture", "甲", 38), ActivityShown(date(2026, 1, 2), "culture", "乙", 3))
    life = make.life(case, activities={case.plan.codes[2]: ActivitiesShown(2, 41, told)})
    acts = payload_of(case, life, profile="leader")["grids"][2]["life"]["acts"]
    assert acts["attendance"] is None
    assert [row["n"] for row in acts["last"]] == [38, "few"]
    assert payload_of(case, life)["grids"][2]["life"]["acts"]["attendance"] == 41


def test_a_name_that_is_also_a_place_stays_a_place(case: Any, make: Any) -> None:
    life = make.life(case, names=frozenset({"金豪", "王示范"}))
    teller = Teller(life, "leader", "zh", frozenset({"金豪苑"}))
    assert teller.text("金豪苑党员活动，王示范主讲") == "金豪苑党员活动，某某主讲"


def test_a_grid_without_households_has_no_reach(case: Any, make: Any) -> None:
    life = make.life(case, reach={case.plan.codes[6]: ReachShown(0, 0, 0)})
    assert payload_of(case, life)["grids"][6]["life"]["reach"] is None


def test_an_unknown_profile_is_refused(case: Any) -> None:
    with pytest.raises(InvalidInput, match="profile is one of internal, leader, public; got 'private'"):
        draw(case.town, case.plan, case.report, rules=case.rules, profile="private")  # type: ignore[arg-type]


def test_grids_are_coloured_by_party_life_and_lists(case: Any, make: Any) -> None:
    """Of 8 grids one has a branch, one a group alone; one had 2 activities; one took over one of the two lists."""
    code = case.plan.codes
    branches = {code[2]: (BranchShown("支部", 31),), code[4]: (BranchShown("小组", 5, is_group=True),)}
    lists = {
        code[2]: (ListShown("management", 1, 2), ListShown("service", None, 2)),
        code[3]: (ListShown("management", 2, 2), ListShown("service", 2, 2)),
        code[4]: (ListShown("management", 1, 2), ListShown("service", 2, 2)),
    }
    payload = payload_of(case, make.life(case, branches=branches, lists=lists))
    counted = {m["key"]: [c["n"] for c in m["classes"]] for m in payload["modes"]}
    n = len(code)
    assert counted["party"] == [1, 1, n - 2]
    assert counted["activities"] == [n - 1, 1, 0, 0, 0]
    assert counted["lists"] == [1, 1, 1, n - 3]
