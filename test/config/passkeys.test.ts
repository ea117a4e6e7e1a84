import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from '../../src/config/config.ts';

function passkeysOf(env: Record<string, string>) {
  const { auth } = readConfig(env);
  return auth.kind === 'embedded' ? auth.passkeys : undefined;
}

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const PRODUCTION = { NODE_ENV: 'production', EMAIL_CONFIRMATION: 'off' };

describe('the configuration of passkeys', () => {
  test('is for localhost on any port while somebody develops', () => {
    expect(passkeysOf({})).toEqual({
      rpId: 'localhost',
      rpOrigins: ['http://localhost:*'],
      rpName: 'localhost',
      challengeTtlSeconds: 300,
    });
    expect(passkeysOf({ ...PRODUCTION, SITE_URL: 'http://localhost:3000' })).toMatchObject({
      rpOrigins: ['http://localhost:3000'],
    });
  });

  test('follows SITE_URL, and takes a domain above it', () => {
    const SITE_URL = 'https://app.example.com/home';
    expect(passkeysOf({ SITE_URL })).toMatchObject({
      rpId: 'app.example.com',
      rpOrigins: ['https://app.example.com'],
    });
    expect(passkeysOf({ SITE_URL, WEBAUTHN_RP_ID: 'example.com' })).toMatchObject({
      rpId: 'example.com',
      rpOrigins: ['https://app.example.com'],
    });
  });

  test('takes several pages, applications on Android, and a name', () => {
    const android = `android:apk-key-hash:${'A'.repeat(43)}`;
    const origins = `https://app.example.com, https://example.com:8443, ${android}`;
    expect(
      passkeysOf({
        WEBAUTHN_RP_ID: 'example.com',
        WEBAUTHN_RP_ORIGINS: origins,
        WEBAUTHN_RP_DISPLAY_NAME: 'Example',
        WEBAUTHN_CHALLENGE_EXPIRY_DURATION: '2m',
      }),
    ).toEqual({
      rpId: 'example.com',
      rpOrigins: ['https://app.example.com', 'https://example.com:8443', android],
      rpName: 'Example',
      challengeTtlSeconds: 120,
    });
  });

  test.each([
    ['switched off', { PASSKEYS_ENABLED: 'off' }],
    ['without TLS', { SITE_URL: 'http://app.example.com' }],
    ['on a number', { SITE_URL: 'https://192.0.2.7' }],
    ['on a number of this machine', { SITE_URL: 'http://127.0.0.1:3000' }],
    ['on a number of version 6', { SITE_URL: 'https://[::1]' }],
  ])('is off %s', (_what, env) => {
    expect(passkeysOf(env)).toBeNull();
  });

  test.each([
    ['PASSKEYS_ENABLED', { PASSKEYS_ENABLED: 'on', SITE_URL: 'http://127.0.0.1:3000' }],
    ['WEBAUTHN_RP_ID', { WEBAUTHN_RP_ID: 'https://example.com' }],
    ['WEBAUTHN_RP_ID', { WEBAUTHN_RP_ID: '192.0.2.7' }],
    ['WEBAUTHN_RP_ORIGINS', { WEBAUTHN_RP_ID: 'example.com' }],
    ['WEBAUTHN_RP_ORIGINS', { WEBAUTHN_RP_ID: 'example.com', WEBAUTHN_RP_ORIGINS: 'https://notexample.com' }],
    ['WEBAUTHN_RP_ORIGINS', { WEBAUTHN_RP_ID: 'example.com', WEBAUTHN_RP_ORIGINS: 'http://example.com' }],
    ['WEBAUTHN_RP_ORIGINS', { WEBAUTHN_RP_ID: 'example.com', WEBAUTHN_RP_ORIGINS: 'https://example.com/' }],
    [
      'WEBAUTHN_RP_ORIGINS',
      { ...PRODUCTION, SITE_URL: 'https://localhost', WEBAUTHN_RP_ORIGINS: 'http://localhost:*' },
    ],
    ['WEBAUTHN_RP_DISPLAY_NAME', { WEBAUTHN_RP_DISPLAY_NAME: 'x'.repeat(65) }],
  ])('complains of %s: %j', (name, env) => {
    expect(problemsOf(env).map((problem) => problem.split(':')[0])).toEqual([name]);
  });

  test('belongs to the embedded server', () => {
    const supabase = {
      SUPABASE_URL: 'https://abc.supabase.co',
      SUPABASE_ANON_KEY: 'sb_publishable_x',
      SUPABASE_SECRET_KEY: 'sb_secret_x',
      DATABASE_URL: 'postgres://db/x',
    };
    expect(problemsOf({ ...supabase, WEBAUTHN_RP_ID: 'example.com' }).join()).toContain('WEBAUTHN_RP_ID');
  });
});
