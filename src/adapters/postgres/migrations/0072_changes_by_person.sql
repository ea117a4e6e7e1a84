-- Of what changed about one person, only the newest has to be kept: see change-pruning.ts.
create index changes_user_idx on limen.changes (user_id, at) where kind = 'user';
