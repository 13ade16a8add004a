"""What a town keeps about its grids: a table a register, rows that are added by one batch and ended by another."""

from __future__ import annotations

from alembic import op

from gridmap.storage.migrations.record_guards import FUNCTIONS, REGISTERS, TRIGGERS
from gridmap.storage.migrations.record_views import VIEW_NAMES, VIEWS
from gridmap.storage.migrations.steps import refuse_if_filled

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BATCHES = r"""
CREATE TABLE gridmap.batch (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  town_id integer NOT NULL CONSTRAINT batch_town_id_fkey REFERENCES gridmap.town (id),
  kind text NOT NULL,
  registers text[] NOT NULL,
  source text NOT NULL DEFAULT '',
  message text NOT NULL DEFAULT '',
  actor text NOT NULL,
  client text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  op_id uuid NOT NULL,
  is_synthetic boolean NOT NULL,
  crs text NOT NULL DEFAULT '',
  undoes integer CONSTRAINT batch_undoes_fkey REFERENCES gridmap.batch (id),
  n_new integer NOT NULL,
  n_changed integer NOT NULL,
  n_ended integer NOT NULL,
  CONSTRAINT batch_op_id_key UNIQUE (op_id),
  CONSTRAINT batch_kind_known CHECK (kind IN ('import', 'undo', 'erase')),
  CONSTRAINT batch_registers_given CHECK (cardinality(registers) > 0),
  CONSTRAINT batch_source_no_path CHECK (source !~ '[/\\]'),
  CONSTRAINT batch_actor_given CHECK (actor <> ''),
  CONSTRAINT batch_undoes_earlier CHECK ((kind = 'undo') = (undoes IS NOT NULL) AND undoes < id),
  CONSTRAINT batch_counts_not_negative CHECK (n_new >= 0 AND n_changed >= 0 AND n_ended >= 0)
);
CREATE INDEX batch_town_idx ON gridmap.batch (town_id, id);

CREATE TABLE gridmap.erasure (
  batch_id integer PRIMARY KEY CONSTRAINT erasure_batch_id_fkey REFERENCES gridmap.batch (id),
  town_id integer NOT NULL,
  person_id text NOT NULL
);
"""

RECORDS = """
CREATE TABLE gridmap.point (
  town_id integer NOT NULL, record text NOT NULL, added_by integer NOT NULL, ended_by integer,
  position integer NOT NULL, srid integer NOT NULL, crs text NOT NULL, point_id text NOT NULL, name text NOT NULL,
  kind text NOT NULL, jurisdiction text NOT NULL, grid text NOT NULL, premises_id text NOT NULL, status text NOT NULL,
  planned_on date, built_on date, opened_on date, closed_on date, capacity bigint, opening text NOT NULL,
  services text[] NOT NULL, is_private_home boolean NOT NULL, address text NOT NULL, geom geometry NOT NULL,
  PRIMARY KEY (town_id, record, added_by),
  CONSTRAINT point_point_id_given CHECK (point_id <> ''),
  CONSTRAINT point_name_given CHECK (name <> ''),
  CONSTRAINT point_kind_known
    CHECK (kind IN ('grid_point', 'party_service_point', 'party_service_station', 'deputies_reception_point',
      'womens_micro_home', 'service_counter', 'benefit_hand_out', 'other')),
  CONSTRAINT point_status_known CHECK (status IN ('planned', 'built', 'in_use', 'closed')),
  CONSTRAINT point_capacity_not_negative CHECK (capacity >= 0),
  CONSTRAINT point_geom_given CHECK (ST_SRID(geom) = srid AND NOT ST_IsEmpty(geom)),
  CONSTRAINT point_record_given CHECK (record <> ''),
  CONSTRAINT point_ended_later CHECK (ended_by > added_by)
);
CREATE UNIQUE INDEX point_current_key ON gridmap.point (town_id, record) WHERE ended_by IS NULL;
CREATE INDEX point_geom_idx ON gridmap.point USING gist (geom);

CREATE TABLE gridmap.person (
  town_id integer NOT NULL, record text NOT NULL, added_by integer NOT NULL, ended_by integer,
  position integer NOT NULL, person_id text NOT NULL, name text NOT NULL, phone text NOT NULL,
  PRIMARY KEY (town_id, record, added_by),
  CONSTRAINT person_person_id_given CHECK (person_id <> ''),
  CONSTRAINT person_record_given CHECK (record <> ''),
  CONSTRAINT person_ended_later CHECK (ended_by > added_by)
);
CREATE UNIQUE INDEX person_current_key ON gridmap.person (town_id, record) WHERE ended_by IS NULL;

CREATE TABLE gridmap.post (
  town_id integer NOT NULL, record text NOT NULL, added_by integer NOT NULL, ended_by integer,
  position integer NOT NULL, person_id text NOT NULL, role text NOT NULL, jurisdiction text NOT NULL,
  grid text NOT NULL, source text NOT NULL, since date, until date,
  PRIMARY KEY (town_id, record, added_by),
  CONSTRAINT post_person_id_given CHECK (person_id <> ''),
  CONSTRAINT post_role_known CHECK (role IN ('chief_grid_leader', 'grid_leader', 'grid_instructor', 'grid_member')),
  CONSTRAINT post_source_known
    CHECK (source IN ('', 'committee', 'town_cadre', 'veteran_member', 'former_cadre', 'womens_backbone',
      'volunteer', 'group_head', 'other')),
  CONSTRAINT post_record_given CHECK (record <> ''),
  CONSTRAINT post_ended_later CHECK (ended_by > added_by)
);
CREATE UNIQUE INDEX post_current_key ON gridmap.post (town_id, record) WHERE ended_by IS NULL;

CREATE TABLE gridmap.list_item (
  town_id integer NOT NULL, record text NOT NULL, added_by integer NOT NULL, ended_by integer,
  position integer NOT NULL, list text NOT NULL, template_version bigint NOT NULL, item text NOT NULL,
  category text NOT NULL, title text NOT NULL, detail text NOT NULL, frequency text NOT NULL,
  responsible text NOT NULL,
  PRIMARY KEY (town_id, record, added_by),
  CONSTRAINT list_item_list_known CHECK (list IN ('management', 'service')),
  CONSTRAINT list_item_template_version_not_negative CHECK (template_version >= 0),
  CONSTRAINT list_item_item_given CHECK (item <> ''),
  CONSTRAINT list_item_title_given CHECK (title <> ''),
  CONSTRAINT list_item_record_given CHECK (record <> ''),
  CONSTRAINT list_item_ended_later CHECK (ended_by > added_by)
);
CREATE UNIQUE INDEX list_item_current_key ON gridmap.list_item (town_id, record) WHERE ended_by IS NULL;

CREATE TABLE gridmap.list_adoption (
  town_id integer NOT NULL, record text NOT NULL, added_by integer NOT NULL, ended_by integer,
  position integer NOT NULL, grid text NOT NULL, list text NOT NULL, template_version bigint NOT NULL,
  adopted_on date NOT NULL,
  PRIMARY KEY (town_id, record, added_by),
  CONSTRAINT list_adoption_grid_given CHECK (grid <> ''),
  CONSTRAINT list_adoption_list_known CHECK (list IN ('management', 'service')),
  CONSTRAINT list_adoption_template_version_not_negative CHECK (template_version >= 0),
  CONSTRAINT list_adoption_record_given CHECK (record <> ''),
  CONSTRAINT list_adoption_ended_later CHECK (ended_by > added_by)
);
CREATE UNIQUE INDEX list_adoption_current_key ON gridmap.list_adoption (town_id, record) WHERE ended_by IS NULL;

CREATE TABLE gridmap.list_change (
  town_id integer NOT NULL, record text NOT NULL, added_by integer NOT NULL, ended_by integer,
  position integer NOT NULL, grid text NOT NULL, list text NOT NULL, item text NOT NULL, action text NOT NULL,
  since date NOT NULL, category text NOT NULL, title text NOT NULL, detail text NOT NULL, frequency text NOT NULL,
  responsible text NOT NULL,
  PRIMARY KEY (town_id, record, added_by),
  CONSTRAINT list_change_grid_given CHECK (grid <> ''),
  CONSTRAINT list_change_list_known CHECK (list IN ('management', 'service')),
  CONSTRAINT list_change_item_given CHECK (item <> ''),
  CONSTRAINT list_change_action_known CHECK (action IN ('added', 'dropped', 'changed', 'restored')),
  CONSTRAINT list_change_record_given CHECK (record <> ''),
  CONSTRAINT list_change_ended_later CHECK (ended_by > added_by)
);
CREATE UNIQUE INDEX list_change_current_key ON gridmap.list_change (town_id, record) WHERE ended_by IS NULL;

CREATE TABLE gridmap.branch (
  town_id integer NOT NULL, record text NOT NULL, added_by integer NOT NULL, ended_by integer,
  position integer NOT NULL, branch_id text NOT NULL, name text NOT NULL, kind text NOT NULL,
  jurisdiction text NOT NULL, grids text[] NOT NULL, members bigint, founded_on date, dissolved_on date,
  PRIMARY KEY (town_id, record, added_by),
  CONSTRAINT branch_branch_id_given CHECK (branch_id <> ''),
  CONSTRAINT branch_name_given CHECK (name <> ''),
  CONSTRAINT branch_kind_known CHECK (kind IN ('branch', 'group')),
  CONSTRAINT branch_jurisdiction_given CHECK (jurisdiction <> ''),
  CONSTRAINT branch_grids_given CHECK (cardinality(grids) > 0),
  CONSTRAINT branch_members_not_negative CHECK (members >= 0),
  CONSTRAINT branch_record_given CHECK (record <> ''),
  CONSTRAINT branch_ended_later CHECK (ended_by > added_by)
);
CREATE UNIQUE INDEX branch_current_key ON gridmap.branch (town_id, record) WHERE ended_by IS NULL;

CREATE TABLE gridmap.in_service (
  town_id integer NOT NULL, record text NOT NULL, added_by integer NOT NULL, ended_by integer,
  position integer NOT NULL, grid text NOT NULL, counted_on date NOT NULL, members bigint NOT NULL,
  PRIMARY KEY (town_id, record, added_by),
  CONSTRAINT in_service_grid_given CHECK (grid <> ''),
  CONSTRAINT in_service_members_not_negative CHECK (members >= 0),
  CONSTRAINT in_service_record_given CHECK (record <> ''),
  CONSTRAINT in_service_ended_later CHECK (ended_by > added_by)
);
CREATE UNIQUE INDEX in_service_current_key ON gridmap.in_service (town_id, record) WHERE ended_by IS NULL;

CREATE TABLE gridmap.activity (
  town_id integer NOT NULL, record text NOT NULL, added_by integer NOT NULL, ended_by integer,
  position integer NOT NULL, activity_id text NOT NULL, kind text NOT NULL, title text NOT NULL,
  held_on date NOT NULL, jurisdiction text NOT NULL, grid text NOT NULL, point_id text NOT NULL, place text NOT NULL,
  branch_id text NOT NULL, department text NOT NULL, attendance bigint,
  PRIMARY KEY (town_id, record, added_by),
  CONSTRAINT activity_activity_id_given CHECK (activity_id <> ''),
  CONSTRAINT activity_kind_known
    CHECK (kind IN ('theme_day', 'volunteering', 'culture', 'health', 'learning', 'convenience', 'patrol',
      'visit', 'other')),
  CONSTRAINT activity_title_given CHECK (title <> ''),
  CONSTRAINT activity_attendance_not_negative CHECK (attendance >= 0),
  CONSTRAINT activity_record_given CHECK (record <> ''),
  CONSTRAINT activity_ended_later CHECK (ended_by > added_by)
);
CREATE UNIQUE INDEX activity_current_key ON gridmap.activity (town_id, record) WHERE ended_by IS NULL;

CREATE TABLE gridmap.deliberation (
  town_id integer NOT NULL, record text NOT NULL, added_by integer NOT NULL, ended_by integer,
  position integer NOT NULL, deliberation_id text NOT NULL, held_on date NOT NULL, grid text NOT NULL,
  topic text NOT NULL, issue_id text NOT NULL, attendance bigint, outcome text NOT NULL, project text NOT NULL,
  project_status text NOT NULL, completed_on date,
  PRIMARY KEY (town_id, record, added_by),
  CONSTRAINT deliberation_deliberation_id_given CHECK (deliberation_id <> ''),
  CONSTRAINT deliberation_grid_given CHECK (grid <> ''),
  CONSTRAINT deliberation_topic_given CHECK (topic <> ''),
  CONSTRAINT deliberation_attendance_not_negative CHECK (attendance >= 0),
  CONSTRAINT deliberation_project_status_known
    CHECK (project_status IN ('', 'proposed', 'under_way', 'done', 'dropped')),
  CONSTRAINT deliberation_record_given CHECK (record <> ''),
  CONSTRAINT deliberation_ended_later CHECK (ended_by > added_by)
);
CREATE UNIQUE INDEX deliberation_current_key ON gridmap.deliberation (town_id, record) WHERE ended_by IS NULL;

CREATE TABLE gridmap.service_item (
  town_id integer NOT NULL, record text NOT NULL, added_by integer NOT NULL, ended_by integer,
  position integer NOT NULL, item_id text NOT NULL, title text NOT NULL, category text NOT NULL, detail text NOT NULL,
  PRIMARY KEY (town_id, record, added_by),
  CONSTRAINT service_item_item_id_given CHECK (item_id <> ''),
  CONSTRAINT service_item_title_given CHECK (title <> ''),
  CONSTRAINT service_item_record_given CHECK (record <> ''),
  CONSTRAINT service_item_ended_later CHECK (ended_by > added_by)
);
CREATE UNIQUE INDEX service_item_current_key ON gridmap.service_item (town_id, record) WHERE ended_by IS NULL;

CREATE TABLE gridmap.service_offer (
  town_id integer NOT NULL, record text NOT NULL, added_by integer NOT NULL, ended_by integer,
  position integer NOT NULL, offer_id text NOT NULL, department text NOT NULL, item_id text NOT NULL,
  jurisdiction text NOT NULL, grid text NOT NULL, point_id text NOT NULL, recurrence text NOT NULL,
  hours text NOT NULL, since date, until date,
  PRIMARY KEY (town_id, record, added_by),
  CONSTRAINT service_offer_offer_id_given CHECK (offer_id <> ''),
  CONSTRAINT service_offer_department_given CHECK (department <> ''),
  CONSTRAINT service_offer_item_id_given CHECK (item_id <> ''),
  CONSTRAINT service_offer_record_given CHECK (record <> ''),
  CONSTRAINT service_offer_ended_later CHECK (ended_by > added_by)
);
CREATE UNIQUE INDEX service_offer_current_key ON gridmap.service_offer (town_id, record) WHERE ended_by IS NULL;

CREATE TABLE gridmap.service_order (
  town_id integer NOT NULL, record text NOT NULL, added_by integer NOT NULL, ended_by integer,
  position integer NOT NULL, order_id text NOT NULL, ordered_on date NOT NULL, grid text NOT NULL,
  item_id text NOT NULL, department text NOT NULL, point_id text NOT NULL, people bigint, wanted_on date,
  status text NOT NULL, fulfilled_on date, rating bigint,
  PRIMARY KEY (town_id, record, added_by),
  CONSTRAINT service_order_order_id_given CHECK (order_id <> ''),
  CONSTRAINT service_order_grid_given CHECK (grid <> ''),
  CONSTRAINT service_order_item_id_given CHECK (item_id <> ''),
  CONSTRAINT service_order_people_not_negative CHECK (people >= 0),
  CONSTRAINT service_order_status_known
    CHECK (status IN ('ordered', 'accepted', 'fulfilled', 'declined', 'cancelled')),
  CONSTRAINT service_order_rating_not_negative CHECK (rating >= 0),
  CONSTRAINT service_order_record_given CHECK (record <> ''),
  CONSTRAINT service_order_ended_later CHECK (ended_by > added_by)
);
CREATE UNIQUE INDEX service_order_current_key ON gridmap.service_order (town_id, record) WHERE ended_by IS NULL;
"""


def upgrade() -> None:
    """Make the tables of records, what watches over them, and their views."""
    for statements in (BATCHES, RECORDS, FUNCTIONS, TRIGGERS, VIEWS):
        op.execute(statements)


def downgrade() -> None:
    """Take them away, only while nothing was recorded."""
    refuse_if_filled("batch")
    op.execute(f"DROP VIEW {', '.join(f'gridmap.{name}' for name in VIEW_NAMES)}")
    op.execute(f"DROP TABLE {', '.join(f'gridmap.{name}' for name in (*REGISTERS, 'erasure', 'batch'))}")
    op.execute("DROP FUNCTION gridmap.guard_record(), gridmap.guard_record_batch(), gridmap.erase_person()")
