-- What is sent once the transaction that says so has committed. A row is written with what causes it, and is worked on until it is sent
-- or given up.
create table limen.outbox (
  id uuid primary key,
  channel text not null,
  -- An address, a number, or what else the channel sends to.
  recipient text not null,
  -- Holds codes and links, so it goes when the message has been sent or given up.
  payload jsonb,
  created_at timestamptz not null,
  -- Nobody takes the row before then: after a failure, and while somebody is at it.
  due_at timestamptz not null,
  attempts integer not null default 0,
  last_error text,
  sent_at timestamptz,
  given_up_at timestamptz
);
create index outbox_due_idx on limen.outbox (due_at) where sent_at is null and given_up_at is null;
