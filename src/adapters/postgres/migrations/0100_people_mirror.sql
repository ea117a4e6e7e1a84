-- People of a Supabase project elsewhere, kept in auth.users of this database (src/adapters/mirror).

-- Says that auth.users here is a replica, and of which project. Without a row these people live here.
create table limen.replica (
  is_only boolean primary key default true check (is_only),
  project_url text not null,
  since timestamptz not null
);

-- Of whom Supabase is still to be asked as they are now. A row goes when that is written, however often somebody was named meanwhile.
create table limen.mirror_queue (
  user_id uuid primary key,
  -- Counts up with every claim and every mention: whoever worked for an older one removes nothing.
  version bigint not null default 1,
  queued_at timestamptz not null,
  -- Nobody takes the row before then: after a failure, and while somebody is at it.
  due_at timestamptz not null,
  attempts integer not null default 0,
  last_error text
);
create index mirror_queue_due_idx on limen.mirror_queue (due_at);

-- Who was deleted, and when Supabase said so: what somebody was told before must not bring them back.
create table limen.mirror_deletions (
  user_id uuid primary key,
  deleted_at timestamptz not null
);
create index mirror_deletions_deleted_at_idx on limen.mirror_deletions (deleted_at);

-- Each `limen sync`. One that has not finished is gone on with.
create table limen.sync_runs (
  id bigint generated always as identity primary key,
  is_dry_run boolean not null,
  started_at timestamptz not null,
  -- Read and written to the end.
  pages integer not null default 0,
  report jsonb not null,
  finished_at timestamptz
);

-- Whom a run that is under way has met: who is missing here may have been deleted.
create table limen.sync_seen (
  run_id bigint not null references limen.sync_runs (id) on delete cascade,
  user_id uuid not null,
  primary key (run_id, user_id)
);
