-- +goose Up

-- Who else is told of what happens: addresses of other programs. secret is
-- wrapped by the master key; old_secret is the one before it, which signs beside
-- it until old_until.
CREATE TABLE webhooks (
  id {{.UUID}} PRIMARY KEY,
  url text NOT NULL,
  events {{.JSON}} NOT NULL,
  site text REFERENCES sites(slug),
  enabled boolean NOT NULL,
  description text NOT NULL DEFAULT '',
  secret text NOT NULL,
  old_secret text NOT NULL DEFAULT '',
  old_until {{.Time}} {{.UTC "old_until"}},
  gone_at {{.Time}} {{.UTC "gone_at"}},
  created_by {{.UUID}} REFERENCES members(id),
  version integer NOT NULL DEFAULT 1,
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  updated_at {{.Time}} NOT NULL {{.UTC "updated_at"}}
);
{{.Touches "webhooks"}}

-- What they are told, written in the transaction of what it tells of. There is no
-- reference to webhooks: a server that has yet to hear that one was deleted must
-- not fail a booking for it. payload is text, not JSON: its letters are signed.
CREATE TABLE webhook_deliveries (
  id {{.UUID}} PRIMARY KEY,
  webhook_id {{.UUID}} NOT NULL,
  event text NOT NULL,
  payload text NOT NULL,
  run_at {{.Time}} NOT NULL {{.UTC "run_at"}},
  attempts integer NOT NULL DEFAULT 0,
  owner text NOT NULL DEFAULT '',
  until {{.Time}} {{.UTC "until"}},
  done_at {{.Time}} {{.UTC "done_at"}},
  failed_at {{.Time}} {{.UTC "failed_at"}},
  status integer NOT NULL DEFAULT 0,
  answer text NOT NULL DEFAULT '',
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}}
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, run_at) WHERE done_at IS NULL AND failed_at IS NULL;
CREATE INDEX webhook_deliveries_hook ON webhook_deliveries (webhook_id, id);
CREATE INDEX webhook_deliveries_age ON webhook_deliveries (created_at);
