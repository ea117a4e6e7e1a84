-- What happened, to whom, and who did it: written in the transaction of what it tells of, and never altered.
create table limen.audit_events (
  sequence bigint generated always as identity primary key,
  id uuid not null default gen_random_uuid(),
  -- Sequence numbers become visible in any order; snapshots say which events have (see limen.seal_audit_events).
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz not null default clock_timestamp(),
  action text not null,
  outcome text not null check (outcome in ('success', 'failure', 'denied')),
  code text,
  actor_kind text check (actor_kind in ('person', 'service')),
  actor_id text,
  session_id uuid,
  impersonator_id uuid,
  address inet,
  user_agent text,
  request_id text,
  -- Without a foreign key: what happened to somebody stays true when they are gone.
  user_id uuid,
  details jsonb not null default '{}'
);
-- One for each way of asking, all in the order of the answer. None of them has rows that nobody asks for.
create index audit_events_at on limen.audit_events (at, sequence);
create index audit_events_user on limen.audit_events (user_id, at, sequence) where user_id is not null;
create index audit_events_actor on limen.audit_events (actor_id, at, sequence) where actor_id is not null;
create index audit_events_action on limen.audit_events (action, at, sequence);
create index audit_events_refused on limen.audit_events (outcome, at, sequence) where outcome <> 'success';
create index audit_events_request on limen.audit_events (request_id) where request_id is not null;
create index audit_events_xid on limen.audit_events (xid);

-- Each event once, in the order in which it was sealed: the hash is of the one before and of the event, so that none can be changed,
-- taken out or put in without all that follow.
create table limen.audit_chain (
  position bigint primary key,
  sequence bigint not null unique,
  hash bytea not null,
  sealed_at timestamptz not null default clock_timestamp(),
  -- Of the reading that left nothing behind; null where more was to come.
  snapshot pg_snapshot
);
create index audit_chain_snapshots on limen.audit_chain (position) where snapshot is not null;

-- Where the chain begins, once older events were pruned.
create table limen.audit_anchors (
  position bigint primary key,
  hash bytea not null,
  at timestamptz not null default clock_timestamp()
);

create function limen.refuse_audit_change() returns trigger language plpgsql set search_path = '' as $$
begin
  -- Below an anchor only: the anchor is written first, and stays.
  if tg_op = 'DELETE' and tg_level = 'ROW' then
    if exists (
      select from limen.audit_anchors as anchor
      where anchor.position >= (select chain.position from limen.audit_chain as chain where chain.sequence = old.sequence)
    ) then
      return old;
    end if;
  end if;
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;

create trigger append_only before update or truncate on limen.audit_events
  for each statement execute function limen.refuse_audit_change();
create trigger append_only before update or truncate on limen.audit_chain
  for each statement execute function limen.refuse_audit_change();
create trigger append_only before update or delete or truncate on limen.audit_anchors
  for each statement execute function limen.refuse_audit_change();
create trigger prune_only before delete on limen.audit_events
  for each row execute function limen.refuse_audit_change();
create trigger prune_only before delete on limen.audit_chain
  for each row execute function limen.refuse_audit_change();

-- All of an event that anybody may rely on, in one spelling: jsonb has one order of keys and no spare whitespace.
create function limen.audit_event_text(event limen.audit_events) returns text language sql stable set search_path = '' as $$
  select pg_catalog.jsonb_build_array(
    event.sequence, event.id, pg_catalog.to_char(event.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    event.action, event.outcome, event.code, event.actor_kind, event.actor_id, event.session_id, event.impersonator_id,
    pg_catalog.host(event.address), event.user_agent, event.request_id, event.user_id, event.details
  )::text
$$;

-- Appends to the chain what became visible since the last time. One at a time; whoever comes second leaves it to the first.
create function limen.seal_audit_events(most integer) returns integer language plpgsql set search_path = '' as $$
declare
  head record;
  seen pg_catalog.pg_snapshot;
  found_event record;
  place bigint := 0;
  chained bytea := pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex');
  sealed integer := 0;
begin
  if not pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('limen:audit-chain', 0)) then
    return 0;
  end if;
  select position, hash into head from (
    select position, hash from limen.audit_chain union all select position, hash from limen.audit_anchors
  ) as known order by position desc limit 1;
  if found then
    place := head.position;
    chained := head.hash;
  end if;
  select snapshot into seen from limen.audit_chain where snapshot is not null order by position desc limit 1;
  -- A snapshot from the future is of the server this database was restored from: all is looked at once.
  if seen is null or pg_catalog.pg_snapshot_xmax(seen) > pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot()) then
    seen := '1:1:';
  end if;
  for found_event in
    select limen.audit_event_text(event) as text, event.sequence, pg_catalog.pg_current_snapshot() as snapshot,
      pg_catalog.row_number() over (order by event.sequence) as number, pg_catalog.count(*) over () as total
    from limen.audit_events as event
    where event.sequence in (
      select fresh.sequence from limen.audit_events as fresh
      where fresh.xid >= pg_catalog.pg_snapshot_xmin(seen) and not pg_catalog.pg_visible_in_snapshot(fresh.xid, seen)
        and not exists (select from limen.audit_chain as chain where chain.sequence = fresh.sequence)
      order by fresh.sequence limit most)
    order by event.sequence
  loop
    place := place + 1;
    chained := pg_catalog.sha256(chained || pg_catalog.convert_to(found_event.text, 'UTF8'));
    insert into limen.audit_chain (position, sequence, hash, snapshot)
    values (place, found_event.sequence, chained,
      case when found_event.number = found_event.total and found_event.total < most then found_event.snapshot end);
    sealed := sealed + 1;
  end loop;
  return sealed;
end
$$;
