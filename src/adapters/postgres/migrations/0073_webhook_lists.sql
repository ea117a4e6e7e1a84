-- What operators ask for: what was told of one person, and what was given up.
create index webhook_deliveries_user_idx on limen.webhook_deliveries (user_id, sequence);
create index webhook_deliveries_dead_idx on limen.webhook_deliveries (sequence) where status = 'dead';
