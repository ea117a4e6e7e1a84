-- What happened to people and their sessions that makes access tokens in use out of date. Written by triggers in the transaction that
-- does it, read by every instance, and kept a little longer than the longest-lived access token.
create table limen.changes (
  sequence bigint generated always as identity primary key,
  -- Which transaction wrote it. Sequence numbers are given out before the commit, so a lower one may become visible later.
  xid xid8 not null default pg_current_xact_id(),
  kind text not null check (kind in ('user', 'session')),
  user_id uuid not null,
  -- The session that ended; null where the person changed.
  session_id uuid,
  at timestamptz not null default clock_timestamp()
);
create index changes_xid_idx on limen.changes (xid);
create index changes_at_idx on limen.changes (at);

-- As the owner of limen.changes: whoever writes auth.users, Supabase Auth included, need not know of it.
create function limen.note_change() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if tg_table_name = 'sessions' then
    insert into limen.changes (kind, user_id, session_id) values ('session', old.user_id, old.id);
  else
    insert into limen.changes (kind, user_id) values ('user', old.id);
  end if;
  -- Equal notifications of one transaction are sent as one.
  perform pg_catalog.pg_notify('limen_changes', '');
  return null;
end
$$;
