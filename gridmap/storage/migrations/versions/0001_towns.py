"""Towns and their surveys: units, jurisdictions, the layers beside them; a survey that is sealed never changes."""

from __future__ import annotations

from alembic import op

from gridmap.storage.migrations.steps import refuse_if_filled

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE gridmap.store (
  is_only boolean PRIMARY KEY DEFAULT true,
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT store_only_one CHECK (is_only)
);
INSERT INTO gridmap.store DEFAULT VALUES;

CREATE TABLE gridmap.town (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT town_name_key UNIQUE (name),
  CONSTRAINT town_name_given CHECK (name <> '')
);

CREATE TABLE gridmap.unit_set (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  town_id integer NOT NULL CONSTRAINT unit_set_town_id_fkey REFERENCES gridmap.town (id),
  source text NOT NULL,
  surveyed_on text NOT NULL,
  is_synthetic boolean NOT NULL,
  has_households boolean NOT NULL,
  srid integer NOT NULL,
  crs text NOT NULL,
  n_units integer NOT NULL,
  layers jsonb NOT NULL,
  fingerprint text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  created_by text NOT NULL,
  sealed_at timestamptz,
  CONSTRAINT unit_set_fingerprint_key UNIQUE (town_id, fingerprint),
  CONSTRAINT unit_set_id_town_id_key UNIQUE (id, town_id),
  CONSTRAINT unit_set_id_srid_key UNIQUE (id, srid),
  CONSTRAINT unit_set_has_units CHECK (n_units > 0)
);

CREATE TABLE gridmap.jurisdiction (
  unit_set_id integer NOT NULL,
  code text NOT NULL,
  srid integer NOT NULL,
  position integer NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  attributes jsonb,
  geom geometry NOT NULL,
  PRIMARY KEY (unit_set_id, code),
  CONSTRAINT jurisdiction_unit_set_fkey FOREIGN KEY (unit_set_id, srid) REFERENCES gridmap.unit_set (id, srid),
  CONSTRAINT jurisdiction_code_given CHECK (code <> ''),
  CONSTRAINT jurisdiction_kind_known CHECK (kind IN ('village', 'residential_area', 'preparatory_group')),
  CONSTRAINT jurisdiction_geom_valid
    CHECK (ST_SRID(geom) = srid AND ST_Dimension(geom) = 2 AND NOT ST_IsEmpty(geom) AND ST_IsValid(geom))
);
CREATE INDEX jurisdiction_geom_idx ON gridmap.jurisdiction USING gist (geom);

CREATE TABLE gridmap.unit (
  unit_set_id integer NOT NULL,
  unit_id text NOT NULL,
  srid integer NOT NULL,
  position integer NOT NULL,
  jurisdiction text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  households bigint NOT NULL,
  buildings bigint NOT NULL,
  premises bigint NOT NULL,
  compound text NOT NULL,
  dedicated text NOT NULL,
  attributes jsonb,
  geom geometry NOT NULL,
  PRIMARY KEY (unit_set_id, unit_id),
  CONSTRAINT unit_id_given CHECK (unit_id <> ''),
  CONSTRAINT unit_kind_known CHECK (kind IN ('group', 'cell', 'building', 'block', 'parcel')),
  CONSTRAINT unit_counts_not_negative CHECK (households >= 0 AND buildings >= 0 AND premises >= 0),
  CONSTRAINT unit_geom_valid
    CHECK (ST_SRID(geom) = srid AND ST_Dimension(geom) = 2 AND NOT ST_IsEmpty(geom) AND ST_IsValid(geom))
);
CREATE INDEX unit_geom_idx ON gridmap.unit USING gist (geom);

CREATE TABLE gridmap.layer_feature (
  unit_set_id integer NOT NULL,
  layer text NOT NULL,
  position integer NOT NULL,
  srid integer NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  attributes jsonb,
  geom geometry,
  PRIMARY KEY (unit_set_id, layer, position),
  CONSTRAINT layer_feature_unit_set_fkey FOREIGN KEY (unit_set_id, srid) REFERENCES gridmap.unit_set (id, srid),
  CONSTRAINT layer_feature_layer_known
    CHECK (layer IN ('barriers', 'premises', 'roads', 'water', 'green', 'buildings')),
  CONSTRAINT layer_feature_srid CHECK (ST_SRID(geom) = srid)
);
CREATE INDEX layer_feature_geom_idx ON gridmap.layer_feature USING gist (geom);
"""

FUNCTIONS = """
CREATE FUNCTION gridmap.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed or taken away', TG_TABLE_NAME
    USING ERRCODE = 'GM003', DETAIL = TG_TABLE_NAME;
END $$;

CREATE FUNCTION gridmap.refuse_late_rows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (
    SELECT FROM (SELECT DISTINCT unit_set_id FROM new_rows) n
    JOIN gridmap.unit_set s ON s.id = n.unit_set_id WHERE s.sealed_at IS NOT NULL
  ) THEN
    RAISE EXCEPTION 'a sealed survey takes no further rows (%)', TG_TABLE_NAME
      USING ERRCODE = 'GM003', DETAIL = TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$;

-- The nesting of units in jurisdictions is looked at once, when the survey is sealed: a foreign key looks at row after
-- row and doubles the time of an import. A survey that is not sealed takes no plan.
CREATE FUNCTION gridmap.guard_unit_set() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  looked record;
BEGIN
  IF TG_OP = 'DELETE' OR OLD.sealed_at IS NOT NULL OR NEW.sealed_at IS NULL
     OR (to_jsonb(OLD) - 'sealed_at') <> (to_jsonb(NEW) - 'sealed_at') THEN
    RAISE EXCEPTION 'a survey can only be sealed, never changed or taken away'
      USING ERRCODE = 'GM003', DETAIL = 'unit_set';
  END IF;
  SELECT count(*) AS n, min(u.unit_id) FILTER (WHERE j.code IS NULL OR u.srid <> NEW.srid) AS unit_id INTO looked
    FROM gridmap.unit u LEFT JOIN gridmap.jurisdiction j
      ON j.unit_set_id = u.unit_set_id AND j.code = u.jurisdiction AND j.srid = u.srid
    WHERE u.unit_set_id = NEW.id;
  IF looked.unit_id IS NOT NULL THEN
    RAISE EXCEPTION 'unit % lies in a jurisdiction that the survey does not have in this CRS', looked.unit_id
      USING ERRCODE = 'foreign_key_violation', DETAIL = looked.unit_id;
  END IF;
  IF looked.n <> NEW.n_units THEN
    RAISE EXCEPTION 'survey % is not complete', NEW.id USING ERRCODE = 'check_violation', DETAIL = 'unit_set';
  END IF;
  RETURN NEW;
END $$;
"""


TRIGGERS = """
CREATE TRIGGER unit_set_guard BEFORE UPDATE OR DELETE ON gridmap.unit_set
  FOR EACH ROW EXECUTE FUNCTION gridmap.guard_unit_set();
CREATE TRIGGER unit_set_kept BEFORE TRUNCATE ON gridmap.unit_set
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER jurisdiction_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON gridmap.jurisdiction
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER unit_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON gridmap.unit
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER layer_feature_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON gridmap.layer_feature
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER jurisdiction_in_time AFTER INSERT ON gridmap.jurisdiction REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_late_rows();
CREATE TRIGGER unit_in_time AFTER INSERT ON gridmap.unit REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_late_rows();
CREATE TRIGGER layer_feature_in_time AFTER INSERT ON gridmap.layer_feature REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_late_rows();
CREATE TRIGGER store_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON gridmap.store
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
"""


def upgrade() -> None:
    """Make the tables of towns and surveys."""
    op.execute(TABLES)
    op.execute(FUNCTIONS)
    op.execute(TRIGGERS)


def downgrade() -> None:
    """Take them away, only while they are empty."""
    refuse_if_filled("unit_set", "town")
    op.execute("DROP TABLE gridmap.layer_feature, gridmap.unit, gridmap.jurisdiction, gridmap.unit_set")
    op.execute("DROP TABLE gridmap.town, gridmap.store")
    op.execute("DROP FUNCTION gridmap.guard_unit_set(), gridmap.refuse_late_rows(), gridmap.refuse_change()")
