"""The tables of issues: the log of events, the fold of each issue beside it, patrols, and what a town decided.

``issue_event`` only grows. A row of ``issue`` is the fold of its events and changes only together with one of them
(``migrations/issue_guards.py``). What a row-by-row check would cost too much for a million is looked at there once a
statement: that an event belongs to an issue or to a batch that is being written.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from geoalchemy2 import Geometry
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from gridmap.model.issue_event import ACTIONS, ROLES
from gridmap.model.issues import ISSUE_COLUMNS, OPEN_STEPS, PLACE_STATES, STEPS, TIERS
from gridmap.storage.schema import Base, shape_column

#: Civil times of the town: whole seconds, without a zone.
_CIVIL: Final = TIMESTAMP(timezone=False, precision=0)
#: Columns of :data:`gridmap.model.issues.ISSUE_COLUMNS` that are not facts: the fold counts them.
COUNTED_BY_FOLD: Final = ("version", "n_conflicts")


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{w}'" for w in words)


def _columns() -> list[SchemaItem]:
    columns: list[SchemaItem] = []
    for name, kind in ISSUE_COLUMNS.items():
        if kind == "time":
            columns.append(Column(name, _CIVIL))
        elif kind == "count":
            columns.append(Column(name, Integer, nullable=False, server_default=text("0")))
        elif kind == "place":
            columns.append(Column("geom", Geometry(geometry_type=None, spatial_index=False)))
        else:
            columns.append(Column(name, Text, nullable=False, server_default=text("''")))
    return columns


#: One row an issue: what the fold of its events says. With ``version`` 0 there is none yet: its events wait for what
#: they were built on. ``record_id`` and ``content`` are the last ``record`` and a sum of what it told.
ISSUE_TABLE: Final = Table(
    "issue",
    Base.metadata,
    Column("no", BigInteger, Identity(always=True), primary_key=True),
    Column("town_id", Integer, nullable=False),
    Column("issue_id", Text, nullable=False),
    Column("record_id", Uuid),
    Column("content", Uuid),
    Column("head", Uuid),
    Column("is_synthetic", Boolean, nullable=False, server_default=text("false")),
    *_columns(),
    Column("crs", Text, nullable=False, server_default=text("''")),
    Column("month", Date, Computed("date_trunc('month', reported_at)::date", persisted=True)),
    UniqueConstraint("town_id", "issue_id", name="issue_id_key"),
    CheckConstraint("issue_id <> ''", name="issue_id_given"),
    CheckConstraint(
        "(version = 0) = (head IS NULL) AND (version = 0) = (reported_at IS NULL) AND (version = 0) = (step = '')"
        " AND version >= 0",
        name="issue_version_has_head",
    ),
    CheckConstraint(
        "version > 0 OR (description = '' AND address = '' AND reporter = '' AND handler = '' AND geom IS NULL)",
        name="issue_waiting_is_blank",
    ),
    CheckConstraint("(record_id IS NULL) = (content IS NULL)", name="issue_record_has_content"),
    CheckConstraint(f"step IN ({_listed(('', *STEPS))})", name="issue_step_known"),
    CheckConstraint(f"tier IN ({_listed(('', *TIERS))})", name="issue_tier_known"),
    CheckConstraint(f"place_state IN ({_listed(('', *PLACE_STATES))})", name="issue_place_state_known"),
    CheckConstraint(
        "n_sent_back >= 0 AND n_escalated >= 0 AND n_reopened >= 0 AND plan_version >= 0 AND n_conflicts >= 0",
        name="issue_counts_not_negative",
    ),
    CheckConstraint(
        "(geom IS NULL) = (crs = '') AND (geom IS NULL OR GeometryType(geom) = 'POINT' AND NOT ST_IsEmpty(geom))",
        name="issue_geom_point",
    ),
    Index("issue_grid_idx", "town_id", "grid", "reported_at"),
    Index("issue_category_idx", "town_id", "category", "reported_at", postgresql_include=["step", "tier"]),
    # Answers every count, by tier and step too, without a look at the rows.
    Index(
        "issue_time_idx",
        "town_id",
        "reported_at",
        postgresql_include=["category", "tier", "step", "grid", "jurisdiction", "month"],
    ),
    Index("issue_open_idx", "town_id", "due_at", postgresql_where=text(f"step IN ({_listed(OPEN_STEPS)})")),
)

#: What happened to issues; ``facts`` is kept as it was written, which is read back word by word.
EVENT_TABLE: Final = Table(
    "issue_event",
    Base.metadata,
    Column("issue_no", BigInteger, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("base", Uuid),
    Column("base_version", Integer, nullable=False),
    Column("action", Text, nullable=False),
    Column("at", _CIVIL, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("tier", Text, nullable=False, server_default=text("''")),
    Column("handler", Text, nullable=False, server_default=text("''")),
    Column("note", Text, nullable=False, server_default=text("''")),
    Column("until", _CIVIL),
    Column("duplicate_of", Text, nullable=False, server_default=text("''")),
    Column("due_at", _CIVIL),
    Column("facts", JSON),
    Column("received_at", TIMESTAMP(timezone=True), nullable=False, server_default=text("now()")),
    Column("batch_id", Integer),
    PrimaryKeyConstraint("issue_no", "event_id", name="issue_event_pkey"),
    CheckConstraint(f"action IN ({_listed(tuple(ACTIONS))})", name="issue_event_action_known"),
    CheckConstraint(f"role IN ({_listed(tuple(ROLES))})", name="issue_event_role_known"),
    CheckConstraint("base_version >= 0", name="issue_event_base_version_not_negative"),
)


class PatrolRow(Base):
    """A patrol: who walked when along which way. Only added, by a batch."""

    __tablename__ = "patrol"
    town_id: Mapped[int] = mapped_column(primary_key=True)
    patrol_id: Mapped[str] = mapped_column(primary_key=True)
    grid: Mapped[str]
    member: Mapped[str]
    started_at: Mapped[datetime | None] = mapped_column(_CIVIL)
    ended_at: Mapped[datetime | None] = mapped_column(_CIVIL)
    crs: Mapped[str]
    geom: Mapped[Any] = shape_column(is_needed=False)
    batch_id: Mapped[int]
    __table_args__ = (
        CheckConstraint("patrol_id <> ''", name="patrol_id_given"),
        CheckConstraint("(geom IS NULL) = (crs = '')", name="patrol_geom_has_crs"),
        Index("patrol_time_idx", "town_id", "started_at"),
    )


class RedactionRow(Base):
    """Issues out of which the texts were taken; to write a row here is to take them out."""

    __tablename__ = "redaction"
    batch_id: Mapped[int] = mapped_column(
        ForeignKey("gridmap.batch.id", name="redaction_batch_id_fkey"), primary_key=True
    )
    town_id: Mapped[int]
    issue_id: Mapped[str]
    __table_args__ = (Index("redaction_issue_idx", "town_id", "issue_id"),)


class IssuePolicyRow(Base):
    """What a town decided about its issues, as TOML; the greatest version holds."""

    __tablename__ = "issue_policy"
    town_id: Mapped[int] = mapped_column(
        ForeignKey("gridmap.town.id", name="issue_policy_town_id_fkey"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    toml: Mapped[str]
    actor: Mapped[str]
    client: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    __table_args__ = (
        CheckConstraint("version > 0", name="issue_policy_version_counted"),
        CheckConstraint("actor <> ''", name="issue_policy_actor_given"),
    )
