-- +goose Up

-- What tells a server which of the holds that it keeps in memory have changed
-- (models/heldcopy.go). changed grows: on PostgreSQL it is the id of the
-- transaction that stored the row last, on SQLite a count. holds_gone says of
-- which spaces holds were deleted; what is older than an hour may go. All of it
-- is the database's own doing, so that no code path can forget it.
ALTER TABLE booking_spaces ADD COLUMN changed bigint NOT NULL DEFAULT 0;
CREATE INDEX booking_spaces_changed ON booking_spaces (changed);
CREATE TABLE holds_gone (
  space_id {{.UUID}} NOT NULL,
  site text NOT NULL,
  changed bigint NOT NULL
);
CREATE INDEX holds_gone_changed ON holds_gone (changed);
{{if .Postgres}}
ALTER TABLE booking_spaces ALTER COLUMN changed SET DEFAULT pg_current_xact_id()::text::bigint;
-- +goose StatementBegin
CREATE FUNCTION hold_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO holds_gone (space_id, site, changed) VALUES (OLD.space_id, OLD.site, pg_current_xact_id()::text::bigint);
    RETURN OLD;
  END IF;
  IF NEW.space_id <> OLD.space_id THEN
    INSERT INTO holds_gone (space_id, site, changed) VALUES (OLD.space_id, OLD.site, pg_current_xact_id()::text::bigint);
  END IF;
  NEW.changed := pg_current_xact_id()::text::bigint;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER booking_spaces_changed
  BEFORE UPDATE OF space_id, site, starts_at, ends_at, active, expires_at, long OR DELETE ON booking_spaces
  FOR EACH ROW EXECUTE FUNCTION hold_changed();
{{else}}
-- +goose StatementBegin
CREATE TRIGGER booking_spaces_changed_insert AFTER INSERT ON booking_spaces
BEGIN
  UPDATE booking_spaces SET changed = {{.NextChange}} WHERE rowid = NEW.rowid;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER booking_spaces_changed_update
AFTER UPDATE OF space_id, site, starts_at, ends_at, active, expires_at, long ON booking_spaces
BEGIN
  INSERT INTO holds_gone (space_id, site, changed) SELECT OLD.space_id, OLD.site, {{.NextChange}} WHERE OLD.space_id <> NEW.space_id;
  UPDATE booking_spaces SET changed = {{.NextChange}} WHERE rowid = NEW.rowid;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER booking_spaces_changed_delete BEFORE DELETE ON booking_spaces
BEGIN
  INSERT INTO holds_gone (space_id, site, changed) VALUES (OLD.space_id, OLD.site, {{.NextChange}});
END;
-- +goose StatementEnd
{{end}}
