-- The keys that access tokens are signed with, where none are configured.
create table limen.signing_keys (
  kid text primary key,
  private_jwk jsonb not null,
  created_at timestamptz not null,
  -- The newest key whose time has come signs.
  signs_from timestamptz not null,
  -- Tokens signed with the key are believed until then. Null: until the key is rotated away.
  verifies_until timestamptz
);
