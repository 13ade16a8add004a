"""What the commands of `gridmap store` do: open the database, do one thing, say what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path

from gridmap.cli.screen import Screen
from gridmap.cli.work import print_findings
from gridmap.errors import InvalidInput
from gridmap.model.rules import load_rules
from gridmap.model.text import Text
from gridmap.settings import Settings
from gridmap.storage import branch, codes, entries, history, save, states
from gridmap.storage import merge as merging
from gridmap.storage.connect import Store, open_store
from gridmap.storage.plans import load_plan
from gridmap.storage.save import Saved
from gridmap.storage.verdict import judge_stored


@contextmanager
def opened() -> Iterator[Store]:
    """The database of this machine's settings.

    Raises
    ------
    StoreError, MissingProgram
        As :func:`gridmap.storage.connect.open_store`.
    """
    settings = Settings.from_environment()
    folder = Path(settings.data_folder) if settings.data_folder else None
    with open_store(settings.database_url, actor=settings.actor, folder=folder) as store:
        yield store


def move_units(plan: str, units: Sequence[str], to: str, base: int | None, message: str, screen: Screen) -> None:
    """Move units to a grid, to a new one, or out of theirs.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with opened() as store:
        entry = entries.find_plan(store, plan)
        if not units:
            raise InvalidInput(
                "no unit is named; give ids, separated by commas", "没有给出单元编号；多个编号用逗号隔开。"
            )
        if to == "new":
            code = codes.reserve_code(store, entry.id, codes.place_of(store, entry.id, units))
        else:
            code = "" if to == "none" else codes.known_code(store, entry.id, to)
        saved = save.save_moves(store, entry.id, base or entry.version, dict.fromkeys(units, code), message=message)
    if to == "new":
        screen.say(Text(f"新网格：{code}", f"new grid: {code}"))
    say_saved(screen, entry.name, saved)


def lock_grids(plan: str, wanted: Sequence[str], base: int | None, screen: Screen, *, unlock: bool) -> None:
    """Lock or unlock grids.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with opened() as store:
        entry = entries.find_plan(store, plan)
        at = base or entry.version
        if not wanted:
            raise InvalidInput(
                "no grid is named; give codes, separated by commas", "没有给出网格编号；多个编号用逗号隔开。"
            )
        now = load_plan(store, entry.id, at).plan
        unknown = sorted(set(wanted) - set(now.codes))
        if unknown:
            raise InvalidInput(
                f"plan {entry.name} has no grid {', '.join(unknown)}",
                f"方案「{entry.name}」没有网格 {'、'.join(unknown)}。",
            )
        locked = now.locked - set(wanted) if unlock else now.locked | set(wanted)
        saved = save.save_moves(store, entry.id, at, {}, locked=locked)
    if saved.version == at:
        screen.say(Text("锁定状态没有变化。", "nothing changed: they are so already."))
    else:
        say_saved(screen, entry.name, saved)


def step(kind: str, plan: str, base: int | None, version: int | None, screen: Screen) -> None:
    """Undo, redo or restore.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with opened() as store:
        entry = entries.find_plan(store, plan)
        at = base or entry.version
        if kind == "restore":
            saved = history.restore_version(store, entry.id, at, version or entry.version)
        else:
            saved = {"undo": history.undo, "redo": history.redo}[kind](store, entry.id, at)
    say_saved(screen, entry.name, saved)


def make_branch(plan: str, name: str, version: int | None, screen: Screen) -> None:
    """Make a branch.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with opened() as store:
        made = branch.branch_plan(store, plan, name, version)
    entry = made.entry
    screen.say(
        Text(
            f"分支「{entry.name}」已建立，始于方案「{plan}」第 {entry.source_version} 版。",
            f"branch {entry.name} begins with version {entry.source_version} of plan {plan}.",
        )
    )
    for old, new in made.new_codes.items():
        screen.say(Text(f"编号 {old} 已停用，改为 {new}。", f"code {old} is retired; its grid is now {new}."))


def merge(name: str, into: str, base: int | None, choices: Mapping[str, str], message: str, screen: Screen) -> None:
    """Merge a branch.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with opened() as store:
        entry = entries.find_plan(store, into)
        chosen = {unit: "" if code == "none" else code for unit, code in choices.items()}
        saved = merging.merge_branch(store, name, entry.id, base or entry.version, choices=chosen, message=message)
    say_saved(screen, entry.name, saved)


def judge(plan: str, version: int | None, rules_name: str | None, screen: Screen) -> bool:
    """Judge a version, store the report, print it; whether every hard rule is kept or excepted.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    with screen.progress() as steps, opened() as store:
        steps.stage("check")
        given = load_rules(rules_name) if rules_name else None
        report = judge_stored(store, plan, version, rules=given)
    print_findings(screen, report)
    return report.is_lawful


def change_state(kind: str, plan: str, day: str | None, note: str, screen: Screen) -> None:
    """Approve, reopen, bring into force or retire a plan.

    Raises
    ------
    GridmapError
        With one sentence.
    """
    on = day_of(day)
    with opened() as store:
        if kind == "enforce":
            assert on is not None
            done = states.put_in_force(store, plan, on, note=note)
            entry = done.entry
            if done.ended:
                screen.say(Text(f"原方案「{done.ended}」同日停用。", f"plan {done.ended} ends on that day."))
            if done.retired:
                n = len(done.retired)
                screen.say(Text(f"停用编号 {n} 个，不再使用。", f"{n} codes are retired and never used again."))
        else:
            changes: dict[str, Callable[..., entries.PlanEntry]] = {
                "approve": states.approve_plan,
                "reopen": states.reopen_plan,
                "retire": partial(states.retire_plan, until=on),
            }
            entry = changes[kind](store, plan, note=note)
    since = screen.words(f"，自 {entry.since} 起", f" from {entry.since}") if entry.since else ""
    until = screen.words(f"，至 {entry.until} 止", f" until {entry.until}") if entry.until else ""
    state = entry.state.replace("_", " ")
    screen.say(
        Text(
            f"方案「{entry.name}」第 {entry.version} 版：{entries.STATES[entry.state]}{since}{until}。",
            f"plan {entry.name}, version {entry.version}: {state}{since}{until}.",
        )
    )


def day_of(text: str | None) -> date | None:
    """A date as it is typed.

    Raises
    ------
    InvalidInput
        If it is none.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(
            f"a date is written as 2026-12-01; got {text!r}", f"日期应写成 2026-12-01；得到 {text!r}。"
        ) from error


def say_saved(screen: Screen, plan: str, saved: Saved) -> None:
    """Say what became of a save."""
    if not saved.n_moves and not saved.is_repeat:
        screen.say(
            Text(
                f"方案「{plan}」现为第 {saved.version} 版；没有单元换网格。",
                f"plan {plan} is at version {saved.version}; no unit changed its grid.",
            )
        )
        return
    over = ""
    if saved.rebased_over:
        over = screen.words(
            f"，已叠加在他人保存的第 {saved.rebased_over[0]}–{saved.rebased_over[-1]} 版之上",
            f", put over versions {saved.rebased_over[0]}–{saved.rebased_over[-1]} that others saved meanwhile",
        )
    screen.say(
        Text(
            f"方案「{plan}」第 {saved.version} 版：{saved.n_moves} 个单元{over}。",
            f"plan {plan}, version {saved.version}: {saved.n_moves} units moved{over}.",
        )
    )
