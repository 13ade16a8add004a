"""Points: where a grid meets, and where services are given."""

from __future__ import annotations

from typing import Final

from gridmap.model.register import Column, Register, choices
from gridmap.model.text import Text

#: Kinds of point (domain, "Points and two points in one").
POINT_KINDS: Final = choices(
    grid_point=("网格点", "Grid point", ("网格服务点", "网格活动点", "网格党建点")),
    party_service_point=("党建服务点", "Party service point", ("党群服务点", "村党建服务点")),
    party_service_station=(
        "党建服务站",
        "Party service station",
        ("党群服务站", "党建服务中心", "党群服务中心", "居民区党建服务站"),
    ),
    deputies_reception_point=("人大代表接待点", "Deputies' reception point", ("人大代表联络点", "代表接待点")),
    womens_micro_home=("妇女微家", "Women's micro-home", ("妇女之家",)),
    service_counter=("办事窗口", "Service counter", ("便民窗口", "社区事务窗口")),
    benefit_hand_out=("福利发放点", "Benefit hand-out", ("福利点",)),
    other=("其他", "Other"),
)
#: Kinds that make a grid point two in one: the first in villages, the second in residential areas.
PARTY_POINTS: Final = ("party_service_point", "party_service_station")
#: Kinds that a household walks to: of these reach is told.
SERVING_KINDS: Final = ("grid_point", *PARTY_POINTS)
POINT_STATUS: Final = choices(
    planned=("规划", "Planned", ("拟建", "计划", "规划中")),
    built=("建成", "Built", ("已建", "已建成", "建成未启用")),
    in_use=("启用", "In use", ("在用", "使用中", "已启用", "正常")),
    closed=("停用", "Closed", ("关闭", "已停用", "撤销")),
)

POINT: Final = Register(
    "point",
    "points",
    Text("点位", "Points"),
    (
        Column("point_id", "text", Text("点位编号", "Point id"), ("编号", "点位编码", "网格点编号"), is_needed=True),
        Column("name", "text", Text("点位名称", "Name"), ("名称", "网格点名称", "点名"), is_needed=True),
        Column(
            "kind",
            "word",
            Text("点位类型", "Kind"),
            ("类型", "类别", "点类型"),
            is_needed=True,
            choices=POINT_KINDS,
        ),
        Column("jurisdiction", "jurisdiction", Text("村居", "Jurisdiction")),
        Column("grid", "grid", Text("网格", "Grid")),
        Column("premises_id", "text", Text("场所编号", "Premises"), ("房屋编号", "场所代码", "阵地编号")),
        Column(
            "status",
            "word",
            Text("状态", "Status"),
            ("建设状态", "使用状态"),
            is_needed=True,
            choices=POINT_STATUS,
        ),
        Column("planned_on", "day", Text("规划日期", "Planned on")),
        Column("built_on", "day", Text("建成日期", "Built on"), ("建成时间",)),
        Column("opened_on", "day", Text("启用日期", "Opened on"), ("启用时间", "开放日期")),
        Column("closed_on", "day", Text("停用日期", "Closed on"), ("停用时间", "关闭日期")),
        Column("capacity", "count", Text("服务户数", "Capacity (households)"), ("容量", "可服务户数", "服务能力")),
        Column("opening", "text", Text("开放时间", "Opening times"), ("服务时间", "开门时间")),
        Column("services", "words", Text("服务事项", "Services"), ("服务内容", "服务项目")),
        Column(
            "is_private_home",
            "yes",
            Text("是否在党员家中", "In a private home"),
            ("是否私宅", "网格党员家", "是否党员家", "党员家庭"),
        ),
        Column("address", "text", Text("地址", "Address"), ("详细地址", "位置")),
        Column("geometry", "place", Text("位置", "Place"), is_needed=True),
    ),
    ("point_id",),
    ("网格点", "党建服务点", "服务点", "点位登记", "两点合一"),
)
