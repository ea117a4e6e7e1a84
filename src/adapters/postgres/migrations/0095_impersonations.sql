-- Who acted in whose stead, and why. The rows outlive their sessions: they are the record of it.
create table limen.impersonations (
  session_id uuid primary key,
  user_id uuid not null,
  actor_id uuid not null,
  -- The actor's own session, with which the other ends.
  actor_session_id uuid not null,
  reason text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);

create index impersonations_user_id on limen.impersonations (user_id, created_at desc);
create index impersonations_actor_id on limen.impersonations (actor_id, created_at desc);
