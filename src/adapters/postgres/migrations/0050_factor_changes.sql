-- Tokens say whether a second factor was shown: one that is gone is told of too.
create or replace function limen.note_change() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if tg_table_name = 'sessions' then
    insert into limen.changes (kind, user_id, session_id) values ('session', old.user_id, old.id);
  elsif tg_table_name = 'mfa_factors' then
    insert into limen.changes (kind, user_id) values ('user', old.user_id);
  else
    insert into limen.changes (kind, user_id) values ('user', old.id);
  end if;
  -- Equal notifications of one transaction are sent as one.
  perform pg_catalog.pg_notify('limen_changes', '');
  return null;
end
$$;
