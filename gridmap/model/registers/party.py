"""Party life in the grid: branches, members who reported (counts only), activities, deliberations."""

from __future__ import annotations

from typing import Final

from gridmap.model.register import Column, Register, choices
from gridmap.model.text import Text

BRANCH_KINDS: Final = choices(
    branch=("网格党支部", "Grid Party branch", ("党支部", "支部")),
    group=("网格党小组", "Grid Party group", ("党小组", "小组")),
)
ACTIVITY_KINDS: Final = choices(
    theme_day=("主题党日", "Monthly theme day", ("党日活动", "主题党日活动")),
    volunteering=("志愿服务", "Volunteering", ("志愿活动",)),
    culture=("文体活动", "Culture and sport", ("文化活动", "体育活动", "文娱活动")),
    health=("健康义诊", "Health", ("义诊", "健康服务")),
    learning=("学习宣讲", "Learning", ("宣讲", "学习", "讲座", "党课")),
    convenience=("便民服务", "Everyday services", ("便民活动", "集中便民")),
    patrol=("巡查整治", "Patrol and tidying", ("环境整治", "平安巡逻", "巡逻")),
    visit=("走访慰问", "Visits", ("走访", "慰问")),
    other=("其他", "Other"),
)
PROJECT_STATUS: Final = choices(
    proposed=("已立项", "Proposed", ("立项", "拟实施")),
    under_way=("实施中", "Under way", ("在建", "推进中")),
    done=("已完成", "Done", ("完成", "完工")),
    dropped=("未通过", "Dropped", ("否决", "取消")),
)

BRANCH: Final = Register(
    "branch",
    "party",
    Text("党支部", "Branches"),
    (
        Column("branch_id", "text", Text("支部编号", "Branch id"), ("编号", "组织编号"), is_needed=True),
        Column("name", "text", Text("支部名称", "Name"), ("名称", "党组织名称"), is_needed=True),
        Column("kind", "word", Text("组织类型", "Kind"), ("类型", "类别"), is_needed=True, choices=BRANCH_KINDS),
        Column("jurisdiction", "jurisdiction", Text("村居", "Jurisdiction"), is_needed=True),
        Column("grids", "grids", Text("覆盖网格", "Grids"), ("网格", "所属网格"), is_needed=True),
        Column("members", "count", Text("党员人数", "Members"), ("党员数",)),
        Column("founded_on", "day", Text("成立日期", "Founded on"), ("成立时间",)),
        Column("dissolved_on", "day", Text("撤销日期", "Dissolved on"), ("撤销时间",)),
    ),
    ("branch_id",),
    ("网格党支部", "党组织", "网格党组织", "支部"),
)
IN_SERVICE: Final = Register(
    "in_service",
    "party",
    Text("在职党员报到", "In-service members reported"),
    (
        Column("grid", "grid", Text("网格", "Grid"), is_needed=True),
        Column("counted_on", "day", Text("统计日期", "Counted on"), ("日期", "截至日期"), is_needed=True),
        Column("members", "count", Text("报到人数", "Members"), ("人数", "在职党员数", "报到党员数"), is_needed=True),
    ),
    ("grid", "counted_on"),
    ("在职党员", "报到"),
)
ACTIVITY: Final = Register(
    "activity",
    "party",
    Text("活动", "Activities"),
    (
        Column("activity_id", "text", Text("活动编号", "Activity id"), ("编号",), is_needed=True),
        Column("kind", "word", Text("活动类型", "Kind"), ("类型", "类别"), is_needed=True, choices=ACTIVITY_KINDS),
        Column("title", "text", Text("活动名称", "Title"), ("名称", "活动主题", "主题"), is_needed=True),
        Column("held_on", "day", Text("活动日期", "Held on"), ("日期", "时间", "活动时间"), is_needed=True),
        Column("jurisdiction", "jurisdiction", Text("村居", "Jurisdiction")),
        Column("grid", "grid", Text("网格", "Grid")),
        Column("point_id", "text", Text("点位编号", "Point id"), ("活动点位",)),
        Column("place", "text", Text("活动地点", "Place"), ("地点",)),
        Column("branch_id", "text", Text("支部编号", "Branch id"), ("主办支部",)),
        Column("department", "text", Text("参与部门", "Department"), ("部门",)),
        Column("attendance", "count", Text("参加人数", "Attendance"), ("人数", "参与人数", "人次")),
    ),
    ("activity_id",),
    ("活动台账", "网格活动", "党日活动"),
)
DELIBERATION: Final = Register(
    "deliberation",
    "party",
    Text("议事", "Deliberations"),
    (
        Column("deliberation_id", "text", Text("议事编号", "Deliberation id"), ("编号",), is_needed=True),
        Column("held_on", "day", Text("议事日期", "Held on"), ("日期", "时间"), is_needed=True),
        Column("grid", "grid", Text("网格", "Grid"), is_needed=True),
        Column("topic", "text", Text("议题", "Topic"), ("议事主题", "主题"), is_needed=True),
        Column("issue_id", "text", Text("问题编号", "Issue id"), ("来源问题",)),
        Column("attendance", "count", Text("参加人数", "Attendance"), ("人数",)),
        Column("outcome", "text", Text("议事结果", "Outcome"), ("结果", "决议")),
        Column("project", "text", Text("形成项目", "Project"), ("项目", "项目名称")),
        Column("project_status", "word", Text("项目进度", "Project status"), ("进度",), choices=PROJECT_STATUS),
        Column("completed_on", "day", Text("完成日期", "Completed on"), ("完工日期",)),
    ),
    ("deliberation_id",),
    ("议事协商", "民主协商", "议事台账"),
)
