/** A sign-in on trial, where Supabase looks at no proof itself: what comes of it, whatever becomes of the session it made. */
import { expect, test } from 'vitest';
import { createSupabaseBackend } from '../../../src/adapters/supabase/auth-backend.ts';
import { newClient } from '../../../src/identity/client.ts';
import { InvalidCredentialsError, ServiceUnavailableError } from '../../../src/identity/errors.ts';

const ADA = '00000000-0000-4000-8000-000000000001';
const EVE = '00000000-0000-4000-8000-000000000002';

const tokenOf = (sub: string) =>
  ['{"alg":"none"}', JSON.stringify({ sub, exp: 4_102_444_800 }), 'x']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

/** A Supabase that signs in whom it is told to, and is out of reach whenever somebody signs out. */
function supabaseSigningIn(id: string) {
  const asked: string[] = [];
  const user = {
    id,
    aud: 'authenticated',
    email: 'ada@example.com',
    created_at: '2026-01-01T00:00:00Z',
    app_metadata: {},
    user_metadata: {},
  };
  const session = {
    access_token: tokenOf(id),
    refresh_token: 'x',
    token_type: 'bearer',
    expires_in: 3600,
    user,
  };
  const backend = createSupabaseBackend({
    project: {
      url: 'http://supabase.test',
      publicUrl: 'http://supabase.test',
      publishableKey: 'key',
      timeoutMs: 1000,
      send: async ({ method, url }) => {
        const { pathname } = new URL(url);
        asked.push(`${method} ${pathname.replace('/auth/v1', '')}`);
        if (pathname.endsWith('/logout')) return Response.json({}, { status: 503 });
        return Response.json(pathname.endsWith('/user') ? user : session);
      },
    },
    secretKey: async () => 'secret',
    isEmbedded: false,
    isImpersonationOn: false,
    hasAnotherWithRole: null,
    signInChallenges: undefined as never,
    findUserId: null,
    directory: null,
    endSessions: null,
  })(newClient({ address: '127.0.0.1', userAgent: null, requestId: 'test' }));
  return { backend, asked };
}

const contact = { email: 'ada@example.com' };
const proof = { userId: ADA, contact, password: 'secret' };

test('what was proven is done, even if the trial cannot be ended', async () => {
  const { backend, asked } = supabaseSigningIn(ADA);
  await backend.prove(tokenOf(ADA), proof);
  const change = { email: 'new@example.com', redirectTo: null, proof };
  expect(await backend.addresses.changeEmail(tokenOf(ADA), change)).toMatchObject({ id: ADA });
  expect(asked).toEqual([
    ...['POST /token', 'POST /logout'],
    ...['POST /token', 'PUT /user', 'POST /logout'],
  ]);
});

test.each([
  ['a proof', () => supabaseSigningIn(EVE).backend.prove(tokenOf(ADA), proof)],
  [
    'a new password',
    () =>
      supabaseSigningIn(EVE).backend.changePassword(tokenOf(ADA), {
        contact,
        currentPassword: 'secret',
        newPassword: 'another secret',
      }),
  ],
])('why %s is refused is told, even if the trial cannot be ended', async (_what, work) => {
  const outcome = await work().catch((error: unknown) => error);
  expect(outcome).not.toBeInstanceOf(ServiceUnavailableError);
  expect(outcome).toBeInstanceOf(InvalidCredentialsError);
});

test('of a code the same', async () => {
  const { backend } = supabaseSigningIn(EVE);
  const change = { contact, code: '123456', newPassword: 'another secret' };
  await expect(backend.codes.setPasswordByCode(tokenOf(ADA), change)).rejects.toMatchObject({
    code: 'INVALID_CODE',
  });
});
