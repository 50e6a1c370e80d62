-- +goose Up

-- Which start of its agent a gate was heard of from. One that keeps changing back is
-- two agents at once, from a copied memory card; one that keeps changing is an agent
-- that cannot stay up.
ALTER TABLE gates ADD COLUMN run text NOT NULL DEFAULT '';
ALTER TABLE gates ADD COLUMN run_before text NOT NULL DEFAULT '';
ALTER TABLE gates ADD COLUMN run_changes integer NOT NULL DEFAULT 0;
ALTER TABLE gates ADD COLUMN run_returns integer NOT NULL DEFAULT 0;
ALTER TABLE gates ADD COLUMN run_changed_at {{.Time}} {{.UTC "run_changed_at"}};
