-- What second factors need beyond Supabase Auth's own tables. No foreign keys: in Supabase mode people live elsewhere.

-- The last 30 seconds (counted from 1970) of which each TOTP factor gave a code that was accepted: none of them is accepted again.
create table limen.totp_steps (
  factor_id uuid primary key,
  last_step bigint not null
);

-- Somebody's set of recovery codes: a factor of the kind `recovery_code`, which `auth.factor_type` does not have.
create table limen.recovery_code_sets (
  user_id uuid primary key,
  id uuid not null unique,
  friendly_name text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table limen.recovery_codes (
  set_id uuid not null references limen.recovery_code_sets (id) on delete cascade,
  -- HMAC-SHA-256 of the code, keyed with its owner's id.
  code_hash text not null,
  -- Null until it is used.
  used_at timestamptz,
  primary key (set_id, code_hash)
);

-- Sign-ins that wait for a second factor.
create table limen.sign_in_challenges (
  -- SHA-256 of the challenge id: whoever reads this table cannot answer a challenge.
  id_hash text primary key,
  user_id uuid not null,
  session_id uuid not null,
  -- The first factor's access token, under a key derived from the challenge id. AES-256-GCM, base64url.
  sealed text not null,
  attempts integer not null default 0,
  -- An answer is being judged: no other is, until then.
  busy_until timestamptz,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index on limen.sign_in_challenges (expires_at);
