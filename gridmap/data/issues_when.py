"""When an issue was reported, settled, verified: the times of a file put together, and what cannot be."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gridmap.data.issues_columns import HEADINGS, TIMES
from gridmap.data.issues_desk import IssueDesk
from gridmap.data.issues_times import ReadTimes, Times, read_times
from gridmap.data.records_values import is_nothing
from gridmap.model.issue_policy import IssuePolicy
from gridmap.model.text import Text

#: How long a disposal may take, where a platform writes that in the place of a deadline.
_SPAN: Final = re.compile(
    r"\d{1,4}(\.\d+)?\s*(个?工作日|个?自然日|个?小时|日|天|分钟|d|h|days?|hours?)?", re.IGNORECASE
)
_CLOCK: Final = re.compile(r"\d{1,2}\s*[:：时点].*")
_NOT_A_TIME: Final = Text("不是时间；请写成 2019-09-03 08:05 的形式", "is no time; write it like 2019-09-03 08:05")
#: What cannot be before the report, and how that is said.
_AFTER: Final = {
    "settled_at": Text(
        "处置完成早于上报；按原样保留，请核对", "was settled before it was reported; kept as it is, please check"
    ),
    "verified_at": Text(
        "核查早于上报；按原样保留，请核对", "was verified before it was reported; kept as it is, please check"
    ),
}
_HAPPENED: Final = ("reported_at", "disposed_at", "settled_at", "verified_at")


def read_moments(desk: IssueDesk, policy: IssuePolicy) -> dict[str, Times]:
    """The times of each issue, a column each: those of :data:`gridmap.data.issues_columns.TIMES`, with ``closed_at``.

    A deadline of which only the day is written ends with that day's office hours. A later time of which only the day
    is written is not before the report on the same day. What is no time is said as an error; so is a missing report.

    Parameters
    ----------
    desk : IssueDesk
    policy : IssuePolicy
    """
    read = {column: _read(desk, column) for column in TIMES}
    times = {column: r.times for column, r in read.items()}
    reported = times["reported_at"]
    missing = np.isnat(reported)
    missing[read["reported_at"].wrong] = False
    desk.say(missing, "reported_at", Text("没有填上报时间", "has no time of the report"))
    n_moved = 0
    for column in TIMES[1:]:
        own, is_day = times[column], read[column].is_day
        if column == "due_at":
            end = policy.office_ends
            own[is_day] += np.timedelta64(end.hour * 3600 + end.minute * 60 + end.second, "s")
            continue
        early = is_day & (own < reported) & (own == reported.astype("datetime64[D]"))
        own[early] = reported[early]
        n_moved += int(early.sum())
    _note(desk, read, n_moved)
    return times


def _read(desk: IssueDesk, column: str) -> ReadTimes:
    texts = _reported_texts(desk) if column == "reported_at" else desk.written.texts(column)
    read = read_times(texts)
    wrong = read.wrong
    if column == "due_at" and len(wrong):
        spans = np.array([_SPAN.fullmatch(texts[row].strip()) is not None for row in wrong], dtype=bool)
        if spans.any():
            n, such = int(spans.sum()), texts[wrong[spans][0]]
            desk.notes.append(
                Text(
                    f"{n:,} 件的「{HEADINGS['due_at'].title.zh}」写的是时长（如「{such}」）：未读，按本镇时限表计算。",
                    f"{n:,} issues have a length of time where a deadline should be (such as {such!r}): not read, "
                    "their deadlines are computed from the town's table",
                )
            )
        wrong = wrong[~spans]
    said = [Text(f"「{texts[r]}」{_NOT_A_TIME.zh}", f"{texts[r]!r} {_NOT_A_TIME.en}") for r in wrong]
    desk.say(wrong, column, said)
    return read._replace(wrong=wrong)


def _reported_texts(desk: IssueDesk) -> NDArray[np.object_]:
    """When each was reported, as it is written; the day may stand in a column of its own."""
    texts = desk.written.texts("reported_at")
    if "reported_day" not in desk.written.has:
        return texts
    days = desk.written.texts("reported_day")
    both = (_with_day(text, day) for text, day in zip(texts, days, strict=True))
    return np.fromiter(both, dtype=object, count=len(texts))


def _with_day(text: str, day: str) -> str:
    if is_nothing(text):
        return day
    return f"{day.partition(' ')[0]} {text}" if _CLOCK.fullmatch(text.strip()) else text


def _note(desk: IssueDesk, read: dict[str, ReadTimes], n_moved: int) -> None:
    n_zoned = max(r.n_zoned for r in read.values())
    n_american = max(r.n_american for r in read.values())
    if n_zoned:
        desk.notes.append(
            Text(
                f"{n_zoned:,} 行的时间带有时区（如 +08:00）：按所写的钟点读取，时区不换算。",
                f"times in {n_zoned:,} rows have an offset from UTC: read by the clock as written, not converted",
            )
        )
    if n_american:
        desk.notes.append(
            Text(
                f"{n_american:,} 行的日期按「月/日/年」读取。",
                f"dates in {n_american:,} rows are read as month/day/year",
            )
        )
    if n_moved:
        desk.notes.append(
            Text(
                f"{n_moved:,} 处只写了日期、与上报同日：按上报时间计。",
                f"{n_moved:,} times name only the day of the report: taken as the time of the report",
            )
        )


def end_cases(times: dict[str, Times]) -> dict[str, Any]:
    """Times without ``closed_at``, which becomes the end of what was not told otherwise; and the step that they tell.

    Where a time of settling is given, the case ended with its verification; where neither is, with the disposal.

    Parameters
    ----------
    times : dict of str to ndarray of datetime64[s]
        Of :func:`read_moments`.

    Returns
    -------
    dict
        The times, and ``told``, (n,): ``closed``, ``verifying``, ``disposing``, or "" where no time tells a step.
    """
    closed, settled, verified = times["closed_at"], times["settled_at"], times["verified_at"]
    told = np.full(len(closed), "", dtype=object)
    told[~np.isnat(times["disposed_at"])] = "disposing"
    told[~np.isnat(settled)] = "verifying"
    told[~(np.isnat(verified) & np.isnat(closed))] = "closed"
    rest = {k: v for k, v in times.items() if k != "closed_at"}
    is_verified = ~np.isnat(settled) & np.isnat(verified)
    is_settled = np.isnat(settled) & np.isnat(verified)
    rest["verified_at"] = np.where(is_verified, closed, verified)
    rest["settled_at"] = np.where(is_settled, closed, settled)
    return {**rest, "told": told}


def doubt_times(desk: IssueDesk, data: dict[str, Any], day: dt.date) -> int:
    """Say which times cannot be: before the report, or after the day of reading. They are kept.

    Returns
    -------
    int
        Issues that were settled before they were reported.
    """
    early = {column: data[column] < data["reported_at"] for column in _AFTER}
    for column, text in _AFTER.items():
        shown = column if column in desk.written.has else "closed_at"
        desk.say(early[column], shown, text, "warning")
    end = np.datetime64(day + dt.timedelta(days=1), "s")
    for column in _HAPPENED:
        late = Text(f"在读取日 {day} 之后；请核对", f"is after the day of reading, {day}; please check")
        desk.say(data[column] >= end, column, late, "warning")
    return int(early["settled_at"].sum())
