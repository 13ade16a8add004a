"""Services brought into the grids: the catalogue, who offers what where and when, and orders from the menu."""

from __future__ import annotations

from typing import Final

from gridmap.model.register import Column, Register, choices
from gridmap.model.text import Text

ORDER_STATUS: Final = choices(
    ordered=("已点单", "Ordered", ("点单", "待接单")),
    accepted=("已接单", "Accepted", ("接单",)),
    fulfilled=("已完成", "Fulfilled", ("完成", "办结", "已服务")),
    declined=("无法提供", "Declined", ("退单", "拒单")),
    cancelled=("已取消", "Cancelled", ("取消",)),
)

SERVICE_ITEM: Final = Register(
    "service_item",
    "services",
    Text("服务菜单", "Service menu"),
    (
        Column("item_id", "text", Text("事项编号", "Item id"), ("编号", "服务编号"), is_needed=True),
        Column("title", "text", Text("服务事项", "Title"), ("服务名称", "事项", "名称", "服务项目"), is_needed=True),
        Column("category", "text", Text("类别", "Category"), ("分类", "服务类别")),
        Column("detail", "text", Text("服务内容", "Detail"), ("内容", "说明")),
    ),
    ("item_id",),
    ("服务事项", "菜单", "服务项目清单"),
)
SERVICE_OFFER: Final = Register(
    "service_offer",
    "services",
    Text("服务安排", "Services offered"),
    (
        Column("offer_id", "text", Text("安排编号", "Offer id"), ("编号",), is_needed=True),
        Column("department", "text", Text("部门", "Department"), ("服务部门", "责任部门", "单位"), is_needed=True),
        Column("item_id", "text", Text("事项编号", "Item id"), ("服务编号",), is_needed=True),
        Column("jurisdiction", "jurisdiction", Text("村居", "Jurisdiction")),
        Column("grid", "grid", Text("网格", "Grid")),
        Column("point_id", "text", Text("点位编号", "Point id"), ("服务点位",)),
        Column("recurrence", "text", Text("服务周期", "Recurrence"), ("周期", "服务时间", "频次")),
        Column("hours", "text", Text("时段", "Hours"), ("时间段",)),
        Column("since", "day", Text("起始日期", "Since"), ("开始日期",)),
        Column("until", "day", Text("终止日期", "Until"), ("结束日期",)),
    ),
    ("offer_id",),
    ("服务资源", "资源清单", "部门服务"),
)
SERVICE_ORDER: Final = Register(
    "service_order",
    "services",
    Text("点单", "Orders"),
    (
        Column("order_id", "text", Text("点单编号", "Order id"), ("编号", "单号"), is_needed=True),
        Column("ordered_on", "day", Text("点单日期", "Ordered on"), ("日期", "点单时间"), is_needed=True),
        Column("grid", "grid", Text("网格", "Grid"), is_needed=True),
        Column("item_id", "text", Text("事项编号", "Item id"), ("服务编号",), is_needed=True),
        Column("department", "text", Text("部门", "Department"), ("服务部门", "承接部门")),
        Column("point_id", "text", Text("点位编号", "Point id"), ("服务点位",)),
        Column("people", "count", Text("服务人数", "People"), ("人数",)),
        Column("wanted_on", "day", Text("期望日期", "Wanted on"), ("期望时间", "预约日期")),
        Column("status", "word", Text("状态", "Status"), ("办理状态",), is_needed=True, choices=ORDER_STATUS),
        Column("fulfilled_on", "day", Text("完成日期", "Fulfilled on"), ("完成时间", "办结日期")),
        Column("rating", "count", Text("评价", "Rating"), ("满意度", "评分")),
    ),
    ("order_id",),
    ("点单台账", "点单服务", "服务点单"),
)
