-- What is kept about people besides their rows in the auth schema, which may be elsewhere: hence no foreign keys.

-- Accounts that are to be deleted. The row is there until it has happened, or is called off.
create table limen.account_deletions (
  user_id uuid primary key,
  requested_at timestamptz not null,
  deletes_at timestamptz not null,
  -- Nobody takes the row before then: `deletes_at`, and after a failure or while somebody is at it, later.
  due_at timestamptz not null,
  -- From then on it can no longer be called off.
  begun_at timestamptz
);
create index account_deletions_due_idx on limen.account_deletions (due_at);

-- When people finished their onboarding. That they did is in their metadata, which they write; this time they do not.
create table limen.onboardings (
  user_id uuid primary key,
  completed_at timestamptz not null
);
create index onboardings_completed_at_idx on limen.onboardings (completed_at);

-- What people agreed to, refused and withdrew, and when: every turn of it, the newest holds.
create table limen.consents (
  sequence bigint generated always as identity primary key,
  user_id uuid not null,
  purpose text not null check (purpose in ('email')),
  granted boolean not null,
  at timestamptz not null
);
create index consents_latest_idx on limen.consents (user_id, purpose, sequence desc);

-- Writes down what is new in somebody's metadata. Called again with the same, it does nothing. Answers what they agree to now (true), or no
-- longer (false); null where neither is new.
create function limen.note_profile(person uuid, metadata jsonb, noted_at timestamptz)
returns boolean language plpgsql set search_path = '' as $$
declare
  agrees constant boolean := coalesce(metadata -> 'email_consent' = 'true', false);
  agreed boolean;
  turn boolean;
begin
  -- Two at once would both find nothing written yet.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('limen:profile:' || person, 0));
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

-- As the owner of these tables: whoever writes auth.users need not know of them.
create function limen.note_profile_of_row() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform limen.note_profile(new.id, coalesce(new.raw_user_meta_data, '{}'), pg_catalog.now());
  return null;
end
$$;

-- Whom a message is about, also when its contents are gone. Not by its address, which may have been somebody else's all along.
alter table limen.outbox add column user_id uuid;
create index outbox_user_idx on limen.outbox (user_id);
update limen.outbox set user_id = coalesce(payload ->> 'userId', payload #>> '{body,user,id}')::uuid where payload is not null;

-- Takes all away that names somebody who is being deleted, but for what has to outlive them:
--   the audit log, which tells for as long as AUDIT_RETENTION_DAYS says what was done to whom: by ids, and never by an e-mail address or a name;
--   events of webhooks, among them that the person was deleted, without which other services would keep them for ever. They go a week
--   after they were delivered, or a month after they were given up;
--   limen.changes, without which their tokens would be believed: ids, for as long as tokens live. The tables of the mirror hold ids likewise.
-- limen.activity has triggers of its own, which also know of those who are deleted softly.
create function limen.forget_person(person uuid) returns void language sql set search_path = '' as $$
  delete from limen.recovery_code_sets where user_id = person;
  delete from limen.sign_in_challenges where user_id = person;
  delete from limen.impersonations where user_id = person;
  delete from limen.account_deletions where user_id = person;
  delete from limen.onboardings where user_id = person;
  delete from limen.consents where user_id = person;
  delete from limen.mailbox using limen.outbox where mailbox.id = outbox.id and user_id = person;
  delete from limen.outbox where user_id = person;
$$;

create function limen.forget_person_of_row() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform limen.forget_person(old.id);
  return old;
end
$$;
