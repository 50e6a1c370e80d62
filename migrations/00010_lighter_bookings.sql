-- +goose Up

-- What storing a booking costs beside its rows. PostgreSQL looks up every key in
-- a statement of its own, locks the row of the site for everybody who books there,
-- and reads the text of each check anew for each statement. So no key stands here
-- that another one implies: a space stays at its site and of its kind, who books
-- was locked or has just signed in, and no member is ever deleted. Of a pass's
-- site Store.DeleteSite sees to it. On SQLite, where a key is a look into the same
-- file, they stay.
{{if .Postgres}}
ALTER TABLE bookings DROP CONSTRAINT bookings_created_by_fkey;
ALTER TABLE booking_spaces
  DROP CONSTRAINT booking_spaces_site_fkey,
  DROP CONSTRAINT booking_spaces_kind_check,
  DROP CONSTRAINT booking_spaces_order,
  DROP CONSTRAINT booking_spaces_long,
  DROP CONSTRAINT booking_spaces_longest,
  ADD CONSTRAINT booking_spaces_longest CHECK
    (ends_at - starts_at BETWEEN interval '1 second' AND CASE WHEN long THEN interval '768 hours' ELSE interval '24 hours' END);
ALTER TABLE passes
  DROP CONSTRAINT passes_site_fkey,
  DROP CONSTRAINT passes_member_id_fkey;
{{end}}
-- Nobody looks for the holds that have run out but by their bookings.
DROP INDEX booking_spaces_expiry;
