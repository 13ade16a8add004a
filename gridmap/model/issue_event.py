"""Events of issues: what somebody did, on what he had seen. The log of them is all there is; the rest is their fold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from gridmap.model.register import Choice, choices

#: What can happen to an issue. ``record`` is the state that another platform or a ledger tells, in one event.
ACTIONS: Final[Mapping[str, Choice]] = choices(
    report=("上报", "Report"),
    record=("登记（导入）", "Record (import)"),
    dispatch=("派遣", "Dispatch"),
    settle=("处置完成", "Settle"),
    verify=("核查通过", "Verify"),
    send_back=("退回", "Send back"),
    escalate=("上报上级", "Escalate"),
    transfer=("移交", "Transfer"),
    merge=("并案", "Merge as duplicate"),
    void=("作废", "Void"),
    defer=("缓办", "Defer"),
    resume=("恢复办理", "Resume"),
    reopen=("重新打开", "Reopen"),
    note=("备注", "Note"),
    overdue=("超期", "Overdue"),
    withdraw=("撤回导入", "Withdraw (import taken back)"),
)

#: Who acts. ``reporter`` is whoever reported the issue, whatever else he is.
ROLES: Final[Mapping[str, Choice]] = choices(
    reporter=("上报人", "Reporter"),
    member=("网格员", "Grid member"),
    leader=("网格长", "Grid leader"),
    jurisdiction=("村居", "Village or residential area"),
    department=("镇部门", "Town department"),
    town=("镇网格中心", "The town's grid centre"),
    system=("系统", "gridmap itself"),
)


@dataclass(frozen=True)
class IssueEvent:
    """One thing that somebody did to an issue.

    Attributes
    ----------
    issue : str
        Id of the issue.
    event_id : UUID
        Made by the device: a repeat is known by it.
    base : UUID or None
        The last event that whoever acted had seen; None for the first of an issue.
    base_version : int
        How many events lay on the way to `base`, it included; 0 for the first.
    action : str
        Key of :data:`ACTIONS`.
    at : datetime
        When, by the clock of the device: civil time of the town, without a zone.
    actor : str
        Id of a person, or an account; never a name.
    role : str
        Key of :data:`ROLES`.
    tier, handler : str
        Of ``dispatch``, ``escalate``, ``transfer``, ``send_back``: where it goes; of ``settle`` who settled it.
    note : str
        Why.
    until : datetime or None
        Of ``defer``.
    duplicate_of : str
        Of ``merge``: id of the issue that stays.
    due_at : datetime or None
        Deadline that begins with this event.
    facts : mapping
        Of ``report`` and ``record``: columns of the issue (:data:`gridmap.model.issues.ISSUE_COLUMNS`) as JSON holds
        them, times as ISO text.
    """

    issue: str
    event_id: UUID
    base: UUID | None
    base_version: int
    action: str
    at: datetime
    actor: str
    role: str
    tier: str = ""
    handler: str = ""
    note: str = ""
    until: datetime | None = None
    duplicate_of: str = ""
    due_at: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
