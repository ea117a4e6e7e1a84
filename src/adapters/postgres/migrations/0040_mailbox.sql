-- What would have been sent, where development has no way to send it. The newest few; production never writes here.
create table limen.mailbox (
  sequence bigint generated always as identity primary key,
  -- That of the row in the outbox: a message that is tried twice is here once.
  id uuid not null unique,
  channel text not null,
  recipient text not null,
  template text not null,
  subject text not null,
  html text,
  text text not null,
  code text,
  link text,
  created_at timestamptz not null
);
create index mailbox_recipient_idx on limen.mailbox (recipient);
