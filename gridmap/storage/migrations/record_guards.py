"""What watches over the tables of step 0004: rows of records are added and ended, for every client, and nothing else.

They belong to that step and are as fixed as it is; what is to change later changes in a step of its own.
"""

from __future__ import annotations

from typing import Final

#: The registers of this step.
REGISTERS: Final = (
    *("point", "person", "post", "list_item", "list_adoption", "list_change", "branch", "in_service", "activity"),
    *("deliberation", "service_item", "service_offer", "service_order"),
)

FUNCTIONS: Final = """
-- Of a row only ended_by changes, once. A person's name and telephone number become blank, too, but only where
-- gridmap.erase_person is at work, which is the trigger of another table.
CREATE FUNCTION gridmap.guard_record() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  was record := OLD;
BEGIN
  IF TG_TABLE_NAME = 'person' AND NEW.ended_by IS NOT DISTINCT FROM OLD.ended_by AND pg_trigger_depth() > 1 THEN
    was.name := '';
    was.phone := '';
  ELSIF OLD.ended_by IS NULL AND NEW.ended_by IS NOT NULL THEN
    was.ended_by := NEW.ended_by;
  ELSE
    RAISE EXCEPTION 'a row of % is ended once, and never begins again', TG_TABLE_NAME
      USING ERRCODE = 'GM003', DETAIL = TG_TABLE_NAME;
  END IF;
  IF was *<> NEW THEN
    RAISE EXCEPTION 'of a row of % only its end is written', TG_TABLE_NAME
      USING ERRCODE = 'GM003', DETAIL = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END $$;

-- Rows are added and ended by a batch of their town that is being written in this very transaction: what a batch did
-- is complete when others see it. Once a statement, where foreign keys would look row by row.
CREATE FUNCTION gridmap.guard_record_batch() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  bad integer;
BEGIN
  IF TG_OP = 'INSERT' AND EXISTS (SELECT FROM new_rows n WHERE n.ended_by IS NOT NULL) THEN
    RAISE EXCEPTION 'a row of % begins without an end', TG_TABLE_NAME
      USING ERRCODE = 'GM003', DETAIL = TG_TABLE_NAME;
  END IF;
  SELECT w.batch INTO bad
    FROM (SELECT DISTINCT n.town_id, CASE TG_OP WHEN 'INSERT' THEN n.added_by ELSE n.ended_by END AS batch
          FROM new_rows n) w
    LEFT JOIN gridmap.batch b ON b.id = w.batch AND b.town_id = w.town_id AND TG_TABLE_NAME = ANY (b.registers)
      AND b.xmin = pg_current_xact_id()::xid
    WHERE b.id IS NULL AND (TG_OP = 'INSERT' OR pg_trigger_depth() = 1) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'rows of % belong to a batch that is being written, which % is not', TG_TABLE_NAME, bad
      USING ERRCODE = 'GM003', DETAIL = TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$;

-- The one way in which personal data goes: the log of erasures takes it out of every row, ended ones too.
CREATE FUNCTION gridmap.erase_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM gridmap.batch b WHERE b.id = NEW.batch_id AND b.town_id = NEW.town_id AND b.kind = 'erase'
      AND b.xmin = pg_current_xact_id()::xid
  ) THEN
    RAISE EXCEPTION 'an erasure belongs to a batch that is being written' USING ERRCODE = 'GM003', DETAIL = 'erasure';
  END IF;
  UPDATE gridmap.person SET name = '', phone = '' WHERE town_id = NEW.town_id AND person_id = NEW.person_id;
  RETURN NULL;
END $$;
"""

_OF_A_REGISTER: Final = """
CREATE TRIGGER {0}_guard BEFORE UPDATE ON gridmap.{0}
  FOR EACH ROW EXECUTE FUNCTION gridmap.guard_record();
CREATE TRIGGER {0}_kept BEFORE DELETE OR TRUNCATE ON gridmap.{0}
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER {0}_added AFTER INSERT ON gridmap.{0} REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.guard_record_batch();
CREATE TRIGGER {0}_ended AFTER UPDATE ON gridmap.{0} REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.guard_record_batch();
"""
TRIGGERS: Final = """
CREATE TRIGGER batch_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON gridmap.batch
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER erasure_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON gridmap.erasure
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER erasure_done AFTER INSERT ON gridmap.erasure
  FOR EACH ROW EXECUTE FUNCTION gridmap.erase_person();
""" + "".join(_OF_A_REGISTER.format(name) for name in REGISTERS)
