-- A lock for each person was one for each row of a statement that writes many, and PostgreSQL has room for a few thousand: an import of
-- everybody failed. Who writes the row holds it, so that the trigger needs no other lock; only where the row is elsewhere is there one.

create function limen.write_profile(person uuid, metadata jsonb, noted_at timestamptz)
returns boolean language plpgsql set search_path = '' as $$
declare
  agrees constant boolean := coalesce(metadata -> 'email_consent' = 'true', false);
  agreed boolean;
  turn boolean;
begin
  select granted into agreed from limen.consents
    where user_id = person and purpose = 'email' order by sequence desc limit 1;
  -- Whoever was never asked has refused nothing.
  if (metadata ? 'email_consent' or agreed is not null) and agrees is distinct from agreed then
    insert into limen.consents (user_id, purpose, granted, at) values (person, 'email', agrees, noted_at);
    if agrees is distinct from coalesce(agreed, false) then turn := agrees; end if;
  end if;
  if metadata -> 'onboarding_completed' = 'true' then
    insert into limen.onboardings (user_id, completed_at) values (person, noted_at) on conflict do nothing;
  else
    delete from limen.onboardings where user_id = person;
  end if;
  return turn;
end
$$;

create or replace function limen.note_profile(person uuid, metadata jsonb, noted_at timestamptz)
returns boolean language plpgsql set search_path = '' as $$
begin
  -- Two at once would both find nothing written yet.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('limen:profile:' || person, 0));
  return limen.write_profile(person, metadata, noted_at);
end
$$;

create or replace function limen.note_profile_of_row() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform limen.write_profile(new.id, coalesce(new.raw_user_meta_data, '{}'), pg_catalog.now());
  return null;
end
$$;
