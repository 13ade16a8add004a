"""What watches over the tables of step 0002: the functions and triggers that hold the rules of plans for every client.

They belong to that step and are as fixed as it is; what is to change later changes in a step of its own.
"""

from __future__ import annotations

from typing import Final

#: The functions that write for the caller run with the rights of their owner, so that a planner needs no right to
#: write the assignment, the grids' states or the registry by hand.
FUNCTIONS: Final = """
-- It looks at once at what foreign keys of change and assignment to version and plan would look at row by row.
-- By index alone: the plan of its statements is made once a session, and one that began with an import of
-- 20,000 rows would read whole tables for every save of one unit after it.
CREATE FUNCTION gridmap.apply_changes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
  bad record;
BEGIN
  SELECT n.plan_id, n.version, p.version AS now, p.state INTO bad
    FROM (SELECT DISTINCT plan_id, version FROM new_rows) n JOIN gridmap.plan p ON p.id = n.plan_id
    WHERE n.version <> p.version OR p.state <> 'draft'
      OR NOT EXISTS (SELECT FROM gridmap.version v WHERE v.plan_id = n.plan_id AND v.version = n.version) LIMIT 1;
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
      SELECT r.is_lawful FROM gridmap.report r
      JOIN gridmap.version v ON v.plan_id = r.plan_id AND v.version = r.version AND v.rules_hash = r.rules_hash
      WHERE r.plan_id = NEW.id AND r.version = NEW.version
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

TRIGGERS: Final = """
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
