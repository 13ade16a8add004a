"""issues.xlsx: what was found in half a year, and how far each issue has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import numpy as np

from .ledgers_forms import TODAY, one, sample
from .ledgers_grids import Division, Grid
from .ledgers_issues_ground import Ground, find_place, near_by
from .ledgers_issues_settled import Issue, settle
from .ledgers_issues_times import DAYS, END, FIRST, at, at_some_hour, some_day, weight_of
from .ledgers_issues_words import (
    ASKED,
    CHANNELS,
    FEBRUARY_THINGS,
    IN_COUNTRY,
    IN_FEBRUARY,
    IN_TOWN,
    KINDS,
    NEED_DEPARTMENT,
    ON_THE_SPOT,
    SHED_SENTENCE,
    VOID_REASONS,
)
from .ledgers_party import SHED_BUILT, SHED_ISSUE, Talk, grid_of_shed
from .ledgers_people import Post

#: Found and settled in the half year, by tier; still open on its last day; duplicates and void ones beside them.
SETTLED: Final = {"grid": 525, "jurisdiction": 945, "department": 30}
OPEN, MERGED, VOID = 34, 12, 6
#: Of the open ones so many are put off.
PUT_OFF: Final = 3
#: The mall has no households, and issues nevertheless; so many issues have no coordinates.
AT_THE_MALL, WITHOUT_PLACE = 6, 9
#: Three grids of 金湾 side by side have about three times as many issues as their households let expect: so many more
#: each, e-bikes all of them, until the shed opens; then they cease by half in so many days.
CLUSTER, MORE_EACH, HALF_LIFE_DAYS = 3, 12, 10.0
#: What is found from then on and settled was settled in the grid, or by the village.
LAST_FOR_VILLAGES, LAST_FOR_DEPARTMENTS = at(date(2020, 2, 25), 12), at(date(2020, 1, 13), 0)


def make_issues(
    division: Division,
    ground: Mapping[str, Ground],
    posts: Sequence[Post],
    talks: Sequence[Talk],
    rng: np.random.Generator,
) -> list[Issue]:
    """Every issue by the order of its report, each with its id."""
    find_rng, settle_rng, more_rng = rng.spawn(3)
    crew = _Crew(posts)
    found = _found(division, ground, find_rng)
    _ask(found, talks, find_rng)
    shed = _shed(division, ground, talks, find_rng)
    found.append(shed)
    found.sort(key=lambda i: i.reported_at)
    _put_shed(found, shed)
    for issue in found:
        crew.report(issue, find_rng)
    still_open = _choose_open(found, shed, settle_rng)
    _choose_tiers([i for i in found if i.step == "closed"], shed, settle_rng)
    for issue in found:
        settle(issue, settle_rng)
    _settle_shed(shed)
    _open(still_open, settle_rng)
    for issue in sample(more_rng, [i for i in found if i.talk is None], WITHOUT_PLACE):
        issue.place = None
    beside = _merged(found, ground, more_rng) + _void(division, ground, more_rng)
    for issue in beside:
        crew.report(issue, more_rng)
    return _numbered([*found, *beside])


# --- found ---


def _found(division: Division, ground: Mapping[str, Ground], rng: np.random.Generator) -> list[Issue]:
    """All but that of the shed: by chance and households, but for three grids of 金湾."""
    grids = list(division.grids.values())
    cluster = _cluster(division)
    households = np.array([g.households for g in grids], dtype=float)
    n = sum(SETTLED.values()) + OPEN - 1 - CLUSTER * MORE_EACH - AT_THE_MALL
    counts = rng.multinomial(n, households / households.sum())
    counts[households == 0] = AT_THE_MALL
    ordinary = np.array([weight_of(d) for d in DAYS])
    built = SHED_BUILT.toordinal()
    fading = np.array([0.5 ** (max(d.toordinal() - built, 0) / HALF_LIFE_DAYS) for d in DAYS])
    found = []
    for grid, count in zip(grids, counts, strict=True):
        for _ in range(int(count)):
            day = some_day(rng, ordinary)
            found.append(_one(ground[grid.code], _category(grid, day, rng), day, rng))
        n_more = MORE_EACH if grid.code in cluster else 0
        found += [_one(ground[grid.code], "ebike", some_day(rng, ordinary * fading), rng) for _ in range(n_more)]
    return found


def _cluster(division: Division) -> list[str]:
    """The grid of the shed and two more, each beside another of them."""
    chosen = [grid_of_shed(division).code]
    while len(chosen) < CLUSTER:
        chosen.append(next(n for c in chosen for n in division.neighbours[c] if n not in chosen))
    return chosen


def _category(grid: Grid, day: date, rng: np.random.Generator) -> str:
    weights = IN_COUNTRY if grid.is_village else IN_TOWN
    late = IN_FEBRUARY if day >= date(2020, 1, 25) else {}
    shares = np.array([w * late.get(k, 1.0) for k, w in weights.items()])
    return list(weights)[int(rng.choice(len(weights), p=shares / shares.sum()))]


def _one(ground: Ground, category: str, day: date, rng: np.random.Generator) -> Issue:
    kind = KINDS[category]
    late = FEBRUARY_THINGS.get(category) if day >= date(2020, 1, 25) else None
    word, sentence = one(rng, late if late and rng.random() < 0.8 else kind.things)
    word = word if rng.random() < 0.6 else one(rng, kind.words)
    moment = at_some_hour(day, rng, evening=category in ("ebike", "nuisance"))
    return Issue(ground.grid, category, word, moment, sentence, find_place(ground, kind.spots, rng))


def _ask(found: list[Issue], talks: Sequence[Talk], rng: np.random.Generator) -> None:
    """Of what was found in the grid of a deliberation before it, one issue is what was talked about."""
    for talk in talks:
        words = ASKED.get(talk.topic)
        if not talk.has_issue or words is None:
            continue
        before = [i for i in found if i.grid.code == talk.grid.code and i.reported_at.date() < talk.day and not i.talk]
        if before:
            issue = one(rng, before)
            issue.category, issue.sentence = words
            issue.word = KINDS[issue.category].words[0]
            issue.talk = talk


def _shed(division: Division, ground: Mapping[str, Ground], talks: Sequence[Talk], rng: np.random.Generator) -> Issue:
    grid = grid_of_shed(division)
    talk = next(t for t in talks if t.issue == SHED_ISSUE)
    place = find_place(ground[grid.code], ("building",), rng)
    return Issue(grid, "ebike", "楼道充电", at(FIRST, 9), SHED_SENTENCE, place, talk=talk)


def _put_shed(found: list[Issue], shed: Issue) -> None:
    """Give the issue of the shed the time by which its number in the ledger is that of the deliberation."""
    found.remove(shed)
    rank = int(SHED_ISSUE.partition("-")[2]) - 1
    shed.reported_at = found[rank - 1].reported_at + timedelta(minutes=1)
    found.insert(rank, shed)


class _Crew:
    """Who may report in which grid on which day."""

    def __init__(self, posts: Sequence[Post]) -> None:
        self._members: dict[str, list[Post]] = {}
        for post in posts:
            if post.grid is not None and post.role in ("grid_member", "grid_leader"):
                self._members.setdefault(post.grid.code, []).append(post)

    def report(self, issue: Issue, rng: np.random.Generator) -> None:
        """How an issue came in and who wrote it down; a call to the hotline has no reporter in the ledger."""
        day = issue.reported_at.date()
        there = [p for p in self._members[issue.grid.code] if p.since <= day and (p.until is None or day < p.until)]
        issue.channel = str(rng.choice(CHANNELS, p=(0.72, 0.16, 0.06, 0.06))) if not issue.talk else CHANNELS[1]
        if issue.channel != "12345热线" and there:
            issue.reporter = one(rng, there).person


# --- how far each has come ---


def _choose_open(found: list[Issue], shed: Issue, rng: np.random.Generator) -> list[Issue]:
    """Mark those that are still open, most of them of the last days; by the order of their report."""
    days = np.array([(END - i.reported_at).total_seconds() / 86400 for i in found])
    odds = np.exp(-days / 3.0) + 2e-4 * np.exp(-days / 40.0)
    odds[[i is shed or i.talk is not None for i in found]] = 0.0
    chosen = sorted(int(n) for n in rng.choice(len(found), OPEN, replace=False, p=odds / odds.sum()))
    for n in chosen:
        found[n].step = "disposing"
    return [found[n] for n in chosen]


def _choose_tiers(settled: list[Issue], shed: Issue, rng: np.random.Generator) -> None:
    """Exactly as many of each tier as published; what takes days or weeks was found early enough to be done."""
    shed.tier = "jurisdiction"
    for issue in settled:
        issue.tier = issue.tier or ("grid" if issue.reported_at >= LAST_FOR_VILLAGES else "")
    n_late = sum(i.tier == "grid" for i in settled)
    early = [i for i in settled if not i.tier and i.reported_at < LAST_FOR_DEPARTMENTS]
    _draw(early, "department", SETTLED["department"], NEED_DEPARTMENT, rng)
    _draw([i for i in settled if not i.tier], "grid", SETTLED["grid"] - n_late, ON_THE_SPOT, rng)
    for issue in settled:
        issue.tier = issue.tier or "jurisdiction"


def _draw(issues: list[Issue], tier: str, n: int, odds: Mapping[str, float], rng: np.random.Generator) -> None:
    weights = np.array([odds.get(i.category, 0.2) for i in issues])
    for chosen in rng.choice(len(issues), n, replace=False, p=weights / weights.sum()):
        issues[chosen].tier = tier


def _settle_shed(shed: Issue) -> None:
    """A project takes longer than the table of deadlines has days: put off to the end of the year, done before it."""
    shed.settled_at = at(SHED_BUILT, 15, 30)
    shed.verified_at = at(SHED_BUILT + timedelta(days=3), 10, 5)
    shed.deferred_until = date(2019, 12, 31)
    shed.due_at = at(shed.deferred_until, 17, 30)
    shed.n_sent_back = shed.n_reopened = 0


def _open(still_open: list[Issue], rng: np.random.Generator) -> None:
    """Nobody has the last ones yet, the office is closed; of the oldest a few are put off; others are worked on."""
    for issue in (i for i in still_open if i.dispatched_at is not None and i.dispatched_at > END):
        issue.step, issue.tier, issue.dispatched_at, issue.due_at = "detected", "", None, None
    for issue in sample(rng, still_open[: PUT_OFF * 3], PUT_OFF):
        issue.step, issue.deferred_until = "deferred", date(2020, 3, 31)
        issue.due_at = at(issue.deferred_until, 17, 30)


# --- beside them ---


def _merged(found: list[Issue], ground: Mapping[str, Ground], rng: np.random.Generator) -> list[Issue]:
    """The same again, some steps and some hours away."""
    before = [i for i in found if i.tier == "jurisdiction" and i.place and not i.talk and i.step == "closed"]
    before = [i for i in before if i.reported_at.date() < date(2020, 2, 20)]
    made = []
    for first in sample(rng, before, MERGED):
        again = first.reported_at + timedelta(minutes=int(rng.integers(40, 2400)))
        if not 7 <= again.hour < 22:
            again += timedelta(hours=10)
        place = near_by(ground[first.grid.code], first.place, (3.0, 22.0), rng) if first.place else None
        made.append(
            Issue(
                first.grid, first.category, first.word, again, first.sentence, place, step="merged", duplicate_of=first
            )
        )
    return made


def _void(division: Division, ground: Mapping[str, Ground], rng: np.random.Generator) -> list[Issue]:
    made = []
    for grid in sample(rng, [g for g in division.grids.values() if g.households], VOID):
        day = some_day(rng, np.array([weight_of(d) * (d < TODAY) for d in DAYS]))
        issue = _one(ground[grid.code], _category(grid, day, rng), day, rng)
        made.append(replace(issue, step="void", sentence=f"{issue.sentence}（{one(rng, VOID_REASONS)}）"))
    return made


def _numbered(issues: list[Issue]) -> list[Issue]:
    """By the order of their report, numbered anew each year; that of the shed keeps its number."""
    issues.sort(key=lambda i: i.reported_at)
    shed = next(i for i in issues if i.sentence == SHED_SENTENCE)
    _put_shed(issues, shed)
    for year in (2019, 2020):
        for n, issue in enumerate((i for i in issues if i.reported_at.year == year), start=1):
            issue.id = f"WT{year}-{n:04d}"
    return issues
