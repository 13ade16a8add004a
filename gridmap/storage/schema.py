"""The tables of the schema ``gridmap`` as GeoAlchemy2 models; ``migrations/`` holds the same as DDL, with its triggers.

What PostgreSQL itself must hold (append-only log, immutable surveys, codes that stay retired, the order of a
plan's states) stands in triggers of the migrations. A test compares these models with a migrated database.
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
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

#: Name of the schema that holds every table, view and function of gridmap.
SCHEMA: Final = "gridmap"


class Base(DeclarativeBase):
    """The models; every table lies in the schema ``gridmap``."""

    metadata = MetaData(schema=SCHEMA)
    type_annotation_map = {  # noqa: RUF012 SQLAlchemy reads it from the class
        str: Text,
        int: Integer,
        bool: Boolean,
        float: Double,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        datetime: TIMESTAMP(timezone=True),
        list[str]: ARRAY(Text),
        list[int]: ARRAY(Integer),
    }


def shape_column(*, is_needed: bool = True) -> Mapped[Any]:
    """A column of geometry without a fixed SRID: each survey has its own, held by a constraint."""
    return mapped_column(Geometry(geometry_type=None, spatial_index=False), nullable=not is_needed)


class StoreRow(Base):
    """One row: the identity of this database, written into every file that is exported from it."""

    __tablename__ = "store"
    is_only: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    id: Mapped[UUID] = mapped_column(server_default=text("gen_random_uuid()"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    __table_args__ = (CheckConstraint("is_only", name="store_only_one"),)


class TownRow(Base):
    """A town: what surveys, plans and the registry of codes belong to."""

    __tablename__ = "town"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    __table_args__ = (
        UniqueConstraint("name", name="town_name_key"),
        CheckConstraint("name <> ''", name="town_name_given"),
    )


class UnitSetRow(Base):
    """A survey: units and the layers beside them, in one CRS, never changed."""

    __tablename__ = "unit_set"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    town_id: Mapped[int] = mapped_column(ForeignKey("gridmap.town.id", name="unit_set_town_id_fkey"))
    source: Mapped[str]
    surveyed_on: Mapped[str]
    is_synthetic: Mapped[bool]
    has_households: Mapped[bool]
    srid: Mapped[int]
    crs: Mapped[str]
    n_units: Mapped[int]
    layers: Mapped[dict[str, Any]]
    fingerprint: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    created_by: Mapped[str]
    sealed_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("town_id", "fingerprint", name="unit_set_fingerprint_key"),
        UniqueConstraint("id", "town_id", name="unit_set_id_town_id_key"),
        UniqueConstraint("id", "srid", name="unit_set_id_srid_key"),
        CheckConstraint("n_units > 0", name="unit_set_has_units"),
    )


class JurisdictionRow(Base):
    """A village or residential area of a survey."""

    __tablename__ = "jurisdiction"
    unit_set_id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    srid: Mapped[int]
    position: Mapped[int]
    name: Mapped[str]
    kind: Mapped[str]
    attributes: Mapped[dict[str, Any] | None]
    geom: Mapped[Any] = shape_column()
    __table_args__ = (
        ForeignKeyConstraint(
            ["unit_set_id", "srid"], ["gridmap.unit_set.id", "gridmap.unit_set.srid"], name="jurisdiction_unit_set_fkey"
        ),
        CheckConstraint("code <> ''", name="jurisdiction_code_given"),
        CheckConstraint("kind IN ('village', 'residential_area', 'preparatory_group')", name="jurisdiction_kind_known"),
        CheckConstraint(
            "ST_SRID(geom) = srid AND ST_Dimension(geom) = 2 AND NOT ST_IsEmpty(geom) AND ST_IsValid(geom)",
            name="jurisdiction_geom_valid",
        ),
        Index("jurisdiction_geom_idx", "geom", postgresql_using="gist"),
    )


class UnitRow(Base):
    """A unit of a survey: what a plan never cuts. Its jurisdiction is held when the survey is sealed."""

    __tablename__ = "unit"
    unit_set_id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[str] = mapped_column(primary_key=True)
    srid: Mapped[int]
    position: Mapped[int]
    jurisdiction: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    households: Mapped[int] = mapped_column(BigInteger)
    buildings: Mapped[int] = mapped_column(BigInteger)
    premises: Mapped[int] = mapped_column(BigInteger)
    compound: Mapped[str]
    dedicated: Mapped[str]
    attributes: Mapped[dict[str, Any] | None]
    geom: Mapped[Any] = shape_column()
    __table_args__ = (
        CheckConstraint("unit_id <> ''", name="unit_id_given"),
        CheckConstraint("kind IN ('group', 'cell', 'building', 'block', 'parcel')", name="unit_kind_known"),
        CheckConstraint("households >= 0 AND buildings >= 0 AND premises >= 0", name="unit_counts_not_negative"),
        CheckConstraint(
            "ST_SRID(geom) = srid AND ST_Dimension(geom) = 2 AND NOT ST_IsEmpty(geom) AND ST_IsValid(geom)",
            name="unit_geom_valid",
        ),
        Index("unit_geom_idx", "geom", postgresql_using="gist"),
    )


class LayerFeatureRow(Base):
    """A feature of the layers beside the units: barriers, premises, and what is only drawn."""

    __tablename__ = "layer_feature"
    unit_set_id: Mapped[int] = mapped_column(primary_key=True)
    layer: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    srid: Mapped[int]
    name: Mapped[str]
    kind: Mapped[str]
    attributes: Mapped[dict[str, Any] | None]
    geom: Mapped[Any] = shape_column(is_needed=False)
    __table_args__ = (
        ForeignKeyConstraint(
            ["unit_set_id", "srid"],
            ["gridmap.unit_set.id", "gridmap.unit_set.srid"],
            name="layer_feature_unit_set_fkey",
        ),
        CheckConstraint(
            "layer IN ('barriers', 'premises', 'roads', 'water', 'green', 'buildings')",
            name="layer_feature_layer_known",
        ),
        CheckConstraint("ST_SRID(geom) = srid", name="layer_feature_srid"),
        Index("layer_feature_geom_idx", "geom", postgresql_using="gist"),
    )
