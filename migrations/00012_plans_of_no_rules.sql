-- +goose Up

-- A plan allows nothing of a kind that it has no rules for. One that has none at all
-- was made by its name alone, when that allowed everything: it goes on to.
INSERT INTO plan_rules (plan_id, kind, horizon_days)
SELECT p.id, k.kind, 0 FROM plans p CROSS JOIN (SELECT 'seat' AS kind UNION ALL SELECT 'room') k
WHERE NOT EXISTS (SELECT 1 FROM plan_rules r WHERE r.plan_id = p.id);
