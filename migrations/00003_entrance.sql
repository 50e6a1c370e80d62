-- +goose Up

-- A subject is the handle of a holder in codes and passages. The row is the only
-- link from one to the other: erasure and retention delete the row, and the
-- passages stay as they were. moves is raised by every passage that counts for
-- the holder's presence: who writes one has read the ones before it.
CREATE TABLE subjects (
  subject text PRIMARY KEY CHECK (length(subject) = 16),
  member_id {{.UUID}} REFERENCES members(id),
  guest_id {{.UUID}} REFERENCES guests(id),
  name text NOT NULL DEFAULT '',
  moves bigint NOT NULL DEFAULT 0,
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  expires_at {{.Time}} NOT NULL {{.UTC "expires_at"}}
);
CREATE INDEX subjects_member ON subjects (member_id, expires_at);
CREATE INDEX subjects_guest ON subjects (guest_id);

CREATE TABLE passes (
  id text PRIMARY KEY CHECK (length(id) = 16),
  kind text NOT NULL CHECK (kind IN ('booking','standing','identity')),
  live boolean NOT NULL,
  device_key text NOT NULL DEFAULT '',
  subject text NOT NULL,
  member_id {{.UUID}} REFERENCES members(id),
  guest_id {{.UUID}} REFERENCES guests(id),
  booking_id {{.UUID}} REFERENCES bookings(id),
  site text NOT NULL REFERENCES sites(slug),
  company_id integer NOT NULL DEFAULT 0,
  flags integer NOT NULL DEFAULT 0,
  zone_a integer NOT NULL,
  zone_b integer NOT NULL DEFAULT 0,
  position integer NOT NULL DEFAULT 0,
  not_before {{.Time}} NOT NULL {{.UTC "not_before"}},
  not_after {{.Time}} NOT NULL {{.UTC "not_after"}},
  revoked_at {{.Time}} {{.UTC "revoked_at"}},
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  CONSTRAINT passes_order CHECK (not_before < not_after)
);
CREATE INDEX passes_booking ON passes (booking_id);
CREATE INDEX passes_member ON passes (member_id, not_after);
CREATE INDEX passes_site ON passes (site, not_after);
CREATE INDEX passes_revoked ON passes (site, revoked_at) WHERE revoked_at IS NOT NULL;

-- Revocations said by a person; a cancelled booking revokes its passes in their
-- own row.
CREATE TABLE revocations (
  id {{.UUID}} PRIMARY KEY,
  pass_id text,
  member_id {{.UUID}} REFERENCES members(id),
  company_id integer REFERENCES companies(id),
  until {{.Time}} {{.UTC "until"}},
  reason text NOT NULL,
  created_by {{.UUID}} REFERENCES members(id),
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  lifted_at {{.Time}} {{.UTC "lifted_at"}}
);
CREATE INDEX revocations_active ON revocations (until) WHERE lifted_at IS NULL;

-- Signing keys. The private part is wrapped by the master key of the server. A new
-- key raises the version of the catalogue, so that every server sees it at once.
CREATE TABLE issuer_keys (
  kid integer PRIMARY KEY CHECK (kid BETWEEN 1 AND 65535),
  public_key text NOT NULL,
  private_key text NOT NULL,
  not_before {{.Time}} NOT NULL {{.UTC "not_before"}},
  not_after {{.Time}} NOT NULL {{.UTC "not_after"}},
  revoked_at {{.Time}} {{.UTC "revoked_at"}},
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}}
);
CREATE TABLE state_keys (
  id {{.Serial}},
  public_key text NOT NULL,
  private_key text NOT NULL,
  endorsement text NOT NULL DEFAULT '',
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}}
);
{{.Touches "issuer_keys"}}
{{.Touches "state_keys"}}

-- What a gate of the site was last told, and under which number.
CREATE TABLE site_states (
  site text PRIMARY KEY REFERENCES sites(slug),
  version bigint NOT NULL,
  digest text NOT NULL,
  generated_at {{.Time}} NOT NULL {{.UTC "generated_at"}}
);

CREATE TABLE gates (
  id {{.UUID}} PRIMARY KEY,
  site text NOT NULL REFERENCES sites(slug),
  name text NOT NULL,
  from_zone integer REFERENCES zones(id),
  to_zone integer NOT NULL REFERENCES zones(id),
  direction text NOT NULL CHECK (direction IN ('entry','exit','both')),
  exit_opens text NOT NULL DEFAULT 'always' CHECK (exit_opens IN ('always','authentic')),
  token_hash text NOT NULL DEFAULT '',
  enrolment_hash text NOT NULL DEFAULT '',
  enrolment_expires_at {{.Time}} {{.UTC "enrolment_expires_at"}},
  enrolment_used_at {{.Time}} {{.UTC "enrolment_used_at"}},
  revoked_at {{.Time}} {{.UTC "revoked_at"}},
  deleted_at {{.Time}} {{.UTC "deleted_at"}},
  is_agent boolean NOT NULL DEFAULT false,
  last_seen_at {{.Time}} {{.UTC "last_seen_at"}},
  clock_state text NOT NULL DEFAULT '',
  queue_length integer NOT NULL DEFAULT 0,
  state_version bigint NOT NULL DEFAULT 0,
  problems {{.JSON}} NOT NULL,
  silent_at {{.Time}} {{.UTC "silent_at"}},
  acked_boot bigint NOT NULL DEFAULT 0,
  acked_seq bigint NOT NULL DEFAULT 0,
  last_boot bigint NOT NULL DEFAULT 0,
  last_seq bigint NOT NULL DEFAULT 0,
  last_hash text NOT NULL DEFAULT '',
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}}
);
CREATE UNIQUE INDEX gates_token ON gates (token_hash) WHERE token_hash <> '';
CREATE UNIQUE INDEX gates_enrolment ON gates (enrolment_hash) WHERE enrolment_hash <> '';
CREATE INDEX gates_site ON gates (site);

-- Orders of staff to open a door from afar. They last some seconds and are told
-- to the gate by whichever server it listens to.
CREATE TABLE gate_openings (
  id {{.UUID}} PRIMARY KEY,
  gate_id {{.UUID}} NOT NULL REFERENCES gates(id),
  staff_id {{.UUID}} REFERENCES members(id),
  reason text NOT NULL,
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  expires_at {{.Time}} NOT NULL {{.UTC "expires_at"}}
);
CREATE INDEX gate_openings_gate ON gate_openings (gate_id, expires_at);

-- Decided scans, as they happened, in milliseconds of Unix time: never updated
-- but for review flags. (gate_id, boot, seq) is the gate's own count; online
-- checks have boot 0 and a sequence of the server. What staff and the end of the
-- day write has no gate, and the end of the day no subject: it is for all.
CREATE TABLE passages (
  id text PRIMARY KEY CHECK (length(id) = 32),
  gate_id {{.UUID}},
  site text NOT NULL,
  zone_id integer NOT NULL,
  direction text NOT NULL CHECK (direction IN ('entry','exit')),
  decision text NOT NULL CHECK (decision IN ('allow','warn','deny')),
  reason text NOT NULL,
  opened boolean NOT NULL,
  pass_id text NOT NULL DEFAULT '',
  step bigint NOT NULL DEFAULT 0,
  subject text NOT NULL DEFAULT '',
  booking_id {{.UUID}},
  at_ms bigint NOT NULL,
  gate_time_ms bigint NOT NULL,
  received_ms bigint NOT NULL,
  clock_state text NOT NULL,
  online boolean NOT NULL,
  boot bigint NOT NULL,
  seq bigint NOT NULL,
  state_version bigint NOT NULL DEFAULT 0,
  prev_hash text NOT NULL DEFAULT '',
  hash text NOT NULL DEFAULT '',
  digest text NOT NULL DEFAULT '',
  flags {{.JSON}} NOT NULL,
  staff_id {{.UUID}} REFERENCES members(id),
  reason_text text NOT NULL DEFAULT '',
  seal bigint,
  CONSTRAINT passages_count UNIQUE (gate_id, boot, seq)
);
CREATE INDEX passages_seal ON passages (seal);
CREATE INDEX passages_site ON passages (site, at_ms, id);
CREATE INDEX passages_subject ON passages (subject, at_ms);
CREATE INDEX passages_closing ON passages (at_ms) WHERE reason = 'end_of_day';

-- The last time a text was read at a gate, by its hash: within three seconds it
-- gets the same passage again, whichever server is asked.
CREATE TABLE scans (
  gate_id {{.UUID}} NOT NULL,
  direction text NOT NULL,
  scan text NOT NULL,
  at_ms bigint NOT NULL,
  passage_id text NOT NULL,
  PRIMARY KEY (gate_id, direction, scan)
);

-- Uploaded events that could not be stored: kept for review, acknowledged all
-- the same.
CREATE TABLE quarantined_events (
  id {{.UUID}} PRIMARY KEY,
  gate_id {{.UUID}} NOT NULL REFERENCES gates(id),
  event_id text NOT NULL,
  result text NOT NULL CHECK (result IN ('conflict','malformed')),
  body text NOT NULL,
  digest text NOT NULL,
  received_at {{.Time}} NOT NULL {{.UTC "received_at"}},
  UNIQUE (gate_id, digest)
);

-- The fold of the passages: written whenever a passage of the subject comes,
-- always from the passages alone (entry.Fold).
CREATE TABLE visits (
  entry_id text NOT NULL,
  zone_id integer NOT NULL,
  subject text NOT NULL,
  site text NOT NULL,
  entered_ms bigint NOT NULL,
  left_ms bigint,
  closed_by text NOT NULL DEFAULT '' CHECK (closed_by IN ('','scan','inferred','auto','staff')),
  exit_id text NOT NULL DEFAULT '',
  flags {{.JSON}} NOT NULL,
  PRIMARY KEY (entry_id, zone_id)
);
CREATE INDEX visits_site ON visits (site, entered_ms);
CREATE INDEX visits_subject ON visits (subject, entered_ms);

-- Who is inside now, or was not seen leaving (closed_ms): one row a person, the
-- innermost zone.
CREATE TABLE presences (
  subject text PRIMARY KEY,
  site text NOT NULL,
  zone_id integer NOT NULL,
  since_ms bigint NOT NULL,
  last_entry_ms bigint NOT NULL,
  closed_ms bigint,
  safe_ms bigint
);
CREATE INDEX presences_site ON presences (site);
