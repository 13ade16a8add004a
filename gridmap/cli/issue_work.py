"""One issue at a time: looked at, taken a step on; and what devices did offline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time

from gridmap.cli.issue_kept import category_name, key_of, person_id, policy_at
from gridmap.cli.issue_steps import check_order, moment_of, say_next
from gridmap.cli.kept import Asked, Kept, find_jurisdiction, kept, note_synthetic, wanted_grids
from gridmap.cli.screen import Screen
from gridmap.cli.stored import day_of
from gridmap.cli.tables import place_names
from gridmap.data.device_events import read_events
from gridmap.data.private_numbers import without_numbers
from gridmap.errors import Conflict, InvalidInput, NotStored
from gridmap.issues.fold import fold, new_event
from gridmap.issues.state import IssueState
from gridmap.issues.workflow import allowed
from gridmap.model.issue_event import ACTIONS, ROLES, IssueEvent
from gridmap.model.issues import STEPS, TIERS
from gridmap.model.text import Text, counted
from gridmap.storage.issue_log import add_events, advance_issue, load_events
from gridmap.storage.issue_query import IssueFilter
from gridmap.storage.issues import load_issues, redact_issue


@dataclass(frozen=True)
class Done:
    """What somebody did to an issue."""

    action: str
    tier: str = ""
    to: str = ""
    note: str = ""
    until: str = ""
    of: str = ""
    by: str | None = None
    role: str = ""
    at: str | None = None
    base: int | None = None


def show(asked: Asked, issue: str, screen: Screen) -> None:
    """Where an issue stands, everything that happened to it, what can come next.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with kept(asked) as at:
        events, state = _found(at, issue)
        policy = policy_at(at)
        row = load_issues(at.store, at.stored.entry.town_id, wanted=IssueFilter(ids=(issue,))).frame.iloc[0]
    note_synthetic(at, screen)
    handler = _named(at, state.tier, state.handler)
    tier = TIERS[state.tier].text.in_language(screen.lang) if state.tier else ""
    facts = {
        screen.words("类别", "category"): category_name(policy, row["category"], screen),
        screen.words("描述", "what"): row["description"],
        screen.words("地点", "where"): row["address"],
        screen.words("网格", "grid"): f"{row['grid']} {' '.join(place_names(at, [row['jurisdiction']]))}".strip(),
        screen.words("按方案", "by plan"): f"{row['plan']} v{row['plan_version']}" if row["plan"] else "",
        screen.words("步骤", "step"): STEPS[state.step].text.in_language(screen.lang),
        screen.words("并入", "merged into"): state.duplicate_of,
        screen.words("处置", "disposed by"): f"{tier} {handler}".strip(),
        screen.words("上报人", "reporter"): state.reporter,
        screen.words("上报时间", "reported"): _minute(state.reported_at),
        screen.words("处置完成", "settled"): _minute(state.settled_at),
        screen.words("核查通过", "verified"): _minute(state.verified_at),
        screen.words("缓办至", "deferred until"): _minute(state.deferred_until),
        screen.words("截止", "due"): _minute(state.due_at),
        screen.words("超期自", "overdue since"): _minute(state.overdue_since),
    }
    title = screen.words(f"问题 {issue}（第 {state.version} 版）", f"issue {issue} (version {state.version})")
    screen.table(title, ("", ""), [(k, v) for k, v in facts.items() if v])
    heads = screen.words("时间,操作,何人,角色,去向,说明", "when,action,who,as,to,why").split(",")
    screen.table("", heads, [_told(e, screen) for e in sorted(events, key=lambda e: (e.base_version, e.at))])
    for conflict in state.conflicts:
        screen.err.print(f"! {conflict.text.in_language(screen.lang)}", markup=False, soft_wrap=True)
    say_next(issue, state, screen)


def _named(at: Kept, tier: str, handler: str) -> str:
    """A handler with the name of the jurisdiction that its code stands for."""
    named = place_names(at, [handler])[0] if tier == "jurisdiction" else handler
    return handler if named == handler else f"{handler} {named}"


def _minute(when: datetime | None) -> str:
    return "" if when is None else f"{when:%Y-%m-%d %H:%M}"


def _told(event: IssueEvent, screen: Screen) -> tuple[object, ...]:
    tier = TIERS[event.tier].text.in_language(screen.lang) if event.tier else ""
    return (
        f"{event.at:%Y-%m-%d %H:%M}",
        ACTIONS[event.action].text.in_language(screen.lang),
        event.actor,
        ROLES[event.role].text.in_language(screen.lang),
        " ".join(t for t in (tier, event.handler, event.duplicate_of) if t),
        event.note,
    )


def advance(asked: Asked, issue: str, done: Done, screen: Screen) -> None:
    """Take an issue one step on.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    action = key_of(done.action, ACTIONS, Text("操作", "action"))
    tier = key_of(done.tier, TIERS, Text("处置层级", "tier")) if done.tier else ""
    with kept(asked) as at:
        policy = policy_at(at)
        _, state = _found(at, issue)
        if done.base is not None and done.base != state.version:
            raise Conflict(
                f"issue {issue} is at version {state.version} by now, you looked at version {done.base}; look at it "
                f"again with gridmap issues show {issue}",
                f"问题 {issue} 现为第 {state.version} 版，您依据的是第 {done.base} 版；请先用 gridmap issues show "
                f"{issue} 查看。",
            )
        actor = person_id(at, done.by) if done.by else at.store.actor
        role = key_of(done.role, ROLES, Text("角色", "role")) if done.role else ""
        until = day_of(done.until or None)
        moment_ = moment_of(done.at)
        check_order(state, moment_)
        if action == "merge" and done.of:
            _check_merge(at, issue, done.of)
        event = new_event(
            state,
            action,
            at=moment_,
            actor=actor,
            role=role or _usual_role(state, action, actor),
            policy=policy,
            tier=tier,
            handler=_handler(at, tier or (state.tier if action == "transfer" else ""), done.to),
            note=without_numbers(done.note),
            until=None if until is None else datetime.combine(until, time(0)),
            duplicate_of=done.of,
        )
        after = advance_issue(at.store, at.stored.entry.town_id, event)
    step = STEPS[after.step].text
    due = "" if after.step == "closed" else _minute(after.due_at)
    screen.say(
        Text(
            f"{issue}：{step.zh}（第 {after.version} 版）" + (f"，截止 {due}。" if due else "。"),
            f"{issue}: {step.en} (version {after.version})" + (f", due {due}." if due else "."),
        )
    )
    say_next(issue, after, screen)


def _handler(at: Kept, tier: str, to: str) -> str:
    """The code of the grid or jurisdiction that is meant; a department as it is written."""
    if not to or tier not in ("grid", "jurisdiction"):
        return without_numbers(to.strip())
    return wanted_grids(at, to, None)[0] if tier == "grid" else find_jurisdiction(at.plan, to)


def _check_merge(at: Kept, issue: str, of: str) -> None:
    """Refuse to merge into what does not count: nobody would see either issue again."""
    _, stays = _found(at, of)
    if of == issue or stays.step not in ("merged", "void", "withdrawn"):
        return  # the table says what is wrong with an issue that is merged into itself
    into = stays.duplicate_of if stays.duplicate_of not in ("", issue) else ""
    step = STEPS[stays.step].text
    raise InvalidInput(
        f"issue {of} does not count itself ({step.en.lower()}); "
        + (f"merge into {into}" if into else f"reopen it first: gridmap issues advance {of} reopen --note WHY"),
        f"问题 {of} 本身为「{step.zh}」，不能并入；"
        + (f"请并入 {into}。" if into else f"请先重新打开：gridmap issues advance {of} reopen --note 原因"),
    )


def _usual_role(state: IssueState, action: str, actor: str) -> str:
    """Whoever reported an issue acts as its reporter where he may, everybody else at the desk as the town's centre."""
    may = {t.action for t in allowed(state, "reporter", actor)}
    return "reporter" if actor == state.reporter and action in may else "town"


def sync(asked: Asked, source: str, screen: Screen) -> None:
    """Take in what devices did offline.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    given = read_events(source)
    with kept(asked) as at:
        for event in given:
            _check_people(event, at)
        events = tuple(map(_hidden, given))
        done = add_events(at.store, at.stored.entry.town_id, events)
    conflicts = [(s.issue, c) for s in done.states for c in s.conflicts]
    screen.say(
        Text(
            f"{len(events)} 个事件：新增 {done.n_added}，重复 {done.n_repeated}；冲突 {len(conflicts)} 个。",
            f"{counted(len(events), 'event')}: {done.n_added} new, {done.n_repeated} repeated; "
            f"{len(conflicts)} in conflict.",
        )
    )
    for issue, conflict in conflicts:
        screen.err.print(f"! {issue}: {conflict.text.in_language(screen.lang)}", markup=False, soft_wrap=True)
    if conflicts:
        first = conflicts[0][0]
        screen.say(
            Text(
                f"有冲突的操作都保留在日志中；全过程：gridmap issues show {first}",
                f"events in conflict stay in the log; all that happened: gridmap issues show {first}",
            )
        )


def _hidden(event: IssueEvent) -> IssueEvent:
    """Without mobile and identity numbers in its texts; the same event always becomes the same."""
    texts = {k: without_numbers(v) for k, v in event.facts.items() if isinstance(v, str)}
    told = {"note": without_numbers(event.note), "handler": without_numbers(event.handler)}
    return replace(event, **told, facts={**event.facts, **texts})  # type: ignore[arg-type]  # two texts


def _check_people(event: IssueEvent, at: Kept) -> None:
    """Refuse an event that names a person: who acts and who reported are ids."""
    for written in (event.actor, event.facts.get("reporter") or ""):
        if person_id(at, str(written)) != written:
            raise InvalidInput(
                f"issue {event.issue}, event {event.event_id}: names a person; write the id, which gridmap people list "
                "shows; nothing was taken in",
                f"问题 {event.issue}，操作 {event.event_id}：写的是姓名；请改为人员编号（见 gridmap people list）；"
                "没有存入任何事件。",
            )


def redact(asked: Asked, issue: str, screen: Screen) -> None:
    """Blank the texts of an issue for good.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with kept(asked) as at:
        redact_issue(at.store, at.stored.entry.town_id, issue)
    screen.say(
        Text(
            f"问题 {issue} 的描述、地点和备注已删除，办理过程保留。",
            f"description, address and notes of issue {issue} are blank; what was done stays.",
        )
    )


def _found(at: Kept, issue: str) -> tuple[tuple[IssueEvent, ...], IssueState]:
    events = load_events(at.store, at.stored.entry.town_id, issue)
    if not events:
        raise NotStored(
            f"no issue is called {issue}; gridmap issues list shows what there is",
            f"没有编号为 {issue} 的问题；可用 gridmap issues list 查看。",
        )
    return events, fold(events)
