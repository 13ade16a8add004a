"""What an event changes: state and event to the next state. Whether it may is :mod:`gridmap.issues.workflow`'s."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from gridmap.issues.state import IssueState
from gridmap.issues.workflow import BACK, TOLD, find_transition, refusal
from gridmap.model.issue_event import IssueEvent
from gridmap.model.issues import STEPS, TIERS
from gridmap.model.text import Text

#: Actions that begin a deadline of disposal, where they lead to it.
DISPOSAL_ACTIONS: Final = ("dispatch", "escalate", "transfer", "send_back", "resume", "reopen")
_TEXTS: Final = ("tier", "handler", "category", "reporter", "duplicate_of")
_TIMES: Final = ("reported_at", "disposed_at", "settled_at", "verified_at", "due_at", "deferred_until")
_COUNTS: Final = ("n_sent_back", "n_escalated", "n_reopened")

_Changes = dict[str, Any]


def step_after(state: IssueState, action: str, facts: Mapping[str, Any]) -> str:
    """The step to which an action leads that is allowed."""
    transition = find_transition(state.step, action)
    if transition is None:
        return state.step
    if transition.to == TOLD:
        return str(facts.get("step") or state.step or "detected")
    if transition.to == BACK:
        return "disposing" if state.disposed_at is not None else "detected"
    return transition.to


def apply_event(state: IssueState, event: IssueEvent) -> IssueState:
    """The state after an event that is allowed, notes and overdue marks excepted: they change nothing here."""
    step = step_after(state, event.action, event.facts)
    changes = _EFFECTS[event.action](state, event, step)
    return replace(state, version=state.version + 1, head=event.event_id, step=step, **changes)


def why_not(state: IssueState, event: IssueEvent) -> Text | None:
    """Why an event cannot happen to an issue in this state, by the table or by its facts; None where it can."""
    why = refusal(state, event)
    if why is None and event.facts:
        fault = _fact_fault(event)
        if fault is not None:
            return Text(f"问题 {event.issue}：{fault.zh}。", f"issue {event.issue}: {fault.en}")
    return why


def _fact_fault(event: IssueEvent) -> Text | None:
    """What is wrong with the facts that an event tells; None where nothing is."""
    for name, value in event.facts.items():
        if value is None:
            continue
        words = {"step": STEPS, "tier": TIERS}.get(name)
        if words is not None and value not in words and value != "":
            return Text(f"「{name}」的取值「{value}」不存在", f"{name} {value!r} is none of {', '.join(words)}")
        if name in _TIMES and not _is_time(value):
            return Text(
                f"「{name}」须写作 2020-02-05T08:30:00（不带时区），得到「{value}」",
                f"{name} is written 2020-02-05T08:30:00, without a zone; got {value!r}",
            )
        if name in _COUNTS and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
            return Text(f"「{name}」须为非负整数，得到「{value}」", f"{name} is a whole number ≥ 0; got {value!r}")
    return None


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is None
    except ValueError:
        return False


def _time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _told(facts: Mapping[str, Any]) -> _Changes:
    """The fields of the state that facts tell; null and "" are what is not known."""
    changes: _Changes = {name: str(facts[name] or "") for name in _TEXTS if name in facts}
    changes |= {name: _time(facts[name]) for name in _TIMES if name in facts}
    changes |= {name: facts[name] or 0 for name in _COUNTS if name in facts}
    return changes


def _report(_: IssueState, event: IssueEvent, __: str) -> _Changes:
    facts = event.facts
    return {
        "category": str(facts.get("category") or "other"),
        "reporter": str(facts["reporter"] or "") if "reporter" in facts else event.actor,
        "reported_at": _time(facts.get("reported_at")) or event.at,
        "facts": facts,
    }


def _record(state: IssueState, event: IssueEvent, _: str) -> _Changes:
    changes = _told(event.facts)
    if "due_at" in changes:
        changes["dispose_due_at"] = changes["due_at"]
    return {
        "category": state.category or "other",
        "is_imported": state.is_imported or not state.step,
        **changes,
        "facts": {**state.facts, **event.facts},
    }


def _dispose(state: IssueState, event: IssueEvent, step: str) -> _Changes:
    """Disposal begins, or begins again with somebody else: with a deadline of its own."""
    if step != "disposing":
        return {"due_at": None}
    return {
        "tier": event.tier or state.tier,
        "handler": event.handler or state.handler,
        "disposed_at": state.disposed_at or event.at,
        "settled_at": None,
        "due_at": event.due_at,
        "dispose_due_at": event.due_at,
    }


def _escalate(state: IssueState, event: IssueEvent, step: str) -> _Changes:
    return {**_dispose(state, event, step), "n_escalated": state.n_escalated + 1}


def _send_back(state: IssueState, event: IssueEvent, step: str) -> _Changes:
    return {**_dispose(state, event, step), "n_sent_back": state.n_sent_back + 1}


def _settle(state: IssueState, event: IssueEvent, _: str) -> _Changes:
    return {
        "tier": "grid" if state.step == "detected" else event.tier or state.tier,
        "handler": event.handler or state.handler,
        "disposed_at": state.disposed_at or event.at,
        "settled_at": event.at,
        "due_at": event.due_at,
    }


def _verify(state: IssueState, event: IssueEvent, _: str) -> _Changes:
    return {"verified_at": event.at, "due_at": state.dispose_due_at}


def _merge(_: IssueState, event: IssueEvent, __: str) -> _Changes:
    return {"duplicate_of": event.duplicate_of, "due_at": None, "deferred_until": None}


def _stop(_: IssueState, __: IssueEvent, ___: str) -> _Changes:
    return {"due_at": None, "deferred_until": None}


def _defer(_: IssueState, event: IssueEvent, __: str) -> _Changes:
    return {"deferred_until": event.until, "due_at": event.until}


def _resume(state: IssueState, event: IssueEvent, step: str) -> _Changes:
    return {**_dispose(state, event, step), "deferred_until": None}


def _reopen(state: IssueState, event: IssueEvent, step: str) -> _Changes:
    return {
        **_dispose(state, event, step),
        "verified_at": None,
        "duplicate_of": "",
        "n_reopened": state.n_reopened + 1,
    }


_EFFECTS: Final[Mapping[str, Callable[[IssueState, IssueEvent, str], _Changes]]] = {
    "report": _report,
    "record": _record,
    "dispatch": _dispose,
    "settle": _settle,
    "verify": _verify,
    "send_back": _send_back,
    "escalate": _escalate,
    "transfer": _dispose,
    "merge": _merge,
    "void": _stop,
    "defer": _defer,
    "resume": _resume,
    "reopen": _reopen,
    "withdraw": _stop,
}
