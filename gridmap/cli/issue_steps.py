"""What can come next with an issue, and the moments at which something can have been done."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from gridmap.cli.screen import Screen
from gridmap.errors import InvalidInput
from gridmap.issues.state import IssueState
from gridmap.issues.workflow import allowed
from gridmap.model.issue_event import ACTIONS
from gridmap.model.text import Text

_TIMES: Final = ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d")
#: The clock of this machine may be that of another zone than the town's.
_AHEAD: Final = timedelta(days=1)
#: Step → what usually comes next.
_USUAL: Final = {
    "detected": "dispatch",
    "disposing": "settle",
    "verifying": "verify",
    "deferred": "resume",
    "closed": "reopen",
    "merged": "reopen",
    "void": "reopen",
}


def say_next(issue: str, state: IssueState, screen: Screen) -> None:
    """Say what can be done to an issue now, with a command that works as it is written."""
    next_ = list(dict.fromkeys(t.action for t in allowed(state) if "system" not in t.who))
    if next_:
        words = [f"{a}（{ACTIONS[a].text.zh}）" for a in next_]
        usual = _USUAL.get(state.step, "note")
        command = f"gridmap issues advance {issue} {usual}{_carried(usual, state, screen)}"
        screen.say(
            Text(
                f"可办理：{'、'.join(words)}。例：{command}",
                f"what can come next: {', '.join(next_)}; such as {command}",
            )
        )


def _carried(action: str, state: IssueState, screen: Screen) -> str:
    if action == "dispatch":
        home = state.facts.get("jurisdiction") or screen.words("村居编号", "CODE")
        return f" --tier jurisdiction --to {home}"
    if action == "verify" and not any(t.action == "verify" for t in allowed(state, "town")):
        return f" --by {state.reporter}"
    if action in ("reopen", "note"):
        return screen.words(" --note 原因", " --note WHY")
    return ""


def moment_of(written: str | None) -> datetime:
    """When something was done: as it is written, now without it.

    Raises
    ------
    InvalidInput
        If it is no time, or lies in the future.
    """
    now = datetime.now().astimezone().replace(tzinfo=None, microsecond=0)
    if written is None:
        return now
    for form in _TIMES:
        try:
            given = datetime.strptime(written, form)  # noqa: DTZ007 civil time of the town, without a zone
        except ValueError:
            continue
        if given > now + _AHEAD:
            raise InvalidInput(
                f"--at {written} lies in the future; write when it happened",
                f"--at {written} 还没有到；请填写实际发生的时间。",
            )
        return given
    raise InvalidInput(
        f"--at is a time such as 2020-02-03T09:30; got {written}",
        f"--at 应为 2020-02-03T09:30 这样的时间；得到 {written}。",
    )


def check_order(state: IssueState, at: datetime) -> None:
    """Refuse what would have been done before the issue was reported, settled or verified.

    Raises
    ------
    InvalidInput
        If it lies before one of them.
    """
    known = [
        (state.reported_at, Text("上报", "reported")),
        (state.settled_at, Text("处置完成", "settled")),
        (state.verified_at, Text("核查", "verified")),
    ]
    for when, what in known:
        if when is not None and at < when:
            raise InvalidInput(
                f"issue {state.issue} was {what.en} at {when:%Y-%m-%d %H:%M}; this cannot have been done before, at "
                f"{at:%Y-%m-%d %H:%M}",
                f"问题 {state.issue} 的{what.zh}时间是 {when:%Y-%m-%d %H:%M}，操作时间 {at:%Y-%m-%d %H:%M} 不能早于它；"
                "请核对 --at。",
            )
