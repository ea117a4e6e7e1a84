-- Webhooks: who is to be told of what happens to people, what happened, and how far each has been told. Events are written in the
-- transaction of what they tell of, by triggers that the application puts on the auth schema, where it may.

create table limen.webhook_endpoints (
  id uuid primary key,
  url text not null,
  description text,
  events text[] not null,
  -- Personal data that most receivers have no use for.
  includes_user_metadata boolean not null,
  -- `whsec_…`, or that sealed with WEBHOOK_SECRET_KEY.
  secret text not null,
  -- Signs too, until then.
  previous_secret text,
  previous_secret_expires_at timestamptz,
  is_enabled boolean not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table limen.webhook_events (
  id uuid primary key default gen_random_uuid(),
  type text not null,
  -- Null: about nobody, as that of a test.
  user_id uuid,
  -- As it is sent, but for `user_metadata`, which not every receiver gets. Never a hash, a token or a secret.
  data jsonb not null,
  occurred_at timestamptz not null default clock_timestamp()
);
create index webhook_events_occurred_idx on limen.webhook_events (occurred_at);

-- Neither of its references is a foreign key: a transaction of somebody who signs up must not fail, nor wait, because an endpoint is being
-- deleted at that moment.
create table limen.webhook_deliveries (
  -- The order in which an endpoint is told of one person.
  sequence bigint generated always as identity primary key,
  id uuid not null unique default gen_random_uuid(),
  endpoint_id uuid not null,
  event_id uuid not null,
  user_id uuid,
  status text not null default 'pending' check (status in ('pending', 'delivered', 'dead')),
  -- Claims, the present one included.
  attempts integer not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  -- Nobody takes the row before then.
  due_at timestamptz not null default '-infinity',
  -- Somebody is at it, and has died if it takes longer.
  claimed_until timestamptz,
  attempted_at timestamptz,
  finished_at timestamptz,
  response_status integer,
  -- The beginning of the last answer.
  response_body text,
  -- Why there was no answer, or why it is not a good one.
  last_error text
);
create index webhook_deliveries_due_idx on limen.webhook_deliveries (endpoint_id, due_at) where status = 'pending';
create index webhook_deliveries_order_idx on limen.webhook_deliveries (endpoint_id, user_id, sequence) where status = 'pending';
create index webhook_deliveries_event_idx on limen.webhook_deliveries (event_id);
create index webhook_deliveries_endpoint_idx on limen.webhook_deliveries (endpoint_id, sequence);
create index webhook_deliveries_finished_idx on limen.webhook_deliveries (finished_at) where status <> 'pending';

-- Webhooks that came in, by their id: what comes twice is recorded once.
create table limen.webhooks_received (
  id text primary key,
  received_at timestamptz not null default clock_timestamp()
);
create index webhooks_received_at_idx on limen.webhooks_received (received_at);

-- A session that ended elsewhere may be told of without its person.
alter table limen.changes alter column user_id drop not null;

-- What receivers are shown of a person: Supabase Auth's own names, as in its User object.
create function limen.webhook_user(person jsonb, with_user_metadata boolean) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'id', person -> 'id',
    'email', nullif(person ->> 'email', ''),
    'phone', nullif(person ->> 'phone', ''),
    'email_confirmed_at', person -> 'email_confirmed_at',
    'phone_confirmed_at', person -> 'phone_confirmed_at',
    'app_metadata', coalesce(nullif(person -> 'raw_app_meta_data', 'null'), '{}'),
    'is_anonymous', coalesce(nullif(person -> 'is_anonymous', 'null'), 'false'),
    'banned_until', person -> 'banned_until',
    'created_at', person -> 'created_at',
    'updated_at', person -> 'updated_at'
  ) || case when with_user_metadata
    then jsonb_build_object('user_metadata', coalesce(nullif(person -> 'raw_user_meta_data', 'null'), '{}'))
    else '{}' end
$$;

-- The keys of `then_` whose values `now_` has no longer.
create function limen.webhook_difference(then_ jsonb, now_ jsonb) returns jsonb
language sql immutable set search_path = '' as $$
  select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(then_)
  where key not in ('id', 'created_at', 'updated_at') and value is distinct from now_ -> key
$$;

-- Of `app_metadata`, what grants something.
create function limen.webhook_grants(person jsonb) returns jsonb
language sql immutable set search_path = '' as $$
  select coalesce(jsonb_object_agg(key, value), '{}')
  from jsonb_each(case when jsonb_typeof(person -> 'raw_app_meta_data') = 'object' then person -> 'raw_app_meta_data' else '{}' end)
  where key in ('role', 'roles', 'permissions', 'tier')
$$;

-- Writes the events of one row that was changed, and a delivery for each endpoint that asked for them. Rows as JSON, so that those that
-- Supabase sends from elsewhere are read alike; null where there was, or is, none.
create function limen.record_webhook_events(table_name text, old_row jsonb, new_row jsonb) returns void
language plpgsql security definer set search_path = '' set timezone = 'UTC' as $$
declare
  person uuid;
  with_user_metadata boolean;
  shown jsonb;
  before jsonb;
  changed jsonb;
  types text[] := '{}';
  type_ text;
  event uuid;
begin
  if table_name = 'sessions' then
    person := coalesce(new_row, old_row) ->> 'user_id';
    if old_row is null then types := '{session.started}';
    elsif new_row is null then types := '{session.ended}';
    end if;
    shown := jsonb_build_object(
      'user', jsonb_build_object('id', person),
      'session', (
        select jsonb_object_agg(key, value) from jsonb_each(coalesce(new_row, old_row))
        where key in ('id', 'created_at', 'aal', 'user_agent', 'ip')
      )
    );
  else
    person := coalesce(new_row, old_row) ->> 'id';
    select coalesce(bool_or(includes_user_metadata), false) into with_user_metadata
      from limen.webhook_endpoints where is_enabled;
    shown := jsonb_build_object('user', limen.webhook_user(coalesce(new_row, old_row), with_user_metadata));
    if old_row is null then
      types := '{user.created}';
      if new_row ->> 'confirmed_at' is not null then types := types || '{user.confirmed}'; end if;
    elsif new_row is null then
      types := '{user.deleted}';
      shown := shown || '{"soft": false}';
    elsif new_row ->> 'deleted_at' is not null then
      -- Supabase Auth overwrites the address of whom it deletes softly: receivers are shown whom they know.
      if old_row ->> 'deleted_at' is null then
        types := '{user.deleted}';
        shown := jsonb_build_object('user', limen.webhook_user(old_row, with_user_metadata), 'soft', true);
      end if;
    else
      before := limen.webhook_user(old_row, with_user_metadata);
      changed := limen.webhook_difference(before, shown -> 'user');
      if changed <> '{}' then types := types || '{user.updated}'; end if;
      if old_row ->> 'confirmed_at' is null and new_row ->> 'confirmed_at' is not null then
        types := types || '{user.confirmed}';
      end if;
      if changed ? 'email' then types := types || '{email.changed}'; end if;
      if changed ? 'phone' then types := types || '{phone.changed}'; end if;
      if coalesce(old_row ->> 'encrypted_password', '') <> coalesce(new_row ->> 'encrypted_password', '') then
        types := types || '{password.changed}';
      end if;
      if limen.webhook_grants(old_row) <> limen.webhook_grants(new_row) then types := types || '{role.changed}'; end if;
      if changed ? 'banned_until' then
        if coalesce((new_row ->> 'banned_until')::timestamptz > clock_timestamp(), false) then
          types := types || '{user.banned}';
        elsif (old_row ->> 'banned_until')::timestamptz > clock_timestamp() then
          types := types || '{user.unbanned}';
        end if;
      end if;
    end if;
  end if;

  foreach type_ in array types loop
    event := null;
    insert into limen.webhook_events (type, user_id, data)
      select type_, person, shown || case
        when type_ in ('user.updated', 'email.changed', 'phone.changed', 'user.banned', 'user.unbanned')
          then jsonb_build_object('old', changed)
        when type_ = 'role.changed' then jsonb_build_object('old', limen.webhook_grants(old_row))
        else '{}' end
      where exists (select 1 from limen.webhook_endpoints where is_enabled and type_ = any(events))
      returning id into event;
    continue when event is null;
    insert into limen.webhook_deliveries (endpoint_id, event_id, user_id)
      select id, event, person from limen.webhook_endpoints
      where is_enabled and type_ = any(events)
        -- Whoever is not shown a person's own metadata is not told either when nothing else has changed.
        and (type_ <> 'user.updated' or includes_user_metadata or changed - 'user_metadata' <> '{}');
  end loop;
end
$$;

-- As the owner of these tables: whoever writes the auth schema, Supabase Auth included, need not know of them.
create function limen.note_webhook_event() returns trigger
language plpgsql security definer set search_path = '' set timezone = 'UTC' as $$
begin
  -- First, so that where nobody listens nobody pays.
  if not exists (select 1 from limen.webhook_endpoints where is_enabled) then return null; end if;
  -- The sessions of somebody who is deleted go with them: that they are deleted is the last that is told of a person.
  if tg_table_name = 'sessions' and tg_op = 'DELETE' then
    if not exists (select 1 from auth.users where id = old.user_id) then return null; end if;
  end if;
  perform limen.record_webhook_events(tg_table_name, to_jsonb(old), to_jsonb(new));
  return null;
end
$$;

revoke all on function limen.record_webhook_events from public;
