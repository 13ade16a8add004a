"""The state of an issue: what the fold of its events says; every figure of it can be counted again from the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from gridmap.model.text import Text

#: Why an event of the log is not part of the state. ``lost``: another event on the same base counts; ``rests``: it was
#: built on such an event; ``refused``: the table does not allow it there, or not to this role; ``base_version``: it
#: counts another number of events before it; ``same_id``: one id with two contents; ``waiting``: what it was built on
#: has not arrived; ``redundant``: a second device said the same, which is harmless.
ConflictReason = Literal["lost", "rests", "refused", "base_version", "same_id", "waiting", "redundant"]
#: Reasons that nobody has to look at.
HARMLESS: Final = ("redundant",)


@dataclass(frozen=True)
class IssueConflict:
    """An event that is in the log and not in the state.

    Attributes
    ----------
    event_id : UUID
        The event.
    against : UUID or None
        The event that counts instead, or that it was built on; None for a base that is none.
    reason : str
        One of :data:`ConflictReason`.
    text : Text
        Who did what, and what counts instead.
    """

    event_id: UUID
    against: UUID | None
    reason: ConflictReason
    text: Text


@dataclass(frozen=True)
class IssueState:
    """How far an issue has come.

    Attributes
    ----------
    issue : str
        Its id.
    version : int
        Events on the way to `head`, it included; notes and overdue marks move nothing and are not counted. 0 before
        the first.
    head : UUID or None
        The last of these events: what the next one is built on. None before the first.
    step : str
        Key of :data:`gridmap.model.issues.STEPS`; "" before the first event.
    tier, handler, category, reporter : str
        As in :data:`gridmap.model.issues.ISSUE_COLUMNS`.
    reported_at, disposed_at, settled_at, verified_at : datetime or None
        Civil times of the town. `disposed_at` is when disposal first began; the two others are those of the last
        time and None while it is open again.
    due_at : datetime or None
        Deadline of the step that it is in; once closed, the last deadline of its disposal. None where nothing is due.
    dispose_due_at : datetime or None
        The last deadline of its disposal.
    deferred_until : datetime or None
        While it is deferred.
    n_sent_back, n_escalated, n_reopened : int
        How often.
    duplicate_of : str
        Id of the issue that stays, while it is merged.
    overdue_since : datetime or None
        Since when it is marked as overdue; a new deadline begins without a mark.
    is_imported : bool
        Whether an import began it: its reporter may be nobody who could verify here.
    facts : mapping
        What ``report`` and ``record`` told: columns of the issue as JSON holds them.
    conflicts : tuple of IssueConflict
        Events of the log that are not in this state, in the order of their time.
    """

    issue: str
    version: int = 0
    head: UUID | None = None
    step: str = ""
    tier: str = ""
    handler: str = ""
    category: str = ""
    reporter: str = ""
    reported_at: datetime | None = None
    disposed_at: datetime | None = None
    settled_at: datetime | None = None
    verified_at: datetime | None = None
    due_at: datetime | None = None
    dispose_due_at: datetime | None = None
    deferred_until: datetime | None = None
    n_sent_back: int = 0
    n_escalated: int = 0
    n_reopened: int = 0
    duplicate_of: str = ""
    overdue_since: datetime | None = None
    is_imported: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    conflicts: tuple[IssueConflict, ...] = ()

    @property
    def n_conflicts(self) -> int:
        """Events that somebody should look at; those that only say a thing twice are not counted."""
        return sum(c.reason not in HARMLESS for c in self.conflicts)


#: Columns of issues that the fold decides; the others are facts, or follow from the place and the plan.
STATE_COLUMNS: Final = (
    "category",
    "step",
    "tier",
    "handler",
    "reporter",
    "reported_at",
    "disposed_at",
    "settled_at",
    "verified_at",
    "due_at",
    "deferred_until",
    "n_sent_back",
    "n_escalated",
    "n_reopened",
    "duplicate_of",
    "version",
    "n_conflicts",
)


def state_values(state: IssueState) -> dict[str, Any]:
    """The columns of the issue that the fold decides, :data:`STATE_COLUMNS`; times are datetimes or None."""
    return {name: getattr(state, name) for name in STATE_COLUMNS}
