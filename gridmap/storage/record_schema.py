"""The tables of records: one a register, made from :data:`gridmap.model.registers.REGISTERS`, and the log of batches.

A row is added by one batch and ended by another; it is never changed or taken away (``migrations/record_guards.py``).
That both are batches of its town is looked at there, too, once a statement instead of once a row.
The steps hold the same tables as DDL that does not change when a register does; a test compares both.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from gridmap.model.register import Column as RegisterColumn
from gridmap.model.register import Register
from gridmap.model.registers import REGISTERS
from gridmap.storage.schema import Base

_TYPES: Final[dict[str, Any]] = {
    "count": BigInteger,
    "day": Date,
    "yes": Boolean,
    "words": ARRAY(Text),
    "grids": ARRAY(Text),
}


class BatchRow(Base):
    """One write of records: who, when, from which file, and how much it added, changed and ended."""

    __tablename__ = "batch"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    town_id: Mapped[int] = mapped_column(ForeignKey("gridmap.town.id", name="batch_town_id_fkey"))
    kind: Mapped[str]
    registers: Mapped[list[str]]
    source: Mapped[str] = mapped_column(server_default=text("''"))
    message: Mapped[str] = mapped_column(server_default=text("''"))
    actor: Mapped[str]
    client: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    op_id: Mapped[UUID]
    is_synthetic: Mapped[bool]
    crs: Mapped[str] = mapped_column(server_default=text("''"))
    undoes: Mapped[int | None] = mapped_column(ForeignKey("gridmap.batch.id", name="batch_undoes_fkey"))
    n_new: Mapped[int]
    n_changed: Mapped[int]
    n_ended: Mapped[int]
    __table_args__ = (
        UniqueConstraint("op_id", name="batch_op_id_key"),
        CheckConstraint("kind IN ('import', 'undo', 'erase')", name="batch_kind_known"),
        CheckConstraint("cardinality(registers) > 0", name="batch_registers_given"),
        CheckConstraint("source !~ '[/\\\\]'", name="batch_source_no_path"),
        CheckConstraint("actor <> ''", name="batch_actor_given"),
        CheckConstraint("(kind = 'undo') = (undoes IS NOT NULL) AND undoes < id", name="batch_undoes_earlier"),
        CheckConstraint("n_new >= 0 AND n_changed >= 0 AND n_ended >= 0", name="batch_counts_not_negative"),
        Index("batch_town_idx", "town_id", "id"),
    )


class ErasureRow(Base):
    """Whose name and telephone number were taken out of every row; to write a row here is to erase them."""

    __tablename__ = "erasure"
    batch_id: Mapped[int] = mapped_column(
        ForeignKey("gridmap.batch.id", name="erasure_batch_id_fkey"), primary_key=True
    )
    town_id: Mapped[int]
    person_id: Mapped[str]


def stored_name(column: RegisterColumn) -> str:
    """Name of the database's column for a register's; every geometry of the schema is called ``geom``."""
    return "geom" if column.type == "place" else column.name


def _column(column: RegisterColumn) -> Column[Any]:
    if column.type == "place":
        return Column("geom", Geometry(geometry_type=None, spatial_index=False), nullable=False)
    is_blank_null = column.type in ("count", "day") and not column.is_needed
    return Column(column.name, _TYPES.get(column.type, Text), nullable=is_blank_null)


def _check(register: Register, column: RegisterColumn) -> CheckConstraint | None:
    """What holds for every valid record; a name that is needed may be blank, since it can be erased."""
    name = stored_name(column)
    if column.type == "place":
        return CheckConstraint("ST_SRID(geom) = srid AND NOT ST_IsEmpty(geom)", name=f"{register.name}_geom_given")
    if column.choices is not None:
        words = [*column.choices] if column.is_needed else ["", *column.choices]
        listed = ", ".join(f"'{w}'" for w in words)
        return CheckConstraint(f"{name} IN ({listed})", name=f"{register.name}_{name}_known")
    if column.type == "count":
        return CheckConstraint(f"{name} >= 0", name=f"{register.name}_{name}_not_negative")
    if not column.is_needed or column.is_personal or column.type in ("day", "yes"):
        return None
    given = f"cardinality({name}) > 0" if column.type in ("words", "grids") else f"{name} <> ''"
    return CheckConstraint(given, name=f"{register.name}_{name}_given")


def _table(register: Register) -> Table:
    name = register.name
    parts: list[SchemaItem] = [
        Column("town_id", Integer, nullable=False),
        Column("record", Text, nullable=False),
        Column("added_by", Integer, nullable=False),
        Column("ended_by", Integer),
        Column("position", Integer, nullable=False),
        PrimaryKeyConstraint("town_id", "record", "added_by"),
        CheckConstraint("record <> ''", name=f"{name}_record_given"),
        CheckConstraint("ended_by > added_by", name=f"{name}_ended_later"),
        Index(f"{name}_current_key", "town_id", "record", unique=True, postgresql_where=text("ended_by IS NULL")),
        *(_column(c) for c in register.columns),
        *(check for check in (_check(register, c) for c in register.columns) if check is not None),
    ]
    if register.place_column is not None:
        parts += [
            Column("srid", Integer, nullable=False),
            Column("crs", Text, nullable=False),
            Index(f"{name}_geom_idx", "geom", postgresql_using="gist"),
        ]
    return Table(name, Base.metadata, *parts)


#: Name of a register → its table.
RECORD_TABLES: Final[dict[str, Table]] = {r.name: _table(r) for r in REGISTERS.values()}
