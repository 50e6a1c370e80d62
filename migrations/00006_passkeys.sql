-- +goose Up

-- Passkeys: the public halves of keys that members' devices hold. Nobody can sign
-- in with what stands here. rp_id is the host for which a key was made; it works
-- under no other.
CREATE TABLE passkeys (
  id {{.UUID}} PRIMARY KEY,
  member_id {{.UUID}} NOT NULL REFERENCES members(id) ON DELETE CASCADE,
  credential_id text NOT NULL UNIQUE,
  rp_id text NOT NULL,
  public_key text NOT NULL,
  sign_count bigint NOT NULL DEFAULT 0,
  transports {{.JSON}} NOT NULL,
  backup_eligible boolean NOT NULL,
  backed_up boolean NOT NULL,
  name text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  last_used_at {{.Time}} {{.UTC "last_used_at"}}
);
CREATE INDEX passkeys_member ON passkeys (member_id);

-- Questions a device has been asked and has not answered yet, each by the hash of
-- the cookie of the browser it was given to. Whoever takes the answer deletes the
-- row, so a question is answered once.
CREATE TABLE challenges (
  token_hash text PRIMARY KEY,
  member_id {{.UUID}} REFERENCES members(id) ON DELETE CASCADE,
  session {{.JSON}} NOT NULL,
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  expires_at {{.Time}} NOT NULL {{.UTC "expires_at"}}
);
CREATE INDEX challenges_expiry ON challenges (expires_at);
