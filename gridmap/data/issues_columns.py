"""Which heading of a ledger or an export is which column of issues."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gridmap.data.columns import SYNONYMS, Ranks, find_column, fold, fold_ranks, is_known, is_personal, match_columns
from gridmap.errors import InvalidInput, first_ten, first_ten_zh
from gridmap.model.text import Text


@dataclass(frozen=True)
class Heading:
    """What a column of issues is called.

    Attributes
    ----------
    title : Text
        In the ledgers that gridmap writes.
    synonyms : tuple of tuples of str
        What other ledgers call it, by rank: a match in an earlier rank wins.
    """

    title: Text
    synonyms: tuple[tuple[str, ...], ...] = ()


def _heading(zh: str, en: str, *synonyms: str) -> Heading:
    """A heading from its two titles and its ranks of synonyms, each rank in one text."""
    return Heading(Text(zh, en), tuple(tuple(rank.split("|")) for rank in synonyms))


#: What is read of a table of issues → its headings. Columns of issues have the names of
#: :data:`gridmap.model.issues.ISSUE_COLUMNS`; beside them ``issue`` (the id), ``closed_at`` (the end of the case),
#: ``reported_day`` (the day, where the time of day has a column of its own), ``kind_type`` and ``kind_group`` (coarser
#: words for the kind), ``longitude``, ``latitude`` and ``coordinates``.
HEADINGS: Final[Mapping[str, Heading]] = {
    "issue": _heading(
        "问题编号",
        "Issue",
        "任务号|案件编号|案件号|案卷编号|案卷号|任务编号|工单编号|工单号|事件编号|受理编号|case_id|case enquiry id|"
        "issue_id|ticket_id|service_request_id",
        "编号|流水号|编码|id|case|unique key",
    ),
    "source": _heading("来源平台", "Platform"),
    "channel": _heading("上报渠道", "Channel", "问题来源|案件来源|任务来源|信息来源|渠道|来源", "source|origin"),
    "category": _heading("类别", "Category", "问题类别|事件类别|案件类别"),
    "kind": _heading(
        "平台分类", "Their type", "小类|问题小类|案件小类|事件小类|小类名称|案件小类名称", "子类|细类|subtype"
    ),
    "kind_type": _heading("问题类型", "Type", "案件类型|事件类型|任务类型|case_type|service_name", "类型|case title"),
    "kind_group": _heading("大类", "Group", "问题大类|案件大类|事件大类|大类名称|案件大类名称", "reason|type group"),
    "description": _heading(
        "问题描述",
        "Description",
        "描述|案件描述|事件描述|情况描述|问题内容|诉求内容|任务描述|简要情况",
        "内容|主要内容|情况|诉求|summary|details",
    ),
    "address": _heading(
        "地址", "Address", "发生地址|问题地址|案发地址|事发地址|详细地址|发生地点|地点|事发地点",
        "位置|位置描述|location|street",
    ),
    "step": _heading(
        "状态", "Step", "案件状态|任务状态|问题状态|工单状态|办理状态|处理状态|处置状态|当前状态|case_status",
        "当前环节|环节|status|state",
    ),
    "tier": _heading("处置层级", "Tier", "层级|处理层级|办理层级|处置级别", "级别|level"),
    "handler": _heading(
        "处置部门",
        "Handler",
        "处置单位|处置主体|承办单位|承办部门|主办单位|主办部门|责任单位|责任部门|办理单位|办理部门|处理部门|处理单位",
        "department|agency|queue",
    ),
    "reporter": _heading(
        "上报人",
        "Reporter",
        "上报人编号|上报人员|上报人姓名|发现人|采集人|采集员|巡查人|巡查员|报告人|登记人",
        "反映人|诉求人|来电人|网格员|reported_by",
    ),
    "reported_at": _heading(
        "上报时间",
        "Reported at",
        "发现时间|采集时间|报告时间|反映时间|来电时间|opened_at|open_dt|requested_datetime|created_at",
        "受理时间|登记时间|创建时间|立案时间|opened|created date|created",
    ),
    "reported_day": _heading("上报日期", "Reported on", "发现日期|受理日期|登记日期|日期", "date"),
    "disposed_at": _heading(
        "派遣时间",
        "Disposal began at",
        "派单时间|交办时间|分派时间|转办时间|开始处置时间|处置开始时间|派遣日期",
        "dispatched_at|assigned_at",
    ),
    "settled_at": _heading(
        "处置完成时间",
        "Settled at",
        "处理完成时间|完成时间|处置时间|处理时间|整改完成时间|处置反馈时间|处置完成日期",
        "resolved_at|completed_at",
    ),
    "verified_at": _heading("核查时间", "Verified at", "核实时间|复核时间|核查完成时间|核查日期"),
    "closed_at": _heading(
        "结案时间", "Closed at", "办结时间|结单时间|关闭时间|结案日期|办结日期|closed_dt", "closed|closed date"
    ),
    "due_at": _heading(
        "截止时间",
        "Due at",
        "处置截止时间|处理截止时间|处理时限|处置时限|办理时限|截止日期|到期时间|target_at|target_dt|sla_target_dt",
        "时限|期限|due date|deadline",
    ),
    "deferred_until": _heading("缓办至", "Deferred until", "延期至|缓办期限"),
    "n_sent_back": _heading("退回次数", "Times sent back", "返工次数"),
    "n_escalated": _heading("升级次数", "Times escalated", "上报上级次数"),
    "n_reopened": _heading("重开次数", "Times reopened", "重新打开次数"),
    "duplicate_of": _heading("并入", "Duplicate of", "并案编号|主案件编号|重复案件编号"),
    "jurisdiction": _heading(
        "村居",
        "Jurisdiction",
        "居村委|村居委|居村|村（居）委|所属居村委",
        "|".join(s for r in SYNONYMS["jurisdiction"] for s in r),
    ),
    "grid": _heading(
        "网格编号",
        "Grid",
        "网格代码|网格编码|所属网格编号|grid_code",
        "网格|网格号|网格名称|所属网格|所在网格|责任网格",
    ),
    "unit": _heading("单元编号", "Unit"),
    "plan": _heading("网格方案", "Plan"),
    "plan_version": _heading("方案版本", "Plan version"),
    "place_state": _heading("位置状态", "State of the place"),
    "longitude": _heading("经度", "Longitude", "lon|lng|gps经度|经度坐标", "x坐标|坐标x|x|东坐标|横坐标|easting"),
    "latitude": _heading("纬度", "Latitude", "lat|gps纬度|纬度坐标", "y坐标|坐标y|y|北坐标|纵坐标|northing"),
    "coordinates": _heading("坐标", "Coordinates", "经纬度|经度纬度|位置坐标"),
}  # fmt: skip
#: The sheet that says how to fill in a ledger; it is none itself.
HELP_SHEET: Final = Text("填写说明", "How to fill in")
#: Columns that hold a time.
TIMES: Final = (
    "reported_at", "disposed_at", "settled_at", "verified_at", "closed_at", "due_at", "deferred_until",
)  # fmt: skip
#: Headings of numbers that change from one export to the next.
_RUNNING: Final = frozenset(fold(t) for t in ("序号", "No.", "number", "fid", "objectid", "行号"))
_RANKS: Final[Ranks] = fold_ranks(
    # what others call "source" is how an issue came in, not the platform
    {k: ((k,) if k != "source" else (), tuple(h.title), *h.synonyms) for k, h in HEADINGS.items()}
)
_PRIVATE: Final = re.compile(r"住址|出生|年龄|籍贯|银行|联系人|微信")


def is_heading(name: str, columns: Mapping[str, str]) -> bool:
    """Whether a cell is the heading of a column of issues, or one that the user named."""
    return is_known(name, _RANKS) or fold(name) in {fold(c) for c in columns.values()}


def match_headings(names: Sequence[str], columns: Mapping[str, str], where: str) -> dict[str, str]:
    """Which heading is which column: those that the user named, else by what ledgers call them.

    Parameters
    ----------
    names : sequence of str
        Headings of the table.
    columns : mapping of str to str
        Key of :data:`HEADINGS` → heading, as the user says.
    where : str
        File and sheet, for messages.

    Returns
    -------
    dict of str to str
        Key of :data:`HEADINGS` → heading.

    Raises
    ------
    InvalidInput
        If `columns` names a column that is not ours, or a heading that the table does not have.
    """
    strangers = [c for c in columns if c not in HEADINGS]
    if strangers:
        raise InvalidInput(
            f"issues have no column {first_ten(strangers)}; there are {', '.join(HEADINGS)}",
            f"问题没有列 {first_ten_zh(strangers)}；可用的列：{'、'.join(HEADINGS)}。",
        )
    given = {ours: find_column(names, ours, heading, where=where) or "" for ours, heading in columns.items()}
    rest = [n for n in names if n and n not in given.values()]
    return given | match_columns(rest, {k: r for k, r in _RANKS.items() if k not in given})


def missing_of(found: Mapping[str, str]) -> tuple[str, ...]:
    """The columns without which a table of issues cannot be read, and which it does not have."""
    has_time = "reported_at" in found or "reported_day" in found
    return tuple(c for c, has in (("issue", "issue" in found), ("reported_at", has_time)) if not has)


def needs_columns(missing: Sequence[str], names: Sequence[str], where: str) -> InvalidInput:
    """The refusal of a table that lacks columns, with the headings that it has."""
    shown = [n for n in names if n]
    zh = "」「".join(HEADINGS[c].title.zh for c in missing)
    en = ", ".join(HEADINGS[c].title.en for c in missing)
    why_zh = why_en = ""
    if "issue" in missing:
        why_zh = "没有编号就无法重复导入；"
        why_en = "without an id of its own an issue cannot be imported again; "
        if any(fold(n) in _RUNNING for n in shown):
            why_zh += "「序号」每次导出都会变，不能作编号；"
            why_en += "a running number changes from export to export and is none; "
    example = missing[0]
    return InvalidInput(
        f"{where}: a table of issues needs the columns {en}; {why_en}it has {', '.join(shown)}; say which it is with "
        f"--column {example}=HEADING",
        f"{where}：问题台账缺少列「{zh}」；{why_zh}现有的列：{'、'.join(shown)}；"
        f"若另有其名，请用 --column {example}=列名 指定。",
    )


def unread_of(names: Sequence[str], found: Mapping[str, str], where: str) -> list[Text]:
    """What is said of headings that are not read; telephone numbers and the like are never taken in."""
    rest = [n for n in names if n and n not in found.values() and fold(n) not in _RUNNING]
    private = [n for n in rest if is_personal(n) or _PRIVATE.search(n)]
    other = [n for n in rest if n not in private]
    notes = []
    if private:
        notes.append(
            Text(
                f"{where}：含个人信息的列不读取、不保存：{first_ten_zh(private)}。",
                f"{where}: columns with personal information are not read and never kept: {first_ten(private)}",
            )
        )
    if other:
        notes.append(
            Text(f"{where}：未用的列：{first_ten_zh(other)}。", f"{where}: columns unused: {first_ten(other)}")
        )
    return notes
