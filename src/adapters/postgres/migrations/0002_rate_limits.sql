-- How often credentials were tried, counted by all instances together. Columns and their order are those that rate-limiter-flexible
-- writes. Unlogged: the counts live for an hour at most, and are not worth a write to the log on every attempt.
create unlogged table limen.rate_limits (
  key varchar(255) primary key,
  points integer not null default 0,
  -- Milliseconds since 1970.
  expire bigint
);
create index on limen.rate_limits (expire);
