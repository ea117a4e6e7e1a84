import { expect, test } from 'vitest';
import { ConfigError, type EmbeddedConfig, readConfig } from '../../src/config/config.ts';

const impersonation = (env: Record<string, string>) => (readConfig(env).auth as EmbeddedConfig).impersonation;

test('impersonation is off, and lasts a quarter of an hour at most where it is on', () => {
  expect(impersonation({})).toBeNull();
  expect(impersonation({ IMPERSONATION_TTL: '5m' })).toBeNull();
  expect(impersonation({ IMPERSONATION_ENABLED: 'on' })).toEqual({ ttlSeconds: 900 });
  expect(impersonation({ IMPERSONATION_ENABLED: 'on', IMPERSONATION_TTL: '5m' })).toEqual({
    ttlSeconds: 300,
  });
  expect(() => impersonation({ IMPERSONATION_ENABLED: 'on', IMPERSONATION_TTL: '16m' })).toThrow(ConfigError);
});

test('impersonation cannot be asked for where Supabase signs the tokens', () => {
  const supabase = {
    SUPABASE_URL: 'https://x.supabase.co',
    SUPABASE_ANON_KEY: 'anon',
    SUPABASE_SERVICE_ROLE_KEY: 'secret',
  };
  expect(() => readConfig({ ...supabase, IMPERSONATION_ENABLED: 'on' })).toThrow(
    'IMPERSONATION_ENABLED: belongs to the embedded auth server',
  );
});
