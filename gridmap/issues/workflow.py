"""The workflow: one table that says which action leads from which step to which, who may, and what it must carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gridmap.issues.state import IssueState
from gridmap.model.issue_event import ACTIONS, ROLES, IssueEvent
from gridmap.model.issues import OPEN_STEPS, STEPS, TIERS
from gridmap.model.text import Text

#: `Transition.to`: the step that the facts of the event tell.
TOLD: Final = "told"
#: `Transition.to`: ``disposing`` where the issue was disposed of before, else ``detected``.
BACK: Final = "back"
#: The step before the first event.
NOTHING: Final = ""
#: Actions that move nothing: they stand beside the way of an issue, never on it, and so never against another action.
BESIDE: Final = ("note", "overdue")


@dataclass(frozen=True)
class Transition:
    """One row of the table.

    Attributes
    ----------
    step : str
        Step from which, key of :data:`gridmap.model.issues.STEPS`; "" before the first event.
    action : str
        Key of :data:`gridmap.model.issue_event.ACTIONS`.
    to : str
        Step to which; :data:`TOLD`, :data:`BACK`.
    who : tuple of str
        Roles that may. ``reporter`` is whoever reported the issue, under any role.
    needs : tuple of str
        Attributes of the event that must be given.
    by_tier : bool
        Whether only the roles of :data:`HANDLERS` of the tier that has the issue may.
    """

    step: str
    action: str
    to: str
    who: tuple[str, ...]
    needs: tuple[str, ...] = ()
    by_tier: bool = False


#: Who handles issues at a tier: whoever has them, and who stands above him in the same line. "" is a tier not known.
HANDLERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "": ("member", "leader", "jurisdiction", "department", "town"),
        "grid": ("member", "leader", "jurisdiction", "town"),
        "jurisdiction": ("leader", "jurisdiction", "town"),
        "department": ("department", "town"),
    }
)

_PEOPLE: Final = tuple(role for role in ROLES if role != "system")
_STAFF: Final = ("member", "leader", "jurisdiction", "department", "town")
_SENDERS: Final = ("leader", "jurisdiction", "town")
_DECIDERS: Final = ("jurisdiction", "department", "town")
_JUDGES: Final = ("jurisdiction", "town")
_VERIFIERS: Final = ("reporter", "town")
_SYSTEM: Final = ("system",)
_SENT: Final = ("tier", "handler")


def _rows() -> Iterator[Transition]:
    yield Transition(NOTHING, "report", "detected", _PEOPLE)
    yield Transition(NOTHING, "record", TOLD, _SYSTEM)

    yield Transition("detected", "dispatch", "disposing", _SENDERS, _SENT)
    yield Transition("detected", "settle", "verifying", ("member", "leader"))
    yield Transition("detected", "escalate", "disposing", ("member", *_SENDERS), (*_SENT, "note"))

    yield Transition("disposing", "settle", "verifying", _STAFF, by_tier=True)
    yield Transition("disposing", "escalate", "disposing", _STAFF, (*_SENT, "note"), by_tier=True)
    yield Transition("disposing", "send_back", "disposing", _STAFF, (*_SENT, "note"), by_tier=True)
    yield Transition("disposing", "transfer", "disposing", _STAFF, ("handler",), by_tier=True)

    yield Transition("verifying", "verify", "closed", _VERIFIERS)
    yield Transition("verifying", "send_back", "disposing", _VERIFIERS, ("note",))

    for step in ("detected", "disposing"):
        yield Transition(step, "defer", "deferred", _DECIDERS, ("until", "note"), by_tier=True)
    yield Transition("deferred", "resume", BACK, _DECIDERS, by_tier=True)
    for step in ("detected", "disposing", "verifying", "deferred", "closed"):
        yield Transition(step, "merge", "merged", _SENDERS, ("duplicate_of",))
    for step in ("detected", "disposing", "deferred"):
        yield Transition(step, "void", "void", _JUDGES, ("note",))
    for step in ("closed", "merged", "void"):
        yield Transition(step, "reopen", BACK, ("reporter", "jurisdiction", "town"), ("note",))

    for step in STEPS:
        yield Transition(step, "record", TOLD, _SYSTEM)
        yield Transition(step, "note", step, _PEOPLE, ("note",))
        if step != "withdrawn":
            yield Transition(step, "withdraw", "withdrawn", _SYSTEM)
    for step in OPEN_STEPS:
        yield Transition(step, "overdue", step, _SYSTEM)


#: The table.
TRANSITIONS: Final = tuple(_rows())
_FOUND: Final = {(t.step, t.action): t for t in TRANSITIONS}


@dataclass(frozen=True)
class SevenStep:
    """One of the seven steps of city management, and what of the workflow is part of it.

    Attributes
    ----------
    text : Text
    step : str
        The step of an issue while it is in it.
    actions : tuple of str
        What is done in it.
    """

    text: Text
    step: str
    actions: tuple[str, ...]


#: The seven steps in order; each action that moves an issue is part of one, the taking back of an import apart.
SEVEN_STEPS: Final = (
    SevenStep(Text("信息采集", "Collect information"), "detected", ("report",)),
    SevenStep(Text("案卷建立", "File the case"), "detected", ("record", "merge", "void")),
    SevenStep(Text("任务派遣", "Dispatch"), "disposing", ("dispatch", "escalate", "transfer")),
    SevenStep(Text("任务处置", "Dispose"), "disposing", ("defer", "resume")),
    SevenStep(Text("处理反馈", "Report back"), "verifying", ("settle",)),
    SevenStep(Text("核查结案", "Verify and close"), "verifying", ("verify", "send_back")),
    SevenStep(Text("综合评价", "Evaluate"), "closed", ("reopen",)),
)


def find_transition(step: str, action: str) -> Transition | None:
    """The row of the table for an action at a step; None where there is none."""
    return _FOUND.get((step, action))


def tier_above(tier: str) -> str:
    """The next tier up, "" above the highest; a tier that is not known counts as the grid's own."""
    return _neighbour(tier or "grid", 1)


def tier_below(tier: str) -> str:
    """The next tier down, "" below the lowest or of one that is not known."""
    return _neighbour(tier, -1) if tier else ""


def _neighbour(tier: str, way: int) -> str:
    tiers = list(TIERS)
    place = tiers.index(tier) + way
    return tiers[place] if 0 <= place < len(tiers) else ""


def allowed(state: IssueState, role: str = "", actor: str = "") -> tuple[Transition, ...]:
    """What can be done to an issue now.

    Parameters
    ----------
    state : IssueState
    role, actor : str
        Only what this role may, and this person where he is the reporter; every role where blank.

    Returns
    -------
    tuple of Transition
        In the order of the table.
    """
    return tuple(
        t
        for t in TRANSITIONS
        if t.step == state.step and _has_way(t, state) and (not role or role in roles_of(t, state, actor))
    )


def _has_way(transition: Transition, state: IssueState) -> bool:
    if transition.action == "escalate":
        return bool(tier_above(state.tier))
    if transition.action == "send_back" and state.step == "disposing":
        return bool(tier_below(state.tier))
    if transition.action == "overdue":
        return state.due_at is not None and state.overdue_since is None
    return True


def roles_of(transition: Transition, state: IssueState, actor: str) -> tuple[str, ...]:
    """The roles in which a person may take an action now.

    Whoever reported an issue verifies it ("谁上报谁核查"), whatever his role; the town's grid centre verifies where no
    reporter is known here: none is named, or an import began the issue.

    Parameters
    ----------
    transition : Transition
        Of the step of `state`.
    state : IssueState
    actor : str
        The person.
    """
    if transition.step == NOTHING:
        return transition.who
    who = transition.who
    if transition.by_tier:
        who = tuple(role for role in who if role in HANDLERS[state.tier])
    if "reporter" not in who:
        return who
    if state.reporter and actor == state.reporter:
        return _PEOPLE
    if transition.step == "verifying" and transition.action in ("verify", "send_back"):
        return () if state.reporter and not state.is_imported else ("town",)
    return tuple(role for role in who if role != "reporter")


def refusal(state: IssueState, event: IssueEvent) -> Text | None:
    """Why an event cannot happen to an issue in this state, and what can; None where it can."""
    transition = find_transition(state.step, event.action)
    if transition is None or not _has_way(transition, state):
        return _not_now(state, event)
    if event.role not in transition.who or transition.by_tier or "reporter" in transition.who:
        roles = roles_of(transition, state, event.actor)
        if event.role not in roles:
            return _not_yours(state, event, transition)
    missing = [name for name in transition.needs if not getattr(event, name)]
    if missing:
        return _needs(state, event, missing)
    fault = _fault(state, event)
    return None if fault is None else _about(state, event, fault)


_NEEDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "tier": Text("处置层级", "the tier"),
        "handler": Text("处置人或单位", "the handler"),
        "note": Text("理由", "a note that says why"),
        "until": Text("缓办到何时", "until when"),
        "duplicate_of": Text("并入哪个问题", "the issue that stays"),
    }
)


def _fault(state: IssueState, event: IssueEvent) -> Text | None:
    """What is wrong with what an event carries."""
    fault = _fault_of_tier(state, event) if event.tier else None
    if fault is None and event.action == "transfer" and event.handler == state.handler:
        fault = Text(
            f"「{event.handler}」已是处置方；请写明另一个", f"{event.handler!r} has it already; name another handler"
        )
    elif event.action == "merge" and event.duplicate_of == state.issue:
        fault = Text(
            "问题不能并入自身；请写明保留的问题", "an issue is no duplicate of itself; name the issue that stays"
        )
    elif event.action == "defer" and event.until is not None and event.until <= event.at:
        fault = Text("缓办期限须晚于操作时间", "it can only be deferred to a later time than the action")
    elif event.action == "overdue" and state.due_at is not None and event.at < state.due_at:
        fault = Text(f"时限 {state.due_at} 尚未到", f"the deadline {state.due_at} has not passed")
    return fault


def _fault_of_tier(state: IssueState, event: IssueEvent) -> Text | None:
    if event.tier not in TIERS:
        names = "、".join(c.text.zh for c in TIERS.values())
        return Text(
            f"处置层级「{event.tier}」不存在；可选：{names}", f"{event.tier!r} is no tier; {', '.join(TIERS)} are"
        )
    wanted = _wanted_tier(state, event)
    if wanted and event.tier != wanted:
        return Text(
            f"此处的处置层级只能是「{TIERS[wanted].text.zh}」",
            f"the tier can only be {wanted!r} here; got {event.tier!r}",
        )
    return None


def _wanted_tier(state: IssueState, event: IssueEvent) -> str:
    """The only tier that an action can have here; "" for any."""
    if event.action == "escalate":
        return tier_above(state.tier)
    if event.action == "send_back":
        return tier_below(state.tier) if state.step == "disposing" else state.tier
    if event.action == "settle":
        return "grid" if state.step == "detected" else state.tier
    return state.tier if event.action == "transfer" else ""


def _not_now(state: IssueState, event: IssueEvent) -> Text:
    step = STEPS[state.step].text if state.step else Text("尚未上报", "Not reported yet")
    tier = TIERS[state.tier].text if state.tier and state.step == "disposing" else None
    at = Text(f"（{tier.zh}）", f" ({tier.en})") if tier else Text("", "")
    said, can = word_of(event.action), _listed(t.action for t in allowed(state) if t.who != _SYSTEM)
    return Text(
        f"问题 {state.issue} 目前为「{step.zh}」{at.zh}，不能「{said.zh}」；现在可以：{can.zh}。",
        f"issue {state.issue}: {said.en!r} is not possible while it is {step.en!r}{at.en}; possible now: {can.en}",
    )


def _not_yours(state: IssueState, event: IssueEvent, transition: Transition) -> Text:
    said = word_of(event.action)
    role = ROLES[event.role].text if event.role in ROLES else Text(event.role, event.role)
    open_to = transition.who
    if transition.by_tier:
        open_to = tuple(r for r in open_to if r in HANDLERS[state.tier])
    elif open_to == _VERIFIERS:
        is_known = state.reporter and not state.is_imported
        open_to = ("reporter",) if is_known else (_VERIFIERS if state.reporter else ("town",))
    reporter = f" {state.reporter}" if state.reporter else ""
    who_zh = "、".join(ROLES[r].text.zh + (reporter and f"{reporter} ") * (r == "reporter") for r in open_to)
    who_en = ", ".join(r + reporter * (r == "reporter") for r in open_to)
    can = _listed(t.action for t in allowed(state, event.role, event.actor))
    return Text(
        f"问题 {state.issue}：「{said.zh}」须由{who_zh}操作，{role.zh} {event.actor} 不能；"
        f"{role.zh}现在可以：{can.zh}。",
        f"issue {state.issue}: {said.en!r} is for {who_en}, not for {event.role} {event.actor}; "
        f"{event.role} may now: {can.en}",
    )


def _needs(state: IssueState, event: IssueEvent, missing: list[str]) -> Text:
    zh, en = "、".join(_NEEDS[n].zh for n in missing), ", ".join(_NEEDS[n].en for n in missing)
    return _about(state, event, Text(f"须写明{zh}", f"it needs {en} ({', '.join(missing)})"))


def _about(state: IssueState, event: IssueEvent, fault: Text) -> Text:
    said = word_of(event.action)
    return Text(f"问题 {state.issue}，「{said.zh}」：{fault.zh}。", f"issue {state.issue}, {said.en!r}: {fault.en}")


def word_of(action: str) -> Text:
    """What an action is called in a sentence; in English its key, which is what one types."""
    return Text(ACTIONS[action].text.zh if action in ACTIONS else action, action)


def _listed(actions: Iterator[str]) -> Text:
    words = [word_of(a) for a in actions]
    return Text("、".join(w.zh for w in words) or "无", ", ".join(w.en for w in words) or "nothing")
