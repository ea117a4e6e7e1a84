import { expect, test } from 'vitest';
import { hasJustShown, SHOWS_WHO_FOR_FACTORS } from '../../src/identity/just-shown.ts';

const NOW = new Date('2026-01-01T12:00:00Z');
const shown = (method: string, minutesAgo = 1) => [
  { method, timestamp: NOW.getTime() / 1000 - minutesAgo * 60 },
];

test.each(['password', 'otp', 'oauth', 'magiclink', 'recovery'])(
  '%s shows who it is, for a while',
  (method) => {
    expect(hasJustShown(shown(method), NOW)).toBe(true);
    expect(hasJustShown(shown(method, 16), NOW)).toBe(false);
  },
);

// Whoever has borrowed a session can add a factor or a passkey of their own, or a number, and show that.
test.each([
  'totp',
  'passkey',
  'mfa/recovery_code',
  'email_change',
  'anonymous',
  'impersonation',
  'token_refresh',
])('%s shows nothing of who it is', (method) => expect(hasJustShown(shown(method), NOW)).toBe(false));

test.each([
  ['password', true],
  ['totp', true],
  ['mfa/recovery_code', true],
  ['passkey', true],
  ['email_change', false],
  ['anonymous', false],
  ['token_refresh', false],
])('%s shows it to whoever changes factors: %j', (method, expected) => {
  expect(hasJustShown(shown(method), NOW, SHOWS_WHO_FOR_FACTORS)).toBe(expected);
  expect(hasJustShown(shown(method, 16), NOW, SHOWS_WHO_FOR_FACTORS)).toBe(false);
});
