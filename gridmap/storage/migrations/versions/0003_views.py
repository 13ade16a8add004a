"""Views for QGIS, notebooks and SQL, and the question which grid held a point on a day."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

VIEWS = """
CREATE VIEW gridmap.plan_units AS
SELECT p.id || ':' || u.unit_id AS key, t.name AS town, p.id AS plan_id, p.name AS plan, p.version, p.state, p.in_force,
  u.unit_id, a.grid_code, u.jurisdiction, j.name AS jurisdiction_name, u.name, u.kind, u.households, u.buildings,
  u.premises, u.compound, u.dedicated, s.is_synthetic, u.geom
FROM gridmap.plan p
JOIN gridmap.town t ON t.id = p.town_id
JOIN gridmap.unit_set s ON s.id = p.unit_set_id
JOIN gridmap.unit u ON u.unit_set_id = p.unit_set_id
JOIN gridmap.jurisdiction j ON j.unit_set_id = u.unit_set_id AND j.code = u.jurisdiction
LEFT JOIN gridmap.assignment a ON a.plan_id = p.id AND a.unit_id = u.unit_id;

CREATE VIEW gridmap.plan_grids AS
SELECT p.id || ':' || g.code AS key, t.name AS town, p.id AS plan_id, p.name AS plan, p.version, p.state, p.in_force,
  g.code AS grid_code, g.jurisdiction, j.name AS jurisdiction_name, g.kind,
  n.households, n.n_units, f.deviation, f.polsby_popper, f.in_band,
  e.zh AS exception_zh, e.en AS exception_en, g.code = ANY (v.locked) AS locked, s.is_synthetic,
  coalesce(g.geom, (
    SELECT ST_Multi(ST_Union(u.geom)) FROM gridmap.assignment a
    JOIN gridmap.unit u ON u.unit_set_id = a.unit_set_id AND u.unit_id = a.unit_id
    WHERE a.plan_id = g.plan_id AND a.grid_code = g.code
  )) AS geom
FROM gridmap.grid g
JOIN gridmap.plan p ON p.id = g.plan_id
JOIN gridmap.town t ON t.id = p.town_id
JOIN gridmap.unit_set s ON s.id = p.unit_set_id
JOIN gridmap.version v ON v.plan_id = p.id AND v.version = p.version
JOIN gridmap.jurisdiction j ON j.unit_set_id = g.unit_set_id AND j.code = g.jurisdiction
CROSS JOIN LATERAL (
  SELECT sum(u.households)::bigint AS households, count(*)::integer AS n_units
  FROM gridmap.assignment a JOIN gridmap.unit u ON u.unit_set_id = a.unit_set_id AND u.unit_id = a.unit_id
  WHERE a.plan_id = g.plan_id AND a.grid_code = g.code
) n
CROSS JOIN LATERAL (
  SELECT string_agg(x -> 'text' ->> 'zh', '；') AS zh, string_agg(x -> 'text' ->> 'en', '; ') AS en
  FROM jsonb_array_elements(v.exceptions) x WHERE x ->> 'grid' = g.code
) e
LEFT JOIN LATERAL (
  SELECT r.id FROM gridmap.report r WHERE r.plan_id = p.id AND r.version = p.version
  ORDER BY r.at DESC, r.id DESC LIMIT 1
) r ON true
LEFT JOIN gridmap.grid_figure f ON f.report_id = r.id AND f.grid_code = g.code
WHERE g.status = 'active';

CREATE VIEW gridmap.units_in_force AS
SELECT * FROM gridmap.plan_units WHERE in_force @> CURRENT_DATE;

CREATE VIEW gridmap.grids_in_force AS
SELECT * FROM gridmap.plan_grids WHERE in_force @> CURRENT_DATE;

CREATE VIEW gridmap.jurisdictions AS
SELECT p.id || ':' || j.code AS key, t.name AS town, p.id AS plan_id, p.name AS plan, p.state, p.in_force,
  j.code, j.name, j.kind, j.geom
FROM gridmap.plan p
JOIN gridmap.town t ON t.id = p.town_id
JOIN gridmap.jurisdiction j ON j.unit_set_id = p.unit_set_id;

CREATE VIEW gridmap.barriers AS
SELECT f.unit_set_id || ':' || f.position AS key, t.name AS town, f.unit_set_id, s.surveyed_on, f.kind, f.name, f.geom
FROM gridmap.layer_feature f
JOIN gridmap.unit_set s ON s.id = f.unit_set_id
JOIN gridmap.town t ON t.id = s.town_id
WHERE f.layer = 'barriers';

CREATE VIEW gridmap.premises AS
SELECT f.unit_set_id || ':' || f.position AS key, t.name AS town, f.unit_set_id, s.surveyed_on,
  f.attributes ->> 'premises_id' AS premises_id, f.kind, f.name, f.geom
FROM gridmap.layer_feature f
JOIN gridmap.unit_set s ON s.id = f.unit_set_id
JOIN gridmap.town t ON t.id = s.town_id
WHERE f.layer = 'premises';

CREATE VIEW gridmap.findings AS
SELECT p.id || ':' || f.seq AS key, t.name AS town, p.id AS plan_id, p.name AS plan, p.version, p.state,
  f.check_id AS "check", f.severity, f.excepted, f.jurisdiction, f.grid_code, f.unit_id, f.value, f.limit_value,
  f.measure_unit, f.message_zh, f.message_en, r.catalogue_version, r.at AS judged_at, f.geom
FROM gridmap.plan p
JOIN gridmap.town t ON t.id = p.town_id
JOIN LATERAL (
  SELECT r.id, r.catalogue_version, r.at FROM gridmap.report r
  WHERE r.plan_id = p.id AND r.version = p.version ORDER BY r.at DESC, r.id DESC LIMIT 1
) r ON true
JOIN gridmap.finding f ON f.report_id = r.id;

CREATE VIEW gridmap.change_log AS
SELECT t.name AS town, p.name AS plan, c.plan_id, c.version, c.seq, c.unit_id, c.from_grid, c.to_grid,
  v.kind, v.actor, v.client, v.at, v.op_id, v.message
FROM gridmap.change c
JOIN gridmap.version v ON v.plan_id = c.plan_id AND v.version = c.version
JOIN gridmap.plan p ON p.id = c.plan_id
JOIN gridmap.town t ON t.id = p.town_id;

-- With a plan the point is in the CRS of its survey; without one it is brought into that of each plan then in force,
-- and plans in a CRS of which PostGIS knows nothing are left out.
CREATE FUNCTION gridmap.grid_at(point geometry, on_date date DEFAULT CURRENT_DATE, of_plan integer DEFAULT NULL)
RETURNS TABLE (
  town text, plan text, plan_id integer, in_force daterange, jurisdiction text, jurisdiction_name text,
  unit_id text, grid_code text
)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT t.name, p.name, p.id, p.in_force, u.jurisdiction, j.name, u.unit_id, a.grid_code
  FROM gridmap.plan p
  JOIN gridmap.town t ON t.id = p.town_id
  JOIN gridmap.unit_set s ON s.id = p.unit_set_id
  CROSS JOIN LATERAL (
    SELECT CASE WHEN of_plan IS NOT NULL OR (ST_SRID(point) = s.srid AND s.srid <> 0) THEN point
      WHEN EXISTS (SELECT FROM spatial_ref_sys r WHERE r.srid = s.srid)
        AND EXISTS (SELECT FROM spatial_ref_sys r WHERE r.srid = ST_SRID(point))
      THEN ST_Transform(point, s.srid) END AS geom
  ) q
  JOIN gridmap.unit u ON u.unit_set_id = p.unit_set_id AND ST_Intersects(u.geom, q.geom)
  JOIN gridmap.jurisdiction j ON j.unit_set_id = u.unit_set_id AND j.code = u.jurisdiction
  LEFT JOIN gridmap.assignment a ON a.plan_id = p.id AND a.unit_id = u.unit_id
  WHERE p.in_force @> on_date AND (of_plan IS NULL OR p.id = of_plan)
  ORDER BY t.name, a.grid_code, u.unit_id;
END;
"""


def upgrade() -> None:
    """Make the views and the function."""
    op.execute(VIEWS)


def downgrade() -> None:
    """Take them away; they hold nothing of their own."""
    op.execute("DROP FUNCTION gridmap.grid_at(geometry, date, integer)")
    op.execute(
        "DROP VIEW gridmap.change_log, gridmap.findings, gridmap.barriers, gridmap.premises,"
        " gridmap.jurisdictions, gridmap.grids_in_force, gridmap.units_in_force, gridmap.plan_grids, gridmap.plan_units"
    )
