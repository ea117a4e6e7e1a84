-- Who was here when, for figures over time: `auth.users` says only when somebody signed in last. Written by triggers in the transaction of
-- the sign-in or refresh. A row is of a person and a quarter of an hour, since all time zones of today differ by whole quarters: so a day
-- begins where the asker's day does. No row says more than that, and all of a person's go with them.
create table limen.activity (
  -- When the quarter of an hour begins.
  quarter timestamptz not null,
  user_id uuid not null,
  sign_ins integer not null default 0,
  -- Whether the person went through their onboarding to the end in it.
  has_onboarded boolean not null default false,
  primary key (quarter, user_id)
);
create index activity_user_id_idx on limen.activity (user_id);

-- As the owner of limen.activity, as limen.note_change() is.
create function limen.note_activity() returns trigger language plpgsql security definer set search_path = '' as $$
declare
  seen_at timestamptz;
  signed_in integer := 0;
  onboarded boolean := false;
  person uuid;
begin
  if tg_table_name = 'sessions' then
    person := new.user_id;
    if tg_op = 'INSERT' then
      signed_in := 1;
      seen_at := new.created_at;
    else
      seen_at := new.refreshed_at at time zone 'UTC';
    end if;
  else
    person := new.id;
    onboarded := true;
    seen_at := new.updated_at;
  end if;
  insert into limen.activity as known (quarter, user_id, sign_ins, has_onboarded)
  values (date_bin('15 minutes', coalesce(seen_at, now()), '2000-01-01 00:00:00+00'), person, signed_in, onboarded)
  on conflict (quarter, user_id) do update
    set sign_ins = known.sign_ins + excluded.sign_ins, has_onboarded = known.has_onboarded or excluded.has_onboarded
    -- What is known already is not written again.
    where excluded.sign_ins > 0 or excluded.has_onboarded;
  return null;
end
$$;

create function limen.forget_activity() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  delete from limen.activity where user_id = old.id;
  return null;
end
$$;
