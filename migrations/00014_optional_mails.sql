-- +goose Up

-- A member may do without the reminder before each booking. It comes unless they say so.
ALTER TABLE members ADD COLUMN reminders_off boolean NOT NULL DEFAULT false;
