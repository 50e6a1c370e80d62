-- +goose Up

CREATE TABLE bookings (
  id {{.UUID}} PRIMARY KEY,
  reference text NOT NULL UNIQUE,
  title text NOT NULL DEFAULT '',
  status text NOT NULL CHECK (status IN
    ('held','pending_approval','confirmed','checked_in','completed','cancelled','no_show','rejected')),
  starts_at {{.Time}} NOT NULL {{.UTC "starts_at"}},
  ends_at {{.Time}} NOT NULL {{.UTC "ends_at"}},
  organizer_id {{.UUID}} NOT NULL REFERENCES members(id),
  created_by {{.UUID}} NOT NULL REFERENCES members(id),
  company_id integer REFERENCES companies(id),
  series_id {{.UUID}},
  join_url text NOT NULL DEFAULT '',
  expires_at {{.Time}} {{.UTC "expires_at"}},
  remind_at {{.Time}} {{.UTC "remind_at"}},
  version integer NOT NULL DEFAULT 1,
  sequence integer NOT NULL DEFAULT 0,
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  updated_at {{.Time}} NOT NULL {{.UTC "updated_at"}},
  ended_at {{.Time}} {{.UTC "ended_at"}},
  CONSTRAINT bookings_order CHECK (starts_at < ends_at)
);
CREATE INDEX bookings_organizer ON bookings (organizer_id, ends_at);
CREATE INDEX bookings_company ON bookings (company_id, ends_at);
CREATE INDEX bookings_created_by ON bookings (created_by, ends_at) WHERE created_by <> organizer_id;
CREATE INDEX bookings_starts ON bookings (starts_at, id);
CREATE INDEX bookings_series ON bookings (series_id);
CREATE INDEX bookings_expiry ON bookings (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX bookings_remind ON bookings (remind_at) WHERE remind_at IS NOT NULL;
CREATE INDEX bookings_no_shows ON bookings (organizer_id, ended_at) WHERE status = 'no_show';

-- The spaces of a booking. The period here is the time the space is held: the
-- booking's, longer by a buffer, shorter after an early check-out. Whoever may
-- not be held together with it is refused by the guard below, whatever the code
-- above it believes. A hold ends at expires_at by itself: readers leave it out
-- from then on, and the next writer in its way takes it away. long marks the few
-- rows that last over a day, so that looking for what is busy at a site need not
-- go back further than that for the others.
CREATE TABLE booking_spaces (
  booking_id {{.UUID}} NOT NULL REFERENCES bookings(id),
  space_id {{.UUID}} NOT NULL REFERENCES spaces(id),
  site text NOT NULL REFERENCES sites(slug),
  kind text NOT NULL CHECK (kind IN ('seat','room')),
  starts_at {{.Time}} NOT NULL {{.UTC "starts_at"}},
  ends_at {{.Time}} NOT NULL {{.UTC "ends_at"}},
  active boolean NOT NULL,
  status text NOT NULL CHECK (status IN
    ('held','pending_approval','confirmed','checked_in','completed','cancelled','no_show','rejected')),
  checked_in_at {{.Time}} {{.UTC "checked_in_at"}},
  release_at {{.Time}} {{.UTC "release_at"}},
  expires_at {{.Time}} {{.UTC "expires_at"}},
  long boolean NOT NULL,
  position integer NOT NULL,
  PRIMARY KEY (booking_id, space_id),
  CONSTRAINT booking_spaces_order CHECK (starts_at < ends_at),
  CONSTRAINT booking_spaces_long CHECK (long OR {{.Seconds "ends_at"}} - {{.Seconds "starts_at"}} <= 86400),
  CONSTRAINT booking_spaces_longest CHECK ({{.Seconds "ends_at"}} - {{.Seconds "starts_at"}} <= 32 * 86400)
);
CREATE INDEX booking_spaces_space ON booking_spaces (space_id, starts_at, ends_at, active, expires_at);
CREATE INDEX booking_spaces_site ON booking_spaces (site, starts_at, active, ends_at, space_id, expires_at);
CREATE INDEX booking_spaces_long ON booking_spaces (site, starts_at) WHERE long AND active;
CREATE INDEX booking_spaces_release ON booking_spaces (release_at) WHERE release_at IS NOT NULL;
CREATE INDEX booking_spaces_begun ON booking_spaces (starts_at) WHERE active;
CREATE INDEX booking_spaces_over ON booking_spaces (ends_at) WHERE active;
CREATE INDEX booking_spaces_expiry ON booking_spaces (expires_at) WHERE active AND expires_at IS NOT NULL;
{{if .Postgres}}
ALTER TABLE booking_spaces ADD CONSTRAINT booking_spaces_no_overlap
  EXCLUDE USING gist (space_id WITH =, tstzrange(starts_at, ends_at, '[)') WITH &&) WHERE (active);
{{else}}
-- +goose StatementBegin
CREATE TRIGGER booking_spaces_no_overlap_insert BEFORE INSERT ON booking_spaces WHEN NEW.active
BEGIN
  SELECT RAISE(ABORT, 'booking_spaces_no_overlap') WHERE EXISTS (
    SELECT 1 FROM booking_spaces b
    WHERE b.space_id = NEW.space_id AND b.active AND b.booking_id <> NEW.booking_id
      AND b.starts_at < NEW.ends_at AND b.ends_at > NEW.starts_at);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER booking_spaces_no_overlap_update
BEFORE UPDATE OF space_id, starts_at, ends_at, active ON booking_spaces WHEN NEW.active
BEGIN
  SELECT RAISE(ABORT, 'booking_spaces_no_overlap') WHERE EXISTS (
    SELECT 1 FROM booking_spaces b
    WHERE b.space_id = NEW.space_id AND b.active AND b.booking_id <> NEW.booking_id
      AND b.starts_at < NEW.ends_at AND b.ends_at > NEW.starts_at);
END;
-- +goose StatementEnd
{{end}}
CREATE TABLE guests (
  id {{.UUID}} PRIMARY KEY,
  booking_id {{.UUID}} NOT NULL REFERENCES bookings(id),
  name text NOT NULL,
  email text NOT NULL,
  arrived_at {{.Time}} {{.UTC "arrived_at"}},
  removed_at {{.Time}} {{.UTC "removed_at"}},
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}}
);
CREATE INDEX guests_booking ON guests (booking_id);

-- What somebody waits for: one space, any space of a kind, or a room at each of
-- several sites. booking_id is the hold that an offer keeps, and the booking once
-- it was accepted.
CREATE TABLE waitlist (
  id {{.UUID}} PRIMARY KEY,
  member_id {{.UUID}} NOT NULL REFERENCES members(id),
  sites {{.JSON}} NOT NULL,
  kind text NOT NULL CHECK (kind IN ('seat','room')),
  space_id {{.UUID}} REFERENCES spaces(id),
  capacity integer NOT NULL DEFAULT 0,
  starts_at {{.Time}} NOT NULL {{.UTC "starts_at"}},
  ends_at {{.Time}} NOT NULL {{.UTC "ends_at"}},
  state text NOT NULL CHECK (state IN ('waiting','offered','accepted','expired','cancelled')),
  booking_id {{.UUID}},
  offer_expires_at {{.Time}} {{.UTC "offer_expires_at"}},
  version integer NOT NULL DEFAULT 1,
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  updated_at {{.Time}} NOT NULL {{.UTC "updated_at"}},
  CONSTRAINT waitlist_order CHECK (starts_at < ends_at),
  CONSTRAINT waitlist_offer CHECK (state <> 'offered' OR (booking_id IS NOT NULL AND offer_expires_at IS NOT NULL))
);
CREATE INDEX waitlist_line ON waitlist (starts_at) WHERE state = 'waiting';
CREATE INDEX waitlist_member ON waitlist (member_id, id);
CREATE INDEX waitlist_booking ON waitlist (booking_id);

-- A rule by which bookings repeat (RFC 5545), in the wall clock of time_zone. A
-- series that was moved as a whole keeps its rule and is shifted against it.
CREATE TABLE series (
  id {{.UUID}} PRIMARY KEY,
  organizer_id {{.UUID}} NOT NULL REFERENCES members(id),
  created_by {{.UUID}} NOT NULL REFERENCES members(id),
  rule text NOT NULL,
  time_zone text NOT NULL,
  starts_at {{.Time}} NOT NULL {{.UTC "starts_at"}},
  ends_at {{.Time}} NOT NULL {{.UTC "ends_at"}},
  shift_minutes integer NOT NULL DEFAULT 0,
  version integer NOT NULL DEFAULT 1,
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  updated_at {{.Time}} NOT NULL {{.UTC "updated_at"}},
  CONSTRAINT series_order CHECK (starts_at < ends_at)
);
CREATE INDEX series_organizer ON series (organizer_id, id);

-- The times for which the owner of a fixed seat lets others book it.
CREATE TABLE give_ups (
  id {{.UUID}} PRIMARY KEY,
  space_id {{.UUID}} NOT NULL REFERENCES spaces(id),
  starts_at {{.Time}} NOT NULL {{.UTC "starts_at"}},
  ends_at {{.Time}} NOT NULL {{.UTC "ends_at"}},
  created_by {{.UUID}} NOT NULL REFERENCES members(id),
  created_at {{.Time}} NOT NULL {{.UTC "created_at"}},
  CONSTRAINT give_ups_order CHECK (starts_at < ends_at)
);
CREATE INDEX give_ups_space ON give_ups (space_id, ends_at);
{{.Touches "give_ups"}}
