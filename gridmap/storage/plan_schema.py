"""The tables of plans: versions, change log, assignment, grids, registry of codes, reports, lineage.

The tables of towns and surveys, on which these stand, are in :mod:`gridmap.storage.schema`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.types.range import Range
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.storage.schema import Base, shape_column


class RulesRow(Base):
    """The text of a set of rules, once for every version that it judged."""

    __tablename__ = "rules"
    hash: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    toml: Mapped[str]


class PlanRow(Base):
    """A plan: an assignment of the units of one survey, its current version and its state."""

    __tablename__ = "plan"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    town_id: Mapped[int]
    unit_set_id: Mapped[int]
    name: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'draft'"))
    version: Mapped[int] = mapped_column(server_default=text("0"))
    in_force: Mapped[Range[date] | None] = mapped_column(DATERANGE)
    bridge_m: Mapped[float] = mapped_column(server_default=text("0"))
    meta: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    source_plan_id: Mapped[int | None]
    source_version: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    created_by: Mapped[str]
    __table_args__ = (
        ForeignKeyConstraint(
            ["unit_set_id", "town_id"], ["gridmap.unit_set.id", "gridmap.unit_set.town_id"], name="plan_unit_set_fkey"
        ),
        ForeignKeyConstraint(
            ["source_plan_id", "source_version"],
            ["gridmap.version.plan_id", "gridmap.version.version"],
            name="plan_source_fkey",
            use_alter=True,
        ),
        UniqueConstraint("town_id", "name", name="plan_name_key"),
        UniqueConstraint("id", "unit_set_id", name="plan_id_unit_set_id_key"),
        UniqueConstraint("id", "town_id", name="plan_id_town_id_key"),
        CheckConstraint("name <> ''", name="plan_name_given"),
        CheckConstraint("version >= 0", name="plan_version_counted"),
        CheckConstraint("bridge_m >= 0", name="plan_bridge_m_not_negative"),
        CheckConstraint("state IN ('draft', 'checked', 'approved', 'in_force', 'retired')", name="plan_state_known"),
        CheckConstraint(
            "CASE state WHEN 'in_force' THEN in_force IS NOT NULL AND NOT isempty(in_force) "
            "WHEN 'retired' THEN true ELSE in_force IS NULL END",
            name="plan_in_force_dated",
        ),
        ExcludeConstraint(
            (text("int4range(town_id, town_id, '[]')"), "&&"),
            ("in_force", "&&"),
            name="plan_one_in_force",
            using="gist",
        ),
    )


class VersionRow(Base):
    """A version of a plan: who made it from which program, when, how, and what it holds beside the assignment."""

    __tablename__ = "version"
    plan_id: Mapped[int] = mapped_column(ForeignKey("gridmap.plan.id", name="version_plan_id_fkey"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    actor: Mapped[str]
    client: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    op_id: Mapped[UUID]
    message: Mapped[str] = mapped_column(server_default=text("''"))
    n_moves: Mapped[int]
    state_of: Mapped[int]
    parent: Mapped[int | None]
    redo: Mapped[list[int]] = mapped_column(server_default=text("'{}'"))
    source_plan_id: Mapped[int | None]
    source_version: Mapped[int | None]
    rules_hash: Mapped[str] = mapped_column(ForeignKey("gridmap.rules.hash", name="version_rules_hash_fkey"))
    locked: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    exceptions: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    __table_args__ = (
        ForeignKeyConstraint(
            ["source_plan_id", "source_version"],
            ["gridmap.version.plan_id", "gridmap.version.version"],
            name="version_source_fkey",
        ),
        UniqueConstraint("op_id", name="version_op_id_key"),
        CheckConstraint(
            "kind IN ('import', 'save', 'undo', 'redo', 'restore', 'branch', 'merge', 'migrate')",
            name="version_kind_known",
        ),
        CheckConstraint("version > 0 AND state_of BETWEEN 1 AND version", name="version_numbers"),
        CheckConstraint("actor <> ''", name="version_actor_given"),
    )


class GridCodeRow(Base):
    """The registry of codes: each code of a town once, and the day since when it may never be used again."""

    __tablename__ = "grid_code"
    town_id: Mapped[int] = mapped_column(ForeignKey("gridmap.town.id", name="grid_code_town_id_fkey"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    registered_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    in_force_since: Mapped[date | None]
    retired_on: Mapped[date | None]
    __table_args__ = (CheckConstraint("code <> ''", name="grid_code_given"),)


class GridRow(Base):
    """A grid of a plan; one that has lost its units stays as dissolved, so that an undo finds it."""

    __tablename__ = "grid"
    plan_id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    town_id: Mapped[int]
    unit_set_id: Mapped[int]
    jurisdiction: Mapped[str]
    kind: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'dissolved'"))
    geom: Mapped[Any] = shape_column(is_needed=False)
    __table_args__ = (
        ForeignKeyConstraint(
            ["plan_id", "town_id"], ["gridmap.plan.id", "gridmap.plan.town_id"], name="grid_plan_town_fkey"
        ),
        ForeignKeyConstraint(
            ["plan_id", "unit_set_id"], ["gridmap.plan.id", "gridmap.plan.unit_set_id"], name="grid_plan_unit_set_fkey"
        ),
        ForeignKeyConstraint(
            ["town_id", "code"], ["gridmap.grid_code.town_id", "gridmap.grid_code.code"], name="grid_code_fkey"
        ),
        ForeignKeyConstraint(
            ["unit_set_id", "jurisdiction"],
            ["gridmap.jurisdiction.unit_set_id", "gridmap.jurisdiction.code"],
            name="grid_jurisdiction_fkey",
        ),
        CheckConstraint(
            "kind IN ('village', 'residential_area', 'preparatory_group', 'dedicated')", name="grid_kind_known"
        ),
        CheckConstraint("status IN ('active', 'dissolved')", name="grid_status_known"),
        Index("grid_geom_idx", "geom", postgresql_using="gist"),
    )


class AssignmentRow(Base):
    """Which grid a unit belongs to now; a unit without a grid has no row. Written by the change log alone."""

    __tablename__ = "assignment"
    plan_id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[str] = mapped_column(primary_key=True)
    unit_set_id: Mapped[int]
    grid_code: Mapped[str]
    __table_args__ = (
        ForeignKeyConstraint(
            ["unit_set_id", "unit_id"],
            ["gridmap.unit.unit_set_id", "gridmap.unit.unit_id"],
            name="assignment_unit_fkey",
        ),
        ForeignKeyConstraint(
            ["plan_id", "grid_code"], ["gridmap.grid.plan_id", "gridmap.grid.code"], name="assignment_grid_fkey"
        ),
        Index("assignment_grid_idx", "plan_id", "grid_code"),
    )


class ChangeRow(Base):
    """The change log: every move of a unit that was ever made; rows are only added.

    That its version is there, and the current one of a draft, is looked at by the trigger that writes the assignment.
    """

    __tablename__ = "change"
    plan_id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[str]
    from_grid: Mapped[str | None]
    to_grid: Mapped[str | None]
    __table_args__ = (
        UniqueConstraint("plan_id", "unit_id", "version", name="change_unit_key"),
        CheckConstraint("from_grid IS DISTINCT FROM to_grid", name="change_is_one"),
    )


class ReportRow(Base):
    """A judgement of a version, with the rules and the check catalogue that judged; every one is kept."""

    __tablename__ = "report"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    plan_id: Mapped[int]
    version: Mapped[int]
    rules_hash: Mapped[str] = mapped_column(ForeignKey("gridmap.rules.hash", name="report_rules_hash_fkey"))
    catalogue_version: Mapped[str]
    is_lawful: Mapped[bool]
    document: Mapped[dict[str, Any]]
    actor: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    __table_args__ = (
        ForeignKeyConstraint(
            ["plan_id", "version"], ["gridmap.version.plan_id", "gridmap.version.version"], name="report_version_fkey"
        ),
        Index("report_version_idx", "plan_id", "version"),
    )


class FindingRow(Base):
    """A finding of a report."""

    __tablename__ = "finding"
    report_id: Mapped[int] = mapped_column(
        ForeignKey("gridmap.report.id", name="finding_report_id_fkey"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(primary_key=True)
    check_id: Mapped[str]
    severity: Mapped[str]
    excepted: Mapped[bool]
    jurisdiction: Mapped[str]
    grid_code: Mapped[str]
    unit_id: Mapped[str]
    value: Mapped[float | None]
    limit_value: Mapped[float | None]
    measure_unit: Mapped[str]
    message_zh: Mapped[str]
    message_en: Mapped[str]
    geom: Mapped[Any] = shape_column(is_needed=False)
    __table_args__ = (Index("finding_geom_idx", "geom", postgresql_using="gist"),)


class GridFigureRow(Base):
    """Figures of a grid in a report that maps are coloured by."""

    __tablename__ = "grid_figure"
    report_id: Mapped[int] = mapped_column(
        ForeignKey("gridmap.report.id", name="grid_figure_report_id_fkey"), primary_key=True
    )
    grid_code: Mapped[str] = mapped_column(primary_key=True)
    deviation: Mapped[float | None]
    polsby_popper: Mapped[float | None]
    in_band: Mapped[bool | None]


class LineageRow(Base):
    """What became of the grids of an earlier plan in a version; ``source_plan_id`` 0 is a plan from a file."""

    __tablename__ = "lineage"
    plan_id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    source_plan_id: Mapped[int] = mapped_column(primary_key=True, server_default=text("0"))
    old_code: Mapped[str] = mapped_column(primary_key=True)
    new_code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    households: Mapped[int] = mapped_column(BigInteger)
    n_units: Mapped[int | None]
    __table_args__ = (
        ForeignKeyConstraint(
            ["plan_id", "version"], ["gridmap.version.plan_id", "gridmap.version.version"], name="lineage_version_fkey"
        ),
        CheckConstraint(
            "kind IN ('unchanged', 'split', 'merged', 'irregular', 'new', 'retired')", name="lineage_kind_known"
        ),
    )


class StateLogRow(Base):
    """Who put a plan into which state, when; rows are only added."""

    __tablename__ = "state_log"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    plan_id: Mapped[int]
    version: Mapped[int]
    state: Mapped[str]
    in_force: Mapped[Range[date] | None] = mapped_column(DATERANGE)
    actor: Mapped[str]
    client: Mapped[str]
    note: Mapped[str] = mapped_column(server_default=text("''"))
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    __table_args__ = (
        ForeignKeyConstraint(
            ["plan_id", "version"],
            ["gridmap.version.plan_id", "gridmap.version.version"],
            name="state_log_version_fkey",
        ),
    )
