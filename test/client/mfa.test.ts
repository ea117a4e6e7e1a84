import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type IdentityClientOptions, LimenClientError } from '../../src/client/client.ts';
import { PASSWORD } from '../support/app.ts';
import { codeOf } from '../support/authenticator.ts';
import { createClientTestApp } from './client-test-app.ts';

type ClientTestApp = Awaited<ReturnType<typeof createClientTestApp>>;

async function withTotp(app: ClientTestApp, options: Partial<IdentityClientOptions> = {}) {
  const client = await app.signedIn('ada', options);
  const enrolment = await client.enrollTotp({});
  if (enrolment.__typename !== 'TotpEnrolment') throw new Error(enrolment.__typename);
  const { factorId, secret } = enrolment;
  await client.verifyTotp({ factorId, code: codeOf(secret, app.clock.now()) });
  app.clock.advance(30);
  return { client, factorId, code: () => codeOf(secret, app.clock.now()) };
}

describe('second factors in the client', () => {
  test('raise the session that is kept, and are shown at the next sign-in', async () => {
    const app = await createClientTestApp();
    const { client, factorId, code } = await withTotp(app);
    expect(client.events).toEqual(['TOKEN_REFRESHED']);
    expect((await client.viewer()).assuranceLevel).toBe('AAL2');
    // The refresh token that is kept is the one of the raised session.
    expect((await client.refresh()).__typename).toBe('AuthSession');
    expect(await client.factors()).toMatchObject({ factors: [{ id: factorId }], recoveryCodesLeft: null });

    const email = (await client.me())!.email!;
    const other = app.client();
    const login = await other.login({ email, password: PASSWORD });
    if (login.__typename !== 'MfaRequired') throw new Error(login.__typename);
    expect(await other.getSession()).toBeNull();
    expect((await other.verifyMfa({ challengeId: login.challengeId, code: code() })).__typename).toBe(
      'AuthSession',
    );
    expect(other.events).toEqual(['SIGNED_IN']);
    expect((await other.me())?.email).toBe(email);
  });

  test('are asked for by an error that says so', async () => {
    const app = await createClientTestApp();
    const client = await app.signedIn('ada');
    const refusal = await client.generateRecoveryCodes().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(LimenClientError);
    expect(refusal).toMatchObject({ code: 'FORBIDDEN', reason: 'AAL2_REQUIRED' });
    expect(await client.getSession()).not.toBeNull();
  });

  test('are not undone by a refresh that was on its way', async () => {
    const app = await createClientTestApp();
    const { client, code } = await withTotp(app, {
      fetch: async (input, init) => {
        const request = new Request(input, init);
        // Late enough to find the session raised, if nothing held it back.
        if ((await request.clone().text()).includes('mutation RefreshSession')) await setTimeout(300);
        return fetch(request);
      },
    });
    const [raised, refreshed] = await Promise.all([client.stepUp({ code: code() }), client.refresh()]);
    expect([raised.__typename, refreshed.__typename]).toEqual(['AuthSession', 'AuthSession']);
    expect((await client.refresh()).__typename).toBe('AuthSession');
    expect((await client.viewer()).assuranceLevel).toBe('AAL2');
  });
});
