-- Wrong one-time codes, by address. Logged, unlike the limits: after a crash no dead code comes to life again.
create table limen.code_guesses (
  -- SHA-256 of the address, whether or not anybody here has it.
  address_hash text primary key,
  guesses integer not null,
  -- From then on they are forgotten: no code is older.
  ends_at timestamptz not null
);
create index on limen.code_guesses (ends_at);
