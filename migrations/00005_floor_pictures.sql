-- +goose Up

-- A picture that staff lay under a floor plan. The plan says which one it is, so
-- that the snapshot of settings knows of it without holding it.
ALTER TABLE floor_plans ADD COLUMN picture text NOT NULL DEFAULT '';
ALTER TABLE floor_plans ADD COLUMN picture_shown boolean NOT NULL DEFAULT false;

CREATE TABLE floor_pictures (
  floor_plan_id {{.UUID}} PRIMARY KEY REFERENCES floor_plans(id) ON DELETE CASCADE,
  content {{.Bytes}} NOT NULL
);
