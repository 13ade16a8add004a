"""Issues: the log of what happened to each, its fold, patrols, and what a town decided about its issues."""

from __future__ import annotations

from alembic import op

from gridmap.storage.migrations.issue_guards import FUNCTIONS, TRIGGERS
from gridmap.storage.migrations.steps import refuse_if_filled

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE gridmap.issue (
  no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  town_id integer NOT NULL, issue_id text NOT NULL, record_id uuid, content uuid, head uuid,
  is_synthetic boolean NOT NULL DEFAULT false,
  source text NOT NULL DEFAULT '', channel text NOT NULL DEFAULT '', category text NOT NULL DEFAULT '',
  kind text NOT NULL DEFAULT '', description text NOT NULL DEFAULT '', address text NOT NULL DEFAULT '',
  step text NOT NULL DEFAULT '', tier text NOT NULL DEFAULT '', handler text NOT NULL DEFAULT '',
  reporter text NOT NULL DEFAULT '',
  reported_at timestamp(0), disposed_at timestamp(0), settled_at timestamp(0), verified_at timestamp(0),
  due_at timestamp(0), deferred_until timestamp(0),
  n_sent_back integer NOT NULL DEFAULT 0, n_escalated integer NOT NULL DEFAULT 0,
  n_reopened integer NOT NULL DEFAULT 0, duplicate_of text NOT NULL DEFAULT '', place_state text NOT NULL DEFAULT '',
  grid text NOT NULL DEFAULT '', jurisdiction text NOT NULL DEFAULT '', unit text NOT NULL DEFAULT '',
  plan text NOT NULL DEFAULT '', plan_version integer NOT NULL DEFAULT 0, version integer NOT NULL DEFAULT 0,
  n_conflicts integer NOT NULL DEFAULT 0, geom geometry, crs text NOT NULL DEFAULT '',
  month date GENERATED ALWAYS AS (date_trunc('month', reported_at)::date) STORED,
  CONSTRAINT issue_id_key UNIQUE (town_id, issue_id),
  CONSTRAINT issue_id_given CHECK (issue_id <> ''),
  CONSTRAINT issue_version_has_head CHECK ((version = 0) = (head IS NULL) AND (version = 0) = (reported_at IS NULL)
    AND (version = 0) = (step = '') AND version >= 0),
  CONSTRAINT issue_waiting_is_blank CHECK (version > 0 OR (description = '' AND address = '' AND reporter = ''
    AND handler = '' AND geom IS NULL)),
  CONSTRAINT issue_record_has_content CHECK ((record_id IS NULL) = (content IS NULL)),
  CONSTRAINT issue_step_known CHECK (step IN ('', 'detected', 'disposing', 'verifying', 'closed', 'deferred', 'merged',
    'void', 'withdrawn')),
  CONSTRAINT issue_tier_known CHECK (tier IN ('', 'grid', 'jurisdiction', 'department')),
  CONSTRAINT issue_place_state_known CHECK (place_state IN ('', 'ok', 'default', 'outside', 'none')),
  CONSTRAINT issue_counts_not_negative CHECK (n_sent_back >= 0 AND n_escalated >= 0 AND n_reopened >= 0
    AND plan_version >= 0 AND n_conflicts >= 0),
  CONSTRAINT issue_geom_point CHECK ((geom IS NULL) = (crs = '')
    AND (geom IS NULL OR GeometryType(geom) = 'POINT' AND NOT ST_IsEmpty(geom)))
);
CREATE INDEX issue_grid_idx ON gridmap.issue (town_id, grid, reported_at);
CREATE INDEX issue_category_idx ON gridmap.issue (town_id, category, reported_at) INCLUDE (step, tier);
CREATE INDEX issue_time_idx ON gridmap.issue (town_id, reported_at)
  INCLUDE (category, tier, step, grid, jurisdiction, month);
CREATE INDEX issue_open_idx ON gridmap.issue (town_id, due_at)
  WHERE step IN ('detected', 'disposing', 'verifying', 'deferred');

CREATE TABLE gridmap.issue_event (
  issue_no bigint NOT NULL, event_id uuid NOT NULL, base uuid, base_version integer NOT NULL, action text NOT NULL,
  at timestamp(0) NOT NULL, actor text NOT NULL, role text NOT NULL, tier text NOT NULL DEFAULT '',
  handler text NOT NULL DEFAULT '', note text NOT NULL DEFAULT '', until timestamp(0),
  duplicate_of text NOT NULL DEFAULT '', due_at timestamp(0), facts json,
  received_at timestamptz NOT NULL DEFAULT now(), batch_id integer,
  CONSTRAINT issue_event_pkey PRIMARY KEY (issue_no, event_id),
  CONSTRAINT issue_event_action_known CHECK (action IN ('report', 'record', 'dispatch', 'settle', 'verify',
    'send_back', 'escalate', 'transfer', 'merge', 'void', 'defer', 'resume', 'reopen', 'note', 'overdue',
    'withdraw')),
  CONSTRAINT issue_event_role_known CHECK (role IN ('reporter', 'member', 'leader', 'jurisdiction', 'department',
    'town', 'system')),
  CONSTRAINT issue_event_base_version_not_negative CHECK (base_version >= 0)
);

CREATE TABLE gridmap.patrol (
  town_id integer NOT NULL, patrol_id text NOT NULL, grid text NOT NULL, member text NOT NULL,
  started_at timestamp(0), ended_at timestamp(0), crs text NOT NULL, geom geometry, batch_id integer NOT NULL,
  PRIMARY KEY (town_id, patrol_id),
  CONSTRAINT patrol_id_given CHECK (patrol_id <> ''),
  CONSTRAINT patrol_geom_has_crs CHECK ((geom IS NULL) = (crs = ''))
);
CREATE INDEX patrol_time_idx ON gridmap.patrol (town_id, started_at);

CREATE TABLE gridmap.redaction (
  batch_id integer PRIMARY KEY CONSTRAINT redaction_batch_id_fkey REFERENCES gridmap.batch (id),
  town_id integer NOT NULL,
  issue_id text NOT NULL
);
CREATE INDEX redaction_issue_idx ON gridmap.redaction (town_id, issue_id);

CREATE TABLE gridmap.issue_policy (
  town_id integer NOT NULL CONSTRAINT issue_policy_town_id_fkey REFERENCES gridmap.town (id),
  version integer NOT NULL,
  name text NOT NULL,
  toml text NOT NULL,
  actor text NOT NULL,
  client text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (town_id, version),
  CONSTRAINT issue_policy_version_counted CHECK (version > 0),
  CONSTRAINT issue_policy_actor_given CHECK (actor <> '')
);
"""

VIEWS = """
CREATE VIEW gridmap.issues AS
SELECT t.id || ':' || i.issue_id AS key, t.name AS town, i.town_id, i.issue_id, i.source, i.channel, i.category,
  i.kind, i.description, i.address, i.step, i.step IN ('detected', 'disposing', 'verifying', 'deferred') AS is_open,
  i.step IN ('detected', 'disposing', 'verifying', 'deferred', 'closed') AS is_counted, i.tier, i.handler, i.reporter,
  i.reported_at, i.disposed_at, i.settled_at, i.verified_at, i.due_at, i.deferred_until, i.n_sent_back,
  i.n_escalated, i.n_reopened, i.duplicate_of, i.place_state, i.grid, i.jurisdiction, i.unit, i.plan, i.plan_version,
  i.version, i.n_conflicts, i.is_synthetic, i.geom
FROM gridmap.issue i
JOIN gridmap.town t ON t.id = i.town_id
WHERE i.reported_at IS NOT NULL;

-- Issues that count, by the grid that owns them and the month in which they were reported.
CREATE VIEW gridmap.issues_by_grid_month AS
SELECT t.id || ':' || i.grid || ':' || i.month AS key, t.name AS town, i.*
FROM (
  SELECT town_id, grid, month, count(*) AS n,
    count(*) FILTER (WHERE step = 'closed') AS n_closed,
    count(*) FILTER (WHERE tier = 'grid') AS n_tier_grid,
    count(*) FILTER (WHERE tier = 'jurisdiction') AS n_tier_jurisdiction,
    count(*) FILTER (WHERE tier = 'department') AS n_tier_department
  FROM gridmap.issue
  WHERE reported_at IS NOT NULL AND step IN ('detected', 'disposing', 'verifying', 'deferred', 'closed')
  GROUP BY town_id, grid, month
) i
JOIN gridmap.town t ON t.id = i.town_id;
"""


def upgrade() -> None:
    """Make the tables of issues, what watches over them, and their views."""
    for statements in (TABLES, FUNCTIONS, TRIGGERS, VIEWS):
        op.execute(statements)


def downgrade() -> None:
    """Take them away, only while they hold nothing."""
    tables = ("issue_event", "issue", "patrol", "redaction", "issue_policy")
    refuse_if_filled(*tables)
    op.execute("DROP VIEW gridmap.issues_by_grid_month, gridmap.issues")
    op.execute(f"DROP TABLE {', '.join(f'gridmap.{name}' for name in tables)}")
    functions = (
        *("guard_issue_event", "guard_new_issue", "guard_issue", "guard_event_texts", "redact_issue", "guard_patrol"),
    )
    op.execute(f"DROP FUNCTION {', '.join(f'gridmap.{name}()' for name in functions)}")
