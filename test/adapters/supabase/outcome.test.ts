import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { GONE_CODES } from '../../../src/adapters/supabase/gone.ts';
import { KNOWN_CODES } from '../../../src/adapters/supabase/outcome.ts';

const AUTH_SERVER = join(import.meta.dirname, '../../../src/auth-server');

/** Codes that no call of the rules can meet: what asks for them is not sent. */
const UNREACHABLE = [
  'bad_json',
  'invite_not_found',
  'mfa_recovery_codes_locked',
  'mfa_verified_factor_exists',
  'not_admin',
  'not_found',
  'request_entity_too_large',
  'unexpected_failure',
];

test('every refusal of the embedded auth server has an outcome, or cannot reach a rule', () => {
  const source = readdirSync(AUTH_SERVER, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(AUTH_SERVER, file), 'utf8'))
    .join('\n');
  const codes = [...source.matchAll(/new ProtocolError\(\s*(?:\d+|status),\s*'(\w+)'/g)].map(
    ([, code]) => code!,
  );
  expect(codes.length).toBeGreaterThan(20);
  const handled = (code: string) =>
    KNOWN_CODES.has(code) || GONE_CODES.has(code) || /^over_|^weak_password$/.test(code);
  expect([...new Set(codes)].filter((code) => !handled(code)).sort()).toEqual(UNREACHABLE);
});
