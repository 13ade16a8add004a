"""The two lists (两张清单): a town's template, what each grid took over, and how it adjusted it."""

from __future__ import annotations

from typing import Final

from gridmap.model.register import Column, Register, choices
from gridmap.model.text import Text

LISTS: Final = choices(
    management=("管理清单", "Management list", ("管理",)),
    service=("服务清单", "Service list", ("服务",)),
)
LIST_ACTIONS: Final = choices(
    added=("增加", "Added", ("新增", "增")),
    dropped=("删除", "Dropped", ("取消", "减", "不适用")),
    changed=("调整", "Changed", ("修改", "改")),
    restored=("恢复", "Restored", ("还原",)),
)
_LIST = Column("list", "word", Text("清单", "List"), ("清单类型", "清单名称"), is_needed=True, choices=LISTS)
_VERSION = Column(
    "template_version", "count", Text("模板版本", "Template version"), ("版本", "清单版本"), is_needed=True
)
_ITEM = Column("item", "text", Text("事项编号", "Item"), ("编号", "序号"), is_needed=True)
_CONTENT = (
    Column("detail", "text", Text("具体内容", "Detail"), ("内容", "说明", "要求")),
    Column("frequency", "text", Text("频次", "Frequency"), ("周期", "频率")),
    Column("responsible", "text", Text("责任单位", "Responsible"), ("责任人", "责任部门", "承办单位")),
)

LIST_ITEM: Final = Register(
    "list_item",
    "lists",
    Text("清单模板", "List template"),
    (
        _LIST,
        _VERSION,
        _ITEM,
        Column("category", "text", Text("类别", "Category"), ("分类", "事项类别")),
        Column("title", "text", Text("事项", "Title"), ("事项名称", "名称"), is_needed=True),
        *_CONTENT,
    ),
    ("list", "template_version", "item"),
    ("两张清单", "管理清单", "服务清单", "清单"),
)
LIST_ADOPTION: Final = Register(
    "list_adoption",
    "lists",
    Text("清单采用", "Lists adopted"),
    (
        Column("grid", "grid", Text("网格", "Grid"), is_needed=True),
        _LIST,
        _VERSION,
        Column("adopted_on", "day", Text("采用日期", "Adopted on"), ("启用日期", "公布日期"), is_needed=True),
    ),
    ("grid", "list", "adopted_on"),
    ("清单启用",),
)
LIST_CHANGE: Final = Register(
    "list_change",
    "lists",
    Text("清单调整", "Lists adjusted"),
    (
        Column("grid", "grid", Text("网格", "Grid"), is_needed=True),
        _LIST,
        _ITEM,
        Column("action", "word", Text("调整方式", "Action"), ("方式", "调整"), is_needed=True, choices=LIST_ACTIONS),
        Column("since", "day", Text("调整日期", "Since"), ("日期", "生效日期"), is_needed=True),
        Column("category", "text", Text("类别", "Category"), ("分类", "事项类别")),
        Column("title", "text", Text("事项", "Title"), ("事项名称", "名称")),
        *_CONTENT,
    ),
    ("grid", "list", "item", "since"),
)
