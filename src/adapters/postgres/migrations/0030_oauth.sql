-- Sign-ins that wait for a provider: what auth.flow_state has no place for. Rows live for minutes.
create table limen.oauth_flows (
  -- of auth.flow_state, which is in another database on Supabase
  id uuid primary key,
  nonce text not null,
  code_verifier text not null,
  -- Of the secret in the cookie of the browser that began it; null where the application's PKCE ties it to its beginner.
  browser_hash text,
  created_at timestamptz not null,
  used_at timestamptz,
  -- What the provider said, until the person who asked for the link comes back with the code.
  identity jsonb
);
create index oauth_flows_created_at on limen.oauth_flows (created_at);

-- ID tokens with a nonce count once.
create table limen.used_id_tokens (
  key text primary key,
  expires_at timestamptz not null
);
create index used_id_tokens_expires_at on limen.used_id_tokens (expires_at);
