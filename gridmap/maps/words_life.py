"""Texts of the page about points, people, lists, Party life and services, in both languages."""

from __future__ import annotations

from typing import Final

from gridmap.model.text import Text
from gridmap.points.reach import REACH_WORDS

#: Texts that the page's scripts ask for by key, as in :data:`gridmap.maps.words.PAGE`.
PAGE_LIFE: Final[dict[str, Text]] = {
    # points
    "points": Text("点位", "Points"),
    "two_in_one": Text("两点合一", "Two in one"),
    "two_with": Text("两点合一：{name}", "Two in one with {name}"),
    "tab_points": Text("点位", "Points"),
    "points_none": Text("没有登记点位。", "No point is recorded."),
    "points_unplaced": Text("不在任何网格内", "In no grid"),
    "point_elsewhere": Text("位置不在图上", "Its place is not shown"),
    "point_home": Text("在党员家中", "In a Party member's home"),
    "not_marked": Text(
        "另有 {n} 个点位在党员家中或同处，只列在网格名下，图上不标位置",
        "In Party members' homes or at them: {n} more, listed with their grid, not marked here",
    ),
    "open_on": Text("开放时间", "Open"),
    "services": Text("服务事项", "Services"),
    "capacity": Text("可服务", "Can serve"),
    "address": Text("地址", "Address"),
    "point_grid": Text("所在网格", "Grid"),
    "other_figures": Text("其他数字", "Other figures"),
    # card of a grid
    "tab_size": Text("规模", "Size"),
    "tab_team": Text("队伍与点位", "Team, points"),
    "tab_party": Text("点位与党建", "Points, Party"),
    "tab_work": Text("清单与活动", "Lists, activities"),
    "leader": Text("网格长", "Leader"),
    "instructor": Text("指导员", "Instructor"),
    "members": Text("网格员", "Members"),
    "members_of": Text("{n} 人 / 应配 {a}–{b}", "{n} of {a}–{b}"),
    "people_n": Text("{n} 人", "{n}"),
    "vacant": Text("空缺", "vacant"),
    "shared": Text("兼任其他网格", "shared with other grids"),
    "short": Text("缺 {n} 人", "{n} short"),
    "over": Text("超 {n} 人", "{n} over"),
    "not_recorded": Text("未登记", "not recorded"),
    "few": Text("少于 5", "under 5"),
    "few_why": Text("少于 5，对外不显示", "under 5: not shown outside"),
    "branch": Text("党组织", "Party branch"),
    "branch_none": Text("未覆盖", "none covers it"),
    "branch_members": Text("（党员 {n} 人）", " ({n} members)"),
    "reported": Text("报到党员", "Members reported"),
    "reported_on": Text("（{day}）", " ({day})"),
    "reach": Text("服务覆盖", "Reach"),
    "reach_served": REACH_WORDS["served"],
    "reach_full": REACH_WORDS["full"],
    "reach_out": REACH_WORDS["out_of_reach"],
    "reach_why": Text("步行 {m} 米内，按户数", "households within a walk of {m} m"),
    "lists": Text("两张清单", "The two lists"),
    "list_items": Text("{n} 项", "{n} items"),
    "list_version": Text("第 {n} 版", "version {n}"),
    "list_outdated": Text("未更新，最新第 {n} 版", "outdated: newest is version {n}"),
    "list_adjusted": Text("自行调整 {n} 项", "{n} adjusted"),
    "list_none": Text("未采用", "not adopted"),
    "services_next": Text("近期服务", "Next services"),
    "services_none": Text("没有安排", "none arranged"),
    "activities": Text("近半年活动", "Activities, last half year"),
    "activities_n": Text("{n} 次", "{n} held"),
    "attendance": Text("{n} 人次", "attendance {n}"),
    "activities_none": Text("没有记录", "none recorded"),
}

#: Sentences that Python fills in, as in :data:`gridmap.maps.words.SENTENCES`.
SENTENCES_LIFE: Final[dict[str, Text]] = {
    "points": Text("已建网格点", "Grid points built"),
    "points_note": Text(
        "{n}/{of} 个网格有点启用\n另有未启用 {planned} 个",
        "in use in {n} of {of} grids\nnot open yet: {planned}",
    ),
    "two_in_one": Text("两点合一", "Two in one"),
    "two_in_one_note": Text("占已建网格点的 {share}%", "{share} % of the points built"),
    "two_in_one_none": Text("没有已建网格点", "no grid point is built"),
    "staffing": Text("网格队伍", "People in posts"),
    "staffing_note": Text(
        "最低应配 {minimum} 人\n{vacant} 个网格有空缺",
        "minimum {minimum}\ngrids with a vacancy: {vacant}",
    ),
    "unit_people": Text("人", ""),
    "posts": Text("网格长 / 指导员 / 网格员", "Leaders / instructors / members"),
    "posts_note": Text("登记了 {n}/{of} 个网格", "{n} of {of} grids are recorded"),
    "reached": Text("服务覆盖", "Served"),
    "reached_note": Text("步行 {m} 米内，点位未满", "of households, within {m} m of a point with room"),
    "branches": Text("党组织覆盖网格", "Grids with a branch"),
    "branches_note": Text("共 {of} 个网格", "of {of} grids"),
    "reported": Text("报到党员", "Members reported"),
    "reported_note": Text("在职党员，最近一次统计", "in-service Party members, last count"),
    "activities": Text("近半年活动", "Activities"),
    "activities_note": Text("到 {day}", "half year to {day}"),
    "points_two": Text("两点合一", "Two in one"),
    "points_use": Text("有网格点，已启用", "Grid point in use"),
    "points_planned": Text("规划或未启用", "Planned or not open"),
    "points_none": Text("没有网格点", "No grid point"),
    "staff_complete": Text("配齐", "Complete"),
    "staff_shared": Text("网格长兼任", "Leader shared"),
    "staff_vacant": Text("有空缺", "Vacancy"),
    "staff_unknown": Text("未登记", "Not recorded"),
    "scale_reach": Text("步行 {m} 米内可服务的户数占比", "Share of households served within {m} m"),
    "reach_step": Text("{a}–{b}%", "{a}–{b} %"),
    "reach_unknown": Text("覆盖不详", "Reach not known"),
    "party_branch": Text("有党支部", "Party branch"),
    "party_group": Text("只有党小组", "Party group only"),
    "party_none": Text("没有党组织", "Neither"),
    "scale_activities": Text("半年活动场次", "Activities in half a year"),
    "activity_none": Text("没有活动", "None"),
    "activity_step": Text("{a}–{b} 场", "{a}–{b}"),
    "activity_most": Text("{a} 场及以上", "{a} or more"),
    "list_newest": Text("两张清单均为最新版", "Both lists of the newest template"),
    "list_outdated": Text("有清单未更新", "A list of an older template"),
    "list_one": Text("只有一张清单", "One list only"),
    "list_none": Text("没有清单", "No list"),
    "day_of_records": Text("台账日期", "Records of"),
}

#: Signs of the kinds of point that are drawn as a letter.
SIGNS: Final[dict[str, Text]] = {
    "deputies_reception_point": Text("代", "D"),
    "womens_micro_home": Text("妇", "W"),
    "service_counter": Text("窗", "C"),
    "benefit_hand_out": Text("福", "B"),
    "other": Text("他", "O"),
}

#: Ways to colour the grids by what is recorded of them.
MODES_LIFE: Final[dict[str, Text]] = {
    "points": Text("点位", "Points"),
    "staffing": Text("队伍", "Staffing"),
    "reach": Text("覆盖", "Reach"),
    "party": Text("党组织", "Party"),
    "activities": Text("活动", "Activities"),
    "lists": Text("清单", "Lists"),
}
