"""The table of the workflow against one written by hand, who may, and the sentences of refusals.

`python tests/issues/test_workflow.py` writes the page of the table anew.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest

from gridmap.issues.effect import step_after
from gridmap.issues.state import IssueState
from gridmap.issues.workflow import (
    BACK,
    BESIDE,
    HANDLERS,
    SEVEN_STEPS,
    TOLD,
    TRANSITIONS,
    Transition,
    allowed,
    find_transition,
    refusal,
    tier_above,
    tier_below,
)
from gridmap.model.issue_event import ACTIONS, ROLES, IssueEvent
from gridmap.model.issue_policy import load_policy
from gridmap.model.issues import STEPS, TIERS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "issue-workflow.md"
NOW = datetime(2020, 2, 5, 9, 0)

#: Step → action → where it leads; written by hand from the three-step method. Everything else is refused. An issue
#: that was disposed of before stands here wherever a step allows it.
TABLE: dict[str, dict[str, str]] = {
    "": {"report": "detected", "record": "closed"},
    "detected": {
        "dispatch": "disposing",
        "settle": "verifying",
        "escalate": "disposing",
        "defer": "deferred",
        "merge": "merged",
        "void": "void",
        "record": "closed",
        "note": "detected",
        "overdue": "detected",
        "withdraw": "withdrawn",
    },
    "disposing": {
        "settle": "verifying",
        "escalate": "disposing",
        "send_back": "disposing",
        "transfer": "disposing",
        "defer": "deferred",
        "merge": "merged",
        "void": "void",
        "record": "closed",
        "note": "disposing",
        "overdue": "disposing",
        "withdraw": "withdrawn",
    },
    "verifying": {
        "verify": "closed",
        "send_back": "disposing",
        "merge": "merged",
        "record": "closed",
        "note": "verifying",
        "overdue": "verifying",
        "withdraw": "withdrawn",
    },
    "closed": {
        "reopen": "disposing",
        "merge": "merged",
        "record": "closed",
        "note": "closed",
        "withdraw": "withdrawn",
    },
    "deferred": {
        "resume": "disposing",
        "merge": "merged",
        "void": "void",
        "record": "closed",
        "note": "deferred",
        "withdraw": "withdrawn",
        "overdue": "deferred",
    },
    "merged": {"reopen": "disposing", "record": "closed", "note": "merged", "withdraw": "withdrawn"},
    "void": {"reopen": "disposing", "record": "closed", "note": "void", "withdraw": "withdrawn"},
    "withdrawn": {"record": "closed", "note": "withdrawn"},
}


def state(step: str, tier: str = "jurisdiction", **more: object) -> IssueState:
    if not step:
        return IssueState("A1")
    given: dict[str, object] = {"handler": "j1", "reporter": "p1", "disposed_at": NOW, "due_at": NOW, **more}
    return IssueState("A1", version=3, head=UUID(int=3), step=step, tier=tier, **given)  # type: ignore[arg-type]


def event(action: str, role: str, actor: str = "p1", **more: object) -> IssueEvent:
    given: dict[str, object] = {
        "handler": "j2",
        "note": "because",
        "until": datetime(2020, 3, 1),
        "duplicate_of": "A0",
        "facts": {"step": "closed"} if action == "record" else {},
        **more,
    }
    return IssueEvent("A1", UUID(int=9), UUID(int=3), 3, action, NOW, actor, role, **given)  # type: ignore[arg-type]


def tier_for(action: str) -> str:
    return {"dispatch": "jurisdiction", "escalate": "department", "send_back": "grid"}.get(action, "")


def told(step: str, action: str, tier: str) -> IssueEvent:
    """An event that carries all it needs, by a role that may."""
    transition = find_transition(step, action)
    roles = [r for r in transition.who if not transition.by_tier or r in HANDLERS[tier]] if transition else ["town"]
    needs_tier = transition is not None and "tier" in transition.needs
    return event(action, roles[0], tier=tier_for(action) if needs_tier else "")


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("step", ["", *STEPS])
def test_each_step_allows_what_the_table_says_and_refuses_the_rest(step: str, action: str) -> None:
    here = state(step)
    made = told(step, action, here.tier)
    why = refusal(here, made)
    wanted = TABLE[step].get(action)
    if wanted is not None:
        assert why is None
        assert step_after(here, action, made.facts) == wanted
        return
    assert why is not None
    possible = [a for a in TABLE[step] if a not in ("record", "overdue", "withdraw")]
    assert ACTIONS[action].text.zh in why.zh
    assert repr(action) in why.en
    assert set(why.zh.partition("现在可以：")[2].rstrip("。").split("、")) == {ACTIONS[a].text.zh for a in possible}
    assert set(why.en.partition("possible now: ")[2].split(", ")) == set(possible)


def test_an_issue_that_nobody_disposed_of_goes_back_to_detected() -> None:
    for step in ("closed", "merged", "void"):
        assert step_after(state(step, tier="", disposed_at=None), "reopen", {}) == "detected"
    assert step_after(state("deferred", tier="", disposed_at=None), "resume", {}) == "detected"


def test_each_row_stands_once_and_leads_to_a_step() -> None:
    keys = [(t.step, t.action) for t in TRANSITIONS]
    assert len(set(keys)) == len(keys) == sum(len(row) for row in TABLE.values())
    assert {t.to for t in TRANSITIONS} == {*STEPS, TOLD, BACK}
    assert {r for t in TRANSITIONS for r in t.who} == set(ROLES)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("transition", TRANSITIONS, ids=lambda t: f"{t.step}-{t.action}")
def test_only_the_roles_of_the_table_may(transition: Transition, role: str) -> None:
    here = state(transition.step)
    may = role in transition.who and (not transition.by_tier or role in HANDLERS["jurisdiction"])
    if transition.step and role == "reporter":
        may = False  # a stranger who says that he reported it
    if transition.step == "verifying" and transition.action in ("verify", "send_back"):
        may = False  # only p1 verifies what he reported
    tier = tier_for(transition.action) if "tier" in transition.needs else ""
    why = refusal(here, event(transition.action, role, actor="stranger", tier=tier))
    assert (why is None) == may
    assert may == (transition in allowed(here, role, "stranger"))
    if why is not None:
        assert ROLES[role].text.zh in why.zh
        assert "stranger" in why.zh
        assert f"not for {role} stranger; {role} may now: " in why.en


@pytest.mark.parametrize("action", ["verify", "send_back"])
@pytest.mark.parametrize("role", ["reporter", "member", "leader", "jurisdiction", "department", "town"])
def test_whoever_reported_it_verifies_it_whatever_else_he_is(action: str, role: str) -> None:
    assert refusal(state("verifying"), event(action, role, actor="p1")) is None
    assert refusal(state("verifying"), event(action, role, actor="p2")) is not None


@pytest.mark.parametrize("known", [{"reporter": ""}, {"is_imported": True}])
def test_the_town_verifies_where_no_reporter_is_known_here(known: dict[str, object]) -> None:
    here = state("verifying", **known)
    assert refusal(here, event("verify", "town", actor="c1")) is None
    assert refusal(here, event("verify", "member", actor="c1")) is not None
    assert refusal(state("verifying", reporter=""), event("verify", "reporter", actor="")) is not None


def test_the_refusal_of_a_verification_names_the_reporter() -> None:
    why = refusal(state("verifying"), event("verify", "town", actor="c1"))
    assert why is not None
    assert why.zh == ("问题 A1：「核查通过」须由上报人 p1 操作，镇网格中心 c1 不能；镇网格中心现在可以：并案、备注。")
    assert why.en == ("issue A1: 'verify' is for reporter p1, not for town c1; town may now: merge, note")


@pytest.mark.parametrize(
    ("tier", "roles"),
    [
        ("grid", {"member", "leader", "jurisdiction", "town"}),
        ("jurisdiction", {"leader", "jurisdiction", "town"}),
        ("department", {"department", "town"}),
    ],
)
def test_who_has_an_issue_settles_it_or_who_stands_above(tier: str, roles: set[str]) -> None:
    may = {r for r in ROLES if refusal(state("disposing", tier), event("settle", r, actor="x")) is None}
    assert may == roles


def test_tiers_go_up_and_down_by_one_and_end() -> None:
    assert [tier_above(t) for t in ("", *TIERS)] == ["jurisdiction", "jurisdiction", "department", ""]
    assert [tier_below(t) for t in ("", *TIERS)] == ["", "", "grid", "jurisdiction"]
    here = state("disposing", "department")
    why = refusal(here, event("escalate", "department", tier="department"))
    assert why is not None
    assert why.zh.startswith("问题 A1 目前为「处置中」（部门），不能「上报上级」")
    assert why.en.startswith("issue A1: 'escalate' is not possible while it is 'Being disposed of' (Town department)")
    assert "escalate" not in {t.action for t in allowed(here)}
    assert refusal(state("disposing", "grid"), event("send_back", "leader", tier="grid")) is not None
    assert refusal(state("disposing", "grid"), event("escalate", "leader", tier="department")) is not None
    assert refusal(state("disposing", "grid"), event("settle", "leader", tier="jurisdiction")) is not None
    assert refusal(state("detected", ""), event("settle", "member", tier="department")) is not None


@pytest.mark.parametrize(
    ("step", "action", "missing", "zh"),
    [
        (t.step, t.action, need, zh)
        for t in TRANSITIONS
        for need in t.needs
        for zh in [
            {
                "tier": "处置层级",
                "handler": "处置人或单位",
                "note": "理由",
                "until": "缓办到何时",
                "duplicate_of": "并入哪个问题",
            }[need]
        ]
    ],
)
def test_what_an_action_must_carry_is_named(step: str, action: str, missing: str, zh: str) -> None:
    here = state(step)
    made = replace(told(step, action, here.tier), **{missing: None if missing == "until" else ""})
    why = refusal(here, made)
    assert why is not None
    assert why.zh == f"问题 A1，「{ACTIONS[action].text.zh}」：须写明{zh}。"
    assert why.en.endswith(f"({missing})")


@pytest.mark.parametrize(
    ("step", "action", "given", "zh"),
    [
        ("disposing", "transfer", {"handler": "j1"}, "已是处置方"),
        ("disposing", "merge", {"duplicate_of": "A1"}, "不能并入自身"),
        ("disposing", "defer", {"until": NOW}, "须晚于操作时间"),
        ("detected", "dispatch", {"tier": "county"}, "处置层级「county」不存在"),
        ("disposing", "overdue", {"at": datetime(2020, 2, 5, 8, 59)}, "尚未到"),
    ],
)
def test_contradictions_are_refused(step: str, action: str, given: dict[str, object], zh: str) -> None:
    here = state(step)
    why = refusal(here, replace(told(step, action, here.tier), **given))
    assert why is not None
    assert zh in why.zh
    assert why.en != why.zh


def test_an_overdue_mark_needs_a_deadline_and_comes_once() -> None:
    mark = event("overdue", "system", actor="gridmap")
    assert refusal(state("disposing"), mark) is None
    assert refusal(state("disposing", due_at=None), mark) is not None
    assert refusal(state("disposing", overdue_since=NOW), mark) is not None


def test_the_seven_steps_hold_every_action_of_people_once() -> None:
    assert [s.text.zh for s in SEVEN_STEPS] == [
        "信息采集", "案卷建立", "任务派遣", "任务处置", "处理反馈", "核查结案", "综合评价",
    ]  # fmt: skip
    held = [a for s in SEVEN_STEPS for a in s.actions]
    assert sorted(held) == sorted(set(ACTIONS) - {*BESIDE, "withdraw"})
    steps = list(STEPS)
    assert [steps.index(s.step) for s in SEVEN_STEPS] == sorted(steps.index(s.step) for s in SEVEN_STEPS)


# --- the page -------------------------------------------------------------------------------------------------

HEAD = """# Workflow of issues 问题处置流程

From which step which action leads where, who may take it, and what it must carry
(`gridmap.issues.workflow.TRANSITIONS`). Whatever stands in no row is refused, with a sentence that names what is
possible. Why it is so: [decision](../decisions/issue-workflow.md).

各环节可以进行的操作、去向、操作人和必填内容；表中没有的一律不能操作，提示会写明此时可以做什么。

`reporter` (上报人) is whoever reported the issue, under any role: 谁上报谁核查. The town's grid centre verifies and
sends back only where no reporter is known here: none is named, or an import began the issue.
`told`: the step that the record tells. `back`: disposing where it was disposed of before, else detected.
"""


def _steps(step: str) -> str:
    if step in STEPS:
        return f"`{step}` {STEPS[step].text.zh}"
    return {"": "—", TOLD: "`told` 所登记的环节", BACK: "`back` 原环节"}[step]


def _roles(roles: tuple[str, ...]) -> str:
    return ", ".join(f"`{r}`" for r in roles)


def _tier(t: Transition) -> str:
    if t.action == "send_back":
        return "one down 下一级" if t.step == "disposing" else "same 同级"
    if t.action == "settle":
        return "`grid` 当场" if t.step == "detected" else "same 同级"
    return {"escalate": "one up 上一级", "transfer": "same 同级"}.get(t.action, "")


def _row(t: Transition) -> str:
    who = _roles(t.who) + (", by tier 按层级" if t.by_tier else "")
    needs = ", ".join(f"`{n}`" for n in t.needs)
    action = f"`{t.action}` {ACTIONS[t.action].text.zh}"
    return f"| {_steps(t.step)} | {action} | {_steps(t.to)} | {_tier(t)} | {who} | {needs} |"


def _table(title: str, head: tuple[str, ...], rows: list[str]) -> str:
    return "\n".join([title, "", "| " + " | ".join(head) + " |", "|---" * len(head) + "|", *rows, ""])


def page() -> str:
    """The page as it should be."""
    order = ["", *STEPS]
    rows = sorted(TRANSITIONS, key=lambda t: order.index(t.step))
    policy = load_policy()
    seven = [
        f"| {s.text.zh} · {s.text.en} | {_steps(s.step)} | "
        + ", ".join(f"`{a}` {ACTIONS[a].text.zh}" for a in s.actions)
        + " |"
        for s in SEVEN_STEPS
    ]
    days = [
        f"| `{k}` {c.text.zh} | " + " | ".join(str(c.days[t]) for t in TIERS) + " |"
        for k, c in policy.categories.items()
    ]
    by_tier = [f"| {f'`{t}` {TIERS[t].text.zh}' if t else '—'} | {_roles(who)} |" for t, who in HANDLERS.items()]
    head = ("step 环节", "action 操作", "leads to 去向", "tier 层级", "who 操作人", "must carry 必填")
    return "\n".join(
        [
            HEAD,
            _table("## The table 流程表", head, [_row(t) for t in rows]),
            _table(
                "## Who 操作人",
                ("role", "角色", "who"),
                [f"| `{k}` | {c.text.zh} | {c.text.en} |" for k, c in ROLES.items()],
            ),
            _table(
                "## By tier 按层级\n\nWho has an issue acts on it, and who stands above in the same line.\n\n"
                "谁承办谁操作，上级也可操作。",
                ("tier 层级", "who 操作人"),
                by_tier,
            ),
            _table(
                "## The seven steps of city management 城市管理七步闭环",
                ("step of seven 七步", "step of the issue 环节", "actions 操作"),
                seven,
            ),
            _table(
                f"## Deadlines 时限\n\nWorking days of the policy `{policy.name}`, our decision; "
                f"a verification has {policy.verify_days}.\n\n内置规则 `{policy.name}` 的工作日数；核查为 "
                f"{policy.verify_days} 个工作日。",
                ("category 类别", *(f"`{t}` {c.text.zh}" for t, c in TIERS.items())),
                days,
            ),
        ]
    )


def test_page_says_what_the_code_says() -> None:
    assert PAGE.read_text("utf-8") == page(), "python tests/issues/test_workflow.py writes the page anew"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
