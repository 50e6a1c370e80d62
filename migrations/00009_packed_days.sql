-- +goose Up

-- What began on a day at a site, packed for reports: the spaces of bookings that
-- hold nothing any more (what = 'uses') or the visits ('stays'). All of it can be
-- made anew from bookings, booking_spaces and visits (models/pack.go); rows that
-- are deleted are packed again, and a migration that changes their form deletes
-- them all. day counts from 1970 in UTC. Whoever changes what began on a day that is
-- over raises marks in the same transaction: the rows hold good while packed is
-- equal to it. reach is the last instant of what began that day, in milliseconds
-- of Unix time.
CREATE TABLE packed_days (
  what text NOT NULL CHECK (what IN ('uses','stays')),
  site text NOT NULL,
  day integer NOT NULL,
  marks bigint NOT NULL,
  packed bigint,
  reach bigint NOT NULL DEFAULT 0,
  rows {{.Bytes}},
  PRIMARY KEY (what, site, day)
);
CREATE INDEX packed_days_good ON packed_days (what, site, day) WHERE packed = marks;
CREATE INDEX packed_days_late ON packed_days (day) WHERE packed = marks;
{{if .Postgres}}
ALTER TABLE packed_days ALTER COLUMN rows SET STORAGE EXTERNAL;
{{end}}
