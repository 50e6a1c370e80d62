-- +goose Up

-- What is true of the whole database: whether it is a demo's, when it began.
CREATE TABLE settings (
  name text PRIMARY KEY,
  value text NOT NULL
);

-- Sessions and personal tokens: only the SHA-256 of the token is kept.
CREATE TABLE sessions (
  id {{.UUID}} PRIMARY KEY,
  token_hash text NOT NULL UNIQUE,
  member_id {{.UUID}} NOT NULL REFERENCES members(id) ON DELETE CASCADE,
  user_agent text NOT NULL DEFAULT '',
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  last_used_at {{.Time}} NOT NULL {{.UTC "last_used_at"}},
  expires_at {{.Time}} NOT NULL {{.UTC "expires_at"}}
);
CREATE INDEX sessions_member ON sessions (member_id);
CREATE TABLE tokens (
  id {{.UUID}} PRIMARY KEY,
  token_hash text NOT NULL UNIQUE,
  member_id {{.UUID}} NOT NULL REFERENCES members(id) ON DELETE CASCADE,
  name text NOT NULL,
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  last_used_at {{.Time}} {{.UTC "last_used_at"}}
);
CREATE INDEX tokens_member ON tokens (member_id);

-- One-time links: the first administrator, a password to be set.
CREATE TABLE links (
  token_hash text PRIMARY KEY,
  purpose text NOT NULL CHECK (purpose IN ('first_admin','set_password')),
  member_id {{.UUID}} REFERENCES members(id) ON DELETE CASCADE,
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  expires_at {{.Time}} NOT NULL {{.UTC "expires_at"}},
  used_at {{.Time}} {{.UTC "used_at"}}
);

-- Failed sign-ins per account and address (hashed together).
CREATE TABLE sign_in_failures (
  who text PRIMARY KEY,
  failures integer NOT NULL,
  first_at {{.Time}} NOT NULL {{.UTC "first_at"}},
  blocked_until {{.Time}} {{.UTC "blocked_until"}}
);

-- The answers to requests that may be sent again. A row is written and filled in
-- one transaction with what the request does, so it is always whole.
CREATE TABLE idempotency_keys (
  caller text NOT NULL,
  route text NOT NULL,
  key text NOT NULL,
  body_hash text NOT NULL,
  status integer NOT NULL DEFAULT 0,
  headers {{.JSON}} NOT NULL,
  body text NOT NULL DEFAULT '',
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  PRIMARY KEY (caller, route, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

CREATE TABLE outbox (
  id {{.UUID}} PRIMARY KEY,
  kind text NOT NULL,
  recipient text NOT NULL,
  locale text NOT NULL,
  member_id {{.UUID}},
  booking_id {{.UUID}},
  payload {{.JSON}} NOT NULL,
  run_at {{.Time}} NOT NULL {{.UTC "run_at"}},
  attempts integer NOT NULL DEFAULT 0,
  owner text NOT NULL DEFAULT '',
  until {{.Time}} {{.UTC "until"}},
  done_at {{.Time}} {{.UTC "done_at"}},
  failed_at {{.Time}} {{.UTC "failed_at"}},
  last_error text NOT NULL DEFAULT '',
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}}
);
CREATE INDEX outbox_due ON outbox (run_at) WHERE done_at IS NULL AND failed_at IS NULL;

CREATE TABLE leases (
  name text PRIMARY KEY,
  owner text NOT NULL,
  until {{.Time}} NOT NULL {{.UTC "until"}}
);

-- Written unchained in the transaction of the change; the sealer gives sequence
-- and hash within a second (see models/audit.go). data may hold salted digests
-- of personal fields, whose values stand in personal and can be erased.
CREATE TABLE audit (
  id {{.UUID}} PRIMARY KEY,
  at {{.Time}} NOT NULL {{.UTC "at"}},
  actor text NOT NULL,
  action text NOT NULL,
  entity text NOT NULL,
  entity_id text NOT NULL,
  site text NOT NULL DEFAULT '',
  data text NOT NULL,
  personal text NOT NULL DEFAULT '',
  seq bigint UNIQUE,
  prev_hash text NOT NULL DEFAULT '',
  hash text NOT NULL DEFAULT ''
);
CREATE INDEX audit_unsealed ON audit (id) WHERE seq IS NULL;
CREATE INDEX audit_entity ON audit (entity, entity_id);
