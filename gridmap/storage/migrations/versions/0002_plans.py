"""Plans: versions, the append-only change log that writes the assignment, the registry of codes, reports, lineage."""

from __future__ import annotations

from alembic import op

from gridmap.storage.migrations.plan_guards import FUNCTIONS, TRIGGERS
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
  status text NOT NULL DEFAULT 'dissolved',
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
  CONSTRAINT report_version_fkey FOREIGN KEY (plan_id, version) REFERENCES gridmap.version (plan_id, version)
);

CREATE INDEX report_version_idx ON gridmap.report (plan_id, version);

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
  in_band boolean,
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
  source_plan_id integer NOT NULL DEFAULT 0,
  PRIMARY KEY (plan_id, version, source_plan_id, old_code, new_code),
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
