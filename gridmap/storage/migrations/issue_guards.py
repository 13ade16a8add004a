"""What watches over the tables of step 0005: the log of issues grows, and the fold follows it, for every client.

They belong to that step and are as fixed as it is; what is to change later changes in a step of its own.
"""

from __future__ import annotations

from typing import Final

FUNCTIONS: Final = """
-- Events are of an issue that is there, or of a batch of issues that is being written in this very transaction, which
-- writes its events first.
CREATE FUNCTION gridmap.guard_issue_event() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  bad text;
BEGIN
  SELECT 'batch ' || w.batch_id INTO bad FROM (SELECT DISTINCT n.batch_id FROM new_rows n) w
    LEFT JOIN gridmap.batch b ON b.id = w.batch_id AND 'issue' = ANY (b.registers)
      AND b.xmin = pg_current_xact_id()::xid
    WHERE w.batch_id IS NOT NULL AND b.id IS NULL LIMIT 1;
  IF NOT FOUND THEN
    SELECT 'issue ' || n.issue_no INTO bad FROM new_rows n LEFT JOIN gridmap.issue i ON i.no = n.issue_no
      WHERE n.batch_id IS NULL AND i.no IS NULL LIMIT 1;
  END IF;
  IF FOUND THEN
    RAISE EXCEPTION 'events belong to an issue, or to a batch that is being written, which % is not', bad
      USING ERRCODE = 'GM003', DETAIL = 'issue_event';
  END IF;
  RETURN NULL;
END $$;

-- A new issue is of a town, and comes with the event that made it, written in this transaction; one without a version
-- waits for it.
CREATE FUNCTION gridmap.guard_new_issue() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  bad text;
BEGIN
  SELECT n.issue_id INTO bad FROM new_rows n
    LEFT JOIN gridmap.issue_event e ON e.issue_no = n.no AND e.event_id = n.head
      AND e.xmin = pg_current_xact_id()::xid
    LEFT JOIN gridmap.batch b ON b.id = e.batch_id
    WHERE n.version > 0 AND (e.issue_no IS NULL OR b.town_id <> n.town_id) LIMIT 1;
  IF NOT FOUND THEN
    SELECT 'of town ' || w.town_id INTO bad FROM (SELECT DISTINCT n.town_id FROM new_rows n) w
      WHERE NOT EXISTS (SELECT FROM gridmap.town t WHERE t.id = w.town_id) LIMIT 1;
  END IF;
  IF FOUND THEN
    RAISE EXCEPTION 'issue % comes without its town or the event that made it', bad
      USING ERRCODE = 'GM003', DETAIL = 'issue';
  END IF;
  RETURN NULL;
END $$;

-- An issue changes together with an event of it in this transaction, or where its texts are being taken out.
CREATE FUNCTION gridmap.guard_issue() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  bad text;
BEGIN
  SELECT n.issue_id INTO bad FROM new_rows n
    LEFT JOIN LATERAL (
      SELECT bool_or(e.xmin = pg_current_xact_id()::xid AND (b.id IS NULL OR b.town_id = n.town_id)) AS is_new,
        bool_or(e.event_id = n.head) AS has_head
      FROM gridmap.issue_event e LEFT JOIN gridmap.batch b ON b.id = e.batch_id WHERE e.issue_no = n.no
    ) e ON true
    WHERE (e.is_new IS NOT TRUE OR n.version > 0 AND e.has_head IS NOT TRUE) AND NOT EXISTS (
      SELECT FROM gridmap.redaction r WHERE r.town_id = n.town_id AND r.issue_id = n.issue_id
        AND r.xmin = pg_current_xact_id()::xid)
    LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'issue % changes only with an event of it', bad USING ERRCODE = 'GM003', DETAIL = 'issue';
  END IF;
  RETURN NULL;
END $$;

-- Of an event only its texts go, and only while its issue is being redacted.
CREATE FUNCTION gridmap.guard_event_texts() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  was record := OLD;
BEGIN
  was.note := CASE OLD.note WHEN '' THEN '' ELSE '—' END;
  was.facts := (OLD.facts::jsonb - '{description,address}'::text[])::json;
  IF was *<> NEW OR NOT EXISTS (
    SELECT FROM gridmap.issue i JOIN gridmap.redaction r ON r.town_id = i.town_id AND r.issue_id = i.issue_id
    WHERE i.no = OLD.issue_no AND r.xmin = pg_current_xact_id()::xid
  ) THEN
    RAISE EXCEPTION 'events are never changed or taken away' USING ERRCODE = 'GM003', DETAIL = 'issue_event';
  END IF;
  RETURN NEW;
END $$;

-- The one way in which texts of an issue go: description and address, and those and the notes of its events. A dash
-- stands for a note, since some actions count only with one.
CREATE FUNCTION gridmap.redact_issue() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM gridmap.batch b WHERE b.id = NEW.batch_id AND b.town_id = NEW.town_id AND b.kind = 'erase'
      AND 'issue' = ANY (b.registers) AND b.xmin = pg_current_xact_id()::xid
  ) THEN
    RAISE EXCEPTION 'a redaction belongs to a batch that is being written'
      USING ERRCODE = 'GM003', DETAIL = 'redaction';
  END IF;
  UPDATE gridmap.issue SET description = '', address = ''
    WHERE town_id = NEW.town_id AND issue_id = NEW.issue_id;
  UPDATE gridmap.issue_event SET note = CASE note WHEN '' THEN '' ELSE '—' END,
      facts = (facts::jsonb - '{description,address}'::text[])::json
    WHERE issue_no = (SELECT i.no FROM gridmap.issue i
      WHERE i.town_id = NEW.town_id AND i.issue_id = NEW.issue_id);
  RETURN NULL;
END $$;

CREATE FUNCTION gridmap.guard_patrol() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  bad integer;
BEGIN
  SELECT w.batch_id INTO bad FROM (SELECT DISTINCT n.town_id, n.batch_id FROM new_rows n) w
    LEFT JOIN gridmap.batch b ON b.id = w.batch_id AND b.town_id = w.town_id AND 'patrol' = ANY (b.registers)
      AND b.xmin = pg_current_xact_id()::xid
    WHERE b.id IS NULL LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'patrols belong to a batch that is being written, which % is not', bad
      USING ERRCODE = 'GM003', DETAIL = 'patrol';
  END IF;
  RETURN NULL;
END $$;
"""

TRIGGERS: Final = """
CREATE TRIGGER issue_event_guard AFTER INSERT ON gridmap.issue_event REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.guard_issue_event();
CREATE TRIGGER issue_event_texts BEFORE UPDATE ON gridmap.issue_event
  FOR EACH ROW EXECUTE FUNCTION gridmap.guard_event_texts();
CREATE TRIGGER issue_event_kept BEFORE DELETE OR TRUNCATE ON gridmap.issue_event
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER issue_added AFTER INSERT ON gridmap.issue REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.guard_new_issue();
CREATE TRIGGER issue_folded AFTER UPDATE ON gridmap.issue REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.guard_issue();
CREATE TRIGGER issue_same BEFORE UPDATE OF no, town_id, issue_id ON gridmap.issue
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER issue_kept BEFORE DELETE OR TRUNCATE ON gridmap.issue
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER patrol_added AFTER INSERT ON gridmap.patrol REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.guard_patrol();
CREATE TRIGGER patrol_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON gridmap.patrol
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER redaction_done AFTER INSERT ON gridmap.redaction
  FOR EACH ROW EXECUTE FUNCTION gridmap.redact_issue();
CREATE TRIGGER redaction_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON gridmap.redaction
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
CREATE TRIGGER issue_policy_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON gridmap.issue_policy
  FOR EACH STATEMENT EXECUTE FUNCTION gridmap.refuse_change();
"""
