"""Plans: versions, the append-only change log that writes the assignment, the registry of codes, reports, lineage."""

from __future__ import annotations

from alembic import op

from gridmap.storage.migrations.steps import refuse_if_filled

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE gridmap.rules (
  hash text PRIMARY KEY,
  name text NOT NULL,
  toml text NOT NULL
);

CREATE TABLE gridmap.plan (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  town_id integer NOT NULL,
  unit_set_id integer NOT NULL,
  name text NOT NULL,
  state text NOT NULL DEFAULT 'draft',
  version integer NOT NULL DEFAULT 0,
  in_force daterange,
  bridge_m double precision NOT NULL DEFAULT 0,
  meta jsonb NOT NULL DEFAULT '{}',
  source_plan_id integer,
  source_version integer,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  created_by text NOT NULL,
  CONSTRAINT plan_name_key UNIQUE (town_id, name),
  CONSTRAINT plan_id_unit_set_id_key UNIQUE (id, unit_set_id),
  CONSTRAINT plan_id_town_id_key UNIQUE (id, town_id),
  CONSTRAINT plan_unit_set_fkey FOREIGN KEY (unit_set_id, town_id) REFERENCES gridmap.unit_set (id, town_id),
  CONSTRAINT plan_name_given CHECK (name <> ''),
  CONSTRAINT plan_version_counted CHECK (version >= 0),
  CONSTRAINT plan_bridge_m_not_negative CHECK (bridge_m >= 0),
  CONSTRAINT plan_state_known CHECK (state IN ('draft', 'checked', 'approved', 'in_force', 'retired')),
  CONSTRAINT plan_in_force_dated CHECK (
    CASE state WHEN 'in_force' THEN in_force IS NOT NULL AND NOT isempty(in_force)
    WHEN 'retired' THEN true ELSE in_force IS NULL END
  ),
  CONSTRAINT plan_one_in_force
    EXCLUDE USING gist (int4range(town_id, town_id, '[]') WITH &&, in_force WITH &&)
);

CREATE TABLE gridmap.version (
  plan_id integer NOT NULL CONSTRAINT version_plan_id_fkey REFERENCES gridmap.plan (id),
  version integer NOT NULL,
  kind text NOT NULL,
  actor text NOT NULL,
  client text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  op_id uuid NOT NULL,
  message text NOT NULL DEFAULT '',
  n_moves integer NOT NULL,
  state_of integer NOT NULL,
  parent integer,
  redo integer[] NOT NULL DEFAULT '{}',
  source_plan_id integer,
  source_version integer,
  rules_hash text NOT NULL CONSTRAINT version_rules_hash_fkey REFERENCES gridmap.rules (hash),
  locked text[] NOT NULL DEFAULT '{}',
  exceptions jsonb NOT NULL DEFAULT '[]',
  PRIMARY KEY (plan_id, version),
  CONSTRAINT version_op_id_key UNIQUE (op_id),
  CONSTRAINT version_source_fkey
    FOREIGN KEY (source_plan_id, source_version) REFERENCES gridmap.version (plan_id, version),
  CONSTRAINT version_kind_known
    CHECK (kind IN ('import', 'save', 'undo', 'redo', 'restore', 'branch', 'merge', 'migrate')),
  CONSTRAINT version_numbers CHECK (version > 0 AND state_of BETWEEN 1 AND version),
  CONSTRAINT version_actor_given CHECK (actor <> '')
);
ALTER TABLE gridmap.plan ADD CONSTRAINT plan_source_fkey
  FOREIGN KEY (source_plan_id, source_version) REFERENCES gridmap.version (plan_id, version);

CREATE TABLE gridmap.grid_code (
  town_id integer NOT NULL CONSTRAINT grid_code_town_id_fkey REFERENCES gridmap.town (id),
  code text NOT NULL,
  registered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  in_force_since date,
  retired_on date,
  PRIMARY KEY (town_id, code),
  CONSTRAINT grid_code_given CHECK (code <> '')
);

CREATE TABLE gridmap.grid (
  plan_id integer NOT NULL,
  code text NOT NULL,
  town_id integer NOT NULL,
  unit_set_id integer NOT NULL,
  jurisdiction text NOT NULL,
  kind text NOT NULL,
  status text NOT NULL DEFAULT 'active',
  geom geometry,
  PRIMARY KEY (plan_id, code),
  CONSTRAINT grid_plan_town_fkey FOREIGN KEY (plan_id, town_id) REFERENCES gridmap.plan (id, town_id),
  CONSTRAINT grid_plan_unit_set_fkey FOREIGN KEY (plan_id, unit_set_id) REFERENCES gridmap.plan (id, unit_set_id),
  CONSTRAINT grid_code_fkey FOREIGN KEY (town_id, code) REFERENCES gridmap.grid_code (town_id, code),
  CONSTRAINT grid_jurisdiction_fkey
    FOREIGN KEY (unit_set_id, jurisdiction) REFERENCES gridmap.jurisdiction (unit_set_id, code),
  CONSTRAINT grid_kind_known CHECK (kind IN ('village', 'residential_area', 'preparatory_group', 'dedicated')),
  CONSTRAINT grid_status_known CHECK (status IN ('active', 'dissolved'))
);
CREATE INDEX grid_geom_idx ON gridmap.grid USING gist (geom);

CREATE TABLE gridmap.assignment (
  plan_id integer NOT NULL,
  unit_id text NOT NULL,
  unit_set_id integer NOT NULL,
  grid_code text NOT NULL,
  PRIMARY KEY (plan_id, unit_id),
  CONSTRAINT assignment_plan_fkey FOREIGN KEY (plan_id, unit_set_id) REFERENCES gridmap.plan (id, unit_set_id),
  CONSTRAINT assignment_unit_fkey FOREIGN KEY (unit_set_id, unit_id) REFERENCES gridmap.unit (unit_set_id, unit_id),
  CONSTRAINT assignment_grid_fkey FOREIGN KEY (plan_id, grid_code) REFERENCES gridmap.grid (plan_id, code)
);
CREATE INDEX assignment_grid_idx ON gridmap.assignment (plan_id, grid_code);

CREATE TABLE gridmap.change (
  plan_id integer NOT NULL,
  version integer NOT NULL,
  seq integer NOT NULL,
  unit_id text NOT NULL,
  from_grid text,
  to_grid text,
  PRIMARY KEY (plan_id, version, seq),
  CONSTRAINT change_unit_key UNIQUE (plan_id, unit_id, version),
  CONSTRAINT change_version_fkey FOREIGN KEY (plan_id, version) REFERENCES gridmap.version (plan_id, version),
  CONSTRAINT change_is_one CHECK (from_grid IS DISTINCT FROM to_grid)
);

CREATE TABLE gridmap.report (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  plan_id integer NOT NULL,
  version integer NOT NULL,
  rules_hash text NOT NULL CONSTRAINT report_rules_hash_fkey REFERENCES gridmap.rules (hash),
  catalogue_version text NOT NULL,
  is_lawful boolean NOT NULL,
  document jsonb NOT NULL,
  actor text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT report_judge_key UNIQUE (plan_id, version, rules_hash, catalogue_version),
  CONSTRAINT report_version_fkey FOREIGN KEY (plan_id, version) REFERENCES gridmap.version (plan_id, version)
);

CREATE TABLE gridmap.finding (
  report_id integer NOT NULL CONSTRAINT finding_report_id_fkey REFERENCES gridmap.report (id),
  seq integer NOT NULL,
  check_id text NOT NULL,
  severity text NOT NULL,
  excepted boolean NOT NULL,
  jurisdiction text NOT NULL,
  grid_code text NOT NULL,
  unit_id text NOT NULL,
  value double precision,
  limit_value double precision,
  measure_unit text NOT NULL,
  message_zh text NOT NULL,
  message_en text NOT NULL,
  geom geometry,
  PRIMARY KEY (report_id, seq)
);
CREATE INDEX finding_geom_idx ON gridmap.finding USING gist (geom);

CREATE TABLE gridmap.grid_figure (
  report_id integer NOT NULL CONSTRAINT grid_figure_report_id_fkey REFERENCES gridmap.report (id),
  grid_code text NOT NULL,
  deviation double precision,
  polsby_popper double precision,
  PRIMARY KEY (report_id, grid_code)
);

CREATE TABLE gridmap.lineage (
  plan_id integer NOT NULL,
  version integer NOT NULL,
  old_code text NOT NULL,
  new_code text NOT NULL,
  kind text NOT NULL,
  households bigint NOT NULL,
  n_units integer,
  source_plan_id integer CONSTRAINT lineage_source_plan_fkey REFERENCES gridmap.plan (id),
  PRIMARY KEY (plan_id, version, old_code, new_code),
  CONSTRAINT lineage_version_fkey FOREIGN KEY (plan_id, version) REFERENCES gridmap.version (plan_id, version),
  CONSTRAINT lineage_kind_known CHECK (kind IN ('unchanged', 'split', 'merged', 'irregular', 'new', 'retired'))
);

CREATE TABLE gridmap.state_log (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  plan_id integer NOT NULL,
  version integer NOT NULL,
  state text NOT NULL,
  in_force daterange,
  actor text NOT NULL,
  client text NOT NULL,
  note text NOT NULL DEFAULT '',
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT state_log_version_fkey FOREIGN KEY (plan_id, version) REFERENCES gridmap.version (plan_id, version)
);
"""

#: The functions that write for the caller run with the rights of their owner, so that a planner needs no right to
#: write the assignment, the grids' states or the registry by hand.
FUNCTIONS = """
CREATE FUNCTION gridmap.apply_changes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  bad record;
BEGIN
  SELECT n.plan_id, n.version, p.version AS now, p.state INTO bad
    FROM (SELECT DISTINCT plan_id, version FROM new_rows) n JOIN gridmap.plan p ON p.id = n.plan_id
    WHERE n.version <> p.version OR p.state <> 'draft' LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'changes belong to the version being saved: plan % is at version % and %, not at %',
      bad.plan_id, bad.now, bad.state, bad.version USING ERRCODE = 'GM001';
  END IF;
  SELECT n.unit_id, n.from_grid, a.grid_code INTO bad
    FROM new_rows n LEFT JOIN gridmap.assignment a ON a.plan_id = n.plan_id AND a.unit_id = n.unit_id
    WHERE a.grid_code IS DISTINCT FROM n.from_grid LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'unit % is in grid %, not in %', bad.unit_id, bad.grid_code, bad.from_grid
      USING ERRCODE = 'GM002', DETAIL = bad.unit_id;
  END IF;
  DELETE FROM gridmap.assignment a USING new_rows n
    WHERE a.plan_id = n.plan_id AND a.unit_id = n.unit_id AND n.to_grid IS NULL;
  INSERT INTO gridmap.assignment AS a (plan_id, unit_id, unit_set_id, grid_code)
    SELECT n.plan_id, n.unit_id, p.unit_set_id, n.to_grid
    FROM new_rows n JOIN gridmap.plan p ON p.id = n.plan_id WHERE n.to_grid IS NOT NULL
    ON CONFLICT (plan_id, unit_id) DO UPDATE SET grid_code = EXCLUDED.grid_code;
  -- the shape of a grid that changed is no longer known
  UPDATE gridmap.grid g SET geom = NULL,
      status = CASE WHEN EXISTS (
        SELECT FROM gridmap.assignment a WHERE a.plan_id = g.plan_id AND a.grid_code = g.code
      ) THEN 'active' ELSE 'dissolved' END
    FROM (SELECT plan_id, to_grid AS code FROM new_rows UNION SELECT plan_id, from_grid FROM new_rows) n
    WHERE g.plan_id = n.plan_id AND g.code = n.code;
  RETURN NULL;
END $$;

-- Versions have no gaps, whoever writes them: each takes the number that the plan's row has got just before …
CREATE FUNCTION gridmap.guard_version() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  newest integer;
BEGIN
  SELECT p.version INTO newest FROM gridmap.plan p WHERE p.id = NEW.plan_id;
  IF newest <> NEW.version THEN
    RAISE EXCEPTION 'plan % is at version %, not at %', NEW.plan_id, newest, NEW.version USING ERRCODE = 'GM001';
  END IF;
  RETURN NEW;
END $$;

-- … and at the end of a step no plan has a number without a version.
CREATE FUNCTION gridmap.require_version() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  wanted integer := NEW.version;
BEGIN
  IF TG_OP = 'INSERT' THEN
    SELECT p.version INTO wanted FROM gridmap.plan p WHERE p.id = NEW.id;
  END IF;
  IF NOT EXISTS (SELECT FROM gridmap.version v WHERE v.plan_id = NEW.id AND v.version = wanted) THEN
    RAISE EXCEPTION 'plan % has no version %', NEW.id, wanted USING ERRCODE = 'GM001';
  END IF;
  RETURN NULL;
END $$;

-- Whether a grid is active follows from its units alone, which only apply_changes knows; a new one has none yet.
CREATE FUNCTION gridmap.guard_grid() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  gone date;
BEGIN
  IF TG_OP = 'INSERT' THEN
    NEW.status := 'dissolved';
    RETURN NEW;
  END IF;
  IF NEW.status <> OLD.status AND pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'the state of a grid follows from its units' USING ERRCODE = 'GM003', DETAIL = 'grid';
  END IF;
  IF NEW.status = 'active' AND OLD.status <> 'active' THEN
    -- held until the end, so that the code cannot retire at this very moment
    SELECT retired_on INTO gone FROM gridmap.grid_code WHERE town_id = NEW.town_id AND code = NEW.code FOR SHARE;
    IF gone IS NOT NULL THEN
      RAISE EXCEPTION 'grid code % was retired on % and is never used again', NEW.code, gone
        USING ERRCODE = 'GM004', DETAIL = NEW.code;
    END IF;
  END IF;
  IF (OLD.plan_id, OLD.code, OLD.town_id, OLD.unit_set_id, OLD.jurisdiction, OLD.kind)
      IS DISTINCT FROM (NEW.plan_id, NEW.code, NEW.town_id, NEW.unit_set_id, NEW.jurisdiction, NEW.kind) THEN
    RAISE EXCEPTION 'of a grid only state and shape change' USING ERRCODE = 'GM003', DETAIL = 'grid';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION gridmap.guard_grid_code() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF (OLD.town_id, OLD.code, OLD.registered_at) IS DISTINCT FROM (NEW.town_id, NEW.code, NEW.registered_at)
      OR (OLD.retired_on IS NOT NULL AND NEW.retired_on IS DISTINCT FROM OLD.retired_on)
      OR (OLD.in_force_since IS NOT NULL AND NEW.in_force_since IS DISTINCT FROM OLD.in_force_since) THEN
    RAISE EXCEPTION 'a code that was retired stays retired: %', OLD.code USING ERRCODE = 'GM004', DETAIL = OLD.code;
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION gridmap.guard_plan() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  code text;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'draft' OR NEW.version <> 0 THEN
      RAISE EXCEPTION 'a plan begins as a draft' USING ERRCODE = 'GM005';
    END IF;
    IF NOT EXISTS (SELECT FROM gridmap.unit_set s WHERE s.id = NEW.unit_set_id AND s.sealed_at IS NOT NULL) THEN
      RAISE EXCEPTION 'a plan needs a survey that is complete and sealed' USING ERRCODE = 'GM005';
    END IF;
    RETURN NEW;
  END IF;
  IF (to_jsonb(OLD) - '{name,state,version,in_force,meta}'::text[])
      <> (to_jsonb(NEW) - '{name,state,version,in_force,meta}'::text[]) THEN
    RAISE EXCEPTION 'a plan keeps its town, survey and origin' USING ERRCODE = 'GM003', DETAIL = 'plan';
  END IF;
  IF NEW.version <> OLD.version AND NOT (
      NEW.version = OLD.version + 1 AND OLD.state IN ('draft', 'checked') AND NEW.state = 'draft') THEN
    RAISE EXCEPTION 'only a draft gets a new version; plan % is %', OLD.id, OLD.state USING ERRCODE = 'GM005';
  END IF;
  IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
      ('draft', 'checked'), ('checked', 'draft'), ('checked', 'approved'), ('approved', 'draft'),
      ('approved', 'in_force'), ('in_force', 'retired'),
      ('draft', 'retired'), ('checked', 'retired'), ('approved', 'retired')) THEN
    RAISE EXCEPTION 'a plan does not go from % to %', OLD.state, NEW.state
      USING ERRCODE = 'GM005', DETAIL = OLD.state || ' ' || NEW.state;
  END IF;
  IF NEW.state = 'checked' AND OLD.state = 'draft' AND NOT EXISTS (
      SELECT FROM gridmap.report r WHERE r.plan_id = NEW.id AND r.version = NEW.version) THEN
    RAISE EXCEPTION 'version % has no report yet', NEW.version USING ERRCODE = 'GM005';
  END IF;
  IF NEW.state = 'approved' AND OLD.state = 'checked' AND NOT coalesce((
      SELECT r.is_lawful FROM gridmap.report r WHERE r.plan_id = NEW.id AND r.version = NEW.version
      ORDER BY r.at DESC, r.id DESC LIMIT 1), false) THEN
    RAISE EXCEPTION 'the report on version % has broken hard rules', NEW.version USING ERRCODE = 'GM005';
  END IF;
  IF NEW.in_force IS DISTINCT FROM OLD.in_force AND NOT (
      (OLD.state = 'approved' AND NEW.state = 'in_force' AND upper_inf(NEW.in_force)) OR
      (OLD.state = 'in_force' AND NEW.state = 'retired'
       AND lower(NEW.in_force) IS NOT DISTINCT FROM lower(OLD.in_force))) THEN
    RAISE EXCEPTION 'the dates of a plan are set when it comes into force and when it ends' USING ERRCODE = 'GM005';
  END IF;
  -- Otherwise its days would stay open for ever, and no other plan could come into force.
  IF OLD.state = 'in_force' AND NEW.state = 'retired' AND upper_inf(NEW.in_force) THEN
    RAISE EXCEPTION 'a plan that was in force ends on a day' USING ERRCODE = 'GM005';
  END IF;
  IF NEW.state = 'in_force' AND OLD.state = 'approved' THEN
    SELECT g.code INTO code FROM gridmap.grid g
      JOIN gridmap.grid_code c ON c.town_id = g.town_id AND c.code = g.code
      WHERE g.plan_id = NEW.id AND g.status = 'active' AND c.retired_on IS NOT NULL ORDER BY g.code LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION 'grid code % was retired meanwhile and is never used again', code
        USING ERRCODE = 'GM004', DETAIL = code;
    END IF;
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION gridmap.settle_codes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.state = 'in_force' AND OLD.state = 'approved' THEN
    UPDATE gridmap.grid_code c SET in_force_since = lower(NEW.in_force)
      FROM gridmap.grid g WHERE g.plan_id = NEW.id AND g.status = 'active' AND g.town_id = c.town_id
      AND g.code = c.code AND c.in_force_since IS NULL;
    UPDATE gridmap.grid_code c SET retired_on = lower(NEW.in_force)
      WHERE c.town_id = NEW.town_id AND c.in_force_since IS NOT NULL AND c.retired_on IS NULL
      AND NOT EXISTS (SELECT FROM gridmap.grid g WHERE g.plan_id = NEW.id AND g.code = c.code AND g.status = 'active');
  END IF;
  RETURN NULL;
END $$;
"""

TRIGGERS = """
CREATE TRIGGER change_applied AFTER INSERT ON gridmap.change REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.apply_changes();
CREATE TRIGGER grid_guard BEFORE INSERT OR UPDATE ON gridmap.grid
  FOR EACH ROW EXECUTE FUNCTION gridmap.guard_grid();
CREATE TRIGGER grid_code_guard BEFORE UPDATE ON gridmap.grid_code
  FOR EACH ROW EXECUTE FUNCTION gridmap.guard_grid_code();
CREATE TRIGGER plan_guard BEFORE INSERT OR UPDATE ON gridmap.plan
  FOR EACH ROW EXECUTE FUNCTION gridmap.guard_plan();
CREATE TRIGGER plan_codes_settled AFTER UPDATE OF state ON gridmap.plan
  FOR EACH ROW EXECUTE FUNCTION gridmap.settle_codes();
CREATE TRIGGER plan_kept BEFORE DELETE OR TRUNCATE ON gridmap.plan
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER grid_kept BEFORE DELETE OR TRUNCATE ON gridmap.grid
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER grid_code_kept BEFORE DELETE OR TRUNCATE ON gridmap.grid_code
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER version_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON gridmap.version
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER change_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON gridmap.change
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER rules_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON gridmap.rules
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER report_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON gridmap.report
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER finding_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON gridmap.finding
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER grid_figure_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON gridmap.grid_figure
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER lineage_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON gridmap.lineage
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER state_log_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON gridmap.state_log
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER assignment_kept BEFORE TRUNCATE ON gridmap.assignment
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
-- Only the change log writes the assignment: for the owner of the tables as for everybody, so in QGIS, too.
CREATE TRIGGER assignment_logged BEFORE INSERT OR UPDATE OR DELETE ON gridmap.assignment
  FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER version_guard BEFORE INSERT ON gridmap.version
  FOR EACH ROW EXECUTE FUNCTION gridmap.guard_version();
CREATE CONSTRAINT TRIGGER plan_version_kept AFTER INSERT OR UPDATE OF version ON gridmap.plan
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION gridmap.require_version();
"""


def upgrade() -> None:
    """Make the tables of plans and what watches over them."""
    op.execute(TABLES)
    op.execute(FUNCTIONS)
    op.execute(TRIGGERS)


def downgrade() -> None:
    """Take them away, only while there is no plan."""
    refuse_if_filled("plan", "grid_code", "rules")
    op.execute("ALTER TABLE gridmap.plan DROP CONSTRAINT plan_source_fkey")
    op.execute(
        "DROP TABLE gridmap.state_log, gridmap.lineage, gridmap.grid_figure, gridmap.finding, gridmap.report,"
        " gridmap.change, gridmap.assignment, gridmap.grid, gridmap.grid_code, gridmap.version,"
        " gridmap.plan, gridmap.rules"
    )
    op.execute(
        "DROP FUNCTION gridmap.apply_changes(), gridmap.guard_grid(), gridmap.guard_grid_code(),"
        " gridmap.guard_plan(), gridmap.settle_codes(), gridmap.guard_version(), gridmap.require_version()"
    )
