-- What waits behind an earlier delivery of the same person is kept out of the index that claims read: where a receiver is dead for a day, that
-- is nearly everything. And whoever sends is told when there is something to send.

-- The delivery right before this one in the line of its person and endpoint, once somebody has found it in the way. Null: nothing is known to
-- be. It spares looking, and decides nothing: whoever claims a row looks for an earlier one itself.
alter table limen.webhook_deliveries add column waits_for bigint;
drop index limen.webhook_deliveries_due_idx;
create index webhook_deliveries_due_idx on limen.webhook_deliveries (endpoint_id, due_at, sequence)
  where status = 'pending' and waits_for is null;
create index webhook_deliveries_waits_idx on limen.webhook_deliveries (waits_for) where waits_for is not null;

-- Its statement has a snapshot of its own, from after the row was locked: so it sees whoever came to wait in the last moment.
create function limen.free_next_webhook() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  update limen.webhook_deliveries set waits_for = null where waits_for = old.sequence;
  return null;
end
$$;
create trigger webhook_delivery_over after update of status on limen.webhook_deliveries
  for each row when (old.status = 'pending' and new.status <> 'pending') execute function limen.free_next_webhook();

-- In the transaction of what is told, so that it is heard when that is there to be read. Once for a statement that wrote any.
create function limen.note_webhook_deliveries() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from added) then perform pg_catalog.pg_notify('limen_webhooks', ''); end if;
  return null;
end
$$;
create trigger webhook_delivery_added after insert on limen.webhook_deliveries
  referencing new table as added for each statement execute function limen.note_webhook_deliveries();

-- Since when every attempt has failed; null: the last one was good, or there was none.
alter table limen.webhook_endpoints add column failing_since timestamptz;
-- When it was switched off because of that, by nobody; null while it is on, and where somebody did it.
alter table limen.webhook_endpoints add column disabled_at timestamptz;
