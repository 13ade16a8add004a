"""An issue of the ledger, and its disposal: at once in the grid, in days by the village, in weeks by a department."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final

import numpy as np

from gridmap.issues.deadlines import due_at
from gridmap.model.issue_policy import IssuePolicy, load_policy

from .ledgers_forms import one
from .ledgers_grids import Grid
from .ledgers_issues_ground import Place
from .ledgers_issues_times import END, after_work, in_office
from .ledgers_issues_words import BY_DEPARTMENT, CHANNELS
from .ledgers_party import Talk

#: Shares of what does not go straight: sent back by whoever verifies, opened again later, late.
SENT_BACK, REOPENED = 0.06, 0.045
#: Part of the working days allowed that disposal takes, median and spread (lognormal).
TAKES: Final = {"jurisdiction": (0.44, 0.6), "department": (0.55, 0.35)}


@dataclass
class Issue:
    """An issue before it is written down; times are minutes of the town's day, places metres (EPSG:4549)."""

    grid: Grid
    category: str
    word: str
    reported_at: datetime
    sentence: str
    place: Place | None
    channel: str = CHANNELS[0]
    reporter: str = ""
    step: str = "closed"
    tier: str = ""
    department: str = ""
    dispatched_at: datetime | None = None
    settled_at: datetime | None = None
    verified_at: datetime | None = None
    due_at: datetime | None = None
    deferred_until: date | None = None
    n_sent_back: int = 0
    n_escalated: int = 0
    n_reopened: int = 0
    duplicate_of: Issue | None = None
    talk: Talk | None = field(default=None, repr=False)
    id: str = ""


@cache
def _policy() -> IssuePolicy:
    return load_policy()


def settle(issue: Issue, rng: np.random.Generator) -> None:
    """Fill in who disposes of an issue and when; of an open one only the beginning.

    One that must be over by the end of the ledger is drawn again until it is.
    """
    if issue.step != "closed":
        issue.tier = "jurisdiction" if rng.random() < 0.85 else "department"
    if issue.tier == "department":
        issue.department = one(rng, BY_DEPARTMENT[issue.category])
    while True:
        if issue.tier == "grid":
            _on_the_spot(issue, rng)
        else:
            _by_others(issue, rng)
        if issue.step != "closed" or (issue.verified_at is not None and issue.verified_at <= END):
            return


def _due(issue: Issue, start: datetime) -> datetime:
    return due_at(_policy(), issue.category, issue.tier, start)


def _on_the_spot(issue: Issue, rng: np.random.Generator) -> None:
    issue.dispatched_at = issue.reported_at + timedelta(minutes=int(rng.integers(0, 6)))
    issue.due_at = _due(issue, issue.dispatched_at)
    minutes = float(np.clip(rng.lognormal(np.log(28.0), 0.9), 4.0, 400.0))
    if rng.random() < 0.03:  # the second attempt, some days later
        minutes += 1440.0 * int(rng.integers(2, 5))
    issue.settled_at = issue.dispatched_at + timedelta(minutes=int(minutes))
    seen = int(rng.integers(1, 40)) if rng.random() < 0.7 else int(rng.integers(1200, 2000))
    issue.verified_at = issue.settled_at + timedelta(minutes=seen)


def _by_others(issue: Issue, rng: np.random.Generator) -> None:
    is_town = issue.tier == "department"
    wait = rng.uniform(120.0, 900.0) if is_town else float(np.clip(rng.lognormal(np.log(35.0), 0.9), 3.0, 600.0))
    issue.dispatched_at = in_office(issue.reported_at + timedelta(minutes=int(wait)))
    issue.n_escalated = int(is_town and rng.random() < 0.6)
    issue.due_at = _due(issue, issue.dispatched_at)
    issue.n_sent_back = issue.n_reopened = 0
    if issue.step != "closed":
        return
    allowed = _policy().categories[issue.category].days[issue.tier]
    median, spread = TAKES[issue.tier]
    issue.settled_at = after_work(issue.dispatched_at, allowed * rng.lognormal(np.log(median), spread))
    issue.verified_at = after_work(issue.settled_at, rng.uniform(0.03, 1.4))
    odds = rng.random()
    if odds < SENT_BACK:
        issue.n_sent_back = 1
        issue.settled_at = after_work(issue.verified_at, allowed * rng.uniform(0.1, 0.4))
        issue.verified_at = after_work(issue.settled_at, rng.uniform(0.03, 1.0))
    elif odds < SENT_BACK + REOPENED:
        issue.n_reopened = 1
        again = after_work(issue.verified_at, rng.uniform(3.0, 15.0))
        issue.due_at = _due(issue, again)
        issue.settled_at = after_work(again, allowed * rng.uniform(0.1, 0.5))
        issue.verified_at = after_work(issue.settled_at, rng.uniform(0.03, 1.0))
