"""People: who they are (kept apart), and which posts they hold."""

from __future__ import annotations

from typing import Final

from gridmap.model.register import Column, Register, choices
from gridmap.model.text import Text

#: The posts of "one leader, two staffs" (一长两员).
ROLES: Final = choices(
    chief_grid_leader=("总网格长", "Chief grid leader", ("村居书记", "分网格长")),
    grid_leader=("网格长", "Grid leader", ("组长",)),
    grid_instructor=("网格指导员", "Grid instructor", ("指导员", "镇指导员")),
    grid_member=("网格员", "Grid member", ("专职网格员", "兼职网格员", "组员")),
)
#: Where grid members and others come from.
SOURCES: Final = choices(
    committee=("村居两委", "Village or residents' committee", ("两委", "两委班子", "两委成员")),
    town_cadre=("镇下派干部", "Cadre sent by the town", ("下派干部", "机关干部", "镇机关干部")),
    veteran_member=("老党员", "Veteran Party member", ("党员",)),
    former_cadre=("老干部", "Former cadre", ("退休干部", "离任干部")),
    womens_backbone=("妇女骨干", "Women's backbone", ("妇女",)),
    volunteer=("志愿者", "Volunteer", ("热心群众", "志愿者骨干")),
    group_head=("村民小组长", "Head of a villager group", ("组长", "小组长", "楼组长")),
    other=("其他", "Other"),
)
#: What a ledger has in place of a name that was erased; read again, it is nobody's name.
ERASED_NAME: Final = Text("已删除", "erased")

PERSON: Final = Register(
    "person",
    "people",
    Text("人员", "People"),
    (
        Column("person_id", "text", Text("人员编号", "Person id"), ("工号", "编号"), is_needed=True),
        Column("name", "text", Text("姓名", "Name"), is_needed=True, is_personal=True),
        Column("phone", "text", Text("联系电话", "Phone"), ("电话", "手机", "手机号", "联系方式"), is_personal=True),
    ),
    ("person_id",),
)

POST: Final = Register(
    "post",
    "people",
    Text("任职", "Posts"),
    (
        Column("person_id", "text", Text("人员编号", "Person id"), ("工号", "编号"), is_needed=True),
        Column(
            "role",
            "word",
            Text("职务", "Role"),
            ("岗位", "角色", "网格职务", "类别"),
            is_needed=True,
            choices=ROLES,
        ),
        Column("jurisdiction", "jurisdiction", Text("村居", "Jurisdiction")),
        Column("grid", "grid", Text("网格", "Grid")),
        Column("source", "word", Text("人员来源", "Source"), ("来源", "身份", "人员类别"), choices=SOURCES),
        Column("since", "day", Text("任职日期", "Since"), ("任职时间", "起始日期", "上岗日期")),
        Column("until", "day", Text("离任日期", "Until"), ("离任时间", "终止日期", "离岗日期")),
    ),
    ("person_id", "role", "jurisdiction", "grid", "since"),
    ("花名册", "网格队伍", "一长两员", "人员名册", "队伍名册"),
)
