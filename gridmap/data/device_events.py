"""Events of issues out of a file: what devices did while they had no network, one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from gridmap.errors import InvalidInput
from gridmap.model.issue_event import ACTIONS, ROLES, IssueEvent
from gridmap.model.issues import TIERS
from gridmap.model.text import why_unreadable

#: Larger files are no log of a device.
MOST_BYTES: Final = 64 * 1024 * 1024
_NEEDED: Final = ("issue", "event_id", "base_version", "action", "at", "actor", "role")
_KNOWN: Final = (*_NEEDED, "base", "tier", "handler", "note", "until", "duplicate_of", "due_at", "facts")


def read_events(path: str | Path) -> tuple[IssueEvent, ...]:
    """The events of a file, in its order.

    Parameters
    ----------
    path : str or Path
        UTF-8, one JSON object a line with the attributes of :class:`gridmap.model.issue_event.IssueEvent`; times are
        ISO text without a zone; blank lines are passed over.

    Raises
    ------
    InvalidInput
        If the file cannot be read, or a line is no event: all or nothing.
    """
    file = Path(path).expanduser()
    try:
        if file.stat().st_size > MOST_BYTES:
            raise InvalidInput(
                f"{file.name}: larger than {MOST_BYTES // 1024 // 1024} MB; split it",
                f"{file.name}：文件超过 {MOST_BYTES // 1024 // 1024} MB；请拆分后再同步。",
            )
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = why_unreadable(error)
        raise InvalidInput(f"{path}: {why.en}", f"{path}：{why.zh}。") from error
    lines = [(i, line) for i, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if not lines:
        raise InvalidInput(f"{file.name}: holds no event", f"{file.name}：文件中没有事件。")
    return tuple(_event(line, f"{file.name}:{number}") for number, line in lines)


def _event(line: str, where: str) -> IssueEvent:
    try:
        given = json.loads(line)
    except json.JSONDecodeError as error:
        raise _refused(where, f"is no JSON ({error.msg})", f"第 {error.colno} 个字符起不是合格的 JSON") from error
    if not isinstance(given, dict):
        raise _refused(where, "is no JSON object", "不是 JSON 对象")
    missing = [k for k in _NEEDED if given.get(k) in (None, "")]
    strangers = [k for k in given if k not in _KNOWN]
    if missing or strangers:
        wrong = f"lacks {', '.join(missing)}" if missing else f"has unknown {', '.join(strangers)}"
        raise _refused(where, wrong, f"缺少 {'、'.join(missing)}" if missing else f"有未知字段 {'、'.join(strangers)}")
    for name, words in (("action", ACTIONS), ("role", ROLES), ("tier", {**TIERS, "": None})):
        if given.get(name, "") not in words:
            allowed = ", ".join(w for w in words if w)
            raise _refused(where, f"{name} is one of {allowed}; got {given[name]!r}", f"{name} 应为 {allowed} 之一")
    facts = given.get("facts") or {}
    if not isinstance(facts, dict):
        raise _refused(where, "facts is no JSON object", "facts 不是 JSON 对象")
    base = given.get("base")
    return IssueEvent(
        issue=_text(given, "issue", where),
        event_id=_typed(given["event_id"], UUID, "event_id", where),
        base=None if base is None else _typed(base, UUID, "base", where),
        base_version=_count(given["base_version"], where),
        action=given["action"],
        at=_typed(given["at"], _moment, "at", where),
        actor=_text(given, "actor", where),
        role=given["role"],
        tier=given.get("tier", ""),
        handler=_text(given, "handler", where),
        note=_text(given, "note", where),
        until=_optional(given, "until", where),
        duplicate_of=_text(given, "duplicate_of", where),
        due_at=_optional(given, "due_at", where),
        facts=facts,
    )


def _text(given: Mapping[str, Any], name: str, where: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str) or "\x00" in value:
        raise _refused(where, f"{name} is no text", f"{name} 不是文本")
    return value


def _count(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _refused(where, "base_version is a whole number from 0 on", "base_version 应为不小于 0 的整数")
    return value


def _optional(given: Mapping[str, Any], name: str, where: str) -> datetime | None:
    return None if given.get(name) is None else _typed(given[name], _moment, name, where)


def _moment(value: str) -> datetime:
    at = datetime.fromisoformat(value)
    if at.tzinfo is not None:
        raise ValueError("a zone")
    return at.replace(microsecond=0)


def _typed(value: object, make: Callable[[str], Any], name: str, where: str) -> Any:
    try:
        return make(value if isinstance(value, str) else "")
    except ValueError as error:
        form = "a UUID" if make is UUID else "a time such as 2020-02-03T09:30:00, without a zone"
        form_zh = "UUID" if make is UUID else "不带时区的时间，例如 2020-02-03T09:30:00"
        raise _refused(where, f"{name} is {form}; got {value!r}", f"{name} 应为{form_zh}；得到 {value!r}") from error


def _refused(where: str, en: str, zh: str) -> InvalidInput:
    return InvalidInput(f"{where}: {en}; nothing was taken in", f"{where}：{zh}；没有存入任何事件。")
