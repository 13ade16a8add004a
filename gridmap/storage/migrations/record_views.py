"""The views of step 0004, for QGIS, notebooks and SQL: the records that hold now. None of them shows people."""

from __future__ import annotations

from typing import Final

#: In an order in which they can be taken away.
VIEW_NAMES: Final = (
    *("points", "points_in_force", "posts", "list_items", "list_adoptions", "list_changes", "branches"),
    *("in_service_members", "activities", "deliberations", "service_items", "service_offers", "service_orders"),
)

VIEWS: Final = """
-- By place: a point on a border that units share belongs to the first of them in the order of the survey, as in
-- gridmap.points. Points in a CRS of which PostGIS knows nothing, which is not that of the survey, have no grid here.
CREATE VIEW gridmap.points_in_force AS
SELECT t.id || ':' || r.record AS key, t.name AS town, r.town_id, r.record, r.point_id, r.name, r.kind,
  p.id AS plan_id, p.name AS plan, p.version, p.in_force, u.unit_id, u.jurisdiction AS jurisdiction_by_place,
  a.grid_code AS grid_by_place, r.jurisdiction, r.grid, r.grid IN ('', coalesce(a.grid_code, '')) AS is_as_recorded,
  r.is_private_home, q.geom
FROM gridmap.point r
JOIN gridmap.town t ON t.id = r.town_id
JOIN gridmap.plan p ON p.town_id = r.town_id AND p.in_force @> CURRENT_DATE
JOIN gridmap.unit_set s ON s.id = p.unit_set_id
CROSS JOIN LATERAL (
  SELECT CASE WHEN r.crs = s.crs THEN r.geom
    WHEN EXISTS (SELECT FROM spatial_ref_sys x WHERE x.srid = s.srid)
      AND EXISTS (SELECT FROM spatial_ref_sys x WHERE x.srid = r.srid)
    THEN ST_Transform(r.geom, s.srid) END AS geom
) q
LEFT JOIN LATERAL (
  SELECT u.unit_id, u.jurisdiction FROM gridmap.unit u
  WHERE u.unit_set_id = p.unit_set_id AND ST_Intersects(u.geom, q.geom) ORDER BY u.position LIMIT 1
) u ON true
LEFT JOIN gridmap.assignment a ON a.plan_id = p.id AND a.unit_id = u.unit_id
WHERE r.ended_by IS NULL;

-- The status today, from the dates and, where they are blank, from the status on record, as in gridmap.points.status.
CREATE VIEW gridmap.points AS
SELECT t.id || ':' || r.record AS key, t.name AS town, r.town_id, r.record, r.point_id, r.name, r.kind, r.jurisdiction,
  r.grid, f.grid_by_place, r.premises_id, r.status, d.status_today, d.status_today = 'in_use' AS is_open,
  r.planned_on, r.built_on, r.opened_on, r.closed_on, r.capacity, r.opening, r.services, r.is_private_home, r.address,
  b.id AS batch_id, b.at AS recorded_at, b.is_synthetic, r.geom
FROM gridmap.point r
JOIN gridmap.town t ON t.id = r.town_id
JOIN gridmap.batch b ON b.id = r.added_by
CROSS JOIN LATERAL (
  SELECT CASE
    WHEN r.closed_on <= CURRENT_DATE OR (r.status = 'closed' AND r.closed_on IS NULL) THEN 'closed'
    WHEN r.opened_on <= CURRENT_DATE THEN 'in_use'
    WHEN r.built_on > CURRENT_DATE THEN 'planned'
    WHEN r.opened_on > CURRENT_DATE THEN
      CASE WHEN r.status = 'built' OR r.built_on <= CURRENT_DATE THEN 'built' ELSE 'planned' END
    WHEN r.status = 'planned' AND r.built_on <= CURRENT_DATE THEN 'built'
    WHEN r.status = 'closed' THEN 'in_use'
    ELSE r.status END AS status_today
) d
LEFT JOIN gridmap.points_in_force f ON f.town_id = r.town_id AND f.record = r.record
WHERE r.ended_by IS NULL;

CREATE VIEW gridmap.posts AS
SELECT t.id || ':' || r.record AS key, t.name AS town, r.town_id, r.record, r.person_id, r.role, r.jurisdiction,
  r.grid, r.source, r.since, r.until,
  (r.since IS NULL OR r.since <= CURRENT_DATE) AND (r.until IS NULL OR r.until > CURRENT_DATE) AS is_current,
  b.id AS batch_id, b.at AS recorded_at, b.is_synthetic
FROM gridmap.post r
JOIN gridmap.town t ON t.id = r.town_id
JOIN gridmap.batch b ON b.id = r.added_by
WHERE r.ended_by IS NULL;

CREATE VIEW gridmap.list_items AS
SELECT t.id || ':' || r.record AS key, t.name AS town, r.town_id, r.record, r.list, r.template_version, r.item,
  r.category, r.title, r.detail, r.frequency, r.responsible, b.id AS batch_id, b.at AS recorded_at, b.is_synthetic
FROM gridmap.list_item r
JOIN gridmap.town t ON t.id = r.town_id
JOIN gridmap.batch b ON b.id = r.added_by
WHERE r.ended_by IS NULL;

CREATE VIEW gridmap.list_adoptions AS
SELECT t.id || ':' || r.record AS key, t.name AS town, r.town_id, r.record, r.grid, r.list, r.template_version,
  r.adopted_on, b.id AS batch_id, b.at AS recorded_at, b.is_synthetic
FROM gridmap.list_adoption r
JOIN gridmap.town t ON t.id = r.town_id
JOIN gridmap.batch b ON b.id = r.added_by
WHERE r.ended_by IS NULL;

CREATE VIEW gridmap.list_changes AS
SELECT t.id || ':' || r.record AS key, t.name AS town, r.town_id, r.record, r.grid, r.list, r.item, r.action, r.since,
  r.category, r.title, r.detail, r.frequency, r.responsible, b.id AS batch_id, b.at AS recorded_at, b.is_synthetic
FROM gridmap.list_change r
JOIN gridmap.town t ON t.id = r.town_id
JOIN gridmap.batch b ON b.id = r.added_by
WHERE r.ended_by IS NULL;

CREATE VIEW gridmap.branches AS
SELECT t.id || ':' || r.record AS key, t.name AS town, r.town_id, r.record, r.branch_id, r.name, r.kind,
  r.jurisdiction, r.grids, r.members, r.founded_on, r.dissolved_on, b.id AS batch_id, b.at AS recorded_at,
  b.is_synthetic
FROM gridmap.branch r
JOIN gridmap.town t ON t.id = r.town_id
JOIN gridmap.batch b ON b.id = r.added_by
WHERE r.ended_by IS NULL;

CREATE VIEW gridmap.in_service_members AS
SELECT t.id || ':' || r.record AS key, t.name AS town, r.town_id, r.record, r.grid, r.counted_on, r.members,
  b.id AS batch_id, b.at AS recorded_at, b.is_synthetic
FROM gridmap.in_service r
JOIN gridmap.town t ON t.id = r.town_id
JOIN gridmap.batch b ON b.id = r.added_by
WHERE r.ended_by IS NULL;

CREATE VIEW gridmap.activities AS
SELECT t.id || ':' || r.record AS key, t.name AS town, r.town_id, r.record, r.activity_id, r.kind, r.title, r.held_on,
  r.jurisdiction, r.grid, r.point_id, r.place, r.branch_id, r.department, r.attendance, b.id AS batch_id,
  b.at AS recorded_at, b.is_synthetic
FROM gridmap.activity r
JOIN gridmap.town t ON t.id = r.town_id
JOIN gridmap.batch b ON b.id = r.added_by
WHERE r.ended_by IS NULL;

CREATE VIEW gridmap.deliberations AS
SELECT t.id || ':' || r.record AS key, t.name AS town, r.town_id, r.record, r.deliberation_id, r.held_on, r.grid,
  r.topic, r.issue_id, r.attendance, r.outcome, r.project, r.project_status, r.completed_on, b.id AS batch_id,
  b.at AS recorded_at, b.is_synthetic
FROM gridmap.deliberation r
JOIN gridmap.town t ON t.id = r.town_id
JOIN gridmap.batch b ON b.id = r.added_by
WHERE r.ended_by IS NULL;

CREATE VIEW gridmap.service_items AS
SELECT t.id || ':' || r.record AS key, t.name AS town, r.town_id, r.record, r.item_id, r.title, r.category, r.detail,
  b.id AS batch_id, b.at AS recorded_at, b.is_synthetic
FROM gridmap.service_item r
JOIN gridmap.town t ON t.id = r.town_id
JOIN gridmap.batch b ON b.id = r.added_by
WHERE r.ended_by IS NULL;

CREATE VIEW gridmap.service_offers AS
SELECT t.id || ':' || r.record AS key, t.name AS town, r.town_id, r.record, r.offer_id, r.department, r.item_id,
  r.jurisdiction, r.grid, r.point_id, r.recurrence, r.hours, r.since, r.until, b.id AS batch_id, b.at AS recorded_at,
  b.is_synthetic
FROM gridmap.service_offer r
JOIN gridmap.town t ON t.id = r.town_id
JOIN gridmap.batch b ON b.id = r.added_by
WHERE r.ended_by IS NULL;

CREATE VIEW gridmap.service_orders AS
SELECT t.id || ':' || r.record AS key, t.name AS town, r.town_id, r.record, r.order_id, r.ordered_on, r.grid,
  r.item_id, r.department, r.point_id, r.people, r.wanted_on, r.status, r.fulfilled_on, r.rating, b.id AS batch_id,
  b.at AS recorded_at, b.is_synthetic
FROM gridmap.service_order r
JOIN gridmap.town t ON t.id = r.town_id
JOIN gridmap.batch b ON b.id = r.added_by
WHERE r.ended_by IS NULL;
"""
