/** Supabase as it was before recovery codes, and as it tells of factors that this API does not know. */

import { describe, expect, test } from 'vitest';
import { createCalls } from '../../../src/adapters/supabase/calls.ts';
import { SupabaseFactors } from '../../../src/adapters/supabase/factor-backend.ts';
import { provingByServer } from '../../../src/adapters/supabase/proof.ts';
import { accountFromUser } from '../../../src/adapters/supabase/user.ts';
import { newClient } from '../../../src/identity/client.ts';
import { DeniedError } from '../../../src/identity/denial.ts';
import { NotSupportedError } from '../../../src/identity/errors.ts';

const TOKEN = ['header', Buffer.from('{"aal":"aal2"}').toString('base64url'), 'signature'].join('.');

/** A server that answers every request alike. */
function factorsAt(status: number, body: object): SupabaseFactors {
  const project = {
    url: 'http://supabase.test',
    publicUrl: 'http://supabase.test',
    publishableKey: 'key',
    timeoutMs: 1000,
    send: async () => Response.json(body, { status, headers: { 'x-supabase-api-version': '2024-01-01' } }),
  };
  const client = newClient({ address: '127.0.0.1', userAgent: null, requestId: 'test' });
  return new SupabaseFactors(
    createCalls(project, async () => 'secret', client),
    provingByServer,
    null,
  );
}

describe('an older Supabase', () => {
  test.each([
    [
      'takes the path for the id of a factor',
      404,
      { code: 'validation_failed', message: 'factor_id must be an UUID' },
    ],
    ['knows no such method', 405, { message: 'method not allowed' }],
    ['has them switched off', 422, { code: 'mfa_recovery_codes_enroll_not_enabled', message: 'disabled' }],
  ])('%s: recovery codes are named as what is missing', async (_how, status, body) => {
    const factors = factorsAt(status, body);
    for (const work of [
      () => factors.generateRecoveryCodes(TOKEN, null),
      () => factors.verifyRecoveryCode(TOKEN, '0123456789abcdef'),
    ]) {
      const outcome = await work().catch((error: unknown) => error);
      expect(outcome).toBeInstanceOf(NotSupportedError);
      expect(outcome).toMatchObject({ code: 'NOT_SUPPORTED', missing: 'RECOVERY_CODES' });
    }
    expect(await factors.recoveryCodesLeft(TOKEN)).toBeNull();
  });
});

test('somebody anonymous is not told to log in, but that it is not for them', async () => {
  const factors = factorsAt(403, { code: 'no_authorization', message: 'Anonymous user not allowed' });
  const input = { name: 'phone', proof: null };
  await expect(factors.enrollTotp(TOKEN, input)).rejects.toEqual(new DeniedError('FORBIDDEN'));
});

test('factors of a kind that nobody knows yet are left out', () => {
  const at = '2026-01-01T00:00:00Z';
  const factor = (factor_type: string) => ({
    id: factor_type,
    factor_type,
    status: 'verified',
    created_at: at,
    updated_at: at,
  });
  const user = {
    id: 'ada',
    aud: '',
    created_at: at,
    app_metadata: {},
    user_metadata: {},
    factors: ['totp', 'retina'].map(factor),
  };
  expect(accountFromUser(user as never).record?.factors).toMatchObject([
    { id: 'totp', type: 'totp', name: null },
  ]);
});
