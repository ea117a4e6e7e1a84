-- A session whose level was lowered lost the factor that it had shown: told of by itself, since at Supabase no trigger may be allowed on
-- auth.mfa_factors.
create or replace function limen.note_change() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if tg_table_name = 'sessions' and tg_op = 'DELETE' then
    insert into limen.changes (kind, user_id, session_id) values ('session', old.user_id, old.id);
  elsif tg_table_name in ('sessions', 'mfa_factors') then
    insert into limen.changes (kind, user_id) values ('user', old.user_id);
  else
    insert into limen.changes (kind, user_id) values ('user', old.id);
  end if;
  -- Equal notifications of one transaction are sent as one.
  perform pg_catalog.pg_notify('limen_changes', '');
  return null;
end
$$;
